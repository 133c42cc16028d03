package actions

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

const (
	// maxFollow is how many names may lead to each other.
	maxFollow = 4
	// maxValue is how long a value may become as names in it are written out: a name that
	// stands there many times, for a value that has many itself, has no end.
	maxValue = 16 << 10
	// maxCallers is how many callers of a workflow are asked what they give to it.
	maxCallers = 100
)

var (
	oneExpression = regexp.MustCompile(`^\$\{\{([^{}]*)\}\}$`)
	namedValue    = regexp.MustCompile(`(?i)\$\{\{\s*(env|inputs|github\.event\.inputs)\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)
	shellValue    = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)(?:[#%/:][^}]*)?\}?`)
	runsOwn       = regexp.MustCompile(`(?i)^github\.(sha|ref|ref_name|workflow_sha|event\.after|event\.head_commit\.id)$`)
	notOfRelease  = regexp.MustCompile(`(?i)^github\.(head_ref|base_ref|event\.(pull_request|client_payload|workflow_run|merge_group)\b.*)$`)
	ownVariable   = regexp.MustCompile(`^GITHUB_(SHA|REF|REF_NAME)$`)
)

// Values are what a text in a step of a job may stand for, as far as the files tell: its
// variables, and what callers give to its workflow. What they do not tell stays as it
// is written.
func (j Job) Values(s Step, written string) []string {
	if s.File != j.File { // an action has inputs of its own
		return []string{written}
	}
	if !strings.Contains(written, opening) {
		return []string{strings.TrimSpace(written)}
	}
	if len(j.Callers) == 0 {
		return []string{j.value(s, nil, written)}
	}
	var out []string
	for i, caller := range j.Callers {
		v := strings.TrimSpace(written) // nobody knows what the others give
		if i < maxCallers {
			v = j.value(s, caller, written)
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
		if i == maxCallers {
			break
		}
	}
	return out
}

// value is what a text stands for when a job calls the workflow; nil for none. One that
// becomes too long is left as it is written.
func (j Job) value(s Step, caller *actionlint.Job, written string) string {
	value := written
	for range maxFollow {
		before, room := value, maxValue
		value = namedValue.ReplaceAllStringFunc(value, func(e string) string {
			v := j.named(s, caller, e)
			if room -= len(v); room < 0 {
				return e
			}
			return v
		})
		if room < 0 || len(value) > maxValue {
			return strings.TrimSpace(written)
		}
		if value == before {
			break
		}
	}
	return strings.TrimSpace(value)
}

// named is what an expression that is a name alone stands for.
func (j Job) named(s Step, caller *actionlint.Job, e string) string {
	m := namedValue.FindStringSubmatch(e)
	if !strings.EqualFold(m[1], "env") {
		return j.input(caller, strings.ToLower(m[2]), e)
	}
	if v, ok := j.variable(s, m[2]); ok {
		return v
	}
	return e
}

// input is what a workflow is given for an input; as written where the files do not
// tell.
func (j Job) input(caller *actionlint.Job, name, written string) string {
	if caller == nil {
		if j.Event == EventDispatch {
			return written
		}
		return ""
	}
	if in := caller.WorkflowCall.Inputs[name]; in != nil && in.Value != nil {
		return in.Value.Value
	}
	for _, on := range j.File.Workflow.On {
		if c, ok := on.(*actionlint.WorkflowCallEvent); ok {
			for _, in := range c.Inputs {
				if in.ID == name && in.Default != nil {
					return in.Default.Value
				}
			}
		}
	}
	return ""
}

// variable is a variable that a step, its job or its workflow sets in the file.
func (j Job) variable(s Step, name string) (string, bool) {
	envs := []*actionlint.Env{s.Def.Env, j.Def.Env}
	if j.File.Workflow != nil {
		envs = append(envs, j.File.Workflow.Env)
	}
	for _, env := range envs {
		if env == nil {
			continue
		}
		if v := env.Vars[strings.ToLower(name)]; v != nil && v.Value != nil {
			return v.Value.Value, true
		}
	}
	return "", false
}

// Own tells whether a ref leads to the run's own commit whatever happens. That nothing
// is named does.
func (j Job) Own(s Step, ref string) bool {
	for _, v := range j.Values(s, ref) {
		v = strings.TrimPrefix(strings.TrimPrefix(v, "refs/tags/"), "refs/heads/")
		m := oneExpression.FindStringSubmatch(v)
		if v != "" && (m == nil || !j.ownExpression(m[1])) {
			return false
		}
	}
	return true
}

// ownExpression is Own for what stands in an expression.
func (j Job) ownExpression(e string) bool {
	for term := range strings.SplitSeq(e, "||") {
		parts := strings.Split(term, "&&")
		value := strings.TrimSpace(parts[len(parts)-1])
		switch {
		case j.ownTerm(value) && len(parts) == 1:
			return true // it is never empty: what stands behind it is not asked
		case !j.ownTerm(value) && !j.emptyTerm(value):
			return false
		}
	}
	return true
}

func (j Job) ownTerm(t string) bool {
	return runsOwn.MatchString(t) || strings.EqualFold(t, "github.event.release.tag_name") && j.Event == EventRelease
}

// emptyTerm tells whether a name stands for nothing in a release.
func (j Job) emptyTerm(t string) bool {
	lower := strings.ToLower(t)
	input := strings.HasPrefix(lower, "inputs.") && len(j.Callers) == 0 || strings.HasPrefix(lower, "github.event.inputs.")
	return t == "''" || notOfRelease.MatchString(t) || input && j.Event != EventDispatch ||
		strings.HasPrefix(lower, "github.event.release.") && j.Event != EventRelease
}

// OwnWord is Own for a word of a script.
func (j Job) OwnWord(s Step, word string) bool {
	word = strings.Trim(word, `"'`)
	if m := shellValue.FindStringSubmatch(word); m != nil && !strings.HasPrefix(word, "${{") {
		if ownVariable.MatchString(m[1]) {
			return true
		}
		v, ok := j.variable(s, m[1])
		return ok && v != "" && j.Own(s, v)
	}
	return word != "" && j.Own(s, word)
}

// OwnRepo tells whether a repository is the one that the run is of, by its name or
// address.
func (j Job) OwnRepo(name string) bool {
	name = strings.Trim(name, `"'`)
	if m := oneExpression.FindStringSubmatch(name); m != nil {
		return strings.TrimSpace(strings.ToLower(m[1])) == "github.repository"
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".git")
	for _, own := range []string{strings.ToLower(j.Home), "$github_repository", "${github_repository}", "${{ github.repository }}", "${{github.repository}}"} {
		if name == own || strings.HasSuffix(name, "/"+own) || strings.HasSuffix(name, ":"+own) {
			return true
		}
	}
	return name == ""
}
