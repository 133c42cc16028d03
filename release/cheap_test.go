package release

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"twokey/checks/text"
)

// tally is a hub that counts what is asked of it.
type tally struct {
	*hub
	mu  sync.Mutex
	n   map[string]int
	bad error // of annotations
}

func newTally(h *hub) *tally { return &tally{hub: h, n: map[string]int{}} }

func (c *tally) count(what string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[what]++
	c.n[strings.TrimSpace(fmt.Sprintln(append([]any{what}, args...)...))]++
}

func (c *tally) Runs(ctx context.Context, r Repo, sha string) ([]Run, error) {
	c.count("runs", r)
	return c.hub.Runs(ctx, r, sha)
}

func (c *tally) Jobs(ctx context.Context, r Repo, id int64) ([]Job, error) {
	c.count("jobs", id)
	return c.hub.Jobs(ctx, r, id)
}

func (c *tally) Log(ctx context.Context, r Repo, id int64, most int) (Log, error) {
	c.count("log", id)
	return c.hub.Log(ctx, r, id, most)
}

func (c *tally) Annotations(ctx context.Context, r Repo, id int64) ([]Annotation, error) {
	c.count("annotations", id)
	if c.bad != nil {
		return nil, c.bad
	}
	return c.hub.Annotations(ctx, r, id)
}

func (c *tally) Gates(ctx context.Context, r Repo, id int64) ([]Gate, error) {
	c.count("gates", id)
	return c.hub.Gates(ctx, r, id)
}

func (c *tally) Approvals(ctx context.Context, r Repo, id int64) ([]Approval, error) {
	c.count("approvals", id)
	return c.hub.Approvals(ctx, r, id)
}

func (c *tally) Claim(ctx context.Context, r Repo, ref string) (Claim, error) {
	c.count("claim", ref)
	return c.hub.Claim(ctx, r, ref)
}

// over is an engine over the tally.
func (c *tally) over() (*Engine, *[]Event) {
	e, seen := engineOn(c.hub)
	e.ports.Forge = c
	return e, seen
}

// Stages of one commit share one list of runs; a run that goes on is asked for its
// jobs once a round, and one that is over is asked no more.
func TestRoundIsCheap(t *testing.T) {
	p := hubPlan(t)
	p.Stages[1].Repo, p.Stages[1].SHA = p.Repo, p.Stages[0].SHA
	h := newHub(t, p)
	for _, w := range []string{"pypi.yml", "github.yml"} {
		h.started[strings.Join([]string{p.Repo.String(), w, "push", p.Stages[0].Tag, p.Stages[0].SHA}, " ")] = h.now
	}
	c := newTally(h)
	e, _ := c.over()
	e.Emit(PlanReady{Plan: p})
	e.Emit(Triggered{Stage: "package"})
	e.Emit(Triggered{Stage: "deb"})
	w := newWatch(e, p, false, false)
	round := func(after time.Duration, want map[string]int) {
		t.Helper()
		c.n = map[string]int{}
		h.now = w.began.Add(after)
		w.now = h.now
		if err := w.poll(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{"runs", "jobs", "log", "gates", "approvals", "annotations"} {
			if c.n[what] != want[what] {
				t.Errorf("after %s: %d requests for %s, want %d (%v)", after, c.n[what], what, want[what], c.n)
			}
		}
	}
	round(0, map[string]int{"runs": 1})
	round(6*time.Second, map[string]int{"runs": 1, "jobs": 2}) // deb is awaited
	e.Emit(StageDone{Stage: "deb", Outcome: Done})
	round(10*time.Second, map[string]int{"runs": 1, "jobs": 2}) // they begin
	round(11*time.Second, map[string]int{"jobs": 2})            // nothing that the list would tell
	round(19*time.Second, map[string]int{"jobs": 2})
	round(20*time.Second, map[string]int{"runs": 1, "jobs": 2}) // it was not read for a while
	round(21*time.Second, map[string]int{"jobs": 2})
	round(61*time.Second, map[string]int{"runs": 1, "jobs": 2, "log": 2}) // they are over
	round(62*time.Second, map[string]int{"runs": 1})
}

// What only the list of runs tells is seen soon, however little the jobs tell: another
// run of the same workflow, and a new attempt of a run that was over.
func TestNothingIsMissedBetweenLists(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	again := false
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "github.yml" { // is over soon, and re-run while pypi.yml goes on
			r, jobs, ok := simpleRun(w, 2*after, ConclusionSuccess)
			if again {
				r.Attempt, r.Status, r.Conclusion = 2, "in_progress", ""
			}
			return r, jobs, ok
		}
		return simpleRun(w, min(after, 59*time.Second), ConclusionSuccess)
	}
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	e.Emit(Triggered{Stage: "package"})
	for _, w := range p.Stages[0].Workflows {
		h.started[strings.Join([]string{p.Repo.String(), w, "push", p.Stages[0].Tag, p.Stages[0].SHA}, " ")] = h.now
	}
	w := newWatch(e, p, false, false)
	second := Run{ID: 77, Number: 8, Attempt: 1, Workflow: "pypi.yml", Event: "push", SHA: p.SHA, Branch: text.Clean("harbour-2.11.6"), Status: "queued"}
	var seen, attempt time.Duration
	for after := time.Duration(0); after < 90*time.Second; after += time.Second {
		h.now = w.began.Add(after)
		w.now = h.now
		if after == 41*time.Second {
			again = true
			second.Created = h.now
			h.listed = append(h.listed, second)
		}
		if err := w.poll(context.Background()); err != nil {
			t.Fatal(err)
		}
		st := w.snapshot()[0]
		if seen == 0 && st.known(77) != nil {
			seen = after
		}
		if r := st.known(runID("github.yml")); attempt == 0 && r != nil && r.Run.Attempt == 2 {
			attempt = after
		}
	}
	for what, at := range map[string]time.Duration{"another run": seen, "a new attempt": attempt} {
		if at == 0 || at > 41*time.Second+listPause {
			t.Errorf("%s appeared after 41s, and was seen after %s", what, at)
		}
	}
}

// Of each job that is over the log is read once, and of each that failed the
// annotations; of none that goes on, was skipped or succeeded.
func TestJobEndsAreReadOnce(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	bad := runID("pypi.yml") * 10
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := simpleRun(w, after, ConclusionSuccess)
		if w == "pypi.yml" {
			r, jobs, ok = simpleRun(w, after, "failure")
			skipped := Job{ID: bad + 1, RunID: r.ID, Attempt: 1, Status: StatusCompleted, Conclusion: ConclusionSkipped}
			never := Job{ID: bad + 2, RunID: r.ID, Attempt: 1, Status: StatusCompleted, Conclusion: "failure"}
			billed := Job{ID: bad + 3, RunID: r.ID, Attempt: 1, Status: StatusCompleted, Conclusion: "failure"}
			jobs = append(jobs, skipped, never, billed)
		}
		return r, jobs, ok
	}
	good := runID("github.yml") * 10
	for _, id := range []int64{bad, good} {
		h.logs[id] = Log{Lines: text.CleanAll([]string{"the end"}), Total: 1}
	}
	note := func(level, message string) Annotation { return Annotation{Level: level, Message: text.Clean(message)} }
	h.annotations = map[int64][]Annotation{
		bad:     {note("notice", "n"), note("warning", "w"), note("failure", "exit code 1")},
		bad + 3: {note("failure", "payments have failed")},
	}
	c := newTally(h)
	e, seen := c.over()
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); KindOf(err) != KindFailed {
		t.Fatal(err)
	}
	for what, want := range map[string]int{"log": 2, "annotations": 3,
		fmt.Sprint("log ", bad): 1, fmt.Sprint("log ", good): 1, fmt.Sprint("annotations ", bad): 1,
		fmt.Sprint("annotations ", bad+2): 1, fmt.Sprint("annotations ", bad+3): 1} {
		if c.n[what] != want {
			t.Errorf("%d requests for %s, want %d", c.n[what], what, want)
		}
	}
	said := map[int64]string{}
	for _, ev := range *seen {
		if l, ok := ev.(LogChunk); ok {
			for _, a := range l.Annotations {
				said[l.JobID] += a.Level + " " + a.Message.String() + "; "
			}
			if l.JobID == bad+3 && (!l.Missing.IsZero() || len(l.Lines) != 0 || !l.Failed) {
				t.Errorf("of the job that never ran: %+v", l)
			}
			if l.JobID == bad+2 {
				t.Error("a job that never ran and has no annotation has an end")
			}
		}
	}
	if said[bad] != "failure exit code 1; warning w; notice n; " || said[bad+3] != "failure payments have failed; " || len(said) != 2 {
		t.Errorf("annotated: %v", said)
	}
}

// A token that may not see annotations is told of once, is not tried again, and the
// release ends as it would without.
func TestAnnotationsRefusedOnce(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := simpleRun(w, after, "failure")
		if w == "github.yml" && after < 2*time.Minute { // fails later than the other
			r.Status, jobs = "in_progress", nil
		}
		return r, jobs, ok
	}
	c := newTally(h)
	c.bad = fmt.Errorf("the annotations of job 1: %w", ErrForbidden)
	e, seen := c.over()
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); KindOf(err) != KindFailed {
		t.Fatal(err)
	}
	notes := 0
	for _, ev := range *seen {
		if n, ok := ev.(Noted); ok && strings.Contains(n.Text.String(), "annotated with can not be seen") {
			notes++
		}
	}
	if c.n["annotations"] != 1 || notes != 1 {
		t.Errorf("%d requests and %d notes, want one of each", c.n["annotations"], notes)
	}
}

// A log that takes its time is not asked for in every round.
func TestLogIsNotPressedFor(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	begin := h.now
	script := h.script
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		r, jobs, ok := script(w, after)
		for i := range jobs {
			jobs[i].Completed = begin.Add(time.Minute)
		}
		return r, jobs, ok
	}
	c := newTally(h)
	e, seen := c.over()
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
	if n := c.n[fmt.Sprint("log ", runID("pypi.yml")*10)]; n < 3 || n > 7 {
		t.Errorf("it was asked for %d times within %s", n, logPatience)
	}
	if n := count[LogChunk](*seen); n != 4 {
		t.Errorf("%d logs were told, want 4", n)
	}
}

// Claims of stages that nobody has started are looked for at leisure: a ref that is
// not there costs a request each time.
func TestClaimsAreNotPressedFor(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.start(p.Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
	h.claimed(p, p.Stages[0], h.now)
	c := newTally(h)
	e, _ := c.over()
	e.ports.Actor = nil
	e.Emit(PlanReady{Plan: p})
	if err := e.Attach(context.Background(), p); KindOf(err) != KindLeft {
		t.Fatal(err)
	}
	ref := p.Stages[1].ClaimRef(p.Version)
	if n := c.n["claim "+ref]; n < 8 || n > 16 {
		t.Errorf("in %s it was looked for %d times", stagePatience, n)
	}
	if n := c.n["claim "+p.Stages[0].ClaimRef(p.Version)]; n != 1 {
		t.Errorf("a claim that is there was looked for %d times", n)
	}
}

// What a person does ends the pause, and so it does when it comes in the middle of a
// round, before the pause.
func TestActsAreSeenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewEngine(Ports{Clock: SystemClock{}})
		begin := time.Now()
		e.poke()
		if poked, err := e.sleep(t.Context(), time.Hour); !poked || err != nil || time.Since(begin) != 0 {
			t.Errorf("slept %s, poked %v, %v", time.Since(begin), poked, err)
		}
		if poked, _ := e.sleep(t.Context(), time.Minute); poked || time.Since(begin) != time.Minute {
			t.Errorf("one act ended two pauses: %s", time.Since(begin))
		}
		go func() { time.Sleep(time.Second); e.poke() }()
		if poked, _ := e.sleep(t.Context(), time.Hour); !poked || time.Since(begin) != time.Minute+time.Second {
			t.Errorf("slept until %s", time.Since(begin))
		}
	})
}

// Little that is left is told once, and is left to others.
func TestBudgetIsShort(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, seen := engineOn(h)
	e.ports.Forge = poor{h}
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
	notes, logs := 0, 0
	for _, ev := range *seen {
		if n, ok := ev.(Noted); ok && strings.Contains(n.Text.String(), "400 of 5000 requests are left until") {
			notes++
		}
		if l, ok := ev.(LogChunk); ok && strings.Contains(l.Missing.String(), "few requests are left") {
			logs++
		}
	}
	if notes != 1 || logs != 4 {
		t.Errorf("it was said %d times, and %d logs were left out", notes, logs)
	}
}

// poor is a hub that says that few requests are left.
type poor struct{ *hub }

func (p poor) Budget() Budget {
	n := p.hub.Budget().Requests
	return Budget{Requests: n, Charged: n, Remaining: 400, Limit: 5000, Reset: p.hub.Now().Add(time.Hour).Truncate(time.Hour)}
}
