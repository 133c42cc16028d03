package release

import (
	"context"
	"slices"
	"testing"
)

// released runs a whole release of the hub's plan.
func released(t *testing.T, h *hub, p Plan) ([]Event, error) {
	t.Helper()
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	return *seen, err
}

// last is the final event, which must be Finished.
func last(t *testing.T, events []Event) Finished {
	t.Helper()
	f, ok := events[len(events)-1].(Finished)
	if !ok {
		t.Fatalf("the last event is %T, not Finished", events[len(events)-1])
	}
	return f
}

func count[T Event](events []Event) (n int) {
	for _, e := range events {
		if _, ok := e.(T); ok {
			n++
		}
	}
	return n
}

func TestReleaseDone(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	events, err := released(t, h, p)
	if err != nil {
		t.Fatal(err)
	}
	f := last(t, events)
	if f.Outcome != Done || len(f.Stages) != 3 {
		t.Fatalf("finished as %+v", f)
	}
	for _, st := range f.Stages {
		for _, a := range st.Found {
			if !a.Found {
				t.Errorf("%s was not found", a.Artifact)
			}
		}
	}
	want := map[CallKind]int{CallTagObject: 3, CallRef: 3, CallRelease: 1, CallDispatch: 1}
	for k, n := range want {
		if got := h.count(k); got != n {
			t.Errorf("%d calls of %s, want %d", got, k, n)
		}
	}
	if got := len(h.calls); got != 8 {
		t.Errorf("%d calls in all, want 8: %v", got, h.calls)
	}
	for _, n := range []int{count[Claimed](events), count[Triggered](events), count[StageDone](events)} {
		if n != 3 {
			t.Errorf("claims, triggers, ends: %d of one, want 3", n)
		}
	}
}

// Stages that do not need each other run at the same time, and none starts
// before what it needs is done.
func TestStagesKeepTheirOrder(t *testing.T) {
	p := hubPlan(t)
	events, err := released(t, newHub(t, p), p)
	if err != nil {
		t.Fatal(err)
	}
	at := func(match func(Event) bool) int { return slices.IndexFunc(events, match) }
	triggered := func(stage string) int {
		return at(func(e Event) bool { ev, ok := e.(Triggered); return ok && ev.Stage == stage })
	}
	done := func(stage string) int {
		return at(func(e Event) bool { ev, ok := e.(StageDone); return ok && ev.Stage == stage })
	}
	for _, st := range []string{"deb", "images"} {
		if triggered(st) < done("package") {
			t.Errorf("%s was triggered before package was done", st)
		}
	}
	if triggered("images") > done("deb") || triggered("deb") > done("images") {
		t.Error("deb and images did not run side by side")
	}
}
