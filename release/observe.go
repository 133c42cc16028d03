package release

import (
	"context"
	"errors"
	"slices"
	"time"

	"twokey/checks/text"
)

// runSlack is how much earlier than its claim a run may have been created: the
// two times are from different machines of GitHub's, and in whole seconds. What is
// older was there before, and is somebody else's.
const runSlack = 10 * time.Second

// event is what GitHub calls the event that a trigger causes.
func (t Trigger) event() string {
	switch t {
	case TriggerRelease:
		return "release"
	case TriggerDispatch:
		return "workflow_dispatch"
	}
	return "push"
}

// ours picks the runs that a stage must have started: the right workflow, event,
// commit and ref. A run of another commit is not ours, whatever else fits. A
// workflow can have several, such as one for each activity of a release; nothing
// tells which of them publishes, so that all of them count. A dispatch starts one:
// several that fit are ambiguous. Of a push GitHub's run names the ref without its
// kind, so that a branch of the tag's name at the same commit can not be told apart.
func ours(st StageState, runs []Run) []Run {
	var since time.Time
	if st.Claim != nil && st.Claim.Noted && !st.Claim.At.IsZero() {
		since = st.Claim.At.Add(-runSlack)
	}
	var out []Run
	for _, r := range runs {
		fits := slices.Contains(st.Stage.Workflows, r.Workflow) && r.Event == st.Stage.Trigger.event() &&
			r.SHA == st.Stage.SHA && !r.Created.Before(since)
		name := st.Stage.Tag
		if st.Stage.Trigger == TriggerDispatch {
			name = st.Stage.Branch
		}
		if fits && r.Branch == text.Clean(name) {
			out = append(out, r)
		}
	}
	if st.Stage.Trigger != TriggerDispatch {
		return out
	}
	var mine []Run
	for _, w := range st.Stage.Workflows {
		mine = append(mine, st.dispatched(w, out)...)
	}
	return mine
}

// observation is what was read of one run.
type observation struct {
	run       Run
	jobs      []Job
	gates     []Gate
	approvals []Approval
	logs      []LogChunk
	// noLog are the jobs whose log was asked for and is not there yet, and noSteps
	// those that never ran, and whose annotations were asked for.
	noLog, noSteps []int64
	blind          error // why the annotations of a job can not be seen
}

// observe reads what a run does now, and only what may have changed: the jobs of
// a run that goes on or has just ended, the ends of jobs that have just finished,
// and who answered a gate that is gone. Its jobs may have been asked for early.
func (w *watch) observe(ctx context.Context, st Stage, run Run, known *RunState, early func() ([]Job, error)) (observation, error) {
	o := observation{run: run}
	f, repo := w.e.ports.Forge, st.Repo
	if known != nil && !known.wantsJobs(run) {
		err := w.ends(ctx, st, &o, known.bare(), known)
		return o, err
	}
	var err error
	if o.jobs, err = w.jobs(ctx, repo, run, known, early); err != nil {
		return o, err
	}
	waiting := run.Status == StatusWaiting || slices.ContainsFunc(o.jobs, func(j Job) bool { return j.Status == StatusWaiting })
	if waiting && run.Status != StatusCompleted {
		if o.gates, err = w.e.gates(ctx, repo, run, known); err != nil {
			return o, err
		}
	}
	if wantsAnswers(run, o.gates, known) {
		if o.approvals, err = f.Approvals(ctx, repo, run.ID); err != nil && !hidden(err) {
			return o, err
		}
	}
	return o, w.ends(ctx, st, &o, o.jobs, known)
}

// jobs are the jobs of the attempt that the list of runs tells of. What was read
// early may be older than the list: the jobs of another attempt, or of a run that
// had not ended yet. What was read after it may be newer, and then is for the next
// round.
func (w *watch) jobs(ctx context.Context, repo Repo, run Run, known *RunState, early func() ([]Job, error)) ([]Job, error) {
	goesOn := func(j Job) bool { return j.Status != StatusCompleted }
	later := func(j Job) bool { return j.Attempt > run.Attempt }
	if early != nil && known != nil && known.Run.Attempt == run.Attempt {
		jobs, err := early()
		if err != nil || run.Status != StatusCompleted || !slices.ContainsFunc(jobs, goesOn) {
			return slices.DeleteFunc(slices.Clone(jobs), later), err
		}
	}
	jobs, err := w.e.ports.Forge.Jobs(ctx, repo, run.ID)
	return slices.DeleteFunc(jobs, later), err
}

// bare are the jobs of the run without what else is known of them.
func (r *RunState) bare() []Job {
	var out []Job
	for _, j := range r.Jobs {
		out = append(out, j.Job)
	}
	return out
}

// wantsAnswers tells whether the answers to gates have to be read: a gate is gone,
// or the run has just failed, which a rejection that nobody here saw does, too.
func wantsAnswers(run Run, gates []Gate, known *RunState) bool {
	if known != nil && slices.ContainsFunc(known.Gates, func(g Gate) bool { return !holds(gates, g) }) {
		return true
	}
	failed := run.Status == StatusCompleted && run.Conclusion == conclusionFailure
	return failed && (known == nil || known.Run.Status != StatusCompleted || known.Run.Attempt != run.Attempt)
}

// hidden tells whether a token may not see something, and so never will.
func hidden(err error) bool { return errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound) }

// gates are what the run waits for. A token that may not see them does not end the
// watch: what was known of them stays.
func (e *Engine) gates(ctx context.Context, repo Repo, run Run, known *RunState) ([]Gate, error) {
	gates, err := e.ports.Forge.Gates(ctx, repo, run.ID)
	if !hidden(err) {
		return gates, err
	}
	if known == nil || known.Run.Status != run.Status {
		e.note("%s #%d waits, and what for can not be seen: %v", run.Workflow, run.Number, err)
	}
	if known == nil {
		return nil, nil
	}
	return slices.Clone(known.Gates), nil
}

// wantsJobs tells whether the run's jobs have to be read: always while it goes
// on, and afterwards until the end of every job was seen.
func (r *RunState) wantsJobs(now Run) bool {
	if now.Status != StatusCompleted || r.Run.Status != StatusCompleted || now.Attempt != r.Run.Attempt {
		return true
	}
	return len(r.Jobs) == 0 || slices.ContainsFunc(r.Jobs, func(j JobState) bool {
		return j.Job.Status != StatusCompleted
	})
}

// changes are the events that lead from what is known of a run to what was
// observed. It is the whole judgement of watching, without any reading.
func changes(stage string, known *RunState, o observation) []Event {
	var out, end []Event
	switch {
	case known == nil:
		out = append(out, RunFound{Stage: stage, Run: o.run})
		known = &RunState{}
	case known.Run.Attempt != o.run.Attempt:
		out = append(out, RunChanged{Stage: stage, Run: o.run})
		known = &RunState{Approvals: known.Approvals}
	case runDiffers(known.Run, o.run): // after its jobs, whose end is the run's
		end = append(end, RunChanged{Stage: stage, Run: o.run})
	}
	for _, j := range o.jobs {
		out = append(out, jobChanges(stage, known, j)...)
	}
	for _, c := range o.logs {
		out = append(out, c)
	}
	for _, g := range o.gates {
		if !slices.ContainsFunc(known.Gates, func(k Gate) bool { return k.Environment == g.Environment && k.CanApprove == g.CanApprove }) {
			out = append(out, ApprovalNeeded{Stage: stage, RunID: o.run.ID, Gate: g})
		}
	}
	return slices.Concat(out, gateChanges(stage, known, o), end)
}

// runDiffers compares what is shown of a run; its time of update is not.
func runDiffers(a, b Run) bool {
	a.Updated, b.Updated = time.Time{}, time.Time{}
	return a != b
}

func jobChanges(stage string, known *RunState, j Job) []Event {
	var out []Event
	var before Job
	i := slices.IndexFunc(known.Jobs, func(k JobState) bool { return k.Job.ID == j.ID })
	if i >= 0 {
		before = known.Jobs[i].Job
	}
	bare := j
	bare.Steps = nil
	if i < 0 || before.Status != j.Status || before.Conclusion != j.Conclusion || before.Name != j.Name ||
		!before.Started.Equal(j.Started) || !before.Completed.Equal(j.Completed) {
		out = append(out, JobChanged{Stage: stage, Job: bare})
	}
	for _, s := range j.Steps {
		k := slices.IndexFunc(before.Steps, func(x Step) bool { return x.Number == s.Number })
		if k < 0 || stepDiffers(before.Steps[k], s) {
			out = append(out, StepChanged{Stage: stage, RunID: j.RunID, JobID: j.ID, Step: s})
		}
	}
	return out
}

func stepDiffers(a, b Step) bool {
	return a.Status != b.Status || a.Conclusion != b.Conclusion || a.Name != b.Name ||
		!a.Started.Equal(b.Started) || !a.Completed.Equal(b.Completed)
}

// holds tells whether a gate is among gates.
func holds(gates []Gate, g Gate) bool {
	return slices.ContainsFunc(gates, func(x Gate) bool { return x.Environment == g.Environment })
}

// gateChanges are the answers that were given, and the gates that are gone
// without one, such as a timer that ran out.
func gateChanges(stage string, known *RunState, o observation) []Event {
	var out []Event
	told := 0 // GitHub lists answers in their order, and knows nothing of gates that passed
	for _, a := range known.Approvals {
		if a.State != statePassed {
			told++
		}
	}
	answered := map[text.Safe]bool{}
	for i, a := range o.approvals {
		if i < told {
			continue
		}
		for _, env := range a.Environments {
			answered[env] = true
		}
		out = append(out, Approved{Stage: stage, RunID: o.run.ID, Approval: a})
	}
	if o.run.Status == StatusCompleted {
		return out
	}
	for _, g := range known.Gates {
		if !holds(o.gates, g) && !answered[g.Environment] {
			out = append(out, Approved{Stage: stage, RunID: o.run.ID,
				Approval: Approval{State: statePassed, Environments: []text.Safe{g.Environment}}})
		}
	}
	return out
}
