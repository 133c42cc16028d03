package cli

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// The page of a file is that of its own host, and leads to the file whatever it is called.
func TestExplainedPage(t *testing.T) {
	x := explainedAs("a b/c#d?.py", []byte("2\n"), []byte("1\n"))
	x.Base.Host = "git.example.com"
	want := "https://git.example.com/o/r/blob/" + x.Commit + "/a%20b/c%23d%3F.py"
	if got := strings.Join(explained1(x), "\n"); !strings.Contains(got, "  "+want+"\n") {
		t.Errorf("no %s in\n%s", want, got)
	}
}

// explainedAs is a file that the commit has otherwise, or not where was is nil.
func explainedAs(path string, content, was []byte) release.FileExplained {
	x := release.FileExplained{In: release.File{Name: "x.tar.gz", Artifact: release.Artifact{Kind: release.KindPyPI, Name: "x", Version: "1"}},
		Base: release.Repo{Owner: "o", Name: "r"}, Commit: strings.Repeat("c", 40), Content: content, Was: was,
		File: checks.TracedFile{Path: path, Verdict: checks.FileExtra, Blob: "b", Size: int64(len(content))}}
	if was != nil {
		x.File.Verdict, x.File.GitBlob, x.File.InGit = checks.FileModified, "g", path
	}
	return x
}

func TestExplainedInLines(t *testing.T) {
	long := strings.Repeat("line\n", 500)
	wide := strings.Repeat("w", 5000)
	tests := []struct {
		name string
		x    release.FileExplained
		want []string
		not  []string
	}{
		{"other text", explainedAs("a.py", []byte("x = 2\n"), []byte("x = 1\n")), []string{"a.py in x.tar.gz, of pypi x 1: modified", "  -x = 1", "  +x = 2"}, nil},
		{"much other text", explainedAs("a.py", []byte(long), []byte("x\n")), []string{" lines more"}, nil},
		{"wide text", explainedAs("a.py", []byte(wide), []byte("x\n")), []string{"+www"}, []string{wide}},
		{"text that git has not", explainedAs("a.m4", []byte("eval\nmore\n"), nil), []string{"  | eval", "  | more"}, []string{"diff", "in git"}},
		{"binary", explainedAs("a.dat", []byte("a\x00b"), []byte("x\n")), []string{"binary"}, []string{"  +", "  |"}},
		{"binary that git has not", explainedAs("a.dat", []byte{0xff, 0xfe, 0}, nil), []string{"binary"}, []string{"  |"}},
		{"too long", func() release.FileExplained { x := explainedAs("a", nil, []byte("x")); x.Content = nil; return x }(), []string{"not shown"}, nil},
		{"a hostile name", explainedAs("a\x1b[2J b\u202e", []byte("x\x1b]0;t\x07\n"), nil), []string{`"a\x1b[2J b\u202e" in x.tar.gz`, "  | x"}, nil},
	}
	for _, tt := range tests {
		lines := explained1(tt.x)
		got := strings.Join(lines, "\n")
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", tt.name, want, got)
			}
		}
		for _, not := range append(tt.not, "\x1b", "\x07", "\u202e") {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%q", tt.name, not, got)
			}
		}
		if len(lines) > maxDiff+12 {
			t.Errorf("%s: %d lines", tt.name, len(lines))
		}
	}
}

func TestAllOfAnArtifactInLines(t *testing.T) {
	whole := &release.FileTrace{Words: text.Clean("traced 3 files, 2 extra"), More: 7}
	for i := range 2 * maxDiff {
		whole.Differ = append(whole.Differ, release.DifferingFile{Path: text.Clean(fmt.Sprint("m4/", i)), Verdict: checks.FileExtra, Size: 141, Runs: true})
	}
	x := explainedAs("", nil, nil)
	x.Whole = whole
	lines := explained1(x)
	if lines[0] != "x.tar.gz, of pypi x 1: traced 3 files, 2 extra" || lines[1] != "  extra       m4/0  141 B; it can be run" ||
		lines[len(lines)-1] != fmt.Sprintf("  … %d files more; --json has 200 of them", maxDiff+7) || len(lines) != maxDiff+2 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	x.Whole = &release.FileTrace{Why: text.Clean("../x leads out of it")}
	if got := explained1(x); len(got) != 1 || !strings.Contains(got[0], "nobody should unpack it: ../x leads out of it") {
		t.Errorf("%q", got)
	}
}
