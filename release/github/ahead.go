package github

import (
	"context"
	"slices"
	"strings"

	"twokey/release"
)

// file reads a file at a commit once. Those that the plan names are read together, by
// whoever asks first.
func (f *filling) file(ctx context.Context, repo release.Repo, sha, path string) ([]byte, error) {
	if f.opened != nil {
		f.opened()
	}
	return once(&f.memo, fileKey(fileName{repo, sha, path}), func() ([]byte, error) { return f.c.File(ctx, repo, sha, path) })
}

func fileKey(n fileName) string {
	return strings.Join([]string{"file", n.repo.String(), n.sha, n.path}, " ")
}

// named are the files that the plan names, and the one that git itself knows by name.
func (f *filling) named() []fileName {
	names := []fileName{{f.plan.Repo, f.plan.SHA, ".mailmap"}}
	for _, vf := range f.plan.VersionFiles {
		names = append(names, fileName{f.plan.Repo, f.plan.SHA, vf.Path})
	}
	for _, own := range f.plan.Checks {
		if own.Pattern() != "" {
			names = append(names, fileName{f.plan.Repo, f.plan.SHA, own.Name})
		}
	}
	for _, st := range f.plan.Stages {
		for _, file := range st.Workflows {
			names = append(names, fileName{st.Repo, st.SHA, workflowDir + "/" + file})
		}
	}
	return names
}

// unread are those of some files that were not asked for yet.
func (f *filling) unread(ctx context.Context, names []fileName) []fileName {
	return slices.DeleteFunc(slices.Clone(names), func(n fileName) bool {
		_, seen := release.SeenInLook[fileRead](ctx, fileKey(n))
		return seen || f.memo.has(fileKey(n))
	})
}

// readAhead reads files with one question, those of them that it settles. The others
// are read by themselves when they are wanted, as all are where GitHub refuses such a
// question. One alone is no reason to ask.
func (f *filling) readAhead(ctx context.Context, names []fileName) {
	unread := f.unread(ctx, names)
	if len(unread) < 2 || f.memo.has(aloneKey) {
		return
	}
	read, err := f.c.batch(ctx, unread)
	if err != nil {
		f.readAlone()
	}
	f.keep(read)
}

// keep keeps files that were read together.
func (f *filling) keep(read map[fileName]fileRead) {
	for n, r := range read {
		_, _ = once(&f.memo, fileKey(n), func() ([]byte, error) { return r.content, r.err })
	}
}

// readAlone ends the reading of files together: GitHub does not answer that.
func (f *filling) readAlone() {
	_, _ = once(&f.memo, aloneKey, func() (bool, error) { return true, nil })
}

// aloneKey is under what it is kept that files have to be read one by one.
const aloneKey = "alone"
