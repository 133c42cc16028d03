package github

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/version"
	"twokey/release"
)

// fillPlan is a plan of one stage.
func fillPlan() release.Plan {
	return release.Plan{Project: "r", Repo: testRepo(), Scheme: version.SemVer, Version: "1.2.3", Line: "main", SHA: shaA, Tag: "v1.2.3",
		Stages: []release.Stage{{Name: "package", Repo: testRepo(), Trigger: release.TriggerTag, Branch: "main", SHA: shaA, Tag: "v1.2.3",
			Workflows: []string{"publish.yml"}}}}
}

// newFilling makes a filling of a plan's snapshot.
func newFilling(b *bench, p release.Plan) *filling {
	return &filling{c: b.Client, plan: p, snap: &checks.Snapshot{Stages: make([]checks.StageFacts, len(p.Stages))}}
}

const (
	branchLine     = "GET /repos/o/r/branches/main"
	rulesLine      = "GET /repos/o/r/rules/branches/main?per_page=100"
	protectionLine = "GET /repos/o/r/branches/main/protection"
)

func branchJSON(protected bool, more string) string {
	return fmt.Sprintf(`{"name":"main","commit":{"sha":%q},"protected":%v%s}`, shaA, protected, more)
}

// ruleCase is what GitHub says of a branch, and what is known of its rules then.
type ruleCase struct {
	name   string
	branch string
	rules  string
	own    func(*fake)
	want   checks.BranchRules
}

func ruleCases() []ruleCase {
	const all = `[{"type":"non_fast_forward","ruleset_id":7},{"type":"deletion","ruleset_id":7},
		{"type":"pull_request","ruleset_id":7,"parameters":{"required_approving_review_count":2,"require_last_push_approval":true,
		"require_code_owner_review":false,"dismiss_stale_reviews_on_push":true}},
		{"type":"required_status_checks","ruleset_id":7,"parameters":{"required_status_checks":[{"context":"test","integration_id":15368},{"context":"lint"}]}},
		{"type":"of_the_future","ruleset_id":7,"parameters":{"operator":"starts_with"}}]`
	const own = `{"required_status_checks":{"contexts":["test","docs","old"],"checks":[{"context":"test","app_id":15368},{"context":"docs","app_id":null}]},
		"required_pull_request_reviews":{"required_approving_review_count":1,"dismiss_stale_reviews":false,"require_code_owner_reviews":true},
		"enforce_admins":{"enabled":true},
		"allow_force_pushes":{"enabled":false},"allow_deletions":{"enabled":true}}`
	notProtected := func(f *fake) { f.on(protectionLine, 404, `{"message":"Branch not protected"}`) }
	hidden := func(code int) func(*fake) {
		return func(f *fake) { f.on(protectionLine, code, `{"message":"Not Found"}`) }
	}
	three := []checks.RequiredCheck{{Name: "lint"}, {Name: "test", App: 15368}}
	byRulesets := checks.BranchRules{ForcePush: checks.Yes, Deletion: checks.Yes, Reviews: 2, RequiredChecks: three,
		LastPush: checks.Yes, CodeOwners: checks.No, Stale: checks.Yes, Bypass: checks.No, Classic: checks.No, ChecksKnown: true}
	byClassic := checks.BranchRules{ForcePush: checks.Yes, Deletion: checks.No, Reviews: 1,
		RequiredChecks: []checks.RequiredCheck{{Name: "docs"}, {Name: "old"}, {Name: "test", App: 15368}},
		LastPush:       checks.No, CodeOwners: checks.Yes, Stale: checks.No, Bypass: checks.No, Classic: checks.Yes, ChecksKnown: true}
	none := checks.BranchRules{ForcePush: checks.No, Deletion: checks.No, LastPush: checks.No, CodeOwners: checks.No, Stale: checks.No,
		Bypass: checks.No, Classic: checks.No, ChecksKnown: true}
	with := func(r checks.BranchRules, change func(*checks.BranchRules)) checks.BranchRules {
		change(&r)
		return r
	}
	ownIs := func(body string) func(*fake) { return func(f *fake) { f.on(protectionLine, 200, body) } }
	return []ruleCase{
		{"nothing at all", branchJSON(false, ""), `[]`, nil, none},
		{"rulesets only", branchJSON(true, ""), all, notProtected, byRulesets},
		{"classic only", branchJSON(true, ""), `[]`, ownIs(own), byClassic},
		{"classic that allows everything", branchJSON(true, ""), `[]`,
			ownIs(`{"allow_force_pushes":{"enabled":true},"allow_deletions":{"enabled":true},"enforce_admins":{"enabled":false}}`),
			with(none, func(r *checks.BranchRules) { r.Classic, r.Bypass = checks.Yes, checks.Yes })},
		{"classic that administrators pass by", branchJSON(true, ""), `[]`,
			ownIs(strings.Replace(own, `"enforce_admins":{"enabled":true}`, `"enforce_admins":{"enabled":false}`, 1)),
			with(byClassic, func(r *checks.BranchRules) { r.Bypass = checks.Yes })},
		{"classic that a team passes by", branchJSON(true, ""), `[]`,
			ownIs(strings.Replace(own, `"dismiss_stale`, `"bypass_pull_request_allowances":{"teams":[{"slug":"x"}]},"dismiss_stale`, 1)),
			with(byClassic, func(r *checks.BranchRules) { r.Bypass = checks.Yes })},
		{"classic that says nothing of administrators", branchJSON(true, ""), `[]`,
			ownIs(`{"allow_force_pushes":{"enabled":true},"allow_deletions":{"enabled":true}}`),
			with(none, func(r *checks.BranchRules) { r.Classic, r.Bypass = checks.Yes, checks.Hidden })},
		{"both", branchJSON(true, ""), all, ownIs(own), with(byRulesets, func(r *checks.BranchRules) {
			r.RequiredChecks = []checks.RequiredCheck{{Name: "docs"}, {Name: "lint"}, {Name: "old"}, {Name: "test", App: 15368}}
			r.Classic, r.CodeOwners = checks.Yes, checks.Yes
		})},
		{"classic hidden by 403", branchJSON(true, ""), `[]`, hidden(403), checks.BranchRules{Reviews: -1}},
		{"classic hidden by 404", branchJSON(true, ""), `[]`, hidden(404), checks.BranchRules{Reviews: -1}},
		{"classic hidden by 401", branchJSON(true, ""), `[]`, hidden(401), checks.BranchRules{Reviews: -1}},
		{"classic hidden, rulesets answer", branchJSON(true, ""), all, hidden(404), with(byRulesets, func(r *checks.BranchRules) {
			r.Classic, r.CodeOwners, r.ChecksKnown = checks.Hidden, checks.Hidden, false
		})},
		{"classic hidden, the branch tells its checks", branchJSON(true, `,"protection":{"enabled":true,"required_status_checks":{"contexts":["test"]}}`),
			`[]`, hidden(404), checks.BranchRules{Reviews: -1, RequiredChecks: []checks.RequiredCheck{{Name: "test"}}}},
	}
}

func TestRules(t *testing.T) {
	for _, tt := range ruleCases() {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(branchLine, 200, tt.branch)
			rules := b.fake.on(rulesLine, 200, tt.rules)
			if strings.Contains(tt.rules, "of_the_future") {
				rules.odd("GitHub has no such rule yet")
			}
			if tt.rules != `[]` {
				b.fake.on("GET /repos/o/r/rulesets/7", 200, rulesetJSON(`"current_user_can_bypass":"never","bypass_actors":[]`))
			}
			if tt.own != nil {
				tt.own(b.fake)
			}
			f := newFilling(b, fillPlan())
			f.rules(t.Context())
			got, ok := f.snap.Rules.Get()
			if !ok {
				t.Fatal(f.snap.Rules.Missing())
			}
			tt.want.Branch, tt.want.URL = "main", got.URL
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", tt.want) {
				t.Errorf("rules are\n%+v, not\n%+v", got, tt.want)
			}
		})
	}
}

// rulesetJSON is ruleset 7 of a branch.
func rulesetJSON(more string) string {
	return `{"id":7,"name":"lines","source":"o/r","target":"branch","enforcement":"active",` + more + `}`
}

// TestBypass is about what is known of who may pass a ruleset by.
func TestBypass(t *testing.T) {
	for more, want := range map[string]checks.Tri{
		`"current_user_can_bypass":"never","bypass_actors":[]`:                           checks.No,
		`"current_user_can_bypass":"never","bypass_actors":[{"actor_type":"DeployKey"}]`: checks.Yes,
		`"current_user_can_bypass":"never"`:                                              checks.Hidden,
		`"current_user_can_bypass":"always"`:                                             checks.Yes,
		`"current_user_can_bypass":"pull_requests_only"`:                                 checks.Yes,
		`"conditions":null`: checks.Hidden,
	} {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/rulesets/7", 200, rulesetJSON(more))
		if got, err := newFilling(b, fillPlan()).bypass(t.Context(), testRepo(), []int64{7}); err != nil || got != want {
			t.Errorf("%s: %q, %v", more, got, err)
		}
	}
	b := newBench(t)
	b.fake.on("GET /repos/o/r/rulesets/7", 404, `{"message":"Not Found"}`)
	b.fake.on("GET /repos/o/r/rulesets/8", 200, strings.Replace(rulesetJSON(`"current_user_can_bypass":"always"`), `"id":7`, `"id":8`, 1))
	f := newFilling(b, fillPlan())
	for ids, want := range map[int64]checks.Tri{0: checks.Hidden, 7: checks.Hidden, 8: checks.Yes} {
		if got, err := f.bypass(t.Context(), testRepo(), []int64{7, ids}); err != nil || got != want {
			t.Errorf("7 and %d: %q, %v", ids, got, err)
		}
	}
}

// TestTagRules is about the rulesets for tags, each of which is read once.
func TestTagRules(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/"+tagRulesets, 200, `[{"id":7,"name":"a","source":"o/r","target":"tag","enforcement":"active"},
		{"id":8,"name":"b","source":"o/r","target":"tag","enforcement":"disabled"},{"id":9,"name":"c","source":"o/r","target":"branch","enforcement":"active"}]`)
	b.fake.on("GET /repos/o/r/rulesets/7", 200, `{"id":7,"name":"tags \u001b[1m","source":"o/r","target":"tag","enforcement":"active",
		"conditions":{"ref_name":{"include":["~ALL"],"exclude":["refs/tags/x"]}},"rules":[{"type":"update"},{"type":"deletion"}],
		"current_user_can_bypass":"never","_links":{"html":{"href":"https://github.com/o/r/rules/7"}}}`)
	p := fillPlan()
	again := p.Stages[0]
	again.Name, again.Trigger, again.Tag = "again", release.TriggerDispatch, ""
	p.Stages = append(p.Stages, p.Stages[0], again)
	f := newFilling(b, p)
	f.tagRules(t.Context())
	sets, ok := f.snap.Stages[1].TagRules.Get()
	if want := "[{tags ^[[1m active [~ALL] [refs/tags/x] [update deletion]  never https://github.com/o/r/rules/7}]"; !ok || fmt.Sprint(sets) != want {
		t.Errorf("rulesets are %v, %v, want %s", sets, f.snap.Stages[1].TagRules.Missing(), want)
	}
	if none, ok := f.snap.Stages[2].TagRules.Get(); !ok || len(none) != 0 {
		t.Errorf("for no tag there are %v", none)
	}
	b = newBench(t)
	b.fake.on("GET /repos/o/r/"+tagRulesets, 200, `[{"id":7,"name":"a","source":"o/r","target":"tag","enforcement":"active"}]`)
	b.fake.on("GET /repos/o/r/rulesets/7", 403, `{"message":"Resource not accessible"}`)
	f = newFilling(b, fillPlan())
	f.tagRules(t.Context())
	if m := f.snap.Stages[0].TagRules.Missing(); m.Why.String() != "GitHub answered 403" || m.Needs != "metadata: read on o/r" {
		t.Errorf("missing is %+v", m)
	}
}

func TestRulesThatCanNotBeRead(t *testing.T) {
	tests := []struct {
		name  string
		set   func(*fake)
		why   string
		needs string
	}{
		{"branch", func(f *fake) { f.on(branchLine, 404, `{"message":"Branch not found"}`) }, "GitHub answered 404", "metadata: read on o/r"},
		{"rulesets", func(f *fake) {
			f.on(branchLine, 200, branchJSON(true, ""))
			f.on(rulesLine, 403, `{"message":"Upgrade to GitHub Pro"}`)
		}, "GitHub answered 403", "metadata: read on o/r"},
		// An error that says nothing of permission hides nothing: the whole is a lack.
		{"classic, by a fault", func(f *fake) {
			f.on(branchLine, 200, branchJSON(true, ""))
			f.on(rulesLine, 200, `[]`)
			f.on(protectionLine, 422, `{"message":"odd"}`)
		}, "GitHub answered 422: odd", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b.fake)
			f := newFilling(b, fillPlan())
			f.rules(t.Context())
			m := f.snap.Rules.Missing()
			if _, ok := f.snap.Rules.Get(); ok || m.Why.String() != tt.why || m.Needs != tt.needs {
				t.Errorf("missing is %+v", m)
			}
		})
	}
}

const (
	checkRunsLine = "GET /repos/o/r/commits/" + shaA + "/check-runs?filter=latest&per_page=100"
	statusLine    = "GET /repos/o/r/commits/" + shaA + "/status?per_page=100"
)

func TestCI(t *testing.T) {
	b := newBench(t)
	b.fake.on(checkRunsLine, 200, `{"total_count":2,"check_runs":[{"name":"test \u001b[1m","head_sha":"`+shaA+`","status":"completed","conclusion":"failure",
		"html_url":"https://github.com/o/r/runs/1","started_at":"2026-08-14T10:00:00Z","completed_at":"2026-08-14T10:05:00Z","id":70}]}`).
		with("Link", "<"+apiHost+`/repositories/1/check-runs?page=2>; rel="next"`)
	b.fake.on("GET /repositories/1/check-runs?page=2", 200, `{"check_runs":[{"name":"lint","head_sha":"`+shaA+`","status":"in_progress","conclusion":null,"started_at":null,"completed_at":null}]}`)
	b.fake.on(statusLine, 200, `{"sha":"`+shaA+`","state":"failure","statuses":[
		{"context":"a","state":"success","target_url":"https://ci.example.com/1","created_at":"2026-08-14T10:00:00Z","updated_at":"2026-08-14T10:01:00Z"},
		{"context":"b","state":"pending","target_url":null},{"context":"c","state":"failure"},{"context":"d","state":"error"},{"context":"e","state":"odd"}]}`)
	f := newFilling(b, fillPlan())
	f.ci(t.Context())
	ci, ok := f.snap.CI.Get()
	if !ok {
		t.Fatal(f.snap.CI.Missing())
	}
	var got []string
	for _, r := range ci.Runs {
		got = append(got, fmt.Sprintf("%s=%s/%s", r.Name, r.Status, r.Conclusion))
		if named := strings.Contains("abcde", r.Name.String()); r.Posted != named {
			t.Errorf("%s is a commit status: %v", r.Name, r.Posted)
		}
	}
	want := "lint=in_progress/ a=completed/success b=in_progress/ c=completed/failure d=completed/failure e=completed/failure"
	if s := strings.Join(got[1:], " "); s != want {
		t.Errorf("runs are %s", s)
	}
	if first := ci.Runs[0]; strings.Contains(first.Name.String(), "\x1b") || first.Conclusion != "failure" || first.ID != 70 || first.Completed.Minute() != 5 {
		t.Errorf("first is %+v", first)
	}
}

// CI of which a half can not be seen is not seen: the other half may be red.
func TestCIIsWholeOrLacks(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"no check runs": func(f *fake) { f.on(checkRunsLine, 403, `{}`) },
		"other commit":  func(f *fake) { f.on(checkRunsLine, 200, `{"check_runs":[{"name":"x","head_sha":"`+shaB+`"}]}`) },
	} {
		b := newBench(t)
		set(b.fake)
		r := b.fake.on(statusLine, 200, `{"sha":"`+shaA+`","statuses":[{"context":"a","state":"success"}]}`)
		_ = r
		f := newFilling(b, fillPlan())
		f.ci(context.Background())
		if got, ok := f.snap.CI.Get(); ok {
			t.Errorf("%s: %+v", name, got)
		}
		delete(b.fake.replies, statusLine) // it may have been cut short by the other's failure
	}
}
