package checks_test

import (
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// addRuns adds check runs to the clean snapshot.
func addRuns(runs ...checks.CIRun) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { edit(&s.CI, func(ci *checks.CI) { ci.Runs = append(ci.Runs, runs...) }) }
}

// onlyRuns takes all check runs but these away, and what is required with them.
func onlyRuns(runs ...checks.CIRun) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		edit(&s.CI, func(ci *checks.CI) { ci.Runs = runs })
		edit(&s.Rules, func(r *checks.BranchRules) { r.RequiredChecks = nil })
	}
}

// withRules changes the branch's rules.
func withRules(change func(*checks.BranchRules)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { edit(&s.Rules, change) }
}

// posted is a commit status.
func posted(name, conclusion string) checks.CIRun {
	r := run(name, "completed", conclusion)
	r.Posted = true
	return r
}

// TestCIGreen is about what ran on the commit.
func TestCIGreen(t *testing.T) {
	cases := []verdictCase{
		{name: "clean", want: checks.Pass, says: "4 check runs green on 4f2c9ab",
			shows: "docs/preview: skipped"},
		{name: "one run", change: onlyRuns(run("Test", "completed", "success")), want: checks.Pass, says: "1 check run green"},

		{name: "a run and a status", change: onlyRuns(run("Test", "completed", "success"), posted("ext", "success")), want: checks.Pass,
			says: "1 check run and 1 status green on 4f2c9ab"},
		{name: "statuses alone", change: onlyRuns(posted("a", "success"), posted("b", "success")), want: checks.Pass,
			says: "2 statuses green on 4f2c9ab"},
		{name: "a red status", change: addRuns(posted("ext", "failure")), want: checks.Fail,
			says: "1 of 4 check runs and 1 status not green"},

		{name: "queued", change: addRuns(run("Slow", "queued", "")), want: checks.Fail, says: "1 of 5 check runs not green on 4f2c9ab", shows: "Slow: not finished: queued", fix: "wait until"},
		{name: "running", change: addRuns(run("Slow", "in_progress", "")), want: checks.Fail, shows: "Slow: not finished", fix: "wait until"},
		{name: "running again after a success", change: addRuns(run("Slow", "in_progress", "success")), want: checks.Fail},
		{name: "pending status", change: addRuns(run("ext/status", "pending", "")), want: checks.Fail, shows: "ext/status: not finished: pending"},
		{name: "no status", change: addRuns(run("Odd", "", "success")), want: checks.Fail, shows: "Odd: of unknown status"},
		{name: "finished without a conclusion", change: addRuns(run("Odd", "completed", "")), want: checks.Fail,
			shows: "without a conclusion"},
		{name: "two of six", change: addRuns(run("Slow", "in_progress", ""), run("Test / Pytest (7)", "completed", "failure")),
			want: checks.Fail, says: "2 of 6 check runs not green", shows: "Test / Pytest (7): failure", fix: "re-run the failed job"},
		{name: "same name, one failed", change: addRuns(run("Lint", "completed", "failure")), want: checks.Fail},
		{name: "waits for someone", change: addRuns(run("Odd", "completed", "action_required")), want: checks.Fail, shows: "waits for someone", fix: "do what it asks for"},

		{name: "nothing ran", change: onlyRuns(), want: checks.Fail, says: "no CI ran on this commit", fix: "let CI run"},
		{name: "everything skipped", change: onlyRuns(run("a", "completed", "skipped"), run("b", "completed", "neutral")),
			want: checks.Fail, says: "nothing tested this commit"},
		{name: "another commit", change: func(s *checks.Snapshot) { edit(&s.CI, func(ci *checks.CI) { ci.SHA = otherSHA }) },
			want: checks.Fail, says: "of another commit, badbadb"},
		{name: "no commit", change: func(s *checks.Snapshot) { edit(&s.CI, func(ci *checks.CI) { ci.SHA = "" }) }, want: checks.Fail},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.CI, "checks: read") }, want: checks.Unknown,
			says: "CI of 4f2c9ab: GitHub answered 403", fix: "twokey needs checks: read"},
	}
	// Everything that GitHub may conclude but what it takes as no objection, and a
	// word that it does not have yet.
	for _, c := range []string{"failure", "cancelled", "timed_out", "stale", "startup_failure", "error", "Success", "passed"} {
		cases = append(cases, verdictCase{name: "concluded " + c, change: addRuns(run("Odd", "completed", c)), want: checks.Fail, shows: "Odd: " + c})
	}
	judge(t, "ci.green", cases)
}

// TestCIGreenRequired is about the checks that the branch's rules require.
func TestCIGreenRequired(t *testing.T) {
	judge(t, "ci.green", []verdictCase{
		{name: "required check did not run", change: withRules(func(r *checks.BranchRules) {
			r.RequiredChecks = append(r.RequiredChecks, required("Test / Pytest (8)")...)
		}), want: checks.Fail, says: "Test / Pytest (8): required, and did not run"},
		{name: "required check was skipped", change: withRules(func(r *checks.BranchRules) { r.RequiredChecks = required("docs/preview") }),
			want: checks.Pass},
		{name: "required check of a hostile name", change: func(s *checks.Snapshot) {
			withRules(func(r *checks.BranchRules) { r.RequiredChecks = required("a\u202eb") })(s)
			addRuns(run("a\u202eb", "completed", "success"))(s)
		}, want: checks.Pass},
		{name: "no check is required", change: withRules(func(r *checks.BranchRules) { r.RequiredChecks = nil }), want: checks.Pass},
		{name: "what is required is not all known", change: withRules(func(r *checks.BranchRules) { r.ChecksKnown = false }),
			want: checks.Warn, says: "can not all be seen", fix: "administration: read"},
		{name: "of what is known one did not run", change: withRules(func(r *checks.BranchRules) {
			r.ChecksKnown, r.RequiredChecks = false, required("Sign-off")
		}), want: checks.Fail, says: "Sign-off"},
		{name: "rules hidden", change: func(s *checks.Snapshot) { hide(&s.Rules, "administration: read on quay/harbour") },
			want: checks.Warn, fix: "administration: read on quay/harbour"},
		{name: "reading the rules failed", change: func(s *checks.Snapshot) { hide(&s.Rules, "") }, want: checks.Unknown,
			says: "required checks: GitHub answered 403", fix: "check again"},
		{name: "a failure comes before hidden rules", change: func(s *checks.Snapshot) {
			hide(&s.Rules, "")
			addRuns(run("Odd", "completed", "failure"))(s)
		}, want: checks.Fail, says: "1 of 5", shows: "Odd: failure"},
		{name: "one failed, and a required one did not run", change: func(s *checks.Snapshot) {
			addRuns(run("Odd", "completed", "failure"))(s)
			withRules(func(r *checks.BranchRules) { r.RequiredChecks = required("Sign-off") })(s)
		}, want: checks.Fail, says: "1 of 5 check runs not green", fix: "re-run the failed job", shows: "Sign-off: required"},
	})
}

// TestCIGreenAges holds that a person sees how old an answer is.
func TestCIGreenAges(t *testing.T) {
	for _, tt := range []struct {
		before time.Duration
		want   string
	}{
		{-time.Minute, "failure, just now"}, // the clocks of two machines differ
		{59 * time.Second, "failure, just now"},
		{time.Minute, "failure, 1 minute ago"},
		{59 * time.Minute, "failure, 59 minutes ago"},
		{time.Hour, "failure, 1 hour ago"},
		{47 * time.Hour, "failure, 47 hours ago"},
		{48 * time.Hour, "failure, 2 days ago"},
	} {
		s := clean()
		red := run("Lint", "completed", "failure")
		red.Completed = s.Taken.Add(-tt.before)
		edit(&s.CI, func(ci *checks.CI) { ci.Runs = append(ci.Runs, red) })
		f := checks.Run(find(t, "ci.green"), s)
		if got := f.Evidence[0].Saw.String(); got != tt.want {
			t.Errorf("%v before: %q, want %q", tt.before, got, tt.want)
		}
	}
}

// TestCIGreenLinks holds that a person can open what is red.
func TestCIGreenLinks(t *testing.T) {
	s := clean()
	red := run("Lint", "completed", "failure")
	red.URL = text.Clean("https://github.com/quay/harbour/actions/runs/1/job/2")
	edit(&s.CI, func(ci *checks.CI) { ci.Runs = append(ci.Runs, red) })
	f := checks.Run(find(t, "ci.green"), s)
	if len(f.Evidence) != 5 || f.Evidence[0].URL != red.URL {
		t.Errorf("evidence is %v, want all five runs and the red one first", f.Evidence)
	}
}
