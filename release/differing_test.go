package release

import (
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
)

func TestDiffering(t *testing.T) {
	file := func(path string, v checks.FileVerdict) checks.TracedFile {
		return checks.TracedFile{Path: path, Verdict: v, Blob: "b", Size: 7}
	}
	got, more := differing([]checks.TracedFile{file("a", checks.FileMissing), file("b", checks.FileGenerated), file("c", checks.FileModified), file("d", checks.FileSame),
		file("e", checks.FileExtra), file("f", checks.FileMoved), file("g", checks.FileOutside), file("h", checks.FileExtra), file("i\x1b[2J\u202e", "unheard of")})
	var words []string
	for _, f := range got {
		words = append(words, fmt.Sprintf("%s:%s", f.Verdict, f.Path))
	}
	const want = "extra:e extra:h modified:c moved:f generated:b outside:g missing:a unheard of:i<U+202E>"
	if strings.Join(words, " ") != want || more != 0 {
		t.Errorf("%q and %d more, want %q", words, more, want)
	}
	if got, more := differing(nil); got != nil || more != 0 {
		t.Errorf("of nothing it is %v and %d more", got, more)
	}
}

// However many files somebody puts into an archive, and however they are called, what is
// told of them stays small, and what matters most is in it.
func TestDifferingIsBounded(t *testing.T) {
	var files []checks.TracedFile
	for i := range 10 * maxDiffering {
		files = append(files, checks.TracedFile{Path: fmt.Sprint(i) + strings.Repeat("x", 10*maxDifferingPath), Verdict: checks.FileMissing})
	}
	files = append(files, checks.TracedFile{Path: "z", Verdict: checks.FileExtra})
	got, more := differing(files)
	if len(got) != maxDiffering || more != len(files)-maxDiffering || got[0].Path.String() != "z" {
		t.Errorf("%d are told, and %d more; the first is %s", len(got), more, got[0].Path)
	}
	for _, f := range got {
		if f.Path.Width() > maxDifferingPath {
			t.Fatalf("a path is %d cells wide", f.Path.Width())
		}
	}
}
