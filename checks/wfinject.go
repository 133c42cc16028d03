package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfInjection asks whether a script is put together from what somebody else writes.
// GitHub writes the value of an expression into the script before a shell sees it, so
// that a title such as `$(curl …)` is run.
func wfInjection() Check {
	return Check{
		ID:    "wf.injection",
		Title: "Scripts take no one else's text",
		Why:   "Whoever can write a text that a workflow puts into a script can run what they like in its job.",
		Looks: "Every expression in a script. It fails where an event that can start the workflow carries it and " +
			"strangers write it, such as an issue's title; what only people with write access choose warns.",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   `give the value to the step through env: and use it there as "$NAME"`,
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := auditPrograms(s, actions.Program.Everything, func(a *auditor, run stageRun) {
				for _, job := range run.jobs {
					judgePrinted(a, job.Variables())
					for _, step := range job.Steps {
						judgePrinted(a, step.Variables())
						judgeScripts(a, run.scopeOf(job, step))
					}
				}
			})
			return a.verdict(text.Cleanf("no script in %s is put together from text of others", plural(a.jobs, "job")))
		},
	}
}

// judgePrinted looks for the variable that brings back what GitHub took away: with it,
// whatever a step prints, and be it the name of a file, may set variables and the path
// of all later steps.
func judgePrinted(a *auditor, list []actions.Variable) {
	for _, v := range list {
		if strings.EqualFold(v.Name, "ACTIONS_ALLOW_UNSECURE_COMMANDS") && !strings.EqualFold(strings.TrimSpace(v.Value), "false") {
			a.found(Warn, v.File, v.Line, "take the variable away, and write to the file that $GITHUB_ENV names",
				"%s lets whatever a step prints set the variables of all later steps", v.Name)
		}
	}
}

// scope is where an expression stands.
type scope struct {
	run  stageRun
	job  actions.Job
	step actions.Step
	left *int // how many values may still be followed
}

// scopeOf is that of a step.
func (run stageRun) scopeOf(job actions.Job, step actions.Step) scope {
	left := maxFollows
	return scope{run, job, step, &left}
}

// at is another place of the same program.
func (sc scope) at(job actions.Job, step actions.Step) scope {
	sc.job, sc.step = job, step
	return sc
}

// beside is the place of a job's own texts, which no step has.
func (sc scope) beside(job actions.Job) scope {
	return sc.at(job, actions.Step{File: job.File, Def: &actionlint.Step{}})
}

// scriptInputs are the inputs of actions that are run as a script, by action.
func scriptInputs(action string) []string {
	switch action {
	case "actions/github-script", "appleboy/ssh-action":
		return []string{"script"}
	case "azure/cli", "azure/powershell":
		return []string{"inlinescript"}
	case "nick-fields/retry", "nick-invision/retry":
		return []string{"command"}
	}
	return nil
}

// scripts are the texts that a step runs.
func scripts(step actions.Step) []*actionlint.String {
	if x, ok := step.Def.Exec.(*actionlint.ExecRun); ok && x.Run != nil {
		return []*actionlint.String{x.Run}
	}
	var out []*actionlint.String
	for _, input := range scriptInputs(step.Action()) {
		if s := step.With(input); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// judgeScripts looks at each expression within the scripts of a step.
func judgeScripts(a *auditor, sc scope) {
	starts := sc.job.StartsOf(sc.step)
	for _, script := range scripts(sc.step) {
		for _, x := range sc.step.File.Expressions(script) {
			o, saw := sc.judge(x, starts, 0)
			if o != Pass {
				a.found(o, sc.step.File, x.Line, "", "%s", saw)
			}
		}
	}
}

const (
	// maxFollow is how far a value is followed that is given on, and maxFollows how many
	// are for one step: what is given on in many places at once has no end.
	maxFollow  = 8
	maxFollows = 300
	// maxAsked is how many callers of a workflow are asked what they give to it.
	maxAsked = 100
)

// givenTo is an input of a workflow, and the events that start what it is given to.
type givenTo struct {
	job         *actionlint.Job
	name, start string
	depth       int
}

// sentence is what is said of a value.
type sentence struct {
	outcome Outcome
	saw     string
}

// heard says who can choose what a variable or an input is; false where the files do not
// say it. The steps of a job have the same inputs: what was said of one is said again.
func (sc scope) heard(r actions.Read, starts []actions.Start, depth int) (sentence, bool) {
	key := givenTo{sc.job.Def, r.Path, eventsOf(starts), depth}
	same := sc.step.By == nil && sc.step.File == sc.job.File && strings.HasPrefix(r.Path, "inputs.")
	if said, ok := sc.run.given[key]; ok && same {
		return said, true
	}
	values, ok := sc.follow(r, depth)
	if !ok {
		return sentence{}, false
	}
	o, saw := values.judge(r.Path, starts, depth)
	if more, why := sc.source(r, starts); same && len(sc.job.Callers) > maxAsked && (o == Pass || gravity(more) < gravity(o)) {
		o, saw = more, why // nobody knows what the others give
	}
	said := sentence{o, saw}
	if same {
		sc.run.given[key] = said
	}
	return said, true
}

// eventsOf says which events these are.
func eventsOf(starts []actions.Start) string {
	var out strings.Builder
	for _, s := range starts {
		fmt.Fprint(&out, s.Event, s.Kept, s.Branches, " ")
	}
	return out.String()
}

// judge says who can choose the value of an expression; Pass where nobody can.
func (sc scope) judge(x actions.Expression, starts []actions.Start, depth int) (Outcome, string) {
	worst, saw := Pass, ""
	for _, r := range x.Reads() {
		o, why := sc.source(r, starts)
		if said, ok := sc.heard(r, starts, depth); ok {
			o, why = said.outcome, said.saw
		}
		if o != Pass && (worst == Pass || gravity(o) < gravity(worst)) {
			worst, saw = o, why
		}
	}
	return worst, saw
}

// value is a text that is given on under another name, and where it stands.
type value struct {
	text *actionlint.String // nil for none
	in   scope
}

type values []value

// judge says who can choose any of the values that a context has.
func (vs values) judge(path string, starts []actions.Start, depth int) (Outcome, string) {
	worst, saw := Pass, ""
	for _, v := range vs {
		for _, x := range v.in.step.File.Expressions(v.text) {
			if o, why := v.in.judge(x, v.in.within(starts), depth+1); o != Pass && (worst == Pass || gravity(o) < gravity(worst)) {
				worst, saw = o, path+" holds what others give it: "+why
			}
		}
	}
	return worst, saw
}

// follow is what a variable or an input is, where the files say it.
func (sc scope) follow(r actions.Read, depth int) (values, bool) {
	kind, name, _ := strings.Cut(r.Path, ".")
	if depth >= maxFollow || *sc.left <= 0 || name == "" || strings.Contains(name, ".") || name == "*" {
		return nil, false
	}
	*sc.left--
	switch kind {
	case "env":
		text, in := sc.env(name)
		return values{{text, in}}, text != nil
	case "inputs":
		return sc.given(name)
	}
	return nil, false
}

// given is what those who use a file give to its input. It is not known where somebody
// starts the file by hand.
func (sc scope) given(name string) (values, bool) {
	if by := sc.step.By; by != nil {
		in := sc.at(sc.job, *by)
		if text := by.With(name); text != nil {
			return values{{text, in}}, true
		}
		text, ok := sc.step.File.Defaults[name]
		return values{{text, sc.at(sc.job, actions.Step{File: sc.step.File, Def: &actionlint.Step{}, By: by})}}, ok
	}
	if len(sc.job.Callers) == 0 || slices.ContainsFunc(sc.job.Starts, func(s actions.Start) bool {
		return s.Event == actions.EventDispatch && s.File == sc.job.File
	}) {
		return nil, false
	}
	var out values
	for _, def := range sc.job.Callers[:min(len(sc.job.Callers), maxAsked)] {
		i, ok := sc.run.at[def]
		if !ok {
			continue
		}
		c := sc.run.jobs[i]
		if arg := c.Def.WorkflowCall.Inputs[name]; arg != nil {
			out = append(out, value{arg.Value, sc.beside(c)})
		} else {
			out = append(out, value{usual(sc.job.File, name), sc.beside(sc.job)})
		}
	}
	return out, true
}

// usual is what an input of a workflow is where its caller gives nothing.
func usual(f *actions.File, name string) *actionlint.String {
	call, _ := f.Workflow.FindWorkflowCallEvent()
	if call == nil {
		return nil
	}
	for _, in := range call.Inputs {
		if in.ID == name {
			return in.Default
		}
	}
	return nil
}

// within are the events of those that start what gives a value as well.
func (sc scope) within(starts []actions.Start) []actions.Start {
	var out []actions.Start
	for _, s := range starts {
		if slices.ContainsFunc(sc.job.Starts, func(o actions.Start) bool { return o.Event == s.Event }) {
			out = append(out, s)
		}
	}
	return out
}

// source says who can choose what a context is.
func (sc scope) source(r actions.Read, starts []actions.Start) (Outcome, string) {
	texts := writtenOutside(r)
	if len(texts) == 0 {
		if who := sc.chosen(r); who != "" {
			return Warn, fmt.Sprintf("%s is in the script as it is: %s", r.Path, who)
		}
		return Pass, ""
	}
	saw := fmt.Sprintf("%s is in the script as it is; what starts this job now gives it to nobody outside the project", r.Path)
	for _, start := range starts {
		for _, t := range texts {
			switch {
			case !slices.Contains(t.events, start.Event) || start.Branches && t.branch:
			case !start.Kept:
				return Fail, fmt.Sprintf("%s is in the script, and others write it: %s starts the job", r.Path, start.Event)
			default:
				saw = fmt.Sprintf("%s is in the script, and others write it; a condition keeps out some of them", r.Path)
			}
		}
	}
	return Warn, saw
}
