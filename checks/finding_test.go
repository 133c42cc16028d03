package checks_test

import (
	"encoding/json"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestBlocks(t *testing.T) {
	waiver := &checks.Waiver{Check: "a.b"}
	for _, tt := range []struct {
		severity checks.Severity
		outcome  checks.Outcome
		waiver   *checks.Waiver
		want     bool
	}{
		{checks.SeverityBlock, checks.Pass, nil, false},
		{checks.SeverityBlock, checks.NotApplicable, nil, false},
		{checks.SeverityBlock, checks.Warn, nil, false},
		{checks.SeverityBlock, checks.Fail, nil, true},
		{checks.SeverityBlock, checks.Unknown, nil, true},
		{checks.SeverityBlock, checks.Fail, waiver, false},
		{checks.SeverityBlock, checks.Unknown, waiver, false},
		{checks.SeverityBlock, "", nil, true},     // a finding that nobody filled in
		{checks.SeverityBlock, "PASS", nil, true}, // no outcome of ours
		{checks.SeverityWarn, checks.Fail, nil, false},
		{checks.SeverityWarn, checks.Unknown, nil, false},
		{checks.SeverityInfo, checks.Fail, nil, false},
	} {
		f := checks.Finding{Severity: tt.severity, Outcome: tt.outcome, Waiver: tt.waiver}
		if got := f.Blocks(); got != tt.want {
			t.Errorf("%s %q, waiver %v: blocks is %v", tt.severity, tt.outcome, tt.waiver != nil, got)
		}
	}
}

func TestJudge(t *testing.T) {
	finding := func(s checks.Severity, o checks.Outcome) checks.Finding {
		return checks.Finding{Severity: s, Outcome: o}
	}
	waived := finding(checks.SeverityBlock, checks.Fail)
	waived.Waiver = &checks.Waiver{Check: "a.b"}
	pass := finding(checks.SeverityBlock, checks.Pass)
	for _, tt := range []struct {
		name     string
		findings []checks.Finding
		want     checks.Verdict
	}{
		{"nothing was checked", nil, checks.Verdict{}},
		{"all pass", []checks.Finding{pass, pass}, checks.Verdict{Go: true, Pass: 2}},
		{"nothing to look at is no pass", []checks.Finding{pass, finding(checks.SeverityBlock, checks.NotApplicable)},
			checks.Verdict{Go: true, Pass: 1, NotApplicable: 1}},
		{"one blocks", []checks.Finding{pass, finding(checks.SeverityBlock, checks.Fail)}, checks.Verdict{Pass: 1, Block: 1}},
		{"one is unknown", []checks.Finding{pass, finding(checks.SeverityBlock, checks.Unknown)}, checks.Verdict{Pass: 1, Unknown: 1}},
		{"one is waived", []checks.Finding{pass, waived}, checks.Verdict{Go: true, Pass: 1, Waived: 1}},
		{"warnings do not stop", []checks.Finding{pass, finding(checks.SeverityBlock, checks.Warn),
			finding(checks.SeverityWarn, checks.Fail), finding(checks.SeverityInfo, checks.Fail)},
			checks.Verdict{Go: true, Pass: 1, Warn: 2, Info: 1}},
		{"unknown of a lesser severity does not stop", []checks.Finding{pass, finding(checks.SeverityWarn, checks.Unknown)},
			checks.Verdict{Go: true, Pass: 1, Unknown: 1}},
		{"a go does not come back", []checks.Finding{finding(checks.SeverityBlock, checks.Fail), pass, pass},
			checks.Verdict{Block: 1, Pass: 2}},
	} {
		if got := checks.Judge(tt.findings); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestFactorNames(t *testing.T) {
	for f, want := range map[checks.Factor]string{
		checks.People: "people", checks.Traceability: "traceability",
		checks.OpaqueData: "opaque data", checks.Build: "build", "F9": "F9",
	} {
		if got := f.Name(); got != want {
			t.Errorf("%s is %q, want %q", f, got, want)
		}
	}
}

// TestFindingJSON holds the names that scripts read.
func TestFindingJSON(t *testing.T) {
	f := checks.Finding{ID: "a.b", Title: "t", Why: "w", Factor: checks.Build, Severity: checks.SeverityBlock,
		Outcome: checks.Fail, Summary: text.Clean("s"), Remedy: "r",
		Evidence: []checks.Evidence{{What: text.Clean("x"), Outcome: checks.Fail}}}
	got, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"a.b","title":"t","why":"w","factor":"F4","severity":"block","outcome":"fail",` +
		`"summary":"s","evidence":[{"what":"x","outcome":"fail"}],"remedy":"r"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
