package rehearsal

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// logOf is the whole log of a run's only job.
func logOf(t *testing.T, r *simRun) []string {
	t.Helper()
	text, ok := r.log(100, after(10_000))
	if !ok {
		t.Fatal("there is no log")
	}
	rest, ok := strings.CutPrefix(text, "\ufeff")
	if !ok || !strings.HasSuffix(rest, "\n") {
		t.Fatalf("it begins with %.20q and ends with %q", text, text[len(text)-5:])
	}
	return strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
}

func publishing() *simRun {
	r := runOf(jobSpec{Key: "publish", Name: "Publish", Queue: 5 * time.Second, Steps: []stepSpec{
		{Name: "Set up job", Duration: 3 * time.Second},
		{Name: "Run actions/checkout@v6", Uses: "actions/checkout@v6", Duration: 2 * time.Second},
		{Name: "Build", Run: "python -m build\nls dist", Duration: 60 * time.Second},
		{Name: "Publish", Uses: "pypa/gh-action-pypi-publish@v1", With: map[string]string{"password": "${{ secrets.TOKEN }}", "note": "a\nb"},
			Duration: 20 * time.Second},
		{Name: "Post Run actions/checkout@v6", PostOf: 2, OnFailure: true, Duration: time.Second},
		{Name: "Complete job", OnFailure: true},
	}})
	return r
}

var logLine = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z) `)

func TestLogFormat(t *testing.T) {
	last := ""
	lines := logOf(t, publishing())
	depth := 0
	for _, l := range lines {
		m := logLine.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("%q has no time", l)
		}
		if m[1] < last {
			t.Errorf("%q is out of order", l)
		}
		last = m[1]
		switch text := l[len(m[0]):]; {
		case strings.HasPrefix(text, "##[group]"):
			depth++
		case text == "##[endgroup]":
			depth--
		}
		if depth < 0 || depth > 1 {
			t.Errorf("groups do not match at %q", l)
		}
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"##[group]Run python -m build", "\x1b[36;1mls dist\x1b[0m", "password: ***", "HEAD is now at aaaaaaa", "Post job cleanup."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, never := range []string{"secrets.", "##[error]"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is in\n%s", never, text)
		}
	}
}

func TestLogOfAFailure(t *testing.T) {
	r := publishing()
	r.Failures = []failure{{Job: "Publish", Step: "Publish", Attempt: 1, Lines: []string{"ERROR    403 Forbidden", "         try again"}}}
	lines := logOf(t, r)
	at := -1
	for i, l := range lines {
		if strings.HasSuffix(l, "ERROR    403 Forbidden") {
			at = i
		}
	}
	if at < 0 || !strings.HasSuffix(lines[at+1], "         try again") ||
		!strings.HasSuffix(lines[at+2], "##[error]Process completed with exit code 1.") || !strings.HasSuffix(lines[at+3], "Post job cleanup.") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
}

func TestNoLog(t *testing.T) {
	r := publishing()
	if _, ok := r.log(100, after(4)); ok {
		t.Error("a queued job has a log")
	}
	if _, ok := r.log(100, after(20)); ok {
		t.Error("a running job has a log")
	}
	if _, ok := r.log(99, after(1000)); ok {
		t.Error("a job of another run has a log")
	}
	r.Jobs[0].Skipped = true
	if _, ok := r.log(100, after(1000)); ok {
		t.Error("a skipped job has a log")
	}
}

func TestLogIsTheSameEveryTime(t *testing.T) {
	first := strings.Join(logOf(t, publishing()), "\n")
	for range 10 {
		if again := strings.Join(logOf(t, publishing()), "\n"); again != first {
			t.Fatalf("%s\nis not\n%s", again, first)
		}
	}
}

func TestLogOfACancelledJob(t *testing.T) {
	r := publishing()
	r.Attempts[0].Cancel = after(30)
	lines := logOf(t, r)
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, "##[error]The operation was canceled.") {
		t.Errorf("it ends with %q", last)
	}
}

// A log tells the digest of each image that its run has pushed, as it pushed it: what
// somebody else puts in its place has another.
func TestLogTellsWhatWasPushed(t *testing.T) {
	for _, scenario := range []string{"clean", "swapped-image"} {
		w := sampleWorld(t, scenario)
		releaseAll(t, w)
		w.mu.Lock()
		defer w.mu.Unlock()
		told := 0
		for _, p := range w.publications(w.clock.Now()) {
			if p.Artifact.Kind != release.KindImage || p.past {
				continue
			}
			img, err := w.imageOf(p)
			check(t, err)
			run := bestRun(p.runs, p.Artifact)
			run.Pushed = w.pushedBy(run)
			for _, j := range run.at(w.clock.Now()).Jobs {
				log, _ := run.log(j.ID, w.clock.Now())
				m := regexp.MustCompile(`#6 pushing manifest for ` + regexp.QuoteMeta(p.Artifact.Name) + `@(sha256:[0-9a-f]{64}) 1.2s done\n`).FindStringSubmatch(log)
				if m == nil {
					continue
				}
				told++
				if same := m[1] == img.digest; same != (scenario == "clean") {
					t.Errorf("%s: the log of %s tells %s of %s, and %s is there", scenario, j.Name, m[1], p.Artifact.Name, img.digest)
				}
			}
		}
		if told != 3 {
			t.Errorf("%s: the logs tell of %d images, want 3", scenario, told)
		}
	}
}
