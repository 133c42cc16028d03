package release

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// released runs a whole release of the hub's plan.
func released(t *testing.T, h *hub, p Plan) ([]Event, error) {
	t.Helper()
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	return *seen, err
}

// last is the final event, which must be Finished.
func last(t *testing.T, events []Event) Finished {
	t.Helper()
	f, ok := events[len(events)-1].(Finished)
	if !ok {
		t.Fatalf("the last event is %T, not Finished", events[len(events)-1])
	}
	return f
}

func count[T Event](events []Event) (n int) {
	for _, e := range events {
		if _, ok := e.(T); ok {
			n++
		}
	}
	return n
}

func TestReleaseDone(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	events, err := released(t, h, p)
	if err != nil {
		t.Fatal(err)
	}
	f := last(t, events)
	if f.Outcome != Done || len(f.Stages) != 3 {
		t.Fatalf("finished as %+v", f)
	}
	for _, st := range f.Stages {
		for _, a := range st.Found {
			if !a.Found {
				t.Errorf("%s was not found", a.Artifact)
			}
		}
	}
	want := map[CallKind]int{CallTagObject: 3, CallRef: 3, CallRelease: 1, CallDispatch: 1}
	for k, n := range want {
		if got := h.count(k); got != n {
			t.Errorf("%d calls of %s, want %d", got, k, n)
		}
	}
	if got := len(h.calls); got != 8 {
		t.Errorf("%d calls in all, want 8: %v", got, h.calls)
	}
	for _, n := range []int{count[Claimed](events), count[Triggered](events), count[StageDone](events)} {
		if n != 3 {
			t.Errorf("claims, triggers, ends: %d of one, want 3", n)
		}
	}
}

// Stages that do not need each other run at the same time, and none starts
// before what it needs is done.
func TestStagesKeepTheirOrder(t *testing.T) {
	p := hubPlan(t)
	events, err := released(t, newHub(t, p), p)
	if err != nil {
		t.Fatal(err)
	}
	at := func(match func(Event) bool) int { return slices.IndexFunc(events, match) }
	triggered := func(stage string) int {
		return at(func(e Event) bool { ev, ok := e.(Triggered); return ok && ev.Stage == stage })
	}
	done := func(stage string) int {
		return at(func(e Event) bool { ev, ok := e.(StageDone); return ok && ev.Stage == stage })
	}
	for _, st := range []string{"deb", "images"} {
		if triggered(st) < done("package") {
			t.Errorf("%s was triggered before package was done", st)
		}
	}
	if triggered("images") > done("deb") || triggered("deb") > done("images") {
		t.Error("deb and images did not run side by side")
	}
}

// What is sent is exactly what was said to be sent.
func TestCallsAreWhatIsSent(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if _, _, err := e.Check(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	said := e.Calls(p)
	if len(h.calls) != 0 {
		t.Fatal("saying the calls sent some")
	}
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
	if len(said) != len(h.calls) {
		t.Fatalf("said %d calls, sent %d", len(said), len(h.calls))
	}
	for i := range said {
		got := h.calls[slices.IndexFunc(h.calls, func(c Call) bool {
			return c.Kind == said[i].Kind && c.Stage == said[i].Stage && c.Workflow == said[i].Workflow
		})]
		if said[i].Kind == CallRef { // its object exists only once the first call was answered
			got.SHA = said[i].SHA
		}
		if !reflect.DeepEqual(got, said[i]) {
			t.Errorf("said %+v\nsent %+v", said[i], got)
		}
	}
}

// The intent is on the stream, and so in the journal, before the first call that
// it holds is sent.
func TestIntentComesFirst(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, seen := engineOn(h)
	h.fault = func(when string, c Call) error {
		if when != "before" {
			return nil
		}
		if !slices.ContainsFunc(*seen, func(ev Event) bool {
			i, ok := ev.(Intended)
			return ok && i.Stage == c.Stage && slices.ContainsFunc(i.Calls, func(x Call) bool { return x.Kind == c.Kind })
		}) {
			t.Errorf("%s of %s was sent before it was intended", c.Kind, c.Stage)
		}
		return nil
	}
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
}

type brokenJournal struct{}

func (brokenJournal) Append(Stamped, bool) error { return errors.New("no space left") }

// journal that breaks after n events.
type shortJournal struct{ n int }

func (j *shortJournal) Append(Stamped, bool) error {
	if j.n--; j.n < 0 {
		return errors.New("no space left")
	}
	return nil
}

// A journal that can not keep the intent means that nothing is sent.
func TestNoJournalNoCall(t *testing.T) {
	for name, j := range map[string]Journal{"from the first event": brokenJournal{}, "at the intent": &shortJournal{n: 1}} {
		t.Run(name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			e, _ := engineOn(h)
			e.ports.OpenJournal = func(Plan) (Journal, error) { return j, nil }
			e.Emit(PlanReady{Plan: p})
			if err := e.Release(context.Background(), p, false); err == nil {
				t.Error("released without a journal")
			}
			if len(h.calls) != 0 {
				t.Errorf("sent %v", h.calls)
			}
		})
	}
}

// Whatever is lost, refused or taken while claiming: each call is sent at most
// once, and what runs is counted by the hub.
func TestTriggerFaults(t *testing.T) {
	someoneElse := func(h *hub, c Call) {
		h.claims[c.Repo.String()+" "+c.Ref] = Claim{Ref: c.Ref, SHA: strings.Repeat("d", 40), Object: "theirs",
			By: text.Clean("ines"), At: h.now}
	}
	tests := []struct {
		name    string
		fault   func(h *hub, when string, c Call) error
		prepare func(h *hub)
		want    Kind
		done    bool
		says    string
		calls   int // sent for the first stage
		started int // runs in all
	}{
		{name: "the tag object's answer is lost", calls: 1, says: "nothing was started",
			fault: at("after", CallTagObject, ErrLost)},
		{name: "the ref is refused", calls: 2, says: "nothing was started", want: KindFailed,
			fault: at("before", CallRef, ErrForbidden)},
		{name: "the ref's answer is lost and it was created", calls: 2, done: true, started: 4,
			fault: at("after", CallRef, ErrLost)},
		{name: "the ref's request is lost", calls: 2, says: "twokey attach 2.11.6",
			fault: at("before", CallRef, ErrLost)},
		{name: "somebody else is faster", calls: 2, says: "claimed by ines",
			fault: func(h *hub, when string, c Call) error {
				if when == "before" && c.Kind == CallRef {
					someoneElse(h, c)
				}
				return nil
			}},
		{name: "somebody else claimed it before", calls: 0, says: "claimed by ines",
			prepare: func(h *hub) {
				someoneElse(h, Call{Repo: Repo{Owner: "harbour", Name: "harbour"}, Ref: "refs/tags/harbour-2.11.6"})
			}},
		{name: "the branch moved", calls: 0, want: KindNoGo, says: "moved from the checked aaaaaaa",
			prepare: func(h *hub) {
				h.branches["harbour/harbour"] = Branch{Name: "dev-v2.11", SHA: strings.Repeat("e", 40)}
			}},
		{name: "the dispatch's answer is lost", calls: 2, done: true, started: 4,
			fault: at("after", CallDispatch, ErrLost)},
		{name: "the dispatch's request is lost", calls: 2, says: "no run of deb.yml appeared", started: 3,
			fault: at("before", CallDispatch, ErrLost)},
		{name: "the release's answer is lost", calls: 2, done: true, started: 4,
			fault: at("after", CallRelease, ErrLost)},
		{name: "the dispatch is refused", calls: 2, says: "claimed but not started", started: 3,
			fault: at("before", CallDispatch, ErrForbidden)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			if tt.prepare != nil {
				tt.prepare(h)
			}
			if tt.fault != nil {
				h.fault = func(when string, c Call) error { return tt.fault(h, when, c) }
			}
			events, err := released(t, h, p)
			if (err == nil) != tt.done {
				t.Fatalf("error %v, want done %v", err, tt.done)
			}
			if err != nil && !strings.Contains(err.Error()+" "+HintOf(err), tt.says) {
				t.Errorf("error %q, hint %q, do not say %q", err, HintOf(err), tt.says)
			}
			if err != nil && KindOf(err) != tt.want {
				t.Errorf("kind %v, want %v", KindOf(err), tt.want)
			}
			last(t, events)
			first := 0
			seen := map[string]int{}
			for _, c := range h.calls {
				if c.Stage == "package" {
					first++
				}
				seen[string(c.Kind)+c.Stage+c.Workflow]++
			}
			if first != tt.calls {
				t.Errorf("%d calls for the first stage, want %d", first, tt.calls)
			}
			for k, n := range seen {
				if n > 1 {
					t.Errorf("%s was sent %d times", k, n)
				}
			}
			if len(h.started) != tt.started {
				t.Errorf("%d runs started, want %d: %v", len(h.started), tt.started, h.started)
			}
		})
	}
}

func at(when string, k CallKind, err error) func(*hub, string, Call) error {
	return func(_ *hub, w string, c Call) error {
		if w == when && c.Kind == k {
			return err
		}
		return nil
	}
}

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
	st := StageState{Stage: p.Stages[0], Claim: &Claimed{At: claimed}}
	good := Run{ID: 5, Workflow: "pypi.yml", Event: "push", SHA: p.SHA, Branch: text.Clean(p.Tag), Created: claimed.Add(time.Second)}
	tests := []struct {
		name string
		edit func(*Run)
		want int
	}{
		{"ours", func(*Run) {}, 1},
		{"clocks apart", func(r *Run) { r.Created = claimed.Add(-30 * time.Second) }, 1},
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
	newer := good
	newer.ID = 9
	if got := ours(st, []Run{newer, good}); len(got) != 1 || got[0].ID != 9 {
		t.Errorf("of two runs of a workflow: %+v, want the newest", got)
	}
	dispatch := StageState{Stage: p.Stages[1], Trigger: &Triggered{RunID: 5}}
	r := Run{ID: 5, Workflow: "deb.yml", Event: "workflow_dispatch", SHA: p.Stages[1].SHA}
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
	if h.count(CallRef) != 3 {
		t.Errorf("%d claims", h.count(CallRef))
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

// An artifact that does not appear fails the release, and what is there is named.
func TestPartial(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	whole := h.publish
	h.publish = func(h *hub, w string) {
		if w != "image.yml" {
			whole(h, w)
		}
	}
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "image docker.io/harbour/base:2.11.6") {
		t.Fatalf("error %v", err)
	}
	f := last(t, events)
	found := 0
	for _, st := range f.Stages {
		for _, a := range st.Found {
			if a.Found {
				found++
			}
		}
	}
	if f.Outcome != Failed || found != 2 {
		t.Errorf("finished as %+v with %d artifacts found", f, found)
	}
}

// A mutable name that still holds the last release is not this release.
func TestMutableNameMustChange(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	deb := p.Stages[1].Artifacts[0]
	h.put(deb, "etag:old", h.now.Add(-240*time.Hour))
	whole := h.publish
	h.publish = func(h *hub, w string) {
		if w != "deb.yml" {
			whole(h, w)
		}
	}
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "deb https://deb.harbour.example/harbour_2.11.deb") {
		t.Fatalf("error %v", err)
	}
	i := slices.IndexFunc(events, func(e Event) bool { m, ok := e.(ArtifactMissing); return ok && m.Artifact.Kind == KindDeb })
	if i < 0 || !strings.Contains(events[i].(ArtifactMissing).Why.String(), "still holds what it held before") {
		t.Error("why it is missing was not told")
	}
}

func TestNotPublished(t *testing.T) {
	claimed := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	fixed, mutable := Artifact{Kind: KindPyPI, Name: "x"}, Artifact{Kind: KindDeb, Name: "x", Mutable: true}
	pub := func(digest string, at time.Time) (p checks.Published) {
		p.Exists, p.Digest, p.Updated = true, digest, at
		return p
	}
	none, was := baseDigest{}, func(digest string) baseDigest { return baseDigest{digest, true} }
	tests := []struct {
		name   string
		a      Artifact
		pub    checks.Published
		before baseDigest
		since  time.Time
		ok     bool
	}{
		{"absent", fixed, checks.Published{}, none, claimed, false},
		{"there", fixed, pub("", time.Time{}), none, claimed, true},
		{"mutable, other digest", mutable, pub("b", time.Time{}), was("a"), claimed, true},
		{"mutable, same digest", mutable, pub("a", claimed.Add(time.Hour)), was("a"), claimed, false},
		{"mutable, was not there", mutable, pub("b", time.Time{}), was(""), claimed, true},
		{"mutable, was not there and is not", mutable, checks.Published{}, was(""), claimed, false},
		{"mutable, digest no longer told", mutable, pub("", claimed.Add(time.Hour)), was("a"), claimed, true},
		{"mutable, newer", mutable, pub("", claimed.Add(time.Hour)), none, claimed, true},
		{"mutable, older", mutable, pub("", claimed.Add(-time.Hour)), none, claimed, false},
		{"mutable, nothing to tell by", mutable, pub("b", time.Time{}), none, claimed, false},
		{"mutable, no claim time", mutable, pub("", claimed), none, time.Time{}, false},
	}
	for _, tt := range tests {
		if why := notPublished(tt.a, tt.pub, tt.before, tt.since); why.IsZero() != tt.ok {
			t.Errorf("%s: %q", tt.name, why)
		}
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
