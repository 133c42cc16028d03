package release

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// oddHub is a hub that answers some reads in another way.
type oddHub struct {
	*hub
	runs  func([]Run) []Run
	log   func() error
	gates func() error
}

func (o oddHub) Runs(ctx context.Context, r Repo, sha string) ([]Run, error) {
	out, err := o.hub.Runs(ctx, r, sha)
	if o.runs != nil {
		out = o.runs(out)
	}
	return out, err
}

func (o oddHub) Jobs(ctx context.Context, r Repo, id int64) ([]Job, error) {
	jobs, err := o.hub.Jobs(ctx, r, id)
	if errors.Is(err, ErrNotFound) { // a run that only runs knows
		return nil, nil
	}
	return jobs, err
}

func (o oddHub) Log(ctx context.Context, r Repo, id int64, most int) (Log, error) {
	if o.log != nil {
		return Log{}, o.log()
	}
	return o.hub.Log(ctx, r, id, most)
}

func (o oddHub) Gates(ctx context.Context, r Repo, id int64) ([]Gate, error) {
	if o.gates != nil {
		return nil, o.gates()
	}
	return o.hub.Gates(ctx, r, id)
}

// releasedOn releases p over the hub, for no longer than a day of its time.
func releasedOn(t *testing.T, o oddHub, p Plan) ([]Event, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	begin := o.now
	o.onSleep = func(h *hub) {
		if h.now.Sub(begin) > 24*time.Hour {
			t.Error("the watch does not end")
			cancel()
		}
	}
	e, seen := engineOn(o.hub)
	e.ports.Forge = o
	e.Emit(PlanReady{Plan: p})
	err := e.Release(ctx, p, false)
	return *seen, err
}

// One act can start several runs of a workflow, such as one for each activity of a
// release. They are all waited for; one that succeeded stands for those that did
// nothing, and none of them hides a failure.
func TestSeveralRunsOfAWorkflow(t *testing.T) {
	tests := []struct {
		first, second string
		done          bool
	}{
		{ConclusionSuccess, ConclusionSuccess, true},
		{ConclusionSkipped, ConclusionSuccess, true},
		{ConclusionSuccess, ConclusionSkipped, true},
		{ConclusionCancelled, ConclusionSuccess, true},
		{"failure", ConclusionSuccess, false},
		{ConclusionSuccess, "failure", false},
		{ConclusionSkipped, ConclusionSkipped, false},
		{ConclusionCancelled, ConclusionSkipped, false},
	}
	for _, tt := range tests {
		p := hubPlan(t)
		h := newHub(t, p)
		begin := h.now
		events, err := releasedOn(t, oddHub{hub: h, runs: func(runs []Run) []Run {
			for i, r := range runs {
				if r.Workflow != "pypi.yml" {
					continue
				}
				other := r
				other.ID++
				if r.Status == StatusCompleted {
					runs[i].Conclusion, other.Conclusion = tt.first, tt.second
				}
				if h.now.Sub(begin) > 20*time.Second { // the second one comes later
					runs = append(runs, other)
				}
			}
			return runs
		}}, p)
		if (err == nil) != tt.done {
			t.Errorf("%s and %s: error %v", tt.first, tt.second, err)
		}
		last(t, events)
	}
}

// A run that is deleted while it goes on is a failure, not something to wait for.
// One that is missing for a moment is none.
func TestDeletedRun(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to time.Duration
		done     bool
	}{
		"for good":     {20 * time.Second, 48 * time.Hour, false},
		"for a moment": {20 * time.Second, 50 * time.Second, true},
		"once over":    {2 * time.Minute, 48 * time.Hour, true},
	} {
		p := hubPlan(t)
		h := newHub(t, p)
		begin := h.now
		_, err := releasedOn(t, oddHub{hub: h, runs: func(runs []Run) []Run {
			var out []Run
			for _, r := range runs {
				after := h.now.Sub(begin)
				if r.Workflow != "pypi.yml" || after < tt.from || after > tt.to {
					out = append(out, r)
				}
			}
			return out
		}}, p)
		if (err == nil) != tt.done || err != nil && !strings.Contains(err.Error(), "pypi.yml #7 ended as gone") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The host of the logs may be out of reach while GitHub is not: the release is not
// lost by it, and the log says so.
func TestLogOutOfReach(t *testing.T) {
	p := hubPlan(t)
	events, err := releasedOn(t, oddHub{hub: newHub(t, p), log: func() error { return errors.New("logs.example: refused") }}, p)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, e := range events {
		if c, ok := e.(LogChunk); ok && strings.Contains(c.Missing.String(), "logs.example: refused") {
			said++
		}
	}
	if said != 4 {
		t.Errorf("%d logs are said to be missing, want 4", said)
	}
}

// A token that may not see the gates still sees the release to its end, however
// long the gate takes.
func TestGatesOutOfSight(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := simpleRun(w, min(after, 30*time.Second), "")
		if after > 3*time.Hour {
			return simpleRun(w, after, ConclusionSuccess)
		}
		r.Status = StatusWaiting
		return r, jobs, ok
	}
	events, err := releasedOn(t, oddHub{hub: h, gates: func() error { return ErrForbidden }}, p)
	if err != nil {
		t.Fatal(err)
	}
	notes := 0
	for _, e := range events {
		if n, ok := e.(Noted); ok && n.Text != (text.Safe{}) && strings.Contains(n.Text.String(), "can not be seen") {
			notes++
		}
	}
	if notes != 4 || count[Approved](events) != 0 {
		t.Errorf("%d notes, want one for each run; %d answers", notes, count[Approved](events))
	}
}
