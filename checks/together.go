package checks

import (
	"fmt"
	"slices"
	"strings"

	"twokey/checks/text"
)

const (
	// maxAlike is how many files are shown one by one that are alike in what they are not.
	maxAlike = 3
	// maxNames is how many of many are named.
	maxNames = 3
)

// Together says once what was seen alike of several published files: one file that is in
// several of them, many files that are what they should not be in the same way, and what
// one file after the other has not. Nothing of it is left out but names, and what is about
// no published file stays as it is. With it comes how many names those are.
func Together(list []Evidence) (out []Evidence, unnamed int) {
	for _, g := range alike(gathered(list)) {
		out = append(out, g.words())
		unnamed += len(g.files) - shown(g.files) + len(g.in) - shown(g.in)
	}
	return out, unnamed
}

// sights are pieces of evidence that say the same.
type sights struct {
	Evidence             // the first of them
	files    []text.Safe // the files in published ones that they are about, if they are about such
	in       []text.Safe // the published files
	remedies []string
}

// gathered puts together what is said of one file in several published ones, and what is
// said of several published files themselves.
func gathered(list []Evidence) []sights {
	var out []sights
	at := map[string]int{}
	for _, e := range list {
		one := sights{Evidence: e, remedies: []string{e.Remedy}}
		if e.Artifact.IsZero() {
			out = append(out, one)
			continue
		}
		one.in = []text.Safe{e.publishedFile()}
		key := string(e.Outcome) + "\x00" + e.Saw.String()
		if !e.How.IsZero() && e.Place != nil {
			one.files = []text.Safe{e.Place.Path}
			key += "\x00" + e.Place.Path.String()
		}
		if i, ok := at[key]; ok {
			out[i].join(one)
			continue
		}
		at[key] = len(out)
		out = append(out, one)
	}
	return out
}

// alike puts many files together that are in the same published ones, in the same way.
func alike(list []sights) []sights {
	key := func(s sights) string {
		return string(s.Outcome) + "\x00" + s.How.String() + "\x00" + text.Join(s.in, "\x00").String()
	}
	many := map[string]int{}
	for _, s := range list {
		many[key(s)] += len(s.files)
	}
	var out []sights
	at := map[string]int{}
	for _, s := range list {
		k := key(s)
		i, ok := at[k]
		switch {
		case len(s.files) == 0 || many[k] <= maxAlike:
			out = append(out, s)
		case ok:
			out[i].join(s)
		default:
			at[k] = len(out)
			out = append(out, s)
		}
	}
	return out
}

func (s *sights) join(other sights) {
	add := func(to, more []text.Safe) []text.Safe {
		for _, t := range more {
			if !slices.Contains(to, t) {
				to = append(to, t)
			}
		}
		return to
	}
	s.files, s.in = add(s.files, other.files), add(s.in, other.in)
	for _, r := range other.remedies {
		if !slices.Contains(s.remedies, r) {
			s.remedies = append(s.remedies, r)
		}
	}
}

// words is one piece of evidence for all of them.
func (s sights) words() Evidence {
	e := s.Evidence
	e.Remedy = strings.Join(slices.DeleteFunc(slices.Clone(s.remedies), func(r string) bool { return r == "" }), "; ")
	switch {
	case len(s.files) > 1:
		e.What, e.Saw = text.Clean(plural(len(s.files), "file")), text.Cleanf("each %s: %s; in %s", e.How, namesOf(s.files), namesOf(s.in))
		e.Place, e.Acknowledge = nil, ""
	case len(s.in) > 1 && len(s.files) == 1:
		e.What, e.Saw = s.files[0], text.Cleanf("%s; in %s", e.Saw, namesOf(s.in))
	case len(s.in) > 1:
		e.What, e.Saw = text.Clean(plural(len(s.in), "published file")), text.Cleanf("%s: %s", e.Saw, namesOf(s.in))
	default:
		return s.Evidence
	}
	if len(s.in) > 1 { // one page would be that of one of them
		e.URL = text.Safe{}
	}
	return e
}

// publishedFile names the published file that a piece of evidence is about, and its
// artifact where the name does not.
func (e Evidence) publishedFile() text.Safe {
	name := e.File
	if name.IsZero() {
		name = e.What
	}
	if strings.Contains(name.String(), e.Artifact.String()) || strings.Contains(e.Artifact.String(), name.String()) {
		return name
	}
	return text.Cleanf("%s (%s)", name, e.Artifact)
}

// namesOf are the first of some names, and how many more there are.
func namesOf(all []text.Safe) text.Safe {
	n := shown(all)
	words := text.Join(all[:n], ", ")
	if n == len(all) {
		return words
	}
	return text.Clean(words.String() + fmt.Sprintf(" and %d more", len(all)-n))
}

// shown is how many of some names are shown: all of them where one would be left out.
func shown(all []text.Safe) int {
	if len(all) <= maxNames+1 {
		return len(all)
	}
	return maxNames
}
