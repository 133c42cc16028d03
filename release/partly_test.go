package release

import (
	"context"
	"strings"
	"testing"
	"time"
)

// twoDispatches is a release whose second stage dispatches two workflows, of which
// GitHub refuses the second while forbidden holds.
func twoDispatches(t *testing.T) (p Plan, h *hub, forbidden *bool) {
	t.Helper()
	p = hubPlan(t)
	p.Stages = p.Stages[:2]
	p.Stages[1].Workflows = []string{"deb.yml", "tell.yml"}
	h = newHub(t, p)
	h.planFile = strings.Replace(hubPlanFile[:strings.Index(hubPlanFile, "  - name: images")], "[deb.yml]", "[deb.yml, tell.yml]", 1)
	forbidden = new(true)
	h.fault = func(when string, c Call) error {
		if *forbidden && when == "before" && c.Workflow == "tell.yml" {
			return ErrForbidden
		}
		return nil
	}
	return p, h, forbidden
}

// Of two dispatches the second is refused. The first one's run is watched to its end,
// nobody waits for the other's, and going on sends that alone.
func TestSomeWorkflowsNotStarted(t *testing.T) {
	p, h, forbidden := twoDispatches(t)
	e, seen := engineOn(h)
	keeping(e)
	e.Emit(PlanReady{Plan: p})
	began := h.now
	err := e.Release(context.Background(), p, false)
	f := last(t, *seen)
	if KindOf(err) != KindFailed || f.Outcome != Failed || !strings.Contains(f.Why.String(), "stage deb: dispatch tell.yml on main: forbidden") {
		t.Fatalf("%v, finished %+v", err, f)
	}
	if h := HintOf(err); !strings.Contains(h, "tell.yml of the stage is not started; once that is mended, go on with `twokey release 2.11.6 --resume`") {
		t.Errorf("hint %q", h)
	}
	runs := map[string]string{}
	e.ports.Stream.View(func(s *State) {
		for _, r := range s.Stages[1].Runs {
			runs[r.Run.Workflow] = r.Run.Conclusion
		}
	})
	if len(runs) != 1 || runs["deb.yml"] != ConclusionSuccess {
		t.Errorf("watched %v", runs)
	}
	if took := h.now.Sub(began); took > 4*time.Minute {
		t.Errorf("it took %s: somebody waited for a run that was never started", took)
	}
	*forbidden = false
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err == nil {
		if calls := e.Calls(q); len(calls) != 1 || calls[0].Workflow != "tell.yml" {
			t.Fatalf("to go on, it sends %v", calls)
		}
		err = e.Release(context.Background(), q, true)
	}
	if err != nil || h.count(CallDispatch) != 3 {
		t.Errorf("%v, hint %q; %d dispatches", err, HintOf(err), h.count(CallDispatch))
	}
}

// It is refused again: what was started before is still no failure of its own.
func TestSomeWorkflowsNotStartedTwice(t *testing.T) {
	p, h, _ := twoDispatches(t)
	e, seen := engineOn(h)
	keeping(e)
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(context.Background(), p, false)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err == nil {
		err = e.Release(context.Background(), q, true)
	}
	if f := last(t, *seen); err == nil || !strings.Contains(f.Why.String(), "tell.yml on main: forbidden") || strings.Contains(HintOf(err), "the stage is claimed but not started") {
		t.Errorf("%v, hint %q, finished %+v", err, HintOf(err), f)
	}
	if n := count[RunFound](*seen); n != 2*3 { // pypi.yml, github.yml and deb.yml, in each session
		t.Errorf("%d runs were found", n)
	}
	if h.count(CallDispatch) != 3 {
		t.Errorf("%d dispatches", h.count(CallDispatch))
	}
}

// Whoever leaves meanwhile is told of both.
func TestLeavingSomeWorkflowsNotStarted(t *testing.T) {
	p, h, _ := twoDispatches(t)
	ctx, cancel := context.WithCancel(context.Background())
	h.onSleep = func(h *hub) {
		if h.count(CallDispatch) == 2 {
			cancel()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(ctx, p, false)
	hint := HintOf(err)
	if KindOf(err) != KindLeft || !strings.Contains(hint, "CI goes on with deb; rejoin it with `twokey attach 2.11.6`") ||
		!strings.Contains(hint, "tell.yml of the stage is not started") || !last(t, *seen).Running {
		t.Errorf("%v, hint %q", err, hint)
	}
}

// Long after the release, the run of one dispatch of two is not there, and the other's
// is: it was never started, and what is published does not make up for it.
func TestLostDispatchLongAfterwards(t *testing.T) {
	for _, both := range []bool{true, false} {
		p, h, _ := twoDispatches(t)
		at := h.now.Add(-8 * time.Hour)
		for _, st := range p.Stages {
			h.claimed(p, st, at)
			for _, a := range st.Artifacts {
				h.put(a, "sha256:then", at.Add(time.Minute))
			}
		}
		st := p.Stages[1]
		h.start(p.Repo, "push", p.Tag, p.SHA)
		h.begin(st.Repo, "deb.yml", "workflow_dispatch", "main", st.SHA)
		if both {
			h.begin(st.Repo, "tell.yml", "workflow_dispatch", "main", st.SHA)
		}
		for key := range h.started {
			h.started[key] = at
		}
		e, seen := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err == nil {
			err = e.Attach(context.Background(), q)
		}
		f := last(t, *seen)
		if both != (err == nil) || both != (f.Outcome == Done) {
			t.Errorf("both ran: %v; %v, finished %+v", both, err, f)
		}
		if want := "no run of tell.yml is known, and those of its other workflows are"; !both && (!strings.Contains(f.Why.String(), want) || HintOf(err) == "") {
			t.Errorf("why %q, hint %q", f.Why, HintOf(err))
		}
	}
}
