package github

import (
	"context"
	"errors"
	"slices"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// immutables reads, for every stage that publishes a GitHub release, whether releases
// stay as they are.
func (f *filling) immutables(ctx context.Context) {
	made := f.plan.Subject().Stages
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		i := slices.IndexFunc(made, func(m checks.SubjectStage) bool { return m.Name == st.Name })
		if i < 0 || !made[i].MakesRelease() {
			return
		}
		is, err := once(&f.memo, "immutable "+st.Repo.String(), func() (checks.Immutable, error) { return f.immutable(ctx, st.Repo) })
		facts.Immutable = got(is, err, needs("administration: read", st.Repo))
	})
}

// immutable reads the setting. GitHub says that it is off with the words that it has for
// whoever may not read it, so that only an administrator learns of it; others may see
// what became of the last release.
func (f *filling) immutable(ctx context.Context, repo release.Repo) (checks.Immutable, error) {
	out := checks.Immutable{URL: f.c.page(repo, "settings", "")}
	is, _, err := get[struct {
		On      bool `json:"enabled"`
		ByOwner bool `json:"enforced_by_owner"`
	}](ctx, f.c, f.c.ask("the immutability of releases", repo, nil, "immutable-releases"))
	if err == nil {
		out.On, out.ByOwner = is.On, is.ByOwner
		return out, nil
	}
	if errors.Is(err, release.ErrNotFound) {
		r, asked := f.repository(ctx, repo)
		if asked == nil && r.Admin {
			return out, nil
		}
	}
	if !errors.Is(err, release.ErrNotFound) && !errors.Is(err, release.ErrForbidden) && !errors.Is(err, release.ErrUnauthorized) {
		return out, err
	}
	last, _, asked := get[releaseAnswer](ctx, f.c, f.c.ask("the last release", repo, nil, "releases", "latest"))
	if asked == nil && last.Immutable {
		return checks.Immutable{On: true, Last: text.Clean(last.TagName), URL: text.Clean(last.HTMLURL)}, nil
	}
	return out, err
}
