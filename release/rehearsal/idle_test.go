package rehearsal

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"twokey/checks/version"
	"twokey/release"
)

// small is a world of a project that is released as a plan says: its one workflow
// waits in no environment, unless job says otherwise.
func small(t *testing.T, scenario, stage, job string) (*World, release.Plan) {
	t.Helper()
	dir, repo, commit := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	commit(".github/workflows/go.yml", "name: Release\non: {push: {tags: ['v*']}, workflow_dispatch: {}}\njobs:\n  go:\n    runs-on: x\n"+
		job+"    steps: [{name: Publish, run: make}]\n")
	commit("twokey.yml", "version: 1\nproject: ships\nlines: main\ntag: v{version}\nstages:\n  - {name: all, workflows: [go.yml], "+stage+"}\n")
	w, err := New(Options{From: []Source{{Dir: dir}}, Scenario: scenario, Speed: -1})
	check(t, err)
	head, _ := w.repos[0].git.branch("main")
	v, err := version.Parse(version.SemVer, "2.0.0")
	check(t, err)
	p, err := w.planFor(*w.planAt(w.repos[0], head), edition{version: v, sha: head.String()}, "20260814")
	check(t, err)
	return w, p
}

// A scenario that has nothing to act on says so and why, and no other says anything.
func TestIdle(t *testing.T) {
	const tag, published, dispatch = "trigger: tag", "trigger: tag, publishes: [{pypi: ships}]", "trigger: dispatch"
	const environment, skipped = "    environment: pypi\n", "    if: false\n"
	elsewhere := func(p *release.Plan) { p.Stages[0].Repo.Name = "dock" }
	for _, tt := range []struct {
		scenario, stage, job string
		change               func(*release.Plan)
		want                 string
	}{
		{scenario: "approval", stage: tag, want: "no job that the release starts in harbour/ships names an environment"},
		{scenario: "approval", stage: dispatch, want: "names an environment"},
		{scenario: "approval", stage: tag, job: environment},
		{scenario: "approval", stage: dispatch, job: environment},
		{scenario: "approval", stage: tag, job: environment + skipped, want: "names an environment"},
		{scenario: "approval", stage: tag, job: environment, change: elsewhere, want: "names an environment"},
		{scenario: "partial", stage: tag, want: "the plan names no artifact"},
		{scenario: "partial", stage: published},
		{scenario: "failed-job", stage: tag},
		{scenario: "failed-job", stage: tag, job: skipped, want: "the release starts no job in harbour/ships"},
		{scenario: "no-run", stage: tag, change: elsewhere, want: "the release starts no job in harbour/ships"},
		{scenario: "tag-moved", stage: tag},
		{scenario: "tag-moved", stage: dispatch, want: "the release makes no tag in harbour/ships"},
		{scenario: "branch-moved", stage: dispatch},
		{scenario: "branch-moved", stage: tag, change: elsewhere, want: "the release claims nothing in harbour/ships"},
		{scenario: "two-maintainers", stage: dispatch},
		{scenario: "two-maintainers", stage: tag, change: elsewhere, want: "the release claims nothing in harbour/ships"},
	} {
		w, p := small(t, tt.scenario, tt.stage, tt.job)
		if tt.change != nil {
			tt.change(&p)
		}
		got := w.Idle(p)
		if tt.want == "" && got != "" || !strings.HasSuffix(got, tt.want) ||
			tt.want != "" && !strings.HasPrefix(got, "the scenario "+tt.scenario+" has nothing to act on here, and plays as clean: ") {
			t.Errorf("%s of %s, job %q: %q, want %q", tt.scenario, tt.stage, tt.job, got, tt.want)
		}
	}
	for _, s := range Scenarios() {
		switch s.Name {
		case "approval", "partial", "tag-moved":
		default: // the rest have something to act on wherever there is a release
			if w, p := small(t, s.Name, dispatch, ""); w.Idle(p) != "" {
				t.Errorf("%s: %q", s.Name, w.Idle(p))
			}
		}
	}
}

// Whoever connects to a served world is told the same.
func TestIdleServed(t *testing.T) {
	w, p := small(t, "partial", "trigger: tag", "")
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Listen(ctx, "unix:"+filepath.Join(t.TempDir(), "w"), w)
	check(t, err)
	defer func() { cancel(); _ = s.Wait() }()
	r, err := Dial(s.Addr())
	check(t, err)
	if got := r.Idle(p); got == "" || got != w.Idle(p) {
		t.Errorf("served, it says %q, and %q of itself", got, w.Idle(p))
	}
}

// Nothing to act on is nothing to say for the sample, which has one of each role.
func TestSampleIsNeverIdle(t *testing.T) {
	for _, s := range Scenarios() {
		w, err := New(Options{Scenario: s.Name, Speed: -1})
		check(t, err)
		r := w.repos[0]
		head, _ := r.git.branch("dev-v2.11")
		v, err := version.Parse(version.PEP440, "2.11.6")
		check(t, err)
		p, err := w.planFor(*w.planAt(r, head), edition{version: v, sha: head.String()}, "20260814")
		check(t, err)
		if got := w.Idle(p); got != "" {
			t.Errorf("%s: %s", s.Name, got)
		}
	}
}
