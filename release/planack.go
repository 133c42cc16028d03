package release

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml/ast"

	"twokey/checks"
	"twokey/checks/text"
)

// acknowledgements reads the files that somebody has looked at.
func (r *planReader) acknowledgements(o object) []checks.Acknowledgement {
	var known []checks.Acknowledgement
	return each(r, o, "acknowledge", func(n ast.Node) checks.Acknowledgement {
		a := r.acknowledgement(n)
		same := func(k checks.Acknowledgement) bool { return k.Path == a.Path && k.Blob == a.Blob }
		if a.Path != "" && a.Blob != "" && slices.ContainsFunc(known, same) {
			r.fail(n, "%s is acknowledged twice with the same blob", a.Path)
		}
		known = append(known, a)
		return a
	})
}

// acknowledgement reads {path, blob, reason}. That there is no such file is no mistake
// here: a plan that was right for one release stays one for the next.
func (r *planReader) acknowledgement(n ast.Node) (a checks.Acknowledgement) {
	const what = "an acknowledgement"
	o, ok := r.mapping(n, what, "path", "blob", "reason")
	if !ok {
		return a
	}
	if n := r.required(o, "path", what); n != nil {
		a.Path = r.text(n, "path")
		// What lies outside of the project in a package begins with a slash, and one alone
		// stands for many of these files.
		if problem := pathProblem(strings.TrimPrefix(a.Path, "/")); a.Path != "" && a.Path != "/" && problem != "" {
			r.fail(n, "path %q: %s", a.Path, problem)
		}
	}
	if n := r.required(o, "blob", what); n != nil {
		a.Blob = r.text(n, "blob")
		if a.Blob != "" && !objectName(a.Blob) {
			r.fail(n, "blob %q: want the whole SHA of the file's content, as `git hash-object FILE` prints it", a.Blob)
		}
	}
	if n := r.required(o, "reason", what); n != nil {
		a.Reason = text.Clean(r.text(n, "reason"))
	}
	return a
}

// generated reads {path, reason}: files that the project's own build makes. What covers
// everything explains nothing, and is refused.
func (r *planReader) generated(n ast.Node) (g GeneratedFile) {
	const what = "a generated file"
	o, ok := r.mapping(n, what, "path", "reason")
	if !ok {
		return g
	}
	if n := r.required(o, "path", what); n != nil {
		g.Path = r.text(n, "path")
		switch bare := strings.Trim(g.Path, "*/?."); {
		case g.Path == "":
		case !doublestar.ValidatePattern(g.Path) || strings.HasPrefix(g.Path, "/") || strings.Contains(g.Path, ".."):
			r.fail(n, "path %q: want a pattern of paths within the project, such as docs/**/*.html", g.Path)
		case bare == "" || !strings.ContainsAny(bare, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"):
			r.fail(n, "path %q is that of every file: name those that the build makes", g.Path)
		}
	}
	if n := r.required(o, "reason", what); n != nil {
		g.Reason = text.Clean(r.text(n, "reason"))
	}
	return g
}

// objectName tells whether s is the whole name of a git object: 40 hexadecimal digits,
// or 64 in repositories that use SHA-256.
func objectName(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
