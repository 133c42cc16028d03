package release

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// failAt makes the n-th read fail once.
func failAt(n int, err error) func(int) error {
	return func(read int) error {
		if read == n {
			return err
		}
		return nil
	}
}

// reads counts the reads of something that works.
func reads(t *testing.T, p Plan, run func(*Engine) error) int {
	t.Helper()
	h := newHub(t, p)
	e, _ := engineOn(h)
	if err := run(e); err != nil {
		t.Fatal(err)
	}
	return h.reads
}

// Whichever read of planning fails, the error names what was read, and nothing is
// sent.
func TestPlanningSweep(t *testing.T) {
	p := hubPlan(t)
	run := func(e *Engine) error {
		s, err := e.Survey(context.Background(), p.Repo)
		if err == nil {
			_, err = e.Plan(context.Background(), s, Want{Version: "2.11.6"})
		}
		return err
	}
	all := reads(t, p, run)
	for _, cause := range []error{errors.New("502 Bad Gateway"), ErrForbidden, ErrUnauthorized} {
		failed := 0
		for n := 1; n <= all; n++ {
			h := newHub(t, p)
			h.broken = failAt(n, fmt.Errorf("GET /x: %w", cause))
			e, seen := engineOn(h)
			err := run(e)
			if err != nil {
				failed++
				if !errors.Is(err, cause) || err.Error() == "GET /x: "+cause.Error() {
					t.Errorf("read %d: error %v does not say what was read", n, err)
				}
			}
			if (err == nil) != (count[PlanReady](*seen) == 1) {
				t.Errorf("read %d: error %v, and %d plans", n, err, count[PlanReady](*seen))
			}
			if len(h.calls) != 0 {
				t.Errorf("read %d: sent %v", n, h.calls)
			}
		}
		if failed == 0 {
			t.Errorf("%v was never met: this sweep sees nothing", cause)
		}
	}
}

// Whichever read of a release fails once: before anything was sent the release
// ends with nothing sent, and from then on every trigger is sent once and the
// release is finished.
func TestReleaseSweep(t *testing.T) {
	p := hubPlan(t)
	run := func(e *Engine) error {
		e.Emit(PlanReady{Plan: p})
		return e.Release(context.Background(), p, false)
	}
	all := reads(t, p, run)
	if all < 50 {
		t.Fatalf("a release of %d reads is none", all)
	}
	early := 0 // failed with nothing sent
	for n := 1; n <= all; n++ {
		h := newHub(t, p)
		h.broken = failAt(n, errors.New("GET /x: 502 Bad Gateway"))
		e, seen := engineOn(h)
		err := run(e)
		f := last(t, *seen)
		sent := map[string]int{}
		for _, c := range h.calls {
			sent[string(c.Kind)+" "+c.Stage]++
		}
		if len(sent) == 0 && err != nil && f.Outcome == Failed {
			early++
			continue
		}
		if err != nil || f.Outcome != Done || len(sent) != 8 {
			t.Errorf("read %d of %d: %v, finished as %s, sent %v", n, all, err, f.Outcome, sent)
		}
		for c, times := range sent {
			if times != 1 {
				t.Errorf("read %d of %d: %s was sent %d times", n, all, c, times)
			}
		}
	}
	if early > 6 { // the looks before the first stage is claimed
		t.Errorf("%d of %d reads end the release before it begins", early, all)
	}
}

// Whichever read of an attached watch fails once, it sees the release through and
// sends nothing.
func TestAttachSweep(t *testing.T) {
	p := hubPlan(t)
	finished := func() *hub { // a release that is over, seen again from the beginning
		h := newHub(t, p)
		e, _ := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		if err := e.Release(context.Background(), p, false); err != nil {
			t.Fatal(err)
		}
		h.reads = 0
		return h
	}
	attach := func(h *hub) (*Engine, *[]Event, error) {
		e, seen := engineOn(h)
		e.ports.Actor = nil
		e.Emit(PlanReady{Plan: p})
		return e, seen, e.Attach(context.Background(), p)
	}
	h := finished()
	if _, _, err := attach(h); err != nil {
		t.Fatal(err)
	}
	for n, all := 1, h.reads; n <= all; n++ {
		h := finished()
		sent := len(h.calls)
		h.broken = failAt(n, errors.New("GET /x: connection reset"))
		_, seen, err := attach(h)
		if err != nil {
			t.Errorf("read %d of %d: %v", n, all, err)
		}
		if f := last(t, *seen); f.Outcome != Done {
			t.Errorf("read %d of %d: finished as %s: %s", n, all, f.Outcome, f.Why)
		}
		if len(h.calls) != sent {
			t.Errorf("read %d of %d: sent %v", n, all, h.calls[sent:])
		}
	}
}
