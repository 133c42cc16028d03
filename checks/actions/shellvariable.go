package actions

import (
	"regexp"
	"slices"
	"strings"
)

// shellVariables are the variables of a script, as far as one value of each is known.
type shellVariables struct {
	values map[string]string
	unsure map[string]bool // which have several, or one that is only known when it runs
	outer  *shellVariables // those that are set before
	list   []Variable      // what a file sets, the nearest first
}

// newShellVariables are variables that a file sets, the nearest first, before others.
func newShellVariables(list []Variable, outer *shellVariables) *shellVariables {
	return &shellVariables{list: list, outer: outer}
}

// own is the value of a variable in v alone.
func (v *shellVariables) own(name string) (string, bool) {
	for _, set := range v.list { // few are asked for, so that no index is made
		if set.Name == name {
			return set.Value, true
		}
	}
	s, ok := v.values[name]
	return s, ok
}

// value is that of a variable; false where it is not known.
func (v *shellVariables) value(name string) (string, bool) {
	for ; v != nil && !v.unsure[name]; v = v.outer {
		if s, ok := v.own(name); ok {
			return s, true
		}
	}
	return "", false
}

// with are the variables with those that the commands of a script set. Which of two
// values holds when depends on the way that the script takes.
func (v *shellVariables) with(list []shellCommand) *shellVariables {
	own := &shellVariables{values: map[string]string{}, unsure: map[string]bool{}, outer: v}
	for _, c := range list {
		set, rest := c.assignments()
		if len(rest) > 0 {
			continue // for that command alone
		}
		for _, w := range set {
			name, value, _ := strings.Cut(w, "=")
			before, ok := own.value(name)
			own.unsure[name] = own.unsure[name] || ok && before != value || runtimeValue(value)
			own.values[name] = value
		}
	}
	return own
}

// forCommand are the variables with those that stand before a command.
func (v *shellVariables) forCommand(c shellCommand) *shellVariables {
	set, rest := c.assignments()
	if len(set) == 0 || len(rest) == 0 {
		return v
	}
	own := &shellVariables{values: map[string]string{}, unsure: map[string]bool{}, outer: v}
	for _, w := range set {
		name, value, _ := strings.Cut(w, "=")
		own.values[name], own.unsure[name] = value, runtimeValue(value)
	}
	return own
}

// runtimeValue tells whether a value is made when the script runs.
func runtimeValue(s string) bool { return strings.Contains(expression.ReplaceAllString(s, ""), "$") }

// assignments are those before a command, or those alone that a script keeps, and what
// stands behind them.
func (c shellCommand) assignments() (set, rest []string) {
	for i, w := range c.words {
		switch {
		case assignment.MatchString(w):
			set = append(set, w)
		case beforeCommand(w) || slices.Contains([]string{"export", "declare", "local", "readonly"}, w):
		default:
			return set, c.words[i:]
		}
	}
	return set, nil
}

var (
	shellVariable = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})`)
	envExpression = regexp.MustCompile(`\$\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`)
)

// maxFilled is the longest value that is written in place of its variable.
const maxFilled = 256

// fill writes the values of variables in place of the expressions that name them.
func (v *shellVariables) fill(s string) string {
	return envExpression.ReplaceAllStringFunc(s, func(e string) string {
		if value, ok := v.value(envExpression.FindStringSubmatch(e)[1]); ok && len(value) <= maxFilled {
			return value
		}
		return e
	})
}

// words are the words of a command with the values of variables in them. One that is a
// variable alone may stand for several.
func (v *shellVariables) words(list []string) []string {
	var out []string
	for _, w := range list {
		if !strings.Contains(w, "$") {
			out = append(out, w)
			continue
		}
		filled := shellVariable.ReplaceAllStringFunc(v.fill(w), func(e string) string {
			if value, ok := v.value(strings.Trim(e, "${}")); ok && len(value) <= maxFilled {
				return value
			}
			return e
		})
		if shellVariable.FindString(w) == w {
			out = append(out, strings.Fields(filled)...)
		} else {
			out = append(out, filled)
		}
	}
	return out
}
