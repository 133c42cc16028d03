package release

import (
	"slices"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// State is a release as it stands. Only Apply changes it, and every way of
// showing a release draws from it.
type State struct {
	Opened  Opened
	Plan    Plan
	HasPlan bool
	Checks  []CheckState // in the order in which they were started
	Verdict checks.Verdict
	Judged  bool
	Stages  []StageState // in the plan's order
	// After are the checks that are due after the release, as far as they were looked
	// at, in the order of the first look.
	After []AfterChecked
	// Trouble is the read that is being retried, nil when all is well. Of several the
	// first is kept, and an outage of the watch before all: it is told once.
	Trouble  *Retrying
	Budget   Budget
	Notes    []text.Safe
	Finished *Finished
	// Seq and Time are of the last event; Began is the time of the first.
	Seq   uint64
	Time  time.Time
	Began time.Time
	// Acting holds from the first intended call on: from here a release exists,
	// or may exist.
	Acting bool
}

// CheckState is a check, finished or not.
type CheckState struct {
	Started CheckStarted
	Finding *checks.Finding // nil until it is done
}

// StageStatus is where a stage stands.
type StageStatus string

// The statuses of a stage, in their usual order.
const (
	StageWaiting   StageStatus = "waiting"   // for stages that it needs
	StageClaiming  StageStatus = "claiming"  // its calls are being sent
	StageStarted   StageStatus = "started"   // triggered; not all runs were seen
	StageRunning   StageStatus = "running"   // every run was seen
	StageVerifying StageStatus = "verifying" // the runs are over
	StageDoneOK    StageStatus = "done"
	StageFailed    StageStatus = "failed"
)

// StageState is a stage as it stands.
type StageState struct {
	Stage     Stage
	Status    StageStatus
	Why       text.Safe // of a failure
	Claim     *Claimed
	Trigger   *Triggered
	Began     time.Time // when its calls were first intended or its claim seen
	Ended     time.Time
	Runs      []RunState // in the order of the stage's workflows, then by ID
	Artifacts []ArtifactState
	// Findings are about what it published, in the order of the checks.
	Findings []checks.Finding
	// Reading is the published file that is being read; nil while none is.
	Reading *ArtifactReading
}

// RunState is a run and its jobs.
type RunState struct {
	Run       Run
	Jobs      []JobState // in the order in which they were first seen
	Gates     []Gate     // that it waits for now
	Approvals []Approval
	Earlier   int // how many of Approvals are known to be of earlier attempts
}

// JobState is a job and the end of its log.
type JobState struct {
	Job Job       // with its steps
	Log *LogChunk // nil until it was read
}

// ArtifactState is an artifact of the plan as it stands.
type ArtifactState struct {
	Artifact  Artifact
	Published *checks.Published // nil until it was found
	Missing   text.Safe         // why it is not there, once the runs are over
	Unseen    bool              // it could not be looked at, and Missing says why
	Trace     *ArtifactTraced   // nil until it was held against its commit
}

// Looked tells whether it is known of the artifact that it is published, or that it
// is not.
func (a ArtifactState) Looked() bool {
	return a.Published != nil || !a.Missing.IsZero() && !a.Unseen
}

// Apply folds an event into the state. It is the only thing that changes one.
// An event about something that the state does not have is passed over.
func (s *State) Apply(e Stamped) {
	if s.Seq == 0 {
		s.Began = e.Time
	}
	s.Seq, s.Time = e.Seq, e.Time
	switch ev := e.Event.(type) {
	case Opened:
		s.Opened = ev
	case PlanReady:
		s.applyPlan(ev.Plan)
	case CheckStarted, CheckDone, Judged:
		s.applyCheck(ev)
	case Retrying:
		if s.Trouble == nil || ev.Outage() || ev.What == s.Trouble.What {
			s.Trouble = &ev
		}
	case Recovered:
		if s.Trouble != nil && (!s.Trouble.Outage() || ev.What == s.Trouble.What) {
			s.Trouble = nil
		}
	case BudgetChanged:
		s.Budget = ev.Budget
	case Noted:
		s.Notes = append(s.Notes, ev.Text)
	case Finished:
		s.Finished, s.Trouble = &ev, nil // nothing is tried again any more
	case Intended:
		s.Acting = true
		s.stage(ev.Stage, func(st *StageState) { st.begin(e.Time, StageClaiming) })
	case Claimed:
		s.stage(ev.Stage, func(st *StageState) { st.Claim = &ev; st.begin(ev.began(e.Time), StageClaiming) })
	case Triggered:
		at := e.Time
		if !ev.Mine { // its claim or its runs tell when it began, not who sees it now
			at = time.Time{}
		}
		s.stage(ev.Stage, func(st *StageState) { st.Trigger = &ev; st.begin(at, StageStarted) })
	case StageDone:
		s.stage(ev.Stage, func(st *StageState) { st.end(ev, e.Time) })
	case RunFound:
		s.stage(ev.Stage, func(st *StageState) { st.setRun(ev.Run) })
	case RunChanged:
		s.Finished = nil // it goes on after all
		s.stage(ev.Stage, func(st *StageState) { st.setRun(ev.Run) })
	case JobChanged, StepChanged, LogChunk, ApprovalNeeded, Approved:
		s.applyInRun(ev)
	case ArtifactFound, ArtifactMissing, ArtifactTraced:
		s.applyArtifact(ev)
	case ArtifactReading:
		s.stage(ev.Stage, func(st *StageState) { st.Reading = &ev })
	case ArtifactsChecked:
		s.stage(ev.Stage, func(st *StageState) { st.setFinding(ev.Finding) })
	case AfterChecked:
		s.applyAfter(ev)
	}
}

// applyPlan sets the plan and empties what was about an earlier one.
func (s *State) applyPlan(p Plan) {
	s.Plan, s.HasPlan = p, true
	s.Checks, s.Verdict, s.Judged, s.Finished = nil, checks.Verdict{}, false, nil
	s.Notes, s.After, s.Acting = nil, nil, false
	s.Stages = make([]StageState, len(p.Stages))
	for i, st := range p.Stages {
		s.Stages[i] = StageState{Stage: st, Status: StageWaiting}
		for _, a := range st.Artifacts {
			s.Stages[i].Artifacts = append(s.Stages[i].Artifacts, ArtifactState{Artifact: a})
		}
	}
}

func (s *State) applyCheck(e Event) {
	find := func(id string) int {
		return slices.IndexFunc(s.Checks, func(c CheckState) bool { return c.Started.ID == id })
	}
	switch ev := e.(type) {
	case CheckStarted:
		if i := find(ev.ID); i >= 0 { // checked again
			s.Checks[i].Finding, s.Judged = nil, false
			return
		}
		s.Checks = append(s.Checks, CheckState{Started: ev})
	case CheckDone:
		if i := find(ev.Finding.ID); i >= 0 {
			s.Checks[i].Finding = &ev.Finding
		}
	case Judged:
		s.Verdict, s.Judged, s.Trouble = ev.Verdict, true, nil // all that could be read was
	}
}

func (s *State) applyInRun(e Event) {
	switch ev := e.(type) {
	case JobChanged:
		s.run(ev.Stage, ev.Job.RunID, func(r *RunState) { r.setJob(ev.Job) })
	case StepChanged:
		s.run(ev.Stage, ev.RunID, func(r *RunState) {
			r.job(ev.JobID, func(j *JobState) { j.setStep(ev.Step) })
		})
	case LogChunk:
		s.run(ev.Stage, ev.RunID, func(r *RunState) {
			r.job(ev.JobID, func(j *JobState) { j.Log = &ev })
		})
	case ApprovalNeeded:
		s.run(ev.Stage, ev.RunID, func(r *RunState) { r.addGate(ev.Gate) })
	case Approved:
		s.run(ev.Stage, ev.RunID, func(r *RunState) { r.approve(ev.Approval) })
	}
}

func (s *State) stage(name string, f func(*StageState)) {
	for i := range s.Stages {
		if s.Stages[i].Stage.Name == name {
			f(&s.Stages[i])
			return
		}
	}
}

func (s *State) run(stage string, id int64, f func(*RunState)) {
	s.stage(stage, func(st *StageState) {
		for i := range st.Runs {
			if st.Runs[i].Run.ID == id {
				f(&st.Runs[i])
				st.settle()
				return
			}
		}
	})
}

// begin moves the stage on to a status, never back.
func (st *StageState) begin(at time.Time, status StageStatus) {
	if st.Began.IsZero() {
		st.Began = at
	}
	if st.Status == StageWaiting || st.Status == StageClaiming {
		st.Status = status
	}
	st.settle()
}

func (st *StageState) end(e StageDone, at time.Time) {
	st.Ended, st.Why = at, e.Why
	switch seen := st.lastChange(); {
	case st.Trigger == nil || st.Trigger.Mine:
	case len(st.Runs) == 0: // how long it took is not known
		st.Began = time.Time{}
	case !seen.IsZero() && seen.Before(at):
		st.Ended = seen // it had ended before it was looked at
	}
	st.Status = StageFailed
	if e.Outcome == Done {
		st.Status = StageDoneOK
	}
}

func (st *StageState) setRun(r Run) {
	i := slices.IndexFunc(st.Runs, func(x RunState) bool { return x.Run.ID == r.ID })
	if i < 0 {
		// A copy: whoever has the stage as it stood may still go over its runs.
		before := len(st.Runs)
		st.Runs = slices.DeleteFunc(slices.Clone(st.Runs), func(x RunState) bool { return st.yields(x.Run, r) })
		if len(st.Runs) < before { // what failed was none of it
			st.revive(r)
		}
		st.Runs = append(st.Runs, RunState{Run: r})
		st.date(r)
		slices.SortStableFunc(st.Runs, st.runOrder)
	} else {
		if r.Attempt > st.Runs[i].Run.Attempt {
			st.revive(r)
		}
		st.Runs[i].setRun(r)
	}
	st.settle()
}

// revive opens a failed stage again: somebody re-runs what failed, or has started it
// anew.
func (st *StageState) revive(r Run) {
	if st.Status == StageFailed {
		st.Status, st.Why, st.Ended = StageRunning, text.Safe{}, time.Time{}
		st.again(r)
	}
}

// runOrder puts runs in the order of the stage's workflows, then by ID.
func (st *StageState) runOrder(a, b RunState) int {
	ia, ib := slices.Index(st.Stage.Workflows, a.Run.Workflow), slices.Index(st.Stage.Workflows, b.Run.Workflow)
	if ia != ib {
		return ia - ib
	}
	return int(min(max(a.Run.ID-b.Run.ID, -1), 1))
}

// settle derives the status between triggered and ended from the runs.
func (st *StageState) settle() {
	if st.Status != StageStarted && st.Status != StageRunning && st.Status != StageVerifying {
		return
	}
	for _, w := range st.Stage.Workflows {
		if !slices.ContainsFunc(st.Runs, func(r RunState) bool { return r.Run.Workflow == w }) {
			st.Status = StageStarted
			return
		}
	}
	st.Status = StageRunning
	if allOver(*st) {
		st.Status = StageVerifying
	}
}

// setRun takes the run's new state. A new attempt starts with no jobs and no
// gates; what is over waits for nobody.
func (r *RunState) setRun(run Run) {
	if run.Attempt != r.Run.Attempt {
		r.Jobs, r.Gates, r.Earlier = nil, nil, len(r.Approvals)
	}
	if run.Status == StatusCompleted {
		r.Gates = nil
	}
	r.Run = run
}

func (r *RunState) setJob(j Job) {
	i := slices.IndexFunc(r.Jobs, func(x JobState) bool { return x.Job.ID == j.ID })
	if i < 0 {
		r.Jobs = append(r.Jobs, JobState{Job: j})
		return
	}
	j.Steps = r.Jobs[i].Job.Steps
	r.Jobs[i].Job = j
}

func (r *RunState) job(id int64, f func(*JobState)) {
	for i := range r.Jobs {
		if r.Jobs[i].Job.ID == id {
			f(&r.Jobs[i])
			return
		}
	}
}

func (r *RunState) addGate(g Gate) {
	for i := range r.Gates {
		if r.Gates[i].Environment == g.Environment {
			r.Gates[i] = g
			return
		}
	}
	r.Gates = append(r.Gates, g)
}

// approve remembers the answer and takes the gates away that it answers.
func (r *RunState) approve(a Approval) {
	r.Approvals = append(r.Approvals, a)
	r.Gates = slices.DeleteFunc(r.Gates, func(g Gate) bool {
		return slices.Contains(a.Environments, g.Environment)
	})
}

func (j *JobState) setStep(st Step) {
	i := slices.IndexFunc(j.Job.Steps, func(x Step) bool { return x.Number == st.Number })
	if i < 0 {
		j.Job.Steps = append(j.Job.Steps, st)
		return
	}
	j.Job.Steps[i] = st
}
