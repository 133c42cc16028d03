package release

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// Whoever leaves while the start of a stage fails is told of that, and what to do, not
// that all is well: what was sent before decides what is known.
func TestLeavingWhileAStartFails(t *testing.T) {
	refused := func(h *hub, c Call) error {
		if c.Kind == CallDispatch {
			return ErrForbidden
		}
		return nil
	}
	unknown := func(h *hub, c Call) error {
		if c.Kind == CallRef && c.Stage == "deb" {
			h.broken = func(int) error { return &Error{Err: errors.New("no route to host"), Hint: "check your connection"} }
			return &Error{Err: ErrLost, Hint: "check your proxy"}
		}
		return nil
	}
	for _, tt := range []struct {
		name    string
		stages  int
		fails   func(*hub, Call) error
		outcome Outcome
		why     string
		hints   []string
	}{
		{"the dispatch is refused", 2, refused, Failed, "stage deb: dispatch deb.yml on main: forbidden",
			[]string{"the stage is claimed but not started", "release 2.11.6 --resume`"}},
		{"the same, and more runs", 3, refused, Left, "stage deb: dispatch deb.yml on main: forbidden",
			[]string{"CI goes on with images; rejoin it with `twokey attach 2.11.6`",
				"of stage deb: the stage is claimed but not started; once that is mended, go on with `twokey release 2.11.6 --resume`"}},
		{"whether it is claimed is not known", 2, unknown, Failed, "stage deb: creating refs/twokey/deb/2.11.6",
			[]string{"whether it was created is not known: see with `twokey attach 2.11.6`"}},
	} {
		p := hubPlan(t)
		p.Stages = p.Stages[:tt.stages]
		if tt.stages == 3 { // so that the other one is started in the same round
			p.Stages[1], p.Stages[2] = p.Stages[2], p.Stages[1]
		}
		h := newHub(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		h.fault = func(when string, c Call) error {
			err := tt.fails(h, c)
			if when == "after" || err == nil {
				return nil
			}
			cancel()
			return err
		}
		e, seen := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		err := e.Release(ctx, p, false)
		f := last(t, *seen)
		if f.Outcome != tt.outcome || !strings.Contains(err.Error(), tt.why) || !strings.Contains(f.Why.String(), tt.why) {
			t.Errorf("%s: finished %s, %q; %v", tt.name, f.Outcome, f.Why, err)
		}
		for _, want := range tt.hints {
			if !strings.Contains(HintOf(err), want) {
				t.Errorf("%s: hint %q, want %q", tt.name, HintOf(err), want)
			}
		}
		if strings.Contains(HintOf(err), "CI is through") || h.count(CallDispatch) > 1 {
			t.Errorf("%s: hint %q, %d dispatches", tt.name, HintOf(err), h.count(CallDispatch))
		}
	}
}
