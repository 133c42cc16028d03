package actions

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rhysd/actionlint"
)

const (
	// maxVisits is how often workflows are walked through again for another caller, and
	// maxSteps how many steps of a job are written out, before each is looked at once
	// only. Ten files that call one another a hundred times each would not come to an end.
	maxVisits = 500
	maxSteps  = 2000
	// maxScriptText is how many bytes of scripts and actions the jobs of a program are
	// written out with, before each is looked at once only: a thousand jobs may all start
	// one long script.
	maxScriptText = 1 << 20
)

// Jobs are the jobs that may run when the stage is started, with those of called
// workflows behind the job that calls them. One that is called from several places is
// named once, with the permissions of all.
func (p Program) Jobs() []Job { return p.walkOnce(false) }

// Everything is every job that stands in the files of a program, and every step, whether
// it may run in the release or not: who can start the others may share what they have.
func (p Program) Everything() []Job { return p.walkOnce(true) }

// walks are the jobs of a program, once they were asked for.
type walks struct {
	jobs, everything  []Job
	onceJobs, onceAll sync.Once
}

// Settled is a program that is read whole: its jobs are worked out once, however often and
// from wherever they are asked for. Nothing of it may change any more.
func (p Program) Settled() Program {
	p.Others = p.mattering()
	p.walks = new(walks)
	return p
}

func (p Program) walkOnce(all bool) []Job {
	w := p.walks
	if w == nil {
		return p.walk(all)
	}
	if all {
		w.onceAll.Do(func() { w.everything = p.walk(true) })
		return slices.Clone(w.everything)
	}
	w.onceJobs.Do(func() { w.jobs = p.walk(false) })
	return slices.Clone(w.jobs)
}

func (p Program) walk(all bool) []Job {
	w := &jobWalk{program: p, all: all, known: map[*actionlint.Job]int{}, walked: map[string]bool{}, entered: map[Ref]bool{}, started: map[startedFrom][]Ref{}}
	for _, e := range p.Roots() {
		w.file(e, caller{}, nil)
	}
	for _, f := range p.All() { // of the home repository, others may start by themselves
		if all && strings.EqualFold(f.Repo, p.Home) && len(f.starts()) > 0 {
			w.file(f.Ref, caller{}, nil)
		}
	}
	callers := map[*File][]*actionlint.Job{}
	for _, j := range w.jobs {
		if ref, ok := j.Calls(); ok && p.Files[ref] != nil {
			callers[p.Files[ref]] = append(callers[p.Files[ref]], j.Def)
		}
	}
	for i := range w.jobs {
		w.jobs[i].Callers = callers[w.jobs[i].File]
	}
	markFeeds(w.jobs)
	return w.jobs
}

// caller is what a workflow has from the job that calls it; nothing for one that an
// event starts.
type caller struct {
	permissions Permissions
	inherits    bool
	starts      []Start
}

// jobWalk collects jobs.
type jobWalk struct {
	program Program
	all     bool
	jobs    []Job
	known   map[*actionlint.Job]int // their places in jobs
	walked  map[string]bool
	visits  int
	started map[startedFrom][]Ref
	entered map[Ref]bool // the actions and scripts that a job was written out with
	text    int          // how many bytes they have together
}

// file walks through a workflow.
func (w *jobWalk) file(ref Ref, from caller, path []Ref) {
	f := w.program.Files[ref]
	if f == nil || len(path) > MaxDepth || slices.Contains(path, ref) || w.enough(ref, from, len(path)) {
		return
	}
	path = append(path[:len(path):len(path)], ref)
	starts := from.starts
	if strings.EqualFold(f.Repo, w.program.Home) {
		starts = merge(starts, f.starts())
	}
	admission := newAdmission(f, w.program.Home)
	for _, def := range f.Jobs() {
		if !w.all && !MayRun(def.If, w.program.Event, w.program.Home) {
			continue
		}
		j := Job{File: f, Def: def, Home: w.program.Home, Event: w.program.Event, Inherits: from.inherits, Starts: admission.starts(def, starts),
			Permissions: effective(from.permissions, f.Workflow.Permissions, def.Permissions)}
		if def.ID != nil {
			j.ID = def.ID.Value
		}
		w.add(j)
		if callee, ok := j.Calls(); ok {
			w.file(callee, caller{j.Permissions, def.WorkflowCall.InheritSecrets, j.Starts}, path)
		}
	}
}

// enough tells whether walking through a workflow once more shows nothing new, and notes
// that it is walked through.
func (w *jobWalk) enough(ref Ref, from caller, depth int) bool {
	key := fmt.Sprint(ref, from.permissions, from.inherits, len(from.starts), depth)
	for _, s := range from.starts {
		key += fmt.Sprint(s.Event, s.Kept, s.Branches)
	}
	once := fmt.Sprint(ref)
	if w.walked[key] || w.visits > maxVisits && w.walked[once] {
		return true
	}
	w.walked[key], w.walked[once] = true, true
	w.visits++
	return false
}

// add notes a job, or what else one that was noted may do.
func (w *jobWalk) add(j Job) {
	if i, ok := w.known[j.Def]; ok {
		known := &w.jobs[i]
		known.Permissions = known.Permissions.and(j.Permissions)
		known.Inherits = known.Inherits || j.Inherits
		known.Starts = merge(known.Starts, j.Starts)
		return
	}
	s := &stepWalk{jobWalk: w, inlined: map[Ref]bool{}}
	s.steps(j.File, j.Def.Steps, origin{dir: j.File.jobDir(j.Def)})
	j.Steps = s.out
	w.known[j.Def] = len(w.jobs)
	w.jobs = append(w.jobs, j)
}

// stepWalk collects the steps of a job.
type stepWalk struct {
	*jobWalk
	out     []Step
	inlined map[Ref]bool
}

// origin is where the steps of a file are started from.
type origin struct {
	by   *Step
	dir  string // where they run, from the root
	path []Ref
}

// steps adds the steps of a job or action with those of the actions and scripts that
// they use.
func (w *stepWalk) steps(f *File, defs []*actionlint.Step, from origin) {
	for _, def := range defs {
		if !w.all && !MayRun(def.If, w.program.Event, w.program.Home) {
			continue
		}
		s := Step{File: f, Def: def, By: from.by}
		w.out = append(w.out, s)
		for _, u := range s.Uses() {
			if u.Local {
				w.enter(Ref{Repo: f.Repo, At: f.At, Path: u.Path}, &s, "", from.path)
			}
		}
		if strings.EqualFold(f.Repo, w.program.Home) {
			dir, _ := f.workDir(def, from.dir)
			for _, ref := range w.scripts(f, def, from.dir) {
				w.enter(ref, &s, dir, from.path)
			}
		}
	}
}

// scripts are those that a step starts from a directory; a script that many jobs start is
// read once.
func (w *jobWalk) scripts(f *File, def *actionlint.Step, dir string) []Ref {
	key := startedFrom{def, dir}
	known, ok := w.started[key]
	if !ok {
		known = f.scripts(def, dir)
		w.started[key] = known
	}
	return known
}

// startedFrom is a step, and the directory that it runs in.
type startedFrom struct {
	step *actionlint.Step
	dir  string
}

// enter adds the steps of an action or a script that a step uses.
func (w *stepWalk) enter(ref Ref, by *Step, dir string, path []Ref) {
	file := w.program.Files[ref]
	if file == nil || len(path) >= MaxDepth || slices.Contains(path, ref) || len(w.out) > maxSteps && w.inlined[ref] ||
		w.text > maxScriptText && w.entered[ref] {
		return
	}
	w.inlined[ref], w.entered[ref] = true, true
	w.text += file.size
	w.steps(file, file.Steps, origin{by, dir, append(path[:len(path):len(path)], ref)})
}
