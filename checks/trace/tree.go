// Package trace holds what was published against the commit that was released, file by
// file, by git's own names for contents. It needs no checkout and no download of the
// repository: the commit's tree has the name of every content in it.
//
// A Tracer is shown what is in an artifact, member by member, and keeps next to nothing
// of it. Its Report then tells of each file whether the commit has it, a build backend
// writes it, or nobody can say where it is from.
package trace

import (
	"path"
	"strings"

	"twokey/checks"
)

// Tree is what a commit holds, by path and by content.
type Tree struct {
	commit string
	paths  map[string]checks.TreeEntry
	blobs  map[string][]string // paths by content, in the order of the tree
	digits int                 // of git's names: 40, or 64 in repositories that use SHA-256
	// pointers are the base names of those small files that may stand for a large one
	// that git does not hold.
	pointers map[string]bool
}

// maxPlaces bounds how many paths of one content are remembered: what stands in a
// thousand places is a licence or nothing at all.
const maxPlaces = 50

// NewTree is the tree of a commit, with all that is below it.
func NewTree(commit string, entries []checks.TreeEntry) *Tree {
	t := &Tree{commit: commit, paths: make(map[string]checks.TreeEntry, len(entries)),
		blobs: make(map[string][]string, len(entries)), digits: 40, pointers: map[string]bool{}}
	t.Mount("", entries)
	return t
}

// Mount adds the tree of a submodule below its path.
func (t *Tree) Mount(at string, entries []checks.TreeEntry) {
	for _, e := range entries {
		if e.Mode == checks.ModeTree {
			continue
		}
		e.Path = path.Join(at, e.Path)
		t.paths[e.Path] = e
		if e.Mode == checks.ModeSubmodule {
			continue
		}
		if len(t.blobs[e.SHA]) < maxPlaces {
			t.blobs[e.SHA] = append(t.blobs[e.SHA], e.Path)
		}
		t.digits = len(e.SHA)
		if maybePointer(e.Size) {
			t.pointers[path.Base(e.Path)] = true
		}
	}
}

// maybePointer tells whether a file is as long as the pointers of Git LFS are.
func maybePointer(size int64) bool { return size >= 100 && size <= 1024 }

// at is the file or link at a path.
func (t *Tree) at(p string) (checks.TreeEntry, bool) {
	e, ok := t.paths[p]
	return e, ok && e.Mode != checks.ModeSubmodule
}

// has tells whether a content is anywhere in the commit.
func (t *Tree) has(blob string) bool { return len(t.blobs[blob]) > 0 }

// attributes are the contents of the files that say how git writes others, the nearest
// to the root first.
func (t *Tree) attributes() []checks.TreeEntry {
	var out []checks.TreeEntry
	for p, e := range t.paths {
		if path.Base(p) == ".gitattributes" && e.Mode.IsFile() {
			out = append(out, e)
		}
	}
	sortBy(out, func(e checks.TreeEntry) string { return strings.Repeat("\x00", strings.Count(e.Path, "/")) + e.Path })
	return out
}
