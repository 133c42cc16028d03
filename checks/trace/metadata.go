package trace

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

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

// readMetadata reads core metadata; false for what is none.
func readMetadata(content []byte) (metadata, bool) {
	m := metadata{fields: map[string][]string{}}
	head, body, _ := bytes.Cut(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	m.body = body
	last := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(string(head), "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if last == "" {
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
	return m, len(m.fields["Metadata-Version"]) == 1 && len(m.fields["Name"]) == 1 && len(m.fields["Version"]) == 1
}

// isMetadata looks at core metadata: it holds no code, and says what it is of.
func (f *forge) isMetadata(j *judged) (string, bool) {
	m, ok := readMetadata(j.content)
	if !ok || !f.isOurs(m) {
		return "", false
	}
	readme := bytes.TrimSpace(m.body)
	if len(readme) == 0 {
		return "the metadata", true
	}
	for _, end := range []string{"", "\n", "\n\n"} {
		if f.tree.has(f.tree.blobOf(append(bytes.Clone(readme), end...))) || f.tree.has(f.tree.blobOf(append(bytes.Clone(bytes.TrimRight(m.body, "\n")), end...))) {
			return "the metadata, with a description that the commit has", true
		}
	}
	return "the metadata, with a description that is no file of the commit", true
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

// ownMetadata finds what the artifact says of itself.
func (f *forge) ownMetadata() (*judged, metadata, bool) {
	i := slices.IndexFunc(f.list, func(j judged) bool {
		return j.content != nil && metadataPath.MatchString(j.path) && (f.o.Form == checks.FormWheel || j.path == "PKG-INFO")
	})
	if i < 0 {
		return nil, metadata{}, false
	}
	m, ok := readMetadata(f.list[i].content)
	return &f.list[i], m, ok
}
