package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

func TestUses(t *testing.T) {
	sha, digest := strings.Repeat("0a", 20), "@sha256:"+strings.Repeat("0a", 32)
	for _, c := range []struct {
		text            string
		repo, path, ref string
		kind            Kind
		local, pinned   bool
		dynamic         bool
	}{
		{text: "o/a@v1", repo: "o/a", ref: "v1", kind: KindAction},
		{text: "o/a/sub/dir@" + sha, repo: "o/a", path: "sub/dir", ref: sha, kind: KindAction, pinned: true},
		{text: "o/a@" + strings.ToUpper(sha), repo: "o/a", ref: strings.ToUpper(sha), kind: KindAction},
		{text: "o/a@" + sha[:39], repo: "o/a", ref: sha[:39], kind: KindAction},
		{text: "o/a", repo: "o/a", kind: KindAction},
		{text: "alone@v1", ref: "v1", kind: KindAction},
		{text: "./.github/actions/x/", path: ".github/actions/x", kind: KindAction, local: true, pinned: true},
		{text: "./../x", path: "../x", kind: KindAction, local: true, pinned: true},
		{text: "o//a@v1", repo: "o/a", ref: "v1", kind: KindAction},
		{text: `o\a\sub@` + sha, repo: "o/a", path: "sub", ref: sha, kind: KindAction, pinned: true},
		{text: "/o/a/@v1", repo: "o/a", ref: "v1", kind: KindAction},
		{text: "o/a@feature/x", repo: "o/a", ref: "feature/x", kind: KindAction},
		{text: `.\act`, path: "act", kind: KindAction, local: true, pinned: true},
		{text: ".//act", path: "act", kind: KindAction, local: true, pinned: true},
		{text: "./", path: ".", kind: KindAction, local: true, pinned: true},
		{text: "Docker://i:1", kind: KindImage},
		{text: "docker://ghcr.io/o/i:1", kind: KindImage},
		{text: "docker://ghcr.io/o/i:1" + digest, kind: KindImage, pinned: true},
		{text: "${{ matrix.x }}/a@v1", ref: "v1", kind: KindAction, dynamic: true},
		{text: "", kind: KindAction},
	} {
		u := newUse(KindAction, &File{}, &actionlint.String{Value: c.text, Pos: &actionlint.Pos{Line: 3}})
		if u.Repo != c.repo || u.Path != c.path || u.Ref != c.ref || u.Kind != c.kind || u.Local != c.local || u.Line != 3 {
			t.Errorf("%q: %+v", c.text, u)
		}
		if u.Pinned() != c.pinned || u.Dynamic() != c.dynamic {
			t.Errorf("%q: pinned %v, dynamic %v", c.text, u.Pinned(), u.Dynamic())
		}
		if owner, _, _ := strings.Cut(c.repo, "/"); u.Owner() != owner {
			t.Errorf("%q is of %q", c.text, u.Owner())
		}
	}
}

func TestJobUses(t *testing.T) {
	src := workflow("push", `  a:
    runs-on: x
    container: docker://i/c:1
    services:
      z: {image: 'i/z:1'}
      b: {image: 'i/b:1'}
      e: {image: ''}
    steps: [{uses: o/a@v1}, {run: echo}]
  b:
    uses: o/r/.github/workflows/b.yml@main
`)
	p := programFrom(EventPush, map[string]string{"a.yml": src})
	var got []string
	for _, j := range p.Jobs() {
		for _, u := range j.Uses() {
			got = append(got, string(u.Kind)+" "+u.Text)
		}
	}
	want := []string{"image i/c:1", "image i/b:1", "image i/z:1", "action o/a@v1", "reusable workflow o/r/.github/workflows/b.yml@main"}
	if !slices.Equal(got, want) {
		t.Errorf("uses %q, want %q", got, want)
	}
}

// TestCalls holds which files are a repository's own: nothing leads out of it, and the
// action of a called repository's workflow is looked for where the run began.
func TestCalls(t *testing.T) {
	src := workflow("push", `  a:
    runs-on: x
    steps:
      - uses: ./x
      - uses: ./../../etc
      - uses: o/a@v1
  b:
    uses: ./.github/workflows/b.yml
  c:
    uses: p/q/.github/workflows/c.yml@main
  d:
    uses: p/q/.github/workflows/c.yml
  e:
    uses: ./../e.yml
`)
	f := Parse(Ref{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}, []byte(src))
	want := []Ref{{Repo: "o/r", At: "1", Path: "x"}, {Repo: "o/r", At: "1", Path: Dir + "/b.yml"}, {Repo: "p/q", At: "main", Path: Dir + "/c.yml"}}
	if got := f.Calls("o/r"); !slices.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
	if got := f.Calls("O/R"); !slices.Equal(got, want) {
		t.Errorf("called in capitals it calls %v, want %v", got, want)
	}
	if got := f.Calls("other/home"); !slices.Equal(got, want[1:]) {
		t.Errorf("from elsewhere it calls %v, want %v", got, want[1:])
	}
	action := Parse(Ref{Repo: "o/r", At: "1", Path: "x/action.yml"}, []byte("runs: {using: composite, steps: [{uses: ./y}]}\n"))
	if got := action.Calls("o/r"); !slices.Equal(got, []Ref{{Repo: "o/r", At: "1", Path: "y"}}) {
		t.Errorf("the action calls %v", got)
	}
}

func TestActionSpellings(t *testing.T) {
	for text, want := range map[string]string{
		"Actions/Checkout@v5": "actions/checkout", "actions//checkout@v5": "actions/checkout", `actions\checkout@v5`: "actions/checkout",
		"/actions/checkout/@v5": "actions/checkout", "./act/": "./act", "docker://i/c:1": "docker://i/c:1",
	} {
		s := Step{File: &File{}, Def: &actionlint.Step{Exec: &actionlint.ExecAction{Uses: &actionlint.String{Value: text}}}}
		if got := s.Action(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// TestOwnActions holds what an action of the repository runs that is none of steps.
func TestOwnActions(t *testing.T) {
	for src, want := range map[string]string{
		"runs:\n  using: node24\n  main: x.js\n":                 "code x.js:3",
		"runs: {using: node24}\n":                                "code :1",
		"runs:\n  using: Docker\n  image: Dockerfile\n":          "code Dockerfile:3",
		"runs:\n  using: docker\n  image: docker://i/c:latest\n": "image i/c:latest:3",
		"runs: {using: composite, steps: [{uses: o/a@v1}]}\n":    "action o/a@v1:1",
	} {
		f := Parse(Ref{Repo: "o/r", At: "1", Path: "x/action.yml"}, []byte(src))
		var got []string
		for _, def := range f.Steps {
			for _, u := range (Step{File: f, Def: def}).Uses() {
				got = append(got, fmt.Sprintf("%s %s:%d", u.Kind, u.Text, u.Line))
			}
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s uses %q, want %s", src, got, want)
		}
	}
}

func TestServicesByExpression(t *testing.T) {
	got := oneJob(t, "    services: ${{ fromJSON(vars.SERVICES) }}\n", "run: make").Uses()
	if len(got) != 1 || got[0].Kind != KindServices || got[0].Line != 5 || got[0].Pinned() || !got[0].Dynamic() {
		t.Errorf("uses %+v", got)
	}
}

func TestScriptImages(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0a", 32)
	for script, want := range map[string]string{
		"docker run --rm -it -v $PWD:/src -e KEY --name x ghcr.io/o/i:1 make": "ghcr.io/o/i:1",
		"sudo podman run -w/src i/c":                                          "i/c",
		"docker container run --platform=linux/amd64 i/c:2":                   "i/c:2",
		"V=3 && docker create i/c":                                            "i/c",
		"docker run i/c" + digest:                                             "",
		"docker run $IMAGE":                                                   "",
		"docker run localhost/mine":                                           "",
		"docker build -t mine . && docker run mine":                           "",
		"docker run --help":                                                   "",
		"docker ps; docker compose run web; echo docker run":                  "",
		"docker run": "",
	} {
		got := ""
		for _, u := range oneJob(t, "", "run: "+script).ScriptImages() {
			got += u.Text
		}
		if got != want {
			t.Errorf("%s runs %q, want %q", script, got, want)
		}
	}
}
