package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/release"
)

const (
	// maxWhole bounds what is held of one commit, in files.
	maxWhole = 500_000
	// maxWholeReads bounds how many trees are read where GitHub cuts the whole one off.
	maxWholeReads = 1000
	// maxWholeAtOnce is how many of these are under way at the same time: each may have
	// as many entries as GitHub gives.
	maxWholeAtOnce = 4
)

// What is said of a tree that can not be held, or not be read.
var (
	errTooManyFiles = fmt.Errorf("it has more than %d files, and twokey holds no more of one commit", maxWhole)
	errTooManyReads = fmt.Errorf("it is longer than GitHub gives in one answer, and its parts need more than %d", maxWholeReads)
	errLongLevel    = errors.New("one of its directories is longer than GitHub gives in one answer")
)

// Tree reads everything that a commit holds, in the order of the paths: files, symbolic
// links, and submodules with their commits; no directories. Where GitHub cuts the answer
// off, the directories are read by themselves. A tree of more than half a million files
// is an error: half of one would make the rest look as if it were not in git.
func (c *Client) Tree(ctx context.Context, repo release.Repo, commit string) ([]checks.TreeEntry, error) {
	what := "the tree of " + short(commit) + " of " + repo.String()
	l, err := c.tree(ctx, repo, commit, true)
	if err != nil {
		return nil, err
	}
	w := &wholeTree{c: c, repo: repo, most: maxWhole, reads: maxWholeReads}
	if l.cut {
		l.entries = nil // what the parts have is read anew
		err = w.walk(ctx, commit)
	} else {
		err = w.keep("", l.entries)
	}
	if err != nil {
		return nil, c.explainOnce(what, err)
	}
	slices.SortFunc(w.entries, func(a, b checks.TreeEntry) int { return strings.Compare(a.Path, b.Path) })
	return w.entries, nil
}

// explainOnce is explain for an error that may have been explained where it arose.
func (c *Client) explainOnce(what string, err error) error {
	if _, ok := errors.AsType[*release.Error](err); ok {
		return err
	}
	return c.explain(what, err)
}

// wholeTree reads a tree that is too long for one answer, part by part.
type wholeTree struct {
	c    *Client
	repo release.Repo
	most int // files

	mu      sync.Mutex
	reads   int // that are left
	entries []checks.TreeEntry
}

// part is a directory of a tree; the root's path is empty, and others end in a slash.
type part struct{ under, sha string }

// walk reads one level of a commit's tree, then each directory there with all that is
// below it, and of those that are too long again one level.
func (w *wholeTree) walk(ctx context.Context, commit string) error {
	next, err := w.level(ctx, part{"", commit})
	for err == nil && len(next) > 0 {
		deeper := make([][]part, len(next))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(maxWholeAtOnce)
		for i, p := range next {
			g.Go(func() error {
				var err error
				deeper[i], err = w.below(gctx, p)
				return err
			})
		}
		err = g.Wait()
		next = slices.Concat(deeper...)
	}
	return err
}

// below keeps all that is below a directory, or gives the directories of which that is
// still to be read.
func (w *wholeTree) below(ctx context.Context, p part) ([]part, error) {
	l, err := w.read(ctx, p, true)
	if err != nil {
		return nil, err
	}
	if l.cut {
		return w.level(ctx, p)
	}
	return nil, w.keep(p.under, l.entries)
}

// level keeps what is in a directory itself, and gives the directories in it.
func (w *wholeTree) level(ctx context.Context, p part) ([]part, error) {
	l, err := w.read(ctx, p, false)
	if err != nil {
		return nil, err
	}
	if l.cut {
		return nil, errLongLevel
	}
	var dirs []part
	for _, e := range l.entries {
		if strings.Contains(e.Path, "/") {
			return nil, fmt.Errorf("a path in one level of a tree is %w", errStrange)
		}
		if e.Mode == checks.ModeTree {
			dirs = append(dirs, part{p.under + e.Path + "/", e.SHA})
		}
	}
	return dirs, w.keep(p.under, l.entries)
}

// read reads a tree, as long as there have not been too many.
func (w *wholeTree) read(ctx context.Context, p part, all bool) (listing, error) {
	w.mu.Lock()
	w.reads--
	spent := w.reads < 0
	w.mu.Unlock()
	if spent {
		return listing{}, errTooManyReads
	}
	return w.c.tree(ctx, w.repo, p.sha, all)
}

// keep adds what is no directory.
func (w *wholeTree) keep(under string, entries []checks.TreeEntry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		if !fs.ValidPath(e.Path) || e.Path == "." {
			return fmt.Errorf("the path %q is %w", clip(e.Path), errStrange)
		}
		if e.Mode == checks.ModeTree {
			continue
		}
		if len(w.entries) >= w.most {
			return errTooManyFiles
		}
		e.Path = under + e.Path
		w.entries = append(w.entries, e)
	}
	return nil
}
