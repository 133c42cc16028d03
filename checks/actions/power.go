package actions

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Permissions are what a job's token may do.
type Permissions struct {
	// Said holds where the workflow says it, and not the repository's settings.
	Said bool
	// All is the word for every scope: read-all or write-all; empty for others.
	All string
	// Scopes are what is said scope by scope: read, write or none.
	Scopes map[string]string
}

// Writes tells whether the token may write to a scope, such as contents.
func (p Permissions) Writes(scope string) bool {
	return p.All == "write-all" || p.Scopes[scope] == "write"
}

// WritesAny are the scopes that the token may write to, in order.
func (p Permissions) WritesAny() []string {
	if p.All == "write-all" {
		return []string{"everything"}
	}
	var out []string
	for _, scope := range sortedKeys(p.Scopes) {
		if p.Scopes[scope] == "write" {
			out = append(out, scope)
		}
	}
	return out
}

// and is what either allows.
func (p Permissions) and(q Permissions) Permissions {
	if p.All == "write-all" || !p.Said {
		return p
	}
	if q.All == "write-all" || !q.Said {
		return q
	}
	p.Scopes = maps.Clone(p.Scopes)
	for scope, level := range q.Scopes {
		if p.Scopes == nil {
			p.Scopes = map[string]string{}
		}
		if level == "write" || p.Scopes[scope] == "" {
			p.Scopes[scope] = level
		}
	}
	return p
}

// effective are a job's permissions: its own, else its workflow's, else its caller's.
// A called workflow never has more than its caller.
func effective(from Permissions, said ...*actionlint.Permissions) Permissions {
	for _, p := range slices.Backward(said) {
		if p == nil {
			continue
		}
		out := Permissions{Said: true, Scopes: map[string]string{}}
		if p.All != nil {
			out.All = p.All.Value
		}
		for name, scope := range p.Scopes {
			if scope.Value != nil {
				out.Scopes[name] = scope.Value.Value
			}
		}
		return out.within(from)
	}
	return from
}

// within is p without what the caller may not do.
func (p Permissions) within(caller Permissions) Permissions {
	if !caller.Said || caller.All == "write-all" {
		return p
	}
	if p.All == "write-all" {
		return caller
	}
	for scope, level := range p.Scopes {
		if level == "write" && !caller.Writes(scope) {
			p.Scopes[scope] = "read"
		}
	}
	return p
}

// Secret is a secret that a job is given, and where.
type Secret struct {
	Name string // empty where which one is only known when it runs
	Line int
}

var (
	expression  = regexp.MustCompile(`(?s)\$\{\{(.*?)\}\}`)
	secretName  = regexp.MustCompile(`(?i)\bsecrets\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_-]*)|\[\s*'([^']*)'\s*\]|(\[))`)
	everySecret = regexp.MustCompile(`(?i)\btojson\(\s*secrets\s*\)`)
)

// Secrets are those that a job names, in itself or in its workflow's variables, but for
// the token that every job has. A workflow that only others call has those that one of
// them gives it; of the others there is nothing to name.
func (j Job) Secrets() []Secret {
	all := slices.Clip(j.File.secrets)
	if own := j.File.secretsOf(j.Def); len(own) > 0 {
		all = inLines(append(own, all...))
	}
	if j.hasAll() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(s Secret) bool { return s.Name != "" && !j.given(s.Name) })
}

// hasAll tells whether a job may name every secret: no other calls its workflow, or
// events start it as well.
func (j Job) hasAll() bool {
	return len(j.Callers) == 0 || strings.EqualFold(j.File.Repo, j.Home) && len(j.File.starts()) > 0
}

// given tells whether a job that calls this one's workflow gives it a secret.
func (j Job) given(name string) bool {
	return slices.ContainsFunc(j.Callers, func(caller *actionlint.Job) bool {
		call := caller.WorkflowCall
		return call != nil && (call.InheritSecrets || call.Secrets[strings.ToLower(name)] != nil)
	})
}

// secretsOf are those that a piece of a file names, in order.
func (f *File) secretsOf(piece any) []Secret {
	var out []Secret
	for _, s := range stringsOf(piece) {
		for _, e := range f.Expressions(s) {
			for _, m := range secretName.FindAllStringSubmatch(e.Text, -1) {
				if name := m[1] + m[2]; !strings.EqualFold(name, "GITHUB_TOKEN") {
					out = append(out, Secret{name, e.Line})
				}
			}
			if everySecret.MatchString(e.Text) {
				out = append(out, Secret{"", e.Line})
			}
		}
	}
	return inLines(out)
}

// inLines puts secrets in the order in which they stand.
func inLines(list []Secret) []Secret {
	slices.SortStableFunc(list, func(a, b Secret) int { return a.Line - b.Line })
	return slices.Compact(list)
}

// lineOf is the line of a text that holds a part, from where the text begins.
func (f *File) lineOf(s *actionlint.String, part string) int {
	if s == nil {
		return 0
	}
	first, _, _ := strings.Cut(part, "\n")
	return f.cursor(s).find(first)
}

// Powers are what a job can do in the project's name, in words; none for a job that
// could publish nothing if somebody else got hold of it. What a workflow does not say
// of its permissions is left out: the repository's settings say it.
func (j Job) Powers() []string {
	var out []string
	for _, scope := range []string{"id-token", "contents", "packages", "attestations"} {
		if j.Permissions.Writes(scope) {
			out = append(out, scope+": write")
		}
	}
	if j.hasAll() && len(j.File.secretsOf(j.Def)) == 0 {
		out = append(out, j.File.words...)
	} else {
		out = append(out, secretWords(j.Secrets())...)
	}
	if c := j.Def.WorkflowCall; c != nil && c.InheritSecrets {
		out = append(out, "every secret of the repository")
	}
	if env := j.Environment(); env != "" {
		out = append(out, "the environment "+env)
	}
	return out
}

// secretWords are secrets as powers.
func secretWords(list []Secret) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.Name] {
			continue
		}
		seen[s.Name] = true
		if s.Name == "" {
			out = append(out, "secrets that are chosen when it runs")
			continue
		}
		out = append(out, "the secret "+s.Name)
	}
	return out
}

// Environment is the environment that the job names, as it is written; empty for none.
func (j Job) Environment() string {
	if j.Def.Environment == nil || j.Def.Environment.Name == nil {
		return ""
	}
	return j.Def.Environment.Name.Value
}

// stringsOf are all texts within a piece of a workflow.
func stringsOf(piece any) []*actionlint.String {
	var out []*actionlint.String
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				return
			}
			if s, ok := v.Interface().(*actionlint.String); ok {
				out = append(out, s)
				return
			}
			walk(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				walk(v.MapIndex(key))
			}
		}
	}
	walk(reflect.ValueOf(piece))
	slices.SortStableFunc(out, func(a, b *actionlint.String) int { return a.Pos.Line - b.Pos.Line })
	return out
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// inheriting gives a called workflow every secret.
var inheriting = regexp.MustCompile(`\bsecrets["']?\s*:\s*["']?inherit\b`)

// InheritLine is the line where a job gives every secret to the workflow that it calls;
// false when it does not.
func (j Job) InheritLine() (int, bool) {
	c := j.Def.WorkflowCall
	if c == nil || !c.InheritSecrets {
		return 0, false
	}
	first, last := j.File.span(j.Def)
	for n := first; n <= last; n++ {
		if inheriting.MatchString(j.File.Line(n)) {
			return n, true
		}
	}
	return first, true
}
