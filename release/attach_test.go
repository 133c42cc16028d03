package release

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
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

// A release that is gone on with is judged: what stands started at the planned
// commit is its own, and the rest is judged as for a release that begins.
func TestResumeIsJudged(t *testing.T) {
	p := hubPlan(t)
	made := func(h *hub, note string) {
		h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA,
			Object: strings.Repeat("9", 40), By: text.Clean("ines"), At: h.now, Message: note}
	}
	tests := []struct {
		name    string
		prepare func(h *hub)
		started []bool
		outcome checks.Outcome // of ref.line
	}{
		{"made by twokey", func(h *hub) { made(h, noteOf(p, nil).message(p, p.Stages[0])) }, []bool{true, false, false}, checks.Pass},
		{"made by hand on the line", func(h *hub) { made(h, "harbour 2.11.6") }, []bool{true, false, false}, checks.Pass},
		{"made by hand off the line", func(h *hub) { made(h, "harbour 2.11.6"); h.ahead = 2 }, []bool{true, false, false}, checks.Fail},
		{"a stage claimed at another commit", func(h *hub) {
			made(h, noteOf(p, nil).message(p, p.Stages[0]))
			h.claims["harbour/images refs/tags/v20260814"] = Claim{Ref: "refs/tags/v20260814", SHA: strings.Repeat("e", 40)}
		}, []bool{true, false, false}, checks.Pass},
		{"the line moved on", func(h *hub) {
			made(h, noteOf(p, nil).message(p, p.Stages[0]))
			h.branches["harbour/harbour"] = Branch{Name: "dev-v2.11", SHA: strings.Repeat("f", 40)}
		}, []bool{true, false, false}, checks.Pass},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHub(t, p)
			tt.prepare(h)
			e, seen := engineOn(h)
			q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
			if err != nil {
				t.Fatal(err)
			}
			for i, st := range e.subject(q).Stages {
				if st.Started != tt.started[i] {
					t.Errorf("stage %s: started %v", st.Name, st.Started)
				}
			}
			if _, _, err := e.Check(context.Background(), q); err != nil {
				t.Fatal(err)
			}
			for _, ev := range *seen {
				if d, ok := ev.(CheckDone); ok && d.Finding.ID == "ref.line" && d.Finding.Outcome != tt.outcome {
					t.Errorf("ref.line is %s: %s", d.Finding.Outcome, d.Finding.Summary)
				}
			}
			for _, c := range e.Calls(q) {
				if c.Stage == "package" {
					t.Errorf("it would send %s for the stage that was started", c.Kind)
				}
			}
			if len(h.calls) != 0 {
				t.Errorf("looking sent %v", h.calls)
			}
		})
	}
}

// A stage that nobody started takes the head of its branch: no other can be.
func TestResumeTakesTheHead(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA,
		Message: noteOf(p, nil).message(p, p.Stages[0])}
	moved := strings.Repeat("d", 40)
	h.branches["harbour/packaging"] = Branch{Name: "main", SHA: moved}
	e, _ := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	if q.Stages[1].SHA != moved || q.Stages[2].SHA != p.Stages[2].SHA || p.Stages[1].SHA == moved {
		t.Errorf("stages %+v", q.Stages)
	}
}

// Two who resume at once start each stage once, and both see it through.
func TestTwoResume(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	theirs := false
	h.fault = func(when string, c Call) error { // somebody is faster with every claim
		if when == "before" && c.Kind == CallRef && c.Stage == "images" && !theirs {
			theirs = true
			h.claims[c.Repo.String()+" "+c.Ref] = Claim{Ref: c.Ref, SHA: p.Stages[2].SHA, Object: "theirs", At: h.now,
				Message: noteOf(p, nil).message(p, p.Stages[2])}
			h.start(c.Repo, "release", p.Stages[2].Tag, p.Stages[2].SHA)
		}
		return nil
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, true); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}
	if h.count(CallRelease) != 0 {
		t.Error("the release was created though somebody else had claimed it")
	}
}

// A stage that ended before it was looked at did not take until then.
func TestLateAttachKeepsDurations(t *testing.T) {
	p := hubPlan(t)
	began := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	var s State
	apply := func(after time.Duration, e Event) {
		s.Apply(Stamped{Seq: s.Seq + 1, Time: began.Add(after), Event: e})
	}
	apply(time.Hour, PlanReady{Plan: p})
	apply(time.Hour, Claimed{Stage: "package", At: began, Noted: true})
	apply(time.Hour, Triggered{Stage: "package"})
	for i, w := range p.Stages[0].Workflows {
		apply(time.Hour, RunFound{Stage: "package", Run: Run{ID: int64(i + 1), Workflow: w, Status: StatusCompleted,
			Conclusion: ConclusionSuccess, Updated: began.Add(time.Duration(i+3) * time.Minute)}})
	}
	apply(time.Hour, StageDone{Stage: "package", Outcome: Done})
	if st := s.Stages[0]; st.Ended.Sub(st.Began) != 4*time.Minute {
		t.Errorf("the stage took %s, want the 4 minutes until its last run ended", st.Ended.Sub(st.Began))
	}
	var mine State
	mine.Apply(Stamped{Seq: 1, Time: began, Event: PlanReady{Plan: p}})
	mine.Apply(Stamped{Seq: 2, Time: began, Event: Claimed{Stage: "package", At: began, Mine: true}})
	mine.Apply(Stamped{Seq: 3, Time: began.Add(time.Hour), Event: StageDone{Stage: "package", Outcome: Done}})
	if st := mine.Stages[0]; st.Ended.Sub(st.Began) != time.Hour {
		t.Errorf("a stage that was watched took %s, want the hour until it was verified", st.Ended.Sub(st.Began))
	}
}
