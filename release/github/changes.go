package github

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"twokey/checks"
	"twokey/release"
)

// changes reads what differs between the last release of each stage's repository and
// the commit that is released.
func (f *filling) changes(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		ch, err := f.changesOf(ctx, st)
		facts.Changes = got(ch, err, needs("contents: read", st.Repo))
	})
}

// changesOf reads the changes of one repository once, whichever stages are in it.
func (f *filling) changesOf(ctx context.Context, st release.Stage) (checks.Changes, error) {
	ch := checks.Changes{Repo: st.Repo.String(), SHA: st.SHA}
	var ahead sync.WaitGroup // what is released is known, whatever it is held against
	ahead.Go(func() { _, _ = f.tree(ctx, st.Repo, st.SHA) })
	base, err := f.lastRelease(ctx, st)
	ahead.Wait()
	if err != nil {
		return ch, err
	}
	return once(&f.memo, strings.Join([]string{"changes", st.Repo.String(), base.SHA, st.SHA}, " "), func() (checks.Changes, error) {
		before, after, err := f.trees(ctx, st.Repo, base.SHA, st.SHA)
		if err != nil {
			return ch, err
		}
		ch.Base = base
		if base.SHA != "" {
			ch.URL = f.c.page(st.Repo, "compare", base.SHA+"..."+st.SHA)
		}
		ch.Entries = checks.Diff(before, after)
		for i := range ch.Entries {
			if e := &ch.Entries[i]; e.Mode.IsFile() || e.Mode == checks.ModeSymlink {
				e.URL = f.c.page(st.Repo, "blob", st.SHA+"/"+e.Path)
			}
		}
		return ch, nil
	})
}

// lastRelease is the release of a stage's repository before this one; zero where there
// is none. Tags that carry the version tell it, then those that carry a date. A dispatch
// that makes no tag leaves its claims behind.
func (f *filling) lastRelease(ctx context.Context, st release.Stage) (checks.TagName, error) {
	tag := st.Tag
	if st.Repo == f.plan.Repo && f.plan.Tag != "" {
		tag = f.plan.Tag
	}
	if tag == "" {
		return f.lastClaim(ctx, st)
	}
	tags, err := f.allTags(ctx, st.Repo)
	if err != nil {
		return checks.TagName{}, err
	}
	if strings.Contains(tag, f.plan.Version) {
		last, _ := checks.LastVersion(string(f.plan.Scheme), f.plan.Lines, f.plan.Version, st.SHA, release.VersionsAmong(tags, tag, f.plan))
		return last, nil
	}
	all := make([]checks.TagName, len(tags))
	for i, t := range tags {
		all[i] = checks.TagName{Name: t.Name, SHA: t.SHA}
	}
	last, _ := checks.LastDated(tag, f.plan.Date, all)
	return last, nil
}

// allTags reads the tags of a repository once.
func (f *filling) allTags(ctx context.Context, repo release.Repo) ([]release.Tag, error) {
	return once(&f.memo, "tags "+repo.String(), func() ([]release.Tag, error) { return f.c.Tags(ctx, repo, "") })
}

// lastClaim finds the claim that a stage without tags left behind for the version before.
func (f *filling) lastClaim(ctx context.Context, st release.Stage) (checks.TagName, error) {
	under := strings.TrimSuffix(st.ClaimRef(f.plan.Version), f.plan.Version)
	name, ok := strings.CutPrefix(under, "refs/")
	if !ok || !strings.HasSuffix(name, "/") {
		return checks.TagName{}, nil
	}
	return once(&f.memo, "claims "+st.Repo.String()+" "+under, func() (checks.TagName, error) {
		segments := append([]string{"git", "matching-refs"}, strings.Split(strings.TrimSuffix(name, "/"), "/")...)
		var claims []checks.TagName
		err := pages(ctx, f.c, f.c.ask("the claims", st.Repo, nil, segments...), func(page []refAnswer) error {
			for _, r := range page {
				if r.Ref == "" {
					return fmt.Errorf("a ref without a name is %w", errStrange)
				}
				if word, ok := strings.CutPrefix(r.Ref, under); ok {
					claims = append(claims, checks.TagName{Name: r.Ref, Version: word})
				}
			}
			return nil
		})
		last, found := checks.LastVersion(string(f.plan.Scheme), f.plan.Lines, f.plan.Version, st.SHA, claims)
		if err != nil || !found {
			return checks.TagName{}, err
		}
		claim, err := f.c.Claim(ctx, st.Repo, last.Name)
		last.SHA = claim.SHA
		return last, err
	})
}
