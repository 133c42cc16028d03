package release

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// checked judges a plan over the hub and gives the findings with the IDs of the
// checks that were announced.
func checked(t *testing.T, p Plan) (findings []checks.Finding, v checks.Verdict, started []string) {
	t.Helper()
	e, seen := engineOn(newHub(t, p))
	findings, v, err := e.Check(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	var done []checks.Finding
	for _, ev := range *seen {
		switch ev := ev.(type) {
		case CheckStarted:
			started = append(started, ev.ID)
		case CheckDone:
			done = append(done, ev.Finding)
		case Judged:
			if ev.Verdict != v {
				t.Errorf("told %+v, gave %+v", ev.Verdict, v)
			}
		}
	}
	if !reflect.DeepEqual(done, findings) {
		t.Errorf("told\n%+v\ngave\n%+v", done, findings)
	}
	return findings, v, started
}

// The project's own checks are findings among the others: what is due before the
// release, in the plan's order, and nothing that is due after it.
func TestCheckJudgesOwnChecks(t *testing.T) {
	p := hubPlan(t)
	p.Checks = []checks.Own{
		{ID: "own.tell", Kind: checks.OwnManual, Name: "tell people", When: checks.After},
		{ID: "own.manual", Kind: checks.OwnManual, Name: "look", When: checks.Before},
		{ID: "own.file", Kind: checks.OwnFile, Name: "a", Contains: "b", When: checks.Before},
	}
	p.Waivers = []checks.Waiver{{Check: "branch.rule", Reason: text.Clean("later"), Until: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}}
	findings, v, started := checked(t, p)
	var want []string
	for _, c := range checks.All() {
		want = append(want, c.ID)
	}
	want = append(want, "own.manual", "own.file", "plan.waivers")
	if !slices.Equal(started, want) {
		t.Errorf("announced %q, want %q", started, want)
	}
	for i, f := range findings {
		if f.ID != want[i] {
			t.Errorf("finding %d is %s, want %s", i, f.ID, want[i])
		}
	}
	if v.Go {
		t.Error("a file that nobody read is a go")
	}
	outcomes := map[string]checks.Outcome{"own.manual": checks.Unknown, "own.file": checks.Unknown, "plan.waivers": checks.Warn}
	for _, f := range findings {
		if o, mine := outcomes[f.ID]; mine && (f.Outcome != o || f.Blocks() != (f.ID != "plan.waivers")) {
			t.Errorf("%s is %s, blocks: %v", f.ID, f.Outcome, f.Blocks())
		}
	}
}

// The hub reads the branches' heads and what is published, and nothing else:
// whatever it did not read is unknown.
func TestCheckOfWhatWasNotRead(t *testing.T) {
	findings, v, _ := checked(t, hubPlan(t))
	for _, f := range findings {
		want := checks.Unknown
		switch f.ID {
		case "ref.line":
			want = checks.Pass
		case "version.files": // the plan names none
			want = checks.NotApplicable
		}
		if f.Outcome != want {
			t.Errorf("%s is %s, want %s: %s", f.ID, f.Outcome, want, f.Summary)
		}
	}
	if v.Go || v.Pass != 1 {
		t.Errorf("verdict %+v", v)
	}
}

// A check that was cut short is no go, whatever was found before.
func TestCheckCutShort(t *testing.T) {
	p := hubPlan(t)
	e, seen := engineOn(newHub(t, p))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, v, err := e.Check(ctx, p)
	if err == nil || v.Go {
		t.Errorf("verdict %+v, error %v", v, err)
	}
	if n := count[Judged](*seen); n != 0 {
		t.Errorf("%d verdicts were told", n)
	}
}

// The release's own jobs are those of the runs that a watch of its started stages
// would take, at the released commit of its own repository, and no others.
func TestOwnJobs(t *testing.T) {
	p := hubPlan(t)
	st := p.Stages[0]
	h := newHub(t, p)
	at := h.now
	h.claimed(p, st, at)
	own := Run{ID: 70, Workflow: st.Workflows[0], Event: "push", SHA: p.SHA, Branch: text.Clean(st.Tag), Created: at}
	change := func(id int64, f func(*Run)) Run {
		r := own
		r.ID = id
		f(&r)
		return r
	}
	h.listed = []Run{own,
		change(71, func(r *Run) { r.Workflow = "test.yml" }),
		change(72, func(r *Run) { r.Event = "workflow_dispatch" }),
		change(73, func(r *Run) { r.Branch = text.Clean(p.Line) }),
		change(74, func(r *Run) { r.Created = at.Add(-time.Hour) }),
	}
	e, _ := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	h.jobs = map[int64][]Job{}
	for _, r := range h.listed {
		h.jobs[r.ID] = []Job{{ID: 10 * r.ID}, {ID: 10*r.ID + 1}}
	}
	jobs, ok := e.ownJobs(context.Background(), q).Get()
	if !ok || !slices.Equal(jobs, []int64{700, 701}) {
		t.Errorf("its own are %v, want 700 and 701 alone", jobs)
	}
	started := h.reads
	for n := range 2 { // the runs, then the jobs of one
		h.broken = func(k int) error {
			if k == started+n+1 {
				return ErrForbidden
			}
			return nil
		}
		h.reads = started
		if jobs, ok := e.ownJobs(context.Background(), q).Get(); ok {
			t.Errorf("what can not be read is %v", jobs)
		}
	}
	h.broken = nil
	e.started[st.Name] = false
	if jobs, _ := e.ownJobs(context.Background(), q).Get(); len(jobs) != 0 {
		t.Errorf("of what was not started %v are its own", jobs)
	}
}

// What a check says to do leads into the same world, and not from a rehearsal into
// the real one.
func TestRemediesLeadIntoTheSameWorld(t *testing.T) {
	p := hubPlan(t)
	for _, tt := range []struct{ command, want string }{
		{"", "`twokey attach 2.11.6`"},
		{"twokey rehearse --connect unix:/tmp/w", "`twokey rehearse --connect unix:/tmp/w attach 2.11.6`"},
	} {
		h := newHub(t, p)
		h.claimed(p, p.Stages[0], h.now)
		e, seen := engineOn(h)
		e.ports.Stream.Emit(Opened{Command: text.Clean(tt.command)})
		findings, _, err := e.Check(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(findings, func(f checks.Finding) bool { return f.ID == "tag.free" })
		if !strings.Contains(findings[i].Remedy, tt.want) {
			t.Errorf("the remedy is %q, want %s", findings[i].Remedy, tt.want)
		}
		for _, ev := range *seen {
			if done, ok := ev.(CheckDone); ok && done.Finding.ID == "tag.free" && done.Finding.Remedy != findings[i].Remedy {
				t.Errorf("it is told as %q", done.Finding.Remedy)
			}
		}
	}
}
