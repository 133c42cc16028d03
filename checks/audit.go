package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// maxPlaceText is how many cells a finding shows of a line.
const maxPlaceText = 160

// auditor goes through what the stages run and notes what is wrong there, each place
// once: several stages may call one workflow.
type auditor struct {
	tally
	home string // the repository that is released, owner/name
	// beside are files that start with the release, have no part in it, and publish
	// nothing: what is wrong in them does not stop it.
	beside map[*actions.File]bool
	noted  map[string]bool
	files  int
	jobs   int
}

// audit calls look for each job that the stages may run. Files that could not be read, and
// those that can not be understood, are unknown: what they run was not looked at.
func audit(s *Snapshot, look func(*auditor, actions.Job)) *auditor {
	return auditPrograms(s, actions.Program.Jobs, func(a *auditor, run stageRun) {
		for _, job := range run.jobs {
			look(a, job)
		}
	})
}

// stageRun is what a stage runs, with the jobs that are chosen of it.
type stageRun struct {
	stage   SubjectStage
	facts   *StageFacts
	program actions.Program
	jobs    []actions.Job
	at      map[*actionlint.Job]int // the places of the jobs
	given   map[givenTo]sentence    // what was said of inputs
}

// auditPrograms calls look for what each stage runs, with the jobs that choose picks.
func auditPrograms(s *Snapshot, choose func(actions.Program) []actions.Job, look func(*auditor, stageRun)) *auditor {
	a := &auditor{home: s.Subject.Repo, noted: map[string]bool{}, beside: map[*actions.File]bool{}}
	for st, facts := range stages(s) {
		program, ok := facts.Program.Get()
		if !ok {
			a.lack(text.Cleanf("workflows of %s", st.Repo), facts.Program.Missing())
			continue
		}
		for _, f := range program.All() {
			a.files++
			a.unread(f)
		}
		for _, f := range program.Beside() {
			a.beside[f] = true
		}
		jobs := choose(program)
		a.jobs += len(jobs)
		at := make(map[*actionlint.Job]int, len(jobs))
		for i, j := range jobs {
			at[j.Def] = i
		}
		look(a, stageRun{st, facts, program, jobs, at, map[givenTo]sentence{}})
	}
	return a
}

// unread notes a file that was not looked at.
func (a *auditor) unread(f *actions.File) {
	if f.Problem.IsZero() || a.again("unread "+fmt.Sprint(f.Ref)) {
		return
	}
	what := text.Cleanf("%s in %s", f.Base(), f.Repo)
	if f.Unread {
		a.lack(what, Missing{Why: f.Problem, Needs: f.Needs, Next: f.Next})
		return
	}
	a.add(Evidence{What: what, Saw: text.Cleanf("can not be understood: %s", f.Problem), Outcome: Unknown},
		"correct the file on the branch; `actionlint` says what is wrong with it")
}

// again tells whether something was noted before, and notes it.
func (a *auditor) again(key string) bool {
	seen := a.noted[key]
	a.noted[key] = true
	return seen
}

// found notes something about a line of a file, once.
func (a *auditor) found(o Outcome, f *actions.File, line int, fix, format string, args ...any) {
	if o == Fail && a.beside[f] {
		o = Warn
	}
	saw := text.Cleanf(format, args...)
	if a.again(fmt.Sprint(f.Ref, line, saw)) {
		return
	}
	a.add(Evidence{
		What: a.at(f, line), Saw: saw, Outcome: o, URL: pageOf(f, line),
		Place: &Place{Repo: text.Clean(f.Repo), At: text.Clean(f.At), Path: text.Clean(f.Path), Line: line,
			Text: text.Clean(strings.TrimSpace(f.Line(line))).Clip(maxPlaceText)},
	}, fix)
}

// at is a line of a file for people; a file of another repository than the released one
// is named with it, for each may have a publish.yml.
func (a *auditor) at(f *actions.File, line int) text.Safe {
	if f.Repo == a.home {
		return text.Cleanf("%s:%d", f.Base(), line)
	}
	return text.Cleanf("%s %s:%d", f.Repo, f.Base(), line)
}

// verdict sums up. Where there is no job there is nothing to judge.
func (a *auditor) verdict(passed text.Safe) Result {
	if a.jobs == 0 && len(a.seen) == 0 {
		return Result{Outcome: NotApplicable, Summary: text.Clean("the plan starts no workflow")}
	}
	if len(a.seen) == 0 {
		a.pass(text.Clean("workflows"), text.Cleanf("looked at %s in %s", plural(a.jobs, "job"), plural(a.files, "file")), text.Safe{})
	}
	a.bound()
	return a.result(passed)
}

// bound keeps the worst of what was seen: a file may have ten thousand lines of one kind.
func (a *auditor) bound() {
	if len(a.seen) <= maxShown {
		return
	}
	slices.SortStableFunc(a.seen, func(a, b sight) int { return cmp.Compare(gravity(a.Outcome), gravity(b.Outcome)) })
	more := Evidence{What: text.Clean("others"), Outcome: a.seen[maxShown].Outcome,
		Saw: text.Cleanf("%d more, which are not shown", len(a.seen)-maxShown)}
	like := func(o Outcome) bool { return gravity(o) == gravity(a.seen[0].Outcome) }
	for _, s := range a.seen[maxShown:] {
		if like(s.Outcome) {
			a.beyond++
		}
	}
	if like(more.Outcome) {
		a.beyond-- // it is counted itself
	}
	a.seen = append(a.seen[:maxShown:maxShown], sight{more, ""})
}

// pageOf is where people can look at a line.
func pageOf(f *actions.File, line int) text.Safe {
	if f.Page.IsZero() {
		return f.Page
	}
	return text.Cleanf("%s#L%d", f.Page, f.PageLine(line))
}
