package release

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
)

func TestDiscoverVersionFiles(t *testing.T) {
	pypi := map[string]string{"r.yml": job(onTags, stepPyPI)}
	npm := map[string]string{"r.yml": job(onTags, "run: npm publish")}
	for _, c := range []struct {
		name     string
		workflow map[string]string
		file     string
		src      string
		want     bool
		project  string
	}{
		{"pyproject", pypi, "pyproject.toml", "[build-system]\nrequires = []\n\n[project]\nname = \"nice\"\nversion = \"1.2.0\"\n", true, "nice"},
		{"ahead", pypi, "pyproject.toml", "[project]\nname = 'nice'\nversion = '1.3.0.dev0'\n", true, "nice"},
		{"poetry", pypi, "pyproject.toml", "[tool.poetry]\nname = \"nice\"\nversion = \"1.2.0\"\n", true, "nice"},
		{"dynamic", pypi, "pyproject.toml", "[project]\nname = \"nice\"\ndynamic = [\"version\"]\n[tool.x]\nversion = \"1.2.0\"\n", false, "nice"},
		{"left over", pypi, "pyproject.toml", "[project]\nname = \"nice\"\nversion = \"0.0.0\"\n", false, "nice"},
		{"another section first", pypi, "pyproject.toml", "[tool.x]\nversion = \"9\"\n[project]\nname = \"nice\"\nversion = \"1.2.0\"\n", true, "nice"},
		{"setup.cfg", pypi, "setup.cfg", "[metadata]\nname = nice\nversion = 1.2.0\n", true, "nice"},
		{"setup.py", pypi, "setup.py", "setup(\n    name='nice',\n    version='1.2.0',\n)\n", true, "nice"},
		{"not a Python project", npm, "pyproject.toml", "[project]\nname = \"nice\"\nversion = \"1.2.0\"\n", false, "nice"},
		{"package.json", npm, "package.json", `{"name": "@o/nice", "version": "1.2.0"}`, true, "nice"},
		{"nested", npm, "package.json", `{"volta": {"version": "1.2.0"}, "version": "1.1.0"}`, false, "thing"},
		{"go", npm, "go.mod", "module example.org/nice/v2\n", false, "nice"},
		{"cargo", npm, "Cargo.toml", "[package]\nname = \"nice\"\nversion = \"1.2.0\"\n", true, "nice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{c.file: c.src}
			for k, v := range c.workflow {
				files[k] = v
			}
			p, notes := discover(t, found(files, []string{"v1.2.0", "v1.1.0"}, nil))
			if p.Project != c.project {
				t.Errorf("project %q", p.Project)
			}
			if (len(p.VersionFiles) == 1) != c.want || !c.want && !strings.Contains(notes, "version") {
				t.Errorf("version files %+v\n%s", p.VersionFiles, notes)
			}
			for _, v := range p.VersionFiles {
				wantVersionIn(t, v, []byte(c.src))
			}
		})
	}
}

// wantVersionIn asserts that a version file's pattern finds the project's
// version and no other.
func wantVersionIn(t *testing.T, v checks.VersionFile, src []byte) {
	t.Helper()
	for _, m := range manifests() {
		if m.file != v.Path {
			continue
		}
		if got := m.version.FindSubmatch(src); got == nil || !bytes.HasPrefix(got[1], []byte("1.")) {
			t.Errorf("%s finds %q", v.Pattern, got)
		}
	}
}

// TestDiscoverHostileWorkflows is about workflows that are made to cost time.
func TestDiscoverHostileWorkflows(t *testing.T) {
	var env, script strings.Builder
	for i := range 9 {
		fmt.Fprintf(&env, "  E%d: \"%s\"\n", i, strings.Repeat(fmt.Sprintf("${{ env.E%d }}", i+1), 60))
	}
	for range 40 {
		script.WriteString("          A=\"" + strings.Repeat("$A", 500) + "x\"\n")
	}
	calls := map[string]string{}
	for i := range 9 {
		w := "on: {push: {tags: ['v*']}, workflow_call: null}\njobs:\n"
		for j := range 30 {
			w += fmt.Sprintf("  j%d: {uses: ./.github/workflows/w%d.yml}\n", j, i+1)
		}
		calls[fmt.Sprintf("w%d.yml", i)] = w
	}
	calls["w9.yml"] = job("workflow_call", stepPyPI)
	push := "uses: docker/build-push-action@v6\n        with: {push: true, tags: 'o/i:${{ env.E0 }}'}"
	for name, files := range map[string]map[string]string{
		"expressions": {"a.yml": "env:\n" + env.String() + job(onTags, push)},
		"variables":   {"a.yml": job(onTags, "run: |\n          A=x\n"+script.String()+"          docker push o/i:$A")},
		"calls":       calls,
	} {
		in := found(files, []string{"v1.0.0"}, nil)
		_, notes, err := Discover(in) // which ends: unbounded, each of them takes years
		if err == nil && len(notes) == 0 {
			t.Errorf("%s: everything is said to be seen", name)
		}
	}
}
