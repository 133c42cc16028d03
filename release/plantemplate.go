package release

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// versionFields, lineFields and allFields are the placeholders that may stand in
// a tag of the project, in a line's name, and anywhere else.
func versionFields() []string { return []string{"version", "major", "minor", "patch"} }
func lineFields() []string    { return []string{"major", "minor", "patch"} }
func allFields() []string     { return append(versionFields(), "date", "line") }

// allFieldsBut is allFields without some of them.
func allFieldsBut(names ...string) []string {
	return slices.DeleteFunc(allFields(), func(s string) bool { return slices.Contains(names, s) })
}

// field is one {name} in a template.
var field = regexp.MustCompile(`\{[^{}]*\}`)

// fieldsOf are the names of a template's placeholders, in order.
func fieldsOf(template string) []string {
	var out []string
	for _, f := range field.FindAllString(template, -1) {
		out = append(out, f[1:len(f)-1])
	}
	return out
}

// template reads a text whose placeholders are all known.
func (r *planReader) template(n ast.Node, what string, known ...string) string {
	s := r.text(n, what)
	for _, name := range fieldsOf(s) {
		if !slices.Contains(known, name) {
			r.failAt(n, "{"+name+"}", "%s: unknown placeholder {%s}%s", what, name, suggest(name, known))
			return ""
		}
	}
	if !braced(s, known) {
		r.fail(n, "%s: a brace without the other; a placeholder is written as {%s}", what, known[0])
		return ""
	}
	return s
}

// braced tells whether every brace in a template is one of a known placeholder.
func braced(template string, known []string) bool {
	unknown := func(name string) bool { return !slices.Contains(known, name) }
	return !strings.ContainsAny(field.ReplaceAllString(template, ""), "{}") &&
		!slices.ContainsFunc(fieldsOf(template), unknown)
}

// ownTag reads the project's tag, which has to tell the version.
func (r *planReader) ownTag(n ast.Node) string {
	s := r.template(n, "tag", versionFields()...)
	if s != "" && !wholeVersion(s) {
		r.fail(n, "tag %q does not carry the version: use {version}", s)
		return ""
	}
	return s
}

// newTag reads a stage's tag, which has to be another one for each release.
func (r *planReader) newTag(n ast.Node) string {
	s := r.template(n, "tag", allFields()...)
	if s != "" && !wholeVersion(s) && !strings.Contains(s, "{date}") {
		r.fail(n, "tag %q would be the same the next time: use {version} or {date}", s)
		return ""
	}
	return s
}

// wholeVersion tells whether a template carries every number of a version.
func wholeVersion(template string) bool {
	names := fieldsOf(template)
	has := func(name string) bool { return slices.Contains(names, name) }
	return has("version") || has("major") && has("minor") && has("patch")
}

var (
	// pypiName is what PyPI takes as a project's name, placeholders aside.
	pypiName = regexp.MustCompile(`^[A-Za-z0-9{}]([A-Za-z0-9._{}-]*[A-Za-z0-9{}])?$`)
	// imageName is a reference with a tag, placeholders aside: an optional
	// registry, a path in lower case, and the tag.
	imageName = regexp.MustCompile(`^[A-Za-z0-9.{}-]+(:[0-9]+)?(/[a-z0-9._{}A-Z-]+)*:[A-Za-z0-9_{}][A-Za-z0-9._{}-]*$`)
)

// nameProblem says what is wrong with an artifact's name or template; empty when
// nothing is.
func nameProblem(kind ArtifactKind, s string) string {
	switch kind {
	case KindPyPI:
		if !pypiName.MatchString(s) {
			return "not a name of a PyPI project"
		}
	case KindImage:
		if !imageName.MatchString(s) {
			return "want an image with its tag, such as docker.io/ckan/ckan-base:{version}"
		}
	case KindDeb:
		if !webURL(s) {
			return "want an http or https URL"
		}
	case KindApt:
		if !aptRoot(s) {
			return "want the https URL that stands behind deb in sources.list"
		}
	case KindGitHubRelease:
		return refProblem(field.ReplaceAllString(s, "0"))
	}
	return ""
}

// insideArtifact tells whether s is a path that stays inside an archive.
func insideArtifact(s string) bool {
	return fs.ValidPath(strings.TrimPrefix(s, "/")) && !strings.Contains(s, `\`)
}

// keysOf are a map's keys in order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
