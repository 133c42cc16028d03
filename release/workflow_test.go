package release

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

func TestParseWorkflow(t *testing.T) {
	w, err := parseWorkflow([]byte(job(onTags, stepPyPI)))
	if err != nil || len(w.On) != 1 || len(w.Jobs) != 1 {
		t.Errorf("%+v, %v", w, err)
	}
	aliases := "on: push\njobs:\n  a: &a {runs-on: x, steps: [{run: y}]}\n  b: *a\n"
	if w, err = parseWorkflow([]byte(aliases)); err != nil || len(w.Jobs) != 2 {
		t.Errorf("with an alias: %+v, %v", w, err)
	}
}

func TestParseWorkflowRefuses(t *testing.T) {
	bomb := "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        x0: &x0 [a, a]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("        x%d: &x%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
	}
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", ""},
		{"no triggers", "jobs: {}\n", ""},
		{"not YAML", "on: [\n", "not YAML"},
		{"too large", "on: push\n" + strings.Repeat("# comment\n", 60_000), "larger than 512 KiB"},
		{"bomb", bomb + "    steps: []\n", "its aliases stand for too much"},
		{"itself", "on: push\njobs: &a {a: *a}\n", "its aliases stand for too much"},
		{"deep", strings.Repeat("[", 200_000), "not YAML"},
	} {
		var w *actionlint.Workflow
		var err error
		took := allocated(func() { w, err = parseWorkflow([]byte(c.src)) })
		if err == nil || !strings.Contains(err.Error(), c.want) || w != nil {
			t.Errorf("%s: %+v, %v", c.name, w, err)
		}
		if took > 64<<20 {
			t.Errorf("%s took %d MB", c.name, took>>20)
		}
	}
}
