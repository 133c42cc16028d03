package checks

import (
	"slices"
	"strings"

	"twokey/checks/version"
)

// TreeEntry is one thing in a commit's tree, by its whole path.
type TreeEntry struct {
	Path string
	Mode Mode
	SHA  string
	Size int64
}

// Diff tells what became of one tree on the way to another. A file that is gone and one
// that is new are one that was renamed when they hold the same.
func Diff(before, after []TreeEntry) []Change {
	old := make(map[string]TreeEntry, len(before))
	known := make(map[string]bool, len(before))
	for _, e := range before {
		old[e.Path] = e
		known[e.SHA] = true
	}
	var out []Change
	for _, e := range after {
		was, there := old[e.Path]
		delete(old, e.Path)
		if there && was.SHA == e.SHA && was.Mode == e.Mode {
			continue
		}
		c := Change{Path: e.Path, Status: Added, Mode: e.Mode, Blob: e.SHA, Size: e.Size, Known: known[e.SHA]}
		if there {
			c.OldMode, c.OldBlob, c.Status = was.Mode, was.SHA, Modified
			if was.SHA == e.SHA && was.Mode.IsFile() && e.Mode.IsFile() {
				c.Status = ModeChanged
			}
		}
		out = append(out, c)
	}
	out = append(renamed(out, old), removed(old)...)
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// renamed finds the old places of what was added, and takes them from those that are
// gone. Where several fit, they are taken in the order of their names.
func renamed(changes []Change, gone map[string]TreeEntry) []Change {
	places := map[string][]TreeEntry{}
	for _, e := range gone {
		if e.Mode != ModeSubmodule {
			places[e.SHA] = append(places[e.SHA], e)
		}
	}
	for _, list := range places {
		slices.SortFunc(list, func(a, b TreeEntry) int { return strings.Compare(a.Path, b.Path) })
	}
	for i := range changes {
		c := &changes[i]
		from := places[c.Blob]
		if c.Status != Added || len(from) == 0 || from[0].Mode.IsFile() != c.Mode.IsFile() {
			continue
		}
		c.Status, c.Was, c.OldMode, c.OldBlob = Renamed, from[0].Path, from[0].Mode, c.Blob
		places[c.Blob] = from[1:]
		delete(gone, c.Was)
	}
	return changes
}

// removed are the changes of what is gone.
func removed(gone map[string]TreeEntry) []Change {
	var out []Change
	for _, e := range gone {
		out = append(out, Change{Path: e.Path, Status: Removed, OldMode: e.Mode, Blob: e.SHA, OldBlob: e.SHA, Size: e.Size, Known: true})
	}
	return out
}

// LastVersion is the tag of the release before a version: the highest version below it
// on its line, or where the line has none, the highest of all below it. What a release is
// held against has to be a release: a tag of a pre-release is none for a version that is
// no pre-release, one with build metadata or a local version is none for any, and neither
// is one at the very commit that is released. One between two releases, as 2.11.5.post1 or
// 2.11.5.1 is, is none for 2.11.6. Whoever may push a tag could else hide in it all that
// is new.
func LastVersion(scheme, pattern, released, sha string, tags []TagName) (last TagName, found bool) {
	v, err := version.Parse(version.Scheme(scheme), released)
	if err != nil {
		return last, false
	}
	var highest version.Version
	onLine := false
	for _, tag := range tags {
		w, err := version.Parse(version.Scheme(scheme), tag.Version)
		if err != nil || v.Compare(w) <= 0 || w.Prerelease() && !v.Prerelease() || strings.Contains(w.String(), "+") ||
			sha != "" && tag.SHA == sha || between(w) && !between(v) {
			continue
		}
		same := sameLine(pattern, v, w)
		// Of two ways to write one version the shorter is the usual one: 2.11.5, and not 2.11.5.0.
		higher := found && (highest.Compare(w) < 0 || highest.Compare(w) == 0 && len(tag.Version) < len(last.Version))
		if !found || same && !onLine || same == onLine && higher {
			last, highest, onLine, found = tag, w, same, true
		}
	}
	return last, found
}

// between tells whether a version says that it stands between two others that are written
// as usual.
func between(v version.Version) bool {
	if strings.Contains(v.String(), ".post") {
		return true
	}
	const most = 10 // nobody has as many numbers
	for i := 3; i < most; i++ {
		if v.Part(i) != "0" {
			return true
		}
	}
	return false
}

// LastDated is the newest tag before the one that a stage creates, among those that are
// named as it is but for the date: v20260814, and v20260814.2 for the second of a day.
func LastDated(tag, date string, tags []TagName) (last TagName, found bool) {
	before, after, dated := strings.Cut(tag, date)
	if date == "" || !dated {
		return last, false
	}
	newest := ""
	for _, t := range tags {
		rest, ok := strings.CutPrefix(t.Name, before)
		word, ends := strings.CutSuffix(rest, after)
		if !ok || !ends || !isDate(word) || !earlier(word, date) || newest != "" && !earlier(newest, word) {
			continue
		}
		newest, last, found = word, t, true
	}
	return last, found
}

// isDate tells whether a word is a day such as 20260814, or a numbered one.
func isDate(word string) bool {
	day, number, numbered := strings.Cut(word, ".")
	digits := func(s string) bool { return s != "" && len(s) <= 8 && strings.Trim(s, "0123456789") == "" }
	return len(day) == 8 && digits(day) && (!numbered || digits(number))
}

// earlier tells whether one date comes before another; of one day by their numbers.
func earlier(a, b string) bool {
	dayA, numberA, _ := strings.Cut(a, ".")
	dayB, numberB, _ := strings.Cut(b, ".")
	if dayA != dayB {
		return dayA < dayB
	}
	if len(numberA) != len(numberB) {
		return len(numberA) < len(numberB)
	}
	return numberA < numberB
}
