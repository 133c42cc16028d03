package rehearsal

import (
	"fmt"
	"strings"
	"testing"
)

func TestStartsOn(t *testing.T) {
	const tag, branch = "refs/tags/harbour-2.11.6", "refs/heads/dev-v2.11"
	tests := []struct {
		name, on   string
		event, ref string
		pre, want  bool
	}{
		{"a tag that matches", "{push: {tags: ['harbour-**']}}", "push", tag, false, true},
		{"a tag that does not", "{push: {tags: ['v*']}}", "push", tag, false, false},
		{"tags only, a branch is pushed", "{push: {tags: ['**']}}", "push", branch, false, false},
		{"branches only, a tag is pushed", "{push: {branches: ['**']}}", "push", tag, false, false},
		{"both filters", "{push: {branches: [main], tags: ['harbour-*']}}", "push", tag, false, true},
		{"no filter", "push", "push", tag, false, true},
		{"no filter, a branch", "[push, pull_request]", "push", branch, false, true},
		{"tags ignored", "{push: {tags-ignore: ['v*']}}", "push", tag, false, true},
		{"tags ignored, this one", "{push: {tags-ignore: ['harbour-*']}}", "push", tag, false, false},
		{"tags ignored, a branch", "{push: {tags-ignore: ['v*']}}", "push", branch, false, false},
		{"branches and ignored tags", "{push: {branches: ['**'], tags-ignore: ['v*']}}", "push", branch, false, true},
		{"taken away again", "{push: {tags: ['harbour-*', '!harbour-2.11.*']}}", "push", tag, false, false},
		{"and added again", "{push: {tags: ['harbour-*', '!harbour-2.*', 'harbour-2.11.6']}}", "push", tag, false, true},
		{"a star does not cross a slash", "{push: {branches: ['release*']}}", "push", "refs/heads/release/1", false, false},
		{"two stars do", "{push: {branches: ['release**']}}", "push", "refs/heads/release/1", false, true},
		{"a plus repeats", "{push: {tags: ['v[0-9]+.[0-9]+']}}", "push", "refs/tags/v10.2", false, true},
		{"a question mark is optional", "{push: {tags: ['vx?1']}}", "push", "refs/tags/v1", false, true},
		{"a dot is a dot", "{push: {tags: ['v1.0']}}", "push", "refs/tags/v1x0", false, false},
		{"paths do not matter for tags", "{push: {tags: ['**'], paths: ['docs/**']}}", "push", tag, false, true},
		{"another ref", "push", "push", "refs/twokey/x/1", false, false},
		{"released", "{release: {types: [released]}}", "release", tag, false, true},
		{"released, but it is a pre-release", "{release: {types: [released]}}", "release", tag, true, false},
		{"prereleased", "{release: {types: [prereleased]}}", "release", tag, true, true},
		{"prereleased, but it is none", "{release: {types: [prereleased]}}", "release", tag, false, false},
		{"published", "{release: {types: [published]}}", "release", tag, true, true},
		{"edited", "{release: {types: [edited, deleted]}}", "release", tag, false, false},
		{"any release", "release", "release", tag, false, true},
		{"dispatch", "{workflow_dispatch: {inputs: {x: {type: string}}}}", "workflow_dispatch", branch, false, true},
		{"no dispatch", "push", "workflow_dispatch", branch, false, false},
		{"called only", "workflow_call", "push", tag, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := "on: " + tt.on + "\njobs: {a: {runs-on: x, steps: [{run: y}]}}\n"
			got, err := startsOn([]byte(content), tt.event, tt.ref, tt.pre)
			if err != nil || got != tt.want {
				t.Errorf("%v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestStartsOnRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"nothing":       "",
		"no workflow":   "just a text",
		"no YAML":       "on: [push\njobs: {",
		"a bad pattern": "on: {push: {tags: ['v[']}}\njobs: {a: {runs-on: x, steps: [{run: y}]}}",
		"a bomb":        bomb(9),
		"too large":     "on: push\n#" + strings.Repeat("x", 1<<20),
	} {
		if starts, err := startsOn([]byte(content), "push", "refs/tags/v1", false); starts || err == nil {
			t.Errorf("%s: %v, %v", name, starts, err)
		}
	}
}

// bomb is a small workflow file whose aliases stand for 9^levels values.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: y}]\n    strategy:\n      matrix:\n        x0: &x0 [1]\n")
	for i := range levels {
		fmt.Fprintf(&b, "        x%d: &x%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d,", i), 9), ","))
	}
	return b.String()
}

func FuzzStartsOn(f *testing.F) {
	f.Add("on: {push: {tags: ['v*', '!v1']}}", "v1.0")
	f.Add("on: {push: {branches: ['[a-z]+?']}}", "x/y")
	f.Fuzz(func(t *testing.T, on, tag string) {
		starts, err := startsOn([]byte(on), "push", "refs/tags/"+tag, false)
		if err != nil && starts {
			t.Error("an error comes with a start")
		}
	})
}
