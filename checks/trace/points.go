package trace

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"twokey/checks"
)

// requirement is a line of requires.txt: a section, or what is required.
var requirement = regexp.MustCompile(`^(?:\[[^\[\]\n]*\]|[A-Za-z0-9][\w.-]*(?:\[[\w., -]*\])?(?:\s*(?:@\s*\S+|[(<>=!~][^;\n]*))?(?:\s*;[^\n]*)?)$`)

func (f *forge) isRequires(j *judged) (string, bool) {
	for line := range strings.Lines(string(j.content)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !requirement.MatchString(line) || strings.ContainsFunc(line, endsLine) {
			return "", false
		}
	}
	return "what the project requires, as setuptools writes it", true
}

var (
	// entryPoint is a line of entry_points.txt: a name, the object that it stands for, and
	// what that requires.
	entryPoint = regexp.MustCompile(`^([^=\[\n;#][^=\n]*?)\s?=\s?(([A-Za-z_][\w.]*)(?:\s?:\s?[A-Za-z_][\w.]*)?)(?:\s*\[[\w., -]*\])?$`)
	// entryGroup is a section of it.
	entryGroup = regexp.MustCompile(`^\[([^\[\]\n]+)\]$`)
)

// isEntryPoints looks at a list of entry points, each of which is run under its name. It
// has to be in a file of the commit that says what the project is, and to lead into a
// module that the commit or the artifact has.
func (f *forge) isEntryPoints(j *judged) (string, bool) {
	says := f.sayings()
	group := ""
	for line := range strings.Lines(string(j.content)) {
		line = strings.TrimRight(line, "\n")
		if strings.ContainsFunc(line, endsLine) || strings.TrimSpace(line) != line {
			return "", false
		}
		if m := entryGroup.FindStringSubmatch(line); m != nil {
			group = m[1]
			continue
		}
		m := entryPoint.FindStringSubmatch(line)
		if line != "" && (m == nil || !f.hasModule(j, m[3]) || !declares(says, group, m[1], m[2])) {
			return "", false
		}
	}
	return "the entry points that the commit declares", true
}

// sayings are the files of the commit that say what the project is, without the spaces and
// the quotes, so that a name and what it stands for look alike in all of them.
func (f *forge) sayings() []string {
	var out []string
	for _, e := range f.required() {
		if content, read := f.contents[e.SHA]; read && path.Ext(e.Path) != ".txt" {
			out = append(out, bare(string(content)))
		}
	}
	return out
}

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\"'", r) {
			return -1
		}
		return r
	}, s)
}

// declares tells whether one of these files declares an entry point.
func declares(says []string, group, name, object string) bool {
	groups := []string{bare(group)}
	switch group {
	case "":
		return false
	case "console_scripts":
		groups = append(groups, ".scripts]", ".scripts.", "\nscripts={", "\nscripts.")
	case "gui_scripts":
		groups = append(groups, ".gui-scripts]", ".gui-scripts.", "\ngui-scripts={", "\ngui-scripts.")
	}
	want := bare(name) + "=" + bare(object)
	return slices.ContainsFunc(says, func(s string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return strings.Contains(s, g) }) && standsIn(s, want, "\n,[{(.", "\n,]}[)#")
	})
}

// standsIn tells whether a word is somewhere in a text with nothing but one of these
// letters before it and behind it.
func standsIn(s, word, before, behind string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return false
		}
		i += at
		end := i + len(word)
		if (i == 0 || strings.IndexByte(before, s[i-1]) >= 0) && (end == len(s) || strings.IndexByte(behind, s[end]) >= 0) {
			return true
		}
		at = i + 1
	}
}

// endsLine holds for what Python takes for the end of a line, or for none that shows.
func endsLine(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
}

// hasModule tells whether a module of Python's is among the artifact's files, or is there
// as what a compiler made: beside what names it, where Python finds it under this name.
func (f *forge) hasModule(j *judged, name string) bool {
	root := path.Dir(path.Dir(j.path)) // around the .dist-info or .egg-info
	name = strings.ReplaceAll(name, ".", "/")
	return slices.ContainsFunc([]string{path.Join(root, name), path.Join(root, "src", name)}, func(at string) bool {
		return slices.ContainsFunc(f.entries, func(e entry) bool {
			return e.path == at+".py" || e.path == at+"/__init__.py" ||
				strings.HasPrefix(e.path, at+".") && !strings.Contains(e.path[len(at):], "/") && strings.HasSuffix(e.path, ".so")
		})
	})
}

// saysPython tells whether an artifact has a file that is held against what the commit says
// of the project.
func (t *Tracer) saysPython() bool {
	return slices.ContainsFunc(t.entries, func(e entry) bool {
		return !e.outside && (metadataPath.MatchString(e.path) || pointsPath.MatchString(e.path) || requiresPath.MatchString(e.path))
	})
}

// isPython holds for the forms in which a Python project alone is published.
func (t *Tracer) isPython() bool { return t.o.Form == checks.FormSdist || t.o.Form == checks.FormWheel }
