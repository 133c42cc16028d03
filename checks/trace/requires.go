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
	if !t.isPython() && !t.saysPython() {
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
	if !f.isPython() {
		return nil // a package has relations of its own
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
	told := map[string]bool{}
	for _, r := range f.requirements() {
		if name := pyName(requirementName.FindString(r)); isNamed(named.String(), r) || told[name] || len(out) == maxRequirement {
			continue
		} else {
			told[name] = true
		}
		out = append(out, text.Cleanf("its metadata requires %s, which no %s of the commit names", text.Clean(r).Clip(120), path.Base(f.required()[0].Path)))
	}
	return out
}

// requirements are what an artifact says that it requires, in its metadata and in what
// setuptools wrote of it.
func (f *forge) requirements() []string {
	var out []string
	if _, m, ok := f.ownMetadata(); ok {
		out = slices.Clone(m.fields["Requires-Dist"])
	}
	for _, j := range f.list {
		if j.content == nil || !requiresPath.MatchString(j.path) || j.verdict == checks.FileSame {
			continue
		}
		for line := range strings.SplitSeq(string(j.content), "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "[") {
				out = append(out, line)
			}
		}
	}
	return out
}

// isNamed tells whether what the commit says, as PyPI compares names, has a requirement's
// name in it as a word of its own, and where it is from, too.
func isNamed(says, requirement string) bool {
	name := requirementName.FindString(requirement)
	_, url, direct := strings.Cut(requirement, "@")
	url, _, _ = strings.Cut(strings.TrimSpace(url), ";")
	return name != "" && hasWord(says, pyName(name)) && (!direct || hasWord(says, pyName(strings.TrimSpace(url))))
}

// hasWord tells whether a word stands somewhere with no letter of a name beside it.
func hasWord(s, word string) bool {
	of := func(c byte) bool { return c == '-' || c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' }
	for at := 0; word != ""; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return false
		}
		i += at
		end := i + len(word)
		if (i == 0 || !of(s[i-1])) && (end == len(s) || !of(s[end])) {
			return true
		}
		at = i + 1
	}
	return false
}
