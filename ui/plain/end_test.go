package plain

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// The end says of each artifact whether it was looked at, and of a release that
// nobody watches whether anything of it still goes on.
func TestEndInWords(t *testing.T) {
	stages := []release.StageEnd{
		{Stage: "package", Outcome: release.Done, State: release.StageDoneOK, Found: []release.ArtifactLine{{Artifact: "pypi a", Found: true, Looked: true}}},
		{Stage: "deb", Outcome: release.Failed, State: release.StageFailed, Found: []release.ArtifactLine{
			{Artifact: "deb b", Looked: true}, {Artifact: "deb c"}}},
		{Stage: "docker", State: release.StageWaiting, Found: []release.ArtifactLine{{Artifact: "image d"}}},
	}
	got := replay(stamp(release.Finished{Outcome: release.Left, Tag: "v1", Running: true, Waiting: []string{"docker"}, Stages: stages}), Options{})
	for _, want := range []string{"release  GOES ON  v1\n", "✓ published: pypi a\n", "✗ not published: deb b\n", "? not looked at: deb c\n",
		"docker     not started\n", "? not looked at: image d\n"} {
		if !strings.Contains(strings.ReplaceAll(got, "   /  ", "  "), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	ended := stamp(release.Opened{Ends: true}, release.Finished{Outcome: release.Left, Running: true})
	if got := replay(ended, Options{}); !strings.Contains(got, "LEFT") {
		t.Errorf("the world that ended goes on: %s", got)
	}
	for want, f := range map[string]release.Finished{
		"STOPPED HALF WAY": {Outcome: release.Left, Waiting: []string{"deb"}},
		"GOES ON":          {Outcome: release.Left, Running: true, Waiting: []string{"deb"}},
		"NOT WATCHED":      {Outcome: release.Left},
		"FAILED":           {Outcome: release.Failed, Waiting: []string{"deb"}},
		"DONE":             {Outcome: release.Done},
	} {
		if got := replay(stamp(f), Options{}); !strings.Contains(got, "release  "+want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// What a registry did not answer for is not said to be missing there.
func TestNotLookedAtInWords(t *testing.T) {
	art := release.Artifact{Kind: release.KindPyPI, Name: "a"}
	e := release.ArtifactMissing{Stage: "package", Artifact: art, Why: text.Clean("PyPI answered 502"), Unseen: true}
	if got := replay(stamp(e), Options{}); !strings.Contains(got, "?") || !strings.Contains(got, "not looked at: "+art.String()+": PyPI answered 502") ||
		strings.Contains(got, "not published") {
		t.Error(got)
	}
	e.Unseen = false
	if got := replay(stamp(e), Options{}); !strings.Contains(got, "✗") || !strings.Contains(got, "not published: "+art.String()) {
		t.Error(got)
	}
}

// A command line that is cut leads somewhere else.
func TestHintIsWhole(t *testing.T) {
	long := strings.Repeat("and so on, ", 40) + "`twokey release 1.2.3 --resume`"
	got := replay(stamp(release.Noted{Text: text.Clean(long)}, release.Finished{Outcome: release.Left, Hint: text.Clean(long)}), Options{})
	if strings.Count(got, "--resume`\n") != 2 {
		t.Errorf("cut:\n%s", got)
	}
}

func TestCounts(t *testing.T) {
	v := checks.Verdict{Block: 1, Pass: 7, NotApplicable: 2}
	if got := Counts(v, false); got != "1 block · 7 pass · 2 n/a" {
		t.Errorf("%q", got)
	}
	if got := Counts(v, true); got != "1 block, 7 pass, 2 n/a" {
		t.Errorf("in ASCII: %q", got)
	}
}

// A gate is answered in the world that it is in.
func TestAnswering(t *testing.T) {
	for want, o := range map[string]release.Opened{
		"run `twokey -R o/r attach 1.2.3` in a terminal":                                                    {Command: text.Clean("twokey -R o/r")},
		"run `twokey rehearse --connect unix:w attach 1.2.3` in a terminal":                                 {Command: text.Clean("twokey rehearse --connect unix:w")},
		"serve a world for several terminals with `twokey rehearse --scenario approval --listen unix:PATH`": {Command: text.Clean("twokey rehearse --scenario approval"), Ends: true},
	} {
		got := replay(stamp(o, release.PlanReady{Plan: release.Plan{Version: "1.2.3"}}, release.ApprovalNeeded{Stage: "package", Gate: release.Gate{CanApprove: true}}), Options{})
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// What is due after a release is said as it stands, and a release that leaves some of it
// open is done all the same.
func TestAfterInWords(t *testing.T) {
	finding := func(id string, o checks.Outcome) checks.Finding {
		return checks.Finding{ID: id, Severity: checks.SeverityWarn, Outcome: o, Summary: text.Clean("seen " + id), Remedy: "mend " + id}
	}
	plan := release.Plan{Checks: []checks.Own{{ID: "own.tell", Kind: checks.OwnManual, When: checks.After}}}
	waived := finding("own.e", checks.Fail)
	waived.Waiver = &checks.Waiver{Reason: text.Clean("later"), Once: true}
	end := func(id string, o checks.Outcome, open, mine bool) release.AfterEnd {
		return release.AfterEnd{Check: id, Outcome: o, Summary: text.Clean("seen " + id), Open: open, ForYou: mine}
	}
	got := replay(stamp(release.PlanReady{Plan: plan},
		release.AfterChecked{Finding: finding("own.a", checks.Fail), Again: true},
		release.AfterChecked{Finding: finding("own.b", checks.Fail)},
		release.AfterChecked{Finding: finding("own.c", checks.Unknown)},
		release.AfterChecked{Finding: finding("own.d", checks.Warn)},
		release.AfterChecked{Finding: waived},
		release.AfterChecked{Finding: finding("own.tell", checks.Unknown)},
		release.Finished{Outcome: release.Done, Tag: "v1", After: []release.AfterEnd{end("own.b", checks.Fail, true, false),
			end("own.e", checks.Fail, false, false), end("own.tell", checks.Unknown, false, true)}},
	), Options{})
	for _, want := range []string{"◌ after    waiting  own.a              seen own.a\n", "✗ after    fail     own.b", "next: mend own.b",
		"? after    unknown  own.c", "! after    warn     own.d", "· after    waived   own.e", "waived for this release: later",
		"· after    for you  own.tell", "next: mend own.tell", "! release  DONE  v1\n", "✗ after: fail: own.b: seen own.b\n",
		"· after: waived: own.e", "· after: for you: own.tell: seen own.tell\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"mend own.a", "mend own.e", "blocks"} {
		if strings.Contains(got, not) {
			t.Errorf("%q in\n%s", not, got)
		}
	}
}
