package github

import (
	"fmt"
	"strings"
	"testing"

	"twokey/release"
)

// workflowOn is a workflow file with the given triggers.
func workflowOn(on string) string {
	return "name: W\non:\n  " + strings.ReplaceAll(on, "\n", "\n  ") + "\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
}

func TestStartedBy(t *testing.T) {
	tag := occasion{release.TriggerTag, "ckan-2.11.6", false}
	pre := occasion{release.TriggerTag, "ckan-2.12.0b0", true}
	rel := occasion{release.TriggerRelease, "v20260814", false}
	preRel := occasion{release.TriggerRelease, "v1.0-rc1", true}
	dispatch := occasion{release.TriggerDispatch, "", false}
	tests := []struct {
		on   string
		o    occasion
		want bool
	}{
		{"push:", tag, true},
		{"push:\n  tags: ['ckan-*']", tag, true},
		{"push:\n  tags: ckan-*", tag, true},
		{"push:\n  tags: ['v*']", tag, false},
		{"push:\n  tags: ['ckan-*', '!ckan-*b*']", pre, false},
		{"push:\n  tags: ['ckan-*', '!ckan-*b*']", tag, true},
		{"push:\n  tags-ignore: ['v*']", tag, true},
		{"push:\n  tags-ignore: ['ckan-*']", tag, false},
		{"push:\n  branches: [main]", tag, false},
		{"push:\n  branches-ignore: [main]", tag, false},
		{"push:\n  branches: [main]\n  tags: ['ckan-*']", tag, true},
		{"push:\n  branches: [main]\n  tags-ignore: ['v*']", tag, true},
		{"push:\n  paths: ['src/**']", tag, true}, // not looked at for tags
		{"push:", rel, false},
		{"push:", dispatch, false},
		{"release:", rel, true},
		{"release:", tag, false},
		{"release:\n  types: [published]", rel, true},
		{"release:\n  types: released", rel, true},
		{"release:\n  types: [created]", rel, true},
		{"release:\n  types: [prereleased]", rel, false},
		{"release:\n  types: [edited, deleted]", rel, false},
		{"release:\n  types: [released]", preRel, false},
		{"release:\n  types: [prereleased]", preRel, true},
		{"release:\n  types: [published]", preRel, true},
		{"workflow_dispatch:", dispatch, true},
		{"workflow_dispatch:", tag, false},
		{"workflow_dispatch:\n  inputs:\n    x:\n      type: string", dispatch, true},
		{"workflow_call:", dispatch, false},
		{"workflow_call:", tag, false},
		{"pull_request:\nschedule:\n  - cron: '0 0 * * *'", tag, false},
		{"pull_request:\npush:\n  tags: ['ckan-*']\nworkflow_dispatch:", tag, true},
		{"pull_request:\npush:\n  tags: ['v*']\nworkflow_dispatch:", dispatch, true},
	}
	for _, tt := range tests {
		w, problem := parseWorkflow([]byte(workflowOn(tt.on)))
		if w == nil || !problem.IsZero() {
			t.Errorf("%q: %s", tt.on, problem)
			continue
		}
		got, err := startedBy(w, tt.o)
		if err != nil || got != tt.want {
			t.Errorf("%q started by %+v: %v, %v", tt.on, tt.o, got, err)
		}
	}
}

func TestShortFormsOfOn(t *testing.T) {
	for on, want := range map[string]bool{"push": true, "[push, release]": true, "release": false, "workflow_dispatch": false} {
		w, problem := parseWorkflow([]byte("on: " + on + "\njobs:\n  a:\n    runs-on: x\n    steps: [{run: y}]\n"))
		if w == nil || !problem.IsZero() {
			t.Fatalf("%s: %s", on, problem)
		}
		if got, err := startedBy(w, occasion{release.TriggerTag, "v1", false}); err != nil || got != want {
			t.Errorf("on %s: %v, %v", on, got, err)
		}
	}
}

func TestBadFilterInWorkflow(t *testing.T) {
	w, _ := parseWorkflow([]byte(workflowOn("push:\n  tags: ['v[']")))
	if got, err := startedBy(w, occasion{release.TriggerTag, "v1", false}); got || err == nil {
		t.Errorf("%v, %v", got, err)
	}
	w, _ = parseWorkflow([]byte(workflowOn("push:\n  tags-ignore: ['v[']")))
	if got, err := startedBy(w, occasion{release.TriggerTag, "v1", false}); got || err == nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTriggersForPeople(t *testing.T) {
	w, _ := parseWorkflow([]byte(workflowOn("push:\n  branches: [main]\n  tags: ['v*', \"!v0*\\e[2J\"]\nrelease:\n  types: [published]\nworkflow_dispatch:")))
	got := fmt.Sprint(triggers(w))
	for _, want := range []string{"push (branches: main; tags: v*, !v0*", "release (published)", "workflow_dispatch"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s does not say %s", got, want)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("%q is raw", got)
	}
}

func TestParseWorkflowProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		src string
		bad bool
	}{
		"good":                  {workflowOn("push:"), false},
		"a key of the future":   {workflowOn("push:") + "    sparkle: true\n", false},
		"no YAML":               {"on: [", true},
		"empty":                 {"", true},
		"a list":                {"- a\n- b\n", true},
		"no triggers":           {"jobs:\n  a:\n    runs-on: x\n    steps: [{run: y}]\n", true},
		"no jobs":               {"on: push\n", true},
		"a job without a place": {"on: push\njobs:\n  a:\n    steps: [{run: y}]\n", true},
		"too large":             {workflowOn("push:") + strings.Repeat("#", 1<<20), true},
		"a bomb of aliases":     {aliasBomb(), true},
		"not text":              {"\x00\x01\xff", true},
	} {
		_, problem := parseWorkflow([]byte(tt.src))
		if problem.IsZero() == tt.bad {
			t.Errorf("%s: problem is %q", name, problem)
		}
	}
}

// aliasBomb is a small file that stands for more than there is memory for.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 90; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String() + workflowOn("push:")
}

func FuzzParseWorkflow(f *testing.F) {
	f.Add([]byte(workflowOn("push:\n  tags: ['v*']")))
	f.Add([]byte("on: &a [*a]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if w, _ := parseWorkflow(src); w != nil {
			_, _ = startedBy(w, occasion{release.TriggerTag, "v1", false})
			_ = triggers(w)
		}
	})
}
