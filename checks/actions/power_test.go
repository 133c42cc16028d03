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
	want := []string{"id-token: write", "the secret WIDE", "the secret A", "the secret B-C", "the environment pypi"}
	if got := jobs[0].Powers(); !slices.Equal(got, want) {
		t.Errorf("powers are %q, want %q", got, want)
	}
	want = []string{"id-token: write", "the secret WIDE", "every secret of the repository"}
	if got := jobs[1].Powers(); !slices.Equal(got, want) {
		t.Errorf("powers of the caller are %q, want %q", got, want)
	}
}
