package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// begun is a release of which the first stage was started: its tag is there, its
// line has moved on, and it is published.
func begun(s *checks.Snapshot) {
	s.Subject.Stages[0].Started = true
	s.OnLine, s.OwnJobs = checks.Have(true), checks.Have([]int64{70})
	s.Head, s.Stages[0].Head = checks.Have(otherSHA), checks.Have(otherSHA)
	there := checks.Have(checks.RefFact{Exists: true, SHA: s.Subject.SHA})
	s.Stages[0].Tag, s.Stages[0].Claim, s.Stages[0].Release = there, there, there
	for i := range s.Stages[0].Published {
		s.Stages[0].Published[i] = checks.Have(checks.Published{Exists: true})
	}
	tags, _ := s.Versions.Get()
	s.Versions = checks.Have(append(tags, checks.TagName{Name: s.Subject.Tag, Version: s.Subject.Version, SHA: s.Subject.SHA}))
}

// with applies changes after begun.
func with(changes ...func(*checks.Snapshot)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) {
		begun(s)
		for _, c := range changes {
			c(s)
		}
	}
}

func TestResumedLine(t *testing.T) {
	judge(t, "ref.line", []verdictCase{
		{name: "begun", change: with(), want: checks.Pass, says: "is a commit of the release line dev-v2.11"},
		{name: "off the line", change: with(func(s *checks.Snapshot) { s.OnLine = checks.Have(false) }), want: checks.Fail,
			says: "a commit that the line does not have", fix: "find out who made the tag"},
		{name: "not known whether on the line", change: with(func(s *checks.Snapshot) { s.OnLine = checks.Got[bool]{} }), want: checks.Unknown},
		{name: "another stage's branch moved", change: with(func(s *checks.Snapshot) { s.Stages[2].Head = checks.Have(otherSHA) }),
			want: checks.Fail, says: "head of main in quay/images: the branch moved"},
		{name: "the line moved and nothing was started", change: with(func(s *checks.Snapshot) { s.Subject.Stages[0].Started = false }),
			want: checks.Fail, says: "the branch moved"},
		{name: "only another repository was started", change: with(func(s *checks.Snapshot) {
			s.Subject.Stages[0].Started, s.Subject.Stages[1].Started = false, true
		}), want: checks.Fail, says: "the branch moved"},
	})
}

func TestResumedTag(t *testing.T) {
	judge(t, "tag.free", []verdictCase{
		{name: "begun", change: with(), want: checks.Pass,
			says: "nothing of 2.11.6 but what this release has started", shows: "claimed by this release at 4f2c9ab"},
		{name: "there, and not this release's", change: with(func(s *checks.Snapshot) { s.Subject.Stages[0].Started = false }),
			want: checks.Fail, says: "exists already"},
		{name: "another stage's tag is there", change: with(func(s *checks.Snapshot) {
			s.Stages[2].Tag = checks.Have(checks.RefFact{Exists: true, SHA: otherSHA})
		}), want: checks.Fail, says: "exists already"},
	})
	judge(t, "tag.version", []verdictCase{
		{name: "begun", change: with(), want: checks.Pass, says: "2.11.6 follows 2.11.5"},
		{name: "the same version at another commit", change: with(func(s *checks.Snapshot) {
			s.Versions = checks.Have([]checks.TagName{{Name: s.Subject.Tag, Version: s.Subject.Version, SHA: otherSHA}})
		}), want: checks.Fail, says: "exists already"},
		{name: "nothing was started", change: with(func(s *checks.Snapshot) { s.Subject.Stages[0].Started = false }),
			want: checks.Fail, says: "exists already"},
	})
}

func TestResumedWorkflows(t *testing.T) {
	disabled := func(s *checks.Snapshot) {
		edit(&s.Stages[0].Workflows[0], func(w *checks.Workflow) { w.State = "disabled_manually" })
	}
	judge(t, "wf.trigger", []verdictCase{
		{name: "begun", change: with(), want: checks.Pass, says: "2 workflows will start; 2 started before",
			shows: "publish.yml in quay/harbour: started before; not started again"},
		{name: "a workflow that is started no more", change: with(disabled), want: checks.Pass},
		{name: "all was begun", change: with(func(s *checks.Snapshot) {
			for i := range s.Subject.Stages {
				s.Subject.Stages[i].Started = true
			}
		}), want: checks.Pass, says: "4 workflows started before, and none is left"},
		{name: "what is left can not start", change: with(func(s *checks.Snapshot) {
			edit(&s.Stages[1].Workflows[0], func(w *checks.Workflow) { w.State = "disabled_manually" })
		}), want: checks.Fail},
	})
}

// What the release started itself says nothing about the tests of its commit, and
// everything else does.
func TestResumedCI(t *testing.T) {
	withID := func(id int64, r checks.CIRun) func(*checks.Snapshot) {
		r.ID = id
		return addRuns(r)
	}
	waits := run("Publish on PyPI", "waiting", "")
	failed := run("Publish on PyPI", "completed", "failure")
	judge(t, "ci.green", []verdictCase{
		{name: "its gate waits", change: with(withID(70, waits)), want: checks.Pass,
			says: "4 check runs green", shows: "Publish on PyPI: started by this release, not counted"},
		{name: "its job failed", change: with(withID(70, failed)), want: checks.Pass, says: "4 check runs green"},
		{name: "of another job, or filed under its suite, whatever its name", change: with(withID(71, waits)), want: checks.Fail,
			says: "1 of 5", shows: "Publish on PyPI: not finished"},
		{name: "without an ID", change: with(withID(0, failed)), want: checks.Fail},
		{name: "without an ID, and a job that has none", change: with(func(s *checks.Snapshot) {
			s.OwnJobs = checks.Have([]int64{0})
		}, withID(0, failed)), want: checks.Fail},
		{name: "nothing was started", change: with(withID(70, failed), func(s *checks.Snapshot) {
			s.Subject.Stages[0].Started = false
		}), want: checks.Fail},
		{name: "its success is no test", change: with(onlyRuns(), withID(70, run("Publish", "completed", "success"))),
			want: checks.Fail, says: "no CI ran on this commit"},
		{name: "its success is not what is required", change: with(withID(70, run("Sign-off", "completed", "success")),
			withRules(func(r *checks.BranchRules) { r.RequiredChecks = required("Sign-off") })),
			want: checks.Fail, says: "Sign-off: required, and did not run"},
		{name: "its runs can not be read", change: with(withID(70, failed), func(s *checks.Snapshot) {
			s.OwnJobs = checks.Lack[[]int64](checks.Missing{Why: text.Clean("GitHub answered 502"), Next: checks.TryAgain})
		}), want: checks.Unknown, says: "the runs that this release started: GitHub answered 502", fix: "check again"},
	})
}
