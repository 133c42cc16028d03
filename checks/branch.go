package checks

import (
	"strings"

	"twokey/checks/text"
)

// branchRules asks how the release line is protected. It warns and does not
// block: many sound projects have no rules, and without administration rights
// some of them can not be seen.
func branchRules() Check {
	return Check{
		ID:       "branch.rules",
		Title:    "Branch is protected",
		Why:      "Without rules, one person alone can rewrite the branch or put code there that nobody reviewed.",
		Factor:   People,
		Severity: SeverityWarn,
		Remedy: "protect the release lines with a ruleset: block force pushes and deletion, " +
			"require a review and the tests",
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
	judgeRequired(&t, r)
	judgeClassic(&t, r)
	return t.result(text.Cleanf("no force push, no deletion, %s, %s",
		plural(r.Reviews, "approval"), plural(len(r.RequiredChecks), "required check")))
}

// hiddenRule notes a rule that the token may not see.
func hiddenRule(t *tally, r BranchRules, rule string) {
	t.add(Evidence{What: text.Clean(rule), Saw: text.Clean("hidden from this token"), Outcome: Unknown, URL: r.URL},
		"classic branch protection is shown to administrators only; look with administration: read, or move the rules into a ruleset")
}

// judgeBlocked looks at a thing that must not be possible.
func judgeBlocked(t *tally, r BranchRules, rule string, blocked Tri) {
	switch blocked {
	case Yes:
		t.pass(text.Clean(rule), text.Clean("blocked"), r.URL)
	case No:
		t.add(Evidence{What: text.Clean(rule), Saw: text.Clean("not blocked"), Outcome: Fail, URL: r.URL}, "")
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
		t.add(Evidence{What: what, Saw: text.Clean("needs no approval"), Outcome: Warn, URL: r.URL}, "")
	default:
		t.pass(what, text.Cleanf("needs %s", plural(r.Reviews, "approval")), r.URL)
	}
}

// judgeRequired looks at the checks that a change must pass.
func judgeRequired(t *tally, r BranchRules) {
	what := text.Clean("required checks")
	switch {
	case len(r.RequiredChecks) > 0:
		t.pass(what, listed(r.RequiredChecks), r.URL)
	case r.ChecksKnown:
		t.add(Evidence{What: what, Saw: text.Clean("none"), Outcome: Warn, URL: r.URL}, "")
	default:
		hiddenRule(t, r, "required checks")
	}
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
