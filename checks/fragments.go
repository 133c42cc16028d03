package checks

import (
	"path"
	"slices"
	"strings"

	"twokey/checks/text"
	"twokey/checks/version"
)

// Directory is what a directory of the released commit holds.
type Directory struct {
	Absent bool     // the commit has no such directory
	Files  []string // of every file in it, at any depth, its path below it
	// Last is the tag of the release before, where an absent directory was looked for
	// there, too, and InLast whether it has it.
	Last   string
	InLast bool
	URL    text.Safe
}

// fragmentsNamed is how many fragments are named that were left over.
const fragmentsNamed = 5

// fragments are those files of a directory that a changelog is to be collected from.
func (d Directory) fragments() []string {
	var out []string
	for _, f := range d.Files {
		if isFragment(f) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// isFragment tells whether a file in a directory of fragments is one. What keeps the
// directory, explains it, or is what a tool reads and never collects is none.
func isFragment(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
			return false
		}
	}
	name := strings.ToLower(path.Base(file))
	switch {
	case strings.HasPrefix(name, "readme"), strings.HasPrefix(name, "template"):
		return false
	case slices.Contains([]string{"config.json", "pre.json", "scriv.ini", "towncrier.toml"}, name):
		return false
	}
	return !slices.Contains([]string{".j2", ".jinja", ".jinja2", ".tpl", ".tmpl"}, path.Ext(name))
}

// collected judges whether the fragments of a changelog were collected into it.
func (o Own) collected(t *tally, sub Subject, got Got[Directory]) {
	dir, what := text.Clean(o.Fragments), text.Cleanf("fragments in %s", o.Fragments)
	d, ok := got.Get()
	left := d.fragments()
	switch {
	case !ok:
		t.lack(what, got.Missing())
	case d.Absent && d.Last != "" && !d.InLast:
		t.add(Evidence{What: what, Saw: text.Cleanf("no such directory at %s, nor at %s", short(sub.SHA), d.Last), Outcome: Warn},
			text.Cleanf("correct `fragments` in twokey.yml; where it is right, keep a .gitkeep in %s: git keeps no empty directory", dir).String())
	case d.Absent:
		t.pass(what, text.Cleanf("none: there is no such directory at %s", short(sub.SHA)), d.URL)
	case len(left) == 0:
		t.pass(what, text.Clean("all are collected"), d.URL)
	default:
		e := Evidence{What: what, Saw: leftOver(left, sub.SHA), Outcome: Fail, URL: d.URL}
		if v, err := version.Parse(version.Scheme(sub.Scheme), sub.Version); err == nil && v.Prerelease() {
			e.Outcome = Warn // they may be kept for the release that it leads to
		}
		t.add(e, text.Cleanf("collect them into %s on the release line with the project's tool (such as towncrier build, scriv collect or "+
			"changie batch), and release that commit", o.Name).String())
	}
}

// leftOver names the first of the fragments that were not collected, and counts them.
func leftOver(left []string, sha string) text.Safe {
	words := text.Cleanf("%s not collected at %s", plural(len(left), "fragment"), short(sha))
	names := text.Join(text.CleanAll(left[:min(len(left), fragmentsNamed)]), ", ")
	if n := len(left) - fragmentsNamed; n > 0 {
		return text.Cleanf("%s: %s and %d more", words, names, n)
	}
	return text.Cleanf("%s: %s", words, names)
}
