package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/release"
)

const (
	// maxEntries bounds what is held of one tree. GitHub cuts a recursive one off at
	// 100,000 entries.
	maxEntries = 250_000
	// maxTreeReads bounds how many trees are read where one alone is too long.
	maxTreeReads = 80
)

// errTooManyTrees holds where a tree is too long, and too much of it changed.
var errTooManyTrees = fmt.Errorf("the tree is longer than GitHub gives in one answer, and more than %d parts of it changed", maxTreeReads)

// listing is a tree, or as much of it as GitHub gives.
type listing struct {
	entries []checks.TreeEntry
	cut     bool
	sha     string // the tree's own
}

// isEmpty tells whether the name is that of the tree without entries, in one of git's two
// lengths.
func isEmpty(tree string) bool {
	return tree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904" || tree == "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
}

// treeEntry is one thing in a tree as GitHub gives it.
type treeEntry struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	SHA  string `json:"sha"`
	Size *int64 `json:"size"` // of files alone
}

// tree reads the tree of a commit or a tree of its own, one level or all of it. A tree
// can have more entries than should be held twice, so that it is decoded as it comes.
func (c *Client) tree(ctx context.Context, repo release.Repo, sha string, all bool) (listing, error) {
	var params url.Values
	if all {
		params = url.Values{"recursive": {"1"}}
	}
	q := c.ask("the tree "+short(sha), repo, params, "git", "trees", sha)
	if err := checkSHA("its name", sha); err != nil {
		q.err = err
	}
	var l listing
	err := c.stream(ctx, q, func(resp *http.Response) error {
		var err error
		l, err = decodeTree(resp.Body)
		return err
	})
	if err != nil {
		return listing{}, err
	}
	return l, nil
}

// decodeTree reads an answer key by key, and its list entry by entry.
func decodeTree(r io.Reader) (listing, error) {
	var l listing
	d := json.NewDecoder(r)
	if err := expect(d, '{'); err != nil {
		return l, err
	}
	hasList, hasCut := false, false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return l, broken(err)
		}
		switch key {
		case "tree":
			hasList = true
			err = decodeEntries(d, &l)
		case "sha":
			err = broken(d.Decode(&l.sha))
		case "truncated":
			hasCut = true
			err = broken(d.Decode(&l.cut))
		default:
			var other json.RawMessage
			err = broken(d.Decode(&other))
		}
		if err != nil {
			return l, err
		}
	}
	if err := expect(d, '}'); err != nil {
		return l, err
	}
	if !hasList || !hasCut || len(l.entries) == 0 && !l.cut && !isEmpty(l.sha) {
		return l, fmt.Errorf("an answer without its list is %w", errStrange)
	}
	return l, nil
}

// decodeEntries reads the list of a tree.
func decodeEntries(d *json.Decoder, l *listing) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var e treeEntry
		if err := d.Decode(&e); err != nil {
			return broken(err)
		}
		mode, size := checks.Mode(e.Mode), int64(0)
		if e.Size != nil {
			size = *e.Size
		}
		sized := mode.IsFile() || mode == checks.ModeSymlink // what nobody measured is not small
		if e.Path == "" || len(e.Mode) != 6 || !validSHA(e.SHA) || size < 0 || sized && e.Size == nil {
			return fmt.Errorf("an entry without its path, mode, SHA or size is %w", errStrange)
		}
		if len(l.entries) >= maxEntries {
			return fmt.Errorf("%w: more than %d entries", errTooLarge, maxEntries)
		}
		l.entries = append(l.entries, checks.TreeEntry{Path: e.Path, Mode: mode, SHA: e.SHA, Size: size})
	}
	return expect(d, ']')
}

// expect reads one sign of JSON.
func expect(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return broken(err)
	}
	if t != want {
		return fmt.Errorf("the answer is %w", errStrange)
	}
	return nil
}

// broken tells of an error of decoding whether something cut the answer short, or
// whether it is one to something else.
func broken(err error) error {
	if err == nil {
		return nil
	}
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	if shape {
		return fmt.Errorf("the answer is %w: %w", errStrange, err)
	}
	return &fault{fmt.Errorf("%w: %w", errNotJSON, err)}
}

// trees reads what two commits have, as far as it differs. No base is an empty tree.
func (f *filling) trees(ctx context.Context, repo release.Repo, base, head string) (before, after []checks.TreeEntry, err error) {
	var b, h listing
	var baseErr, headErr error
	var wg sync.WaitGroup
	if base != "" {
		wg.Go(func() { b, baseErr = f.tree(ctx, repo, base) })
	}
	wg.Go(func() { h, headErr = f.tree(ctx, repo, head) })
	wg.Wait()
	if err := cmp.Or(headErr, baseErr); err != nil {
		return nil, nil, err
	}
	if !b.cut && !h.cut {
		return leaves(b.entries), leaves(h.entries), nil
	}
	w := &treeWalk{c: f.c, repo: repo}
	err = w.walk(ctx, base, head)
	return w.before, w.after, err
}

// tree reads all of a commit's tree once.
func (f *filling) tree(ctx context.Context, repo release.Repo, sha string) (listing, error) {
	return once(&f.memo, "tree "+repo.String()+" "+sha, func() (listing, error) { return f.c.tree(ctx, repo, sha, true) })
}

// leaves are the entries that are no directories.
func leaves(entries []checks.TreeEntry) []checks.TreeEntry {
	out := make([]checks.TreeEntry, 0, len(entries))
	for _, e := range entries {
		if e.Mode != checks.ModeTree {
			out = append(out, e)
		}
	}
	return out
}

// treeWalk reads two trees that are too long for one answer: one level of each, and then
// only those directories that differ.
type treeWalk struct {
	c    *Client
	repo release.Repo

	mu            sync.Mutex
	reads         int
	before, after []checks.TreeEntry
}

// pair is a directory that differs; empty where one side does not have it.
type pair struct{ under, before, after string }

// walk collects what differs below two trees.
func (w *treeWalk) walk(ctx context.Context, base, head string) error {
	next, err := w.level(ctx, pair{"", base, head}, false)
	for err == nil && len(next) > 0 {
		found := make([][]pair, len(next))
		g, gctx := errgroup.WithContext(ctx)
		for i, p := range next {
			g.Go(func() error {
				var err error
				found[i], err = w.level(gctx, p, true)
				return err
			})
		}
		err = g.Wait()
		next = nil
		for _, pairs := range found {
			next = append(next, pairs...)
		}
	}
	return err
}

// level reads a directory on both sides: all of it where GitHub gives that, and else one
// level of it and the directories that differ there.
func (w *treeWalk) level(ctx context.Context, p pair, all bool) ([]pair, error) {
	var sides [2]listing
	for i, sha := range []string{p.before, p.after} {
		if sha == "" {
			continue
		}
		var err error
		if sides[i], err = w.read(ctx, sha, all); err != nil {
			return nil, err
		}
	}
	if all && (sides[0].cut || sides[1].cut) {
		return w.level(ctx, p, false)
	}
	if sides[0].cut || sides[1].cut {
		return nil, errors.New("one directory is longer than GitHub gives in one answer")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sort(p, all, sides[0].entries, sides[1].entries), nil
}

// read reads a tree, as long as there have not been too many.
func (w *treeWalk) read(ctx context.Context, sha string, all bool) (listing, error) {
	w.mu.Lock()
	w.reads++
	tooMany := w.reads > maxTreeReads
	w.mu.Unlock()
	if tooMany {
		return listing{}, errTooManyTrees
	}
	return w.c.tree(ctx, w.repo, sha, all)
}

// sort keeps what differs, and gives the directories whose entries are not there yet.
func (w *treeWalk) sort(p pair, all bool, before, after []checks.TreeEntry) []pair {
	dirs := map[string]*pair{}
	var order []string
	dir := func(name string) *pair {
		if dirs[name] == nil {
			dirs[name] = &pair{under: p.under + name + "/"}
			order = append(order, name)
		}
		return dirs[name]
	}
	for i, side := range [][]checks.TreeEntry{before, after} {
		keep := []*[]checks.TreeEntry{&w.before, &w.after}[i]
		for _, e := range side {
			switch {
			case e.Mode != checks.ModeTree:
				e.Path = p.under + e.Path
				*keep = append(*keep, e)
			case all: // what it holds stands beside it
			case i == 0:
				dir(e.Path).before = e.SHA
			default:
				dir(e.Path).after = e.SHA
			}
		}
	}
	var out []pair
	for _, name := range order {
		if d := dirs[name]; d.before != d.after {
			out = append(out, *d)
		}
	}
	return out
}
