package checks

import (
	"testing"

	"twokey/checks/text"
)

// TestTally holds what the pieces of evidence add up to: the worst of them, and a
// pass only where something passed.
func TestTally(t *testing.T) {
	for _, tt := range []struct {
		name string
		seen []Outcome
		want Outcome
	}{
		{"nothing", nil, Unknown},
		{"a pass", []Outcome{Pass}, Pass},
		{"nothing that applies", []Outcome{NotApplicable, NotApplicable}, NotApplicable},
		{"a pass among what does not apply", []Outcome{NotApplicable, Pass, NotApplicable}, Pass},
		{"a warning", []Outcome{Pass, Warn, NotApplicable}, Warn},
		{"unknown is worse than a warning", []Outcome{Warn, Unknown, Pass}, Unknown},
		{"a failure is worse than unknown", []Outcome{Unknown, Fail, Warn}, Fail},
		{"no outcome is no pass", []Outcome{Pass, ""}, ""},
		{"an outcome that is none is no pass", []Outcome{"PASS", Warn}, "PASS"},
	} {
		var tally tally
		for _, o := range tt.seen {
			tally.add(Evidence{What: text.Clean("x"), Saw: text.Clean("y"), Outcome: o}, "")
		}
		if r := tally.result(text.Clean("all is well")); r.Outcome != tt.want || r.Summary.IsZero() {
			t.Errorf("%s: %q, %q, want %q", tt.name, r.Outcome, r.Summary, tt.want)
		}
	}
}

// TestAt holds that what is not there was not read.
func TestAt(t *testing.T) {
	if _, ok := at([]Got[int]{Have(1)}, 1).Get(); ok {
		t.Error("the second of one was read")
	}
	if v, ok := at([]Got[int]{Have(1)}, 0).Get(); !ok || v != 1 {
		t.Error("the first of one was not read")
	}
}
