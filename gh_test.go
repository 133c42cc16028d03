package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"twokey/release"
	"twokey/release/rehearsal"
)

// ghRun is a run as gh tells it.
type ghRun struct {
	ID         int64     `json:"databaseId"`
	Name       string    `json:"name"`
	Event      string    `json:"event"`
	Branch     string    `json:"headBranch"`
	SHA        string    `json:"headSha"`
	Status     string    `json:"status"`
	Conclusion string    `json:"conclusion"`
	Created    time.Time `json:"createdAt"`
	Jobs       []struct {
		ID         int64     `json:"databaseId"`
		Name       string    `json:"name"`
		Status     string    `json:"status"`
		Conclusion string    `json:"conclusion"`
		Started    time.Time `json:"startedAt"`
		Completed  time.Time `json:"-"` // gh 2.23 gives all jobs the time of the last one
		Steps      []struct {
			Number     int    `json:"number"`
			Name       string `json:"name"`
			Status     string `json:"status"`
			Conclusion string `json:"conclusion"`
		} `json:"steps"`
	} `json:"jobs"`
}

// fields are what to ask gh for.
const (
	runFields  = "databaseId,name,event,headBranch,headSha,status,conclusion,createdAt"
	viewFields = runFields + ",jobs"
)

// lines writes a run in lines, for comparing.
func (r ghRun) lines() []string {
	all := []string{fmt.Sprintln("run", r.ID, r.Name, r.Event, r.Branch, r.SHA, r.Status, r.Conclusion)}
	for _, j := range r.Jobs {
		all = append(all, fmt.Sprintln("job", j.ID, j.Name, j.Status, j.Conclusion, j.Started, j.Completed))
		for _, s := range j.Steps {
			all = append(all, fmt.Sprintln("step", j.ID, s.Number, s.Name, s.Status, s.Conclusion))
		}
	}
	slices.Sort(all)
	return all
}

// ownLines writes what twokey knows of a run in the same lines.
func ownLines(r release.RunState) []string {
	all := []string{fmt.Sprintln("run", r.Run.ID, r.Run.Name, r.Run.Event, r.Run.Branch, r.Run.SHA, r.Run.Status, r.Run.Conclusion)}
	for _, j := range r.Jobs {
		all = append(all, fmt.Sprintln("job", j.Job.ID, j.Job.Name, j.Job.Status, j.Job.Conclusion, j.Job.Started, j.Job.Completed))
		for _, s := range j.Job.Steps {
			all = append(all, fmt.Sprintln("step", j.Job.ID, s.Number, s.Name, s.Status, s.Conclusion))
		}
	}
	slices.Sort(all)
	return all
}

// view is a run as gh shows it.
func (g *ghWorld) view(repo string, id int64) ghRun {
	g.t.Helper()
	run := strconv.FormatInt(id, 10)
	r := decoded[ghRun](g, "run", "view", run, "-R", repo, "--json", viewFields)
	times := decoded[struct {
		Jobs []struct {
			ID        int64     `json:"id"`
			Completed time.Time `json:"completed_at"`
		} `json:"jobs"`
	}](g, "api", "repos/"+repo+"/actions/runs/"+run+"/jobs?per_page=100")
	for i := range r.Jobs {
		for _, j := range times.Jobs {
			if j.ID == r.Jobs[i].ID {
				r.Jobs[i].Completed = j.Completed
			}
		}
	}
	return r
}

// agree holds what gh says of every run of a release against what twokey says: the
// runs themselves, their jobs, and the steps of these.
func (g *ghWorld) agree(s release.State) {
	g.t.Helper()
	runs := 0
	for _, st := range s.Stages {
		var listed, known []int64
		for _, file := range st.Stage.Workflows {
			for _, r := range decoded[[]ghRun](g, "run", "list", "-R", st.Stage.Repo.String(), "-w", file, "--json", runFields) {
				if r.SHA == st.Stage.SHA && r.Branch == st.Stage.Tag {
					listed = append(listed, r.ID)
				}
			}
		}
		for _, r := range st.Runs {
			runs++
			known = append(known, r.Run.ID)
			if a, b := g.view(st.Stage.Repo.String(), r.Run.ID).lines(), ownLines(r); !slices.Equal(a, b) {
				g.t.Errorf("gh says\n%stwokey says\n%s", strings.Join(a, ""), strings.Join(b, ""))
			}
		}
		slices.Sort(listed)
		slices.Sort(known)
		if !slices.Equal(listed, known) {
			g.t.Errorf("%s: gh lists the runs %v, twokey %v", st.Stage.Name, listed, known)
		}
	}
	if runs == 0 {
		g.t.Error("twokey knows no run: nothing was compared")
	}
}

// decoded is the JSON that gh prints.
func decoded[T any](g *ghWorld, args ...string) (v T) {
	g.t.Helper()
	if err := json.Unmarshal([]byte(g.want(args...)), &v); err != nil {
		g.t.Fatal(err)
	}
	return v
}

// runOf is the run of a workflow that twokey knows of.
func runOf(t *testing.T, s release.State, workflow string) release.RunState {
	t.Helper()
	for _, st := range s.Stages {
		for _, r := range st.Runs {
			if r.Run.Workflow == workflow {
				return r
			}
		}
	}
	t.Fatalf("no run of %s", workflow)
	return release.RunState{}
}

// gh follows a release in flight that twokey began, through its gate to its end.
func TestGHFollowsARelease(t *testing.T) {
	needsTime(t)
	g := openGH(t, rehearsal.Options{Speed: -1, Scenario: "approval"})
	begun, err := g.twokey(`"name":"Install build","status":"in_progress"`, "release", "2.11.6", "--yes", "--json")
	if release.KindOf(err) != release.KindLeft {
		t.Fatalf("it was not left in flight: %v", err)
	}
	g.agree(begun)

	waiting, err := g.twokey("", "attach", "--wait", "10m", "--json")
	if release.KindOf(err) != release.KindLeft {
		t.Fatalf("it does not wait for its gate: %v", err)
	}
	g.agree(waiting)
	run := runOf(t, waiting, "publish-pypi.yml")
	id := strconv.FormatInt(run.Run.ID, 10)
	if run.Run.Status != "waiting" || len(run.Gates) != 1 {
		t.Fatalf("the run is %s at %d gates", run.Run.Status, len(run.Gates))
	}
	g.want("api", "-X", "POST", "repos/{owner}/{repo}/actions/runs/"+id+"/pending_deployments",
		"-F", fmt.Sprintf("environment_ids[]=%d", run.Gates[0].EnvironmentID), "-f", "state=approved", "-f", "comment=by gh")
	out, code := g.watch(id)
	if code != 0 || strings.Count(out, "Refreshing run status") < 3 || !strings.Contains(out, "✓ Publish on PyPI in") {
		t.Errorf("gh run watch ends with %d:\n%s", code, out)
	}
	done, err := g.twokey("", "release", "2.11.6", "--yes", "--resume", "--json")
	if err != nil {
		t.Fatal(err)
	}
	g.agree(done)
	if out, code := g.watch(id); code != 0 || !strings.Contains(out, "has already completed with 'success'") {
		t.Errorf("gh run watch of a run that is over ends with %d: %s", code, out)
	}
	g.noGaps()
}

// gh tells of a failed job by its exit code, has its log, and follows the second
// attempt to a better end.
func TestGHFollowsAFailure(t *testing.T) {
	needsTime(t)
	g := openGH(t, rehearsal.Options{Speed: -1, Scenario: "failed-job"})
	begun, err := g.twokey(`"type":"run.found"`, "release", "2.11.6", "--yes", "--json")
	if release.KindOf(err) != release.KindLeft {
		t.Fatalf("it was not left in flight: %v", err)
	}
	id := strconv.FormatInt(runOf(t, begun, "publish-pypi.yml").Run.ID, 10)
	if out, code := g.watch(id); code != 1 || !strings.Contains(out, "X Publish on PyPI in") {
		t.Errorf("gh run watch ends with %d:\n%s", code, out)
	}
	failed, err := g.twokey("", "attach", "--json")
	if release.KindOf(err) != release.KindFailed {
		t.Fatalf("attach ends with %v", err)
	}
	g.agree(failed)
	g.sameLog(runOf(t, failed, "publish-pypi.yml"))

	g.want("run", "rerun", id, "--failed")
	if out, code := g.watch(id); code != 0 {
		t.Errorf("gh run watch of the second attempt ends with %d:\n%s", code, out)
	}
	again, err := g.twokey(`"type":"stage.done"`, "attach", "2.11.6", "--json")
	if err != nil && release.KindOf(err) != release.KindLeft {
		t.Fatal(err)
	}
	if run := runOf(t, again, "publish-pypi.yml"); run.Run.Attempt != 2 {
		t.Errorf("twokey sees attempt %d", run.Run.Attempt)
	}
	g.agree(again)
	g.noGaps()
}

// sameLog holds the log of a failed job as gh shows it against the one that twokey
// shows: whole, by job, and of its failed step alone.
func (g *ghWorld) sameLog(r release.RunState) {
	g.t.Helper()
	for _, j := range r.Jobs {
		if j.Log == nil || !j.Log.Failed {
			continue
		}
		id, run := strconv.FormatInt(j.Job.ID, 10), strconv.FormatInt(r.Run.ID, 10)
		whole := logLines(g.want("run", "view", run, "--log"), j.Job.Name.String())
		ofJob := logLines(g.want("run", "view", "--job", id, "--log"), j.Job.Name.String())
		failed := logLines(g.want("run", "view", run, "--log-failed"), j.Job.Name.String())
		var own []string
		for _, l := range j.Log.Lines {
			own = append(own, l.String())
		}
		switch {
		case len(own) == 0 || j.Log.Total != len(whole) || !slices.Equal(whole, ofJob):
			g.t.Errorf("twokey has %d lines of %d, gh %d and by job %d", len(own), j.Log.Total, len(whole), len(ofJob))
		case !slices.Equal(whole[j.Log.First-1:][:len(own)], own):
			g.t.Errorf("gh says\n%s\ntwokey says\n%s", strings.Join(whole, "\n"), strings.Join(own, "\n"))
		case len(failed) == 0 || len(failed) >= len(whole) || !strings.Contains(strings.Join(own, "\n"), strings.Join(failed, "\n")):
			g.t.Errorf("of the failed step gh says\n%s\ntwokey says\n%s", strings.Join(failed, "\n"), strings.Join(own, "\n"))
		}
		return
	}
	g.t.Error("no log of a failed job")
}

// logLines are the lines of a job in a log that gh printed, without its columns, the
// time, and the colours that GitHub gives scripts.
func logLines(log, job string) []string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(log, "\ufeff", "")) {
		cells := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		if len(cells) != 3 || cells[0] != job {
			continue
		}
		_, text, _ := strings.Cut(cells[2], " ")
		lines = append(lines, strings.NewReplacer("\x1b[36;1m", "", "\x1b[0m", "").Replace(text))
	}
	return lines
}

// What a release left behind is there for gh as it is for twokey.
func TestGHFindsWhatWasReleased(t *testing.T) {
	needsTime(t)
	g := openGH(t, rehearsal.Options{Speed: -1})
	done, err := g.twokey("", "release", "2.11.6", "--yes", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, st := range done.Stages {
		for _, r := range st.Runs {
			if st.Stage.Repo.String() == g.repo {
				ids = append(ids, strconv.FormatInt(r.Run.ID, 10))
			}
		}
	}
	pages := strings.Fields(g.want("api", "--paginate", "repos/{owner}/{repo}/actions/runs?per_page=1&event=push&branch="+done.Plan.Tag,
		"-q", ".workflow_runs[].id"))
	slices.Sort(ids)
	slices.Sort(pages)
	if len(ids) < 2 || !slices.Equal(pages, ids) {
		t.Errorf("page by page gh finds the runs %v, twokey %v", pages, ids)
	}
	if first, _, _ := strings.Cut(g.want("release", "list"), "\t"); first != done.Plan.Tag {
		t.Errorf("gh's newest release is %s", first)
	}
	byPage := strings.Fields(g.want("api", "graphql", "--paginate", "-q", ".data.repository.releases.nodes[].tagName", "-f", "query="+
		`query($endCursor: String) { repository(owner: "harbour", name: "harbour") {
			releases(first: 3, after: $endCursor, orderBy: {field: CREATED_AT, direction: DESC}) {
				nodes { tagName } pageInfo { hasNextPage endCursor } } } }`))
	listed := decoded[[]struct {
		Tag string `json:"tag_name"`
	}](g, "api", "repos/{owner}/{repo}/releases?per_page=100")
	if len(listed) < 4 || len(byPage) != len(listed) || byPage[0] != listed[0].Tag {
		t.Errorf("GitHub's one API has the releases %v, the other %v", listed, byPage)
	}
	g.sameAssets(done.Plan.Tag)
	g.listsWorkflows(done)
	g.noGaps()
}

// sameAssets downloads the files of a release: they are what their digests say.
func (g *ghWorld) sameAssets(tag string) {
	g.t.Helper()
	dir := g.t.TempDir()
	g.want("release", "download", tag, "-D", dir)
	names := strings.Fields(g.want("release", "view", tag, "--json", "assets", "-q", ".assets[].name"))
	assets := decoded[[]struct{ Name, Digest string }](g, "api", "repos/{owner}/{repo}/releases/tags/"+tag, "-q", ".assets")
	if len(names) != 2 || len(assets) != len(names) {
		g.t.Errorf("gh shows the files %v, GitHub has %v", names, assets)
	}
	for _, a := range assets {
		content, err := os.ReadFile(filepath.Join(dir, a.Name))
		if got := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); err != nil || got != a.Digest {
			g.t.Errorf("%s is %s, not %s: %v", a.Name, got, a.Digest, err)
		}
	}
}

// listsWorkflows finds the workflows of a release among those that gh lists.
func (g *ghWorld) listsWorkflows(s release.State) {
	g.t.Helper()
	list := g.want("workflow", "list")
	for _, r := range s.Stages[0].Runs {
		if !strings.Contains(list, r.Run.Name.String()+"\tactive\t") {
			g.t.Errorf("gh lists no %s:\n%s", r.Run.Name, list)
		}
		view := g.want("workflow", "view", r.Run.Workflow)
		if !strings.Contains(view, strconv.FormatInt(r.Run.ID, 10)) {
			g.t.Errorf("gh does not tell of run %d:\n%s", r.Run.ID, view)
		}
		if only := decoded[[]ghRun](g, "run", "list", "-w", r.Run.Workflow, "-b", s.Plan.Tag, "--json", runFields); len(only) != 1 || only[0].ID != r.Run.ID {
			g.t.Errorf("gh lists %v for %s", only, r.Run.Workflow)
		}
	}
	// There are no pull requests, and gh says so rather than that it failed.
	if _, errs, code := g.gh("pr", "checks", "1"); code != 1 || !strings.Contains(errs, "Could not resolve to a PullRequest with the number of 1") {
		g.t.Errorf("gh pr checks ends with %d: %s", code, errs)
	}
}

// noGaps wants every request to have met an endpoint.
func (g *ghWorld) noGaps() {
	g.t.Helper()
	for _, r := range g.world.Requests() {
		if r.Gap {
			g.t.Errorf("%s asked %s %s, which the world does not have", r.Agent, r.Method, r.Path)
		}
	}
}

// A run that gh starts by hand is there for gh to follow, as one that a tag starts.
func TestGHStartsARun(t *testing.T) {
	needsTime(t)
	g := openGH(t, quay(t))
	g.want("workflow", "run", "release.yml", "--ref", "main")
	runs := decoded[[]ghRun](g, "run", "list", "-w", "release.yml", "--json", runFields)
	if len(runs) != 1 || runs[0].Event != "workflow_dispatch" || runs[0].Branch != "main" || runs[0].Status != "queued" {
		t.Fatalf("gh lists %+v", runs)
	}
	facts := g.world.Facts().Runs
	if len(facts) != 1 || facts[0].Name != "release.yml" || facts[0].SHA != runs[0].SHA {
		t.Errorf("the world began %+v", facts)
	}
	id := strconv.FormatInt(runs[0].ID, 10)
	if out, code := g.watch(id); code != 0 || !strings.Contains(out, "✓ build (riscv64) in") {
		t.Errorf("gh run watch ends with %d:\n%s", code, out)
	}
	if _, errs, code := g.gh("workflow", "run", "release.yml", "--ref", "nowhere"); code != 1 || !strings.Contains(errs, "No ref found for: nowhere") {
		t.Errorf("on a branch that is not there it ends with %d: %s", code, errs)
	}
	if n := len(g.world.Facts().Runs); n != 1 {
		t.Errorf("%d runs began", n)
	}
	g.noGaps()
}
