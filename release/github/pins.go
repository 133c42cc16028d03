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
	// maxAsked is how many branches and tags of a repository a commit is held against that
	// is the commit of none of them; most are of the default branch.
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

// commitDoc is what is asked of one commit that is pinned: whether GitHub has it under
// the repository's name, be it of a fork.
const commitDoc = `c%d: repository(owner: $owner%d, name: $name%d) { object(oid: $commit%d) { oid } }`

// pinnedRepo is what is told of a repository, or of one commit under its name.
type pinnedRepo struct {
	Object *struct {
		OID string `json:"oid"`
	} `json:"object"`
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
		var pins []checks.Pin
		for pin := range wanted {
			if slices.Contains(some, pin.Repo) {
				pins = append(pins, pin)
			}
		}
		told, err := f.askPinned(ctx, some, pins)
		for _, pin := range pins {
			g.Go(func() error {
				got := f.origin(ctx, pin, wanted[pin], told, err)
				mu.Lock()
				defer mu.Unlock()
				found[pin] = got
				return nil
			})
		}
	}
	_ = g.Wait()
	f.snap.Pins = checks.Have(found)
}

// pinsTold is what one question told: of repositories by their names, and whether GitHub
// has a commit under a repository's name; of what it told nothing, nothing is here.
type pinsTold struct {
	repos map[string]*pinnedRepo
	has   map[checks.Pin]bool
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

// askPinned asks one question about some repositories and the commits that are pinned of
// them. What GitHub says an error about is left out of what is told.
func (f *filling) askPinned(ctx context.Context, repos []string, pins []checks.Pin) (pinsTold, error) {
	const what = "where the pinned commits are from"
	told := pinsTold{map[string]*pinnedRepo{}, map[checks.Pin]bool{}}
	if f.c.token == "" {
		return told, f.c.explain(what, errNoToken{})
	}
	var declared, picks []string
	values := map[string]any{}
	for i, repo := range repos {
		owner, name, _ := strings.Cut(repo, "/")
		declared = append(declared, fmt.Sprintf("$owner%d: String!, $name%d: String!", i, i))
		picks = append(picks, fmt.Sprintf(pinsDoc, i, i, i))
		values[fmt.Sprintf("owner%d", i)], values[fmt.Sprintf("name%d", i)] = owner, name
	}
	for i, pin := range pins {
		r := slices.Index(repos, pin.Repo)
		declared = append(declared, fmt.Sprintf("$commit%d: GitObjectID!", i))
		picks = append(picks, fmt.Sprintf(commitDoc, i, r, r, i))
		values[fmt.Sprintf("commit%d", i)] = pin.SHA
	}
	doc := fmt.Sprintf("query Pins(%s) {\n  %s\n}\n", strings.Join(declared, ", "), strings.Join(picks, "\n  "))
	data, err := f.c.askPins(ctx, what, doc, values)
	for i, repo := range repos {
		if r := data[fmt.Sprintf("r%d", i)]; r != nil && r.Heads != nil && r.Tags != nil {
			told.repos[repo] = r
		}
	}
	for i, pin := range pins {
		if c := data[fmt.Sprintf("c%d", i)]; c != nil {
			told.has[pin] = c.Object != nil && c.Object.OID == pin.SHA
		}
	}
	return told, err
}

// pinLack is why nothing is known of a pin.
func (f *filling) pinLack(err error, pin checks.Pin) checks.Missing {
	if err != nil && !errors.Is(err, errNoToken{}) {
		return lack(err, "a token")
	}
	if err != nil {
		return checks.Missing{Why: reason(err), Needs: "a token"}
	}
	return checks.Missing{Why: text.Cleanf("GitHub tells nothing of %s", pin.Repo), Needs: "contents: read on " + pin.Repo}
}

// origin is the ref of a repository that leads to a pinned commit: the commit of a tag
// or a branch, else one that the default branch or another ref has behind it.
func (f *filling) origin(ctx context.Context, pin checks.Pin, comment string, told pinsTold, err error) checks.Got[checks.Origin] {
	r, has := told.repos[pin.Repo], told.has
	if _, asked := has[pin]; err != nil || r == nil || !asked {
		return checks.Lack[checks.Origin](f.pinLack(err, pin))
	}
	of := func(kind, name string) checks.Got[checks.Origin] {
		return checks.Have(checks.Origin{Ref: text.Cleanf("%s %s", kind, name)})
	}
	if name := r.Tags.named(pin.SHA); name != "" {
		return of("tag", name)
	}
	if name := r.Heads.named(pin.SHA); name != "" {
		return of("branch", name)
	}
	if !has[pin] { // neither of the repository nor of any fork of it
		return checks.Have(checks.Origin{})
	}
	return f.behind(ctx, pin, r, r.refs(comment))
}

// behind is the first of some refs that has a commit behind it. That none has is only
// known where all refs were listed and asked.
func (f *filling) behind(ctx context.Context, pin checks.Pin, r *pinnedRepo, refs []pinnedRef) checks.Got[checks.Origin] {
	repo, err := release.ParseRepo(pin.Repo)
	if err != nil {
		return checks.Lack[checks.Origin](lack(err, ""))
	}
	repo.Host = f.plan.Repo.Host
	for _, ref := range refs[:min(len(refs), maxAsked)] {
		switch ahead, err := f.c.Ahead(ctx, repo, ref.name, pin.SHA); {
		case err == nil && ahead == 0:
			return checks.Have(checks.Origin{Ref: text.Cleanf("%s %s", ref.kind, ref.name)})
		case err != nil && !errors.Is(err, release.ErrNotFound): // not found: the two have nothing in common
			return checks.Lack[checks.Origin](lack(err, needs("contents: read", repo)))
		}
	}
	if all := r.Heads.Total + r.Tags.Total; all > min(len(refs), maxAsked) {
		return checks.Lack[checks.Origin](checks.Missing{
			Why: text.Cleanf("it is the commit of none of them, and %d of its %d branches and tags were asked whether it is behind them",
				min(len(refs), maxAsked), all),
			Next: "look at the commit on the page of the repository: GitHub says there when it belongs to no branch of it"})
	}
	return checks.Have(checks.Origin{})
}

// pinnedRef is a branch or a tag.
type pinnedRef struct{ kind, name string }

// refs are those of a repository, the most likely first: its default branch, what is
// named like the version that is meant, the branches of releases, the others.
func (r *pinnedRepo) refs(comment string) []pinnedRef {
	major, _, _ := strings.Cut(comment, ".")
	likely := func(ref pinnedRef) int {
		switch branch := ref.kind == "branch"; {
		case branch && r.Default != nil && ref.name == r.Default.Name:
			return 0
		case comment != "" && ref.name == comment:
			return 1
		case branch && major != "" && strings.Contains(ref.name, major):
			return 2
		case branch && (strings.Contains(ref.name, "release") || strings.HasPrefix(ref.name, "v")):
			return 3
		case branch:
			return 4
		}
		return 5
	}
	var out []pinnedRef
	for _, n := range r.Heads.Nodes {
		out = append(out, pinnedRef{"branch", n.Name})
	}
	for _, n := range r.Tags.Nodes {
		out = append(out, pinnedRef{"tag", n.Name})
	}
	slices.SortStableFunc(out, func(a, b pinnedRef) int { return likely(a) - likely(b) })
	return out
}

// askPins asks and reads the answer, part by part.
func (c *Client) askPins(ctx context.Context, what, doc string, values map[string]any) (map[string]*pinnedRepo, error) {
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
