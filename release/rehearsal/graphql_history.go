package rehearsal

import (
	"container/heap"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// maxListed bounds how many commits a history lists: more than anybody asks for.
const maxListed = 1000

// knowsNoReviews is what a rehearsal from a clone says about pull requests: git does
// not hold them, and that there were none would be a lie.
const knowsNoReviews = "a rehearsal from a clone knows no reviews"

// history lists a commit and what led to it, the newest first.
func (g *gitStore) history(from *gitobj.Commit) ([]*gitobj.Commit, error) {
	seen := map[plumbing.Hash]bool{from.Hash: true}
	queue := visits{{commit: from}}
	var all []*gitobj.Commit
	for len(queue) > 0 && len(all) < maxListed {
		c := heap.Pop(&queue).(*visit).commit
		all = append(all, c)
		if g.cut(c.Hash) {
			return nil, errShallow
		}
		for _, h := range c.ParentHashes {
			if seen[h] {
				continue
			}
			seen[h] = true
			p, err := g.commit(h)
			if err != nil {
				return nil, held(err)
			}
			heap.Push(&queue, &visit{commit: p})
		}
	}
	return all, nil
}

// commitType is a commit.
func (x *exchange) commitType(c *gitobj.Commit) *gqlType {
	headline, _, _ := strings.Cut(c.Message, "\n")
	var user *gqlType
	if login := x.repo.accountOf(c); login != "" {
		user = userType(login)
	}
	author := &gqlType{name: "GitActor", fields: map[string]gqlField{
		"name": is(c.Author.Name), "email": is(c.Author.Email), "user": is(user)}}
	var parents []*gqlType
	for _, h := range c.ParentHashes {
		parents = append(parents, &gqlType{name: "Commit", fields: map[string]gqlField{"oid": is(h.String())}})
	}
	return &gqlType{name: "Commit", fields: map[string]gqlField{
		"oid": is(c.Hash.String()), "id": is(nodeID("Commit", c.Hash)), "committedDate": is(stamp(c.Committer.When)),
		"messageHeadline": is(headline), "url": is(x.repo.html("/commit/%s", c.Hash)), "author": is(author),
		"signature": is(x.repo.signatureType(c)),
		"parents": {args: []string{"first", "after"}, get: func(args map[string]any) (any, error) {
			return connection("CommitConnection", parents, args)
		}},
		"associatedPullRequests": {args: []string{"first", "after"}, get: func(args map[string]any) (any, error) {
			return x.pullsOf(c, args)
		}},
		"history": {args: []string{"first", "after"}, get: func(args map[string]any) (any, error) {
			return x.historyOf(c, args)
		}},
	}}
}

// signatureType is what GitHub made of a commit's signature; nil for one without any.
func (r *repository) signatureType(c *gitobj.Commit) *gqlType {
	v := r.verification(c)
	if v["verified"] != true {
		return nil
	}
	return &gqlType{name: "GpgSignature", fields: map[string]gqlField{
		"isValid": is(true), "state": is("VALID"), "payload": is(v["payload"]), "signature": is(v["signature"])}}
}

// historyOf is a page of what led to a commit.
func (x *exchange) historyOf(c *gitobj.Commit, args map[string]any) (any, error) {
	if x.repo.assumed {
		return nil, &graphqlError{message: knowsNoReviews}
	}
	all, err := x.repo.git.history(c)
	if err != nil {
		return nil, err
	}
	nodes := make([]*gqlType, len(all))
	for i, one := range all {
		nodes[i] = x.commitType(one)
	}
	return connection("CommitHistoryConnection", nodes, args)
}

// accountOf is whose commit it is; empty where that is nobody's account.
func (r *repository) accountOf(c *gitobj.Commit) string {
	if _, known := r.settings.Collaborators[c.Author.Name]; known {
		return c.Author.Name
	}
	return ""
}

// pullsOf is the pull request that brought a commit of the sample in: its author's own,
// which the next of the collaborators approved and merged. A commit of somebody who is
// none of them came in without one.
func (x *exchange) pullsOf(c *gitobj.Commit, args map[string]any) (any, error) {
	if x.repo.assumed {
		return nil, &graphqlError{message: knowsNoReviews}
	}
	people := slices.Sorted(maps.Keys(x.repo.settings.Collaborators))
	author := x.repo.accountOf(c)
	if author == "" || len(people) < 2 {
		return connection("PullRequestConnection", nil, args)
	}
	number := 1 + idOf("pull", c.Hash)%899
	by := userType(people[(slices.Index(people, author)+1)%len(people)])
	review := &gqlType{name: "PullRequestReview", fields: map[string]gqlField{
		"author": is(by), "state": is("APPROVED"), "submittedAt": is(stamp(c.Committer.When))}}
	pull := &gqlType{name: "PullRequest", fields: map[string]gqlField{
		"number": is(number), "url": is(x.repo.html("/pull/%d", number)), "merged": is(true), "state": is("MERGED"),
		"author": is(userType(author)), "mergedBy": is(by),
		"reviews": {args: []string{"first", "after", "states"}, get: func(args map[string]any) (any, error) {
			return connection("PullRequestReviewConnection", []*gqlType{review}, args)
		}}}}
	return connection("PullRequestConnection", []*gqlType{pull}, args)
}
