package rehearsal

import (
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// checkEndpoints are about commits as GitHub shows them, and what ran on them.
func checkEndpoints() map[string]endpoint {
	const repo = " /repos/{owner}/{repo}"
	return map[string]endpoint{
		"GET" + repo + "/commits/{ref...}":               (*exchange).commitOrChecks,
		"GET" + repo + "/check-runs/{check}":             (*exchange).checkRun,
		"GET" + repo + "/check-runs/{check}/annotations": (*exchange).annotations,
	}
}

// commitOrChecks answers for a commit, whose ref may have slashes, or for what ran
// on it.
func (x *exchange) commitOrChecks() (any, error) {
	rest := x.req.PathValue("ref")
	for suffix, e := range map[string]func(*exchange, plumbing.Hash) (any, error){
		"/check-runs": (*exchange).checkRuns, "/check-suites": (*exchange).checkSuites,
		"/status": (*exchange).combinedStatus, "/statuses": (*exchange).statuses,
	} {
		if ref, ok := strings.CutSuffix(rest, suffix); ok {
			h, err := x.commitAt(ref)
			if err != nil {
				return nil, err
			}
			return e(x, h)
		}
	}
	h, err := x.commitAt(rest)
	if err != nil {
		return nil, err
	}
	return x.repo.commitJSON(h)
}

// commitAt finds a commit for the endpoints that call any unknown name invalid.
func (x *exchange) commitAt(ref string) (plumbing.Hash, error) {
	h, err := x.repo.git.resolve(ref)
	if err != nil {
		return h, invalid("No commit found for SHA: " + ref)
	}
	return h, nil
}

// checkRuns lists the check runs of a commit: the jobs of its runs.
func (x *exchange) checkRuns(h plumbing.Hash) (any, error) {
	runs, err := x.world.runsOf(x.repo, h)
	if err != nil {
		return nil, err
	}
	var found []ranJob
	for _, j := range latestJobs(runs, x.now) {
		name, status := x.query("check_name"), x.query("status")
		if (name == "" || name == j.job.Name) && (status == "" || status == j.job.Status) {
			found = append(found, j)
		}
	}
	listed, err := list(page(x, found), func(j ranJob) (any, error) { return x.checkRunJSON(j), nil })
	return fields{"total_count": len(found), "check_runs": listed}, err
}

// checkRun is one check run, which has the ID of its job.
func (x *exchange) checkRun() (any, error) {
	run, j, err := x.findJob("check")
	if err != nil {
		return nil, err
	}
	return x.checkRunJSON(ranJob{run, j}), nil
}

// checkRunJSON is a job as a check run.
func (x *exchange) checkRunJSON(j ranJob) any {
	self := x.repo.api("/check-runs/%d", j.job.ID)
	page := x.repo.html("/actions/runs/%d/job/%d", j.run.ID, j.job.ID)
	started := j.job.Started
	if started.IsZero() {
		started = j.job.Created
	}
	return fields{"id": j.job.ID, "node_id": nodeID("CheckRun", j.job.ID), "head_sha": j.run.SHA,
		"external_id": strconv.FormatInt(j.job.ID, 10), "name": j.job.Name, "url": self,
		"html_url": page, "details_url": page, "status": j.job.Status,
		"conclusion": orNull(j.job.Conclusion), "started_at": stamp(started),
		"completed_at": stampOrNull(j.job.Completed), "pull_requests": []any{},
		"check_suite": fields{"id": suiteID(j.run)}, "app": actionsApp(),
		"output": fields{"title": nil, "summary": nil, "text": nil,
			"annotations_count": len(annotationsOf(j.job)), "annotations_url": self + "/annotations"}}
}

// actionsAppID is the number of the app that actionsApp is.
const actionsAppID = 15368

// actionsApp is GitHub's own app, which makes the check runs of Actions.
func actionsApp() fields {
	return fields{"id": actionsAppID, "slug": "github-actions", "node_id": nodeID("App", actionsAppID),
		"name": "GitHub Actions", "owner": userJSON("github", "Organization"),
		"description": "Automate your workflow from idea to production",
		"client_id":   "rehearsal", "external_url": "https://help.github.com/en/actions",
		"html_url": "https://github.com/apps/github-actions", "created_at": "2018-07-30T09:30:17Z",
		"updated_at": "2025-03-07T16:35:00Z", "permissions": fields{"actions": "write", "checks": "write"},
		"events": []string{"push", "release", "workflow_dispatch"}}
}

// annotations lists what a check run says about places in the code.
func (x *exchange) annotations() (any, error) {
	run, j, err := x.findJob("check")
	if err != nil {
		return nil, err
	}
	return list(page(x, annotationsOf(j)), func(message string) (any, error) {
		return fields{"path": ".github", "start_line": 1, "end_line": 1, "start_column": nil,
			"end_column": nil, "annotation_level": "failure", "title": "", "message": message,
			"raw_details": "", "blob_href": x.repo.html("/blob/%s/.github", run.SHA)}, nil
	})
}

// annotationsOf are the annotations of a job: GitHub makes one when a step fails.
func annotationsOf(j jobView) []string {
	var all []string
	for _, s := range j.Steps {
		if s.Conclusion == "failure" {
			all = append(all, "Process completed with exit code 1.")
		}
	}
	return all
}

// checkSuites lists the check suites of a commit: its runs.
func (x *exchange) checkSuites(h plumbing.Hash) (any, error) {
	runs, err := x.world.runsOf(x.repo, h)
	if err != nil {
		return nil, err
	}
	c, err := x.repo.git.commit(h)
	if err != nil {
		return nil, err
	}
	listed, err := list(page(x, runs), func(run *simRun) (any, error) {
		view, id := run.at(x.now), suiteID(run)
		self := x.repo.api("/check-suites/%d", id)
		return fields{"id": id, "node_id": nodeID("CheckSuite", id), "head_branch": run.Branch,
			"head_sha": run.SHA, "status": view.Status, "conclusion": orNull(view.Conclusion), "url": self,
			"before": nil, "after": run.SHA, "created_at": stamp(run.Created), "updated_at": stamp(view.Updated),
			"app": actionsApp(), "repository": x.repo.minimalRepo(), "pull_requests": []any{},
			"head_commit": headCommit(c), "latest_check_runs_count": len(view.Jobs),
			"check_runs_url": self + "/check-runs"}, nil
	})
	return fields{"total_count": len(runs), "check_suites": listed}, err
}
