package checks

import (
	"fmt"
	"slices"
	"strings"

	"twokey/checks/text"
)

// govSatisfiable asks whether the gates that the release will meet can be opened
// by someone who is not releasing.
func govSatisfiable() Check {
	return Check{
		ID:    "gov.satisfiable",
		Title: "Gates can be met by someone else",
		Why:   "A gate that only the releaser may open is no second key, and one that nobody may open holds the release for ever.",
		Looks: "The environments that the release's jobs name, and who may approve them. It fails where only the releaser " +
			"may and may not approve their own, and warns where they may.",
		Factor:   People,
		Severity: SeverityBlock,
		Remedy:   "add a second reviewer to the environment, under Settings, Environments",
		Needs:    []Part{PartEnvironments, PartViewer},
		Judge:    judgeGates,
	}
}

func judgeGates(s *Snapshot) Result {
	var t tally
	n := 0
	for st, f := range stages(s) {
		if f.Environments == nil {
			t.lack(text.Cleanf("environments of %s", st.Repo), Got[Environment]{}.Missing())
		}
		for _, got := range f.Environments {
			n++
			if env, ok := got.Get(); ok {
				judgeGate(&t, st, env, s.Viewer)
			} else {
				t.lack(text.Cleanf("an environment of %s", st.Repo), got.Missing())
			}
		}
	}
	if n == 0 && len(t.seen) == 0 && len(s.Subject.Stages) > 0 {
		return Result{Outcome: NotApplicable, Summary: text.Clean("no workflow of the plan uses an environment")}
	}
	if n == 1 && len(t.seen) == 1 {
		return t.result(text.Cleanf("%s: %s", t.seen[0].What, t.seen[0].Saw))
	}
	return t.result(text.Cleanf("each of %s can be met", plural(n, "environment")))
}

// judgeGate looks at one environment. Who is in a team can not be read with most
// tokens: where nobody else may approve, a team of the releaser alone would hold
// the release, and that is a warning.
func judgeGate(t *tally, st SubjectStage, env Environment, viewer Got[Viewer]) {
	e := Evidence{What: text.Cleanf("%s in %s", env.Name, st.Repo), URL: env.URL}
	who, ok := viewer.Get()
	others, teams := otherReviewers(env, who)
	switch {
	case !env.Exists:
		e.Outcome = Warn
		e.Saw = text.Clean("does not exist; GitHub makes it on first use, and nobody has to approve")
		t.add(e, "create the environment with a reviewer, or correct its name in the workflow")
	case len(env.Reviewers) == 0:
		t.pass(e.What, gateWords(env, "nobody has to approve"), e.URL)
	case !ok:
		t.lack(text.Clean("who is releasing"), viewer.Missing())
	case who.Login.IsZero(): // anybody among the reviewers may be the releaser
		t.add(Evidence{What: text.Clean("who is releasing"), Saw: text.Clean("nobody is logged in"), Outcome: Unknown},
			"log in with `gh auth login`, or set GH_TOKEN")
	case len(others) == 0 && env.PreventSelfReview:
		e.Outcome = Fail
		e.Saw = gateWords(env, fmt.Sprintf("only %s may approve, and not their own release", who.Login))
		t.add(e, "")
	case len(others) == 0:
		e.Outcome = Warn
		e.Saw = gateWords(env, fmt.Sprintf("only %s may approve, their own release", who.Login))
		t.add(e, "")
	default:
		words := text.Join(others, ", ").String() + " may approve" + releasersPart(env, who)
		if len(others) > teams {
			t.pass(e.What, gateWords(env, words), e.URL)
			return
		}
		e.Outcome, e.Saw = Warn, gateWords(env, words+"; who is in it was not looked at")
		t.add(e, "see that somebody besides you is in the team, and can answer today")
	}
}

// releasersPart says of a releaser who is among the reviewers whether their approval
// counts, too: it is no second key, but GitHub may take it.
func releasersPart(env Environment, releaser Viewer) string {
	switch {
	case !slices.ContainsFunc(env.Reviewers, func(r Reviewer) bool { return r.is(releaser) }):
		return ""
	case env.PreventSelfReview:
		return fmt.Sprintf("; %s, who releases, may not", releaser.Login)
	}
	return fmt.Sprintf(", and so may %s, who releases", releaser.Login)
}

// is tells whether the reviewer is that person.
func (r Reviewer) is(v Viewer) bool {
	return !r.Team && strings.EqualFold(r.Name.String(), v.Login.String())
}

// otherReviewers are the reviewers who are not the releaser, and how many of them
// are teams.
func otherReviewers(env Environment, releaser Viewer) (others []text.Safe, teams int) {
	for _, r := range env.Reviewers {
		switch {
		case r.Team:
			others = append(others, text.Cleanf("team %s", r.Name))
			teams++
		case !r.is(releaser):
			others = append(others, r.Name)
		}
	}
	return others, teams
}

// gateWords adds to what a gate asks for what else is known of it.
func gateWords(env Environment, words string) text.Safe {
	if env.WaitMinutes > 0 {
		words += fmt.Sprintf("; waits %d min", env.WaitMinutes)
	}
	if env.AdminsBypass {
		words += "; administrators may bypass it"
	}
	return text.Clean(words)
}

// Naming is the environment that a job of a workflow file names by an expression, when
// the file is called in one of the ways that it is.
type Naming struct {
	Repo, Path string // the workflow file
	Job        text.Safe
	Name       text.Safe // zero outside of any environment
	Unknown    Missing   // why the name is not known; zero where it is
}
