package github

import (
	"context"
	"fmt"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// refAnswer is a ref as GitHub gives it.
type refAnswer struct {
	Ref    string    `json:"ref"`
	Object gitObject `json:"object"`
}

// gitObject names an object and its type.
type gitObject struct {
	Type string `json:"type"`
	SHA  string `json:"sha"`
}

// maxNested bounds the tag objects that point to one another.
const maxNested = 5

// Claim reads a ref of the form refs/… and the tag object that it points to.
func (c *Client) Claim(ctx context.Context, repo release.Repo, ref string) (release.Claim, error) {
	what := ref + " of " + repo.String()
	object, err := c.ref(ctx, repo, ref)
	if err != nil {
		return release.Claim{}, err
	}
	claim := release.Claim{Ref: ref, Object: object.SHA}
	for range maxNested {
		if err := checkSHA("what it points to", object.SHA); err != nil {
			return release.Claim{}, c.explain(what, err)
		}
		switch object.Type {
		case "commit":
			claim.SHA = object.SHA
			return claim, nil
		case "tag":
			if object, err = c.tagObject(ctx, repo, object.SHA, &claim); err != nil {
				return release.Claim{}, err
			}
		default:
			return release.Claim{}, c.explain(what, fmt.Errorf("it leads to a %s, not to a commit", text.Clean(object.Type)))
		}
	}
	return release.Claim{}, c.explain(what, fmt.Errorf("more than %d tag objects in a row", maxNested))
}

// ref reads what a ref points to. Older servers answer a ref that is not there with
// a list of those that begin as it does.
func (c *Client) ref(ctx context.Context, repo release.Repo, ref string) (gitObject, error) {
	name, full := strings.CutPrefix(ref, "refs/")
	q := c.ask(ref, repo, nil, append([]string{"git", "ref"}, strings.Split(name, "/")...)...)
	if !full {
		q.err = fmt.Errorf("%q is not a ref of the form refs/…", clip(ref))
	}
	answer, _, err := get[oneOrMany[refAnswer]](ctx, c, q)
	if err != nil {
		return gitObject{}, err
	}
	if !answer.list {
		answer.many = []refAnswer{answer.one}
	}
	for _, r := range answer.many {
		switch {
		case r.Ref == ref:
			return r.Object, nil
		case !answer.list || !strings.HasPrefix(r.Ref, ref):
			return gitObject{}, c.explain(q.what, fmt.Errorf("the answer is about %q: %w", clip(r.Ref), errStrange))
		}
	}
	return gitObject{}, c.explain(q.what, fmt.Errorf("it is not among those that begin so: %w", release.ErrNotFound))
}

// tagObject reads a tag object and gives what it points to. The claim keeps the
// words of the outermost one, which the ref itself points to.
func (c *Client) tagObject(ctx context.Context, repo release.Repo, sha string, claim *release.Claim) (gitObject, error) {
	q := c.ask("tag object "+sha, repo, nil, "git", "tags", sha)
	t, _, err := get[struct {
		SHA     string `json:"sha"`
		Message string `json:"message"`
		Tagger  struct {
			Name string    `json:"name"`
			Date time.Time `json:"date"`
		} `json:"tagger"`
		Object gitObject `json:"object"`
	}](ctx, c, q)
	if err != nil {
		return gitObject{}, err
	}
	if t.SHA != sha {
		return gitObject{}, c.explain(q.what, errStrange)
	}
	if sha == claim.Object {
		claim.By, claim.At, claim.Message = text.Clean(t.Tagger.Name), t.Tagger.Date, t.Message
	}
	return t.Object, nil
}
