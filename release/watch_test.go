package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// A run that fails ends the release, with its stage's name and a hint, and the
// stages that need it never start.
func TestFailedRun(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "pypi.yml" {
			return simpleRun(w, after, "failure")
		}
		return simpleRun(w, after, ConclusionSuccess)
	}
	h.publish = func(*hub, string) {}
	h.logs[runID("pypi.yml")*10] = Log{Lines: text.CleanAll([]string{"one", "two"}), Total: 40}
	events, err := released(t, h, p)
	if KindOf(err) != KindFailed || err == nil {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(err.Error(), "pypi.yml #7 ended as failure") {
		t.Errorf("error %q does not name the run", err)
	}
	if n := count[Triggered](events); n != 1 {
		t.Errorf("%d stages were triggered, want 1", n)
	}
	f := last(t, events)
	if f.Outcome != Failed || f.Stages[1].State != StageWaiting {
		t.Errorf("finished as %+v", f)
	}
	i := slices.IndexFunc(events, func(e Event) bool { _, ok := e.(LogChunk); return ok })
	if i < 0 {
		t.Fatal("the failed job's log was not read")
	}
	if c := events[i].(LogChunk); !c.Failed || c.First != 39 || c.Total != 40 || len(c.Lines) != 2 {
		t.Errorf("log %+v", c)
	}
	if n := count[ArtifactMissing](events); n != 1 {
		t.Errorf("%d artifacts reported missing, want the one of the failed stage", n)
	}
}

// A skipped or cancelled run is not a success, whatever its status says.
func TestOnlySuccessIsSuccess(t *testing.T) {
	for _, conclusion := range []string{"failure", "cancelled", "skipped", "neutral", "timed_out", "action_required", "stale", "startup_failure", ""} {
		t.Run(conclusion, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			h.script = func(w string, after time.Duration) (Run, []Job, bool) { return simpleRun(w, after, conclusion) }
			if _, err := released(t, h, p); err == nil {
				t.Errorf("a run that ended as %q made a release", conclusion)
			}
		})
	}
}

// An expected run that does not appear is a failure after its patience, and is
// announced before.
func TestWatchdog(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "github.yml" {
			return Run{}, nil, false
		}
		return simpleRun(w, after, ConclusionSuccess)
	}
	start := h.now
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "no run of github.yml appeared within 3m0s") {
		t.Fatalf("error %v", err)
	}
	const page = "https://github.com/harbour/harbour/actions/workflows/github.yml"
	if hint := HintOf(err); !strings.Contains(hint, page) || !strings.Contains(hint, "disabled") ||
		!strings.Contains(hint, "leave out the tag "+p.Tag) || !strings.Contains(hint, "`twokey attach 2.11.6`") {
		t.Errorf("the hint is %q", hint)
	}
	if took := h.now.Sub(start); took < runPatience || took > 2*runPatience {
		t.Errorf("gave up after %s", took)
	}
	if count[Noted](events) != 1 {
		t.Errorf("%d notes, want one about the late run", count[Noted](events))
	}
	if n := count[ArtifactFound](events); n != 1 {
		t.Errorf("%d artifacts found, want the one that pypi.yml published", n)
	}
}

// A run of another commit, event, tag or time is not ours.
func TestOurs(t *testing.T) {
	p := hubPlan(t)
	claimed := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	st := StageState{Stage: p.Stages[0], Claim: &Claimed{At: claimed, Noted: true}}
	good := Run{ID: 5, Workflow: "pypi.yml", Event: "push", SHA: p.SHA, Branch: text.Clean(p.Tag), Created: claimed.Add(time.Second)}
	tests := []struct {
		name string
		edit func(*Run)
		want int
	}{
		{"ours", func(*Run) {}, 1},
		{"clocks apart", func(r *Run) { r.Created = claimed.Add(-5 * time.Second) }, 1},
		{"there before", func(r *Run) { r.Created = claimed.Add(-30 * time.Second) }, 0},
		{"another workflow", func(r *Run) { r.Workflow = "test.yml" }, 0},
		{"another event", func(r *Run) { r.Event = "workflow_dispatch" }, 0},
		{"another commit", func(r *Run) { r.SHA = strings.Repeat("f", 40) }, 0},
		{"a branch", func(r *Run) { r.Branch = text.Clean("dev-v2.11") }, 0},
		{"an older one", func(r *Run) { r.Created = claimed.Add(-time.Hour) }, 0},
	}
	for _, tt := range tests {
		r := good
		tt.edit(&r)
		if got := ours(st, []Run{r}); len(got) != tt.want {
			t.Errorf("%s: %d runs, want %d", tt.name, len(got), tt.want)
		}
	}
	byHand := st
	byHand.Claim = &Claimed{At: claimed.Add(time.Hour)} // the maker's clock runs ahead
	if got := ours(byHand, []Run{good}); len(got) != 1 {
		t.Error("a tag that was made by hand hides its run behind its maker's clock")
	}
	newer := good
	newer.ID = 9
	if got := ours(st, []Run{newer, good}); len(got) != 2 {
		t.Errorf("of two runs of a workflow: %+v, want both", got)
	}
	dispatch := StageState{Stage: p.Stages[1], Trigger: &Triggered{RunID: 5}}
	r := Run{ID: 5, Workflow: "deb.yml", Event: "workflow_dispatch", SHA: p.Stages[1].SHA, Branch: text.Clean(p.Stages[1].Branch)}
	if got := ours(dispatch, []Run{r}); len(got) != 1 {
		t.Error("the run that the dispatch told is not ours")
	}
	r.ID = 6
	if got := ours(dispatch, []Run{r}); len(got) != 0 {
		t.Error("another run than the one that the dispatch told is ours")
	}
}

// Reads that fail are waited out and said; the release is not lost by them.
func TestOutage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.broken = func(n int) error {
		if n > 40 && n < 60 {
			return errors.New("GET /runs: 502 Bad Gateway")
		}
		return nil
	}
	events, err := released(t, h, p)
	if err != nil {
		t.Fatal(err)
	}
	if count[Retrying](events) == 0 || count[Recovered](events) == 0 {
		t.Error("the outage was not said")
	}
	next := 2
	for _, e := range events {
		if r, ok := e.(Retrying); ok {
			if r.Attempt != next || !r.Outage() {
				t.Errorf("%s: attempt %d, want %d", r.What, r.Attempt, next)
			}
			next++
		}
	}
	if next < 4 {
		t.Errorf("the outage took %d attempts", next-1)
	}
	if h.count(CallRef) != 3 {
		t.Errorf("%d claims", h.count(CallRef))
	}
}

// passing is an error that is over at a time.
type passing struct{ until time.Time }

func (p passing) Error() string    { return "the limit is used up" }
func (p passing) Until() time.Time { return p.until }

// A limit is waited out and said once, however long it takes, and nothing is asked
// meanwhile but whether it is over.
func TestLimitIsWaitedOut(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	var until time.Time
	asked := 0
	h.broken = func(n int) error {
		if n == 40 {
			until = h.now.Add(7 * time.Minute)
		}
		if n < 40 || !h.now.Before(until) {
			return nil
		}
		asked++
		return fmt.Errorf("GET /runs: %w", passing{until})
	}
	events, err := released(t, h, p)
	if err != nil {
		t.Fatal(err)
	}
	if n := count[Retrying](events); n != 1 || count[Recovered](events) != 1 || asked > 3*8 {
		t.Errorf("said %d times, and %d times over; asked %d times", n, count[Recovered](events), asked)
	}
	for _, ev := range events {
		if r, ok := ev.(Retrying); ok && r.Wait != 7*time.Minute {
			t.Errorf("said to wait %s", r.Wait)
		}
	}
}

// When reads never work again the watch ends, saying that the release goes on.
func TestOutageWithoutEnd(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.broken = func(n int) error {
		if n > 40 {
			return errors.New("GET /runs: 502 Bad Gateway")
		}
		return nil
	}
	events, err := released(t, h, p)
	if KindOf(err) != KindLeft || !strings.Contains(HintOf(err), "twokey attach 2.11.6") {
		t.Fatalf("error %v, hint %q", err, HintOf(err))
	}
	if f := last(t, events); f.Outcome != Left {
		t.Errorf("finished as %+v", f)
	}
}

// A token that expires ends the watch as an authentication problem.
func TestTokenExpires(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.broken = func(n int) error {
		if n > 40 {
			return ErrUnauthorized
		}
		return nil
	}
	if _, err := released(t, h, p); KindOf(err) != KindAuth {
		t.Fatalf("error %v", err)
	}
}

// A gate is announced once, waited for, and its answer told.
func TestApproval(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	pypi := text.Clean("pypi")
	var e *Engine
	h.gates = []Gate{{EnvironmentID: 3, Environment: pypi, CanApprove: true}}
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := simpleRun(w, after, ConclusionSuccess)
		if w == "pypi.yml" && ok && len(h.gates) > 0 {
			r.Status, r.Conclusion = StatusWaiting, ""
			jobs[0].Status, jobs[0].Conclusion = StatusWaiting, ""
		}
		return r, jobs, ok
	}
	naps := 0
	h.onSleep = func(h *hub) {
		if naps++; naps == 60 {
			go func() {
				if err := e.Review(context.Background(), "package", runID("pypi.yml"), []Gate{{EnvironmentID: 3, Environment: pypi}}, "approved", "go"); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
	if n := count[ApprovalNeeded](*seen); n != 1 {
		t.Errorf("the gate was announced %d times", n)
	}
	i := slices.IndexFunc(*seen, func(ev Event) bool { _, ok := ev.(Approved); return ok })
	if i < 0 || (*seen)[i].(Approved).Approval.By != text.Clean("mara") {
		t.Error("who approved was not told")
	}
	if h.count(CallReview) != 1 {
		t.Errorf("%d reviews were sent", h.count(CallReview))
	}
}

// Nothing approves by itself.
func TestNoApprovalByItself(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.gates = []Gate{{EnvironmentID: 3, Environment: text.Clean("pypi"), CanApprove: true}}
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := simpleRun(w, min(after, 30*time.Second), "")
		if ok {
			r.Status = StatusWaiting
		}
		return r, jobs, ok
	}
	ctx, cancel := context.WithCancel(context.Background())
	begin := h.now
	h.onSleep = func(h *hub) {
		if h.now.Sub(begin) > 24*time.Hour {
			cancel()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(ctx, p, false); KindOf(err) != KindLeft {
		t.Fatal(err)
	}
	if h.count(CallReview) != 0 || count[Approved](*seen) != 0 {
		t.Error("a gate was answered")
	}
}
