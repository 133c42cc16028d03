package rehearsal

import (
	"slices"
	"strings"
	"time"
)

// jobPlan is when a job of a run does what. A zero time is one that has not been
// settled, since it depends on an answer that nobody gave yet.
type jobPlan struct {
	spec       *jobSpec
	id         int64
	attempt    int
	ready      time.Time // when what it needs was done; it is not listed before
	asked      bool      // it waits for an approval from ready on
	granted    time.Time // when it was approved, or ready where nothing asks
	answer     answer    // that it was approved or rejected by
	started    time.Time // zero as well for a job that never starts
	completed  time.Time
	conclusion string
	steps      []stepPlan
}

// stepPlan is when a step runs. A step that is skipped takes no time.
type stepPlan struct {
	started, completed time.Time
	conclusion         string
}

// at is what the run looks like at a time.
func (r *simRun) at(now time.Time) runView {
	var current attempt
	var jobs []jobPlan
	for i, a := range r.Attempts {
		if i > 0 && a.Began.After(now) {
			break
		}
		current, jobs = a, r.attemptPlan(i, jobs)
	}
	v := runView{Attempt: current.Number, Started: current.Began, Updated: current.Began}
	for _, j := range jobs {
		if j.ready.IsZero() || j.ready.After(now) {
			continue
		}
		jv := j.at(now)
		v.Jobs = append(v.Jobs, jv)
		if jv.Status == "waiting" && !slices.Contains(v.Waiting, jv.Environment) {
			v.Waiting = append(v.Waiting, jv.Environment)
		}
		for _, t := range j.changes() {
			if t.After(v.Updated) && !t.After(now) {
				v.Updated = t
			}
		}
	}
	v.Status, v.Conclusion = runStatus(v.Jobs, len(jobs))
	return v
}

// runStatus sums up the jobs of a run of which total will be listed.
func runStatus(jobs []jobView, total int) (status, conclusion string) {
	counts := map[string]int{}
	for _, j := range jobs {
		counts[j.Status]++
		counts[j.Conclusion]++
	}
	switch {
	case counts["completed"] == total:
		for _, c := range []string{"cancelled", "failure", "success"} {
			if counts[c] > 0 {
				return "completed", c
			}
		}
		return "completed", "skipped"
	case counts["in_progress"] > 0:
		return "in_progress", ""
	case counts["waiting"] > 0 && counts["queued"] == 0:
		return "waiting", ""
	case counts["completed"]-counts["skipped"] > 0:
		return "in_progress", ""
	}
	return "queued", ""
}

// changes are the times at which something about the job changes.
func (j jobPlan) changes() []time.Time {
	all := []time.Time{j.ready, j.granted, j.started, j.completed}
	for _, s := range j.steps {
		all = append(all, s.started, s.completed)
	}
	return all
}

// at is what a job that is ready looks like.
func (j jobPlan) at(now time.Time) jobView {
	v := jobView{ID: j.id, Key: j.spec.Key, Name: j.spec.Name, Environment: j.spec.Environment,
		Attempt: j.attempt, Created: j.ready}
	reached := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	if reached(j.started) {
		v.Started = j.started
		v.Steps = j.stepsAt(now)
	}
	switch {
	case reached(j.completed):
		v.Status, v.Conclusion, v.Completed = "completed", j.conclusion, j.completed
	case reached(j.started):
		v.Status = "in_progress"
	case j.asked && !reached(j.granted):
		v.Status = "waiting"
	default:
		v.Status = "queued"
	}
	return v
}

// stepsAt are the steps of a job that has started.
func (j jobPlan) stepsAt(now time.Time) []stepView {
	views := make([]stepView, len(j.steps))
	for i, s := range j.steps {
		v := stepView{Number: i + 1, Name: j.spec.Steps[i].Name, Status: "queued"}
		switch {
		case !s.completed.After(now):
			v.Status, v.Conclusion, v.Started, v.Completed = "completed", s.conclusion, s.started, s.completed
		case !s.started.After(now):
			v.Status, v.Started = "in_progress", s.started
		}
		views[i] = v
	}
	return views
}

// attemptPlan plans the i-th attempt; previous is the plan of the one before,
// whose results the jobs keep that do not run anew.
func (r *simRun) attemptPlan(i int, previous []jobPlan) []jobPlan {
	a := r.Attempts[i]
	plans := make([]jobPlan, len(r.Jobs))
	byKey := map[string]*jobPlan{}
	for k := range r.Jobs {
		spec := &r.Jobs[k]
		if a.OnlyOf != nil && !slices.Contains(a.OnlyOf, spec.Key) && k < len(previous) {
			plans[k] = previous[k]
		} else {
			plans[k] = jobPlan{spec: spec, id: a.FirstID + int64(k), attempt: a.Number}
			r.planJob(&plans[k], a, byKey)
		}
		byKey[spec.Key] = &plans[k]
	}
	return plans
}

// planJob settles when a job runs, and how it ends.
func (r *simRun) planJob(j *jobPlan, a attempt, byKey map[string]*jobPlan) {
	ready := a.Began
	for _, key := range j.spec.Needs {
		need := byKey[key]
		if need == nil {
			continue
		}
		if need.completed.IsZero() {
			return // it waits for an approval that nobody gave yet
		}
		if need.completed.After(ready) {
			ready = need.completed
		}
	}
	j.ready = ready
	failed, cancelled := upstream(j.spec, byKey)
	cancel := a.Cancel
	late := !cancel.IsZero() && !ready.Before(cancel)
	runs := !j.spec.Skipped
	if failed {
		runs = j.spec.OnFailure
	}
	ending := "skipped"
	if cancelled || late {
		// What would have run, and lost nothing but the run itself, says so: else a
		// run that was cancelled between two jobs would look like one that ended well.
		if runs && !cancelled {
			ending = "cancelled"
		}
		runs = j.spec.OnCancel
	}
	if !runs {
		j.granted, j.completed, j.conclusion = ready, ready, ending
		return
	}
	if cancelled || late {
		cancel = time.Time{} // it runs because of the cancel
	}
	r.admit(j, cancel)
	if !j.granted.IsZero() && j.completed.IsZero() {
		r.runJob(j, cancel)
	}
}

// upstream tells whether a job that this one depends on failed or was cancelled:
// every job of the same workflow file, and of the files that those call, that
// comes before it, and the jobs that it needs itself.
func upstream(spec *jobSpec, byKey map[string]*jobPlan) (failed, cancelled bool) {
	file := spec.Key[:strings.LastIndexByte(spec.Key, '/')+1]
	seen := map[string]bool{}
	queue := slices.Clone(spec.Needs)
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		need := byKey[key]
		if need == nil || seen[key] {
			continue
		}
		seen[key] = true
		failed = failed || need.conclusion == "failure"
		cancelled = cancelled || need.conclusion == "cancelled"
		if strings.HasPrefix(key, file) {
			queue = append(queue, need.spec.Needs...)
		}
	}
	return failed, cancelled
}

// admit takes a job through the gate of its environment.
func (r *simRun) admit(j *jobPlan, cancel time.Time) {
	g, gated := r.Gated[j.spec.Environment]
	if j.asked = gated; !gated {
		j.granted = j.ready
		return
	}
	a, answered := r.answerFor(j, g)
	switch {
	case answered && (cancel.IsZero() || a.At.Before(cancel)):
		j.granted, j.answer = a.At, a
		if a.State == "rejected" {
			j.completed, j.conclusion = j.granted, "failure"
		}
	case !cancel.IsZero():
		j.granted, j.completed, j.conclusion = cancel, cancel, "cancelled"
	}
}

// answerFor is the first answer to a job that waits: one that was sent, or that of
// whoever approves after a while.
func (r *simRun) answerFor(j *jobPlan, g gate) (answer, bool) {
	var first answer
	if g.by != "" {
		first = answer{Environment: j.spec.Environment, State: "approved", By: g.by, At: j.ready.Add(g.after)}
	}
	for _, a := range r.Answers {
		if a.Environment == j.spec.Environment && !a.At.Before(j.ready) && (first.State == "" || !a.At.After(first.At)) {
			return a, true
		}
	}
	return first, first.State != ""
}

// answersAt are the answers that were given by a time, in their order; what was
// approved for several jobs at once is one answer.
func (r *simRun) answersAt(now time.Time) []answer {
	var out []answer
	for _, a := range r.Answers {
		if !a.At.After(now) {
			out = append(out, a)
		}
	}
	var jobs []jobPlan
	for i, a := range r.Attempts {
		if i > 0 && a.Began.After(now) {
			break
		}
		jobs = r.attemptPlan(i, jobs)
		for _, j := range jobs {
			given := j.answer.State != "" && !j.granted.After(now)
			if given && !slices.ContainsFunc(out, func(o answer) bool { return o == j.answer }) {
				out = append(out, j.answer)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b answer) int { return a.At.Compare(b.At) })
	return out
}

// runJob runs the steps of a job that nothing holds back any more.
func (r *simRun) runJob(j *jobPlan, cancel time.Time) {
	start := j.granted.Add(j.spec.Queue)
	if !cancel.IsZero() && !start.Before(cancel) {
		j.completed, j.conclusion = cancel, "cancelled"
		return
	}
	j.started, j.conclusion = start, "success"
	now := start
	failing := r.failingStep(j)
	for i := range j.spec.Steps {
		p := planStep(j, i, now, i == failing, cancel)
		if p.conclusion == "failure" && !j.spec.Steps[i].Tolerated || p.conclusion == "cancelled" {
			j.conclusion = p.conclusion
		}
		j.steps = append(j.steps, p)
		now = p.completed
	}
	if !cancel.IsZero() && now.After(cancel) && j.conclusion == "success" {
		j.conclusion = "cancelled"
	}
	j.completed = now
}

// planStep runs or skips a step that would begin now.
func planStep(j *jobPlan, i int, now time.Time, fails bool, cancel time.Time) stepPlan {
	spec := j.spec.Steps[i]
	p := stepPlan{started: now, completed: now, conclusion: "skipped"}
	runs := !spec.Skipped
	switch j.conclusion {
	case "failure":
		runs = spec.OnFailure
	case "cancelled":
		runs = spec.OnCancel
	}
	if spec.PostOf > 0 && j.steps[spec.PostOf-1].conclusion == "skipped" {
		runs = false
	}
	if !runs {
		return p
	}
	p.completed, p.conclusion = now.Add(spec.Duration), "success"
	switch {
	case !cancel.IsZero() && j.conclusion != "cancelled" && p.completed.After(cancel):
		p.completed, p.conclusion = later(now, cancel), "cancelled"
	case fails:
		p.conclusion = "failure"
	}
	return p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// failureOf finds what goes wrong in a job.
func (r *simRun) failureOf(j *jobPlan) *failure {
	for i, f := range r.Failures {
		if strings.Contains(j.spec.Name, f.Job) && (f.Attempt == 0 || f.Attempt == j.attempt) {
			return &r.Failures[i]
		}
	}
	return nil
}

// failingStep is the index of the step that fails, -1 when none does.
func (r *simRun) failingStep(j *jobPlan) int {
	f := r.failureOf(j)
	if f == nil {
		return -1
	}
	for i, s := range slices.Backward(j.spec.Steps) {
		works := (s.Uses != "" || s.Run != "") && !s.Skipped
		if works && strings.Contains(s.Name, f.Step) {
			return i
		}
	}
	return -1
}
