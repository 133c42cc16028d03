package github

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"twokey/checks/text"
)

func runJSON(id int64, sha, status, created string) string {
	return fmt.Sprintf(`{"id":%d,"check_suite_id":70,"run_number":3,"run_attempt":2,"path":".github/workflows/publish.yml@refs/tags/v1","name":"Publish\u001b[1m",
		"event":"push","head_branch":"v1","head_sha":%q,"status":%q,"conclusion":null,"created_at":%q,
		"run_started_at":"2026-08-14T10:01:00Z","updated_at":"2026-08-14T10:02:00Z","html_url":"https://github.com/o/r/actions/runs/1",
		"actor":{"login":"mara"}}`, id, sha, status, created)
}

func runsPage(runs ...string) string {
	return fmt.Sprintf(`{"total_count":%d,"workflow_runs":[%s]}`, len(runs), strings.Join(runs, ","))
}

const runsLine = "GET /repos/o/r/actions/runs?head_sha=" + shaA + "&per_page=100"

func TestRuns(t *testing.T) {
	b := newBench(t)
	b.fake.on(runsLine, 200, runsPage(runJSON(9, shaA, "queued", "2026-08-14T10:05:00Z"), runJSON(8, shaA, "completed", "2026-08-14T10:00:00Z"))).
		with("Link", "<"+apiHost+`/repos/o/r/actions/runs?page=2>; rel="next"`)
	b.fake.on("GET /repos/o/r/actions/runs?page=2", 200, runsPage(runJSON(8, shaA, "completed", "2026-08-14T10:00:00Z"), runJSON(7, shaA, "completed", "2026-08-14T10:00:00Z")))
	got, err := b.Runs(t.Context(), testRepo(), shaA)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, r := range got {
		ids = append(ids, r.ID)
	}
	if fmt.Sprint(ids) != "[7 8 9]" {
		t.Errorf("runs are %v", ids)
	}
	r := got[0]
	if r.Workflow != "publish.yml" || r.Attempt != 2 || r.Suite != 70 || r.Number != 3 || r.Event != "push" || r.Branch.String() != "v1" ||
		r.Status != "completed" || r.Conclusion != "" || r.Actor.String() != "mara" || r.Started.Minute() != 1 || r.Updated.Minute() != 2 {
		t.Errorf("run is %+v", r)
	}
	if strings.Contains(r.Name.String(), "\x1b") {
		t.Errorf("name is %q", r.Name)
	}
}

func TestWorkflowFile(t *testing.T) {
	for p, want := range map[string]string{
		".github/workflows/publish.yml":                "publish.yml",
		".github/workflows/publish.yml@refs/tags/v1":   "publish.yml",
		".github/workflows/publish.yml@main":           "publish.yml",
		"dynamic/github-code-scanning/codeql":          "dynamic/github-code-scanning/codeql",
		"o/other/.github/workflows/publish.yml@refs/x": "o/other/.github/workflows/publish.yml",
		"": "",
		".github/workflows/\x1b[2Jpublish.yml@refs/x@y@": text.Clean("\x1b[2Jpublish.yml").String(),
	} {
		if got := workflowFile(p); got != want {
			t.Errorf("%q is of %q, not %q", p, got, want)
		}
	}
}

func TestBadRuns(t *testing.T) {
	for name, answer := range map[string]string{
		"another commit": runsPage(runJSON(1, shaB, "queued", "2026-08-14T10:00:00Z")),
		"no ID":          runsPage(runJSON(0, shaA, "queued", "2026-08-14T10:00:00Z")),
		"bad SHA":        runsPage(runJSON(1, "x", "queued", "2026-08-14T10:00:00Z")),
		"bad time":       runsPage(runJSON(1, shaA, "queued", "yesterday")),
		"a list":         `[]`,
	} {
		b := newBench(t)
		b.fake.on(runsLine, 200, answer).odd("none of them lists runs of the commit")
		_, err := b.Runs(t.Context(), testRepo(), shaA)
		if !errors.Is(err, errStrange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := newBench(t)
	if _, err := b.Runs(t.Context(), testRepo(), "main"); err == nil || b.fake.count() != 0 {
		t.Errorf("runs of a branch's name: %v", err)
	}
}

func TestActive(t *testing.T) {
	b := newBench(t)
	for _, s := range unfinished() {
		runs := []string{}
		switch s {
		case "waiting":
			runs = append(runs, runJSON(5, shaA, "waiting", "2026-08-01T10:00:00Z"))
		case "queued": // it began to run while the lists were read
			runs = append(runs, runJSON(9, shaB, "queued", "2026-08-14T10:00:00Z"))
		case "in_progress":
			runs = append(runs, runJSON(9, shaB, "in_progress", "2026-08-14T10:00:00Z"), runJSON(4, shaB, "completed", "2026-08-14T09:00:00Z"))
		}
		b.fake.on("GET /repos/o/r/actions/runs?per_page=100&status="+s, 200, runsPage(runs...))
	}
	got, err := b.Active(t.Context(), testRepo())
	if err != nil || len(got) != 2 || got[0].ID != 5 || got[1].ID != 9 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestJobs(t *testing.T) {
	const line = "GET /repos/o/r/actions/runs/7/jobs?filter=latest&per_page=100"
	b := newBench(t)
	b.fake.on(line, 200, `{"total_count":2,"jobs":[{"id":1,"run_id":7,"run_attempt":2,"name":"build \u202e(3.10)","status":"completed","conclusion":"failure",
		"started_at":"2026-08-14T10:00:00Z","completed_at":"2026-08-14T10:01:00Z","html_url":"https://github.com/o/r/actions/runs/7/job/1",
		"steps":[{"number":1,"name":"Set up","status":"completed","conclusion":"success","started_at":"2026-08-14T10:00:00Z","completed_at":null}]},
		{"id":2,"run_id":7,"name":"next","status":"queued","conclusion":null,"started_at":"2026-08-14T10:00:00Z","completed_at":null}]}`)
	got, err := b.Jobs(t.Context(), testRepo(), 7)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	j := got[0]
	if j.ID != 1 || j.RunID != 7 || j.Attempt != 2 || j.Name.String() != "build <U+202E>(3.10)" || j.Conclusion != "failure" || j.Completed.Minute() != 1 {
		t.Errorf("job is %+v", j)
	}
	if len(j.Steps) != 1 || j.Steps[0].Name.String() != "Set up" || !j.Steps[0].Completed.IsZero() {
		t.Errorf("steps are %+v", j.Steps)
	}
	if got[1].Attempt != 1 || got[1].Conclusion != "" || !got[1].Completed.IsZero() {
		t.Errorf("job is %+v", got[1])
	}
	for _, bad := range []string{`{"jobs":[{"id":1,"run_id":8}]}`, `{"jobs":[{"id":0,"run_id":7}]}`} {
		b.fake.on(line, 200, bad)
		if _, err := b.Jobs(t.Context(), testRepo(), 7); !errors.Is(err, errStrange) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	sent := b.fake.count()
	if _, err := b.Jobs(t.Context(), testRepo(), 0); err == nil || b.fake.count() != sent {
		t.Error("asked for the jobs of run 0")
	}
}

func TestGates(t *testing.T) {
	const line = "GET /repos/o/r/actions/runs/7/pending_deployments"
	b := newBench(t)
	b.fake.on(line, 200, `[{"environment":{"id":3,"name":"pypi"},"wait_timer":30,"current_user_can_approve":true,
		"reviewers":[{"type":"User","reviewer":{"login":"ines"}},{"type":"Team","reviewer":{"name":"The Team","slug":"the-team"}}]}]`)
	got, err := b.Gates(t.Context(), testRepo(), 7)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	g := got[0]
	if g.EnvironmentID != 3 || g.Environment.String() != "pypi" || !g.CanApprove || g.WaitMinutes != 30 ||
		fmt.Sprint(g.Reviewers) != "[{ines false} {the-team true}]" {
		t.Errorf("gate is %+v", g)
	}
	b.fake.on(line, 200, `[{"environment":{"name":"pypi"}}]`)
	_, err = b.Gates(t.Context(), testRepo(), 7)
	wantErr(t, err, errStrange)
}

func TestApprovals(t *testing.T) {
	const line = "GET /repos/o/r/actions/runs/7/approvals"
	b := newBench(t)
	b.fake.on(line, 200, `[{"state":"approved","comment":"go\u0007","environments":[{"id":3,"name":"pypi"},{"id":4,"name":"docs"}],"user":{"login":"ines"}},
		{"state":"pending","environments":[],"user":{"login":"x"}},{"state":"rejected","comment":"","environments":[],"user":{"login":"mara"}}]`)
	got, err := b.Approvals(t.Context(), testRepo(), 7)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	a := got[0]
	if a.By.String() != "ines" || a.State != "approved" || fmt.Sprint(a.Environments) != "[pypi docs]" || strings.Contains(a.Comment.String(), "\a") {
		t.Errorf("approval is %+v", a)
	}
	if got[1].State != "rejected" {
		t.Errorf("second is %+v", got[1])
	}
}
