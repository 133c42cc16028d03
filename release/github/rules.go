package github

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/release"
)

// rule is one active rule of a ruleset that applies to a branch.
type rule struct {
	Type       string `json:"type"`
	Ruleset    int64  `json:"ruleset_id"`
	Parameters struct {
		Approvals  int  `json:"required_approving_review_count"`
		LastPush   bool `json:"require_last_push_approval"`
		CodeOwners bool `json:"require_code_owner_review"`
		Stale      bool `json:"dismiss_stale_reviews_on_push"`
		Checks     []struct {
			Context string `json:"context"`
			App     int64  `json:"integration_id"`
		} `json:"required_status_checks"`
	} `json:"parameters"`
}

// classic is a branch's own protection.
type classic struct {
	Checks *struct {
		Contexts []string `json:"contexts"`
		Checks   []struct {
			Context string `json:"context"`
			App     int64  `json:"app_id"`
		} `json:"checks"`
	} `json:"required_status_checks"`
	Reviews *struct {
		Count      int  `json:"required_approving_review_count"`
		LastPush   bool `json:"require_last_push_approval"`
		CodeOwners bool `json:"require_code_owner_reviews"`
		Stale      bool `json:"dismiss_stale_reviews"`
		Allowances struct {
			Users []struct{} `json:"users"`
			Teams []struct{} `json:"teams"`
			Apps  []struct{} `json:"apps"`
		} `json:"bypass_pull_request_allowances"`
	} `json:"required_pull_request_reviews"`
	Admins *struct {
		Enabled bool `json:"enabled"`
	} `json:"enforce_admins"`
	ForcePushes *struct {
		Enabled bool `json:"enabled"`
	} `json:"allow_force_pushes"`
	Deletions *struct {
		Enabled bool `json:"enabled"`
	} `json:"allow_deletions"`
}

// rules reads how the release line is protected.
func (f *filling) rules(ctx context.Context) {
	r, err := f.branchRules(ctx)
	f.snap.Rules = got(r, err, needs("metadata: read", f.plan.Repo))
}

// branchRules puts together what rulesets, the branch and its classic protection
// say. Only a rule that was seen is Yes, and only where nothing is hidden is its
// absence a No.
func (f *filling) branchRules(ctx context.Context) (checks.BranchRules, error) {
	repo, line := f.plan.Repo, f.plan.Line
	r := checks.BranchRules{Branch: line, URL: f.c.page(repo, "settings", "branches")}
	b, err := f.branch(ctx, repo, line)
	if err != nil {
		return r, err
	}
	q := f.c.ask("the rules of branch "+line, repo, perPage(), "rules", "branches", line)
	var from []int64
	if err := pages(ctx, f.c, q, func(page []rule) error {
		for _, rule := range page {
			rule.apply(&r)
			if !slices.Contains(from, rule.Ruleset) {
				from = append(from, rule.Ruleset)
			}
		}
		return nil
	}); err != nil {
		return r, err
	}
	if r.Bypass, err = f.bypass(ctx, repo, from); err != nil {
		return r, err
	}
	own, err := f.c.classic(ctx, repo, line, b.Protected)
	switch {
	case err != nil && ctx.Err() == nil && (errors.Is(err, release.ErrForbidden) || errors.Is(err, release.ErrNotFound) ||
		errors.Is(err, release.ErrUnauthorized)):
		r.Classic = checks.Hidden
		if len(from) == 0 {
			r.Bypass = checks.Hidden
		}
	case err != nil:
		return r, err
	case own == nil:
		r.Classic = checks.No
	default:
		r.Classic = checks.Yes
		if own.ForcePushes == nil || own.Deletions == nil {
			r.Classic = checks.Hidden // it does not say all that it is asked for
		}
		own.apply(&r)
	}
	require(&r, b.Protection.Checks.Contexts)
	settle(&r)
	return r, nil
}

// classic reads a branch's own protection; nil when it certainly has none. The
// branch says "protected" for rulesets as well, and GitHub answers 404 both for no
// protection and for no permission: only its words tell these apart.
func (c *Client) classic(ctx context.Context, repo release.Repo, branch string, protected bool) (*classic, error) {
	if !protected {
		return nil, nil
	}
	p, _, err := get[classic](ctx, c, c.ask("the protection of branch "+branch, repo, nil, "branches", branch, "protection"))
	if s, ok := errors.AsType[*StatusError](err); ok && s.Status == http.StatusNotFound &&
		strings.HasPrefix(s.Message.String(), "Branch not protected") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

func (x rule) apply(r *checks.BranchRules) {
	switch x.Type {
	case "non_fast_forward":
		r.ForcePush = checks.Yes
	case "deletion":
		r.Deletion = checks.Yes
	case "pull_request":
		r.Reviews = max(r.Reviews, x.Parameters.Approvals)
		affirm(&r.LastPush, x.Parameters.LastPush)
		affirm(&r.CodeOwners, x.Parameters.CodeOwners)
		affirm(&r.Stale, x.Parameters.Stale)
	case "required_status_checks":
		for _, c := range x.Parameters.Checks {
			r.RequiredChecks = append(r.RequiredChecks, checks.RequiredCheck{Name: c.Context, App: c.App})
		}
	}
}

// affirm notes that a rule is there.
func affirm(rule *checks.Tri, there bool) {
	if there {
		*rule = checks.Yes
	}
}

func (p *classic) apply(r *checks.BranchRules) {
	if p.ForcePushes != nil && !p.ForcePushes.Enabled {
		r.ForcePush = checks.Yes
	}
	if p.Deletions != nil && !p.Deletions.Enabled {
		r.Deletion = checks.Yes
	}
	spared := p.Admins != nil && !p.Admins.Enabled
	if p.Reviews != nil {
		r.Reviews = max(r.Reviews, p.Reviews.Count)
		affirm(&r.LastPush, p.Reviews.LastPush)
		affirm(&r.CodeOwners, p.Reviews.CodeOwners)
		affirm(&r.Stale, p.Reviews.Stale)
		a := p.Reviews.Allowances
		spared = spared || len(a.Users)+len(a.Teams)+len(a.Apps) > 0
	}
	switch {
	case spared:
		r.Bypass = checks.Yes
	case p.Admins == nil && r.Bypass == checks.No:
		r.Bypass = checks.Hidden
	}
	if p.Checks != nil {
		for _, c := range p.Checks.Checks {
			r.RequiredChecks = append(r.RequiredChecks, checks.RequiredCheck{Name: c.Context, App: max(c.App, 0)}) // -1 is any
		}
		require(r, p.Checks.Contexts)
	}
}

// require adds checks of which only the name is said, unless more is known of them.
func require(r *checks.BranchRules, names []string) {
	for _, name := range names {
		if !slices.ContainsFunc(r.RequiredChecks, func(c checks.RequiredCheck) bool { return c.Name == name }) {
			r.RequiredChecks = append(r.RequiredChecks, checks.RequiredCheck{Name: name})
		}
	}
}

// settle turns what no rule answered into a No, or leaves it hidden.
func settle(r *checks.BranchRules) {
	slices.SortFunc(r.RequiredChecks, func(a, b checks.RequiredCheck) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.App, b.App))
	})
	r.RequiredChecks = slices.Compact(r.RequiredChecks)
	r.ChecksKnown = r.Classic != checks.Hidden
	if r.Classic == checks.Hidden {
		if r.Reviews == 0 {
			r.Reviews = -1
		}
		return
	}
	for _, tri := range []*checks.Tri{&r.ForcePush, &r.Deletion, &r.LastPush, &r.CodeOwners, &r.Stale} {
		if *tri == checks.Hidden {
			*tri = checks.No
		}
	}
}
