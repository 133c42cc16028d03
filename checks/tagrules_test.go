package checks_test

import (
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// tagRules makes the first stage's rulesets others, and leaves the others as they are.
func tagRules(sets ...checks.Ruleset) func(*checks.Snapshot) {
	return func(s *checks.Snapshot) { s.Stages[0].TagRules = checks.Have(sets) }
}

// tagSet is a ruleset that forbids everything for the tags of harbour; change is what is
// otherwise.
func tagSet(change func(*checks.Ruleset)) checks.Ruleset {
	r := checks.Ruleset{Name: text.Clean("release tags"), Enforcement: "active", Include: []string{"refs/tags/harbour-*", "refs/tags/v*"},
		Rules: []string{"update", "deletion", "non_fast_forward"}, Bypass: checks.No, Mine: "never"}
	if change != nil {
		change(&r)
	}
	return r
}

func TestTagRuleset(t *testing.T) {
	judge(t, "tag.ruleset", []verdictCase{
		{name: "clean", want: checks.Pass, says: "nobody can move or delete 2 tags",
			shows: "tag harbour-2.11.6 in quay/harbour: can not be deleted, by the ruleset release tags"},
		{name: "no ruleset", change: tagRules(), want: checks.Warn, says: "tag harbour-2.11.6 in quay/harbour: can be moved: no ruleset forbids it (and 1 more)",
			fix: "ruleset for tags"},
		{name: "of other tags", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Include = []string{"refs/tags/v*"} })), want: checks.Warn,
			says: "no ruleset forbids it"},
		{name: "but for these", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Exclude = []string{"refs/tags/harbour-2.*"} })), want: checks.Warn},
		{name: "force pushes alone", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Rules = []string{"non_fast_forward", "deletion"} })),
			want: checks.Warn, says: "can be moved on to a later commit", fix: "restrict updates"},
		{name: "no deletion rule", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Rules = []string{"update"} })), want: checks.Warn,
			says: "can be deleted: no ruleset forbids it"},
		{name: "tried out", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Enforcement = "evaluate" })), want: checks.Warn,
			says: "the ruleset release tags is only tried out", fix: "from evaluate to active"},
		{name: "turned off", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Enforcement = "disabled" })), want: checks.Warn,
			says: "no ruleset forbids it"},
		{name: "passed by by the releaser", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Bypass, r.Mine = checks.Yes, "always" })), want: checks.Warn,
			says: "by whoever may pass the ruleset release tags by; you may", fix: "bypass list"},
		{name: "passed by by others", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Bypass = checks.Yes })), want: checks.Warn, says: "you may not"},
		{name: "who passes by is hidden", change: tagRules(tagSet(func(r *checks.Ruleset) { r.Bypass = checks.Hidden })), want: checks.Unknown,
			says: "who may pass it by is hidden from this token; you may not", fix: "administration: read"},
		{name: "two rulesets, one of which nobody passes by", change: tagRules(
			tagSet(func(r *checks.Ruleset) { r.Bypass = checks.Yes }), tagSet(nil)), want: checks.Pass},
		{name: "two rulesets, one for each", change: tagRules(
			tagSet(func(r *checks.Ruleset) { r.Rules = []string{"update"} }),
			tagSet(func(r *checks.Ruleset) { r.Rules = []string{"deletion"} })), want: checks.Pass},
		{name: "hidden", change: func(s *checks.Snapshot) { hide(&s.Stages[0].TagRules, "metadata: read on quay/harbour") }, want: checks.Unknown,
			says: "rules for tags of quay/harbour", fix: "metadata: read"},
		{name: "a stage without a tag needs none", change: func(s *checks.Snapshot) { hide(&s.Stages[1].TagRules, "") }, want: checks.Pass},
		{name: "no tag at all", change: func(s *checks.Snapshot) {
			for i := range s.Subject.Stages {
				s.Subject.Stages[i].Tag = ""
			}
		}, want: checks.NotApplicable, says: "no stage of the plan makes a tag"},
	})
}

func TestRulesetCovers(t *testing.T) {
	for _, tt := range []struct {
		include, exclude, ref string
		want                  bool
	}{
		{"~ALL", "", "refs/tags/v1", true},
		{"~DEFAULT_BRANCH", "", "refs/tags/main", false},
		{"~DEFAULT_BRANCH", "", "refs/heads/main", true},
		{"~DEFAULT_BRANCH", "", "refs/heads/other", false},
		{"refs/tags/v*", "", "refs/tags/v1.0", true},
		{"refs/tags/v*", "", "refs/tags/x1.0", false},
		{"refs/tags/*", "", "refs/tags/a/b", false},
		{"refs/tags/**", "", "refs/tags/a/b", false},
		{"refs/tags/**/*", "", "refs/tags/a/b", true},
		{"refs/tags/**/*", "", "refs/tags/a", true},
		{"refs/tags/v?.0", "", "refs/tags/v1.0", true},
		{"refs/tags/v[0-9]*", "", "refs/tags/v1.0", true},
		{"refs/tags/v[0-9]*", "", "refs/tags/vx", false},
		{"refs/tags/{a,b}", "", "refs/tags/a", false},
		{"refs/tags/{a,b}", "", "refs/tags/{a,b}", true},
		{"refs/tags/[", "", "refs/tags/[", false},
		{"v*", "", "refs/tags/v1", false},
		{"~ALL", "refs/tags/v*", "refs/tags/v1", false},
		{"~ALL", "refs/tags/v*", "refs/tags/w1", true},
		{"~ALL", "~ALL", "refs/tags/v1", false},
		{"", "", "refs/tags/v1", false},
		{"refs/tags/V*", "", "refs/tags/v1", false},
	} {
		r := checks.Ruleset{Include: []string{tt.include}}
		if tt.exclude != "" {
			r.Exclude = []string{tt.exclude}
		}
		if got := r.Covers(tt.ref, "main"); got != tt.want {
			t.Errorf("%s but for %s covers %s: %v", tt.include, tt.exclude, tt.ref, got)
		}
	}
	if (checks.Ruleset{}).Covers("refs/tags/v1", "main") {
		t.Error("a ruleset of nothing covers something")
	}
}
