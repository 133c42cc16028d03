package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Release tells what stands under a tag as a GitHub release. A draft is not a
// release yet. The digest is that of the only asset, where there is only one.
func (c *Client) Release(ctx context.Context, repo release.Repo, tag string) (checks.Published, error) {
	p := checks.Published{Artifact: text.Cleanf("%s %s", release.KindGitHubRelease, tag)}
	r, err := c.releaseOf(ctx, repo, tag)
	if errors.Is(err, release.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return checks.Published{}, err
	}
	p.Exists, p.Updated, p.URL = true, r.PublishedAt, text.Clean(r.HTMLURL)
	if len(r.Assets) == 1 {
		p.Digest = digest(r.Assets[0].Digest)
	}
	return p, nil
}

// releaseAnswer is a GitHub release.
type releaseAnswer struct {
	ID          int64     `json:"id"`
	TagName     string    `json:"tag_name"`
	HTMLURL     string    `json:"html_url"`
	Draft       bool      `json:"draft"`
	Immutable   bool      `json:"immutable"`
	PublishedAt time.Time `json:"published_at"`
	Author      struct {
		Login string `json:"login"`
	} `json:"author"`
	Assets []struct {
		Digest string `json:"digest"`
	} `json:"assets"`
}

// releaseOf reads the published release of a tag.
func (c *Client) releaseOf(ctx context.Context, repo release.Repo, tag string) (releaseAnswer, error) {
	q := c.ask("the release "+tag, repo, nil, "releases", "tags", tag)
	r, _, err := get[releaseAnswer](ctx, c, q)
	switch {
	case err != nil:
		return r, err
	case r.TagName != tag:
		return r, c.explain(q.what, fmt.Errorf("the answer is about %q: %w", clip(r.TagName), errStrange))
	case r.Draft:
		return r, c.explain(q.what, fmt.Errorf("it is a draft: %w", release.ErrNotFound))
	}
	return r, nil
}

// digest is s when it is of the form algorithm:hex, else empty.
func digest(s string) string {
	algorithm, hex, found := strings.Cut(s, ":")
	if !found || !slices.Contains([]string{"sha256", "sha512"}, algorithm) || strings.Trim(hex, "0123456789abcdef") != "" {
		return ""
	}
	return s
}
