package release

import (
	"context"
	"slices"
	"testing"
	"time"

	"twokey/checks/text"
)

// types are the names of events, in their order.
func types(events []Event) (out []string) {
	for _, e := range events {
		out = append(out, e.Type())
	}
	return out
}

// changeCase is what was known of a run, what is seen of it, and the events between.
type changeCase struct {
	name  string
	known *RunState
	seen  observation
	want  []string
}

func TestChanges(t *testing.T) {
	for _, tt := range changeCases() {
		if got := types(changes("package", tt.known, tt.seen)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func changeCases() []changeCase {
	run := Run{ID: 1, Attempt: 1, Status: "in_progress", Workflow: "pypi.yml"}
	step := Step{Number: 1, Name: text.Clean("Set up job"), Status: "in_progress"}
	job := Job{ID: 10, RunID: 1, Attempt: 1, Status: "in_progress", Steps: []Step{step}}
	pypi := Gate{EnvironmentID: 3, Environment: text.Clean("pypi")}
	yes := Approval{By: text.Clean("ines"), State: "approved", Environments: []text.Safe{pypi.Environment}}
	known := &RunState{Run: run, Jobs: []JobState{{Job: job}}}
	gated := &RunState{Run: run, Jobs: known.Jobs, Gates: []Gate{pypi}}
	with := func(f func(*observation)) observation {
		o := observation{run: run, jobs: []Job{job}}
		f(&o)
		return o
	}
	return []changeCase{
		{"new", nil, with(func(*observation) {}), []string{"run.found", "job.changed", "step.changed"}},
		{"nothing new", known, with(func(*observation) {}), nil},
		{"only the time of update", known, with(func(o *observation) { o.run.Updated = time.Now() }), nil},
		{"run over", known, with(func(o *observation) { o.run.Status = StatusCompleted }), []string{"run.changed"}},
		{"job over", known, with(func(o *observation) {
			o.jobs = []Job{{ID: 10, RunID: 1, Attempt: 1, Status: StatusCompleted, Steps: []Step{step}}}
		}),
			[]string{"job.changed"}},
		{"step over", known, with(func(o *observation) {
			s := step
			s.Status = StatusCompleted
			o.jobs = []Job{{ID: 10, RunID: 1, Attempt: 1, Status: "in_progress", Steps: []Step{s}}}
		}), []string{"step.changed"}},
		{"another job", known, with(func(o *observation) { o.jobs = append(o.jobs, Job{ID: 11, RunID: 1}) }), []string{"job.changed"}},
		{"new attempt", known, with(func(o *observation) { o.run.Attempt = 2 }), []string{"run.changed", "job.changed", "step.changed"}},
		{"gate", known, with(func(o *observation) { o.gates = []Gate{pypi} }), []string{"approval.needed"}},
		{"gate as before", gated, with(func(o *observation) { o.gates = []Gate{pypi} }), nil},
		{"gate that may now be approved", gated, with(func(o *observation) {
			g := pypi
			g.CanApprove = true
			o.gates = []Gate{g}
		}), []string{"approval.needed"}},
		{"gate answered", gated, with(func(o *observation) { o.approvals = []Approval{yes} }), []string{"approval.given"}},
		{"gate gone by itself", gated, with(func(*observation) {}), []string{"approval.given"}},
		{"gate gone with its run", gated, with(func(o *observation) { o.run.Status = StatusCompleted }), []string{"run.changed"}},
		{"answer known", &RunState{Run: run, Jobs: known.Jobs, Approvals: []Approval{yes}},
			with(func(o *observation) { o.approvals = []Approval{yes} }), nil},
		{"gate answered after another has passed", &RunState{Run: run, Jobs: known.Jobs, Gates: []Gate{pypi},
			Approvals: []Approval{{State: statePassed}}},
			with(func(o *observation) { o.approvals = []Approval{yes} }), []string{"approval.given"}},
		{"log", known, with(func(o *observation) { o.logs = []LogChunk{{JobID: 10}} }), []string{"log.chunk"}},
	}
}

// Folding the events gives what was observed: nothing is lost on the way.
func TestChangesFold(t *testing.T) {
	p := hubPlan(t)
	var s State
	seq := uint64(0)
	apply := func(events ...Event) {
		for _, e := range events {
			seq++
			s.Apply(Stamped{Seq: seq, Event: e})
		}
	}
	apply(PlanReady{Plan: p}, Triggered{Stage: "package"})
	for after := 5 * time.Second; after <= time.Minute; after += 5 * time.Second {
		r, jobs, _ := simpleRun("pypi.yml", after, ConclusionSuccess)
		o := observation{run: r, jobs: jobs}
		apply(changes("package", s.Stages[0].known(r.ID), o)...)
		if again := changes("package", s.Stages[0].known(r.ID), o); len(again) != 0 {
			t.Errorf("after %s: folding left %v", after, types(again))
		}
	}
}

func TestWantsJobs(t *testing.T) {
	over := Run{ID: 1, Attempt: 1, Status: StatusCompleted}
	job := Job{ID: 10, Attempt: 1, Status: StatusCompleted, Conclusion: ConclusionSuccess}
	skipped := Job{ID: 11, Attempt: 1, Status: StatusCompleted, Conclusion: ConclusionSkipped}
	tests := []struct {
		name  string
		known RunState
		now   Run
		want  bool
	}{
		{"goes on", RunState{Run: Run{Status: "queued"}}, Run{Status: "in_progress"}, true},
		{"has just ended", RunState{Run: Run{Status: "in_progress"}}, over, true},
		{"ended, no jobs seen", RunState{Run: over}, over, true},
		{"ended, log to come", RunState{Run: over, Jobs: []JobState{{Job: job}}}, over, false},
		{"ended, job to end", RunState{Run: over, Jobs: []JobState{{Job: Job{ID: 12, Status: "in_progress"}}}}, over, true},
		{"ended, all seen", RunState{Run: over, Jobs: []JobState{{Job: job, Log: &LogChunk{}}, {Job: skipped}}}, over, false},
		{"new attempt", RunState{Run: over, Jobs: []JobState{{Job: job, Log: &LogChunk{}}}}, Run{ID: 1, Attempt: 2, Status: StatusCompleted}, true},
	}
	for _, tt := range tests {
		if got := tt.known.wantsJobs(tt.now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// Who answered a gate is told, also when a timer ran out before or when another
// gate takes its place at the same moment.
func TestWhoAnswered(t *testing.T) {
	run := Run{ID: 1, Attempt: 1, Status: StatusWaiting, Workflow: "pypi.yml"}
	pypi, docs := Gate{EnvironmentID: 3, Environment: text.Clean("pypi")}, Gate{EnvironmentID: 4, Environment: text.Clean("docs")}
	h := newHub(t, hubPlan(t))
	h.started["harbour/harbour pypi.yml push v1 a"] = h.now
	run.ID = runID("pypi.yml")
	h.script = func(string, time.Duration) (Run, []Job, bool) { return run, nil, true }
	h.gates = []Gate{docs}
	h.answers = []Approval{{By: text.Clean("ines"), State: "approved", Environments: []text.Safe{pypi.Environment}}}
	e, _ := engineOn(h)
	known := &RunState{Run: run, Gates: []Gate{pypi}, Approvals: []Approval{{State: statePassed}}}
	o, err := newWatch(e, hubPlan(t), false, false).observe(context.Background(), hubPlan(t).Stages[0], run, known, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range changes("package", known, o) {
		if a, ok := ev.(Approved); ok && a.Approval.By != text.Clean("ines") {
			t.Errorf("answered by %+v", a.Approval)
		}
	}
	if n := count[Approved](changes("package", known, o)); n != 1 {
		t.Errorf("%d answers, want one", n)
	}
}
