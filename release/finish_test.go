package release

import (
	"context"
	"slices"
	"testing"
)

// Whoever reads the end of a release that was left can tell whether CI goes on,
// and which stages it will never start by itself.
func TestEndTellsWhatGoesOn(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	naps := 0
	h.onSleep = func(*hub) {
		if naps++; naps == 3 {
			cancel()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(ctx, p, false)
	f := last(t, *seen)
	if f.Outcome != Left || !f.Running || !slices.Equal(f.Waiting, []string{"deb", "images"}) {
		t.Errorf("left as %+v", f)
	}
	h.onSleep = nil
	second, seen := engineOn(h)
	q, err := second.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	_ = second.Attach(context.Background(), q)
	if f := last(t, *seen); f.Outcome != Left || f.Running || !slices.Equal(f.Waiting, []string{"deb", "images"}) {
		t.Errorf("attached, it ends as %+v", f)
	}
	events, err := released(t, newHub(t, p), p)
	if f := last(t, events); err != nil || f.Running || f.Waiting != nil {
		t.Errorf("%v, done as %+v", err, f)
	}
}
