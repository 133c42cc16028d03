package trace

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// place is how a directory of the artifact lies to one of the commit: what is at from in
// the one is at to in the other. Both end in a slash, or are empty.
type place struct{ from, to string }

// in is where a file of the artifact would be in the commit; false for one that the
// place is not about.
func (p place) in(file string) (string, bool) {
	rest, ok := strings.CutPrefix(file, p.from)
	return p.to + rest, ok
}

// maxVotes bounds how many places are counted. One file of the commit may lie in any
// number of the artifact's directories.
const maxVotes = 1 << 16

// places are the ways in which an artifact's directories lie to the commit's, the one
// that most files follow first: those of src/ are in a wheel without it, those of a .deb
// below usr/lib. Each was seen on two files at least, except that everything lies as it
// is in the commit.
func (t *Tracer) places() []place {
	votes := map[place]int{}
	for _, e := range t.entries {
		if e.size == 0 || e.control || e.outside || ofBackend(e.path) {
			continue // every empty file is every other
		}
		for _, at := range t.tree.blobs[e.blob] {
			if p, ok := common(e.path, at); ok && (votes[p] > 0 || len(votes) < maxVotes) {
				votes[p]++
			}
		}
	}
	plain := place{}
	out := []place{plain}
	for p, n := range votes {
		if n > 1 && p != plain {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(votes[b], votes[a]), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	return out[:min(len(out), maxPlaces)]
}

// ofBackend holds for the directories in which a build backend keeps what it writes: they
// lie nowhere in the commit, and what is in one may be in another project's, too.
func ofBackend(p string) bool {
	return strings.Contains(p, ".dist-info/") || strings.Contains(p, ".egg-info/")
}

// common takes the end that two paths share away from both; false where not even their
// names are one.
func common(file, at string) (place, bool) {
	if path.Base(file) != path.Base(at) {
		return place{}, false
	}
	a, b := strings.Split(file, "/"), strings.Split(at, "/")
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	dir := func(parts []string) string {
		if len(parts) == 0 {
			return ""
		}
		return strings.Join(parts, "/") + "/"
	}
	return place{dir(a[:len(a)-n]), dir(b[:len(b)-n])}, true
}
