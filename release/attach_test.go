package release

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Leaving in the middle neither cancels anything nor sends anything more.
func TestLeave(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	naps := 0
	h.onSleep = func(*hub) {
		if naps++; naps == 5 {
			cancel()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(ctx, p, false)
	if KindOf(err) != KindLeft || !strings.Contains(HintOf(err), "twokey attach 2.11.6") {
		t.Fatalf("error %v, hint %q", err, HintOf(err))
	}
	if len(h.calls) != 2 || h.count(CallCancel) != 0 {
		t.Errorf("calls %v", h.calls)
	}
	if f := last(t, *seen); f.Outcome != Left {
		t.Errorf("finished as %+v", f)
	}
}

// After a crash, attach finds the same release on GitHub alone, sees the same,
// and triggers nothing.
func TestAttachAfterCrash(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	h.onSleep = func(h *hub) {
		if len(h.claims) == 3 {
			cancel()
		}
	}
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(ctx, p, false); KindOf(err) != KindLeft {
		t.Fatal(err)
	}
	sent := len(h.calls)
	h.onSleep = nil

	second, seen := engineOn(h)
	second.ports.Actor = nil
	q, err := second.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, q) {
		t.Errorf("the plan of the attached release differs:\n%+v\n%+v", p, q)
	}
	if err := second.Attach(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}
	if len(h.calls) != sent {
		t.Errorf("attaching sent %v", h.calls[sent:])
	}
}

// When whoever released is gone before the next stage, attach says so and names
// the next step; resuming starts the rest, and only the rest.
func TestResume(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	naps := 0
	h.onSleep = func(*hub) {
		if naps++; naps == 3 {
			cancel()
		}
	}
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(ctx, p, false); KindOf(err) != KindLeft {
		t.Fatal(err)
	}
	h.onSleep = nil
	second, _ := engineOn(h)
	q, err := second.InFlight(context.Background(), p.Repo, "")
	if err != nil {
		t.Fatal(err)
	}
	err = second.Attach(context.Background(), q)
	if KindOf(err) != KindLeft || !strings.Contains(HintOf(err), "twokey release 2.11.6 --resume") {
		t.Fatalf("error %v, hint %q", err, HintOf(err))
	}
	third, seen := engineOn(h)
	third.Emit(PlanReady{Plan: q})
	if err := third.Release(context.Background(), q, true); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}
	if h.count(CallRef) != 3 || h.count(CallDispatch) != 1 || h.count(CallRelease) != 1 {
		t.Errorf("calls %v", h.calls)
	}
}

// Re-running what failed opens the stage again, and resuming takes the release
// on to its end without triggering anything twice.
func TestRerunFailed(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	var again time.Time
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w != "pypi.yml" {
			return simpleRun(w, after, ConclusionSuccess)
		}
		if again.IsZero() || h.now.Sub(again) < 10*time.Second { // GitHub takes its time to show it
			return simpleRun(w, after, "failure")
		}
		r, jobs, ok := simpleRun(w, h.now.Sub(again), ConclusionSuccess)
		r.Attempt, jobs[0].Attempt, jobs[0].ID = 2, 2, jobs[0].ID+1
		return r, jobs, ok
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); KindOf(err) != KindFailed || err == nil {
		t.Fatalf("error %v", err)
	}
	if err := e.RerunFailed(context.Background(), "package", runID("pypi.yml")); err != nil {
		t.Fatal(err)
	}
	again = h.now
	if err := e.Release(context.Background(), p, true); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}
	want := map[CallKind]int{CallTagObject: 3, CallRef: 3, CallRelease: 1, CallDispatch: 1, CallRerunFailed: 1}
	for k, n := range want {
		if got := h.count(k); got != n {
			t.Errorf("%d calls of %s, want %d", got, k, n)
		}
	}
}

// A tag that a person made says nothing of what stood under names that can change.
// Where a resumed release starts a stage itself, it looks before.
func TestResumeLooksBefore(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	deb := p.Stages[1].Artifacts[0]
	if !deb.Mutable {
		t.Fatal("the .deb's name carries the whole version")
	}
	h.put(deb, "sha256:old", time.Time{})
	h.publish = func(h *hub, workflow string) {
		for _, st := range p.Stages {
			for _, a := range st.Artifacts {
				if st.Workflows[0] == workflow {
					h.put(a, "sha256:new", time.Time{}) // a registry that tells no time
				}
			}
		}
	}
	ref := p.Stages[0].ClaimRef(p.Version)
	h.claims[p.Repo.String()+" "+ref] = Claim{Ref: ref, SHA: p.SHA, Object: p.SHA}
	h.start(p.Repo, "push", p.Tag, p.SHA)
	e, seen := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Release(context.Background(), q, true); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}
}
