package github

import (
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
	Parameters struct {
		Approvals int `json:"required_approving_review_count"`
		Checks    []struct {
			Context string `json:"context"`
		} `json:"required_status_checks"`
	} `json:"parameters"`
}

// classic is a branch's own protection.
type classic struct {
	Checks *struct {
		Contexts []string `json:"contexts"`
		Checks   []struct {
			Context string `json:"context"`
		} `json:"checks"`
	} `json:"required_status_checks"`
	Reviews *struct {
		Count int `json:"required_approving_review_count"`
	} `json:"required_pull_request_reviews"`
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
	if err := pages(ctx, f.c, q, func(page []rule) error {
		for _, rule := range page {
			rule.apply(&r)
		}
		return nil
	}); err != nil {
		return r, err
	}
	r.RequiredChecks = append(r.RequiredChecks, b.Protection.Checks.Contexts...)
	own, err := f.c.classic(ctx, repo, line, b.Protected)
	switch {
	case err != nil && ctx.Err() == nil && (errors.Is(err, release.ErrForbidden) || errors.Is(err, release.ErrNotFound) ||
		errors.Is(err, release.ErrUnauthorized)):
		r.Classic = checks.Hidden
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
	case "required_status_checks":
		for _, c := range x.Parameters.Checks {
			r.RequiredChecks = append(r.RequiredChecks, c.Context)
		}
	}
}

func (p *classic) apply(r *checks.BranchRules) {
	if p.ForcePushes != nil && !p.ForcePushes.Enabled {
		r.ForcePush = checks.Yes
	}
	if p.Deletions != nil && !p.Deletions.Enabled {
		r.Deletion = checks.Yes
	}
	if p.Reviews != nil {
		r.Reviews = max(r.Reviews, p.Reviews.Count)
	}
	if p.Checks != nil {
		r.RequiredChecks = append(r.RequiredChecks, p.Checks.Contexts...)
		for _, c := range p.Checks.Checks {
			r.RequiredChecks = append(r.RequiredChecks, c.Context)
		}
	}
}

// settle turns what no rule answered into a No, or leaves it hidden.
func settle(r *checks.BranchRules) {
	slices.Sort(r.RequiredChecks)
	r.RequiredChecks = slices.Compact(r.RequiredChecks)
	r.ChecksKnown = r.Classic != checks.Hidden
	if r.Classic == checks.Hidden {
		if r.Reviews == 0 {
			r.Reviews = -1
		}
		return
	}
	for _, tri := range []*checks.Tri{&r.ForcePush, &r.Deletion} {
		if *tri == checks.Hidden {
			*tri = checks.No
		}
	}
}
