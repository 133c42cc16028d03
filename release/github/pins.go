package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxPinned is how many repositories one question is about.
	maxPinned = 20
	// maxRefs is how many branches, and how many tags, GitHub lists of one at a time.
	maxRefs = 100
	// maxAsked is how many branches of a repository a commit is held against that is the
	// commit of none of its refs; most are of the default branch.
	maxAsked = 20
)

// pinsDoc is what is asked of one repository: its default branch, and its branches and
// newest tags with their commits.
const pinsDoc = `r%d: repository(owner: $owner%d, name: $name%d) {
    defaultBranchRef { name }
    heads: refs(refPrefix: "refs/heads/", first: 100) { totalCount nodes { name target { oid } } }
    tags: refs(refPrefix: "refs/tags/", first: 100, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) {
      totalCount nodes { name target { oid ... on Tag { target { oid } } } }
    }
  }`

// pinnedRepo is what is told of it.
type pinnedRepo struct {
	Default *struct {
		Name string `json:"name"`
	} `json:"defaultBranchRef"`
	Heads *pinnedRefs `json:"heads"`
	Tags  *pinnedRefs `json:"tags"`
}

type pinnedRefs struct {
	Total int `json:"totalCount"`
	Nodes []struct {
		Name   string `json:"name"`
		Target *struct {
			OID    string `json:"oid"`
			Target *struct {
				OID string `json:"oid"`
			} `json:"target"` // of an annotated tag
		} `json:"target"`
	} `json:"nodes"`
}

// whole tells whether all refs of the kind were listed.
func (r *pinnedRefs) whole() bool { return r != nil && len(r.Nodes) == r.Total }

// named is the ref whose commit is sha; empty for none.
func (r *pinnedRefs) named(sha string) string {
	for _, n := range r.Nodes {
		if t := n.Target; t != nil && (t.OID == sha || t.Target != nil && t.Target.OID == sha) {
			return n.Name
		}
	}
	return ""
}

// pins finds out where the commits belong that the stages' files are pinned to.
func (f *filling) pins(ctx context.Context) {
	wanted := f.pinned(ctx)
	found := map[checks.Pin]checks.Got[checks.Origin]{}
	var mu sync.Mutex
	var g errgroup.Group
	for some := range slices.Chunk(repositoriesOf(wanted), maxPinned) {
		told, err := f.askPinned(ctx, some)
		for _, repo := range some {
			for pin, comment := range wanted {
				if pin.Repo != repo {
					continue
				}
				g.Go(func() error {
					got := checks.Lack[checks.Origin](f.pinLack(err, pin))
					if r := told[repo]; err == nil && r != nil {
						got = f.origin(ctx, pin, comment, r)
					}
					mu.Lock()
					defer mu.Unlock()
					found[pin] = got
					return nil
				})
			}
		}
	}
	_ = g.Wait()
	f.snap.Pins = checks.Have(found)
}

// pinned are the pins of all that the stages run, each with the comment behind it, which
// names the version that is meant.
func (f *filling) pinned(ctx context.Context) map[checks.Pin]string {
	out := map[checks.Pin]string{}
	for _, p := range f.readPrograms(ctx) {
		for _, job := range p.Jobs() {
			for _, u := range job.Uses() {
				if pin, ok := checks.PinOf(u); ok {
					_, comment, _ := strings.Cut(u.File.Line(u.Line), "#")
					out[pin] = versionWord.FindString(comment)
				}
			}
		}
	}
	return out
}

// versionWord is a version in a comment.
var versionWord = regexp.MustCompile(`\bv?[0-9]+(?:\.[0-9A-Za-z.+-]+)?`)

func repositoriesOf(pins map[checks.Pin]string) []string {
	seen := map[string]bool{}
	for pin := range pins {
		seen[pin.Repo] = true
	}
	var out []string
	for repo := range seen {
		out = append(out, repo)
	}
	slices.Sort(out)
	return out
}

// askPinned asks one question about some repositories. One that GitHub says an error
// about is left out of what is told.
func (f *filling) askPinned(ctx context.Context, repos []string) (map[string]*pinnedRepo, error) {
	const what = "where the pinned commits are from"
	if f.c.token == "" {
		return nil, f.c.explain(what, errNoToken)
	}
	var declared, picks []string
	values := map[string]any{}
	for i, repo := range repos {
		owner, name, _ := strings.Cut(repo, "/")
		declared = append(declared, fmt.Sprintf("$owner%d: String!, $name%d: String!", i, i))
		picks = append(picks, fmt.Sprintf(pinsDoc, i, i, i))
		values[fmt.Sprintf("owner%d", i)], values[fmt.Sprintf("name%d", i)] = owner, name
	}
	doc := fmt.Sprintf("query Pins(%s) {\n  %s\n}\n", strings.Join(declared, ", "), strings.Join(picks, "\n  "))
	data, err := f.c.pinsTold(ctx, what, doc, values)
	told := map[string]*pinnedRepo{}
	for i, repo := range repos {
		if r := data[fmt.Sprintf("r%d", i)]; r != nil && r.Heads != nil && r.Tags != nil {
			told[repo] = r
		}
	}
	return told, err
}

// pinLack is why nothing is known of a pin.
func (f *filling) pinLack(err error, pin checks.Pin) checks.Missing {
	if err != nil && !errors.Is(err, errNoToken) {
		return lack(err, "a token")
	}
	if err != nil {
		return checks.Missing{Why: reason(err), Needs: "a token"}
	}
	return checks.Missing{Why: text.Cleanf("GitHub tells nothing of %s", pin.Repo), Needs: "contents: read on " + pin.Repo}
}

// origin is the ref of a repository that leads to a pinned commit: the commit of a tag
// or a branch, else one that the default branch or another has behind it.
func (f *filling) origin(ctx context.Context, pin checks.Pin, comment string, r *pinnedRepo) checks.Got[checks.Origin] {
	of := func(kind, name string) checks.Got[checks.Origin] {
		return checks.Have(checks.Origin{Ref: text.Cleanf("%s %s", kind, name)})
	}
	if name := r.Tags.named(pin.SHA); name != "" {
		return of("tag", name)
	}
	if name := r.Heads.named(pin.SHA); name != "" {
		return of("branch", name)
	}
	repo, err := release.ParseRepo(pin.Repo)
	if err != nil {
		return checks.Lack[checks.Origin](lack(err, ""))
	}
	repo.Host = f.plan.Repo.Host
	names := r.branches(comment)
	for i, name := range names {
		if i == maxAsked {
			break
		}
		switch ahead, err := f.c.Ahead(ctx, repo, name, pin.SHA); {
		case err == nil && ahead == 0:
			return of("branch", name)
		case err != nil && !errors.Is(err, release.ErrNotFound): // not found: the two have nothing in common
			return checks.Lack[checks.Origin](lack(err, needs("contents: read", repo)))
		}
	}
	if left := len(names) - maxAsked; left > 0 || !r.Heads.whole() || !r.Tags.whole() {
		return checks.Lack[checks.Origin](checks.Missing{
			Why:  text.Cleanf("%d of its branches were asked, and the newest %d of its %d tags", min(len(names), maxAsked), len(r.Tags.Nodes), r.Tags.Total),
			Next: "look at the commit on the page of the repository: GitHub says there when it belongs to no branch of it"})
	}
	return checks.Have(checks.Origin{})
}

// branches are those of a repository, the most likely first: its default, those that are
// named like the version that is meant, and those of releases.
func (r *pinnedRepo) branches(comment string) []string {
	likely := func(name string) int {
		major, _, _ := strings.Cut(comment, ".")
		switch {
		case r.Default != nil && name == r.Default.Name:
			return 0
		case major != "" && strings.Contains(name, major):
			return 1
		case strings.Contains(name, "release") || strings.HasPrefix(name, "v"):
			return 2
		}
		return 3
	}
	var names []string
	for _, n := range r.Heads.Nodes {
		names = append(names, n.Name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return likely(a) - likely(b) })
	return names
}

// pinsTold asks and reads the answer, part by part.
func (c *Client) pinsTold(ctx context.Context, what, doc string, values map[string]any) (map[string]*pinnedRepo, error) {
	if !queryDocument(doc) {
		return nil, c.explain(what, ErrReadOnly)
	}
	body, err := json.Marshal(map[string]any{"query": doc, "variables": values})
	var out map[string]*pinnedRepo
	err = c.read(ctx, query{what: what, url: c.graphqlURL(), err: err, body: body}, func(resp *http.Response) error {
		data, failed, err := graphqlParts[map[string]*pinnedRepo](resp.Body)
		for _, part := range failed {
			delete(data, part)
		}
		out = data
		return err
	})
	return out, err
}
