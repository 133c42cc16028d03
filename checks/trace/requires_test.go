package trace_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
)

// TestRequires holds what an artifact's metadata requires against what the commit says.
func TestRequires(t *testing.T) {
	const project = "[project]\nname = 'harbour'\ndependencies = ['Click >=8.1', 'typing_extensions; python_version < \"3.9\"', 'tide @ https://tides.example/tide-1.zip']\n"
	info := func(requires ...string) string {
		out := "Metadata-Version: 2.4\nName: harbour\nVersion: 2.11.6\n"
		for _, r := range requires {
			out += "Requires-Dist: " + r + "\n"
		}
		return out
	}
	for name, tt := range map[string]struct {
		commit, info, want string
	}{
		"named":             {project, info("click>=8.1", `typing-extensions; python_version < "3.9"`), ""},
		"not named":         {project, info("click>=8.1", "evil"), "note its metadata requires evil, which no pyproject.toml of the commit names\n"},
		"from elsewhere":    {project, info("click @ https://evil.example/click.zip"), "note its metadata requires click @ https://evil.example/click.zip, which no pyproject.toml of the commit names\n"},
		"from where it is":  {project, info("tide @ https://tides.example/tide-1.zip"), ""},
		"a part of a name":  {project, info("click>=8.1", "extensions"), "note its metadata requires extensions, which no pyproject.toml of the commit names\n"},
		"a part of where":   {project, info("tide @ https://tides.example/tide-1"), "note its metadata requires tide @ https://tides.example/tide-1, which no pyproject.toml of the commit names\n"},
		"no file that says": {"", info("evil"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}}
			if tt.commit != "" {
				tree = append(tree, file{path: "pyproject.toml", content: tt.commit})
			}
			got := tell(traced(t, sdist(), tree, in(append(tree, file{path: "PKG-INFO", content: tt.info})...)...))
			got = strings.TrimPrefix(got, "generated PKG-INFO: the metadata\n")
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestUnlikeOfTheCommit holds that code of the commit's in a new place is asked about, and
// nothing else that moved.
func TestUnlikeOfTheCommit(t *testing.T) {
	moved := func(path string, runs bool, size int64) checks.TracedFile {
		return checks.TracedFile{Path: path, Verdict: checks.FileMoved, Blob: "b", Size: size, Runs: runs}
	}
	now := checks.Traced{Files: []checks.TracedFile{moved("conftest.py", true, 9), moved("LICENSE", false, 9), moved("a/__init__.py", true, 0), moved("bin/run-2.py", true, 9)}}
	before := checks.Traced{Files: []checks.TracedFile{moved("bin/run-1.py", true, 9)}}
	got := trace.Unlike(now, "2", &before, "1")
	if len(got) != 1 || got[0].Path != "conftest.py" {
		t.Errorf("%+v", got)
	}
	of := func(inGit string) *checks.Traced {
		f := moved("run.py", true, 9)
		f.InGit = inGit
		return &checks.Traced{Files: []checks.TracedFile{f}}
	}
	if got := trace.Unlike(*of("tests/run.py"), "2", of("tools/run.py"), "1"); len(got) != 1 {
		t.Errorf("of another file of that name: %+v", got)
	}
	if got := trace.Unlike(*of("r-2/run.py"), "2", of("r-1/run.py"), "1"); len(got) != 0 {
		t.Errorf("of the same file: %+v", got)
	}
	if got = trace.Unlike(now, "2", nil, ""); len(got) != 2 || got[0].Path != "bin/run-2.py" || got[1].Path != "conftest.py" {
		t.Errorf("without a release before: %+v", got)
	}
}

// TestRequiresText holds what setuptools wrote of requirements against what the commit says.
func TestRequiresText(t *testing.T) {
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}, {path: "setup.cfg", content: "[options]\ninstall_requires = six\n"}}
	for text, want := range map[string]string{
		"six\n":                  "",
		"six\n\n[dev]\nevil>1\n": "note its metadata requires evil>1, which no setup.cfg of the commit names\n",
		"six\n\n[:os_name == \"posix\"]\nevil @ https://evil.example/x\n": "note its metadata requires evil @ https://evil.example/x, which no setup.cfg of the commit names\n",
	} {
		got := tell(traced(t, sdist(), tree, in(append(tree, file{path: "harbour.egg-info/requires.txt", content: text})...)...))
		if _, got, _ = strings.Cut(got, "setuptools writes it\n"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
