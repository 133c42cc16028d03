package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPermissions(t *testing.T) {
	for _, c := range []struct{ name, workflow, job, want string }{
		{"nothing said", "", "", "unsaid"},
		{"none", "permissions: {}\n", "", ""},
		{"the workflow's", "permissions: {contents: write, issues: read}\n", "", "contents"},
		{"the job's", "permissions: write-all\n", "permissions: {packages: write}", "packages"},
		{"everything", "permissions: write-all\n", "", "everything"},
		{"reading everything", "permissions: read-all\n", "", ""},
	} {
		src := c.workflow + workflow("push", "  a:\n    runs-on: x\n    steps: [{run: echo}]\n    "+c.job+"\n")
		j := programFrom(EventPush, map[string]string{"a.yml": src}).Jobs()[0]
		got := strings.Join(j.Permissions.WritesAny(), ",")
		if !j.Permissions.Said {
			got += "unsaid"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCallerPermissions holds that a called workflow never has more than its caller, and
// what it has from several.
func TestCallerPermissions(t *testing.T) {
	said := func(words ...string) Permissions {
		p := Permissions{Said: true, Scopes: map[string]string{}}
		for _, w := range words {
			scope, level, _ := strings.Cut(w, "=")
			if p.Scopes[scope] = level; level == "" {
				p.All, p.Scopes = w, nil
			}
		}
		return p
	}
	all, unsaid := said("write-all"), Permissions{}
	for _, c := range []struct {
		name      string
		got, want Permissions
	}{
		{"within one that reads", said("contents=write").within(said("contents=read")), said("contents=read")},
		{"within one that may", said("contents=write").within(said("contents=write")), said("contents=write")},
		{"all within some", all.within(said("contents=read")), said("contents=read")},
		{"some within all", said("contents=read").within(all), said("contents=read")},
		{"within what is not said", said("contents=write").within(unsaid), said("contents=write")},
		{"two", said("a=write", "b=read").and(said("b=write", "c=read")), said("a=write", "b=write", "c=read")},
		{"one of them everything", said("a=write").and(all), all},
		{"one of them not said", said("a=write").and(unsaid), unsaid},
		{"the first not said", unsaid.and(said("a=write")), unsaid},
		{"the first of none", Permissions{Said: true}.and(said("a=write")), said("a=write")},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestSecretsAndPowers(t *testing.T) {
	src := "env: {GLOBAL: '${{ secrets.WIDE }}'}\npermissions: {id-token: write, actions: write}\n" + workflow("push", `  a:
    runs-on: x
    environment: {name: pypi}
    env: {T: '${{ secrets.GITHUB_TOKEN }}'}
    steps:
      - run: |
          one ${{ secrets.A }} ${{ secrets['B-C'] }}
          two ${{ secrets.A }} secrets.NONE ${{ 'x' }}
      - run: echo ${{ secrets[matrix.x] }} ${{ toJson( secrets ) }}
  b:
    uses: ./.github/workflows/b.yml
    secrets: inherit
`)
	jobs := programFrom(EventPush, map[string]string{"a.yml": src}).Jobs()
	var got []string
	for _, s := range jobs[0].Secrets() {
		got = append(got, fmt.Sprintf("%d %s", s.Line, s.Name))
	}
	if want := []string{"1 WIDE", "11 A", "11 B-C", "12 A", "13 "}; !slices.Equal(got, want) {
		t.Errorf("secrets are %q, want %q", got, want)
	}
	want := []string{"id-token: write", "the secret WIDE", "the secret A", "the secret B-C", "secrets that are chosen when it runs", "the environment pypi"}
	if got := jobs[0].Powers(); !slices.Equal(got, want) {
		t.Errorf("powers are %q, want %q", got, want)
	}
	want = []string{"id-token: write", "the secret WIDE", "every secret of the repository"}
	if got := jobs[1].Powers(); !slices.Equal(got, want) {
		t.Errorf("powers of the caller are %q, want %q", got, want)
	}
}

// A called workflow has the secrets that it is given, whatever it names.
func TestSecretsOfACalledWorkflow(t *testing.T) {
	const called = "on: {workflow_call: }\njobs:\n  b:\n    runs-on: x\n    env: {A: '${{ secrets.Given }}', B: '${{ secrets.other }}', C: '${{ secrets[matrix.x] }}'}\n    steps: [{run: make}]\n"
	for gives, want := range map[string]string{
		"":                                       "", // what is only known when it runs may be one that is given
		", secrets: {given: '${{ secrets.X }}'}": "|Given",
		", secrets: inherit":                     "|Given|other",
	} {
		files := map[Ref]*File{}
		for name, src := range map[string]string{"a.yml": "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml" + gives + "}\n", "b.yml": called} {
			f := Parse(Ref{Repo: "o/r", At: "1", Path: Dir + "/" + name}, []byte(src))
			files[f.Ref] = f
		}
		p := Program{Home: "o/r", Event: EventPush, Entries: []Ref{{Repo: "o/r", At: "1", Path: Dir + "/a.yml"}}, Files: files}
		var names []string
		for _, j := range p.Jobs() {
			if j.ID == "b" {
				for _, s := range j.Secrets() {
					names = append(names, s.Name)
				}
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("with %q it has %q, want %q", gives, got, want)
		}
	}
}
