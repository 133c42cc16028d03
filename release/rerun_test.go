package release

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
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

// failedOnce makes pypi.yml fail, and succeed once its failed jobs are re-run.
func failedOnce(h *hub) (reruns func() int) {
	var again time.Time
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if n := h.count(CallRerunFailed); n > 0 && again.IsZero() {
			again = h.now
		}
		if w != "pypi.yml" {
			return simpleRun(w, after, ConclusionSuccess)
		}
		if again.IsZero() {
			return simpleRun(w, after, "failure")
		}
		r, jobs, _ := simpleRun(w, h.now.Sub(again)+10*time.Second, ConclusionSuccess)
		r.Attempt, jobs[0].Attempt, jobs[0].ID = 2, 2, jobs[0].ID+1
		return r, jobs, true
	}
	return func() int { return h.count(CallRerunFailed) }
}

// What failed is re-run with a resumed release only when that is asked for, once,
// and shown before.
func TestResumeReruns(t *testing.T) {
	for _, asked := range []bool{false, true} {
		for name, fault := range map[string]func(string, Call) error{
			"answered": nil,
			"lost": func(when string, c Call) error {
				if when == "after" && c.Kind == CallRerunFailed {
					return ErrLost
				}
				return nil
			},
		} {
			p := hubPlan(t)
			h := newHub(t, p)
			reruns := failedOnce(h)
			if _, err := released(t, h, p); err == nil {
				t.Fatal("the first attempt did not fail")
			}
			h.fault = fault
			e, _ := engineOn(h)
			q, err := e.InFlight(context.Background(), p.Repo, p.Version)
			if err != nil {
				t.Fatal(err)
			}
			if asked {
				if err := e.Reruns(context.Background(), q); err != nil {
					t.Fatal(err)
				}
			}
			if calls := e.Calls(q); asked != (calls[0].Kind == CallRerunFailed) || reruns() != 0 {
				t.Errorf("asked %v: said to be sent first is %s; %d were sent", asked, calls[0].Kind, reruns())
			}
			err = e.Release(context.Background(), q, true)
			if asked != (err == nil) {
				t.Errorf("%s, asked %v: error %v", name, asked, err)
			}
			if want := map[bool]int{true: 1}[asked]; reruns() != want {
				t.Errorf("%s, asked %v: %d re-runs, want %d", name, asked, reruns(), want)
			}
		}
	}
}

// Somebody re-runs the failed jobs on GitHub while the question is read, and they fail
// again: of that attempt nobody was asked, and it is not re-run.
func TestLaterAttemptIsNotReRun(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.claimed(p, p.Stages[0], h.now)
	h.start(p.Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
	attempt, status, conclusion := 1, StatusCompleted, conclusionFailure
	others := h.script
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w != "pypi.yml" {
			return others(w, after)
		}
		r := Run{ID: 5, Number: 7, Attempt: attempt, Workflow: w, Status: status, Conclusion: conclusion}
		return r, []Job{{ID: int64(50 + attempt), RunID: 5, Attempt: attempt, Name: text.Clean("build"), Status: status, Conclusion: conclusion}}, true
	}
	h.now = h.now.Add(10 * time.Minute)
	e, seen := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err == nil {
		err = e.Reruns(context.Background(), q)
	}
	if calls := e.Calls(q); err != nil || len(calls) == 0 || calls[0].Kind != CallRerunFailed || calls[0].RunID != 5 {
		t.Fatalf("%v; asked for %v", err, calls)
	}
	attempt, status, conclusion = 2, "in_progress", ""
	begin := h.now
	h.onSleep = func(h *hub) {
		if h.now.Sub(begin) > 2*time.Minute {
			status, conclusion = StatusCompleted, conclusionFailure
		}
	}
	if err := e.Release(context.Background(), q, true); KindOf(err) != KindFailed || err == nil {
		t.Errorf("it ends with %v", err)
	}
	if n := h.count(CallRerunFailed); n != 0 {
		t.Errorf("%d re-runs were sent", n)
	}
	said := slices.ContainsFunc(*seen, func(ev Event) bool {
		n, ok := ev.(Noted)
		return ok && strings.Contains(n.Text.String(), "its attempt 2 failed, too, and attempt 1 was asked for")
	})
	if !said {
		t.Error("nobody is told why")
	}
}
