package release

import (
	"context"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// sixHours cancels what goes on for six simulated hours.
func sixHours(t *testing.T, h *hub) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	begin := h.now
	h.onSleep = func(h *hub) {
		if h.now.Sub(begin) > 6*time.Hour {
			t.Error("nothing is left to wait for, and the watch goes on")
			cancel()
		}
	}
	return ctx
}

// A stage whose claim was refused is taken up by the next watch of the same session: one
// that releases starts it, one that only reads says that nobody has.
func TestWatchAgainAfterARefusedClaim(t *testing.T) {
	for _, kind := range []CallKind{CallTagObject, CallRef} {
		for _, acts := range []bool{true, false} {
			p := hubPlan(t)
			p.Stages = p.Stages[:2]
			h := newHub(t, p)
			h.fault = func(when string, c Call) error {
				if when == "before" && c.Kind == kind && c.Stage == "deb" {
					return passing{h.now.Add(time.Minute)}
				}
				return nil
			}
			e, _ := engineOn(h)
			keeping(e)
			e.Emit(PlanReady{Plan: p})
			if err := e.Release(context.Background(), p, false); err == nil {
				t.Fatal("it was not refused")
			}
			h.fault = nil
			ctx := sixHours(t, h)
			err := error(nil)
			if acts {
				err = e.Release(ctx, p, true)
			} else {
				err = e.Attach(ctx, p)
			}
			if acts != (err == nil) || acts != (h.count(CallDispatch) == 1) {
				t.Errorf("%s, acts %v: %v, %d dispatches", kind, acts, err, h.count(CallDispatch))
			}
			if !acts && !strings.Contains(HintOf(err), "release 2.11.6 --resume`") {
				t.Errorf("%s: hint %q", kind, HintOf(err))
			}
		}
	}
}

// A claim of which it is not known whether it was made is never called unstarted, though
// what failed last was the token.
func TestUnknownClaimIsNotUnstarted(t *testing.T) {
	p := hubPlan(t)
	p.Stages = p.Stages[:2]
	h := newHub(t, p)
	h.fault = func(when string, c Call) error {
		if when == "after" && c.Kind == CallRef && c.Stage == "deb" {
			h.broken = func(int) error { return ErrUnauthorized }
			return ErrLost
		}
		return nil
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	if f := last(t, *seen); err == nil || len(f.Waiting) > 0 || !strings.Contains(HintOf(err), "whether it was created is not known") {
		t.Errorf("%v, hint %q, waiting %v", err, HintOf(err), f.Waiting)
	}
}

// The branch moves after one of two dispatches was refused. What was started is watched,
// and nobody is sent in circles: what was claimed there is not started elsewhere.
func TestBranchMovesAfterARefusal(t *testing.T) {
	p, h, forbidden := twoDispatches(t)
	e, seen := engineOn(h)
	keeping(e)
	ctx, cancel := context.WithCancel(context.Background())
	h.onSleep = func(h *hub) {
		if h.count(CallDispatch) == 2 {
			cancel()
		}
	}
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(ctx, p, false)
	h.onSleep, *forbidden = nil, false
	h.branches["harbour/packaging"] = Branch{Name: "main", SHA: strings.Repeat("d", 40)}
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err == nil {
		err = e.Release(context.Background(), q, true)
	}
	f := last(t, *seen)
	var runs []RunState
	e.ports.Stream.View(func(s *State) { runs = s.Stages[1].Runs })
	if err == nil || len(f.Waiting) > 0 || len(runs) != 1 || runs[0].Run.Conclusion != ConclusionSuccess || h.count(CallDispatch) != 2 {
		t.Errorf("%v; waiting %v, runs %+v, %d dispatches", err, f.Waiting, runs, h.count(CallDispatch))
	}
	for _, want := range []string{"the stage is claimed at bbbbbbb: release another version, or, once main leads there again, go on with `twokey release 2.11.6 --resume`"} {
		if !strings.Contains(HintOf(err), want) {
			t.Errorf("hint %q, want %q", HintOf(err), want)
		}
	}
}

// Of two workflows one is refused, and the run of the other fails: the failure is told
// first, and led to.
func TestRefusalHidesNoFailure(t *testing.T) {
	p, h, _ := twoDispatches(t)
	others := h.script
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "deb.yml" {
			return simpleRun(w, after, conclusionFailure)
		}
		return others(w, after)
	}
	h.logs[runID("deb.yml")*10] = Log{Lines: []text.Safe{text.Clean("boom")}, Total: 1}
	e, seen := engineOn(h)
	keeping(e)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	why := last(t, *seen).Why.String()
	if err == nil || !strings.Contains(why, "deb.yml #7 ended as failure; dispatch tell.yml on main: forbidden") || !strings.HasPrefix(HintOf(err), "read the log at ") {
		t.Errorf("why %q, hint %q", why, HintOf(err))
	}
}

// A plan that is made while a call is under way waits for it: the answer is on the
// record that tells of the call.
func TestPlanWaitsForACall(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.start(p.Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
	h.claimed(p, p.Stages[0], h.now)
	e, _ := engineOn(h)
	records := keeping(e)
	e.Emit(PlanReady{Plan: p})
	planned := make(chan error, 1)
	e.ports.Actor = performs(func() {
		go func() { e.planned(p); planned <- nil }()
	})
	if err := e.RerunFailed(context.Background(), "package", 5); err != nil {
		t.Fatal(err)
	}
	<-planned
	first := (*records)[0]
	if _, ok := first.events[len(first.events)-1].Event.(Answered); !ok || !first.closed || len(*records) != 1 {
		t.Errorf("the record ends with %+v, closed %v", first.events[len(first.events)-1].Event, first.closed)
	}
}

// performs is an Actor that does something else.
type performs func()

func (f performs) Perform(context.Context, Call) (Receipt, error) {
	f()
	return Receipt{}, nil
}
