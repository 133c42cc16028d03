package actions

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// MaxDepth is how deep workflows and actions may call one another, as GitHub allows.
const MaxDepth = 10

// Program is what a stage runs, as far as it is written in workflow files, and in
// composite actions and scripts of a shell of the same repository.
type Program struct {
	// Home is the repository whose event starts it, owner/name.
	Home string
	// Event is what starts it.
	Event Event
	// Entries are the workflows that the stage starts.
	Entries []Ref
	// Others are workflows that start with it though the stage does not name them: of a
	// settled program, those alone that publish something or could.
	Others []Ref
	// Files are the entries and what they call, by the name that they are called by:
	// an action is named by its directory.
	Files map[Ref]*File
	walks *walks // nil until it is settled
}

// All is every file, those that others call behind them, and what would be one call too
// deep, which was not read.
func (p Program) All() []*File {
	var out []*File
	seen := map[Ref]bool{}
	var walk func(ref Ref, depth int)
	walk = func(ref Ref, depth int) {
		f := p.Files[ref]
		if f == nil || seen[ref] || depth > MaxDepth+1 {
			return
		}
		seen[ref] = true
		out = append(out, f)
		for _, call := range f.Calls(p.Home) {
			walk(call, depth+1)
		}
	}
	for _, e := range p.Roots() {
		walk(e, 0)
	}
	return out
}

// Roots are the workflows that start with the stage.
func (p Program) Roots() []Ref { return slices.Concat(p.Entries, p.Others) }

// Beside are the files that only workflows run which the stage does not name, and whose
// jobs publish nothing: tests, mostly.
func (p Program) Beside() []*File {
	named := Program{Home: p.Home, Event: p.Event, Entries: p.Entries, Files: p.Files}
	part := map[*File]bool{}
	for _, f := range named.All() {
		part[f] = true
	}
	if len(p.Others) > 0 {
		for _, j := range p.Jobs() {
			if len(j.Publishes()) > 0 {
				part[j.File] = true
				for _, s := range j.Steps {
					part[s.File] = true
				}
			}
		}
	}
	var out []*File
	for _, f := range p.All() {
		if !part[f] {
			out = append(out, f)
		}
	}
	return out
}

// mattering are those of the others that publish something, or that could: with a secret,
// an environment or a token that may write. Tests and the like run on every push, and a
// release can not be told by them. What was not read may be anything.
func (p Program) mattering() []Ref {
	var out []Ref
	for _, ref := range p.Others {
		one := Program{Home: p.Home, Event: p.Event, Entries: []Ref{ref}, Files: p.Files}
		if f := p.Files[ref]; f == nil || f.Unread || slices.ContainsFunc(one.walk(false), func(j Job) bool {
			return len(j.Publishes()) > 0 || len(j.Powers()) > 0
		}) {
			out = append(out, ref)
		}
	}
	return out
}

// Job is a job that a stage runs.
type Job struct {
	File *File
	ID   string
	Def  *actionlint.Job
	// Steps are its own, and those of the composite actions and scripts that it uses
	// behind the step that uses them.
	Steps []Step
	// Permissions are those of its token.
	Permissions Permissions
	// Inherits holds where its caller gives it all secrets.
	Inherits bool
	// Starts are the events that may start it: of its own workflow, where that is one of
	// the home repository, and of those that call it.
	Starts []Start
	// Home and Event are the program's.
	Home  string
	Event Event
	// Callers are the jobs that call its workflow.
	Callers []*actionlint.Job
	// Feeds holds for a job that what is published passes through: one that publishes
	// or has a power, and one that such a job needs. Where no job is seen to publish,
	// it holds for all.
	Feeds bool
}

// Step is a step of a job, or of a composite action that the job uses.
type Step struct {
	File *File
	Def  *actionlint.Step
	// By is the step that uses the action or script that it is of; nil for a job's own.
	By *Step
}

// Line is where a step begins.
func (s Step) Line() int { return s.Def.Pos.Line }

// Action is the action that a step uses, in lower case and without its ref, such as
// actions/checkout; empty for a step that runs a script.
func (s Step) Action() string {
	x, ok := s.Def.Exec.(*actionlint.ExecAction)
	if !ok || x.Uses == nil {
		return ""
	}
	name, _, _ := strings.Cut(strings.ToLower(plainUses(x.Uses.Value)), "@")
	return name
}

// With is what a step gives to an input of its action, and where it stands; nil when
// it gives nothing.
func (s Step) With(input string) *actionlint.String {
	x, ok := s.Def.Exec.(*actionlint.ExecAction)
	if !ok || x.Inputs[input] == nil {
		return nil
	}
	return x.Inputs[input].Value
}

// Given is what a step gives to an input of its action, without the blanks around it;
// empty when it gives nothing.
func (s Step) Given(input string) string {
	if v := s.With(input); v != nil {
		return strings.TrimSpace(v.Value)
	}
	return ""
}

// ScriptLine is one line of a script, and where it stands.
type ScriptLine struct {
	Line int // of the file, from 1
	Text string
}

// blockMark is what a text block begins with: | where its lines are those of the text.
var blockMark = regexp.MustCompile(`^(?:[&!]\S*\s+)*([|>])[0-9+-]*\s*(?:#.*)?$`)

// Script are the lines of the script that a step runs, without blank ones and those
// that are comments alone; a line that ends in \ comes with those that go on with it.
func (s Step) Script() []ScriptLine {
	x, ok := s.Def.Exec.(*actionlint.ExecRun)
	if !ok || x.Run == nil {
		return nil
	}
	lineOf := s.File.scriptLines(x.Run)
	var out []ScriptLine
	var held strings.Builder
	at := 0
	for i, line := range strings.Split(x.Run.Value+"\n", "\n") {
		if n := lineOf(i, line); held.Len() == 0 {
			at = n
		}
		if held.Len() == 0 && strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue // a comment never goes on
		}
		if before, goesOn := strings.CutSuffix(strings.TrimRight(line, " \t\r"), `\`); goesOn {
			held.WriteString(before + " ")
			continue
		}
		held.WriteString(line)
		if whole := strings.TrimSpace(held.String()); whole != "" && !strings.HasPrefix(whole, "#") {
			out = append(out, ScriptLine{at, whole})
		}
		held.Reset()
	}
	return out
}

// scriptLines tells where each line of a script stands. YAML joins and breaks the lines
// of all texts but those below |: there they are looked for.
func (f *File) scriptLines(s *actionlint.String) func(i int, line string) int {
	if f.Script {
		return func(i int, _ string) int { return min(1+i, len(f.Lines)) }
	}
	start := f.Line(s.Pos.Line)
	mark := blockMark.FindStringSubmatch(start[min(max(s.Pos.Col-1, 0), len(start)):])
	if mark != nil && mark[1] == "|" {
		return func(i int, _ string) int { return min(s.Pos.Line+1+i, len(f.Lines)) }
	}
	c := f.cursor(s)
	return func(_ int, line string) int {
		words := strings.Fields(line)
		if len(words) == 0 {
			return c.line
		}
		at := c.find(words[0])
		for _, word := range words[1:] { // which may be the first of the next line, too
			c.pass(word)
		}
		return at
	}
}
