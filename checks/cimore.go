package checks

import (
	"slices"
	"time"

	"twokey/checks/text"
)

// staleAfter is how long ago a test may have been that still tells of today.
const staleAfter = 30 * 24 * time.Hour

// TestRun is a run of a workflow on the commit that is judged.
type TestRun struct {
	Workflow   string // the file
	Event      string
	Conclusion string // empty while it goes on
	Created    time.Time
	URL        text.Safe
}

// Signature is what GitHub made of a commit's signature.
type Signature struct {
	Verified bool
	Reason   text.Safe // GitHub's word, such as unsigned
	URL      text.Safe
}

// ciFresh asks whether the tests ran on the commit itself, and not long ago.
func ciFresh() Check {
	return Check{
		ID:       "ci.fresh",
		Title:    "Tests ran on this very commit",
		Why:      "A pull request is tested as it would be when merged then, which is other code than the commit that is released.",
		Looks:    "The workflow runs of the very commit and by what each was started. It warns where only pull requests were tested, and where the last test is more than 30 days old.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "run the tests on this commit: let the workflow start on a push to the release line, or dispatch it there",
		Needs:    []Part{PartTestRuns},
		Judge:    judgeFresh,
	}
}

func judgeFresh(s *Snapshot) Result {
	var t tally
	runs, ok := s.TestRuns.Get()
	if !ok {
		t.lack(text.Cleanf("workflow runs of %s", short(s.Subject.SHA)), s.TestRuns.Missing())
		return t.result(text.Safe{})
	}
	var last, preview TestRun
	for _, r := range runs {
		switch {
		case r.Conclusion != "success" || releases(s.Subject, r.Workflow):
		case slices.Contains([]string{"push", "merge_group", "workflow_dispatch", "schedule"}, r.Event):
			if !r.Created.Before(last.Created) {
				last = r
			}
		case r.Event == "pull_request" || r.Event == "pull_request_target":
			preview = r
		}
	}
	switch {
	case last.Workflow != "" && s.Taken.Sub(last.Created) > staleAfter:
		t.add(Evidence{What: text.Clean(last.Workflow), Outcome: Warn, URL: last.URL,
			Saw: text.Cleanf("no test is younger: it ran on %s%s", day(last.Created), ago(last.Created, s.Taken))},
			"run the tests again: what they install and call has changed since")
	case last.Workflow != "":
		t.pass(text.Clean(last.Workflow), text.Cleanf("succeeded on the commit itself, by %s%s", last.Event, ago(last.Created, s.Taken)), last.URL)
	case preview.Workflow != "":
		t.add(Evidence{What: text.Clean(preview.Workflow), Outcome: Warn, URL: preview.URL,
			Saw: text.Cleanf("ran for a pull request alone: a preview of its merge was tested, and not %s", short(s.Subject.SHA))}, "")
	default:
		return Result{Outcome: NotApplicable, Summary: text.Clean("no workflow of GitHub Actions tested this commit; see ci.green")}
	}
	return t.result(text.Cleanf("%s %s", t.seen[0].What, t.seen[0].Saw))
}

// releases tells whether a workflow of the released repository is one that the plan
// starts: what it did is no test.
func releases(sub Subject, file string) bool {
	return slices.ContainsFunc(sub.Stages, func(st SubjectStage) bool {
		return st.Repo == sub.Repo && slices.Contains(st.Workflows, file)
	})
}

// ciRequired asks whether the branch requires checks, and whether each ran here.
func ciRequired() Check {
	return Check{
		ID:       "ci.required",
		Title:    "Required checks are there and green",
		Why:      "Where no check is required, a change that stops the tests from running looks as green as any.",
		Looks:    "The checks that the release line requires, and what ran under their names, by their apps, on the very commit. Skipped is a warning, and so is a line that requires none.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "require the tests by name in the branch's ruleset: Settings, Rules, Rulesets, Require status checks to pass",
		Needs:    []Part{PartCI, PartRules},
		Judge:    judgeRequiredChecks,
	}
}

func judgeRequiredChecks(s *Snapshot) Result {
	var t tally
	ci, ok := s.CI.Get()
	if !ok {
		t.lack(text.Cleanf("CI of %s", short(s.Subject.SHA)), s.CI.Missing())
	}
	rules, known := s.Rules.Get()
	if !known {
		t.lack(text.Cleanf("rules of %s", s.Subject.Line), s.Rules.Missing())
	}
	if !ok || !known {
		return t.result(text.Safe{})
	}
	if ci.SHA == "" || ci.SHA != s.Subject.SHA {
		t.add(Evidence{What: text.Clean("CI"), Saw: text.Cleanf("what was read is of another commit, %s", short(ci.SHA)), Outcome: Fail}, "check again")
	}
	for _, c := range rules.RequiredChecks {
		judgeOneRequired(&t, ci, c, rules.URL)
	}
	switch {
	case len(rules.RequiredChecks) > 0:
	case rules.ChecksKnown:
		t.add(Evidence{What: text.Cleanf("required checks of %s", s.Subject.Line), Saw: text.Clean("none"), Outcome: Warn, URL: rules.URL}, "")
	default:
		hiddenRule(&t, rules, "required checks")
	}
	return t.result(text.Cleanf("%s ran and succeeded on %s", plural(len(names(rules.RequiredChecks)), "required check"), short(ci.SHA)))
}

// judgeOneRequired looks for what a check's name and app ran.
func judgeOneRequired(t *tally, ci CI, c RequiredCheck, url text.Safe) {
	want := text.Clean(c.Name)
	e := Evidence{What: want, URL: url, Outcome: Fail, Saw: text.Clean("required, and did not run on this commit")}
	fix := "start the required check on this commit, or release one that it ran on"
	var others bool
	for _, run := range ci.Runs {
		if run.Name != want {
			continue
		}
		if c.App != 0 && !run.Posted && run.App != c.App {
			others = true
			continue
		}
		e.URL = run.URL
		switch {
		case run.Conclusion != "success" || run.Status != "completed":
			e.Saw, e.Outcome = text.Cleanf("required, and is not green: %s %s", run.Status, run.Conclusion), Fail
			if run.Conclusion == "skipped" || run.Conclusion == "neutral" {
				e.Saw, e.Outcome = text.Cleanf("required, and %s: GitHub takes that as met, though nothing was tested", run.Conclusion), Warn
			}
			t.add(e, "see why it did not succeed, then re-run it")
			return
		case c.App != 0 && run.Posted:
			e.Saw, e.Outcome = text.Clean("success, as a status; which app posted it was not looked at"), Warn
			fix = "see on the commit's page who posted the status"
		default:
			e.Saw, e.Outcome, fix = text.Clean("success"), Pass, ""
		}
	}
	if e.Outcome == Fail && others {
		e.Saw = text.Clean("required of one app, and another one made a check of this name")
	}
	t.add(e, fix)
}

// commitSigned says whether the released commit is signed. It is for information: a
// signature tells who made a commit, and not whether it is good.
func commitSigned() Check {
	return Check{
		ID:       "commit.signed",
		Title:    "The released commit is signed",
		Why:      "The author that a commit names is whatever its author wrote; a verified signature says who made it.",
		Looks:    "What GitHub says of the signature of the commit that is released, with its reason where it could not be verified.",
		Factor:   People,
		Severity: SeverityInfo,
		Remedy:   "sign commits, or let GitHub make the merge commit, which it signs; a ruleset can require signatures",
		Needs:    []Part{PartSignature},
		Judge: func(s *Snapshot) Result {
			var t tally
			what := text.Cleanf("commit %s", short(s.Subject.SHA))
			sig, ok := s.Signature.Get()
			switch {
			case !ok:
				t.lack(what, s.Signature.Missing())
			case sig.Verified:
				t.pass(what, text.Clean("its signature is verified by GitHub"), sig.URL)
			default:
				reason := sig.Reason
				if reason.IsZero() {
					reason = text.Clean("no reason given")
				}
				t.add(Evidence{What: what, Saw: text.Cleanf("has no signature that GitHub verified: %s", reason), Outcome: Warn, URL: sig.URL}, "")
			}
			return t.result(text.Cleanf("the signature of %s is verified by GitHub", short(s.Subject.SHA)))
		},
	}
}
