package trace

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

// place is how a directory of the artifact lies to one of the commit: what is at from in
// the one is at to in the other. Both end in a slash, or are empty.
type place struct {
	from, to string
	few      bool // of the files follow it, or it is one of tests
}

// in is where a file of the artifact would be in the commit; false for one that the
// place is not about.
func (p place) in(file string) (string, bool) {
	rest, ok := strings.CutPrefix(file, p.from)
	return p.to + rest, ok
}

// maxVotes bounds how many places are counted. One file of the commit may lie in any
// number of the artifact's directories.
const maxVotes = 1 << 16

// maxWeighed bounds how often a file is looked for in a place, so that no archive of many
// files in many places takes minutes.
const maxWeighed = 1 << 25

// places are the ways in which an artifact's directories lie to the commit's, the one
// that most files follow first: those of src/ are in a wheel without it, those of a .deb
// below usr/lib. Each was seen on two files at least, except that everything lies as it
// is in the commit.
func (t *Tracer) places() []place {
	votes := map[place]int{}
	for i := range t.entries {
		e := &t.entries[i]
		if !e.votes() {
			continue
		}
		for _, at := range t.tree.blobs[e.blob] {
			if p, ok := common(e.path, at); ok && (votes[p] > 0 || len(votes) < maxVotes) {
				votes[p]++
			}
		}
	}
	var list []place
	for p, n := range votes {
		if n > 1 && p != (place{}) {
			list = append(list, p)
		}
	}
	most := func(a, b place) int {
		return cmp.Or(cmp.Compare(votes[b], votes[a]), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	}
	slices.SortFunc(list, most)
	out := t.general(list[:min(len(list), maxPlaces)])
	slices.SortFunc(out, most)
	for i := range out {
		out[i].few = out[i] != (place{}) && (out[i].ofTests() || votes[out[i]]*10 < votes[out[0]])
	}
	return out
}

// votes tells whether a file says something about places.
func (e *entry) votes() bool {
	return e.size > 0 && !e.control && !e.outside && !ofBackend(e.path) // every empty file is every other
}

// general are those places that do not contradict a more general one. A copy of the
// project within the commit, as tests have them, holds files of the same names: what has
// the content of a copy is not the file of the commit that has its path.
func (t *Tracer) general(list []place) []place {
	slices.SortFunc(list, func(a, b place) int {
		return cmp.Or(strings.Count(a.to, "/")-strings.Count(b.to, "/"), -cmp.Compare(usual(a), usual(b)), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	out, left := []place{{}}, maxWeighed
	for _, p := range list {
		others := out
		for _, dir := range []string{"", "src/"} { // where a project mostly is, though no file has the content of there
			if g := (place{from: p.from, to: dir}); strings.Count(p.to, "/") > strings.Count(dir, "/") && !slices.Contains(out, g) {
				others = append(slices.Clip(others), g)
			}
		}
		if left -= len(t.entries); left < 0 {
			return out // what has no place has moved, and is asked about
		}
		alone, against, steps := t.weigh(p, others)
		left -= steps
		switch {
		case alone > 1 && against*4 <= alone && (against == 0 || !p.ofTests()):
			out = append(out, p)
		case against > 0:
			out = others
		}
	}
	return out
}

// usual is 1 for a place in the directory where most projects have their code that do not
// have it at the root.
func usual(p place) int {
	if p.to == "src/" {
		return 1
	}
	return 0
}

// weigh counts the files that a place finds and no more general one has under their paths,
// and the code that it finds and that another has with another content.
func (t *Tracer) weigh(p place, general []place) (alone, against, steps int) {
	for i := range t.entries {
		e := &t.entries[i]
		at, ok := p.in(e.path)
		if !ok || !e.votes() {
			continue
		}
		if git, ok := t.tree.at(at); !ok || git.SHA != e.blob {
			continue
		}
		there, other := false, false
		steps += len(general)
		for _, g := range general {
			at, ok := g.in(e.path)
			git, has := t.tree.at(at)
			there = there || ok && has
			other = other || ok && has && git.SHA != e.blob
		}
		switch {
		case !there:
			alone++
		case other && t.runs(e):
			against++
		}
	}
	return alone, against, steps
}

// ofTests holds for a place that makes of tests and what they use something else.
func (p place) ofTests() bool {
	from := strings.Split(p.from, "/")
	return slices.ContainsFunc(strings.Split(p.to, "/"), func(dir string) bool {
		return testDir.MatchString(dir) && !slices.Contains(from, dir)
	})
}

var testDir = regexp.MustCompile(`(?i)^(?:_?tests?_?|testing|test_?data|test[_-]?files|fixtures?|_?examples?|samples?|bench(?:marks?)?|vendor|third[_-]party)$`)

// String is a place as people read it.
func (p place) String() string {
	dir := func(s string) string { return "/" + strings.TrimSuffix(s, "/") }
	return dir(p.from) + " is " + dir(p.to)
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
	return place{from: dir(a[:len(a)-n]), to: dir(b[:len(b)-n])}, true
}
