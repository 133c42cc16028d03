package rehearsal

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// actionsEndpoints are about workflows, runs and jobs.
func actionsEndpoints() map[string]endpoint {
	const actions = " /repos/{owner}/{repo}/actions"
	return map[string]endpoint{
		"GET" + actions + "/workflows":                          (*exchange).workflows,
		"GET" + actions + "/workflows/{workflow}":               (*exchange).workflow,
		"GET" + actions + "/workflows/{workflow}/runs":          (*exchange).workflowRuns,
		"GET" + actions + "/runs":                               (*exchange).listRuns,
		"GET" + actions + "/runs/{run}":                         (*exchange).getRun,
		"GET" + actions + "/runs/{run}/attempts/{attempt}":      (*exchange).getRun,
		"GET" + actions + "/runs/{run}/jobs":                    (*exchange).jobs,
		"GET" + actions + "/runs/{run}/attempts/{attempt}/jobs": (*exchange).jobs,
		"GET" + actions + "/jobs/{job}":                         (*exchange).job,
		"GET" + actions + "/jobs/{job}/logs":                    (*exchange).jobLog,
		"POST" + actions + "/workflows/{workflow}/dispatches":   (*exchange).dispatch,
		"POST" + actions + "/runs/{run}/rerun":                  (*exchange).rerunAll,
		"POST" + actions + "/runs/{run}/rerun-failed-jobs":      (*exchange).rerunFailed,
		"POST" + actions + "/runs/{run}/cancel":                 (*exchange).cancel,
	}
}

// workflowFile is a workflow that GitHub knows of.
type workflowFile struct {
	id   int64
	path string
	at   plumbing.Hash // the head of the branch where it was found
}

// workflowFiles are the workflows of the default branch and of the release lines,
// by name. GitHub knows those of other branches once they ran.
func (r *repository) workflowFiles() ([]workflowFile, error) {
	var all []workflowFile
	seen := map[string]bool{}
	for _, h := range r.lineHeads() {
		paths, err := r.git.workflows(h)
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			if !seen[p] {
				seen[p] = true
				all = append(all, workflowFile{id: r.workflowID(path.Base(p)), path: p, at: h})
			}
		}
	}
	return all, nil
}

// lineHeads are the heads of the default branch and of the release lines.
func (r *repository) lineHeads() []plumbing.Hash {
	heads := []plumbing.Hash{r.git.refs["refs/heads/"+r.git.head]}
	for _, b := range r.git.branches() {
		if b.name != r.git.head && r.protected(b.name) {
			heads = append(heads, b.hash)
		}
	}
	return heads
}

// workflowID is the ID of a workflow, by the name of its file.
func (r *repository) workflowID(file string) int64 { return idOf("workflow", r.name, file) }

// workflows lists the workflows.
func (x *exchange) workflows() (any, error) {
	all, err := x.repo.workflowFiles()
	if err != nil {
		return nil, err
	}
	listed, err := list(page(x, all), x.workflowJSON)
	return fields{"total_count": len(all), "workflows": listed}, err
}

// findWorkflow finds the path's workflow, by its ID or its file's name.
func (x *exchange) findWorkflow() (workflowFile, error) {
	want := x.req.PathValue("workflow")
	all, err := x.repo.workflowFiles()
	if err != nil {
		return workflowFile{}, err
	}
	for _, f := range all {
		if strconv.FormatInt(f.id, 10) == want || path.Base(f.path) == want {
			return f, nil
		}
	}
	return workflowFile{}, notFound()
}

// workflow is one workflow.
func (x *exchange) workflow() (any, error) {
	f, err := x.findWorkflow()
	if err != nil {
		return nil, err
	}
	return x.workflowJSON(f)
}

// workflowJSON is a workflow. Its name is the one that its file gives it.
func (x *exchange) workflowJSON(f workflowFile) (any, error) {
	content, err := x.repo.git.read(f.at, f.path)
	if err != nil {
		return nil, err
	}
	name := f.path
	if wf, err := parseWorkflow(content); err == nil && wf.Name != nil && wf.Name.Value != "" {
		name = wf.Name.Value
	}
	base := path.Base(f.path)
	return fields{"id": f.id, "node_id": nodeID("Workflow", f.id), "name": name, "path": f.path,
		"state": "active", "created_at": "2024-01-01T08:00:00.000Z", "updated_at": "2024-01-01T08:00:00.000Z",
		"url":       x.repo.api("/actions/workflows/%d", f.id),
		"html_url":  x.repo.html("/blob/%s/%s", x.repo.git.head, f.path),
		"badge_url": x.repo.html("/workflows/%s/badge.svg", base)}, nil
}

// listRuns lists the runs of the repository.
func (x *exchange) listRuns() (any, error) { return x.runList("") }

// workflowRuns lists the runs of one workflow.
func (x *exchange) workflowRuns() (any, error) {
	f, err := x.findWorkflow()
	if err != nil {
		return nil, err
	}
	return x.runList(path.Base(f.path))
}

// runList lists the runs that the query asks for.
func (x *exchange) runList(workflow string) (any, error) {
	all, err := x.askedRuns()
	if err != nil {
		return nil, err
	}
	var found []*simRun
	for _, run := range all {
		if (workflow == "" || run.Workflow == workflow) && x.wants(run) {
			found = append(found, run)
		}
	}
	listed, err := list(page(x, found), func(run *simRun) (any, error) { return x.runJSON(run, 0) })
	return fields{"total_count": len(found), "workflow_runs": listed}, err
}

// askedRuns are the runs among which the query chooses.
func (x *exchange) askedRuns() ([]*simRun, error) {
	if sha := x.query("head_sha"); sha != "" {
		if !plumbing.IsHash(sha) {
			return nil, nil
		}
		return x.world.runsOf(x.repo, plumbing.NewHash(sha))
	}
	branch := x.query("branch")
	if branch == "" {
		branch = x.repo.git.head
	}
	if h, ok := x.repo.git.branch(branch); ok {
		if _, err := x.world.past(x.repo, h); err != nil {
			return nil, err
		}
	}
	return x.repo.known(), nil
}

// wants tells whether the query asks for a run. Its status may be a status or a
// conclusion. Runs of the future are not there yet.
func (x *exchange) wants(run *simRun) bool {
	view := run.at(x.now)
	for name, value := range map[string]string{"event": run.Event, "branch": run.Branch, "actor": run.Actor} {
		if want := x.query(name); want != "" && want != value {
			return false
		}
	}
	if want := x.query("created"); want != "" && !createdMatches(want, stamp(run.Created)) {
		return false
	}
	want := x.query("status")
	return !run.Created.After(x.now) && (want == "" || want == view.Status || want == view.Conclusion)
}

// createdMatches applies a date filter: a time or day, or >=, <=, > or < of one, or
// a range with two dots. Times in GitHub's form compare as text.
func createdMatches(filter, created string) bool {
	if from, to, ok := strings.Cut(filter, ".."); ok {
		return (from == "*" || created >= from) && (to == "*" || created[:min(len(created), len(to))] <= to)
	}
	for _, op := range []string{">=", "<=", ">", "<"} {
		bound, ok := strings.CutPrefix(filter, op)
		if !ok {
			continue
		}
		at := created[:min(len(created), len(bound))]
		switch op {
		case ">=":
			return at >= bound
		case "<=":
			return at <= bound
		case ">":
			return at > bound
		default:
			return at < bound
		}
	}
	return strings.HasPrefix(created, filter)
}

// findRun finds the path's run.
func (x *exchange) findRun() (*simRun, error) {
	id, err := strconv.ParseInt(x.req.PathValue("run"), 10, 64)
	if err != nil {
		return nil, notFound()
	}
	if run := x.repo.run(id); run != nil {
		return run, nil
	}
	return nil, notFound()
}

// findAttempt is the path's attempt of a run; 0, the latest, when it names none.
func (x *exchange) findAttempt(run *simRun) (int, error) {
	given := x.req.PathValue("attempt")
	if given == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || n > len(run.Attempts) {
		return 0, notFound()
	}
	return n, nil
}

// getRun is one run, or an attempt of it.
func (x *exchange) getRun() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	attempt, err := x.findAttempt(run)
	if err != nil {
		return nil, err
	}
	return x.runJSON(run, attempt)
}

// runJSON is a run as it is now.
func (x *exchange) runJSON(run *simRun, attempt int) (any, error) {
	view := run.attemptView(attempt, x.now)
	c, err := x.repo.git.commit(plumbing.NewHash(run.SHA))
	if err != nil {
		return nil, err
	}
	self := x.repo.api("/actions/runs/%d", run.ID)
	id, suite := x.repo.workflowID(run.Workflow), suiteID(run)
	triggering := run.Attempts[view.Attempt-1].Actor
	body := fields{"id": run.ID, "node_id": nodeID("WorkflowRun", run.ID), "name": run.Name,
		"display_title": run.Title, "run_number": run.Number, "run_attempt": view.Attempt,
		"event": run.Event, "status": view.Status, "conclusion": orNull(view.Conclusion),
		"head_branch": run.Branch, "head_sha": run.SHA, "path": ".github/workflows/" + run.Workflow,
		"workflow_id": id, "workflow_url": x.repo.api("/actions/workflows/%d", id),
		"check_suite_id": suite, "check_suite_node_id": nodeID("CheckSuite", suite),
		"check_suite_url": x.repo.api("/check-suites/%d", suite),
		"url":             self, "html_url": x.repo.html("/actions/runs/%d", run.ID),
		"created_at": stamp(run.Created), "updated_at": stamp(view.Updated), "run_started_at": stamp(view.Started),
		"actor": person(run.Actor), "triggering_actor": person(triggering),
		"head_commit": headCommit(c), "repository": x.repo.minimalRepo(), "head_repository": x.repo.minimalRepo(),
		"pull_requests": []any{}, "referenced_workflows": []any{}, "previous_attempt_url": nil}
	for _, name := range []string{"jobs", "logs", "artifacts", "cancel", "rerun"} {
		body[name+"_url"] = self + "/" + name
	}
	if view.Attempt > 1 {
		body["previous_attempt_url"] = fmt.Sprintf("%s/attempts/%d", self, view.Attempt-1)
	}
	return body, nil
}

// headCommit is a run's commit in short.
func headCommit(c *gitobj.Commit) fields {
	return fields{"id": c.Hash.String(), "tree_id": c.TreeHash.String(), "message": c.Message,
		"timestamp": stamp(c.Committer.When),
		"author":    fields{"name": c.Author.Name, "email": c.Author.Email},
		"committer": fields{"name": c.Committer.Name, "email": c.Committer.Email}}
}

// suiteID identifies the check suite of a run.
func suiteID(run *simRun) int64 { return 50_000_000_000 + idOf("suite", run.ID) }

// forbidden is GitHub's answer to what a run does not allow in its state.
func forbidden(message string) error {
	return &apiError{status: http.StatusForbidden, message: message}
}
