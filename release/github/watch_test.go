package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

func runJSON(id int64, sha, status, created string) string {
	return fmt.Sprintf(`{"id":%d,"run_number":3,"run_attempt":2,"path":".github/workflows/publish.yml@refs/tags/v1","name":"Publish\u001b[1m",
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
	if r.Workflow != "publish.yml" || r.Attempt != 2 || r.Number != 3 || r.Event != "push" || r.Branch.String() != "v1" ||
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
		b.fake.on(runsLine, 200, answer)
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

const (
	logLine = "GET /repos/o/r/actions/jobs/5/logs"
	logHost = "https://logs.example.com/5?sig=secret"
)

// logged serves a log from the log host and reads its last lines.
func logged(t *testing.T, body string, max int) (release.Log, error) {
	t.Helper()
	b := newBench(t)
	b.fake.on(logLine, 302, "").with("Location", logHost)
	b.fake.on("GET "+logHost, 200, body).with("Content-Type", "text/plain")
	return b.Log(t.Context(), testRepo(), 5, max)
}

func TestLog(t *testing.T) {
	const at = "2026-08-14T10:00:00.1234567Z "
	tests := []struct {
		name, body string
		max        int
		want       string
		total      int
	}{
		{"empty", "", 5, "", 0},
		{"one line", at + "hello", 5, "hello", 1},
		{"line ends", at + "a\r\n" + at + "b\n", 5, "a|b", 2},
		{"byte order mark", "\ufeff" + at + "a\n", 5, "a", 1},
		{"no time", "plain\n2026-08-14 other\n", 5, "plain|2026-08-14 other", 2},
		{"time alone", at + "\n2026-08-14T10:00:00.1Z\n", 5, "|", 2},
		{"time that is none", "2026-08-14T10:00:00.1 x\n2026-08-14T1a:00:00.1Z x\n", 5, "2026-08-14T10:00:00.1 x|2026-08-14T1a:00:00.1Z x", 2},
		{"last lines", at + "1\n" + at + "2\n" + at + "3\n" + at + "4\n", 2, "3|4", 4},
		{"just as many", "1\n2\n", 2, "1|2", 2},
		{"one of many", "1\n2\n3\n", 1, "3", 3},
		{"none of many", "1\n2\n3\n", 0, "", 3},
		{"blank lines", "\n\n", 5, "|", 2},
		{"escapes", at + "\x1b[31mred\x1b[0m \u009b2J\x00\u202e\n", 5, text.Clean("\x1b[31mred\x1b[0m \u009b2J\x00\u202e").String(), 1},
		{"not UTF-8", "a\xff\n", 5, "a\ufffd", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := logged(t, tt.body, tt.max)
			if err != nil {
				t.Fatal(err)
			}
			if got := text.Join(l.Lines, "|").String(); got != tt.want || l.Total != tt.total {
				t.Errorf("%q of %d lines", got, l.Total)
			}
			for _, line := range l.Lines {
				if strings.ContainsAny(line.String(), "\x1b\u009b\x00\u202e\r\n") {
					t.Errorf("line %q is raw", line)
				}
			}
		})
	}
}

func TestLogHasLongLines(t *testing.T) {
	l, err := logged(t, "2026-08-14T10:00:00.1Z "+strings.Repeat("x", 1<<20)+"\nshort\n", 5)
	if err != nil || l.Total != 2 || len(l.Lines) != 2 {
		t.Fatal(l.Total, err)
	}
	if n := len(l.Lines[0].String()); n > text.MaxBytes+8 || n < text.MaxBytes-64 || !strings.HasSuffix(l.Lines[0].String(), "…") {
		t.Errorf("the long line has %d bytes", n)
	}
	if l.Lines[1].String() != "short" {
		t.Errorf("after it: %q", l.Lines[1])
	}
}

// A log of any size takes the memory of its last lines.
func TestLogIsStreamed(t *testing.T) {
	b := newBench(t)
	b.fake.on(logLine, 302, "").with("Location", logHost)
	const lines = 1 << 20
	b.fake.on("GET "+logHost, 200, "").stream = func(*http.Request) io.Reader {
		return io.LimitReader(repeating("0123456789abcde\n"), 16*lines)
	}
	l, err := b.Log(t.Context(), testRepo(), 5, 3)
	if err != nil || l.Total != lines || len(l.Lines) != 3 {
		t.Error(l, err)
	}
}

// repeating is a text without an end.
type repeating string

func (r repeating) Read(p []byte) (int, error) {
	n := 0
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

func TestLogWithoutOne(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"from GitHub":    func(f *fake) { f.on(logLine, 404, `{"message":"Not Found"}`) },
		"kept no longer": func(f *fake) { f.on(logLine, 410, `{"message":"Gone"}`) },
		"from the log host": func(f *fake) {
			f.on(logLine, 302, "").with("Location", logHost)
			f.on("GET "+logHost, 404, "<Error><Code>BlobNotFound</Code></Error>")
		},
		"gone from the host": func(f *fake) { f.on(logLine, 302, "").with("Location", logHost); f.on("GET "+logHost, 410, "") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			set(b.fake)
			_, err := b.Log(t.Context(), testRepo(), 5, 10)
			wantErr(t, err, release.ErrNoLog)
		})
	}
}

func TestLogFailures(t *testing.T) {
	t.Run("cut in the middle, then whole", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 200, "a\nb").breaks(io.ErrUnexpectedEOF)
		b.fake.on("GET "+logHost, 200, "a\nb\nc\n")
		l, err := b.Log(t.Context(), testRepo(), 5, 10)
		if err != nil || l.Total != 3 || b.events.types() != "read.retrying read.recovered" {
			t.Error(l, err, b.events.types())
		}
	})
	t.Run("the log host refuses", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 403, "")
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, nil, "logs.example.com answered 403")
		// That says nothing of the token, and must not show the signed address.
		if errors.Is(err, release.ErrForbidden) || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	})
	t.Run("the log host sends on", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, 302, "").with("Location", "https://elsewhere.example.com/")
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, errTarget)
	})
	t.Run("answered without a redirect", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(logLine, 200, "a\n")
		if l, err := b.Log(t.Context(), testRepo(), 5, 10); err != nil || l.Total != 1 {
			t.Error(l, err)
		}
	})
	t.Run("job 0", func(t *testing.T) {
		b := newBench(t)
		if _, err := b.Log(t.Context(), testRepo(), 0, 10); err == nil || b.fake.count() != 0 {
			t.Error(err)
		}
	})
}

// Whatever a log holds, its lines are safe and as many as were asked for.
func FuzzTail(f *testing.F) {
	f.Add([]byte("2026-08-14T10:00:00.1Z a\nb\r\n\xff"), 2)
	f.Add([]byte("\ufeff\n\n"), 0)
	f.Fuzz(func(t *testing.T, raw []byte, max int) {
		max %= 8
		tail := newTail(max)
		if err := tail.read(strings.NewReader(string(raw))); err != nil {
			t.Fatal(err)
		}
		l := tail.log()
		want := strings.Count(string(raw), "\n")
		if len(raw) > 0 && raw[len(raw)-1] != '\n' {
			want++
		}
		if l.Total != want || len(l.Lines) > l.Total || max > 0 && len(l.Lines) > max || max <= 0 && len(l.Lines) > 0 {
			t.Errorf("%d of %d lines, where %d of %d were wanted", len(l.Lines), l.Total, max, want)
		}
		for _, line := range l.Lines {
			if line != text.Clean(line.String()) {
				t.Errorf("%q is raw", line)
			}
		}
	})
}
