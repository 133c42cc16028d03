package github

import (
	"context"
	"errors"
	"strconv"

	"twokey/checks"
	"twokey/release"
)

// rulesetAnswer is one ruleset with its rules. Who may pass it by is told to those who
// may change it alone; others learn of themselves.
type rulesetAnswer struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Target      string `json:"target"`
	Enforcement string `json:"enforcement"`
	Conditions  *struct {
		Refs struct {
			Include []string `json:"include"`
			Exclude []string `json:"exclude"`
		} `json:"ref_name"`
	} `json:"conditions"`
	Rules []struct {
		Type string `json:"type"`
	} `json:"rules"`
	Mine   string      `json:"current_user_can_bypass"`
	Actors *[]struct{} `json:"bypass_actors"`
	Links  struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"_links"`
}

// bypass tells whether somebody may pass the ruleset by.
func (a rulesetAnswer) bypass() checks.Tri {
	switch {
	case a.Mine != "" && a.Mine != "never", a.Actors != nil && len(*a.Actors) > 0:
		return checks.Yes
	case a.Actors != nil:
		return checks.No
	}
	return checks.Hidden
}

// ruleset reads one ruleset once.
func (f *filling) ruleset(ctx context.Context, repo release.Repo, id int64) (rulesetAnswer, error) {
	name := strconv.FormatInt(id, 10)
	return once(&f.memo, "ruleset "+repo.String()+" "+name, func() (rulesetAnswer, error) {
		q := f.c.ask("ruleset "+name, repo, nil, "rulesets", name)
		a, _, err := get[rulesetAnswer](ctx, f.c, q)
		if err == nil && a.ID != id {
			err = f.c.explain(q.what, errStrange)
		}
		return a, err
	})
}

// bypass tells whether somebody may pass one of some rulesets by. It is hidden where
// one of them may not be read.
func (f *filling) bypass(ctx context.Context, repo release.Repo, ids []int64) (checks.Tri, error) {
	all := checks.No
	for _, id := range ids {
		tri := checks.Hidden
		if id != 0 {
			a, err := f.ruleset(ctx, repo, id)
			if err != nil && !(ctx.Err() == nil && (errors.Is(err, release.ErrForbidden) || errors.Is(err, release.ErrNotFound))) {
				return checks.Hidden, err
			}
			if err == nil {
				tri = a.bypass()
			}
		}
		if tri == checks.Yes || all != checks.Yes && tri == checks.Hidden {
			all = tri
		}
	}
	return all, nil
}
