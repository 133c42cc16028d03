package github

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"twokey/release"
)

// Files reads those of some files that exist at a commit, with one question where
// GitHub answers that.
func (c *Client) Files(ctx context.Context, repo release.Repo, sha string, paths []string) (map[string][]byte, error) {
	names := make([]fileName, len(paths))
	for i, p := range paths {
		names[i] = fileName{repo, sha, p}
	}
	c.readTogether(ctx, names)
	read := make([]fileRead, len(names))
	g, gctx := errgroup.WithContext(ctx)
	for i, n := range names {
		g.Go(func() error {
			read[i].content, read[i].err = c.File(gctx, repo, sha, n.path)
			if errors.Is(read[i].err, release.ErrNotFound) {
				return nil
			}
			return read[i].err
		})
	}
	err := g.Wait()
	out := map[string][]byte{}
	for i, r := range read {
		if r.err == nil {
			out[paths[i]] = r.content
		}
	}
	return out, err
}

// readTogether reads files with one question and keeps in the look what that settles.
func (c *Client) readTogether(ctx context.Context, names []fileName) {
	unread := slices.DeleteFunc(slices.Clone(names), func(n fileName) bool {
		_, seen := release.SeenInLook[fileRead](ctx, fileKey(n))
		return seen
	})
	if release.LookOf(ctx) == nil || len(unread) < 2 {
		return
	}
	read, _ := c.batch(ctx, unread) // what is not there is read by itself, and tells why it can not be
	for n, r := range read {
		keepFile(ctx, n, r)
	}
}

// keepFile keeps a file in the look. What stands under its name never changes.
func keepFile(ctx context.Context, n fileName, r fileRead) {
	_, _ = release.InLook(ctx, fileKey(n), func() (fileRead, bool, error) { return r, true, nil })
}

// workflowsAtOnce reads every workflow file with one question. It is not settled where
// GitHub does not answer it, or has no such directory to show: who reads it alone is
// told why.
func (c *Client) workflowsAtOnce(ctx context.Context, repo release.Repo, sha string) (all []release.WorkflowFile, settled bool, err error) {
	if c.token == "" || !validSHA(sha) {
		return nil, false, nil
	}
	q := newQuestion()
	q.ask(repo, workflowsField, sha+":"+workflowDir)
	answer, err := c.put(ctx, "the workflows at "+short(sha)+" of "+repo.String(), q)
	if err != nil {
		return nil, false, nil
	}
	return c.workflowsIn(ctx, answer, repo, sha)
}

// workflowsIn are those that an answer tells of.
func (c *Client) workflowsIn(ctx context.Context, answer answers, repo release.Repo, sha string) (all []release.WorkflowFile, settled bool, err error) {
	dir, _ := answer.at(repo, workflowsField, sha+":"+workflowDir)
	if dir == nil || dir.Entries == nil {
		return nil, false, nil
	}
	entries := slices.DeleteFunc(slices.Clone(dir.Entries), func(e entryNode) bool { return !e.isWorkflow() })
	slices.SortFunc(entries, func(a, b entryNode) int { return strings.Compare(a.Name, b.Name) })
	all = make([]release.WorkflowFile, len(entries))
	g, gctx := errgroup.WithContext(ctx)
	for i, e := range entries {
		g.Go(func() error {
			content, whole := e.Object.content(e.OID)
			if !whole {
				var err error
				if content, err = c.blob(gctx, repo, e.OID); err != nil {
					return err
				}
			}
			all[i] = release.WorkflowFile{File: e.Name, Content: content}
			keepFile(ctx, fileName{repo, sha, workflowDir + "/" + e.Name}, fileRead{content: content})
			return nil
		})
	}
	return all, true, g.Wait()
}

// isWorkflow tells whether an entry of the directory of workflows is one.
func (e entryNode) isWorkflow() bool {
	ext := path.Ext(e.Name)
	return (e.Mode == modeFile || e.Mode == modeExecutable) && (ext == ".yml" || ext == ".yaml") && !strings.Contains(e.Name, "/")
}

// blobName is a content by git's name for it.
type blobName struct {
	repo release.Repo
	sha  string
}

// contents reads contents with one question: those of them that are texts. One alone is
// no reason to ask.
func (c *Client) contents(ctx context.Context, names []blobName) map[blobName][]byte {
	names = slices.DeleteFunc(slices.Clone(names), func(n blobName) bool { return !validSHA(n.sha) })
	out := map[blobName][]byte{}
	if len(names) < 2 {
		return out
	}
	for some := range slices.Chunk(names, maxBatch) {
		q := newQuestion()
		for _, n := range some {
			q.ask(n.repo, blobField, n.sha)
		}
		answer, err := c.put(ctx, "new files", q)
		if err != nil {
			return out // each is read by itself, and tells why it can not be
		}
		for _, n := range some {
			if o, _ := answer.at(n.repo, blobField, n.sha); o != nil {
				if content, whole := o.content(n.sha); whole {
					out[n] = content
				}
			}
		}
	}
	return out
}
