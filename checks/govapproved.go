package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// govApproved asks who opened the gates of a release: a second person, or whoever
// released.
func govApproved() Check {
	return Check{
		ID:    "gov.approved",
		Title: "A second person approved it",
		Why:   "A gate that whoever releases opens alone is no second key.",
		Looks: "The approvals of every run of the stage, as GitHub keeps them: which environment, who approved, and who had started the run. One that was given by whoever " +
			"started it fails. A stage without a gate has none; gov.two-person asks for one before the release.",
		Factor:   People,
		Severity: SeverityWarn,
		Remedy:   "let the environment prevent self-review, and ask the other maintainers whether they knew of the release",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			var t tally
			var who []string
			for i, st := range s.Stages {
				passed, ok := st.Approvals.Get()
				if !ok {
					t.lack(text.Cleanf("the approvals of %s", s.Subject.Stages[i].Name), st.Approvals.Missing())
					continue
				}
				if len(passed) == 0 {
					t.add(Evidence{What: text.Clean(s.Subject.Stages[i].Name), Saw: text.Clean("no run of it waited for an approval"), Outcome: NotApplicable}, "")
				}
				for _, p := range passed {
					judgePassed(&t, p)
					if by := p.By.String() + " (" + p.Environment.String() + ")"; !slices.Contains(who, by) {
						who = append(who, by)
					}
				}
			}
			if len(who) == 0 {
				return t.result(text.Clean("no run waited for an approval"))
			}
			return t.result(text.Cleanf("approved by %s, who did not start it", strings.Join(who, ", ")))
		},
	}
}

func judgePassed(t *tally, p Passed) {
	what := text.Cleanf("%s of %s", p.Environment, p.Run)
	switch {
	case p.Rejected:
		t.add(Evidence{What: what, Saw: text.Cleanf("was rejected by %s, and the run went on all the same", p.By), Outcome: Warn, URL: p.URL}, "ask why it was approved later")
	case p.By.IsZero() || p.Releaser.IsZero():
		t.add(Evidence{What: what, Saw: text.Clean("who approved it, or who started the run, is not told"), Outcome: Unknown, URL: p.URL}, "look at the run")
	case strings.EqualFold(p.By.String(), p.Releaser.String()):
		t.add(Evidence{What: what, Saw: text.Cleanf("was approved by %s, who started the run", p.By), Outcome: Fail, URL: p.URL}, "")
	default:
		t.pass(what, text.Cleanf("approved by %s; the run was started by %s", p.By, p.Releaser), p.URL)
	}
}
