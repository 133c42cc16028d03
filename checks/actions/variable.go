package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Variable is an environment variable, as the file sets it.
type Variable struct {
	Name, Value string
	Secret      string // the first that its value names, as SecretIn tells
	File        *File
	Line        int
}

// Variables are those that are set for a step alone, by itself or by what uses the action
// or script that it is of. Those that steps set while they run are not known.
func (s Step) Variables() []Variable {
	out := variables(s.File, s.Def.Env)
	for by := s.By; by != nil; by = by.By {
		out = append(out, variables(by.File, by.Def.Env)...)
	}
	return out
}

// Variables are those that a job and its workflow set for every step.
func (j Job) Variables() []Variable {
	own := variables(j.File, j.Def.Env)
	if len(own) == 0 {
		return slices.Clip(j.File.variables)
	}
	return append(own, j.File.variables...)
}

func variables(f *File, env *actionlint.Env) []Variable {
	if env == nil {
		return nil
	}
	var out []Variable
	for _, key := range sortedKeys(env.Vars) {
		if v := env.Vars[key]; v.Name != nil && v.Value != nil {
			out = append(out, Variable{v.Name.Value, v.Value.Value, SecretIn(v.Value.Value), f, v.Name.Pos.Line})
		}
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
