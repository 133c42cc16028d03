package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Variable is an environment variable that a step sees, as the file sets it.
type Variable struct {
	Name, Value string
	File        *File
	Line        int
}

// Variables are what a step sees: its own, its job's and its workflow's, the nearer
// before the farther of one name. Those that steps set while they run are not among
// them.
func (j Job) Variables(s Step) []Variable {
	var out []Variable
	add := func(f *File, env *actionlint.Env) {
		if env == nil {
			return
		}
		for _, key := range sortedKeys(env.Vars) {
			v := env.Vars[key]
			known := slices.ContainsFunc(out, func(o Variable) bool { return v.Name != nil && strings.EqualFold(o.Name, v.Name.Value) })
			if v.Name != nil && v.Value != nil && !known {
				out = append(out, Variable{v.Name.Value, v.Value.Value, f, v.Name.Pos.Line})
			}
		}
	}
	add(s.File, s.Def.Env)
	add(j.File, j.Def.Env)
	if j.File.Workflow != nil {
		add(j.File, j.File.Workflow.Env)
	}
	return out
}

// SecretIn is the first secret that a text names in an expression, but for the token
// that every job has; empty for none.
func SecretIn(s string) string {
	for _, e := range expression.FindAllStringSubmatch(s, -1) {
		for _, m := range secretName.FindAllStringSubmatch(e[1], -1) {
			switch name := m[1] + m[2]; {
			case m[3] != "":
				return "secrets[…]"
			case !strings.EqualFold(name, "GITHUB_TOKEN"):
				return name
			}
		}
	}
	return ""
}

// LineOf is the line of an input of a step's action that holds a part; the step's own
// line where it has no such input.
func (s Step) LineOf(input, part string) int {
	if v := s.With(input); v != nil {
		return s.File.lineOf(v, part)
	}
	return s.usesLine()
}
