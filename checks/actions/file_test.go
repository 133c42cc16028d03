package actions

import (
	"strings"
	"testing"
)

// workflow is a file of a repository that runs one job.
func workflow(on, rest string) string { return "on: " + on + "\njobs:\n" + rest }

const plainJob = "  a:\n    runs-on: x\n    steps: [{run: echo}]\n"

func TestParse(t *testing.T) {
	deep := "a: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		deep += strings.ReplaceAll("b"+string(rune('0'+i))+": &aN [*aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM]\n", "aM", "a"+string(rune('0'+i)))
		deep = strings.ReplaceAll(deep, "aN", "a"+string(rune('1'+i)))
	}
	for _, c := range []struct{ name, path, src, problem string }{
		{"a workflow", "", workflow("push", plainJob), ""},
		{"a key that only the parser does not know", "", workflow("push", plainJob) + "    new-thing: yes\n", ""},
		{"an empty section", "", workflow("push", "  a:\n    env: {}\n    runs-on: x\n    steps: [{uses: o/a@v1, with: {}}]\n"), ""},
		{"no job", "", "on: push\n", "line 1, column 1: \"jobs\" section is missing"},
		{"no trigger", "", "jobs:\n" + plainJob, "\"on\" section is missing"},
		{"nothing", "", "", "workflow is empty"},
		{"no YAML", "", "on: [", "not YAML"},
		{"no UTF-8", "", "on: \xff\xfe", "not UTF-8"},
		{"too long", "", "#" + strings.Repeat("x", maxBytes), "larger than 512 KiB"},
		{"too many aliases", "", deep, "stand for too much"},
		{"an alias of itself", "", "on: &a [*a]\njobs: {}\n", "stand for too much"},
		{"a composite action", "sub/action.yml", "runs:\n  using: composite\n  steps: [{run: echo, shell: sh}]\n", ""},
		{"an action of another kind", "action.yml", "runs: {using: node24, main: x.js}\n", ""},
		{"an action that runs nothing", "action.yaml", "name: x\n", "does not say what it runs"},
		{"an action that is none", "action.yml", "runs: [composite]\n", "not an action"},
		{"a workflow called action.yml", Dir + "/action.yml", workflow("push", plainJob), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = Dir + "/a.yml"
			}
			f := Parse(Ref{Repo: "o/r", Path: c.path}, []byte(c.src))
			if got := f.Problem.String(); (got == "") != (c.problem == "") || !strings.Contains(got, c.problem) {
				t.Errorf("problem is %q, want %q", got, c.problem)
			}
		})
	}
}

func TestFile(t *testing.T) {
	f := Parse(Ref{Path: Dir + "/a.yml"}, []byte(workflow("push", "  z:\n    runs-on: x\n    steps: [{run: echo}]\n"+plainJob)))
	if jobs := f.Jobs(); len(jobs) != 2 || jobs[0].ID.Value != "z" || jobs[1].ID.Value != "a" {
		t.Error("the jobs are not in the order of the file")
	}
	if f.Line(1) != "on: push" || f.Line(0) != "" || f.Line(len(f.Lines)+1) != "" {
		t.Errorf("lines are %q", f.Lines)
	}
	for path, want := range map[string]string{
		Dir + "/a.yml": "a.yml", "x/setup/action.yml": "setup/action.yml", "x/setup": "setup", "action.yaml": "./action.yaml",
	} {
		if got := (Ref{Path: path}).Base(); got != want {
			t.Errorf("%s is called %s, want %s", path, got, want)
		}
	}
	if (&File{}).Jobs() != nil {
		t.Error("a file that is no workflow has jobs")
	}
}

// TestComposite holds that the steps of an action read as those of a workflow do.
func TestComposite(t *testing.T) {
	src := `inputs:
  Who: {default: '${{ github.ref_name }}'}
  none: {description: x}
runs:
  using: Composite
  steps:
    - &one
      id: first
      if: github.event_name == 'push'
      name: One
      shell: bash
      working-directory: sub
      env: {A: '${{ inputs.who }}'}
      run: |
        echo ${{ inputs.none }}
    - *one
    - uses: o/a@v1
      with: {Key: value, list: [x]}
    - none
`
	f := Parse(Ref{Repo: "o/r", Path: "x/action.yml"}, []byte(src))
	if !f.Problem.IsZero() || len(f.Steps) != 4 {
		t.Fatalf("%s, %d steps", f.Problem, len(f.Steps))
	}
	first := Step{File: f, Def: f.Steps[0]}
	if s := first.Script(); len(s) != 1 || s[0].Line != 15 || first.Line() != 7 || first.Action() != "" || first.With("key") != nil {
		t.Errorf("the first step is %+v with the script %v", first.Def, s)
	}
	if d := first.Def; d.ID.Value != "first" || d.If.Value == "" || d.Name.Value != "One" || d.Env.Vars["a"].Value.Value != "${{ inputs.who }}" {
		t.Errorf("the first step is %+v", d)
	}
	third := Step{File: f, Def: f.Steps[2]}
	if third.Action() != "o/a" || third.With("key").Value != "value" || third.With("list").Value != "" {
		t.Errorf("the third step is %+v", third.Def.Exec)
	}
	if f.Defaults["who"].Value != "${{ github.ref_name }}" || f.Defaults["none"].Value != "" {
		t.Errorf("the defaults are %v", f.Defaults)
	}
}
