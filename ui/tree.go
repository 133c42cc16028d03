package ui

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"twokey/release"
)

// level is how deep a row stands in the tree.
type level int

// The levels.
const (
	ofStage level = iota
	ofRun
	ofGate
	ofJob
	ofStep
	ofProof
)

// row is one line of the release: a stage, a run, a gate, a job, a step, or what is known
// of what was published.
type row struct {
	level         level
	id            string // stays the same while the row's state changes
	name          string
	aside         string // beside the name: a repository, a run's number
	mark          mark
	detail        string // more than the mark's word, where there is room
	began, ended  time.Time
	stage         string
	run           *release.RunState
	job           *release.JobState
	gate          *release.Gate
	proof         *proof
	reading       *release.ArtifactReading
	foldable      bool
	folded, quiet bool // quiet: drawn dim
}

// unfold says whether a stage's runs are shown: as the person chose, else as fits.
type unfold func(stage release.StageState) bool

// rows are the lines of the tree. The steps of the job with the ID open are among
// them.
func (s *scene) rows(shown unfold, open int64) []row {
	var out []row
	for i := range s.state.Stages {
		st := &s.state.Stages[i]
		proofs := s.proofRows(st)
		r := row{level: ofStage, id: stageID(*st), name: safe(st.Stage.Name), aside: st.Stage.Repo.String(),
			mark: s.theme.stage(st.Status), detail: s.stageDetail(st), began: st.Began, ended: st.Ended,
			stage: st.Stage.Name, foldable: len(st.Runs)+len(proofs) > 0, folded: !shown(*st)}
		if r.folded { // else the file has a row of its own
			r.reading = reading(st)
		}
		out = append(out, r)
		if r.folded {
			continue
		}
		for j := range st.Runs {
			for _, of := range s.runRows(st, &st.Runs[j], open) {
				out = append(out, of.within(st))
			}
		}
		out = append(out, proofs...)
	}
	return append(out, s.afterRows()...)
}

// clockSlack is how far GitHub's times, which are in whole seconds, may stand outside
// of the stage's.
const clockSlack = 2 * time.Second

// within keeps a row inside of its stage: no run takes longer than what it is a part of.
func (r row) within(st *release.StageState) row {
	if early := st.Began.Sub(r.began); !r.began.IsZero() && early > 0 && early < clockSlack {
		r.began = st.Began
	}
	if late := r.ended.Sub(st.Ended); !r.ended.IsZero() && !st.Ended.IsZero() && late > 0 && late < clockSlack {
		r.ended = st.Ended
	}
	return r
}

// stageDetail says what a stage waits for or why it failed.
func (s *scene) stageDetail(st *release.StageState) string {
	switch {
	case st.Status == release.StageFailed && !st.Why.IsZero():
		return st.Why.String()
	case st.Status == release.StageWaiting && len(st.Stage.Needs) > 0:
		return s.needs(st)
	case st.Status == release.StageVerifying:
		return verifying(st)
	case st.Status == release.StageStarted:
		return "started; its runs are looked for"
	}
	return ""
}

// verifying says how far the look at what a stage published is.
func verifying(st *release.StageState) string {
	found, read := 0, 0
	for _, a := range st.Artifacts {
		if a.Published != nil {
			found++
		}
		if a.Trace != nil {
			read++
		}
	}
	if found == len(st.Artifacts) && (read > 0 || st.Reading != nil) {
		return fmt.Sprintf("verifying: %d of %d read", read, found)
	}
	return fmt.Sprintf("verifying: %d of %d published", found, len(st.Artifacts))
}

// needs says what a waiting stage waits for: stages that are not done, or, once all
// are, whoever starts it.
func (s *scene) needs(st *release.StageState) string {
	var open []string
	for _, need := range st.Stage.Needs {
		switch status := s.stageStatus(need); status {
		case release.StageDoneOK:
		case release.StageFailed:
			return "for " + safe(need) + ", which failed"
		default:
			open = append(open, need)
		}
	}
	if len(open) == 0 {
		return "(needs " + safe(strings.Join(st.Stage.Needs, ", ")) + " " + glyphPass + ")"
	}
	return "for " + safe(strings.Join(open, ", "))
}

func (s *scene) stageStatus(name string) release.StageStatus {
	for _, st := range s.state.Stages {
		if st.Stage.Name == name {
			return st.Status
		}
	}
	return release.StageWaiting
}

func (s *scene) runRows(st *release.StageState, r *release.RunState, open int64) []row {
	number := fmt.Sprintf("#%d", r.Run.Number)
	if r.Run.Attempt > 1 {
		number += fmt.Sprintf(" attempt %d", r.Run.Attempt)
	}
	base := row{stage: st.Stage.Name, run: r}
	head := base
	head.level, head.id = ofRun, fmt.Sprintf("run %d", r.Run.ID)
	head.name, head.aside = safe(r.Run.Workflow), number
	head.mark = s.theme.work(r.Run.Status, r.Run.Conclusion)
	head.began = r.Run.Started
	if r.Run.Status == release.StatusCompleted {
		head.ended = r.Run.Updated
	}
	if a, ok := r.Answer(); ok {
		head.detail = fmt.Sprintf("%s by %s", safe(a.State), a.By)
	}
	out := []row{head}
	for i := range r.Gates {
		g := base
		g.level, g.id, g.gate = ofGate, fmt.Sprintf("gate %d %s", r.Run.ID, r.Gates[i].Environment), &r.Gates[i]
		g.mark = mark{glyphGate, "waiting", s.theme.warn}
		g.name = "environment " + r.Gates[i].Environment.String()
		g.detail = s.gateDetail(r.Gates[i], r.Run)
		out = append(out, g)
	}
	for i := range r.Jobs {
		j := base
		j.job = &r.Jobs[i]
		out = append(out, s.jobRows(j, open)...)
	}
	return out
}

// gateDetail says who may open a gate.
func (s *scene) gateDetail(g release.Gate, run release.Run) string {
	if g.CanApprove {
		return "for approval (a)"
	}
	return "for approval by " + s.mayApprove(g, run)
}

func (s *scene) jobRows(base row, open int64) []row {
	j := base.job.Job
	head := base
	head.level, head.id = ofJob, fmt.Sprintf("job %d", j.ID)
	head.name, head.mark = j.Name.String(), s.theme.work(j.Status, j.Conclusion)
	head.detail = stepDetail(j)
	head.began, head.ended = j.Started, j.Completed
	if j.Conclusion == release.ConclusionSkipped { // it did nothing, and took no time
		head.quiet, head.began = true, time.Time{}
	}
	out := []row{head}
	if j.ID != open {
		return out
	}
	for _, st := range j.Steps {
		r := base
		r.level, r.id = ofStep, fmt.Sprintf("step %d.%d", j.ID, st.Number)
		r.name, r.mark = stepName(st), s.theme.work(st.Status, st.Conclusion)
		r.began, r.ended, r.quiet = st.Started, st.Completed, true
		out = append(out, r)
	}
	return out
}

// pinned is an action at a commit, as a step without a name of its own is called.
var pinned = regexp.MustCompile(`@([0-9a-f]{7})[0-9a-f]{33}\b`)

// stepName is a step's name with the commits in it shortened: what is before them
// says what the step does.
func stepName(st release.Step) string { return pinned.ReplaceAllString(st.Name.String(), "@$1") }

// stepDetail is the step that a job is in, or failed in.
func stepDetail(j release.Job) string {
	for i, st := range j.Steps { // GitHub's numbers have gaps
		switch {
		case j.Status == release.StatusCompleted && failedWord(st.Conclusion):
			return "failed in " + stepName(st)
		case j.Status == "in_progress" && st.Status == "in_progress":
			return fmt.Sprintf("step %d/%d %s", i+1, len(j.Steps), stepName(st))
		}
	}
	return ""
}

// failedWord holds for every conclusion that stops a release.
func failedWord(c string) bool {
	switch c {
	case "", release.ConclusionSuccess, release.ConclusionSkipped, release.ConclusionNeutral:
		return false
	}
	return true
}
