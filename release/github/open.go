package github

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maxOpen bounds what is named of what is open: a check fails by the first.
const maxOpen = 30

// open reads what a plan wants to be closed before a release.
func (f *filling) open(ctx context.Context) { f.snap.OwnOpen = f.openOf(ctx, checks.Before) }

// Open reads what is open that the plan's own checks of one side are about.
func (c *Client) Open(ctx context.Context, plan release.Plan, side checks.When) []checks.Got[[]checks.OpenItem] {
	return (&filling{c: c, plan: plan}).openOf(ctx, side)
}

func (f *filling) openOf(ctx context.Context, side checks.When) []checks.Got[[]checks.OpenItem] {
	out := make([]checks.Got[[]checks.OpenItem], len(f.plan.Checks))
	var wg sync.WaitGroup
	for i, own := range f.plan.Checks {
		if (own.When == checks.After) != (side == checks.After) {
			continue
		}
		wg.Go(func() {
			switch own.Kind {
			case checks.OwnIssuesNone:
				items, err := f.c.openIssues(ctx, f.plan.Repo, own.Name)
				out[i] = got(items, err, needs("issues: read", f.plan.Repo))
			case checks.OwnAdvisories:
				out[i] = f.advisories(ctx)
			}
		})
	}
	wg.Wait()
	return out
}

// advisories reads the security advisories that are not out. Whoever may not see drafts
// is told of none, with no word about it: only an administrator's list is an answer.
func (f *filling) advisories(ctx context.Context) checks.Got[[]checks.OpenItem] {
	need := "administration and repository security advisories: read on " + f.plan.Repo.String()
	repo, err := f.repository(ctx, f.plan.Repo)
	switch {
	case err != nil:
		return got([]checks.OpenItem{}, err, need)
	case !repo.Admin:
		return checks.Lack[[]checks.OpenItem](checks.Missing{Why: text.Clean("drafts are shown to administrators alone"), Needs: need})
	}
	items, err := f.c.openAdvisories(ctx, f.plan.Repo)
	return got(items, err, need)
}

// openIssues are the open issues and pull requests with a label or of a milestone,
// the newest of them.
func (c *Client) openIssues(ctx context.Context, repo release.Repo, which string) ([]checks.OpenItem, error) {
	params := url.Values{"state": {"open"}, "per_page": {strconv.Itoa(maxOpen)}}
	kind, name, _ := strings.Cut(which, ":")
	switch kind {
	case "label":
		params.Set("labels", name)
	case "milestone":
		number, err := c.milestone(ctx, repo, name)
		if err != nil || number == 0 {
			return []checks.OpenItem{}, err
		}
		params.Set("milestone", strconv.Itoa(number))
	default:
		return nil, fmt.Errorf("%q is no label or milestone", clip(which))
	}
	page, _, err := get[[]struct {
		Number  int    `json:"number"`
		Title   string `json:"title"`
		State   string `json:"state"`
		HTMLURL string `json:"html_url"`
	}](ctx, c, c.ask("the open issues with "+which, repo, params, "issues"))
	if err != nil {
		return nil, err
	}
	out := []checks.OpenItem{}
	for _, i := range page {
		if i.State != "open" {
			return nil, c.explain("the open issues of "+repo.String(), errStrange)
		}
		out = append(out, checks.OpenItem{Name: text.Cleanf("#%d", i.Number), Title: text.Clean(i.Title), URL: text.Clean(i.HTMLURL)})
	}
	return out, nil
}

// milestone is the number of a milestone. One that is closed has no open issues that
// would hold a release, and is 0; one that is not there is an error, for its name may be
// a slip.
func (c *Client) milestone(ctx context.Context, repo release.Repo, title string) (int, error) {
	type answer []struct {
		Number int    `json:"number"`
		Title  string `json:"title"`
		State  string `json:"state"`
	}
	found, closed := 0, false
	q := c.ask("the milestones", repo, perPage("state", "all"), "milestones")
	err := pages(ctx, c, q, func(page answer) error {
		for _, m := range page {
			if m.Title != title {
				continue
			}
			if m.State == "closed" {
				closed = true
			} else {
				found = m.Number
			}
		}
		return nil
	})
	if err == nil && found == 0 && !closed {
		err = &release.Error{Kind: release.KindFailed, Op: q.what, Err: fmt.Errorf("there is no milestone %q", clip(title)),
			Hint: "create the milestone, or correct the check in twokey.yml"}
	}
	return found, err
}

// openAdvisories are the security advisories that are neither published nor closed.
func (c *Client) openAdvisories(ctx context.Context, repo release.Repo) ([]checks.OpenItem, error) {
	type answer []struct {
		ID      string `json:"ghsa_id"`
		Summary string `json:"summary"`
		State   string `json:"state"`
		HTMLURL string `json:"html_url"`
	}
	out := []checks.OpenItem{}
	// Without a state GitHub lists those of all states that the token may see; asked
	// by state, one that may see no drafts is refused.
	for _, state := range []string{"draft", "triage"} {
		q := c.ask("the security advisories", repo, perPage("state", state), "security-advisories")
		if err := pages(ctx, c, q, func(page answer) error {
			for _, a := range page {
				if a.State != state {
					return errStrange
				}
				out = append(out, checks.OpenItem{Name: text.Clean(a.ID), Title: text.Clean(a.Summary),
					Draft: state == "draft", URL: text.Clean(a.HTMLURL)})
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return slices.Clip(out), nil
}
