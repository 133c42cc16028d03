package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"twokey/checks/text"
)

// logLines is how much of the end of a finished job's log is kept.
const logLines = 400

// logPatience is how long a finished job's log may take to appear.
const logPatience = 30 * time.Second

// runSlack is how much earlier than its claim a run may have been created: the
// two times are from different machines of GitHub's.
const runSlack = time.Minute

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
// several that fit are ambiguous.
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
}

// observe reads what a run does now, and only what may have changed: the jobs of
// a run that goes on or has just ended, the logs of jobs that have just finished,
// and who answered a gate that is gone.
func (e *Engine) observe(ctx context.Context, st Stage, run Run, known *RunState) (observation, error) {
	o := observation{run: run}
	if known != nil && !known.wantsJobs(run) {
		return o, nil
	}
	f, repo := e.ports.Forge, st.Repo
	var err error
	if o.jobs, err = f.Jobs(ctx, repo, run.ID); err != nil {
		return o, err
	}
	waiting := run.Status == StatusWaiting || slices.ContainsFunc(o.jobs, func(j Job) bool { return j.Status == StatusWaiting })
	if waiting && run.Status != StatusCompleted {
		if o.gates, err = e.gates(ctx, repo, run, known); err != nil {
			return o, err
		}
	}
	if wantsAnswers(run, o.gates, known) {
		if o.approvals, err = f.Approvals(ctx, repo, run.ID); err != nil && !hidden(err) {
			return o, err
		}
	}
	for _, j := range o.jobs {
		if !wantsLog(j, known) {
			continue
		}
		chunk, err := e.log(ctx, repo, st.Name, j)
		if err != nil {
			return o, err
		}
		if chunk != nil {
			o.logs = append(o.logs, *chunk)
		}
	}
	return o, nil
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
// on, and afterwards until its end and every log of it were seen.
func (r *RunState) wantsJobs(now Run) bool {
	if now.Status != StatusCompleted || r.Run.Status != StatusCompleted || now.Attempt != r.Run.Attempt {
		return true
	}
	return len(r.Jobs) == 0 || slices.ContainsFunc(r.Jobs, func(j JobState) bool {
		return j.Job.Status != StatusCompleted || wantsLog(j.Job, r)
	})
}

// wantsLog tells whether a job's log has to be read. A job that failed without a
// step never ran, as one whose gate was rejected: there is no log to wait for.
func wantsLog(j Job, known *RunState) bool {
	if j.Status != StatusCompleted || j.Conclusion == ConclusionSkipped ||
		j.Conclusion == conclusionFailure && len(j.Steps) == 0 {
		return false
	}
	if known == nil || known.Run.Attempt < j.Attempt {
		return true
	}
	i := slices.IndexFunc(known.Jobs, func(k JobState) bool { return k.Job.ID == j.ID })
	return i < 0 || known.Jobs[i].Log == nil
}

// log reads the end of a finished job's log. It is nil while the log may still
// appear; a job that was cancelled before it began never has one. Logs are on
// another host, which may be out of reach while GitHub is not: that is said of the
// log, and the watch goes on.
func (e *Engine) log(ctx context.Context, repo Repo, stage string, j Job) (*LogChunk, error) {
	failed := j.Conclusion != ConclusionSuccess && j.Conclusion != ConclusionNeutral
	c := &LogChunk{Stage: stage, RunID: j.RunID, JobID: j.ID, Job: j.Name, Failed: failed}
	l, err := e.ports.Forge.Log(ctx, repo, j.ID, logLines)
	switch {
	case errors.Is(err, ErrNoLog) && e.ports.Clock.Now().Sub(j.Completed) < logPatience:
		return nil, nil
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrUnauthorized)):
		return nil, err
	case err != nil:
		c.Missing = text.Clean(strings.TrimPrefix(err.Error(), ErrNoLog.Error()+": "))
		return c, nil
	}
	c.Lines, c.Total = l.Lines, l.Total
	c.First = l.Total - len(l.Lines) + 1
	return c, nil
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
