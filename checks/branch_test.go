package checks_test

import (
	"testing"

	"twokey/checks"
)

func TestBranchRules(t *testing.T) {
	rules := func(change func(*checks.BranchRules)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) { edit(&s.Rules, change) }
	}
	judge(t, "branch.rules", []verdictCase{
		{name: "clean", want: checks.Pass, says: "no force push, no deletion, 1 approval, 1 required check", shows: "review: needs 1 approval"},
		{name: "two approvals", change: rules(func(r *checks.BranchRules) { r.Reviews = 2 }), want: checks.Pass,
			says: "2 approvals", shows: "needs 2 approvals (Scorecard tier 4)"},
		{name: "classic protection", change: rules(func(r *checks.BranchRules) { r.Classic = checks.Yes }), want: checks.Pass,
			shows: "classic protection: in force"},
		{name: "classic protection hidden, rulesets say all", change: rules(func(r *checks.BranchRules) { r.Classic = checks.Hidden }),
			want: checks.Pass, shows: "classic protection: hidden"},
		{name: "some required checks known", change: rules(func(r *checks.BranchRules) { r.ChecksKnown = false }), want: checks.Pass},

		{name: "force push allowed", change: rules(func(r *checks.BranchRules) { r.ForcePush = checks.No }), want: checks.Fail,
			says: "force push: not blocked", fix: "ruleset"},
		{name: "deletion allowed", change: rules(func(r *checks.BranchRules) { r.Deletion = checks.No }), want: checks.Fail,
			says: "deletion: not blocked"},
		{name: "no review", change: rules(func(r *checks.BranchRules) { r.Reviews = 0 }), want: checks.Warn,
			says: "review: needs no approval"},
		{name: "no required check", change: rules(func(r *checks.BranchRules) { r.RequiredChecks = nil }), want: checks.Warn,
			says: "required checks: none"},
		{name: "no rule at all", change: func(s *checks.Snapshot) {
			s.Rules = checks.Have(checks.BranchRules{ForcePush: checks.No, Deletion: checks.No, ChecksKnown: true, Classic: checks.No})
		}, want: checks.Fail, says: "(and 1 more)", shows: "review: needs no approval"},

		{name: "the last push is not approved", change: rules(func(r *checks.BranchRules) { r.LastPush = checks.No }), want: checks.Warn,
			says: "approval of the last push: not needed", fix: "most recent reviewable push"},
		{name: "the last push is not approved where nothing is", change: rules(func(r *checks.BranchRules) {
			r.LastPush, r.Reviews = checks.No, 0
		}), want: checks.Warn, says: "review: needs no approval (Scorecard tier 2)"},
		{name: "more than everybody can do is shown", change: rules(func(r *checks.BranchRules) {
			r.CodeOwners, r.Stale = checks.No, checks.Hidden
		}), want: checks.Pass, shows: "review by code owners: not needed (Scorecard tier 4)"},
		{name: "approvals stay", change: rules(func(r *checks.BranchRules) { r.Stale = checks.No }), want: checks.Pass,
			shows: "approvals before the last push: stay (Scorecard tier 5)"},
		{name: "administrators", change: rules(func(r *checks.BranchRules) { r.Bypass = checks.Yes }), want: checks.Warn,
			says: "bypass: an administrator", fix: "bypass list"},
		{name: "who may pass by is hidden", change: rules(func(r *checks.BranchRules) { r.Bypass = checks.Hidden }), want: checks.Unknown,
			says: "bypass: hidden", fix: "administration: read"},
		{name: "the last push hidden", change: rules(func(r *checks.BranchRules) { r.LastPush = checks.Hidden }), want: checks.Unknown,
			says: "approval of the last push: hidden"},

		{name: "force push hidden", change: rules(func(r *checks.BranchRules) { r.ForcePush = checks.Hidden }), want: checks.Unknown,
			says: "force push: hidden", fix: "administration: read"},
		{name: "force push by a word of another kind", change: rules(func(r *checks.BranchRules) { r.ForcePush = "perhaps" }),
			want: checks.Unknown},
		{name: "deletion hidden", change: rules(func(r *checks.BranchRules) { r.Deletion = checks.Hidden }), want: checks.Unknown},
		{name: "reviews hidden", change: rules(func(r *checks.BranchRules) { r.Reviews = -1 }), want: checks.Unknown,
			says: "review: hidden"},
		{name: "required checks hidden", change: rules(func(r *checks.BranchRules) {
			r.RequiredChecks, r.ChecksKnown = nil, false
		}), want: checks.Unknown, says: "required checks: hidden"},
		{name: "what is wrong comes before what is hidden", change: rules(func(r *checks.BranchRules) {
			r.ForcePush, r.Deletion = checks.Hidden, checks.No
		}), want: checks.Fail, says: "deletion"},
		{name: "everything hidden", change: func(s *checks.Snapshot) {
			s.Rules = checks.Have(checks.BranchRules{Reviews: -1})
		}, want: checks.Unknown},
		{name: "not read", change: func(s *checks.Snapshot) { hide(&s.Rules, "administration: read on quay/harbour") },
			want: checks.Unknown, says: "rules of dev-v2.11: GitHub answered 403",
			fix: "twokey needs administration: read on quay/harbour"},
	})
}
