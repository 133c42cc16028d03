package release

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"twokey/checks"
	"twokey/checks/version"
)

// ParsePlanFile reads a plan file strictly: what it does not know is a mistake,
// and so is what no release could follow. The name is how errors call the file.
//
// The error is an *Error of KindUsage over one *PlanFileError for each mistake,
// in the file's order.
func ParsePlanFile(name string, src []byte) (PlanFile, error) {
	if len(src) > maxPlanBytes {
		src = src[:min(len(src), maxPlanText)]
		r := newPlanReader(name, src)
		r.failPlace(1, 1, fmt.Sprintf("the file is larger than %d KiB", maxPlanBytes>>10))
		return PlanFile{}, planErrors(r.found)
	}
	s := strings.TrimPrefix(string(src), "\ufeff")
	r := newPlanReader(name, []byte(strings.ReplaceAll(s, "\r\n", "\n")))
	f := r.planFile()
	if err := planErrors(r.found); err != nil {
		return PlanFile{}, err
	}
	return f, nil
}

// planFile reads the whole file.
func (r *planReader) planFile() PlanFile {
	f := PlanFile{Scheme: version.SemVer}
	body := r.parse()
	if body == nil {
		return f
	}
	o, ok := r.mapping(body, "the plan", "version", "project", "lines", "tag", "versions",
		"version-files", "stages", "checks", "waive", "acknowledge", "generated")
	if !ok {
		return f
	}
	r.fileVersion(o)
	if n := o.vals["project"]; n != nil {
		f.Project = r.text(n, "project")
	}
	if n := r.required(o, "lines", "the plan"); n != nil {
		f.Lines = r.template(n, "lines", lineFields()...)
	}
	if n := o.vals["versions"]; n != nil {
		f.Scheme = oneOf(r, n, "versions", version.SemVer, version.PEP440)
	}
	if n := o.vals["tag"]; n != nil {
		f.Tag = r.ownTag(n)
	}
	f.VersionFiles = each(r, o, "version-files", r.versionFile)
	f.Checks = r.ownChecks(o)
	f.Waivers = each(r, o, "waive", func(n ast.Node) checks.Waiver { return r.waiver(n, f.Checks) })
	f.Acknowledged = r.acknowledgements(o)
	f.Generated = each(r, o, "generated", r.generated)
	if n := r.required(o, "stages", "the plan"); n != nil {
		r.stages(n, &f, o.has("tag"))
	}
	return f
}

// fileVersion refuses every version of the format but ours.
func (r *planReader) fileVersion(o object) {
	n := r.required(o, "version", "the plan")
	if n == nil {
		return
	}
	if s := r.text(n, "version"); s != "" && s != fmt.Sprint(PlanFileVersion) {
		r.fail(n, "version %q: this twokey reads version %d of the plan file", s, PlanFileVersion)
	}
}

// required is the value of a key that has to be there.
func (r *planReader) required(o object, key, what string) ast.Node {
	n := o.vals[key]
	if n == nil {
		r.failPlace(r.firstPlace(o, key, what))
	}
	return n
}

// firstPlace is where a missing key is reported: at the mapping's first key.
func (r *planReader) firstPlace(o object, key, what string) (line, column int, problem string) {
	t := o.node.GetToken()
	if m, ok := o.node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken()
	}
	line, column = r.place(t)
	return line, column, fmt.Sprintf("%s has no %q", what, key)
}

// oneOf reads a word that has to be one of a closed set.
func oneOf[T ~string](r *planReader, n ast.Node, what string, words ...T) T {
	s := r.text(n, what)
	if s == "" || slices.Contains(words, T(s)) {
		return T(s)
	}
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = string(w)
	}
	r.fail(n, "unknown %s %q%s", what, s, suggest(s, known))
	return ""
}

// each reads the items of a list under a key, when it is there.
func each[T any](r *planReader, o object, key string, read func(ast.Node) T) []T {
	n := o.vals[key]
	if n == nil {
		return nil
	}
	var out []T
	for _, item := range r.list(n, key) {
		out = append(out, read(item))
	}
	return out
}

// versionFile reads {path, pattern}.
func (r *planReader) versionFile(n ast.Node) (v checks.VersionFile) {
	o, ok := r.mapping(n, "a version file", "path", "pattern")
	if !ok {
		return v
	}
	if n := r.required(o, "path", "a version file"); n != nil {
		v.Path = r.text(n, "path")
		if problem := pathProblem(v.Path); v.Path != "" && problem != "" {
			r.fail(n, "path %q: %s", v.Path, problem)
		}
	}
	if n := r.required(o, "pattern", "a version file"); n != nil {
		v.Pattern = r.text(n, "pattern")
		if v.Pattern != "" {
			r.pattern(n, v.Pattern)
		}
	}
	return v
}

// pathProblem says what is wrong with the path of a file in a repository.
func pathProblem(path string) string {
	if !fs.ValidPath(path) || path == "." || strings.Contains(path, `\`) {
		return "want a path below the repository's root, with no .. in it"
	}
	return ""
}

// pattern refuses expressions that are none or do not have one group.
func (r *planReader) pattern(n ast.Node, s string) {
	re, err := regexp.Compile(s)
	switch {
	case err != nil:
		r.fail(n, "pattern: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	case re.NumSubexp() != 1:
		r.fail(n, "pattern: want one group ( ) around the version, not %d", re.NumSubexp())
	}
}
