package rehearsal

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// pass lets simulated time go by.
func (c client) pass(d time.Duration) {
	c.t.Helper()
	check(c.t, c.world.clock.Sleep(c.t.Context(), d))
}

// runs asks for the runs of a tag.
func (c client) runs(sha, tag string) got {
	c.t.Helper()
	return c.get(fmt.Sprintf("%s/actions/runs?head_sha=%s&event=push&branch=%s&per_page=100", c.repo(), sha, tag)).want(200)
}

// runID is the run of a workflow file among the runs of an answer.
func (g got) runID(file string) string {
	g.t.Helper()
	for _, r := range g.list("workflow_runs") {
		run := r.(map[string]any)
		if run["path"] == ".github/workflows/"+file {
			return plain(run["id"])
		}
	}
	g.t.Fatalf("no run of %s in %s", file, g.text)
	return ""
}

func TestHeadsHaveAPast(t *testing.T) {
	c := sample(t, "clean")
	sha := plain(c.get(c.repo()+"/git/ref/heads/dev-v2.11").at("object", "sha"))
	checks := c.get(c.repo() + "/commits/" + sha + "/check-runs?per_page=100").want(200)
	if len(checks.list("check_runs")) == 0 {
		t.Fatal("nothing ran on the head of the release line")
	}
	for _, conclusion := range strings.Fields(checks.each("conclusion", "check_runs")) {
		if conclusion != "success" && conclusion != "skipped" {
			t.Errorf("a check run is %s", conclusion)
		}
	}
	required := c.get(c.repo() + "/rules/branches/dev-v2.11").want(200)
	for _, r := range required.list() {
		rule := r.(map[string]any)
		if rule["type"] != "required_status_checks" {
			continue
		}
		for _, one := range rule["parameters"].(map[string]any)["required_status_checks"].([]any) {
			name := plain(one.(map[string]any)["context"])
			if !strings.Contains(checks.text, `"name":"`+name+`"`) {
				t.Errorf("the rules require %q, which did not run", name)
			}
		}
	}
	if n := len(c.world.Facts().Runs); n != 0 {
		t.Errorf("looking at the past began %d runs", n)
	}
}

func TestTagStartsItsWorkflows(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	runs := c.runs(sha, "harbour-2.11.6")
	if got := runs.each("event", "workflow_runs"); got != "push push" {
		t.Fatalf("events %q, want two pushes", got)
	}
	id := runs.runID("publish-pypi.yml")
	runs.runID("github-release.yml")
	if got := runs.each("head_branch", "workflow_runs") + " " + runs.each("head_sha", "workflow_runs"); got !=
		"harbour-2.11.6 harbour-2.11.6 "+sha+" "+sha {
		t.Errorf("the runs are of %q", got)
	}
	seen := ""
	for range 60 {
		run := c.get(c.repo() + "/actions/runs/" + id).want(200)
		if status := plain(run.at("status")); !strings.HasSuffix(seen, status) {
			seen += " " + status
		}
		if run.at("status") == "completed" && run.at("conclusion") != "success" {
			t.Fatalf("the run ended with %v", run.at("conclusion"))
		}
		c.pass(10 * time.Second)
	}
	if seen != " queued in_progress waiting in_progress completed" {
		t.Errorf("the run was%s", seen)
	}
	jobs := c.get(c.repo() + "/actions/runs/" + id + "/jobs?filter=latest").want(200)
	if len(jobs.list("jobs")) < 2 || len(jobs.list("jobs", 0, "steps")) < 2 {
		t.Errorf("the jobs are %s", jobs.text)
	}
	one := c.get(c.repo() + "/actions/jobs/" + plain(jobs.at("jobs", 0, "id"))).want(200)
	if one.at("name") != jobs.at("jobs", 0, "name") {
		t.Errorf("the job alone is %s", one.text)
	}
	if got := c.get(c.repo()+"/releases/tags/harbour-2.11.6").want(200).at("author", "login"); got != "github-actions[bot]" {
		t.Errorf("the release is by %v", got)
	}
}

func TestRunFilters(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	for query, want := range map[string]int{
		"branch=harbour-2.11.6":                           2,
		"branch=harbour-2.11.6&event=release":             0,
		"head_sha=" + sha + "&event=push&status=success":  1, // of the branch, long ago
		"head_sha=" + sha[:12]:                            0,
		"branch=harbour-2.11.6&actor=mara":                2,
		"branch=harbour-2.11.6&actor=ines":                0,
		"branch=harbour-2.11.6&created=>=2026-08-14":      2,
		"branch=harbour-2.11.6&created=<2026-08-14":       0,
		"branch=harbour-2.11.6&created=2026-08-01..*":     2,
		"branch=harbour-2.11.6&status=completed":          0,
		"status=queued&event=push&branch=harbour-2.11.6":  1,
		"status=waiting&event=push&branch=harbour-2.11.6": 1,
		"branch=harbour-2.11.6&per_page=1":                1,
		"branch=harbour-2.11.6&created=2026-08-14":        2,
		"branch=harbour-2.11.6&created=2020-01-01..2021":  0,
		"branch=harbour-2.11.6&created=>2026-08-14T08:00": 2,
	} {
		url := strings.NewReplacer(">", "%3E", "<", "%3C").Replace(c.repo() + "/actions/runs?" + query)
		if got := len(c.get(url).want(200).list("workflow_runs")); got != want {
			t.Errorf("%s: %d runs, want %d", query, got, want)
		}
	}
	if got := c.get(c.repo()+"/actions/workflows/publish-pypi.yml/runs?branch=harbour-2.11.6").each("head_branch", "workflow_runs"); got != "harbour-2.11.6" {
		t.Errorf("the workflow's runs are of %q", got)
	}
}

func TestLogIsOnAnotherHost(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	id := c.runs(sha, "harbour-2.11.6").runID("github-release.yml")
	job := func() got { return c.get(c.repo() + "/actions/runs/" + id + "/jobs").want(200) }
	for len(job().list("jobs")) == 0 {
		c.pass(time.Second)
	}
	logs := fmt.Sprintf("%s/actions/jobs/%s/logs", c.repo(), plain(job().at("jobs", 0, "id")))
	if g := c.get(logs).want(404); g.at("message") != "BlobNotFound" {
		t.Errorf("the log of a job that is not over: %s", g.text)
	}
	c.pass(10 * time.Minute)
	moved := c.get(logs).want(http.StatusFound)
	where := moved.header.Get("Location")
	if !strings.HasPrefix(where, "https://"+logHost+"/") || moved.text != "" {
		t.Fatalf("the log is at %q with body %q", where, moved.text)
	}
	text := c.get(where).want(200)
	if !strings.HasPrefix(text.header.Get("Content-Type"), "text/plain") || strings.Count(text.text, "\n") < 5 {
		t.Errorf("the log is %q", text.text)
	}
	c.get(where, "Authorization", "Bearer "+token).want(http.StatusBadRequest)
	c.get(strings.Replace(where, "signature=", "signature=0", 1)).want(http.StatusForbidden)
	c.get(strings.Replace(where, ".txt", "1.txt", 1)).want(http.StatusForbidden)
	c.send("GET", logs, nil, "Authorization", "").want(http.StatusForbidden)
	c.pass(logLife + time.Second)
	c.get(where).want(http.StatusForbidden)
}

func TestFailedJobIsRerun(t *testing.T) {
	c := sample(t, "failed-job")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	id := c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	run := c.repo() + "/actions/runs/" + id
	c.post(run+"/rerun-failed-jobs", nil).want(403)
	c.pass(time.Hour)
	if got := c.get(run).at("conclusion"); got != "failure" {
		t.Fatalf("the run ended with %v, want failure", got)
	}
	first := c.get(run + "/jobs")
	failed := ""
	for _, j := range first.list("jobs") {
		if job := j.(map[string]any); job["conclusion"] == "failure" {
			failed = plain(job["id"])
		}
	}
	if got := len(c.get(c.repo() + "/check-runs/" + failed + "/annotations").want(200).list()); got != 1 {
		t.Errorf("%d annotations on the failed job, want 1", got)
	}
	c.post(run+"/rerun-failed-jobs", nil).want(201)
	if got := plain(c.get(run).at("run_attempt")); got != "2" {
		t.Errorf("attempt %s, want 2", got)
	}
	c.post(run+"/rerun-failed-jobs", nil).want(403)
	c.pass(time.Hour)
	if got := c.get(run).at("conclusion"); got != "success" {
		t.Errorf("the second attempt ended with %v", got)
	}
	c.post(run+"/rerun-failed-jobs", nil).want(403)
	if got := c.get(run + "/attempts/1").want(200).at("conclusion"); got != "failure" {
		t.Errorf("the first attempt is now %v", got)
	}
	if got := c.get(run+"/attempts/1/jobs").want(200).each("id", "jobs"); got != first.each("id", "jobs") {
		t.Errorf("the first attempt's jobs are now %s", got)
	}
	if all, latest := c.get(run+"/jobs?filter=all&per_page=100"), c.get(run+"/jobs"); len(all.list("jobs")) <= len(latest.list("jobs")) {
		t.Errorf("%d jobs in all attempts, %d in the latest", len(all.list("jobs")), len(latest.list("jobs")))
	}
	c.get(run + "/attempts/3").want(404)
	c.post(run+"/cancel", nil).want(409)
}

func TestCancelEndpoint(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	c.pass(20 * time.Second)
	c.post(run+"/cancel", nil).want(202)
	c.pass(10 * time.Minute)
	if got := c.get(run).at("conclusion"); got != "cancelled" {
		t.Errorf("the run ended with %v", got)
	}
	c.get(c.repo() + "/actions/runs/1").want(404)
	c.get(c.repo() + "/actions/runs/x").want(404)
	c.get(c.repo() + "/actions/jobs/1").want(404)
}

func TestNoRunOfThePublishingWorkflow(t *testing.T) {
	c := sample(t, "no-run")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	c.pass(time.Hour)
	runs := c.runs(sha, "harbour-2.11.6")
	if got := runs.each("path", "workflow_runs"); got != ".github/workflows/github-release.yml" {
		t.Errorf("the tag started %q", got)
	}
}

func TestApproval(t *testing.T) {
	c := sample(t, "approval")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	env := c.get(c.repo() + "/environments/pypi").want(200)
	if got := env.each("type", "protection_rules"); !strings.Contains(got, "required_reviewers") {
		t.Errorf("the environment's rules are %q", got)
	}
	if got := len(c.get(run + "/pending_deployments").want(200).list()); got != 0 {
		t.Errorf("%d gates before any job came to one", got)
	}
	c.pass(time.Hour)
	if got := c.get(run).at("status"); got != "waiting" {
		t.Fatalf("the run is %v, want waiting", got)
	}
	gates := c.get(run + "/pending_deployments").want(200)
	if gates.at(0, "current_user_can_approve") != true || len(gates.list(0, "reviewers")) != 2 {
		t.Errorf("the gate is %s", gates.text)
	}
	id := gates.at(0, "environment", "id")
	for what, body := range map[string]fields{
		"another state": {"environment_ids": []any{id}, "state": "maybe", "comment": ""},
		"no comment":    {"environment_ids": []any{id}, "state": "approved"},
		"no gate":       {"environment_ids": []any{}, "state": "approved", "comment": ""},
		"another gate":  {"environment_ids": []any{id, 7}, "state": "approved", "comment": ""},
	} {
		if g := c.post(run+"/pending_deployments", body); g.status != 422 {
			t.Errorf("%s: HTTP %d", what, g.status)
		}
	}
	if got := c.get(run).at("status"); got != "waiting" {
		t.Errorf("what was refused made the run %v", got)
	}
	c.post(run+"/pending_deployments", fields{"environment_ids": []any{id}, "state": "approved", "comment": "go"}).want(200)
	said := c.get(run + "/approvals").want(200)
	if said.at(0, "user", "login") != "mara" || said.at(0, "comment") != "go" || said.at(0, "environments", 0, "name") != "pypi" {
		t.Errorf("the approval is %s", said.text)
	}
	c.pass(time.Hour)
	if got := c.get(run).at("conclusion"); got != "success" {
		t.Errorf("after the approval the run ended with %v", got)
	}
	c.post(run+"/pending_deployments", fields{"environment_ids": []any{id}, "state": "approved", "comment": ""}).want(422)
}

func TestGateThatOthersMustOpen(t *testing.T) {
	c := sample(t, "clean")
	e := environment{Name: "pypi", Reviewers: []string{viewer}, PreventSelfReview: true}
	c.world.repos[0].settings.Environments = []environment{e}
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	c.pass(time.Hour)
	gates := c.get(run + "/pending_deployments").want(200)
	if gates.at(0, "current_user_can_approve") != false {
		t.Errorf("whoever released may approve as well: %s", gates.text)
	}
	c.post(run+"/pending_deployments", fields{"environment_ids": []any{gates.at(0, "environment", "id")},
		"state": "approved", "comment": ""}).want(403)
	c.get(c.repo() + "/environments/no").want(404)
}

func TestDispatch(t *testing.T) {
	c := cloned(t)
	at := c.repo() + "/actions/workflows/publish.yml/dispatches"
	for what, body := range map[string]fields{
		"a ref that is not there":   {"ref": "no", "inputs": fields{"need": "x"}},
		"an unknown input":          {"ref": "main", "inputs": fields{"need": "x", "other": "y"}},
		"without a required input":  {"ref": "main"},
		"inputs that are no object": {"ref": "main", "inputs": fields{"need": "x", "other": "z"}},
	} {
		if g := c.post(at, body); g.status != 422 {
			t.Errorf("%s: HTTP %d", what, g.status)
		}
	}
	c.post(c.repo()+"/actions/workflows/no.yml/dispatches", fields{"ref": "main"}).want(404)
	if n := len(c.world.Facts().Runs); n != 0 {
		t.Fatalf("what was refused began %d runs", n)
	}
	if g := c.post(at, fields{"ref": "main", "inputs": fields{"need": "x"}}).want(204); g.text != "" {
		t.Errorf("the answer is %q", g.text)
	}
	g := c.post(at, fields{"ref": "release/1.0", "inputs": fields{"need": "y"}, "return_run_details": true}).want(200)
	run := c.get(c.repo() + "/actions/runs/" + plain(g.at("workflow_run_id"))).want(200)
	if run.at("event") != "workflow_dispatch" || run.at("head_branch") != "release/1.0" {
		t.Errorf("the run is %s", run.text)
	}
	id := c.get(c.repo() + "/actions/workflows/publish.yml").want(200).at("id")
	c.post(c.repo()+"/actions/workflows/"+plain(id)+"/dispatches", fields{"ref": "main", "inputs": fields{"need": "x"}}).want(204)
	if n := len(c.world.Facts().Runs); n != 3 {
		t.Errorf("%d runs began, want 3", n)
	}
}

func TestDispatchOfAWorkflowWithoutIt(t *testing.T) {
	c := sample(t, "clean")
	c.post(c.repo()+"/actions/workflows/publish-pypi.yml/dispatches", fields{"ref": "main"}).want(422)
}

func TestReleaseMakesItsTag(t *testing.T) {
	c := sample(t, "clean")
	repo := "/repos/harbour/harbour-images"
	made := c.post(repo+"/releases", fields{"tag_name": "v20260814", "name": "August", "body": "News"}).want(201)
	if made.at("draft") != false || made.at("target_commitish") != "main" || made.at("author", "login") != "mara" {
		t.Errorf("the release is %s", made.text)
	}
	c.get(repo + "/git/ref/tags/v20260814").want(200)
	c.get(repo + "/releases/tags/v20260814").want(200)
	c.get(repo + "/releases/" + plain(made.at("id"))).want(200)
	if got := c.get(repo + "/releases/latest").want(200).at("tag_name"); got != "v20260814" {
		t.Errorf("the latest release is %v", got)
	}
	events := c.get(repo+"/actions/runs?branch=v20260814&per_page=100").want(200).each("event", "workflow_runs")
	if !strings.Contains(events, "release") {
		t.Errorf("it started %q, want runs of the release event", events)
	}
	again := c.post(repo+"/releases", fields{"tag_name": "v20260814"}).want(422)
	if again.at("errors", 0, "code") != "already_exists" {
		t.Errorf("the same release again: %s", again.text)
	}
	c.post(repo+"/releases", fields{"tag_name": "v2", "target_commitish": "no"}).want(422)
	c.post(repo+"/releases", fields{"tag_name": "not a tag"}).want(422)
	if f := c.world.Facts(); len(f.Tags) != 1 || len(f.Releases) != 1 {
		t.Errorf("the world has %+v", f)
	}
}

func TestDraftIsNotFoundByTag(t *testing.T) {
	c := sample(t, "clean")
	repo := "/repos/harbour/harbour-images"
	c.post(repo+"/releases", fields{"tag_name": "v20260814", "draft": true}).want(201)
	c.get(repo + "/releases/tags/v20260814").want(404)
	c.get(repo + "/git/ref/tags/v20260814").want(404)
	if n := len(c.world.Facts().Runs); n != 0 {
		t.Errorf("a draft began %d runs", n)
	}
}

func TestEarlyVersions(t *testing.T) {
	for tag, want := range map[string]bool{
		"ckan-2.12.0b0": true, "v1.0.0-rc.1": true, "v1.0.0-beta": true, "2.0a1": true, "1.0.dev3": true,
		"ckan-2.11.6": false, "v1.2.3": false, "harbour-2.11.6": false, "v20260814": false, "2.11.6-py3.10-alpine": false,
	} {
		if got := earlyVersion.MatchString(tag); got != want {
			t.Errorf("%s is a pre-release: %v, want %v", tag, got, want)
		}
	}
}

func TestSameWorldSameRuns(t *testing.T) {
	list := func() string {
		c := sample(t, "clean")
		sha := c.release("harbour-2.11.6", "dev-v2.11")
		c.pass(90 * time.Second)
		runs := c.runs(sha, "harbour-2.11.6")
		jobs := c.get(c.repo() + "/actions/runs/" + runs.runID("publish-pypi.yml") + "/jobs")
		return runs.text + jobs.text
	}
	if list() != list() {
		t.Error("two worlds of the same options have different runs")
	}
}
