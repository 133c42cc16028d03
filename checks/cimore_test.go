package checks_test

import (
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// ran makes the runs of the commit these.
func ran(runs ...checks.TestRun) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { s.TestRuns = checks.Have(runs) }
}

func TestFresh(t *testing.T) {
	at := func(event, conclusion string, days int) checks.TestRun {
		return checks.TestRun{Workflow: "test.yml", Event: event, Conclusion: conclusion, Created: clean().Taken.AddDate(0, 0, -days)}
	}
	own := at("push", "success", 1)
	own.Workflow = "publish.yml"
	judge(t, "ci.fresh", []verdictCase{
		{name: "clean", want: checks.Pass, says: "test.yml succeeded on the commit itself, by push"},
		{name: "a merge queue", change: ran(at("merge_group", "success", 1)), want: checks.Pass},
		{name: "a pull request alone", change: ran(at("pull_request", "success", 1)), want: checks.Warn,
			says: "a preview of its merge was tested, and not 4f2c9ab", fix: "on a push to the release line"},
		{name: "a push that failed", change: ran(at("pull_request", "success", 1), at("push", "failure", 1)), want: checks.Warn},
		{name: "a push that goes on", change: ran(at("pull_request", "success", 1), at("push", "", 1)), want: checks.Warn},
		{name: "both", change: ran(at("pull_request", "success", 1), at("push", "success", 1)), want: checks.Pass},
		{name: "the release itself is no test", change: ran(own, at("pull_request", "success", 1)), want: checks.Warn},
		{name: "thirty days", change: ran(at("push", "success", 30)), want: checks.Pass},
		{name: "old", change: ran(at("push", "success", 31)), want: checks.Warn, says: "no test is younger: it ran on 2026-07-14, 31 days ago", fix: "again"},
		{name: "old and again", change: ran(at("push", "success", 31), at("schedule", "success", 2)), want: checks.Pass},
		{name: "no run", change: ran(), want: checks.NotApplicable, says: "no workflow of GitHub Actions"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.TestRuns, "actions: read") }, want: checks.Unknown, fix: "actions: read"},
	})
}

func TestRequiredChecks(t *testing.T) {
	of := func(app int64, runs ...checks.CIRun) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			edit(&s.CI, func(ci *checks.CI) { ci.Runs = runs })
			edit(&s.Rules, func(r *checks.BranchRules) { r.RequiredChecks = []checks.RequiredCheck{{Name: "t", App: app}} })
		}
	}
	byApp := func(app int64, conclusion string) checks.CIRun {
		r := run("t", "completed", conclusion)
		r.App = app
		return r
	}
	judge(t, "ci.required", []verdictCase{
		{name: "clean", want: checks.Pass, says: "1 required check ran and succeeded on 4f2c9ab"},
		{name: "none", change: withRules(func(r *checks.BranchRules) { r.RequiredChecks = nil }), want: checks.Warn,
			says: "required checks of dev-v2.11: none", fix: "Require status checks"},
		{name: "none that can be seen", change: withRules(func(r *checks.BranchRules) { r.RequiredChecks, r.ChecksKnown = nil, false }),
			want: checks.Unknown, fix: "administration: read"},
		{name: "did not run", change: of(0, run("other", "completed", "success")), want: checks.Fail, says: "t: required, and did not run"},
		{name: "by its app", change: of(7, byApp(7, "success")), want: checks.Pass},
		{name: "by another app", change: of(7, byApp(8, "success")), want: checks.Fail, says: "another one made a check of this name"},
		{name: "by both", change: of(7, byApp(8, "failure"), byApp(7, "success")), want: checks.Pass},
		{name: "red", change: of(7, byApp(7, "failure")), want: checks.Fail, says: "is not green: completed failure", fix: "re-run"},
		{name: "running", change: of(0, run("t", "in_progress", "")), want: checks.Fail, says: "in_progress"},
		{name: "skipped", change: of(0, byApp(7, "skipped")), want: checks.Warn, says: "GitHub takes that as met"},
		{name: "a status of an unknown app", change: of(7, posted("t", "success")), want: checks.Warn, says: "which app posted it"},
		{name: "a status of any app", change: of(0, posted("t", "success")), want: checks.Pass},
		{name: "another commit", change: func(s *checks.Snapshot) { edit(&s.CI, func(ci *checks.CI) { ci.SHA = otherSHA }) }, want: checks.Fail,
			says: "of another commit"},
	})
}

func TestSigned(t *testing.T) {
	judge(t, "commit.signed", []verdictCase{
		{name: "clean", want: checks.Pass, says: "the signature of 4f2c9ab is verified by GitHub"},
		{name: "unsigned", change: func(s *checks.Snapshot) { s.Signature = checks.Have(checks.Signature{Reason: text.Clean("unsigned")}) },
			want: checks.Warn, says: "no signature that GitHub verified: unsigned", fix: "sign commits"},
		{name: "nothing is said", change: func(s *checks.Snapshot) { s.Signature = checks.Have(checks.Signature{}) }, want: checks.Warn},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Signature, "contents: read") }, want: checks.Unknown, fix: "contents: read"},
	})
}

// testRuns are the runs of the clean snapshot.
func testRuns(taken time.Time) []checks.TestRun {
	return []checks.TestRun{{Workflow: "test.yml", Event: "push", Conclusion: "success", Created: taken.Add(-time.Hour)}}
}
