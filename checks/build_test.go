package checks_test

import (
	"fmt"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestBuildChanges(t *testing.T) {
	file := func(p string) func(*checks.Snapshot) { return changed(prose, newFile(p, 2345)) }
	cases := []verdictCase{
		{name: "clean", want: checks.Pass, says: "nothing that the build reads has changed since the last release",
			shows: "quay/harbour: 2 files changed since v-last, and nothing that the build reads"},
		{name: "vendored", change: changed(prose, newFile("a/vendor/x/y.go", 1000), newFile("a/vendor/z.go", 5000), newFile("vendor.go", 1)), want: checks.Warn,
			says: "a/vendor/ in quay/harbour: code of others: 2 files changed, now 6.0 kB"},
		{name: "renamed", change: changed(prose, checks.Change{Path: "Makefile", Was: "old.mk", Status: checks.Renamed, Mode: checks.ModeExecutable,
			OldMode: checks.ModeFile, Blob: blobA, Size: 10}), want: checks.Warn, says: "build script: renamed, from old.mk, mode 100755 instead of 100644, 10 B"},
		{name: "removed", change: changed(prose, checks.Change{Path: "setup.cfg", Status: checks.Removed, OldMode: checks.ModeFile}), want: checks.Warn, says: "build script: removed"},
		{name: "a submodule", change: changed(prose, change("debian/x", checks.Added, checks.ModeSubmodule, 0)), want: checks.Warn, says: "packaging: added, a submodule at a94a8fe"},
		{name: "several", change: changed(prose, newFile("Makefile", 1), newFile("setup.py", 1)), want: checks.Warn,
			says: "2 changes of the build in 1 repository: Makefile in quay/harbour and more", fix: "/compare/"},
		{name: "run by a workflow", change: both(good("python -m build", "cd x && ./scripts/make-it.sh --all"), file("scripts/make-it.sh")), want: checks.Warn, says: "run by a workflow: added"},
		{name: "run in a directory", change: both(good("      - run: |\n", "      - working-directory: tools\n        run: |\n          bash make-it\n          ./go.py\n"), file("tools/go.py")), want: checks.Warn, says: "run by a workflow"},
		{name: "run by nobody", change: file("scripts/make-it.sh"), want: checks.Pass},
		{name: "data is no script", change: both(good("python -m build", "jq .x versions.json"), file("versions.json")), want: checks.Pass},
		{name: "a requirement is no script", change: both(good("python -m build", "cat docs/a.txt"), file("docs/a.txt")), want: checks.Pass},
		{name: "the plan", change: changed(prose, checks.Change{Path: "twokey.yml", Status: checks.Modified, Mode: checks.ModeFile, OldMode: checks.ModeFile, Blob: blobA, OldBlob: blobB, Size: 10}),
			want: checks.Warn, says: "twokey.yml in quay/harbour: plan of releases: modified, 10 B"},
		{name: "a first plan that sets something aside", change: both(file("twokey.yml"), acknowledged("x", blobA)), want: checks.Warn, says: "plan of releases: added"},
		{name: "no release before", change: both(file("x.py"), func(s *checks.Snapshot) {
			edit(&s.Stages[0].Changes, func(c *checks.Changes) { c.Base, c.URL = checks.TagName{}, text.Safe{} })
		}), want: checks.Warn, says: "quay/harbour: everything is new, since there is no release before it"},
		{name: "changes hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Changes, "contents: read") }, want: checks.Unknown, fix: "contents: read"},
		{name: "workflows hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Program, "contents: read") }, want: checks.Unknown, says: "workflows of quay/harbour"},
	}
	for p, kind := range map[string]string{
		".github/workflows/x.yml": "workflow", ".github/dependabot.yml": "settings of GitHub", ".github/actions/a/action.yml": "settings of GitHub",
		"Dockerfile": "image", "docker/Dockerfile.dev": "image", "x/Containerfile": "image", "pyproject.toml": "build script", "sub/setup.py": "build script",
		"MANIFEST.in": "build script", "package.json": "build script", "m4/build-to-host.m4": "build script", "configure": "build script", "configure.ac": "build script",
		"CMakeLists.txt": "build script", "cmake/Find.cmake": "build script", "config.guess": "build script", "hooks/pre-commit": "hook", ".husky/x": "hook",
		"debian/rules": "packaging", "pkg/debian/control": "packaging", ".gitattributes": "what git makes of files",
		"requirements.txt": "what the build needs", "docs/dev-requirements.txt": "what the build needs", "uv.lock": "what the build needs",
		"package-lock.json": "what the build needs", "go.sum": "what the build needs", "Cargo.toml": "what the build needs", ".npmrc": "what the build needs",
		"gradle/wrapper/gradle-wrapper.jar": "build script", "app/build.gradle.kts": "build script", "pom.xml": "build script", "ltmain.sh": "build script",
	} {
		cases = append(cases, verdictCase{name: p, change: file(p), want: checks.Warn, says: p + " in quay/harbour: " + kind + ": added, 2.3 kB"})
	}
	for _, p := range []string{"README.md", ".github/CONTRIBUTING.md", "src/hooks/useTide.ts", "docs/configure.md/x", "makefiles/a.py", "package.jsonx", "debian", "vendor", "hooks",
		"docs/requirements.md", "notes.txt", "twokey.yml", "sub/twokey.yml"} {
		cases = append(cases, verdictCase{name: p, change: file(p), want: checks.Pass})
	}
	judge(t, "build.changes", cases)
}

// TestManyBuildChanges holds that a long list is cut, and says so.
func TestManyBuildChanges(t *testing.T) {
	s := clean()
	var many []checks.Change
	for i := range 250 {
		many = append(many, newFile(fmt.Sprintf("debian/x%03d", i), 512))
	}
	changed(prose, many...)(s)
	f := checks.Run(find(t, "build.changes"), s)
	if f.Outcome != checks.Warn || f.Blocks() || len(f.Evidence) > 110 || !shows(f, "quay/harbour: 150 more, which are not shown") {
		t.Errorf("%s with %d pieces of evidence", f.Summary, len(f.Evidence))
	}
}
