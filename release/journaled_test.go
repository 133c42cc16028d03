package release

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// heldRecord is a record of this session, which goes on until it is closed.
type heldRecord struct {
	whole
	closed bool
}

func (r *heldRecord) Close() error { r.closed = true; return nil }

// tells holds for a record that names a claim's nonce.
func (r *heldRecord) tells(nonce string) bool {
	return slices.ContainsFunc(r.events, func(s Stamped) bool {
		sent, ok := s.Event.(Sending)
		seen, also := s.Event.(Claimed)
		return ok && sent.Nonce == nonce || also && seen.Nonce == nonce
	})
}

// keeping makes an engine keep records, and remember by them: its own do not hold it up.
func keeping(e *Engine) *[]*heldRecord {
	var all []*heldRecord
	e.ports.OpenJournal = func(Plan) (Journal, error) {
		all = append(all, &heldRecord{})
		return all[len(all)-1], nil
	}
	e.ports.Recall = func(_ Plan, nonce string, _ bool) (out []Session, _ error) {
		for _, r := range all {
			if r.tells(nonce) {
				out = append(out, Session{Events: r.events, Over: true})
			}
		}
		return out, nil
	}
	return &all
}

// Whoever attaches leaves no record while they only read. What they then ask for is on
// record before it leaves, with the plan that it is about.
func TestAttachedKeepsWhatItSends(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.start(p.Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
	h.claimed(p, p.Stages[0], h.now)
	e, _ := engineOn(h)
	records := keeping(e)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Attach(context.Background(), q); KindOf(err) != KindLeft || len(*records) != 0 {
		t.Fatalf("%v; %d records of a session that read", err, len(*records))
	}
	h.fault = func(_ string, c Call) error {
		if len(*records) != 1 {
			t.Fatalf("%s is sent with %d records open", c.Kind, len(*records))
		}
		all := (*records)[0].events
		if _, planned := all[0].Event.(PlanReady); !planned {
			t.Errorf("the record begins with %s", all[0].Event.Type())
		}
		if last, ok := all[len(all)-1].Event.(Sending); !ok || last.Call.Kind != c.Kind {
			t.Errorf("%s is sent, and the record ends with %+v", c.Kind, all[len(all)-1].Event)
		}
		return nil
	}
	if err := e.RerunFailed(context.Background(), "package", 5); err != nil {
		t.Fatal(err)
	}
	if err := e.Review(context.Background(), "package", 5, []Gate{{EnvironmentID: 1}}, stateRejected, ""); err != nil {
		t.Fatal(err)
	}
	if h.count(CallRerunFailed) != 1 || h.count(CallReview) != 1 {
		t.Errorf("sent %v", h.calls)
	}
}

// Nothing is sent from an attached session whose record can not be opened.
func TestAttachedWithoutARecord(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	e.ports.OpenJournal = func(Plan) (Journal, error) { return nil, errors.New("no space left on device") }
	e.Emit(PlanReady{Plan: p})
	if err := e.RerunFailed(context.Background(), "package", 5); err == nil || HintOf(err) == "" || len(h.calls) != 0 {
		t.Errorf("%v, hint %q, sent %v", err, HintOf(err), h.calls)
	}
}

// One session tries, is refused, and goes on once that is mended: its own record
// proves that nothing acted. Watching again is the same record, and another plan ends it.
func TestGoesOnInTheSameSession(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.fault = func(when string, c Call) error {
		if when == "before" && c.Kind == CallDispatch {
			return ErrForbidden
		}
		return nil
	}
	e, _ := engineOn(h)
	records := keeping(e)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err == nil {
		t.Fatal("it was refused, and the release is done")
	}
	if err := e.Release(context.Background(), p, true); err == nil || len(*records) != 1 || h.count(CallDispatch) != 1 {
		t.Fatalf("watched again: %v, %d records, %d dispatches", err, len(*records), h.count(CallDispatch))
	}
	h.fault = nil
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err == nil {
		err = e.Release(context.Background(), q, true)
	}
	if err != nil || h.count(CallDispatch) != 2 || len(*records) != 2 || !(*records)[0].closed || (*records)[1].closed {
		t.Errorf("%v, hint %q; %d dispatches, %d records", err, HintOf(err), h.count(CallDispatch), len(*records))
	}
}

// A session that attached, and acted on another stage, lives. It knows of the claim and
// has sent nothing for it: whoever goes on is not held up by it.
func TestAttachedHoldsNobodyUp(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	refuse := true
	h.fault = func(when string, c Call) error {
		if refuse && when == "before" && c.Kind == CallDispatch {
			return ErrForbidden
		}
		return nil
	}
	e, _ := engineOn(h)
	records := keeping(e)
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(context.Background(), p, false)
	refuse = false
	attached, _ := engineOn(h)
	var theirs heldRecord
	attached.ports.OpenJournal = func(Plan) (Journal, error) { return &theirs, nil }
	q, err := attached.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.onSleep = func(*hub) { cancel() }
	_ = attached.Attach(ctx, q)
	h.onSleep = nil
	if err := attached.RerunFailed(context.Background(), "package", 5); err != nil {
		t.Fatal(err)
	}
	next, _ := engineOn(h)
	next.ports.Recall = func(_ Plan, nonce string, _ bool) ([]Session, error) {
		if !theirs.tells(nonce) {
			t.Error("the attached session does not know of the claim")
		}
		return []Session{{Events: (*records)[0].events, Over: true}, {Events: theirs.events}}, nil
	}
	if q, err = next.InFlight(context.Background(), p.Repo, p.Version); err == nil {
		err = next.Release(context.Background(), q, true)
	}
	if err != nil || h.count(CallDispatch) != 2 {
		t.Errorf("%v, hint %q; %d dispatches", err, HintOf(err), h.count(CallDispatch))
	}
}
