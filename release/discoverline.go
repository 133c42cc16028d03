package release

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// lineBranch is a branch whose name is a word for release lines, a version of
// one or two numbers, and perhaps .x.
var lineBranch = regexp.MustCompile(
	`^((?:[a-z0-9_]+[-/_])??(?:(?:dev|release|releases|rel|stable|maint|maintenance|branch|support|series|version|lts)[-/_.]?)?v?)` +
		`(\d{1,4})(?:\.(\d{1,4}))?((?:[.-](?:x|stable|release|branch|maint|lts))?)$`)

// lineWord holds for the words that say what a branch is for.
var lineWord = regexp.MustCompile(`(?:dev|release|releases|rel|stable|maint|maintenance|branch|support|series|version|lts)`)

// family is a set of branches of one template.
type family struct {
	template string
	rank     int
	branches []string
}

// lines is the template of the branches that releases are made from: a family of
// branches that has one for the newest version, else the default branch.
func (d *discovery) lines() string {
	families := d.families()
	fits := slices.DeleteFunc(slices.Clone(families), func(f family) bool {
		return !slices.Contains(f.branches, Expand(f.template, Fields{Version: d.newest}))
	})
	if len(fits) == 0 || d.newest.IsZero() {
		d.defaultLine(families)
		return d.found.Default
	}
	best := slices.MinFunc(fits, func(a, b family) int {
		return cmp.Or(b.rank-a.rank, len(b.branches)-len(a.branches), cmp.Compare(a.template, b.template))
	})
	for _, f := range fits {
		if f.template != best.template {
			d.note("releases are assumed to be made from %s, not from %s", best.template, f.template)
		}
	}
	if best.template != d.found.Default {
		d.note("release lines are the branches %s, since %s has one", best.template, d.newest)
	}
	return best.template
}

// defaultLine says why the default branch is the line.
func (d *discovery) defaultLine(families []family) {
	for _, f := range families {
		if f.rank > 0 && !d.newest.IsZero() {
			d.note("there are branches %s, but none for the newest version %s", f.template, d.newest)
		}
	}
	d.note("releases are assumed to be made from the default branch %s", d.found.Default)
	if d.newest.IsZero() {
		return
	}
	tag := Expand(d.tag, Fields{Version: d.newest})
	i := slices.IndexFunc(d.found.Tags, func(t Tag) bool { return t.Name == tag })
	if i < 0 {
		return
	}
	for _, b := range d.found.Branches {
		if b.SHA == d.found.Tags[i].SHA && b.Name != d.found.Default {
			d.note("the newest tag %s is the head of the branch %s: if releases are made from there, write `lines: %s`",
				tag, b.Name, b.Name)
		}
	}
}

// families groups the branches that carry a version by their template.
func (d *discovery) families() []family {
	byTemplate := map[string]*family{}
	for _, b := range d.found.Branches {
		m := lineBranch.FindStringSubmatch(b.Name)
		if m == nil || !d.lineWords(m[1]) {
			continue
		}
		template := m[1] + "{major}"
		if m[3] != "" {
			template += ".{minor}"
		} else if m[1] == "" && m[4] == "" {
			continue // a number alone says nothing
		}
		template += m[4]
		if byTemplate[template] == nil {
			byTemplate[template] = &family{template: template, rank: lineRank(m[1], m[4])}
		}
		byTemplate[template].branches = append(byTemplate[template].branches, b.Name)
	}
	var out []family
	for _, name := range keysOf(byTemplate) {
		out = append(out, *byTemplate[name])
	}
	return out
}

// lineWords tells whether what stands around a version is for release lines:
// such a word, the project's name, or nothing but v.
func (d *discovery) lineWords(before string) bool {
	words := strings.FieldsFunc(strings.TrimSuffix(before, "v"), func(r rune) bool { return r == '-' || r == '/' || r == '_' })
	for _, word := range words {
		if !strings.EqualFold(word, d.project) && !strings.EqualFold(word, d.found.Repo.Name) &&
			lineWord.FindString(word) != strings.TrimRight(word, ".") {
			return false
		}
	}
	return true
}

// lineRank prefers branches that say that releases are made from them over those
// that only carry a number, which are often those of the documentation.
func lineRank(before, after string) int {
	switch {
	case lineWord.MatchString(before):
		return 2
	case after != "":
		return 1
	}
	return 0
}
