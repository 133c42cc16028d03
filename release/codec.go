package release

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// WireVersion is the version of the JSON form of events. It goes up when a field
// or a type changes its meaning; new ones may come without it.
const WireVersion = 1

// wire is the JSON form of an event.
type wire struct {
	V    int             `json:"v"`
	Seq  uint64          `json:"seq"`
	Time time.Time       `json:"time"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// EventTypes is one empty event of every type, in the order of a release.
func EventTypes() []Event {
	return []Event{
		Opened{}, PlanReady{}, CheckStarted{}, CheckDone{}, Judged{},
		CallsReady{}, Intended{}, Sending{}, Answered{}, Claimed{}, Triggered{}, RunFound{}, RunChanged{}, JobChanged{},
		StepChanged{}, LogChunk{}, ApprovalNeeded{}, Approved{}, Retrying{}, Recovered{},
		ArtifactFound{}, ArtifactMissing{}, ArtifactReading{}, ArtifactTraced{}, ArtifactsChecked{}, StageDone{}, AfterChecked{}, BudgetChanged{},
		Noted{}, Finished{},
	}
}

// MarshalJSON writes the event in its envelope, on one line.
func (s Stamped) MarshalJSON() ([]byte, error) {
	data, err := marshal(s.Event)
	if err != nil {
		return nil, err
	}
	return marshal(wire{WireVersion, s.Seq, s.Time.UTC(), s.Event.Type(), data})
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown type or version is an
// error: half a record must not look like a whole one.
func (s *Stamped) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.V != WireVersion {
		return fmt.Errorf("event %d has version %d, not %d", w.Seq, w.V, WireVersion)
	}
	for _, e := range EventTypes() {
		if e.Type() != w.Type {
			continue
		}
		if string(w.Data) == "null" { // which json would take for an empty event
			return fmt.Errorf("event %d, %s: it has no data", w.Seq, w.Type)
		}
		p := reflect.New(reflect.TypeOf(e))
		if err := json.Unmarshal(w.Data, p.Interface()); err != nil {
			return fmt.Errorf("event %d, %s: %w", w.Seq, w.Type, err)
		}
		*s = Stamped{w.Seq, w.Time, p.Elem().Interface().(Event)}
		return nil
	}
	return fmt.Errorf("event %d has the unknown type %q", w.Seq, w.Type)
}

// marshal is json.Marshal without the escapes that are for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
