package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

func TestGateSatisfiable(t *testing.T) {
	gate := func(change func(*checks.Environment)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { edit(&s.Stages[0].Environments[0], change) }
	}
	people := func(e *checks.Environment, names ...string) {
		e.Reviewers = nil
		for _, n := range names {
			e.Reviewers = append(e.Reviewers, checks.Reviewer{Name: text.Clean(n)})
		}
	}
	team := checks.Reviewer{Name: text.Clean("pilots"), Team: true}
	judge(t, "gate.satisfiable", []verdictCase{
		{name: "clean", want: checks.Pass, says: "pypi in quay/harbour: ines may approve; mara, who releases, may not"},
		{name: "the releaser may, too", change: gate(func(e *checks.Environment) { e.PreventSelfReview = false }), want: checks.Pass,
			says: "ines may approve, and so may mara, who releases"},
		{name: "someone else alone", change: gate(func(e *checks.Environment) { people(e, "ines") }), want: checks.Pass},
		{name: "two others", change: gate(func(e *checks.Environment) { people(e, "ines", "tom") }), want: checks.Pass,
			shows: "ines, tom may approve"},
		{name: "a team alone", change: gate(func(e *checks.Environment) { e.Reviewers = []checks.Reviewer{team} }), want: checks.Pass,
			shows: "team pilots may approve; who is in it was not looked at"},
		{name: "the releaser and a team", change: gate(func(e *checks.Environment) {
			people(e, "mara")
			e.Reviewers = append(e.Reviewers, team)
		}), want: checks.Pass, shows: "who is in it"},
		{name: "a team called like the releaser", change: gate(func(e *checks.Environment) {
			e.Reviewers = []checks.Reviewer{{Name: text.Clean("mara"), Team: true}}
		}), want: checks.Pass, shows: "team mara"},

		{name: "the releaser alone, who may not", change: gate(func(e *checks.Environment) { people(e, "mara") }), want: checks.Fail,
			says: "only mara may approve, and not their own release", fix: "second reviewer"},
		{name: "the releaser alone, in another case", change: gate(func(e *checks.Environment) { people(e, "Mara") }), want: checks.Fail},
		{name: "the releaser alone, whom administrators may pass by", change: gate(func(e *checks.Environment) {
			people(e, "mara")
			e.AdminsBypass = true
		}), want: checks.Fail, says: "administrators may bypass it"},
		{name: "the releaser alone, who may", change: gate(func(e *checks.Environment) {
			people(e, "mara")
			e.PreventSelfReview = false
		}), want: checks.Warn, says: "only mara may approve, their own release"},

		{name: "nobody has to approve", change: gate(func(e *checks.Environment) { people(e) }), want: checks.Pass,
			shows: "nobody has to approve"},
		{name: "a wait and a bypass", change: gate(func(e *checks.Environment) { e.WaitMinutes, e.AdminsBypass = 30, true }),
			want: checks.Pass, shows: "may not; waits 30 min; administrators may bypass it"},
		{name: "does not exist", change: gate(func(e *checks.Environment) { *e = checks.Environment{Name: e.Name} }), want: checks.Warn,
			says: "GitHub makes it on first use", fix: "create the environment"},

		{name: "no environment", change: func(s *checks.Snapshot) { s.Stages[0].Environments = []checks.Got[checks.Environment]{} },
			want: checks.NotApplicable, says: "no workflow of the plan uses an environment"},
		{name: "environments of one stage not read", change: func(s *checks.Snapshot) { s.Stages[1].Environments = nil },
			want: checks.Unknown, says: "environments of quay/packaging: it was not read"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Environments[0], "actions: read on quay/harbour") },
			want: checks.Unknown, fix: "twokey needs actions: read"},
		{name: "the releaser is not known", change: func(s *checks.Snapshot) { hide(&s.Viewer, "a token") }, want: checks.Unknown,
			says: "who is releasing", fix: "twokey needs a token"},
		{name: "the releaser is not known, and nobody has to approve", change: func(s *checks.Snapshot) {
			hide(&s.Viewer, "a token")
			gate(func(e *checks.Environment) { people(e) })(s)
		}, want: checks.Pass},
		{name: "two gates", change: func(s *checks.Snapshot) {
			s.Stages[2].Environments = append(s.Stages[2].Environments, s.Stages[0].Environments[0])
		}, want: checks.Pass, says: "each of 2 environments can be met"},
		{name: "two gates, one that can not be met", change: func(s *checks.Snapshot) {
			bad := checks.Environment{Name: text.Clean("docker"), Exists: true, PreventSelfReview: true}
			people(&bad, "mara")
			s.Stages[2].Environments = append(s.Stages[2].Environments, checks.Have(bad))
		}, want: checks.Fail, says: "docker in quay/images"},
	})
}
