package actions

import (
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

func TestScriptsOfAStep(t *testing.T) {
	const head = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	for _, c := range []struct{ step, want string }{
		{"run: ./build.sh --now", "build.sh"},
		{"run: scripts/publish", "scripts/publish"},
		{"run: bash -eu scripts/a.sh && sh b.sh", "scripts/a.sh b.sh"},
		{"run: bash -o pipefail a.sh", "a.sh"},
		{"run: source ./env.sh; . lib/x", "env.sh lib/x"},
		{"run: A=b sudo -E ./a.sh", "a.sh"},
		{"run: 'if ./a.sh; then ./b.sh; fi'", "a.sh b.sh"},
		{"run: '(./a.sh)'", "a.sh"},
		{"run: '\"./a.sh\" x | ./b.sh'", "a.sh b.sh"},
		{"run: $GITHUB_WORKSPACE/a.sh", "a.sh"},
		{"run: '${{ github.workspace }}/a.sh'", "a.sh"},
		{"run: cd sub && ./a.sh", "sub/a.sh"},
		{"run: cd $DIR && ./a.sh", ""},
		{"run: cd .. && ./a.sh", ""},
		{"run: pushd sub && ./a.sh", ""},
		{"{run: ./a.sh, working-directory: sub/dir}", "sub/dir/a.sh"},
		{"{run: ./a.sh, working-directory: '${{ matrix.dir }}'}", ""},
		{"{run: ./a.sh, shell: bash}", "a.sh"},
		{"{run: ./a.sh, shell: 'bash -e {0}'}", "a.sh"},
		{"{run: ./a.ps1, shell: pwsh}", ""},
		{"run: bash -c './a.sh'", "a.sh"},
		{"run: bash", ""},
		{"run: bash -s < x", ""},
		{"run: $RUN/a.sh", ""},
		{"run: /usr/bin/make", ""},
		{"run: ~/a.sh", ""},
		{"run: ../a.sh", ""},
		{"run: make publish", ""},
		{"run: echo ./a.sh", ""},
		{"run: ./a.sh\n      - run: ./a.sh", "a.sh"},
		{"uses: ./act", "act"},
		{"run: 'true &&'", ""},
		{"run: sudo", ""},
		{"run: bash -eo pipefail ci/p.sh", "ci/p.sh"},
		{"run: bash -euxo pipefail ci/p.sh", "ci/p.sh"},
		{"run: V=$(./ci/p.sh)", "ci/p.sh"},
		{"run: timeout 600 ./a.sh", "a.sh"},
		{"run: timeout -k 5 600 bash a.sh", "a.sh"},
		{"run: sudo -u root ./a.sh", "a.sh"},
		{"run: nohup ./a.sh &", "a.sh"},
		{"run: sleep 1 & ./a.sh", "a.sh"},
		{"run: ./a.sh>log", "a.sh"},
		{"run: ./a.sh 2>&1 | tee log", "a.sh"},
		{"run: $PWD/a.sh", "a.sh"},
		{"run: /bin/bash a.sh", "a.sh"},
		{"run: eval ./a.sh", "a.sh"},
		{"run: 'bash -ec \"cd sub && ./a.sh\"'", "sub/a.sh"},
		{"run: 'echo \"release #1\"; ./a.sh'", "a.sh"},
		{"run: |\n          # see the docs \\\n          ./a.sh", "a.sh"},
		{"run: 'grep ./a.sh x'", ""},
		{"run: \"cat <<E\\n./a.sh\\nE\"", ""},
	} {
		f := Parse(Ref{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}, []byte(head+"      - "+c.step+"\n"))
		if !f.Problem.IsZero() {
			t.Errorf("%s: %s", c.step, f.Problem)
			continue
		}
		var got []string
		for _, ref := range f.Calls("o/r") {
			if ref.Script == (ref.Path == "act") {
				t.Errorf("%s: whether %s is a script is wrong", c.step, ref.Path)
			}
			if !slices.Contains(got, ref.Path) {
				got = append(got, ref.Path)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.step, got, c.want)
		}
		if elsewhere := f.Calls("p/q"); len(elsewhere) > 0 {
			t.Errorf("%s: followed into the repository of others: %v", c.step, elsewhere)
		}
	}
}

func TestScriptsOfAJobsDirectory(t *testing.T) {
	const src = "on: push\ndefaults: {run: {working-directory: all}}\njobs:\n" +
		"  a:\n    runs-on: x\n    defaults: {run: {working-directory: one}}\n    steps: [{run: ./a.sh}]\n" +
		"  b:\n    runs-on: x\n    steps: [{run: ./b.sh}]\n"
	f := Parse(Ref{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}, []byte(src))
	got := f.Calls("o/r")
	if len(got) != 2 || got[0].Path != "one/a.sh" || got[1].Path != "all/b.sh" {
		t.Error(got)
	}
}

// TestScriptsAreWalked holds that what a script does stands among the steps of the job
// that starts it, with the variables that it is given, and on its own lines.
func TestScriptsAreWalked(t *testing.T) {
	file := func(path string, script bool, src string) *File {
		return Parse(Ref{Repo: "o/r", At: "1", Path: path, Script: script}, []byte(src))
	}
	files := map[Ref]*File{}
	for _, f := range []*File{
		file(Dir+"/a.yml", false, "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {run: scripts/ship, env: {KEY: '${{ secrets.K }}'}}\n      - uses: ./act\n"),
		file("scripts/ship", true, "#!/usr/bin/env bash\n# it ships\n\n./scripts/more.sh\ntwine upload ${{ dist }}/*\n"),
		file("scripts/more.sh", true, "scripts/ship\npip install \\\n  tool\n"),
		file("scripts/other", true, "#!/usr/bin/python3\nimport os\n"),
	} {
		files[f.Ref] = f
	}
	act := file("act/action.yml", false, "runs: {using: composite, steps: [{run: $GITHUB_ACTION_PATH/in.sh}]}")
	inner := file("act/in.sh", true, "#!/bin/sh\ngem push x.gem\n")
	files[Ref{Repo: "o/r", At: "1", Path: "act"}], files[inner.Ref] = act, inner
	p := Program{Home: "o/r", Event: EventPush, Entries: []Ref{{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}}, Files: files}

	job := p.Jobs()[0]
	var published []string
	for _, pub := range job.Publishes() {
		published = append(published, pub.What+" "+pub.Step.File.Base()+" "+pub.Step.Variables()[0].Name)
		if pub.Line != 5 {
			t.Errorf("%s is on line %d", pub.What, pub.Line)
		}
		break
	}
	if len(published) != 1 || published[0] != "`twine upload` scripts/ship KEY" {
		t.Errorf("published: %q", published)
	}
	if n := len(job.Publishes()); n != 2 {
		t.Errorf("%d things are published, want that of the action's script too", n)
	}
	installs := job.Installs()
	if len(installs) != 1 || installs[0].Line != 2 || installs[0].Step.File.Base() != "scripts/more.sh" {
		t.Errorf("installs: %+v", installs)
	}
	for _, s := range job.Steps {
		if s.File.Script && len(s.File.Expressions(s.Def.Exec.(*actionlint.ExecRun).Run)) > 0 {
			t.Error("GitHub writes nothing into a script of the repository")
		}
	}
	if got := len(p.All()); got != 5 {
		t.Errorf("%d files, want those that are started", got)
	}
	if other := files[Ref{Repo: "o/r", At: "1", Path: "scripts/other", Script: true}]; len(other.Steps) > 0 || !other.Problem.IsZero() {
		t.Error("a script in another language has no step, and is no problem")
	}
}

func TestCommandsBehindAHash(t *testing.T) {
	for line, want := range map[string]string{
		`echo "release #1"; pip install a`: `echo "release #1"|pip install a`,
		`pip install a # and b`:            "pip install a",
		`echo 'a # b' && make # ${{ c }}`:  "echo 'a # b'|make",
		`echo "a" # b`:                     `echo "a"`,
	} {
		var got []string
		for c := range splitCommands(line) {
			got = append(got, c)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// What is no text, and what is too long, was not read: nobody knows what it does. What
// names another language is not ours to read.
func TestScriptsThatAreNotRead(t *testing.T) {
	for name, c := range map[string]struct {
		src     string
		problem bool
		steps   int
	}{
		"a shell's":            {"#!/bin/sh\nmake", false, 1},
		"of another shell":     {"#!/bin/ash\nmake", false, 1},
		"of busybox":           {"#!/usr/bin/env busybox sh\nmake", false, 1},
		"with a byte order":    {"\ufeff#!/bin/sh\nmake", false, 1},
		"without a first line": {"make\n", false, 1},
		"of another language":  {"#!/usr/bin/env node\n", false, 0},
		"binary":               {"#!/bin/sh\n\xff\xfe\x00", true, 0},
		"a program":            {"\x7fELF\xff", true, 0},
		"too large":            {"#!/bin/sh\n" + strings.Repeat("x\n", maxBytes), true, 0},
		"without an end":       {"#!/bin/sh\\", false, 1},
		"nothing":              {"", false, 1},
	} {
		f := Parse(Ref{Repo: "o/r", At: "1", Path: "a", Script: true}, []byte(c.src))
		if f.Problem.IsZero() == c.problem || f.Unread != c.problem || len(f.Steps) != c.steps {
			t.Errorf("%s: %q, %d steps", name, f.Problem, len(f.Steps))
		}
		f.Calls("o/r")
	}
}
