package release

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/version"
)

// newestTags is how many of the newest versions decide how tags are written;
// older ones may be from before a change.
const newestTags = 10

// taggedText is a tag taken apart: what stands before the version, and it.
type taggedText struct {
	prefix  string
	version version.Version
}

// findTag finds the scheme and the template of the tags that are there already,
// or, before the first release, makes them of the workflows' own filters.
func (d *discovery) findTag() {
	names := make([]string, 0, len(d.found.Tags))
	for _, t := range d.found.Tags {
		if len(t.Name) <= 200 && d.filtered(t.Name) {
			names = append(names, t.Name)
		}
	}
	d.scheme = d.findScheme(names)
	prefix, found := commonPrefix(names, d.scheme)
	if !found {
		prefix = d.filterPrefix()
		d.note("no tag names a version yet: %s{version} is assumed", prefix)
	}
	d.tag = prefix + "{version}"
	d.known = map[version.Version]bool{}
	for _, name := range names {
		v, ok := version.FromTag(d.tag, d.scheme, name)
		if !ok {
			continue
		}
		d.known[v] = true
		if !v.Prerelease() && v.Compare(d.newest) > 0 {
			d.newest = v
		}
	}
	if !d.newest.IsZero() && dateLike(d.newest) {
		d.note("the tags look like dates: name the version yourself, such as a date, instead of a bump")
	}
}

// dateLike tells whether a version is a day such as 20260814.
func dateLike(v version.Version) bool {
	n := v.Part(0)
	return len(n) == 8 && (strings.HasPrefix(n, "19") || strings.HasPrefix(n, "20"))
}

// filtered tells whether a tag starts a workflow that filters tags, where there
// is one.
func (d *discovery) filtered(tag string) bool {
	filters := false
	for _, w := range d.flows {
		if w.push == nil || w.push.Tags.IsEmpty() {
			continue
		}
		if matchFilters(w.push.Tags.Values, tag) {
			return true
		}
		filters = true
	}
	return !filters
}

// findScheme is PEP 440 for what is published on PyPI, and where more of the
// newest tags read so than as semantic versions.
func (d *discovery) findScheme(names []string) version.Scheme {
	notes := d.notes
	defer func() { d.notes = notes }() // this is not the look that counts
	for _, w := range d.flows {
		for _, e := range []event{eventTag, eventRelease, eventDispatch} {
			for _, u := range d.uploads(w, e) {
				if u.kind == uploadPyPI {
					return version.PEP440
				}
			}
		}
	}
	pep := newestOf(split(names, version.PEP440))
	sem := 0
	for _, t := range pep {
		if _, err := version.Parse(version.SemVer, t.version.String()); err == nil {
			sem++
		}
	}
	strict := newestOf(split(names, version.SemVer))
	if len(pep) > max(len(strict), sem) || len(strict) < len(pep)/2 {
		return version.PEP440
	}
	return version.SemVer
}

// split takes the tags apart that end in a version: at the first digit that
// begins one.
func split(names []string, scheme version.Scheme) []taggedText {
	var out []taggedText
	for _, name := range names {
		if t, ok := splitTag(name, scheme); ok {
			out = append(out, t)
		}
	}
	return out
}

func splitTag(name string, scheme version.Scheme) (taggedText, bool) {
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' || i > 0 && (name[i-1] == '.' || name[i-1] >= '0' && name[i-1] <= '9') {
			continue
		}
		if v, err := version.Parse(scheme, name[i:]); err == nil {
			return taggedText{name[:i], v}, !strings.ContainsAny(name[:i], "{}")
		}
	}
	return taggedText{}, false
}

// newestOf are the highest versions of a list, highest first. Tags of one number
// alone count only where there are no others.
func newestOf(list []taggedText) []taggedText {
	dotted := slices.DeleteFunc(slices.Clone(list), func(t taggedText) bool {
		return !strings.Contains(t.version.String(), ".")
	})
	if len(dotted) > 0 {
		list = dotted
	}
	slices.SortStableFunc(list, func(a, b taggedText) int {
		return cmp.Or(b.version.Compare(a.version), cmp.Compare(a.prefix, b.prefix))
	})
	return list[:min(len(list), newestTags)]
}

// commonPrefix is what most of the newest tags begin with.
func commonPrefix(names []string, scheme version.Scheme) (string, bool) {
	count := map[string]int{}
	best, found := "", false
	for _, t := range newestOf(split(names, scheme)) {
		count[t.prefix]++
		if !found || count[t.prefix] > count[best] {
			best, found = t.prefix, true
		}
	}
	return best, found
}

// filterPrefix is what the first filter for tags begins with; "v" where none
// tells.
func (d *discovery) filterPrefix() string {
	for _, w := range d.flows {
		if w.push == nil || w.push.Tags.IsEmpty() {
			continue
		}
		for _, f := range w.push.Tags.Values {
			prefix := literalPrefix(f)
			if matchFilters(w.push.Tags.Values, prefix+"1.2.3") && prefix != "" {
				return prefix
			}
		}
	}
	if d.filtered("v1.2.3") {
		return "v"
	}
	return ""
}

// literalPrefix is the part of a filter before its first digit or special mark.
func literalPrefix(f *actionlint.String) string {
	i := strings.IndexAny(f.Value, `0123456789*?+[]!\{}`)
	if i < 0 {
		return f.Value
	}
	return f.Value[:i]
}

// sampleTag is a tag of the kind that the next release will have.
func (d *discovery) sampleTag() string {
	v := d.newest
	if next, err := version.Next(v, version.Patch); err == nil {
		v = next
	}
	if v.IsZero() {
		v, _ = version.Parse(d.scheme, "1.2.3")
	}
	return Expand(d.tag, Fields{Version: v})
}
