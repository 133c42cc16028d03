package trace

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// maxRequired bounds how many files are read for what a project requires, and
// maxRequirement how many requirements are told that none of them names.
const (
	maxRequired    = 40
	maxRequirement = 10
)

var requiredFile = regexp.MustCompile(`^(?:[^/]+/){0,2}(?:pyproject\.toml|setup\.(?:cfg|py)|Pipfile|[\w.-]*requirements[\w.-]*\.(?:txt|in)|requirements/[\w.-]+\.(?:txt|in))$`)

// required are the files of the commit in which a Python project says what it requires.
// Those nearest to the root come first.
func (t *Tracer) required() []checks.TreeEntry {
	if t.o.Form != checks.FormSdist && t.o.Form != checks.FormWheel {
		return nil
	}
	var out []checks.TreeEntry
	for p, e := range t.tree.paths {
		if e.Mode.IsFile() && requiredFile.MatchString(p) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b checks.TreeEntry) int {
		return cmp.Or(strings.Count(a.Path, "/")-strings.Count(b.Path, "/"), strings.Compare(a.Path, b.Path))
	})
	return out[:min(len(out), maxRequired)]
}

var requirementName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*`)

// requires tells what an artifact's metadata requires and no such file of the commit
// names: whoever installs it installs that as well. A project may put its requirements
// together in another way, so that it is told, and stops nothing.
func (f *forge) requires() []text.Safe {
	_, m, ok := f.ownMetadata()
	if !ok {
		return nil
	}
	var named strings.Builder
	for _, e := range f.required() {
		content, read := f.contents[e.SHA]
		if !read {
			return nil // it was not read: other checks say what could not be
		}
		named.WriteString(pyName(string(content)) + "\n")
	}
	if named.Len() == 0 {
		return nil
	}
	var out []text.Safe
	for _, r := range m.fields["Requires-Dist"] {
		name := requirementName.FindString(r)
		_, url, direct := strings.Cut(r, "@")
		url, _, _ = strings.Cut(strings.TrimSpace(url), ";")
		known := name != "" && strings.Contains(named.String(), pyName(name)) && (!direct || strings.Contains(named.String(), pyName(strings.TrimSpace(url))))
		if !known && len(out) < maxRequirement {
			out = append(out, text.Cleanf("its metadata requires %s, which no %s of the commit names", text.Clean(r).Clip(120), path.Base(f.required()[0].Path)))
		}
	}
	return out
}
