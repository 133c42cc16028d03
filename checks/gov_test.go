package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// gate changes the one gate of the clean snapshot.
func gate(change func(*checks.Environment)) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { edit(&s.Stages[0].Environments[0], change) }
}

// oneGate is a table of cases in which the first stage alone has a gate.
func oneGate(cases []verdictCase) []verdictCase {
	for i, c := range cases {
		cases[i].change = func(s *checks.Snapshot) {
			for k := 1; k < len(s.Stages); k++ {
				s.Stages[k].Environments = []checks.Got[checks.Environment]{}
			}
			if c.change != nil {
				c.change(s)
			}
		}
	}
	return cases
}

// people makes named people a gate's reviewers.
func people(e *checks.Environment, names ...string) {
	e.Reviewers = nil
	for _, n := range names {
		e.Reviewers = append(e.Reviewers, checks.Reviewer{Name: text.Clean(n)})
	}
}

// TestGateReviewers is about who may approve, and who is releasing.
func TestGateReviewers(t *testing.T) {
	team := checks.Reviewer{Name: text.Clean("pilots"), Team: true}
	judge(t, "gov.satisfiable", oneGate([]verdictCase{
		{name: "clean", want: checks.Pass, says: "pypi in quay/harbour: ines may approve; mara, who releases, may not"},
		{name: "the releaser may, too", change: gate(func(e *checks.Environment) { e.PreventSelfReview = false }), want: checks.Pass,
			says: "ines may approve, and so may mara, who releases"},
		{name: "someone else alone", change: gate(func(e *checks.Environment) { people(e, "ines") }), want: checks.Pass},
		{name: "two others", change: gate(func(e *checks.Environment) { people(e, "ines", "tom") }), want: checks.Pass,
			shows: "ines, tom may approve"},
		{name: "a team alone", change: gate(func(e *checks.Environment) { e.Reviewers = []checks.Reviewer{team} }), want: checks.Warn,
			says: "team pilots may approve; who is in it was not looked at", fix: "somebody besides you"},
		{name: "the releaser and a team", change: gate(func(e *checks.Environment) {
			people(e, "mara")
			e.Reviewers = append(e.Reviewers, team)
		}), want: checks.Warn, says: "who is in it"},
		{name: "someone else and a team", change: gate(func(e *checks.Environment) { e.Reviewers = append(e.Reviewers, team) }),
			want: checks.Pass, says: "ines, team pilots may approve; mara, who releases, may not"},
		{name: "a team called like the releaser", change: gate(func(e *checks.Environment) {
			e.Reviewers = []checks.Reviewer{{Name: text.Clean("mara"), Team: true}}
		}), want: checks.Warn, says: "team mara"},

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
		{name: "the releaser is not known", change: func(s *checks.Snapshot) { hide(&s.Viewer, "a token") }, want: checks.Unknown,
			says: "who is releasing", fix: "twokey needs a token"},
		{name: "the releaser is nobody", change: func(s *checks.Snapshot) { s.Viewer = checks.Have(checks.Viewer{}) }, want: checks.Unknown,
			says: "who is releasing: nobody is logged in", fix: "gh auth login"},
		{name: "the releaser is not known, and nobody has to approve", change: func(s *checks.Snapshot) {
			hide(&s.Viewer, "a token")
			gate(func(e *checks.Environment) { people(e) })(s)
		}, want: checks.Pass},
	}))
}

// TestGateEnvironments is about which gates there are, and what else they ask for.
func TestGateEnvironments(t *testing.T) {
	judge(t, "gov.satisfiable", oneGate([]verdictCase{
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
		{name: "no environment is read of any stage", change: func(s *checks.Snapshot) {
			for i := range s.Stages {
				s.Stages[i].Environments = nil
			}
		}, want: checks.Unknown, says: "(and 2 more)"},
		{name: "no environment in one stage, and none read in another", change: func(s *checks.Snapshot) {
			s.Stages[0].Environments, s.Stages[2].Environments = []checks.Got[checks.Environment]{}, nil
		}, want: checks.Unknown, says: "environments of quay/images"},
		{name: "an environment that was never read", change: func(s *checks.Snapshot) {
			s.Stages[0].Environments[0] = checks.Got[checks.Environment]{}
		}, want: checks.Unknown, says: "an environment of quay/harbour: it was not read"},
		{name: "a plan without stages", change: func(s *checks.Snapshot) { s.Subject.Stages, s.Stages = nil, nil },
			want: checks.Unknown, says: "nothing to look at"},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].Environments[0], "actions: read on quay/harbour") },
			want: checks.Unknown, fix: "twokey needs actions: read"},
		{name: "two gates", change: func(s *checks.Snapshot) {
			s.Stages[2].Environments = append(s.Stages[2].Environments, s.Stages[0].Environments[0])
		}, want: checks.Pass, says: "each of 2 environments can be met"},
		{name: "two gates, one that can not be met", change: func(s *checks.Snapshot) {
			bad := checks.Environment{Name: text.Clean("docker"), Exists: true, PreventSelfReview: true}
			people(&bad, "mara")
			s.Stages[2].Environments = append(s.Stages[2].Environments, checks.Have(bad))
		}, want: checks.Fail, says: "docker in quay/images"},
	}))
}
