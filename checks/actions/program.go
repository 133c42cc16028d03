package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// maxDepth is how deep workflows and actions may call one another, as GitHub allows.
const maxDepth = 10

// Program is what a stage runs, as far as it is written in workflow files and in
// composite actions of the same repository.
type Program struct {
	// Home is the repository whose event starts it, owner/name.
	Home string
	// Event is what starts it.
	Event Event
	// Entries are the workflows that the stage starts.
	Entries []Ref
	// Files are the entries and what they call, by the name that they are called by:
	// an action is named by its directory.
	Files map[Ref]*File
}

// All is every file, those that others call behind them.
func (p Program) All() []*File {
	var out []*File
	seen := map[Ref]bool{}
	var walk func(ref Ref, depth int)
	walk = func(ref Ref, depth int) {
		f := p.Files[ref]
		if f == nil || seen[ref] || depth > maxDepth {
			return
		}
		seen[ref] = true
		out = append(out, f)
		for _, call := range f.Calls(p.Home) {
			walk(call, depth+1)
		}
	}
	for _, e := range p.Entries {
		walk(e, 0)
	}
	return out
}

// Job is a job that a stage runs.
type Job struct {
	File *File
	ID   string
	Def  *actionlint.Job
	// Steps are its own, and those of the composite actions that it uses behind the
	// step that uses them.
	Steps []Step
	// Permissions are those of its token.
	Permissions Permissions
	// Inherits holds where its caller gives it all secrets.
	Inherits bool
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
}

// Jobs are the jobs that may run when the stage is started, with those of called workflows behind the job
// that calls them. One that is called from several places is named once, with the
// permissions of all.
func (p Program) Jobs() []Job {
	w := &jobWalk{program: p}
	for _, e := range p.Entries {
		w.file(e, call{}, nil)
	}
	markFeeds(w.jobs)
	return w.jobs
}

// jobWalk collects jobs.
type jobWalk struct {
	program Program
	jobs    []Job
}

// call is how a workflow is called; zero for one that an event starts.
type call struct {
	by       *actionlint.Job
	from     Permissions // of the caller
	inherits bool
}

// file walks through a workflow.
func (w *jobWalk) file(ref Ref, from call, path []Ref) {
	f := w.program.Files[ref]
	if f == nil || len(path) > maxDepth || slices.Contains(path, ref) {
		return
	}
	path = append(path[:len(path):len(path)], ref)
	for _, def := range f.Jobs() {
		if !MayRun(def.If, w.program.Event, w.program.Home) {
			continue
		}
		j := Job{File: f, Def: def, Home: w.program.Home, Event: w.program.Event, Inherits: from.inherits, Steps: w.steps(f, def.Steps, nil),
			Permissions: effective(from.from, f.Workflow.Permissions, def.Permissions)}
		if from.by != nil {
			j.Callers = []*actionlint.Job{from.by}
		}
		if def.ID != nil {
			j.ID = def.ID.Value
		}
		w.add(j)
		if c := def.WorkflowCall; c != nil && c.Uses != nil {
			if callee, ok := newUse(KindWorkflow, f, c.Uses).workflow(); ok {
				w.file(callee, call{def, j.Permissions, c.InheritSecrets}, path)
			}
		}
	}
}

// add notes a job, or what else one that was noted may do.
func (w *jobWalk) add(j Job) {
	for i, known := range w.jobs {
		if known.File == j.File && known.Def == j.Def {
			w.jobs[i].Permissions = known.Permissions.and(j.Permissions)
			w.jobs[i].Inherits = known.Inherits || j.Inherits
			w.jobs[i].Callers = append(known.Callers, j.Callers...)
			return
		}
	}
	w.jobs = append(w.jobs, j)
}

// steps are the steps of a job or action with those of the actions that they use.
func (w *jobWalk) steps(f *File, defs []*actionlint.Step, path []Ref) []Step {
	var out []Step
	for _, def := range defs {
		if !MayRun(def.If, w.program.Event, w.program.Home) {
			continue
		}
		s := Step{File: f, Def: def}
		out = append(out, s)
		for _, u := range s.Uses() {
			ref := Ref{f.Repo, f.At, u.Path}
			action := w.program.Files[ref]
			if u.Local && action != nil && len(path) < maxDepth && !slices.Contains(path, ref) {
				out = append(out, w.steps(action, action.Steps, append(path[:len(path):len(path)], ref))...)
			}
		}
	}
	return out
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
	name, _, _ := strings.Cut(strings.ToLower(x.Uses.Value), "@")
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

// Script are the lines of the script that a step runs, without blank ones and those
// that are comments alone; a line that ends in \ comes with those that go on with it.
func (s Step) Script() []ScriptLine {
	x, ok := s.Def.Exec.(*actionlint.ExecRun)
	if !ok || x.Run == nil {
		return nil
	}
	first := x.Run.Pos.Line
	if plain := strings.TrimSpace(s.File.Line(first)); strings.HasSuffix(plain, "|") || strings.HasSuffix(plain, ">") ||
		blockMark.MatchString(plain) {
		first++ // the script begins below the mark
	}
	var out []ScriptLine
	held := ""
	at := 0
	for i, line := range strings.Split(x.Run.Value, "\n") {
		if held == "" {
			at = first + i
		}
		if before, goesOn := strings.CutSuffix(strings.TrimRight(line, " \t\r"), `\`); goesOn {
			held += before + " "
			continue
		}
		line, held = strings.TrimSpace(held+line), ""
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, ScriptLine{at, line})
		}
	}
	if held = strings.TrimSpace(held); held != "" {
		out = append(out, ScriptLine{at, held})
	}
	return out
}
