package github

import (
	"context"
	"errors"
	"strconv"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
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

// tagRules reads the rulesets about tags of every stage that makes one.
func (f *filling) tagRules(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		facts.TagRules = checks.Have([]checks.Ruleset{})
		if st.Tag == "" {
			return
		}
		all, err := once(&f.memo, "tag rules "+st.Repo.String(), func() ([]checks.Ruleset, error) { return f.tagRulesets(ctx, st.Repo) })
		facts.TagRules = got(all, err, needs("metadata: read", st.Repo))
	})
}

// tagRulesets reads the rulesets about tags of a repository and of its owner. What is
// turned off is left out: it does nothing.
func (f *filling) tagRulesets(ctx context.Context, repo release.Repo) ([]checks.Ruleset, error) {
	var ids []int64
	q := f.c.ask("the rulesets about tags", repo, perPage("targets", "tag", "includes_parents", "true"), "rulesets")
	if err := pages(ctx, f.c, q, func(page []rulesetAnswer) error {
		for _, a := range page {
			if a.Target == "tag" && a.Enforcement != "disabled" {
				ids = append(ids, a.ID)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	out := make([]checks.Ruleset, len(ids))
	g, gctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		g.Go(func() error {
			a, err := f.ruleset(gctx, repo, id)
			out[i] = a.ruleset()
			return err
		})
	}
	return out, g.Wait()
}

// ruleset is the ruleset as checks see it.
func (a rulesetAnswer) ruleset() checks.Ruleset {
	r := checks.Ruleset{Name: text.Clean(a.Name), Enforcement: word(a.Enforcement), Bypass: a.bypass(), Mine: word(a.Mine),
		URL: text.Clean(a.Links.HTML.Href)}
	if a.Conditions != nil {
		r.Include, r.Exclude = a.Conditions.Refs.Include, a.Conditions.Refs.Exclude
	}
	for _, rule := range a.Rules {
		r.Rules = append(r.Rules, word(rule.Type))
	}
	return r
}
