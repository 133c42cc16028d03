package trace

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"twokey/checks"
	"twokey/checks/version"
)

// metadataField is a line of Python's core metadata: the fields that the specification
// has, up to version 2.5.
var metadataField = regexp.MustCompile(`^(?:Metadata-Version|Name|Version|Dynamic|Platform|Supported-Platform|Summary|Description|Description-Content-Type|` +
	`Keywords|Home-page|Download-URL|Author|Author-email|Maintainer|Maintainer-email|License|License-Expression|License-File|Classifier|` +
	`Requires-Dist|Requires-Python|Requires-External|Project-URL|Provides-Extra|Provides|Provides-Dist|Requires|Obsoletes|Obsoletes-Dist|Import-Name|Import-Namespace): ?(.*)$`)

// metadata is what an artifact says of itself.
type metadata struct {
	fields map[string][]string
	body   []byte // the description
}

// once are the fields that metadata has at most once. Of several some readers take the
// first, and others the last.
func once() []string {
	return []string{"Metadata-Version", "Name", "Version", "Summary", "Description", "Description-Content-Type", "Keywords", "Home-page", "Download-URL",
		"Author", "Author-email", "Maintainer", "Maintainer-email", "License", "License-Expression", "Requires-Python"}
}

// inOneLine are the fields that say what is installed. No backend folds them, and not all
// readers unfold them.
var inOneLine = regexp.MustCompile(`^(?:Metadata-Version|Name|Version|Dynamic|Import-.*|Requires.*|Provides.*|Obsoletes.*)$`)

// readMetadata reads core metadata; false for what is none, or could be read in two ways.
func readMetadata(content []byte) (metadata, bool) {
	m := metadata{fields: map[string][]string{}}
	head, body, _ := bytes.Cut(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	m.body = body
	last := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(string(head), "\n"), "\n") {
		if !utf8.ValidString(line) || strings.ContainsFunc(line, endsLine) {
			return m, false
		}
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if last == "" || inOneLine.MatchString(last) {
				return m, false
			}
			continue // of the field before
		}
		found := metadataField.FindStringSubmatch(line)
		if found == nil {
			return m, false
		}
		last, _, _ = strings.Cut(line, ":")
		m.fields[last] = append(m.fields[last], found[1])
	}
	twice := slices.ContainsFunc(once(), func(name string) bool { return len(m.fields[name]) > 1 })
	return m, !twice && len(m.fields["Metadata-Version"]) == 1 && len(m.fields["Name"]) == 1 && len(m.fields["Version"]) == 1
}

// isMetadata looks at core metadata: it holds no code, and says what it is of.
func (f *forge) isMetadata(j *judged) (string, bool) {
	m, ok := readMetadata(j.content)
	switch {
	case !ok || !f.isOurs(m):
		return "", false
	case len(bytes.TrimSpace(m.body)) == 0:
		return "the metadata", true
	case f.hasText(m.body):
		return "the metadata, with a description that the commit has", true
	}
	return "the metadata, with a description that is no file of the commit", !f.declaresReadme() && isProse(m.body)
}

// hasText tells whether a file of the commit is a description: the ends of its lines, and
// how many there are at its end, are the backend's.
func (f *forge) hasText(body []byte) bool {
	for _, core := range [][]byte{bytes.TrimSpace(body), bytes.TrimRight(body, "\n")} {
		for _, end := range []string{"", "\n", "\n\n"} {
			unix := append(bytes.Clone(core), end...)
			if f.tree.has(f.tree.blobOf(unix)) || f.tree.has(f.tree.blobOf(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")))) {
				return true
			}
		}
	}
	return false
}

// oneReadme is a line of pyproject.toml that names one file as the description.
var oneReadme = regexp.MustCompile(`(?m)^readme[ \t]*=[ \t]*["'][^"'\n]+["'][ \t]*(?:#.*)?\r?$`)

// declaresReadme tells whether the commit says which one file the description is.
func (f *forge) declaresReadme() bool {
	return slices.ContainsFunc(f.required(), func(e checks.TreeEntry) bool {
		return path.Base(e.Path) == "pyproject.toml" && oneReadme.Match(f.contents[e.SHA])
	})
}

// maxProse bounds a description that is put together from several files.
const maxProse = 512 << 10

// isProse tells whether a content is text, all of which can be seen.
func isProse(content []byte) bool {
	return len(content) <= maxProse && utf8.Valid(content) && bytes.IndexFunc(content, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
	}) < 0
}

// isOurs tells whether metadata is of the project and version that were released.
func (f *forge) isOurs(m metadata) bool {
	return pyName(m.fields["Name"][0]) == pyName(f.o.Project) && sameVersion(m.fields["Version"][0], f.o.Version)
}

var pyRuns = regexp.MustCompile(`[-_.]+`)

// pyName is the form of a project's name that PyPI compares.
func pyName(s string) string { return strings.ToLower(pyRuns.ReplaceAllString(s, "-")) }

// sameVersion tells whether two ways to write a version mean one.
func sameVersion(a, b string) bool {
	x, err := version.Parse(version.PEP440, a)
	y, err2 := version.Parse(version.PEP440, b)
	return a == b || err == nil && err2 == nil && x.Compare(y) == 0
}

// versionLine is what the tools that write a version into a file put on a line: hatch-vcs
// and setuptools-scm, pdm and flit, in all of their releases. The value is looked at by
// itself.
var versionLine = regexp.MustCompile(`^(?:` +
	`#[^\n]*|"""[^"\\]*"""|from __future__ import annotations|` +
	`__all__(?:: list\[str\])? = \[|    "(?:__version__|__version_tuple__|version|version_tuple|__commit_id__|commit_id)",|\]|` +
	`TYPE_CHECKING = False|if TYPE_CHECKING:|else:|    from typing import (?:Tuple|Union|Tuple, Union)|    from typing import Tuple|    from typing import Union|` +
	`    VERSION_TUPLE = (?:Tuple\[Union\[int, str\], \.\.\.\]|tuple\[int \| str, \.\.\.\]|object)|    COMMIT_ID = (?:Union\[str, None\]|str \| None|object)|` +
	`(?:version|__version__): str|(?:__version_tuple__|version_tuple): VERSION_TUPLE|(?:commit_id|__commit_id__): COMMIT_ID|` +
	`(?:__version__ = version|version = __version__|__version__|version|VERSION) = ['"]([^'"\\\n]*)['"]|` +
	`(?:__version_tuple__ = version_tuple|version_tuple = __version_tuple__|__version_tuple__|version_tuple) = \(((?:(?:\d+|'[\w.+-]*'|"[\w.+-]*"),? ?)*)\)|` +
	`(?:__commit_id__ = commit_id|commit_id = __commit_id__|__commit_id__|commit_id) = (?:None|'g?[0-9a-f]{4,40}'|"g?[0-9a-f]{4,40}")|` +
	`)$`)

// cookie is a comment that names an encoding. In most, a line may end where none seems to.
var cookie = regexp.MustCompile(`coding[:=][ \t]*([-\w.]+)`)

// isVersionFile looks at a Python file that says the version and nothing else. One that
// the commit has did so there, too: it takes the place of no other.
func (f *forge) isVersionFile(j *judged) (string, bool) {
	if was, read := f.contents[j.git.SHA]; j.git.SHA != "" {
		if _, ok := versionSaid(was, func(string) bool { return true }); !read || !ok {
			return "", false
		}
	}
	said, ok := versionSaid(j.content, func(v string) bool { return sameVersion(v, f.o.Version) })
	return "the version, and nothing else", said && ok
}

// versionSaid tells whether there is nothing but versions in a content, all of them right,
// and whether there is any.
func versionSaid(content []byte, right func(string) bool) (said, ok bool) {
	if bytes.ContainsAny(content, "\r\f\x00") {
		return false, false
	}
	for _, m := range cookie.FindAllSubmatch(content, -1) {
		if name := strings.ToLower(string(m[1])); name != "utf-8" && name != "utf8" && name != "ascii" {
			return false, false
		}
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		m := versionLine.FindStringSubmatch(line)
		if m == nil {
			return said, false
		}
		if m[1] != "" {
			if said = right(m[1]); !said {
				return said, false
			}
		}
	}
	return said, true
}

// wheelInfo is what a wheel says of itself.
var wheelInfo = regexp.MustCompile(`^[^/]+\.dist-info/METADATA$`)

// ownMetadata finds what the artifact says of itself.
func (f *forge) ownMetadata() (*judged, metadata, bool) {
	i := slices.IndexFunc(f.list, func(j judged) bool {
		if f.o.Form == checks.FormWheel {
			return j.content != nil && wheelInfo.MatchString(j.path)
		}
		return j.content != nil && j.path == "PKG-INFO"
	})
	if i < 0 {
		return nil, metadata{}, false
	}
	m, ok := readMetadata(f.list[i].content)
	return &f.list[i], m, ok
}
