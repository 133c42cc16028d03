package trace_test

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
)

// numbered are some modules of Python below a directory, each with what it is of.
func numbered(dir, of string, from, to int) (out []file) {
	for i := from; i < to; i++ {
		out = append(out, file{path: fmt.Sprintf("%sm%02d.py", dir, i), content: fmt.Sprintf("%s = %d\n", of, i)})
	}
	return out
}

func join(lists ...[]file) (out []file) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func under(dir string, files []file) (out []file) {
	for _, f := range files {
		f.path = dir + f.path
		out = append(out, f)
	}
	return out
}

// TestPlaces is about where the files of an artifact are taken to lie in the commit: a copy
// of the project, as tests have one, is none that it was made from.
func TestPlaces(t *testing.T) {
	o := trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}
	project, old := numbered("harbour/", "new", 0, 6), numbered("harbour/", "old", 0, 6)
	more := numbered("harbour/", "old", 6, 12)
	for name, tt := range map[string]struct {
		tree, members []file
		want          string // how many of each verdict
	}{
		"as it is":                       {project, project, "6 same"},
		"below src":                      {under("src/", project), project, "6 same"},
		"below src, in a package":        {under("src/", project), under("usr/lib/python3/dist-packages/", project), "6 same"},
		"a copy among the tests":         {join(project, under("tests/data/copy/", old)), old, "6 modified"},
		"and files that only it has":     {join(project, under("tests/data/copy/", old), under("tests/data/copy/", more)), join(old, more), "6 moved, 6 modified"},
		"a copy elsewhere":               {join(project, under("past/", old)), old, "6 modified"},
		"a copy elsewhere, in a package": {join(project, under("past/", old)), under("usr/lib/python3/dist-packages/", old), "6 modified"},
		"a copy of a project below src":  {join(under("src/", project), under("past/", old)), join(old[:4], project[4:]), "2 same, 4 modified"},
		"a directory of the repository":  {join(project[:1], under("python/", old)), old, "6 same"},
		"which has a setup.py, as the root has": {join([]file{{path: "setup.py", content: "all\n"}}, under("python/", old), []file{{path: "python/setup.py", content: "one\n"}}),
			join(old, []file{{path: "setup.py", content: "one\n"}}), "7 same"},
	} {
		t.Run(name, func(t *testing.T) {
			got := traced(t, o, tt.tree, tt.members...)
			var said []string
			for _, v := range []checks.FileVerdict{checks.FileSame, checks.FileMoved, checks.FileModified, checks.FileExtra} {
				if n := got.Of(v).Files; n > 0 {
					said = append(said, fmt.Sprintf("%d %s", n, v))
				}
			}
			if s := strings.Join(said, ", "); s != tt.want {
				t.Errorf("%s, want %s:\n%s", s, tt.want, tell(got))
			}
		})
	}
}

// TestPlacesUnlike holds that code in a place that the release before did not know is asked
// about, and new code in one that it knew is not.
func TestPlacesUnlike(t *testing.T) {
	o := trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}
	source := numbered("src/harbour/", "new", 0, 40)
	tree := join(source, []file{{path: "tools/conftest.py", content: "evil()\n"}, {path: "tools/sitecustomize.py", content: "evil(1)\n"},
		{path: "tests/run.py", content: "evil(2)\n"}, {path: "tests/conftest.py", content: "evil(3)\n"}, {path: "tests/blob", content: "evil(4)\n"}})
	in := func(from string, files []file) (out []file) {
		for _, f := range files {
			f.path = strings.TrimPrefix(f.path, from)
			out = append(out, f)
		}
		return out
	}
	before := traced(t, o, tree, in("src/", source[:30])...)
	for name, tt := range map[string]struct {
		members []file
		want    string
		first   string // what is asked about where there is no release before
	}{
		"more of it":                 {nil, "", ""},
		"two files of a directory":   {in("tools/", tree[40:42]), "conftest.py sitecustomize.py", "conftest.py sitecustomize.py"},
		"two files of the tests":     {in("tests/", tree[42:44]), "conftest.py run.py", "conftest.py run.py"},
		"one file":                   {in("tools/", tree[41:42]), "sitecustomize.py", "sitecustomize.py"},
		"one under another name":     {[]file{{path: "harbour/__init__.py", content: "evil(2)\n"}}, "harbour/__init__.py", "harbour/__init__.py"},
		"data that becomes code":     {[]file{{path: "evil.pth", content: "evil(4)\n"}}, "evil.pth", "evil.pth"},
		"data that is run by itself": {[]file{{path: "harbour-2.11.6.data/data/etc/cron.d/y", content: "evil(4)\n"}}, "harbour-2.11.6.data/data/etc/cron.d/y", "harbour-2.11.6.data/data/etc/cron.d/y"},
		"data that becomes a script": {[]file{{path: "harbour-2.11.6.data/scripts/ls", content: "evil(4)\n"}}, "harbour-2.11.6.data/scripts/ls", "harbour-2.11.6.data/scripts/ls"},
		"code that becomes data":     {[]file{{path: "harbour/notes", content: "evil(2)\n"}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			now := traced(t, o, tree, join(in("src/", source), tt.members)...)
			if got := paths(trace.Unlike(now, "2.11.6", &before, "2.11.5")); got != tt.want {
				t.Errorf("asked about %q, want %q:\n%s", got, tt.want, tell(now))
			}
			if got := paths(trace.Unlike(now, "2.11.6", nil, "")); got != tt.first {
				t.Errorf("without a release before asked about %q, want %q", got, tt.first)
			}
			if got := paths(trace.Unlike(now, "2.11.6", &now, "2.11.6")); got != "" {
				t.Errorf("of the same asked about %q", got)
			}
		})
	}
}

// TestPlanned is about what the plan says that the build makes.
func TestPlanned(t *testing.T) {
	o := sdist()
	o.Generated = []trace.Pattern{{Glob: "harbour/**"}, {Glob: "setup.py"}}
	tree := []file{{path: "README.md", content: readme}, {path: "harbour/__init__.py", content: "x = 1\n"}, {path: "setup.py", content: "setup()\n"}}
	with := func(files ...file) checks.Traced {
		return traced(t, o, tree, in(append([]file{tree[0]}, files...)...)...)
	}
	so := func(content string) file { return file{path: "harbour/fast.so", content: content} }
	before := with(so("1"))
	for name, tt := range map[string]struct {
		now         checks.Traced
		asks, first string
		told        string
	}{
		"as before":                {with(so("1")), "", "harbour/fast.so", "[]"},
		"another content":          {with(so("2")), "", "harbour/fast.so", "[1 file that can be run and that the plan says the build makes, with another content than in 2.11.5: harbour/fast.so]"},
		"new code":                 {with(so("1"), file{path: "harbour/evil.py", content: "evil()\n"}), "harbour/evil.py", "harbour/evil.py harbour/fast.so", "[]"},
		"new data":                 {with(so("1"), file{path: "harbour/x.html", content: "x\n"}), "", "harbour/fast.so", "[]"},
		"what the commit has":      {with(so("1"), file{path: "harbour/__init__.py", content: "evil()\n"}), "harbour/__init__.py", "harbour/__init__.py harbour/fast.so", "[]"},
		"what the commit has else": {with(so("1"), file{path: "setup.py", content: "evil()\n"}), "setup.py", "harbour/fast.so setup.py", "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := paths(trace.Unlike(tt.now, "2.11.6", &before, "2.11.5")); got != tt.asks {
				t.Errorf("asked about %q, want %q:\n%s", got, tt.asks, tell(tt.now))
			}
			if got := paths(trace.Unlike(tt.now, "2.11.6", nil, "")); got != tt.first {
				t.Errorf("without a release before asked about %q, want %q", got, tt.first)
			}
			if got := fmt.Sprint(trace.Otherwise(tt.now, "2.11.6", &before, "2.11.5")); got != tt.told {
				t.Errorf("told %s", got)
			}
		})
	}
}

// TestManyPlaces holds that an archive of many files that may each lie in many places is
// held against the commit in a bounded time.
func TestManyPlaces(t *testing.T) {
	var tree, members []file
	for i := range 50 {
		tree = append(tree, file{path: fmt.Sprintf("d%02d/m.py", i), content: "same\n"}, file{path: fmt.Sprintf("d%02d/n.py", i), content: "other\n"})
	}
	for i := range 3000 {
		members = append(members, file{path: fmt.Sprintf("e%04d/m.py", i), content: "same\n"}, file{path: fmt.Sprintf("e%04d/n.py", i), content: "other\n"})
	}
	if got := traced(t, trace.Options{Form: checks.FormWheel}, tree, members...); got.Extra.Files > 0 || got.Same.Files+got.Moved.Files != 6000 {
		t.Errorf("%+v", got)
	}
}
