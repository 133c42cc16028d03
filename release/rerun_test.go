package release

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// lostAfter loses the answer to a call that has acted.
func lostAfter(when string, _ Call) error {
	if when == "after" {
		return fmt.Errorf("POST: %w", ErrLost)
	}
	return nil
}

// One who presses the key twice re-runs once; a later attempt may be re-run again,
// and so may one that GitHub refused.
func TestRerunOnce(t *testing.T) {
	p := hubPlan(t)
	const id = 5
	failed := func(attempt int) Run {
		return Run{ID: id, Workflow: "pypi.yml", Attempt: attempt, Status: StatusCompleted, Conclusion: "failure"}
	}
	tests := []struct {
		name string
		do   func(e *Engine, h *hub, again func() error)
		want int // requests
	}{
		{"twice", func(_ *Engine, _ *hub, again func() error) { _ = again(); _ = again() }, 1},
		{"while the first is under way", func(_ *Engine, h *hub, again func() error) {
			h.fault = func(string, Call) error {
				h.fault = nil
				h.mu.Unlock() // the request takes its time
				defer h.mu.Lock()
				if err := again(); KindOf(err) != KindFailed || err == nil || HintOf(err) == "" {
					t.Errorf("the second one gives %v", err)
				}
				return nil
			}
			_ = again()
		}, 1},
		{"the answer was lost", func(_ *Engine, h *hub, again func() error) {
			h.fault = lostAfter
			_ = again()
			_ = again()
		}, 1},
		{"refused", func(_ *Engine, h *hub, again func() error) {
			h.fault = func(string, Call) error { return ErrForbidden }
			_ = again()
			_ = again()
		}, 2},
		{"a later attempt failed, too", func(e *Engine, _ *hub, again func() error) {
			_ = again()
			e.Emit(RunChanged{Stage: "package", Run: failed(2)})
			_ = again()
		}, 2},
		{"GitHub never showed a new attempt", func(_ *Engine, h *hub, again func() error) {
			_ = again()
			h.now = h.now.Add(2 * time.Minute)
			_ = again()
		}, 2},
	}
	for _, tt := range tests {
		h := newHub(t, p)
		e, _ := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		e.Emit(RunFound{Stage: "package", Run: failed(1)})
		tt.do(e, h, func() error { return e.RerunFailed(context.Background(), "package", id) })
		if got := h.count(CallRerunFailed); got != tt.want {
			t.Errorf("%s: %d requests, want %d", tt.name, got, tt.want)
		}
	}
}
