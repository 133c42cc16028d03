package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks/text"
)

// ciGreen asks whether CI tested exactly this commit and found nothing. It can
// not be waived: a test that may be red is no test.
func ciGreen() Check {
	return Check{
		ID:    "ci.green",
		Title: "CI is green",
		Why:   "A release must be the commit that CI tested, and no other.",
		Looks: "Every check run and commit status of the very commit: all have to be finished, none may have failed, and " +
			"something has to have run. A required check that did not run fails, too.",
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
	what := text.Cleanf("CI of %s", short(s.Subject.SHA))
	ci, ok := s.CI.Get()
	switch {
	case !ok:
		t.lack(what, s.CI.Missing())
		return t.result(text.Safe{})
	case ci.SHA == "", ci.SHA != s.Subject.SHA:
		t.add(Evidence{What: what, Outcome: Fail,
			Saw: text.Cleanf("what was read is of another commit, %s", short(ci.SHA))}, "check again")
		return t.result(text.Safe{})
	}
	if s.Subject.Started() {
		own, ok := s.OwnJobs.Get()
		if !ok {
			t.lack(text.Clean("the runs that this release started"), s.OwnJobs.Missing())
			return t.result(text.Safe{})
		}
		ci.Runs = setApart(&t, ci.Runs, own)
	}
	red := judgeRuns(&t, ci, s.Taken)
	judgeRequiredRan(&t, s.Rules, ci)
	r := t.result(text.Cleanf("%s green on %s", counted(ci.Runs), short(ci.SHA)))
	if red > 0 {
		r.Summary = text.Cleanf("%d of %s not green on %s", red, counted(ci.Runs), short(ci.SHA))
	}
	return r
}

// counted says how many check runs and how many statuses there are.
func counted(runs []CIRun) string {
	statuses := 0
	for _, run := range runs {
		if run.Posted {
			statuses++
		}
	}
	var words []string
	if n := len(runs) - statuses; n > 0 || statuses == 0 {
		words = append(words, plural(n, "check run"))
	}
	if statuses == 1 {
		words = append(words, "1 status")
	} else if statuses > 1 {
		words = append(words, fmt.Sprintf("%d statuses", statuses))
	}
	return strings.Join(words, " and ")
}

// setApart gives the runs without the release's own jobs, which it names: a release
// that waits for its gate, or of which a job failed, says nothing about the tests of
// its commit. Only the ID tells: a name or an address is what its author made it, and
// GitHub files under the check suite of a run also what others report with its token.
func setApart(t *tally, runs []CIRun, jobs []int64) []CIRun {
	var rest []CIRun
	for _, run := range runs {
		if run.ID == 0 || !slices.Contains(jobs, run.ID) {
			rest = append(rest, run)
			continue
		}
		t.add(Evidence{What: run.title(), Saw: text.Clean("started by this release, not counted"),
			Outcome: NotApplicable, URL: run.URL}, "")
	}
	return rest
}

// title is what people call the run.
func (run CIRun) title() text.Safe {
	if run.Name.IsZero() {
		return text.Clean("a check run without a name")
	}
	return run.Name
}

// judgeRuns looks at all that ran and counts what is not green. Skipped and
// neutral are as GitHub takes them, no objection; but when nothing succeeded,
// nothing was tested.
func judgeRuns(t *tally, ci CI, now time.Time) (red int) {
	// What failed comes before what still runs: waiting would not mend it.
	failedFirst := slices.SortedStableFunc(slices.Values(ci.Runs), func(a, b CIRun) int {
		return cmp.Compare(pending(a), pending(b))
	})
	tested := false
	for _, run := range failedFirst {
		e := Evidence{What: run.title(), URL: run.URL}
		var fix string
		e.Outcome, e.Saw, fix = judgeRun(run, now)
		t.add(e, fix)
		tested = tested || run.Conclusion == "success"
		if e.Outcome != Pass {
			red++
		}
	}
	const fix = "let CI run on this commit, or release one that it ran on"
	what := text.Cleanf("CI of %s", short(ci.SHA))
	switch {
	case len(ci.Runs) == 0:
		t.add(Evidence{What: what, Saw: text.Clean("no CI ran on this commit"), Outcome: Fail}, fix)
	case !tested && red == 0:
		t.add(Evidence{What: what, Saw: text.Clean("everything was skipped: nothing tested this commit"), Outcome: Fail}, fix)
	}
	return red
}

// pending is 1 for what has not finished.
func pending(run CIRun) int {
	if run.Status == "completed" {
		return 0
	}
	return 1
}

// judgeRun judges one check run or status by its conclusion. A word that GitHub
// may add one day is not green.
func judgeRun(run CIRun, now time.Time) (o Outcome, saw text.Safe, fix string) {
	switch {
	case run.Status == "":
		return Fail, text.Clean("of unknown status"), ""
	case run.Status != "completed":
		return Fail, text.Cleanf("not finished: %s%s", run.Status, ago(run.Started, now)),
			"wait until CI has finished, then check again"
	}
	when := ago(run.Completed, now)
	switch run.Conclusion {
	case "success", "neutral", "skipped":
		return Pass, text.Cleanf("%s%s", run.Conclusion, when), ""
	case "":
		return Fail, text.Clean("finished without a conclusion"), ""
	case "action_required":
		return Fail, text.Cleanf("waits for someone to act%s", when), "open it and do what it asks for, then check again"
	}
	return Fail, text.Cleanf("%s%s", run.Conclusion, when), ""
}

// ago says how long before now something was, after a comma; it says nothing of a
// time that is not known.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < time.Minute:
		return ", just now"
	case d < time.Hour:
		return ", " + plural(int(d.Minutes()), "minute") + " ago"
	case d < 48*time.Hour:
		return ", " + plural(int(d.Hours()), "hour") + " ago"
	}
	return ", " + plural(int(d.Hours()/24), "day") + " ago"
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
	for _, required := range r.RequiredChecks {
		want := text.Clean(required.Name)
		if !slices.ContainsFunc(ci.Runs, func(run CIRun) bool { return run.Name == want }) {
			t.add(Evidence{What: want, Saw: text.Clean("required, and did not run on this commit"), Outcome: Fail, URL: r.URL},
				"start the required check on this commit, or release one that it ran on")
		}
	}
}
