package release

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// aptSuite reads where in an apt repository a package stands, which only an artifact of
// that kind says.
func (r *planReader) aptSuite(o object, a *ArtifactSpec) {
	known := append(allFields(), keysOf(a.With)...)
	var first ast.Node
	for _, part := range a.Apt.templates() {
		n := o.vals[part.Key]
		switch {
		case n == nil && a.Kind == KindApt && (part.Key == "suite" || part.Key == "package" || part.Key == "key"):
			r.required(o, part.Key, "an apt artifact")
		case n == nil:
		case a.Kind != KindApt:
			r.fail(o.keys[part.Key], "only an apt artifact has a %s, not a %s", part.Key, a.Kind)
		default:
			*part.Part = r.template(n, part.Key, known...)
			first = cmp.Or(first, n)
		}
	}
	if a.Kind != KindApt || a.Apt.Suite == "" || a.Apt.Package == "" || a.Apt.Key == "" {
		return // which was told
	}
	a.Apt.Component = cmp.Or(a.Apt.Component, mainComponent)
	plain := a.Apt
	for _, part := range plain.templates() {
		*part.Part = field.ReplaceAllString(*part.Part, "0")
	}
	if problem := plain.problem(); problem != "" {
		r.fail(first, "%s", problem)
	}
}

// uses tells whether a name, or what else says where an artifact stands, has a
// placeholder of its `with`.
func (a ArtifactSpec) uses(name, key string) bool {
	all := name
	for _, part := range a.Apt.templates() {
		all += *part.Part
	}
	return strings.Contains(all, "{"+key+"}")
}

// aptSuite fills in where a package stands. Its key is that of the plan's own commit.
func (m *maker) aptSuite(s AptSuite, with map[string]string) (AptSuite, error) {
	s.Component = cmp.Or(s.Component, mainComponent)
	for _, part := range s.templates() {
		if *part.Part == "" {
			continue
		}
		var err error
		if *part.Part, err = m.fill(part.Key, *part.Part, with); err != nil {
			return AptSuite{}, err
		}
	}
	if problem := s.problem(); problem != "" {
		return AptSuite{}, fmt.Errorf("%s", problem)
	}
	s.Commit = m.choice.Heads[m.choice.Repo.String()].SHA
	return s, nil
}
