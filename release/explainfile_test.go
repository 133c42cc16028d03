package release

import (
	"errors"
	"strings"
	"testing"

	"twokey/checks/trace/archive"
)

// explaining is an engine in front of one source distribution with these files beside those
// of the commit.
func explaining(t *testing.T, files map[string]string) (*Engine, *bench, Plan) {
	t.Helper()
	p := hubPlan(t)
	b := newBench(t, p)
	b.claimed(p, p.Stages[0], b.now)
	for path, content := range files {
		b.files["2.11.6"][path] = content
	}
	return NewEngine(Ports{Forge: b, Shelf: b.hub, Clock: b, Stream: NewStream(b), Commits: b, Artifacts: shop{b}}), b, p
}

// A file is found by whatever people type of it.
func TestExplainFile(t *testing.T) {
	const odd = "docs/a\x1b[2Jb.txt"
	files := map[string]string{"m4/build.m4": "eval\n", "tests/one/x.dat": "1", "tests/two/x.dat": "2", odd: "?", "a:b": "colon"}
	tests := []struct {
		word string
		want string // the path of the file that is found; empty for none
		hint string
	}{
		{"m4/build.m4", "m4/build.m4", ""},
		{"harbour-2.11.6/m4/build.m4", "m4/build.m4", ""},
		{"./m4/build.m4", "m4/build.m4", ""},
		{"build.m4", "m4/build.m4", ""},
		{"harbour-2.11.6.tar.gz:m4/build.m4", "m4/build.m4", ""},
		{"harbour-2.11.6.tar.gz:build.m4", "m4/build.m4", ""},
		{"pypi harbour 2.11.6:m4/build.m4", "m4/build.m4", ""},
		{"harbour:harbour-2.11.6/m4/build.m4", "m4/build.m4", ""},
		{"one/x.dat", "tests/one/x.dat", ""},
		{"a:b", "a:b", ""},
		{"harbour-2.11.6.tar.gz:a:b", "a:b", ""},
		{odd, odd, ""},
		{"harbour/__init__.py", "harbour/__init__.py", ""},
		{"x.dat", "", "--explain tests/one/x.dat\n--explain tests/two/x.dat"},
		{"harbour-2.11.6.tar.gz:x.dat", "", "--explain tests/one/x.dat"},
		{"uild.m4", "", "ARTIFACT:PATH"}, // which is no name of a file
		{"no/such", "", "harbour-2.11.6.tar.gz"},
		{"other.whl:m4/build.m4", "", "ARTIFACT:PATH"},
		{"m4", "", "ARTIFACT:PATH"},
		{"../../etc/passwd", "", "ARTIFACT:PATH"},
	}
	for _, tt := range tests {
		e, b, p := explaining(t, files)
		found, err := e.ExplainFile(t.Context(), p.Repo, "v2.11.6", "", tt.word)
		switch {
		case tt.want != "" && (err != nil || len(found) != 1 || found[0].File.Path != tt.want || found[0].Whole != nil):
			t.Errorf("%q finds %+v, %v", tt.word, found, err)
		case tt.want == "" && (KindOf(err) != KindUsage || !strings.Contains(HintOf(err), tt.hint) || len(found) > 0):
			t.Errorf("%q finds %+v, %v (hint: %s)", tt.word, found, err, HintOf(err))
		}
		if strings.ContainsAny(HintOf(err), "\x1b") || len(b.calls) > 0 {
			t.Errorf("%q hints at %q and sends %v", tt.word, HintOf(err), b.calls)
		}
	}
}

// A published file's own name stands for all of it.
func TestExplainAllOfAnArtifact(t *testing.T) {
	for _, word := range []string{"harbour-2.11.6.tar.gz", "harbour-2.11.6.tar.gz:", "pypi harbour 2.11.6", "harbour"} {
		e, _, p := explaining(t, map[string]string{"m4/build.m4": "eval\n"})
		found, err := e.ExplainFile(t.Context(), p.Repo, "2.11.6", "package", word)
		if err != nil || len(found) != 1 || found[0].Whole == nil || len(found[0].Whole.Differ) == 0 || found[0].Whole.Differ[0].Path.String() != "m4/build.m4" {
			t.Errorf("%q finds %+v, %v", word, found, err)
		}
	}
}

// A stage that there is none of holds nothing to look in.
func TestExplainInNoStage(t *testing.T) {
	e, b, p := explaining(t, nil)
	if found, err := e.ExplainFile(t.Context(), p.Repo, "2.11.6", "bogus", "README"); KindOf(err) != KindUsage || !strings.Contains(HintOf(err), "package, deb, images") || len(found) > 0 || b.reads > 0 {
		t.Errorf("it finds %+v, %v (hint: %s) after %d readings", found, err, HintOf(err), b.reads)
	}
}

// Many files of one ending are named in part, and their number is told.
func TestExplainManyCandidates(t *testing.T) {
	files := map[string]string{}
	for _, dir := range strings.Split("abcdefghijklmnopqrst", "") {
		files[dir+"/x.dat"] = dir
	}
	e, _, p := explaining(t, files)
	_, err := e.ExplainFile(t.Context(), p.Repo, "2.11.6", "", "x.dat")
	if KindOf(err) != KindUsage || !strings.Contains(err.Error(), "20 files end so") || strings.Count(HintOf(err), "--explain ") != shownCandidates || !strings.Contains(HintOf(err), "or one of 10 more") {
		t.Errorf("%v (hint: %s)", err, HintOf(err))
	}
}

// Where a published file could not be read, nobody knows whether the file is in it.
func TestExplainWhatNobodyCouldRead(t *testing.T) {
	for name, err := range map[string]error{"broken off": errors.New("it broke off"), "refused": &archive.Refused{Path: "../x", Why: "it leads out"}} {
		e, b, p := explaining(t, nil)
		b.broken = func(int) error { return err }
		found, got := e.ExplainFile(t.Context(), p.Repo, "2.11.6", "", "m4/build.m4")
		if len(found) > 0 || got == nil || name == "broken off" && (KindOf(got) != KindFailed || !strings.Contains(got.Error(), "it broke off")) {
			t.Errorf("%s: %+v, %v", name, found, got)
		}
	}
}
