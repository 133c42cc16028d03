package plain

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// listed is a finding as a listing of it alone writes it.
func listed(f checks.Finding) string {
	return strings.Join(NewListing([]checks.Finding{f}, false).Finding(f), "\n")
}

func TestFindingAtLength(t *testing.T) {
	f := checks.Finding{ID: "ci.green", Severity: checks.SeverityBlock, Outcome: checks.Unknown, Factor: checks.Build,
		Summary: text.Clean("not to be seen"), Why: "a release must be what CI tested", Remedy: "wait",
		Evidence: []checks.Evidence{
			{What: text.Clean("lint"), Outcome: checks.Pass},
			{What: text.Clean("pytest"), Saw: text.Clean("failed"), Outcome: checks.Fail, URL: text.Clean("https://x.test/1"),
				Place: &checks.Place{Line: 41, Text: text.Clean("uses: a/b@v1")}, Remedy: "mend it"},
		}}
	got := listed(f)
	for _, want := range []string{"? unknown  ci.green", "✗ pytest: failed  https://x.test/1", "why: a release must", "        41 | uses: a/b@v1\n",
		"        next: mend it\n", "this blocks", "    next: wait"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "lint") {
		t.Errorf("evidence that passed is shown:\n%s", got)
	}
	f.Outcome = checks.Pass
	if lines := strings.Count(listed(f), "\n"); lines != 0 {
		t.Errorf("a pass takes %d more lines", lines)
	}
}

// TestFindingSaysNothingTwice holds that the only thing that was seen is not repeated
// below the line that says it, and that its page is there all the same.
func TestFindingSaysNothingTwice(t *testing.T) {
	f := checks.Finding{ID: "a.b", Severity: checks.SeverityBlock, Outcome: checks.Fail, Summary: text.Clean("x.yml:1: loose"),
		Evidence: []checks.Evidence{{What: text.Clean("x.yml:1"), Saw: text.Clean("loose"), Outcome: checks.Fail, URL: text.Clean("https://x.test/1")}}}
	got := listed(f)
	if strings.Count(got, "loose") != 1 || !strings.Contains(got, "    see https://x.test/1") {
		t.Errorf("it says:\n%s", got)
	}
}

// TestFindingOfManyFiles holds that what is alike of many files is said once, each thing to
// do with it once, and where all of them are told where some are not named.
func TestFindingOfManyFiles(t *testing.T) {
	f := checks.Finding{ID: "art.extras", Severity: checks.SeverityBlock, Outcome: checks.Fail, Summary: text.Clean("a and more"), Remedy: "yank it"}
	for _, artifact := range []string{"pypi", "release"} {
		for i := range 40 {
			e := checks.Evidence{What: text.Clean("x"), Saw: text.Cleanf("new; blob %d", i), How: text.Clean("new"), Outcome: checks.Fail, File: text.Clean("a.whl"),
				Artifact: text.Clean(artifact), Place: &checks.Place{Path: text.Cleanf("f%d", i)}}
			if artifact == "release" {
				e.Remedy = "delete it"
			}
			f.Evidence = append(f.Evidence, e)
		}
	}
	got := listed(f)
	if n := strings.Count(got, "\n"); n > 7 || !strings.Contains(got, "✗ 40 files: each new: f0, f1, f2 and 37 more; in a.whl (pypi), a.whl (release)") {
		t.Errorf("it says in %d lines:\n%s", n, got)
	}
	for _, once := range []string{"yank it", "delete it", everyFile} {
		if strings.Count(got, once) != 1 {
			t.Errorf("%q is not said once:\n%s", once, got)
		}
	}
	f.Evidence = f.Evidence[:1]
	if strings.Contains(listed(f), everyFile) {
		t.Errorf("of one file it says:\n%s", listed(f))
	}
}

// TestFindingCutsNothing holds that a line which somebody is to paste is whole.
func TestFindingCutsNothing(t *testing.T) {
	line := strings.Repeat("word ", 100) + "end"
	f := checks.Finding{ID: "a.b", Severity: checks.SeverityWarn, Outcome: checks.Warn, Remedy: line,
		Evidence: []checks.Evidence{{What: text.Clean("x"), Saw: text.Clean(line), Outcome: checks.Warn, Remedy: "paste " + line}}}
	if n := strings.Count(listed(f), "word end"); n != 3 {
		t.Errorf("%d of 3 lines are whole", n)
	}
}

// TestListingSaysALackOnce holds that what several checks could not see is said in full
// by the first, and that each says what it means for the release.
func TestListingSaysALackOnce(t *testing.T) {
	lack := checks.Evidence{What: text.Clean("a.yml in o/r"), Saw: text.Clean("GitHub answered 404"), Outcome: checks.Unknown}
	other := checks.Evidence{What: text.Clean("b.yml:1"), Saw: text.Clean("loose"), Outcome: checks.Warn}
	finding := func(id string, s checks.Severity, list ...checks.Evidence) checks.Finding {
		return checks.Finding{ID: id, Severity: s, Outcome: checks.Unknown, Why: "why " + id, Remedy: "give it", Summary: text.Clean("a.yml in o/r: GitHub answered 404"), Evidence: list}
	}
	all := []checks.Finding{finding("wf.a", checks.SeverityBlock, lack), finding("wf.b", checks.SeverityBlock, lack),
		finding("wf.c", checks.SeverityWarn, lack), finding("wf.d", checks.SeverityWarn, lack, other)}
	waived := finding("wf.e", checks.SeverityBlock, lack)
	waived.Waiver = &checks.Waiver{Reason: text.Clean("tracked"), Once: true}
	all = append(all, waived)
	l := NewListing(all, true)
	for i, want := range []struct{ has, not string }{
		{"why: why wf.a", "as above"}, {"as above, at wf.a\n    this blocks", "why:"}, {"as above, at wf.a", "this blocks"},
		{"why: why wf.d", "as above"}, {"waived for this release: tracked", "as above"},
	} {
		got := strings.Join(l.Finding(all[i]), "\n")
		if !strings.Contains(got, want.has) || strings.Contains(got, want.not) {
			t.Errorf("%s says, with no %q:\n%s\nwant %q", all[i].ID, want.not, got, want.has)
		}
	}
}

// As they come, too, findings say once what they could not see; those of another plan
// say it anew.
func TestComingFindingsSayItOnce(t *testing.T) {
	lack := func(id string, severity checks.Severity) release.Event {
		return release.CheckDone{Finding: checks.Finding{ID: id, Severity: severity, Outcome: checks.Unknown,
			Summary: text.Clean("meta: GitHub answered 404"), Remedy: "twokey needs meta",
			Evidence: []checks.Evidence{{What: text.Clean("meta"), Saw: text.Clean("GitHub answered 404"), Outcome: checks.Unknown}}}}
	}
	got := replay(stamp(release.PlanReady{}, lack("wf.a", checks.SeverityWarn), lack("wf.b", checks.SeverityBlock), lack("wf.c", checks.SeverityWarn),
		release.PlanReady{}, lack("wf.c", checks.SeverityWarn)), Options{})
	if strings.Count(got, "next: twokey needs meta") != 2 || strings.Count(got, "as above, at wf.a") != 2 || strings.Count(got, blocks) != 1 {
		t.Errorf("it says\n%s", got)
	}
}
