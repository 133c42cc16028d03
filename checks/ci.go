package checks

import (
	"slices"

	"twokey/checks/text"
)

// ciGreen asks whether CI tested exactly this commit and found nothing. It can
// not be waived: a test that may be red is no test.
func ciGreen() Check {
	return Check{
		ID:       "ci.green",
		Title:    "CI is green on this commit",
		Why:      "a release must be the commit that CI tested, and no other",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   "re-run the failed job, or release a commit that is green",
		Needs:    []Part{PartCI, PartRules},
		Judge:    judgeCI,
		NoWaiver: true,
	}
}

func judgeCI(s *Snapshot) Result {
	var t tally
	ci, ok := s.CI.Get()
	switch {
	case !ok:
		t.lack(text.Cleanf("CI of %s", short(s.Subject.SHA)), s.CI.Missing())
	case ci.SHA != s.Subject.SHA:
		t.add(Evidence{What: text.Cleanf("CI of %s", short(s.Subject.SHA)), Outcome: Fail,
			Saw: text.Cleanf("what was read is of another commit, %s", short(ci.SHA))}, "check again")
	default:
		judgeRuns(&t, ci)
		judgeRequiredRan(&t, s.Rules, ci)
	}
	if ok && ci.SHA == s.Subject.SHA && len(ci.Runs) == 1 {
		return t.result(text.Cleanf("the one check run or status of %s is green", short(ci.SHA)))
	}
	return t.result(text.Cleanf("all %d check runs and statuses of %s are green", len(ci.Runs), short(ci.SHA)))
}

// judgeRuns looks at all that ran. Skipped and neutral are as GitHub takes them,
// no objection; but when nothing succeeded, nothing was tested.
func judgeRuns(t *tally, ci CI) {
	tested := false
	for _, run := range ci.Runs {
		e := Evidence{What: run.Name, URL: run.URL}
		var fix string
		e.Outcome, e.Saw, fix = judgeRun(run)
		tested = tested || run.Conclusion == "success" || e.Outcome != Pass
		t.add(e, fix)
	}
	what := text.Cleanf("CI of %s", short(ci.SHA))
	switch {
	case len(ci.Runs) == 0:
		t.add(Evidence{What: what, Saw: text.Clean("no CI ran on this commit"), Outcome: Fail},
			"let CI run on this commit, or release one that it ran on")
	case !tested:
		t.add(Evidence{What: what, Saw: text.Clean("everything was skipped: nothing tested this commit"), Outcome: Fail},
			"let CI run on this commit, or release one that it ran on")
	}
}

// judgeRun judges one check run or status by its conclusion. A word that GitHub
// may add one day is not green.
func judgeRun(run CIRun) (o Outcome, saw text.Safe, fix string) {
	if run.Status != "completed" {
		status := run.Status
		if status == "" {
			status = "of unknown status"
		}
		return Fail, text.Cleanf("not finished: %s", status), "wait until CI has finished, then check again"
	}
	switch run.Conclusion {
	case "success", "neutral", "skipped":
		return Pass, text.Clean(run.Conclusion), ""
	case "":
		return Fail, text.Clean("finished without a conclusion"), ""
	case "action_required":
		return Fail, text.Clean("waits for someone to act"), "open it and do what it asks for, then check again"
	}
	return Fail, text.Clean(run.Conclusion), ""
}

// judgeRequiredRan looks for required checks that did not run at all; those that
// ran were judged with the rest. When this token can not be shown which ones are
// required, all that ran being green is a warning and no more: the rules hold for
// changes to the branch, and the branch has this commit. A reading that failed is
// unknown, as everywhere.
func judgeRequiredRan(t *tally, rules Got[BranchRules], ci CI) {
	what := text.Clean("required checks")
	r, ok := rules.Get()
	missing := rules.Missing()
	switch {
	case !ok && missing.Needs == "":
		t.lack(what, missing)
	case !ok, !r.ChecksKnown:
		needs := missing.Needs
		if needs == "" {
			needs = "administration: read"
		}
		t.add(Evidence{What: what, Saw: text.Clean("can not all be seen; one that did not run would not be missed"),
			Outcome: Warn, URL: r.URL}, "compare with the branch's settings, or give the token "+needs)
	}
	for _, name := range r.RequiredChecks {
		want := text.Clean(name)
		if !slices.ContainsFunc(ci.Runs, func(run CIRun) bool { return run.Name == want }) {
			t.add(Evidence{What: want, Saw: text.Clean("required, and did not run on this commit"), Outcome: Fail, URL: r.URL},
				"start the required check on this commit, or release one that it ran on")
		}
	}
}
