package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rhysd/actionlint"
)

// programFrom is a program of o/r at commit 1, of workflows by their names and of actions
// by their directories. It starts with a.yml.
func programFrom(e Event, files map[string]string) Program {
	p := Program{Home: "o/r", Event: e, Files: map[Ref]*File{}}
	for name, src := range files {
		key := Ref{Repo: "o/r", At: "1", Path: Dir + "/" + name}
		ref := key
		if !strings.HasSuffix(name, ".yml") {
			key.Path, ref.Path = name, name+"/action.yml"
		}
		p.Files[key] = Parse(ref, []byte(src))
	}
	p.Entries = []Ref{{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}}
	return p
}

// sayJobs says what is known of jobs, one a line.
func sayJobs(jobs []Job) string {
	var out []string
	for _, j := range jobs {
		line := j.File.Base() + " " + j.ID
		for _, s := range j.Steps {
			line += fmt.Sprintf(" %s:%d", s.File.Base(), s.Line())
		}
		if w := j.Permissions.WritesAny(); len(w) > 0 {
			line += " writes " + strings.Join(w, ",")
		}
		if !j.Permissions.Said {
			line += " unsaid"
		}
		if j.Inherits {
			line += " inherits"
		}
		if len(j.Callers) > 0 {
			line += fmt.Sprintf(" called by %d", len(j.Callers))
		}
		for _, s := range j.Starts {
			line += fmt.Sprintf(" on %s", s.Event)
			if s.Kept {
				line += "(kept)"
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestProgram(t *testing.T) {
	p := programFrom(EventPush, map[string]string{
		"a.yml": `on:
  push: {tags: ['*']}
  issue_comment:
permissions: {contents: read}
jobs:
  build:
    permissions: {contents: write, id-token: write}
    uses: ./.github/workflows/b.yml
    secrets: inherit
  again:
    if: github.actor == 'me'
    permissions: {packages: write}
    uses: ./.github/workflows/b.yml
  talk:
    if: github.event_name == 'issue_comment'
    runs-on: x
    steps: [{run: echo}]
  last:
    needs: [again]
    runs-on: x
    steps:
      - uses: ./act
      - if: github.event_name == 'issue_comment'
        run: echo
`,
		"b.yml": workflow("[workflow_call, workflow_dispatch]", `  one:
    runs-on: x
    permissions: {contents: write, packages: write, actions: write}
    steps: [{run: echo}]
  loop:
    uses: ./.github/workflows/a.yml
`),
		"act": "runs:\n  using: composite\n  steps:\n    - run: echo\n      shell: sh\n    - uses: ./act\n    - uses: ./none\n",
	})
	const want = `a.yml build writes contents,id-token called by 1 on push on issue_comment
b.yml one b.yml:6 writes contents,packages inherits called by 2 on push on issue_comment on workflow_dispatch
b.yml loop writes contents,id-token,packages inherits called by 2 on push on issue_comment on workflow_dispatch
a.yml again writes packages called by 1 on push(kept) on issue_comment(kept)
a.yml last a.yml:22 act/action.yml:4 act/action.yml:6 act/action.yml:7 called by 1 on push(kept) on issue_comment(kept)`
	if got := sayJobs(p.Jobs()); got != want {
		t.Errorf("jobs are\n%s\nwant\n%s", got, want)
	}
	for _, more := range []string{"a.yml talk a.yml:17", "a.yml:23"} {
		if got := sayJobs(p.Everything()); !strings.Contains(got, more) {
			t.Errorf("everything is\n%s\nand lacks %s", got, more)
		}
	}
	var files []string
	for _, f := range p.All() {
		files = append(files, f.Base())
	}
	if !slices.Equal(files, []string{"a.yml", "b.yml", "act/action.yml"}) {
		t.Errorf("files are %q", files)
	}
	if (Program{}).Jobs() != nil || (Program{}).All() != nil {
		t.Error("an empty program runs something")
	}
}

// TestStarts holds what starts a job of a workflow.
func TestStarts(t *testing.T) {
	for _, c := range []struct{ name, on, job, want string }{
		{"a push", "push", "", "push, push of a branch"},
		{"tags", "{push: {tags: [v*]}}", "", "push"},
		{"branches", "{push: {branches: [main]}}", "", "push of a branch"},
		{"both", "{push: {branches: [main], tags: [v*]}}", "", "push, push of a branch"},
		{"tags by the condition", "push", "if: startsWith(github.ref, 'refs/tags/')", "push"},
		{"others", "{schedule: [{cron: '1 1 1 1 1'}], workflow_dispatch: , repository_dispatch: , release: }", "", "release, repository_dispatch, schedule, workflow_dispatch"},
		{"only what names its branches", "{workflow_run: {workflows: [x], branches: [main]}}", "", "workflow_run(branches)"},
		{"a pattern of branches", "{workflow_run: {workflows: [x], branches: ['v*']}}", "", "workflow_run"},
		{"a condition", "issues", "if: github.event.issue.user.login == 'me'", "issues(kept)"},
		{"never", "issues", "if: github.event_name == 'push'", ""},
		{"a gate for strangers", "pull_request_target", "environment: ${{ github.event.pull_request.head.repo.fork && 'ask' || 'go' }}", "pull_request_target(kept)"},
		{"a label", "{pull_request_target: {types: [labeled, assigned]}}", "", "pull_request_target(kept)"},
		{"a label or a commit", "{pull_request_target: {types: [labeled, synchronize]}}", "", "pull_request_target"},
		{"a question", "issue_comment", "needs: [who]", "issue_comment(kept)"},
		{"an environment", "pull_request_target", "environment: pypi", "pull_request_target"},
		{"what is asked first", "[push, pull_request_target]", "needs: [ask]", "pull_request_target(kept), push of a branch(kept), push(kept)"},
		{"what runs anyway", "pull_request_target", "needs: [ask]\n    if: always()", "pull_request_target"},
		{"what is not asked", "[push, pull_request_target]", "needs: [tag]", "push"},
		{"what needs itself", "pull_request_target", "needs: [a]", "pull_request_target"},
	} {
		src := workflow(c.on, "  a:\n    runs-on: x\n    steps: [{run: echo}]\n    "+c.job+
			"\n  ask:\n    environment: ask\n    runs-on: x\n    steps: [{run: echo}]\n"+
			"  who:\n    runs-on: x\n    steps: [{uses: actions-cool/check-user-permission@v2}]\n"+
			"  tag:\n    if: github.ref_type == 'tag'\n    runs-on: x\n    steps: [{run: echo}]\n")
		var got []string
		for _, s := range programFrom("", map[string]string{"a.yml": src}).Everything()[0].Starts {
			word := string(s.Event)
			if s.Kept {
				word += "(kept)"
			}
			if s.Branches {
				word += "(branches)"
			}
			if s.Line != 1 || s.File == nil {
				t.Errorf("%s: %s stands at %d", c.name, word, s.Line)
			}
			got = append(got, word)
		}
		slices.Sort(got)
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: starts are %q, want %q", c.name, got, c.want)
		}
	}
}

// TestStartsOf holds that a step is started where its own condition and those of the
// steps that use its action let it.
func TestStartsOf(t *testing.T) {
	p := programFrom("", map[string]string{
		"a.yml": workflow("[issues, release]", "  a:\n    runs-on: x\n    steps:\n      - if: github.event_name == 'issues'\n        uses: ./act\n"),
		"act":   "runs:\n  using: composite\n  steps:\n    - run: echo\n      if: github.actor == 'me'\n    - run: echo\n      if: github.event_name == 'release'\n",
	})
	job := p.Everything()[0]
	want := []string{"[issues]", "[issues(kept)]", "[]"}
	for i, s := range job.Steps {
		got := []string{}
		for _, start := range job.StartsOf(s) {
			word := string(start.Event)
			if start.Kept {
				word += "(kept)"
			}
			got = append(got, word)
		}
		if fmt.Sprint(got) != want[i] {
			t.Errorf("step %d is started by %v, want %s", i, got, want[i])
		}
	}
}

// TestManyCalls holds that files which call one another over and over come to an end.
func TestManyCalls(t *testing.T) {
	files := map[string]string{}
	name := func(i int) string { return string(rune('a'+i)) + ".yml" }
	for i := range 10 {
		src := "on: [push, workflow_call]\njobs:\n"
		for n := range 40 {
			src += fmt.Sprintf("  j%d:\n    permissions: {contents: %s}\n    uses: ./.github/workflows/%s\n", n, []string{"read", "write"}[n%2], name(i+1))
		}
		files[name(i)] = src
		action := "runs:\n  using: composite\n  steps:\n"
		files[fmt.Sprintf("act%d", i)] = action + strings.Repeat(fmt.Sprintf("    - uses: ./act%d\n", i+1), 40)
	}
	files["act10"] = "runs:\n  using: composite\n  steps: [{run: echo, shell: sh}]\n"
	files[name(10)] = workflow("workflow_call", "  end:\n    runs-on: x\n    steps: [{uses: ./act1}]\n")
	p := programFrom(EventPush, files)
	begun := time.Now()
	jobs := p.Everything()
	if len(jobs) != 401 || time.Since(begun) > 20*time.Second {
		t.Errorf("%d jobs after %s", len(jobs), time.Since(begun))
	}
	last := jobs[slices.IndexFunc(jobs, func(j Job) bool { return j.ID == "end" })]
	if !slices.ContainsFunc(last.Steps, func(s Step) bool { return s.File.Base() == "act10/action.yml" }) {
		t.Error("the last action was not reached")
	}
}

// FuzzParse holds that nothing that a repository may hold breaks the reading, and that
// what is found stands in the file.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		workflow("push", plainJob), workflow("[push, issues]", "  a:\n    runs-on: x\n    steps:\n      - run: |\n          a \\\n          ${{ secrets.A }}\n"),
		"on: push\njobs:\n  a:\n    runs-on: &x ${{ toJSON(secrets) }}\n    env: {A: *x}\n    steps: [{run: \"a\\nb\\n\\u0024{{ b }}\"}]\n",
		"runs:\n  using: composite\n  steps:\n    - run: >-\n        a\n\n        ${{ inputs.x }}\n    - uses: ./act\n",
		"on: push\u2028jobs:\r  a: {uses: './.github/workflows/a.yml', secrets: inherit, permissions: write-all}\n",
		"on: push\njobs:\n  a:\n    strategy: {matrix: {x: [1, ${{ y }}]}}\n    runs-on: x\n    if: ${{ !(a.b == 'c') }}\n    steps: [{uses: o/a@v1, with: {a: b}}]\n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file := Parse(Ref{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}, []byte(src))
		action := Parse(Ref{Repo: "o/r", At: "1", Path: "act/action.yml"}, []byte(src))
		p := Program{Home: "o/r", Event: EventPush, Entries: []Ref{file.Ref}, Files: map[Ref]*File{file.Ref: file, {Repo: "o/r", At: "1", Path: "act"}: action}}
		within := func(f *File, line int, what string) {
			if line < 1 || line > len(f.Lines) {
				t.Fatalf("%s is on line %d of %d", what, line, len(f.Lines))
			}
		}
		step := func(s Step) {
			within(s.File, s.Line(), "a step")
			for _, l := range s.Script() {
				within(s.File, l.Line, "a script")
			}
			for _, u := range s.Uses() {
				within(s.File, u.Line, "a use")
			}
			for _, text := range stringsOf(s.Def) {
				for _, x := range s.File.Expressions(text) {
					within(s.File, x.Line, "an expression")
					x.Reads()
				}
			}
		}
		for _, j := range append(p.Jobs(), p.Everything()...) {
			within(j.File, j.Def.Pos.Line, "a job")
			j.Powers()
			for _, s := range j.Secrets() {
				within(j.File, s.Line, "a secret")
			}
			for _, s := range j.Starts {
				within(s.File, s.Line, "an event")
			}
			for _, u := range j.Uses() {
				within(u.File, u.Line, "a use")
			}
			for _, s := range j.Steps {
				step(s)
			}
		}
		for _, s := range action.Steps {
			step(Step{File: action, Def: s})
		}
		p.All()
		MayRun(&actionlint.String{Value: src}, EventPush, "o/r")
	})
}
