package github_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/version"
	"twokey/release"
	"twokey/release/github"
	"twokey/release/rehearsal"
)

// The rehearsal world answers as GitHub's own description says, and the client is
// the product's: what one does not understand of the other is a fault in either.

// newWorld makes a world and a client of it.
func newWorld(t *testing.T, scenario string) (*rehearsal.World, *github.Client) {
	t.Helper()
	return newWorldThatTells(t, scenario, nil)
}

// newWorldThatTells is newWorld, with what the client emits.
func newWorldThatTells(t *testing.T, scenario string, emit func(release.Event)) (*rehearsal.World, *github.Client) {
	t.Helper()
	w, err := rehearsal.New(rehearsal.Options{Scenario: scenario, Speed: -1})
	if err != nil {
		t.Fatal(err)
	}
	c, err := github.New(github.Options{Token: w.Token(), Transport: w.Transport(), Clock: w.Clock(), UserAgent: "twokey/test", Emit: emit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, r := range w.Requests() {
			if r.Gap {
				t.Errorf("the rehearsal has no %s %s", r.Method, r.Path)
			}
		}
	})
	return w, c
}

func TestWorldIsSurveyed(t *testing.T) {
	w, c := newWorld(t, "clean")
	ctx, repo := t.Context(), w.Repo()
	v, err := c.Viewer(ctx)
	if err != nil || v.Login.String() != w.Viewer() {
		t.Errorf("viewer is %+v, %v", v, err)
	}
	facts, err := c.Repository(ctx, repo)
	if err != nil || facts.DefaultBranch == "" || !facts.Push {
		t.Errorf("repository is %+v, %v", facts, err)
	}
	branches, err := c.Branches(ctx, repo)
	if err != nil || !slices.ContainsFunc(branches, func(b release.Branch) bool { return b.Name == facts.DefaultBranch }) {
		t.Fatalf("branches are %v, %v", branches, err)
	}
	for _, want := range branches {
		if got, err := c.Branch(ctx, repo, want.Name); err != nil || got != want {
			t.Errorf("branch is %+v, not %+v; %v", got, want, err)
		}
	}
	tags, err := c.Tags(ctx, repo, "")
	if err != nil || len(tags) == 0 {
		t.Fatalf("tags are %v, %v", tags, err)
	}
	for _, tag := range tags {
		claim, err := c.Claim(ctx, repo, "refs/tags/"+tag.Name)
		if err != nil || claim.SHA != tag.SHA {
			t.Errorf("tag %s leads to %s, and its ref to %+v; %v", tag.Name, tag.SHA, claim, err)
		}
	}
	head := branches[0].SHA
	if n, err := c.Ahead(ctx, repo, tags[0].SHA, head); err != nil || n < 0 {
		t.Errorf("ahead by %d, %v", n, err)
	}
	files, err := c.Workflows(ctx, repo, head)
	if err != nil || len(files) == 0 {
		t.Fatalf("workflows are %v, %v", files, err)
	}
	for _, f := range files {
		got, err := c.File(ctx, repo, head, ".github/workflows/"+f.File)
		if err != nil || string(got) != string(f.Content) {
			t.Errorf("%s read twice differs: %v", f.File, err)
		}
	}
	if _, err := c.Claim(ctx, repo, "refs/twokey/none/1"); !errors.Is(err, release.ErrNotFound) {
		t.Errorf("a claim that is not there: %v", err)
	}
	if _, err := c.File(ctx, repo, head, "no/such/file"); !errors.Is(err, release.ErrNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := c.Active(ctx, repo); err != nil {
		t.Errorf("active runs: %v", err)
	}
}

// line is a release line of the embedded sample, and tag a tag that its workflows
// start on and that is not there yet.
const (
	line = "dev-v2.11"
	tag  = "harbour-2.11.99"
)

// worldPlan is a plan of one stage on a line of the world.
func worldPlan(t *testing.T, w *rehearsal.World, c *github.Client) release.Plan {
	t.Helper()
	head, err := c.Branch(t.Context(), w.Repo(), line)
	if err != nil {
		t.Fatal(err)
	}
	return release.Plan{Repo: w.Repo(), Scheme: version.PEP440, Version: "2.11.99", Line: line, SHA: head.SHA, Tag: tag,
		Stages: []release.Stage{{Name: "package", Repo: w.Repo(), Trigger: release.TriggerTag, Branch: line, SHA: head.SHA,
			Tag: tag, Workflows: []string{"publish-pypi.yml"}}}}
}

// Every part of a snapshot can be read, whatever the world's rules are.
func TestWorldFillsASnapshot(t *testing.T) {
	w, c := newWorld(t, "clean")
	plan := worldPlan(t, w, c)
	snap := &checks.Snapshot{}
	parts := make(chan checks.Part, 2*len(checks.Parts()))
	if err := c.Fill(t.Context(), plan, snap, func(p checks.Part) { parts <- p }); err != nil {
		t.Fatal(err)
	}
	if len(parts) != len(checks.Parts())-2 { // what is published, and pages, are read elsewhere
		t.Errorf("%d parts were reported", len(parts))
	}
	st := snap.Stages[0]
	for name, m := range map[string]checks.Missing{
		"viewer": snap.Viewer.Missing(), "head": snap.Head.Missing(), "versions": snap.Versions.Missing(),
		"rules": snap.Rules.Missing(), "ci": snap.CI.Missing(), "repo": st.Repo.Missing(), "tag": st.Tag.Missing(),
		"release": st.Release.Missing(), "workflow": st.Workflows[0].Missing(), "environment": st.Environments[0].Missing(),
	} {
		if !m.Why.IsZero() {
			t.Errorf("%s: %s", name, m.Why)
		}
	}
	if names, _ := snap.Versions.Get(); len(names) == 0 {
		t.Error("no tag names a version")
	}
	if got, _ := st.Workflows[0].Get(); !got.Starts || got.State != "active" {
		t.Errorf("workflow is %+v", got)
	}
	if ci, _ := snap.CI.Get(); len(ci.Runs) == 0 {
		t.Error("CI ran nothing")
	}
}

// trigger pushes the tag of the plan: an annotated tag's object, and its ref.
func trigger(t *testing.T, c *github.Client, plan release.Plan) {
	t.Helper()
	a, err := c.Actor()
	if err != nil {
		t.Fatal(err)
	}
	object, err := a.Perform(t.Context(), release.Call{Kind: release.CallTagObject, Repo: plan.Repo, Ref: tag, SHA: plan.SHA, Message: "a claim"})
	if err != nil {
		t.Fatal(err)
	}
	ref := release.Call{Kind: release.CallRef, Repo: plan.Repo, Ref: "refs/tags/" + tag, SHA: object.SHA}
	if _, err := a.Perform(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Perform(t.Context(), ref); !errors.Is(err, release.ErrExists) {
		t.Errorf("a second claim: %v", err)
	}
	claim, err := c.Claim(t.Context(), plan.Repo, ref.Ref)
	if err != nil || claim.SHA != plan.SHA || claim.Object != object.SHA || claim.Message != "a claim" || claim.At.IsZero() {
		t.Errorf("claim is %+v, %v", claim, err)
	}
}

// watch follows the run of a workflow until stop says so.
func watch(t *testing.T, w *rehearsal.World, c *github.Client, plan release.Plan, stop func(release.Run) bool) release.Run {
	t.Helper()
	for range 500 {
		runs, err := c.Runs(t.Context(), plan.Repo, plan.SHA)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.Workflow == "publish-pypi.yml" && r.Branch.String() == tag && stop(r) {
				return r
			}
		}
		if err := w.Clock().Sleep(t.Context(), 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the run never got there")
	return release.Run{}
}

func TestWorldIsWatched(t *testing.T) {
	w, c := newWorld(t, "clean")
	plan := worldPlan(t, w, c)
	trigger(t, c, plan)
	repo := plan.Repo
	run := watch(t, w, c, plan, func(r release.Run) bool { return r.Status == "in_progress" })
	jobs, err := c.Jobs(t.Context(), repo, run.ID)
	if err != nil || len(jobs) == 0 {
		t.Fatalf("jobs are %v, %v", jobs, err)
	}
	for _, j := range jobs {
		if j.Status == release.StatusCompleted {
			continue
		}
		if _, err := c.Log(t.Context(), repo, j.ID, 5); !errors.Is(err, release.ErrNoLog) {
			t.Errorf("the log of a job that is %s: %v", j.Status, err)
		}
	}
	active, err := c.Active(t.Context(), repo)
	if err != nil || !slices.ContainsFunc(active, func(r release.Run) bool { return r.ID == run.ID }) {
		t.Errorf("active runs are %v, %v", active, err)
	}
	run = watch(t, w, c, plan, func(r release.Run) bool { return r.Status == release.StatusCompleted })
	if run.Conclusion != release.ConclusionSuccess {
		t.Errorf("the run ended with %s", run.Conclusion)
	}
	jobs, err = c.Jobs(t.Context(), repo, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if j.Conclusion == release.ConclusionSkipped {
			continue // never has one
		}
		l, err := c.Log(t.Context(), repo, j.ID, 5)
		if err != nil || l.Total == 0 || len(l.Lines) != min(l.Total, 5) {
			t.Errorf("log of %s: %+v, %v", j.Name, l, err)
		}
	}
	if b := c.Budget(); b.NotModified == 0 || b.Charged+b.NotModified != b.Requests || b.Remaining < 0 {
		t.Errorf("budget is %+v", b)
	}
}

func TestWorldWaitsForApproval(t *testing.T) {
	w, c := newWorld(t, "approval")
	plan := worldPlan(t, w, c)
	trigger(t, c, plan)
	run := watch(t, w, c, plan, func(r release.Run) bool { return r.Status == release.StatusWaiting })
	gates, err := c.Gates(t.Context(), plan.Repo, run.ID)
	if err != nil || len(gates) != 1 || len(gates[0].Reviewers) == 0 {
		t.Fatalf("gates are %+v, %v", gates, err)
	}
	if !gates[0].CanApprove {
		t.Fatal("the releaser may not approve in this world")
	}
	a, err := c.Actor()
	if err != nil {
		t.Fatal(err)
	}
	call := release.Call{Kind: release.CallReview, Repo: plan.Repo, RunID: run.ID, Environments: []int64{gates[0].EnvironmentID},
		State: "approved", Comment: "go"}
	if _, err := a.Perform(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	given, err := c.Approvals(t.Context(), plan.Repo, run.ID)
	if err != nil || len(given) != 1 || given[0].State != "approved" || given[0].By.String() != w.Viewer() {
		t.Errorf("approvals are %+v, %v", given, err)
	}
}

// In a world that fails now and then the client sees a release through to its end,
// and says when it has trouble and when that is over.
func TestWorldIsFlaky(t *testing.T) {
	var mu sync.Mutex
	told := map[string]int{}
	w, c := newWorldThatTells(t, "flaky", func(e release.Event) {
		mu.Lock()
		defer mu.Unlock()
		told[e.Type()]++
	})
	plan := worldPlan(t, w, c)
	trigger(t, c, plan)
	run := watch(t, w, c, plan, func(r release.Run) bool {
		if _, err := c.Jobs(t.Context(), plan.Repo, r.ID); err != nil {
			t.Error(err)
		}
		return r.Status == release.StatusCompleted
	})
	if run.Conclusion != release.ConclusionSuccess {
		t.Errorf("the run ended with %s", run.Conclusion)
	}
	if told["read.retrying"] == 0 || told["read.recovered"] == 0 || told["read.retrying"] < told["read.recovered"] {
		t.Errorf("the client told of %v", told)
	}
}

// The sample's people review each other, and its history costs few requests.
func TestWorldHasAHistory(t *testing.T) {
	w, c := newWorld(t, "clean")
	plan := worldPlan(t, w, c)
	snap := &checks.Snapshot{Subject: plan.Subject(), Taken: w.Clock().Now()}
	before := len(w.Requests())
	if err := c.Fill(t.Context(), plan, snap, func(checks.Part) {}); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range w.Requests()[before:] {
		if r.Path == "/graphql" {
			asked++
		}
	}
	if asked != 4 { // one for a hundred commits, one for what the plan names, one for new files, one for pins
		t.Errorf("the other API was asked %d times", asked)
	}
	h, ok := snap.History.Get()
	if !ok || h.Base.Name != "harbour-2.11.5" || h.Since == 0 || h.Cut || len(h.Releases) == 0 {
		t.Fatalf("history is %+v, %+v", h, snap.History.Missing())
	}
	for _, check := range checks.All() {
		if check.ID != "review.coverage" && check.ID != "gov.bus-factor" {
			continue
		}
		if f := checks.Run(check, snap); f.Outcome != checks.Pass {
			t.Errorf("%s: %s, %s %v", f.ID, f.Outcome, f.Summary, f.Evidence)
		}
	}
}
