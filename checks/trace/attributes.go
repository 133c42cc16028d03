package trace

import (
	"bytes"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitattributes"
)

// attributes are what a commit's .gitattributes say of its files.
type attributes struct{ matcher gitattributes.Matcher }

// maxAttributes bounds how much of one .gitattributes is read.
const maxAttributes = 64 << 10

// readAttributes reads those that could be read. Later ones weigh more, as those nearer
// to a file do.
func (f *forge) readAttributes() attributes {
	var all []gitattributes.MatchAttribute
	for _, e := range f.tree.attributes() {
		content, ok := f.contents[e.SHA]
		if !ok || len(content) > maxAttributes {
			continue
		}
		var domain []string
		if dir := path.Dir(e.Path); dir != "." {
			domain = strings.Split(dir, "/")
		}
		read, err := gitattributes.ReadAttributes(bytes.NewReader(content), domain, domain == nil)
		if err == nil {
			all = append(all, read...)
		}
	}
	return attributes{gitattributes.NewMatcher(all)}
}

// of gives one attribute of a file.
func (a attributes) of(p, name string) gitattributes.Attribute {
	found, _ := a.matcher.Match(strings.Split(p, "/"), []string{name})
	return found[name]
}

func (a attributes) isSet(p, name string) bool {
	v := a.of(p, name)
	return v != nil && v.IsSet()
}

// ignores tells whether git leaves a file, or a directory around it, out of archives.
func (a attributes) ignores(p string) bool {
	for ; p != "."; p = path.Dir(p) {
		if a.isSet(p, "export-ignore") || a.isSet(p+"/", "export-ignore") {
			return true
		}
	}
	return false
}

// substitutes tells whether git fills in a file when it writes an archive.
func (a attributes) substitutes(p string) bool { return a.isSet(p, "export-subst") }

// rewritesLines tells whether git writes a file with just these line ends, where it has
// others: "lf" or "crlf". Where eol does not say which, it is those of the system.
func (a attributes) rewritesLines(p, ends string) bool {
	eol, kind := a.of(p, "eol"), a.of(p, "text")
	switch {
	case ends == "":
		return false
	case eol != nil && eol.IsValueSet():
		return eol.Value() == ends
	}
	return kind != nil && (kind.IsSet() || kind.IsValueSet())
}

// endsOf are the line ends that a text has all over; empty where they are mixed, as git
// never makes them.
func endsOf(content []byte) string {
	switch returns := bytes.Count(content, []byte("\r\n")); {
	case returns == 0:
		return "lf"
	case returns == bytes.Count(content, []byte("\n")) && returns == bytes.Count(content, []byte("\r")):
		return "crlf"
	}
	return ""
}
