package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maxHistory bounds how many pages of a hundred commits are read.
const maxHistory = 5

// What is asked about the commits; what comes before it is asked with the first page
// only.
const (
	historyHead = `query History($owner: String!, $name: String!, $oid: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $name) {`
	historyReleases = `
    releases(first: 100, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { isDraft createdAt author { login } } }`
	historyCommits = `
    object(oid: $oid) { ... on Commit { history(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        oid committedDate messageHeadline
        author { name email user { login } }
        parents(first: 10) { nodes { oid } }
        associatedPullRequests(first: 5) { nodes {
          number url merged
          author { login __typename }
          mergedBy { login __typename }
          reviews(first: 20, states: [APPROVED]) { nodes { author { login __typename } } }
        } }
      }
    } } }
  }
}`
)

// historyAnswer is a page of commits.
type historyAnswer struct {
	Repository *struct {
		Releases *nodes[releaseNode] `json:"releases"`
		Object   *struct {
			History *struct {
				PageInfo struct {
					HasNextPage bool   `json:"hasNextPage"`
					EndCursor   string `json:"endCursor"`
				} `json:"pageInfo"`
				Nodes []*commitNode `json:"nodes"`
			} `json:"history"`
		} `json:"object"`
	} `json:"repository"`
}

// nodes is a list as the other API gives it.
type nodes[T any] struct {
	Nodes []*T `json:"nodes"`
}

// all are the entries; a list with a hole, or none at all, is not one to count on.
func (n *nodes[T]) all(what string) ([]*T, error) {
	if n == nil || n.Nodes == nil {
		return nil, fmt.Errorf("%s without a list are %w", what, errStrange)
	}
	for _, one := range n.Nodes {
		if one == nil {
			return nil, fmt.Errorf("%s with a null among them are %w", what, errStrange)
		}
	}
	return n.Nodes, nil
}

type releaseNode struct {
	IsDraft   bool       `json:"isDraft"`
	CreatedAt time.Time  `json:"createdAt"`
	Author    *actorNode `json:"author"`
}

// actorNode is an account; null when it is gone.
type actorNode struct {
	Login string `json:"login"`
	Kind  string `json:"__typename"`
}

func (a *actorNode) person() checks.Person {
	if a == nil {
		return checks.Person{}
	}
	return checks.Person{Login: a.Login, Bot: a.Kind == "Bot"}
}

type commitNode struct {
	OID      string    `json:"oid"`
	At       time.Time `json:"committedDate"`
	Headline string    `json:"messageHeadline"`
	Author   *struct {
		Name  string     `json:"name"`
		Email string     `json:"email"`
		User  *actorNode `json:"user"`
	} `json:"author"`
	Parents *nodes[struct {
		OID string `json:"oid"`
	}] `json:"parents"`
	Pulls *nodes[pullNode] `json:"associatedPullRequests"`
}

type pullNode struct {
	Number   int        `json:"number"`
	URL      string     `json:"url"`
	Merged   bool       `json:"merged"`
	Author   *actorNode `json:"author"`
	MergedBy *actorNode `json:"mergedBy"`
	Reviews  *nodes[struct {
		Author *actorNode `json:"author"`
	}] `json:"reviews"`
}

// history reads who wrote and reviewed the commits of the project's repository.
func (f *filling) history(ctx context.Context) {
	h, err := f.readHistory(ctx)
	f.snap.History = got(h, err, needs("contents: read and pull requests: read", f.plan.Repo))
	e, refused := errors.AsType[*graphqlError](err)
	if errors.Is(err, errNoToken{}) || refused && e.refusedToken() {
		m := checks.Missing{Why: reason(err), Needs: "a token"}
		if refused {
			m.Needs = needs("contents: read and pull requests: read", f.plan.Repo)
		}
		f.snap.History = checks.Lack[checks.History](m)
	}
}

func (f *filling) readHistory(ctx context.Context) (checks.History, error) {
	h := checks.History{Repo: f.plan.Repo.String(), SHA: f.plan.SHA, From: f.c.retry.clock.Now().AddDate(-1, 0, 0)}
	if f.c.token == "" { // nothing else need be asked
		return h, errNoToken{}
	}
	stage := release.Stage{Repo: f.plan.Repo, Tag: f.plan.Tag, SHA: f.plan.SHA}
	for _, st := range f.plan.Stages {
		if st.Repo == f.plan.Repo {
			stage = st
			break
		}
	}
	base, err := f.lastRelease(ctx, stage)
	if err != nil {
		return h, err
	}
	w := &historyWalk{f: f, h: &h, parents: map[string][]string{}}
	if h.Base = base; base.SHA != "" {
		if w.fork, h.Since, err = f.c.fork(ctx, f.plan.Repo, base.SHA, f.plan.SHA); err != nil {
			return h, err
		}
	}
	if err = w.read(ctx); err != nil {
		return h, err
	}
	mailmap, err := f.file(ctx, f.plan.Repo, f.plan.SHA, ".mailmap")
	if err != nil && !errors.Is(err, release.ErrNotFound) {
		return h, err
	}
	h.Mailmap = string(mailmap)
	return h, nil
}

// historyWalk is the reading of a history under way.
type historyWalk struct {
	f       *filling
	h       *checks.History
	fork    string // the newest commit that the last release has; empty: none
	parents map[string][]string
}

// read reads pages until the commits since the last release and those of the year are
// there, or there are enough.
func (w *historyWalk) read(ctx context.Context) error {
	repo, what := w.f.plan.Repo, "the commits of "+w.f.plan.Repo.String()
	variables := map[string]any{"owner": repo.Owner, "name": repo.Name, "oid": w.f.plan.SHA, "after": nil}
	doc := historyHead + historyReleases + historyCommits
	cursors := map[string]bool{}
	for range maxHistory {
		page, err := graphql[historyAnswer](ctx, w.f.c, what, doc, variables)
		if err == nil {
			err = w.f.c.explain(what, w.add(page, doc))
		}
		if err != nil {
			return err
		}
		info := page.Repository.Object.History.PageInfo
		w.h.Cut = info.HasNextPage
		if !info.HasNextPage || w.enough() {
			return nil
		}
		if info.EndCursor == "" || cursors[info.EndCursor] {
			return w.f.c.explain(what, fmt.Errorf("the next page is %w", errStrange))
		}
		cursors[info.EndCursor] = true
		variables["after"] = info.EndCursor
		doc = historyHead + historyCommits
	}
	return nil
}

// add takes a page.
func (w *historyWalk) add(page historyAnswer, doc string) error {
	if page.Repository == nil || page.Repository.Object == nil || page.Repository.Object.History == nil {
		return fmt.Errorf("an answer without the commit is %w", errStrange)
	}
	if strings.Contains(doc, historyReleases) {
		if err := w.addReleases(page.Repository.Releases); err != nil {
			return err
		}
	}
	list := nodes[commitNode]{page.Repository.Object.History.Nodes}
	commits, err := list.all("commits")
	if err == nil && len(commits) == 0 {
		err = fmt.Errorf("a history without a commit is %w", errStrange)
	}
	if err != nil {
		return err
	}
	for _, n := range commits {
		if err := w.addCommit(n); err != nil {
			return err
		}
	}
	w.mark()
	return nil
}

func (w *historyWalk) addReleases(list *nodes[releaseNode]) error {
	all, err := list.all("releases")
	for _, r := range all {
		if !r.IsDraft && !r.CreatedAt.Before(w.h.From) {
			w.h.Releases = append(w.h.Releases, r.Author.person())
		}
	}
	return err
}

func (w *historyWalk) addCommit(n *commitNode) error {
	if err := checkSHA("a commit", n.OID); err != nil {
		return err
	}
	if len(w.h.Commits) == 0 && n.OID != w.f.plan.SHA {
		return fmt.Errorf("a history that begins elsewhere is %w", errStrange)
	}
	parents, err := n.Parents.all("parents")
	if err != nil {
		return err
	}
	c := checks.Commit{SHA: n.OID, At: n.At, Title: text.Clean(n.Headline), Merge: len(parents) > 1,
		URL: w.f.c.page(w.f.plan.Repo, "commit", n.OID)}
	w.parents[n.OID] = []string{}
	for _, p := range parents {
		w.parents[n.OID] = append(w.parents[n.OID], p.OID)
	}
	if a := n.Author; a != nil {
		c.Author = a.User.person()
		c.Author.Name, c.Author.Email = a.Name, a.Email
	}
	pulls, err := n.Pulls.all("pull requests")
	if err != nil {
		return err
	}
	for _, p := range pulls {
		if !p.Merged { // what is approved there need not be this commit
			continue
		}
		reviews, err := p.Reviews.all("reviews")
		if err != nil {
			return err
		}
		pull := checks.Pull{Number: p.Number, URL: text.Clean(p.URL), Author: p.Author.person(), MergedBy: p.MergedBy.person()}
		for _, r := range reviews {
			pull.Approvals = append(pull.Approvals, r.Author.person())
		}
		c.Pulls = append(c.Pulls, pull)
	}
	w.h.Commits = append(w.h.Commits, c)
	return nil
}

// mark tells which commits the last release does not have: all but those that lead to
// where this one's began.
func (w *historyWalk) mark() {
	old := map[string]bool{}
	for next := []string{w.fork}; len(next) > 0; next = next[1:] {
		if at := next[0]; at != "" && !old[at] {
			old[at] = true
			next = append(next, w.parents[at]...)
		}
	}
	for i := range w.h.Commits {
		w.h.Commits[i].New = !old[w.h.Commits[i].SHA]
	}
	if w.h.Base.SHA == "" {
		w.h.Since = len(w.h.Commits)
	}
}

// enough tells whether what is older need not be read.
func (w *historyWalk) enough() bool {
	fresh := 0
	for _, c := range w.h.Commits {
		if c.New {
			fresh++
		}
	}
	last := w.h.Commits[len(w.h.Commits)-1]
	return w.h.Base.SHA != "" && fresh >= w.h.Since && last.At.Before(w.h.From)
}
