package checks_test

import (
	"testing"

	"twokey/checks"
)

func TestRefLine(t *testing.T) {
	subject := func(change func(*checks.Subject)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { change(&s.Subject) }
	}
	judge(t, "ref.line", []verdictCase{
		{name: "clean", want: checks.Pass, says: "4f2c9ab is the head of the release line dev-v2.11",
			shows: "head of main in quay/images: c0ffee1"},
		{name: "one literal line", change: func(s *checks.Snapshot) {
			s.Subject.Line, s.Subject.LinePattern, s.Subject.LineExpected = "main", "main", "main"
			s.Subject.Stages[0].Branch = "main"
		}, want: checks.Pass, says: "release line main"},

		{name: "another line", change: subject(func(s *checks.Subject) { s.Line = "dev-v2.10" }), want: checks.Fail,
			says: "2.11.6 is released from dev-v2.11", fix: "--line dev-v2.11"},
		{name: "a topic branch", change: subject(func(s *checks.Subject) { s.Line = "fix-tests" }), want: checks.Fail},
		{name: "a name that only begins alike", change: subject(func(s *checks.Subject) { s.Line = "dev-v2.110" }), want: checks.Fail},
		{name: "another case", change: subject(func(s *checks.Subject) { s.Line = "Dev-v2.11" }), want: checks.Fail},
		{name: "not the one literal line", change: subject(func(s *checks.Subject) {
			s.LinePattern, s.LineExpected = "main", "main"
		}), want: checks.Fail, says: "released from main"},
		{name: "no pattern", change: subject(func(s *checks.Subject) { s.LinePattern, s.LineExpected = "", "" }),
			want: checks.Unknown, says: "does not say which branches", fix: "lines: main"},
		{name: "pattern that fits no version", change: subject(func(s *checks.Subject) { s.LineExpected = "" }), want: checks.Unknown},

		{name: "branch moved", change: func(s *checks.Snapshot) { s.Head = checks.Have(otherSHA) }, want: checks.Fail,
			says: "the branch moved: it is at badbadb now, and 4f2c9ab was chosen", fix: "plan the release again"},
		{name: "branch gone", change: func(s *checks.Snapshot) { s.Head = checks.Have("") }, want: checks.Fail},
		{name: "branch of another stage moved", change: func(s *checks.Snapshot) { s.Stages[2].Head = checks.Have(otherSHA) },
			want: checks.Fail, says: "head of main in quay/images: the branch moved"},
		{name: "stage without a commit", change: subject(func(s *checks.Subject) { s.Stages[1].SHA = "" }), want: checks.Unknown,
			says: "names no commit"},
		{name: "nothing was chosen and nothing is there", change: func(s *checks.Snapshot) {
			s.Subject.SHA, s.Head = "", checks.Have("")
		}, want: checks.Unknown},
		{name: "head hidden", change: func(s *checks.Snapshot) { hide(&s.Head, "contents: read") }, want: checks.Unknown,
			fix: "twokey needs contents: read"},
		{name: "head of a stage hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[1].Head, "") }, want: checks.Unknown,
			says: "head of main in quay/packaging", fix: "check again"},
		{name: "two stages of one repository at two commits", change: func(s *checks.Snapshot) {
			s.Subject.Stages[0].SHA = otherSHA
		}, want: checks.Fail, says: "head of dev-v2.11 in quay/harbour: the branch moved"},
	})
}
