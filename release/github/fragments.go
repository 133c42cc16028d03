package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"twokey/checks"
	"twokey/release"
)

// fragments reads the directories whose fragments the plan's changelogs are collected
// from, by the trees that the changes since the last release are read from.
func (f *filling) fragments(ctx context.Context) {
	f.snap.OwnFragments = make([]checks.Got[checks.Directory], len(f.plan.Checks))
	var wg sync.WaitGroup
	for i, own := range f.plan.Checks {
		if own.Fragments != "" {
			wg.Go(func() {
				d, err := f.directory(ctx, own.Fragments)
				f.snap.OwnFragments[i] = got(d, err, needs("contents: read", f.plan.Repo))
			})
		}
	}
	wg.Wait()
}

// directory reads one directory of the released commit. Whether the last release had one
// that is not there any more tells a wrong name from an empty directory, which git does
// not keep; where that can not be read, nothing is said of it.
func (f *filling) directory(ctx context.Context, dir string) (checks.Directory, error) {
	d := checks.Directory{URL: f.c.page(f.plan.Repo, "tree", f.plan.SHA+"/"+dir)}
	var found bool
	var err error
	if d.Files, found, err = f.below(ctx, f.plan.SHA, dir); err != nil || found {
		return d, err
	}
	d.Absent = true
	i := slices.IndexFunc(f.plan.Stages, func(st release.Stage) bool { return st.Repo == f.plan.Repo })
	if i < 0 {
		return d, nil
	}
	if last, err := f.lastRelease(ctx, f.plan.Stages[i]); err == nil && last.SHA != "" {
		if _, found, err := f.below(ctx, last.SHA, dir); err == nil {
			d.Last, d.InLast = last.Name, found
		}
	}
	return d, nil
}

// below are the files in a directory of a commit of the plan's repository, by their
// paths below it; found tells whether there is one.
func (f *filling) below(ctx context.Context, sha, dir string) (files []string, found bool, err error) {
	l, err := f.tree(ctx, f.plan.Repo, sha)
	if err != nil {
		return nil, false, err
	}
	if l.cut { // only the way to the directory is read, and what is in it
		if sha, found, err = f.treeOf(ctx, sha, dir); err != nil || !found {
			return nil, false, err
		}
		if l, err = f.tree(ctx, f.plan.Repo, sha); err != nil {
			return nil, false, err
		}
		if l.cut {
			return nil, false, errors.New("the directory is longer than GitHub gives in one answer")
		}
		for _, e := range leaves(l.entries) {
			files = append(files, e.Path)
		}
		return files, true, nil
	}
	for _, e := range l.entries {
		rest, inside := strings.CutPrefix(e.Path, dir+"/")
		switch {
		case e.Path == dir && e.Mode != checks.ModeTree:
			return nil, false, fmt.Errorf("%s is no directory", clip(dir))
		case e.Path == dir:
			found = true
		case inside:
			found = true
			if e.Mode != checks.ModeTree {
				files = append(files, rest)
			}
		}
	}
	return files, found, nil
}

// treeOf finds the tree of a directory, one level after the other.
func (f *filling) treeOf(ctx context.Context, sha, dir string) (string, bool, error) {
	for part := range strings.SplitSeq(dir, "/") {
		l, err := f.c.tree(ctx, f.plan.Repo, sha, false)
		if err != nil {
			return "", false, err
		}
		i := slices.IndexFunc(l.entries, func(e checks.TreeEntry) bool { return e.Path == part })
		switch {
		case i < 0 && l.cut:
			return "", false, errors.New("one directory is longer than GitHub gives in one answer")
		case i < 0:
			return "", false, nil
		case l.entries[i].Mode != checks.ModeTree:
			return "", false, fmt.Errorf("%s is no directory", clip(dir))
		}
		sha = l.entries[i].SHA
	}
	return sha, true, nil
}
