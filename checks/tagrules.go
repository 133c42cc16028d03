package checks

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"twokey/checks/text"
)

// tagRuleset asks whether the tags that the release makes stay what they are. It warns
// and does not block: many sound projects have no rules for their tags.
func tagRuleset() Check {
	return Check{
		ID:    "tag.ruleset",
		Title: "Tags can not be moved",
		Why:   "Whoever may move a release's tag can give everybody who builds from it other code under its name.",
		Looks: "The rulesets for tags of every repository in which the plan makes one, and whether one that is active " +
			"keeps the plan's tag from being moved and deleted. Who may bypass it is said where GitHub says it.",
		Factor:   Traceability,
		Severity: SeverityWarn,
		Remedy: "add a ruleset for tags that restricts updates and deletions, with nobody on its bypass list, " +
			"under Settings, Rules, Rulesets",
		Needs: []Part{PartTagRules},
		Judge: judgeTagRules,
	}
}

func judgeTagRules(s *Snapshot) Result {
	var t tally
	tags := 0
	for st, f := range stages(s) {
		sets, ok := f.TagRules.Get()
		what := text.Cleanf("tag %s in %s", st.Tag, st.Repo)
		switch {
		case st.Tag == "":
			continue
		case !ok:
			t.lack(text.Cleanf("rules for tags of %s", st.Repo), f.TagRules.Missing())
		default:
			judgeTag(&t, what, "refs/tags/"+st.Tag, sets)
		}
		tags++
	}
	if tags == 0 && len(s.Subject.Stages) > 0 {
		return Result{Outcome: NotApplicable, Summary: text.Clean("no stage of the plan makes a tag")}
	}
	return t.result(text.Cleanf("nobody can move or delete %s", plural(tags, "tag")))
}

// judgeTag looks at what a tag may suffer. A force push that is blocked alone leaves a
// tag that can be moved on to a later commit.
func judgeTag(t *tally, what text.Safe, ref string, sets []Ruleset) {
	for _, danger := range []struct{ rule, done string }{{"update", "moved"}, {"deletion", "deleted"}} {
		e := Evidence{What: what}
		best, held := guard(sets, ref, danger.rule, "active")
		e.URL = best.URL
		var fix string
		switch {
		case held && best.Bypass == No:
			e.Outcome, e.Saw = Pass, text.Cleanf("can not be %s, by the ruleset %s", danger.done, best.Name)
		case held && best.Bypass == Yes:
			e.Outcome, e.Saw = Warn, text.Cleanf("can be %s by whoever may pass the ruleset %s by%s", danger.done, best.Name, best.mine())
			fix = "take everybody off the ruleset's bypass list"
		case held:
			e.Outcome, e.Saw = Unknown, text.Cleanf("is not %s by the ruleset %s; who may pass it by is hidden from this token%s",
				danger.done, best.Name, best.mine())
			fix = "the bypass list is shown to those who may change the ruleset; look with administration: read"
		default:
			e.Outcome, e.Saw = Warn, text.Cleanf("can be %s: no ruleset forbids it", danger.done)
			if tried, found := guard(sets, ref, danger.rule, "evaluate"); found {
				e.Saw, e.URL = text.Cleanf("can be %s: the ruleset %s is only tried out", danger.done, tried.Name), tried.URL
				fix = "turn the ruleset's enforcement from evaluate to active"
			} else if _, part := guard(sets, ref, "non_fast_forward", "active"); part && danger.rule == "update" {
				e.Saw = text.Clean("can be moved on to a later commit: force pushes are blocked, updates are not")
				fix = "restrict updates, too, in the ruleset for tags"
			}
		}
		t.add(e, fix)
	}
}

// mine says whether the token's user may pass the ruleset by.
func (r Ruleset) mine() string {
	switch r.Mine {
	case "":
		return ""
	case "never":
		return "; you may not"
	}
	return "; you may"
}

// guard finds the ruleset that forbids something to be done to a ref, the one that is
// hardest to pass by.
func guard(sets []Ruleset, ref, rule, enforcement string) (best Ruleset, found bool) {
	ease := map[Tri]int{No: 0, Hidden: 1, Yes: 2}
	for _, r := range sets {
		if r.Enforcement != enforcement || !slices.Contains(r.Rules, rule) || !r.Covers(ref, "") {
			continue
		}
		if !found || ease[r.Bypass] < ease[best.Bypass] {
			best, found = r, true
		}
	}
	return best, found
}

// Covers tells whether a ruleset is about a whole ref, such as refs/tags/v1.0.0, in a
// repository with a default branch.
func (r Ruleset) Covers(ref, defaultBranch string) bool {
	matches := func(pattern string) bool { return matchesRef(pattern, ref, defaultBranch) }
	return slices.ContainsFunc(r.Include, matches) && !slices.ContainsFunc(r.Exclude, matches)
}

// matchesRef tells whether a pattern of a ruleset matches a ref as GitHub has it: as
// Ruby's fnmatch with paths, where * ends at a slash, **/ is any number of directories
// and braces are only braces.
func matchesRef(pattern, ref, defaultBranch string) bool {
	switch pattern {
	case "~ALL":
		return true
	case "~DEFAULT_BRANCH":
		return defaultBranch != "" && ref == "refs/heads/"+defaultBranch
	}
	if head, found := strings.CutSuffix(pattern, "/**"); found {
		pattern = head + "/*"
	}
	pattern = strings.NewReplacer("{", `\{`, "}", `\}`).Replace(pattern)
	ok, err := doublestar.Match(pattern, ref)
	return ok && err == nil
}
