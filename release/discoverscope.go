package release

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
)

// scope is what the expressions and variables of a job stand for, as far as the
// text of the workflow tells. It follows the few ways in which people cut a
// version out of a tag, and knows nothing of anything else.
type scope struct {
	d      *discovery
	event  event
	job    *actionlint.Job
	jobs   map[string]*scope // of the workflow, by id in lower case
	inputs map[string]string
	env    map[string]string // of the workflow and job, and what steps added
	step   map[string]string // env of the step
	id     string            // of the step, in lower case
	// outputs are what steps wrote, by "id.name"; images what the metadata
	// action makes, by id.
	outputs map[string]string
	images  map[string][]string
}

// newScope is the scope of a job before its first step.
func (d *discovery) newScope(w *flow, job *actionlint.Job, e event, inputs map[string]string, jobs map[string]*scope) *scope {
	sc := &scope{d: d, event: e, job: job, jobs: jobs, inputs: inputs,
		env: map[string]string{}, outputs: map[string]string{}, images: map[string][]string{}}
	addEnv(sc.env, w.parsed.Env)
	addEnv(sc.env, job.Env)
	if job.ID != nil {
		jobs[strings.ToLower(job.ID.Value)] = sc
	}
	return sc
}

// addEnv adds the variables of an env section.
func addEnv(to map[string]string, env *actionlint.Env) {
	if env == nil {
		return
	}
	for _, v := range env.Vars {
		if v.Name != nil && v.Value != nil {
			to[v.Name.Value] = v.Value.Value
		}
	}
}

// enter moves to a step.
func (sc *scope) enter(step *actionlint.Step) {
	sc.step, sc.id = map[string]string{}, ""
	addEnv(sc.step, step.Env)
	if step.ID != nil {
		sc.id = strings.ToLower(step.ID.Value)
	}
	if x, ok := step.Exec.(*actionlint.ExecAction); ok && x.Uses != nil &&
		strings.HasPrefix(strings.ToLower(x.Uses.Value), "docker/metadata-action@") {
		sc.images[sc.id] = sc.metadata(inputsOf(x))
	}
}

// variable is an environment variable as it is written.
func (sc *scope) variable(name string) (string, bool) {
	if s, ok := sc.step[name]; ok {
		return s, true
	}
	s, ok := sc.env[name]
	return s, ok
}

// pypiName is the project that the job's environment links to on PyPI.
func (sc *scope) pypiName() string {
	if m := pypiLink.FindStringSubmatch(sc.environmentURL()); m != nil {
		return m[1]
	}
	return ""
}

var pypiLink = regexp.MustCompile(`//pypi\.org/(?:p|project)/([A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])`)

func (sc *scope) environmentURL() string {
	if sc.job.Environment == nil || sc.job.Environment.URL == nil {
		return ""
	}
	return sc.job.Environment.URL.Value
}

// testIndex tells whether the job or step publishes to PyPI's test index.
func (sc *scope) testIndex() bool {
	if actions.TestIndex(sc.environmentURL()) {
		return true
	}
	for _, env := range []map[string]string{sc.env, sc.step} {
		for _, v := range env {
			if actions.TestIndex(v) {
				return true
			}
		}
	}
	return false
}

// otherIndex tells whether a Python package goes to another index than PyPI: the
// one that is named, or that a variable of the tools names. What can not be seen
// may be another one.
func (sc *scope) otherIndex(named string) bool {
	for _, name := range []string{"", "TWINE_REPOSITORY_URL", "TWINE_REPOSITORY", "UV_PUBLISH_URL", "HATCH_INDEX_REPO"} {
		index := named
		if name != "" {
			index, _ = sc.variable(name)
		}
		s, known := sc.expand(index)
		own := s == "" || s == "pypi" || s == "main" || strings.HasPrefix(s, "https://upload.pypi.org/")
		if !known || !own {
			return true
		}
	}
	return false
}

// otherToken tells whether a token is used that is not the workflow's own. What
// is created with the workflow's own starts no workflow.
func (sc *scope) otherToken(token string) bool {
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if token == "" {
			token, _ = sc.variable(name)
		}
	}
	lower := strings.ToLower(token)
	return strings.Contains(lower, "secrets.") && !strings.Contains(lower, "secrets.github_token") ||
		strings.Contains(lower, ".outputs.token")
}

// expression is ${{ … }}.
var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

// expand replaces a text's expressions; false when one is not known.
func (sc *scope) expand(s string) (string, bool) { return sc.expandDeep(s, 0) }

// maxExpand bounds how many expressions may lead to each other.
const maxExpand = 8

// maxScriptLine is the longest text, in bytes, in which anything is filled in.
const maxScriptLine = 4 * maxPlanText

func (sc *scope) expandDeep(s string, depth int) (string, bool) {
	known := depth < maxExpand && len(s) <= maxScriptLine
	out := expression.ReplaceAllStringFunc(s, func(e string) string {
		v, ok := "", false
		if known && sc.d.spend() {
			v, ok = sc.value(expression.FindStringSubmatch(e)[1], depth+1)
		}
		known = known && ok
		return v
	})
	return out, known && len(out) <= maxPlanText
}

// value is what an expression stands for.
func (sc *scope) value(e string, depth int) (string, bool) {
	if len(e) > 2 && e[0] == '\'' && strings.IndexByte(e[1:], '\'') == len(e)-2 {
		return e[1 : len(e)-1], true
	}
	if s, ok := sc.context(e); ok {
		return s, true
	}
	parts := strings.Split(strings.ToLower(e), ".")
	switch {
	case len(parts) == 2 && parts[0] == "env":
		if s, ok := sc.variable(e[len("env."):]); ok {
			return sc.expandDeep(s, depth)
		}
	case len(parts) == 2 && parts[0] == "inputs":
		s, ok := sc.inputs[parts[1]]
		return s, ok
	case len(parts) == 2 && parts[0] == "matrix":
		return "{" + e[len("matrix."):] + "}", sc.matrix(e[len("matrix."):]) != nil
	case len(parts) == 4 && parts[0] == "steps" && parts[2] == "outputs":
		s, ok := sc.outputs[parts[1]+"."+parts[3]]
		return s, ok
	case len(parts) == 4 && parts[0] == "needs" && parts[2] == "outputs":
		if other := sc.jobs[parts[1]]; other != nil && other != sc {
			if out := other.job.Outputs[parts[3]]; out != nil && out.Value != nil {
				return other.expandDeep(out.Value.Value, depth)
			}
		}
	}
	return "", false
}

// context is what GitHub's own names stand for.
func (sc *scope) context(e string) (string, bool) {
	repo := sc.d.found.Repo
	switch strings.ToLower(e) {
	case "github.ref_name":
		return sc.d.tag, sc.event != eventDispatch
	case "github.ref":
		return "refs/tags/" + sc.d.tag, sc.event != eventDispatch
	case "github.event.release.tag_name":
		return sc.d.tag, sc.event == eventRelease
	case "github.repository":
		return repo.String(), true
	case "github.repository_owner":
		return repo.Owner, true
	case "github.event.repository.name":
		return repo.Name, true
	}
	return "", false
}

// matrix are the values of a row of the job's matrix; nil when they are not all
// plain, or the row has the name of a placeholder.
func (sc *scope) matrix(name string) []string {
	if sc.job.Strategy == nil || sc.job.Strategy.Matrix == nil || slices.Contains(allFields(), name) ||
		!fieldName.MatchString(name) {
		return nil
	}
	m := sc.job.Strategy.Matrix
	row := m.Rows[strings.ToLower(name)]
	if row == nil || m.Include != nil || m.Exclude != nil {
		return nil
	}
	var out []string
	for _, v := range row.Values {
		s, ok := v.(*actionlint.RawYAMLString)
		if !ok || strings.Contains(s.Value, "${{") || slices.Contains(out, s.Value) {
			return nil
		}
		out = append(out, s.Value)
	}
	return out
}

// withOf are the matrix rows that a template uses.
func (sc *scope) withOf(template string) map[string][]string {
	var out map[string][]string
	for _, name := range fieldsOf(template) {
		if slices.Contains(allFields(), name) {
			continue
		}
		if values := sc.matrix(name); values != nil {
			if out == nil {
				out = map[string][]string{}
			}
			out[name] = values
		}
	}
	return out
}

var (
	assignment = regexp.MustCompile(`^(?:export\s+|local\s+)?([A-Za-z_][A-Za-z0-9_]*)=(\S.*)$`)
	written    = regexp.MustCompile(`^(?:echo|printf)\s+(?:-n\s+)?["']?([A-Za-z_][A-Za-z0-9_-]*)=(.*?)["']?\s*>>\s*["']?\$\{?(GITHUB_OUTPUT|GITHUB_ENV)\}?["']?$`)
	variable   = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)((?:#|/)[^}]*)?\})`)
)

// block and blockEnd are the lines between which it depends what a script does.
var (
	block    = regexp.MustCompile(`^(?:if|for|while|until|case)\b`)
	blockEnd = regexp.MustCompile(`(?:^|;\s*)(?:fi|done|esac)\b`)
)

// unseenValue stands for what a variable holds when it depends.
const unseenValue = "$"

// script gives a script's lines with their variables filled in where they are
// known, and takes note of what the script hands to later steps. What is set
// within a condition or loop is not known.
func (sc *scope) script(text string) []string {
	vars := map[string]string{}
	var out []string
	depth := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if block.MatchString(line) {
			depth++
		}
		if m := written.FindStringSubmatch(line); m != nil {
			sc.write(m[3], m[1], unlessIn(depth, sc.shell(m[2], vars)))
			continue
		}
		if m := assignment.FindStringSubmatch(line); m != nil {
			vars[m[1]] = unlessIn(depth, strings.Trim(sc.shell(m[2], vars), `"'`))
			continue
		}
		if blockEnd.MatchString(line) {
			depth = max(depth-1, 0)
		}
		out = append(out, sc.shell(line, vars))
	}
	return out
}

// unlessIn is a value that is only known outside of all blocks, and while it is
// not absurdly long.
func unlessIn(depth int, value string) string {
	if depth > 0 || len(value) > maxPlanText {
		return unseenValue
	}
	return value
}

// write hands a value to later steps.
func (sc *scope) write(where, name, value string) {
	switch {
	case strings.ContainsAny(value, "$`"):
		// What stood there before must not be taken for it.
		delete(sc.outputs, sc.id+"."+strings.ToLower(name))
		if where == "GITHUB_ENV" {
			delete(sc.env, name)
		}
	case where == "GITHUB_ENV":
		sc.env[name] = value
	default:
		sc.outputs[sc.id+"."+strings.ToLower(name)] = value
	}
}

// shell fills in expressions and variables; what is not known stays as it is.
func (sc *scope) shell(s string, vars map[string]string) string {
	if len(s) > maxScriptLine {
		return s
	}
	s = expression.ReplaceAllStringFunc(s, func(e string) string {
		if v, ok := sc.expand(e); ok {
			return v
		}
		return e
	})
	return variable.ReplaceAllStringFunc(s, func(e string) string {
		m := variable.FindStringSubmatch(e)
		v, ok := sc.shellVariable(m[1]+m[2], vars)
		if !ok {
			return e
		}
		if v, ok = cut(v, m[3]); !ok {
			return e
		}
		return v
	})
}

func (sc *scope) shellVariable(name string, vars map[string]string) (string, bool) {
	if v, ok := vars[name]; ok {
		return v, !strings.ContainsAny(v, "$`")
	}
	if v, ok := sc.variable(name); ok {
		return sc.expand(v)
	}
	switch name {
	case "GITHUB_REF":
		return sc.context("github.ref")
	case "GITHUB_REF_NAME":
		return sc.context("github.ref_name")
	case "GITHUB_REPOSITORY":
		return sc.context("github.repository")
	case "GITHUB_REPOSITORY_OWNER":
		return sc.context("github.repository_owner")
	}
	return "", false
}

// cut applies bash's ${x#prefix}, ${x##*/} and ${x/old/new} to a value.
func cut(v, how string) (string, bool) {
	switch {
	case how == "":
		return v, true
	case strings.HasPrefix(how, "##*"):
		sep := how[len("##*"):]
		if sep == "" || strings.ContainsAny(sep, `*?[\$`) {
			return "", false
		}
		return v[strings.LastIndex(v, sep)+min(len(sep), len(v)):], strings.Contains(v, sep)
	case strings.HasPrefix(how, "#"):
		prefix := strings.TrimLeft(how, "#")
		return strings.TrimPrefix(v, prefix), !strings.ContainsAny(prefix, `*?[\$`)
	}
	plain := strings.ReplaceAll(strings.TrimPrefix(how, "/"), `\/`, "\x00")
	old, repl, _ := strings.Cut(plain, "/")
	old, repl = strings.ReplaceAll(old, "\x00", "/"), strings.ReplaceAll(repl, "\x00", "/")
	if old == "" || strings.ContainsAny(old, `*?[\$`) || strings.HasPrefix(old, "/") {
		return "", false
	}
	return strings.Replace(v, old, repl, 1), true
}
