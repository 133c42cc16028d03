package rehearsal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/utils/merkletrie"
)

// GitHub's bounds on a comparison.
const (
	maxComparedCommits = 250 // without paging
	maxComparedFiles   = 300
)

// compare tells how two refs relate: base...head.
func (x *exchange) compare() (any, error) {
	baseName, headName, ok := strings.Cut(x.req.PathValue("basehead"), "...")
	if !ok {
		return nil, notFound()
	}
	base, err := x.repo.git.resolve(baseName)
	if err != nil {
		return nil, err
	}
	head, err := x.repo.git.resolve(headName)
	if err != nil {
		return nil, err
	}
	c, err := x.repo.git.compare(base, head)
	if errors.Is(err, errUnrelated) {
		return nil, &apiError{status: http.StatusNotFound,
			message: fmt.Sprintf("No common ancestor between %s and %s.", baseName, headName)}
	}
	if err != nil {
		return nil, err
	}
	return x.compareJSON(c, base, head)
}

// compareJSON is a comparison as GitHub shows it. Without paging it has the last
// commits only, and the files stand on the first page.
func (x *exchange) compareJSON(c comparison, base, head plumbing.Hash) (any, error) {
	commits := c.ahead
	if x.query("page") != "" || x.query("per_page") != "" {
		commits = page(x, commits)
	} else if len(commits) > maxComparedCommits {
		commits = commits[len(commits)-maxComparedCommits:]
	}
	listed, err := list(commits, func(one *gitobj.Commit) (any, error) { return x.repo.commitJSON(one.Hash) })
	if err != nil {
		return nil, err
	}
	baseJSON, err := x.repo.commitJSON(base)
	if err != nil {
		return nil, err
	}
	mergeBase, err := x.repo.commitJSON(c.base.Hash)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s...%s", base, head)
	body := fields{"url": x.repo.api("/compare/%s", name), "html_url": x.repo.html("/compare/%s", name),
		"permalink_url": x.repo.html("/compare/%s", name), "diff_url": x.repo.html("/compare/%s.diff", name),
		"patch_url": x.repo.html("/compare/%s.patch", name), "base_commit": baseJSON,
		"merge_base_commit": mergeBase, "status": c.status(), "ahead_by": len(c.ahead),
		"behind_by": c.behind, "total_commits": len(c.ahead), "commits": listed}
	if p := x.query("page"); p == "" || p == "1" {
		if body["files"], err = x.repo.changedFiles(c.base.Hash, head); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// status is the relation in one word.
func (c comparison) status() string {
	switch {
	case len(c.ahead) > 0 && c.behind > 0:
		return "diverged"
	case len(c.ahead) > 0:
		return "ahead"
	case c.behind > 0:
		return "behind"
	}
	return "identical"
}

// changedFiles lists the files that differ between two commits. A file that moved
// is one that was removed and one that was added.
func (r *repository) changedFiles(from, to plumbing.Hash) ([]fields, error) {
	old, err := r.git.tree(from)
	if err != nil {
		return nil, err
	}
	now, err := r.git.tree(to)
	if err != nil {
		return nil, err
	}
	changes, err := gitobj.DiffTree(old, now)
	if err != nil {
		return nil, fmt.Errorf("compare the trees of %s and %s: %w", from, to, held(err))
	}
	if len(changes) > maxComparedFiles {
		changes = changes[:maxComparedFiles]
	}
	files := []fields{}
	for _, c := range changes {
		body, err := r.changedFile(c, to)
		if err != nil {
			return nil, err
		}
		files = append(files, body)
	}
	return files, nil
}

// changedFile is one file of a comparison.
func (r *repository) changedFile(c *gitobj.Change, at plumbing.Hash) (fields, error) {
	action, err := c.Action()
	if err != nil {
		return nil, err
	}
	entry, status := c.To, "modified"
	switch action {
	case merkletrie.Insert:
		status = "added"
	case merkletrie.Delete:
		entry, status = c.From, "removed"
	}
	before, err := r.lines(c.From)
	if err != nil {
		return nil, err
	}
	after, err := r.lines(c.To)
	if err != nil {
		return nil, err
	}
	added, removed := lineChanges(before, after)
	path := escapePath(entry.Name)
	return fields{"filename": entry.Name, "status": status, "sha": entry.TreeEntry.Hash.String(),
		"additions": added, "deletions": removed, "changes": added + removed,
		"blob_url": r.html("/blob/%s/%s", at, path), "raw_url": r.html("/raw/%s/%s", at, path),
		"contents_url": r.api("/contents/%s", path) + "?ref=" + at.String()}, nil
}

// largestCounted is the largest file whose changed lines are counted, in bytes.
const largestCounted = 256 << 10

// lines are the lines of one side of a change; none for what has no text.
func (r *repository) lines(e gitobj.ChangeEntry) ([]string, error) {
	if e.Name == "" || !e.TreeEntry.Mode.IsFile() {
		return nil, nil
	}
	size, err := r.git.objects.EncodedObjectSize(e.TreeEntry.Hash)
	if err != nil {
		return nil, fmt.Errorf("size of %s: %w", e.Name, held(err))
	}
	if size > largestCounted {
		return nil, nil
	}
	content, err := r.git.blob(e.TreeEntry.Hash)
	if err != nil || strings.ContainsRune(string(content), 0) {
		return nil, err
	}
	return strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n"), nil
}

// lineChanges counts the lines that came and went. It does not look at their order,
// so a line that moved is none.
func lineChanges(before, after []string) (added, removed int) {
	count := map[string]int{}
	for _, l := range before {
		count[l]++
	}
	for _, l := range after {
		count[l]--
	}
	for _, n := range count {
		added += max(0, -n)
		removed += max(0, n)
	}
	return added, removed
}
