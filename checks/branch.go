package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// branchRules asks how the release line is protected. It warns and does not
// block: many sound projects have no rules, and without administration rights
// some of them can not be seen.
func branchRules() Check {
	return Check{
		ID:    "branch.rules",
		Title: "Branch is protected",
		Why:   "Without rules, one person alone can rewrite the branch or put code there that nobody reviewed.",
		Looks: "The rules of rulesets and of classic protection for the release line, in the tiers of OpenSSF Scorecard, " +
			"rule by rule. Classic protection is shown to administrators alone: what it hides is unknown.",
		Factor:   People,
		Severity: SeverityWarn,
		Remedy: "protect the release lines with a ruleset: block force pushes and deletion, " +
			"require a review, approval of the last push, and the tests, and let nobody pass them by",
		Needs: []Part{PartRules},
		Judge: judgeRules,
	}
}

func judgeRules(s *Snapshot) Result {
	r, ok := s.Rules.Get()
	if !ok {
		var t tally
		t.lack(text.Cleanf("rules of %s", s.Subject.Line), s.Rules.Missing())
		return t.result(text.Safe{})
	}
	var t tally
	judgeBlocked(&t, r, "force push", r.ForcePush)
	judgeBlocked(&t, r, "deletion", r.Deletion)
	judgeReviews(&t, r)
	judgeLastPush(&t, r)
	judgeRequired(&t, r)
	judgeMore(&t, r)
	judgeBypass(&t, r)
	judgeClassic(&t, r)
	return t.result(text.Cleanf("no force push, no deletion, %s, %s",
		plural(r.Reviews, "approval"), plural(len(names(r.RequiredChecks)), "required check")))
}

// hiddenRule notes a rule that the token may not see.
func hiddenRule(t *tally, r BranchRules, rule string) {
	t.add(Evidence{What: text.Clean(rule), Saw: text.Clean("hidden from this token"), Outcome: Unknown, URL: r.URL},
		"classic branch protection, and who may pass rules by, is shown to administrators only; look with administration: read")
}

// judgeBlocked looks at a thing that must not be possible.
func judgeBlocked(t *tally, r BranchRules, rule string, blocked Tri) {
	switch blocked {
	case Yes:
		t.pass(text.Clean(rule), tier(1, "blocked"), r.URL)
	case No:
		t.add(Evidence{What: text.Clean(rule), Saw: tier(1, "not blocked"), Outcome: Fail, URL: r.URL}, "")
	default:
		hiddenRule(t, r, rule)
	}
}

// judgeReviews looks at how many people must approve a change. None is a warning:
// a project of one person has nobody else to ask.
func judgeReviews(t *tally, r BranchRules) {
	what := text.Clean("review")
	switch {
	case r.Reviews < 0:
		hiddenRule(t, r, "review")
	case r.Reviews == 0:
		t.add(Evidence{What: what, Saw: tier(2, "needs no approval"), Outcome: Warn, URL: r.URL}, "")
	case r.Reviews == 1:
		t.pass(what, tier(2, "needs 1 approval"), r.URL)
	default:
		t.pass(what, tier(4, "needs "+plural(r.Reviews, "approval")), r.URL)
	}
}

// judgeLastPush looks at whether what was pushed after an approval is seen by somebody
// else, too. Where no approval is needed there is nothing to add to.
func judgeLastPush(t *tally, r BranchRules) {
	what := text.Clean("approval of the last push")
	switch {
	case r.LastPush == Yes:
		t.pass(what, tier(2, "needed, by somebody who did not push it"), r.URL)
	case r.Reviews == 0:
	case r.LastPush == No:
		t.add(Evidence{What: what, Saw: tier(2, "not needed: who pushes last may merge what nobody saw"), Outcome: Warn, URL: r.URL},
			"require approval of the most recent reviewable push in the branch's ruleset")
	default:
		hiddenRule(t, r, what.String())
	}
}

// judgeMore shows what goes beyond what every project of two people can do. That it is
// not there, or can not be seen, is no warning.
func judgeMore(t *tally, r BranchRules) {
	for _, rule := range []struct {
		tier    int
		what    string
		in      Tri
		yes, no string
	}{
		{4, "review by code owners", r.CodeOwners, "needed", "not needed"},
		{5, "approvals before the last push", r.Stale, "taken away by it", "stay"},
	} {
		e := Evidence{What: text.Clean(rule.what), Outcome: NotApplicable, URL: r.URL}
		switch rule.in {
		case Yes:
			e.Outcome, e.Saw = Pass, tier(rule.tier, rule.yes)
		case No:
			e.Saw = tier(rule.tier, rule.no)
		default:
			e.Saw = tier(rule.tier, "hidden from this token")
		}
		t.add(e, "")
	}
}

// judgeBypass looks at whether the rules hold for everybody. Where there are none,
// there is nothing to pass by.
func judgeBypass(t *tally, r BranchRules) {
	what := text.Clean("bypass")
	switch {
	case r.ForcePush == No && r.Deletion == No && r.Reviews == 0 && len(r.RequiredChecks) == 0:
	case r.Bypass == No:
		t.pass(what, tier(5, "the rules hold for administrators, too"), r.URL)
	case r.Bypass == Yes:
		t.add(Evidence{What: what, Saw: tier(5, "an administrator, or whoever is on the list for it, may pass the rules by"), Outcome: Warn, URL: r.URL},
			"empty the bypass list of the branch's ruleset; in classic protection, do not allow bypassing the settings")
	default:
		hiddenRule(t, r, what.String())
	}
}

// tier says in which tier of OpenSSF Scorecard's branch protection a rule is: the first
// has what matters most.
func tier(n int, saw string) text.Safe { return text.Cleanf("%s (Scorecard tier %d)", saw, n) }

// judgeRequired looks at the checks that a change must pass.
func judgeRequired(t *tally, r BranchRules) {
	what := text.Clean("required checks")
	switch {
	case len(r.RequiredChecks) > 0:
		t.pass(what, tier(3, listed(names(r.RequiredChecks)).String()), r.URL)
	case r.ChecksKnown:
		t.add(Evidence{What: what, Saw: tier(3, "none"), Outcome: Warn, URL: r.URL}, "")
	default:
		hiddenRule(t, r, "required checks")
	}
}

// names are those of checks, each once.
func names(required []RequiredCheck) []string {
	var out []string
	for _, c := range required {
		if !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// listed are names with commas between them; one that holds a comma is quoted.
func listed(names []string) text.Safe {
	out := make([]string, len(names))
	for i, n := range names {
		if out[i] = n; strings.Contains(n, ",") {
			out[i] = `"` + n + `"`
		}
	}
	return text.Clean(strings.Join(out, ", "))
}

// judgeClassic says where the rules come from. Classic protection that can not be
// read takes nothing away when the rulesets answer everything; what it leaves
// open was noted rule by rule.
func judgeClassic(t *tally, r BranchRules) {
	e := Evidence{What: text.Clean("classic protection"), Outcome: NotApplicable, URL: r.URL}
	switch r.Classic {
	case Yes:
		e.Saw = text.Clean("in force")
	case No:
		e.Saw = text.Clean("none; rules come from rulesets")
	default:
		e.Saw = text.Clean("hidden from this token; it may add to the rules above")
	}
	t.add(e, "")
}
