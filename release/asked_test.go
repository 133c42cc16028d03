package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// whole is a record that keeps everything.
type whole struct {
	events []Stamped
	full   bool // and takes no more
}

// Append keeps an event.
func (w *whole) Append(s Stamped, _ bool) error {
	if w.full {
		return errors.New("no space left on device")
	}
	w.events = append(w.events, s)
	return nil
}

// cut is the record of a process that was killed right after a call left.
func (w *whole) cut(kind CallKind) []Stamped {
	i := slices.IndexFunc(w.events, func(s Stamped) bool {
		ev, ok := s.Event.(Sending)
		return ok && ev.Call.Kind == kind
	})
	return w.events[:i+1]
}

// What a person asks for beside the claim leaves no sooner than the record has it, and
// stands there with its answer.
func TestAskedIsKept(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	j := &whole{}
	e.Emit(PlanReady{Plan: p})
	if err := e.ports.Stream.Record(j); err != nil {
		t.Fatal(err)
	}
	h.fault = func(when string, c Call) error {
		if last, ok := j.events[len(j.events)-1].Event.(Sending); !ok || last.Call.Kind != c.Kind {
			t.Errorf("%s %s: the record ends with %+v", when, c.Kind, j.events[len(j.events)-1].Event)
		}
		if c.Kind == CallReview && when == "after" {
			return ErrLost
		}
		return nil
	}
	_ = e.RerunFailed(context.Background(), "package", 5)
	_ = e.Review(context.Background(), "package", 5, []Gate{{EnvironmentID: 1}}, stateRejected, "")
	answers := map[CallKind]Answered{}
	for _, s := range j.events {
		if a, ok := s.Event.(Answered); ok {
			answers[a.Kind] = a
		}
	}
	if a := answers[CallRerunFailed]; a.RunID != 5 || a.Stage != "package" || a.Lost || !a.Why.IsZero() {
		t.Errorf("the re-run's answer is %+v", a)
	}
	if a := answers[CallReview]; a.RunID != 5 || !a.Lost {
		t.Errorf("the gate's answer is %+v", a)
	}
	j.full = true
	sent := len(h.calls)
	if err := e.RerunFailed(context.Background(), "package", 6); err == nil || len(h.calls) != sent {
		t.Errorf("without a record: %v, sent %v", err, h.calls[sent:])
	}
}

// A process is killed while it asks for a re-run. Who goes on sends nothing while
// GitHub may not show the new attempt yet, and what was done is not asked for again.
func TestKilledInARerun(t *testing.T) {
	for _, acted := range []bool{true, false} {
		p := hubPlan(t)
		h := newHub(t, p)
		failedOnce(h)
		e, _ := engineOn(h)
		j := &whole{}
		e.ports.OpenJournal = func(Plan) (Journal, error) { return j, nil }
		e.Emit(PlanReady{Plan: p})
		if err := e.Release(context.Background(), p, false); KindOf(err) != KindFailed || err == nil {
			t.Fatalf("it ends with %v", err)
		}
		if !acted {
			h.fault = func(string, Call) error { return ErrLost }
		}
		_ = e.RerunFailed(context.Background(), "package", runID("pypi.yml"))
		asked := h.now
		if h.fault = nil; !acted {
			h.calls = slices.DeleteFunc(h.calls, func(c Call) bool { return c.Kind == CallRerunFailed }) // it never arrived
		}
		var again []time.Time
		h.fault = func(when string, c Call) error {
			if when == "before" && c.Kind == CallRerunFailed {
				again = append(again, h.now)
			}
			return nil
		}
		next, seen := engineOn(h)
		next.ports.Recall = func(Plan, string, bool) ([]Session, error) {
			return []Session{{Events: j.cut(CallRerunFailed), Over: true}}, nil
		}
		q, err := next.InFlight(context.Background(), p.Repo, p.Version)
		if err == nil {
			err = next.Reruns(context.Background(), q)
		}
		if err == nil {
			err = next.Release(context.Background(), q, true)
		}
		if err != nil {
			t.Errorf("acted %v: it ends with %v, hint %q", acted, err, HintOf(err))
		}
		if acted && len(again) > 0 || !acted && (len(again) != 1 || again[0].Sub(asked) < rerunPatience) {
			t.Errorf("acted %v: asked again at %v, first at %s", acted, again, asked)
		}
		said := slices.ContainsFunc(*seen, func(ev Event) bool {
			n, ok := ev.(Noted)
			return ok && strings.Contains(n.Text.String(), "whether GitHub was told to re-run the failed jobs")
		})
		if !said {
			t.Errorf("acted %v: nothing is said of the call whose answer nobody saw", acted)
		}
	}
}
