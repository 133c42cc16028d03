package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// Viewer tells whose token this is. Without a token it is ErrNoToken. An
// installation's token, such as a workflow's own, belongs to nobody: its login is
// empty.
func (c *Client) Viewer(ctx context.Context) (checks.Viewer, error) {
	const what = "whose token this is"
	if c.token == "" {
		return checks.Viewer{}, needsToken(c.host)
	}
	v := checks.Viewer{TokenKind: tokenKind(c.token)}
	address, err := c.address(nil, "user")
	user, header, err := get[struct {
		Login string `json:"login"`
	}](ctx, c, query{what: what, url: address, err: err})
	switch {
	case v.TokenKind == tokenInstallation && errors.Is(err, release.ErrForbidden):
		return v, nil
	case err != nil:
		return checks.Viewer{}, err
	case user.Login == "":
		return checks.Viewer{}, c.explain(what, errStrange)
	}
	v.Login = text.Clean(user.Login)
	if _, told := header["X-Oauth-Scopes"]; told && v.TokenKind == tokenClassic {
		v.Scopes = scopes(header)
	}
	return v, nil
}

// needsToken is the error of whatever takes a token where there is none. A host of
// somebody's own is one that may be no GitHub at all; empty is none in particular.
func needsToken(host string) error {
	e := &release.Error{Kind: release.KindAuth, Err: noToken{"GitHub"}, Hint: signIn}
	if host != "" && auth.IsEnterprise(host) {
		name := text.Clean(host).String()
		e.Err = noToken{name}
		e.Hint = fmt.Sprintf("if %s is a GitHub Enterprise Server, sign in with `gh auth login --hostname %s`, or set GH_ENTERPRISE_TOKEN; "+
			"beside those only github.com is supported", name, name)
	}
	return e
}

// noToken is ErrNoToken where nothing was asked of a host.
type noToken struct{ host string }

func (n noToken) Error() string { return "there is no token for " + n.host }
func (noToken) Unwrap() error   { return release.ErrNoToken }

// The kinds of token that checks.Viewer knows.
const (
	tokenClassic      = "classic"
	tokenFineGrained  = "fine-grained"
	tokenOAuth        = "oauth"
	tokenInstallation = "installation"
	tokenUnknown      = "unknown"
)

// tokenKind tells the kind of a token by its prefix. Classic tokens from before
// 2021 are forty hexadecimal digits. A GitHub App's token for a user (ghu_) acts
// as that user, as an OAuth app's does.
func tokenKind(token string) string {
	switch {
	case strings.HasPrefix(token, "ghp_"), len(token) == 40 && validSHA(token):
		return tokenClassic
	case strings.HasPrefix(token, "github_pat_"):
		return tokenFineGrained
	case strings.HasPrefix(token, "gho_"), strings.HasPrefix(token, "ghu_"):
		return tokenOAuth
	case strings.HasPrefix(token, "ghs_"):
		return tokenInstallation
	}
	return tokenUnknown
}

// scopes reads what a classic token may do; a token without any scope has an empty
// list, not none.
func scopes(h http.Header) []string {
	out := []string{}
	for s := range strings.SplitSeq(h.Get("X-Oauth-Scopes"), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, text.Clean(s).String())
		}
	}
	return out
}

// Repository reads a repository. One that was renamed is an error: GitHub would
// go on answering reads under the old name, and refuse what acts.
func (c *Client) Repository(ctx context.Context, repo release.Repo) (checks.Repo, error) {
	q := c.ask("the settings", repo, nil)
	r, _, err := get[struct {
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
		Private       bool   `json:"private"`
		Archived      bool   `json:"archived"`
		HTMLURL       string `json:"html_url"`
		Permissions   struct {
			Push  bool `json:"push"`
			Admin bool `json:"admin"`
		} `json:"permissions"`
	}](ctx, c, q)
	if err != nil {
		return checks.Repo{}, err
	}
	if !strings.EqualFold(r.FullName, repo.String()) {
		return checks.Repo{}, &release.Error{Kind: release.KindUsage, Op: "repository " + repo.String(),
			Err:  fmt.Errorf("GitHub calls it %s now", text.Clean(r.FullName)),
			Hint: "name it as GitHub does"}
	}
	return checks.Repo{Name: r.FullName, DefaultBranch: r.DefaultBranch, Private: r.Private, Archived: r.Archived,
		Push: r.Permissions.Push, Admin: r.Permissions.Admin, URL: text.Clean(r.HTMLURL)}, nil
}

// branchAnswer is a branch as GitHub gives it. protection is there for whoever
// may read the branch, and tells less than the branch's own protection does.
type branchAnswer struct {
	Name   string `json:"name"`
	Commit struct {
		SHA string `json:"sha"`
	} `json:"commit"`
	Protected  bool `json:"protected"`
	Protection struct {
		Checks struct {
			Contexts []string `json:"contexts"`
		} `json:"required_status_checks"`
	} `json:"protection"`
}

func (b branchAnswer) branch() (release.Branch, error) {
	if b.Name == "" {
		return release.Branch{}, fmt.Errorf("a branch without a name is %w", errStrange)
	}
	return release.Branch{Name: b.Name, SHA: b.Commit.SHA, Protected: b.Protected},
		checkSHA("the head of "+clip(b.Name), b.Commit.SHA)
}

// Branches lists all branches.
func (c *Client) Branches(ctx context.Context, repo release.Repo) ([]release.Branch, error) {
	var out []release.Branch
	err := pages(ctx, c, c.ask("the branches", repo, perPage(), "branches"), func(page []branchAnswer) error {
		for _, b := range page {
			branch, err := b.branch()
			if err != nil {
				return err
			}
			out = append(out, branch)
		}
		return nil
	})
	return out, err
}

// Branch reads one branch.
func (c *Client) Branch(ctx context.Context, repo release.Repo, name string) (release.Branch, error) {
	b, err := c.branch(ctx, repo, name)
	if err != nil {
		return release.Branch{}, err
	}
	return b.branch()
}

// branch reads one branch; a renamed one, to which GitHub redirects, is not it.
func (c *Client) branch(ctx context.Context, repo release.Repo, name string) (branchAnswer, error) {
	q := c.ask("branch "+name, repo, nil, "branches", name)
	b, _, err := get[branchAnswer](ctx, c, q)
	if err == nil && b.Name == "" {
		err = c.explain(q.what, fmt.Errorf("a branch without a name is %w", errStrange))
	}
	if err == nil && b.Name != name {
		err = c.explain(q.what, fmt.Errorf("it is called %q now: %w", clip(b.Name), release.ErrNotFound))
	}
	if err == nil {
		err = c.explain(q.what, checkSHA("its head", b.Commit.SHA))
	}
	return b, err
}

// Tags lists the tags that begin with prefix. This list gives the commit of an
// annotated tag as well, where the list of refs would take one more request for
// each.
func (c *Client) Tags(ctx context.Context, repo release.Repo, prefix string) ([]release.Tag, error) {
	type tag struct {
		Name   string `json:"name"`
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	var out []release.Tag
	err := pages(ctx, c, c.ask("the tags", repo, perPage(), "tags"), func(page []tag) error {
		for _, t := range page {
			if err := checkSHA("the commit of a tag", t.Commit.SHA); err != nil {
				return err
			}
			if t.Name != "" && strings.HasPrefix(t.Name, prefix) {
				out = append(out, release.Tag{Name: t.Name, SHA: t.Commit.SHA})
			}
		}
		return nil
	})
	return out, err
}
