package release

import (
	"fmt"
	"testing"

	"twokey/checks/text"
)

func TestAnnotationWords(t *testing.T) {
	for _, tt := range []struct {
		level, path, title, message string
		line                        int
		want                        string
	}{
		{"failure", ".github", "", "Process completed with exit code 1.", 12, "failure: Process completed with exit code 1."},
		{"failure", "tests/test_tides.py", "", "assert 3 == 4", 41, "failure: tests/test_tides.py:41: assert 3 == 4"},
		{"warning", "setup.py", "old", "it is old", 0, "warning: setup.py: old: it is old"},
		{"notice", "", "same", "same", 0, "notice: same"},
	} {
		a := Annotation{Level: tt.level, Path: text.Clean(tt.path), Title: text.Clean(tt.title), Message: text.Clean(tt.message), Line: tt.line}
		if got := a.Words().String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// What the log says already is not said again.
func TestRemarks(t *testing.T) {
	note := func(message string) Annotation { return Annotation{Level: "failure", Message: text.Clean(message)} }
	c := LogChunk{Lines: text.CleanAll([]string{"##[error]Process completed with exit code 1.", "Cleaning up"}),
		Annotations: []Annotation{note("Process completed with exit code 1."), note("no space left"), note("")}}
	if got := fmt.Sprint(c.Remarks()); got != "[failure: no space left]" {
		t.Errorf("remarks are %s", got)
	}
}
