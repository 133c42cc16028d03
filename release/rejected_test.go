package release

import (
	"context"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// rejecting is a hub whose runs of pypi.yml wait for an environment, which somebody
// rejects after a minute: the run fails, and no job of it ran a step.
func rejecting(t *testing.T, p Plan, answer Approval) *hub {
	h := newHub(t, p)
	gate := Gate{EnvironmentID: 9, Environment: text.Clean("pypi")}
	h.gates = []Gate{gate}
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w != "pypi.yml" || after < 5*time.Second {
			return simpleRun(w, after, ConclusionSuccess)
		}
		r, jobs, ok := simpleRun(w, 5*time.Second, "")
		jobs[0].Steps = nil
		if after < time.Minute {
			r.Status, jobs[0].Status = StatusWaiting, StatusWaiting
			return r, jobs, ok
		}
		h.gates, h.answers = nil, []Approval{answer}
		r.Status, r.Conclusion = StatusCompleted, "failure"
		jobs[0].Status, jobs[0].Conclusion = StatusCompleted, "failure"
		return r, jobs, ok
	}
	return h
}

// Who says no ends the stage, and the end says who, of what and why, whether it was
// watched or not.
func TestRejected(t *testing.T) {
	p := hubPlan(t)
	no := Approval{By: text.Clean("ines"), State: "rejected", Environments: []text.Safe{text.Clean("pypi")},
		Comment: text.Clean("the changelog is missing")}
	for _, late := range []bool{false, true} {
		h := rejecting(t, p, no)
		e, seen := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		err := e.Release(context.Background(), p, false)
		if late { // somebody comes when all is over
			second, events := engineOn(h)
			q, planErr := second.InFlight(context.Background(), p.Repo, "2.11.6")
			if planErr != nil {
				t.Fatal(planErr)
			}
			seen, err = events, second.Attach(context.Background(), q)
		}
		const want = `stage package: ines rejected pypi: "the changelog is missing"`
		if KindOf(err) != KindFailed || !strings.Contains(err.Error(), want) {
			t.Errorf("late %v: error %v", late, err)
		}
		const next = "talk to ines; once they agree, have the failed jobs of"
		const again = "run again with `twokey release 2.11.6 --resume --rerun-failed`, and approve them"
		if hint := last(t, *seen).Hint.String(); !strings.Contains(hint, next) || !strings.HasSuffix(hint, again) || HintOf(err) != hint {
			t.Errorf("late %v: hint %q, of the error %q", late, hint, HintOf(err))
		}
		if f := last(t, *seen); f.Why.String() != want || !strings.Contains(f.Hint.String(), "talk to ines") ||
			strings.Contains(f.Hint.String(), "read the log") {
			t.Errorf("late %v: finished as %q, hint %q", late, f.Why, f.Hint)
		}
		for _, ev := range *seen {
			if l, ok := ev.(LogChunk); ok && !l.Missing.IsZero() && l.Failed {
				t.Errorf("late %v: a log of a job that never ran is missed: %s", late, l.Missing)
			}
		}
		if n := count[Approved](*seen); n != 1 {
			t.Errorf("late %v: %d answers were told, want one", late, n)
		}
	}
}

// Whoever said no is not sent to talk to themselves.
func TestRejectedByTheReleaser(t *testing.T) {
	p := hubPlan(t)
	h := rejecting(t, p, Approval{By: text.Clean("mara"), State: "rejected", Environments: text.CleanAll([]string{"pypi"})})
	e, _ := engineOn(h)
	e.Emit(Opened{Viewer: text.Clean("mara")})
	e.Emit(PlanReady{Plan: p})
	if hint := HintOf(e.Release(context.Background(), p, false)); strings.Contains(hint, "talk to") || !strings.HasPrefix(hint, "to release after all") {
		t.Errorf("the hint is %q", hint)
	}
}

func TestRejection(t *testing.T) {
	env := func(names ...string) []text.Safe { return text.CleanAll(names) }
	no := Approval{By: text.Clean("ines"), State: "rejected", Environments: env("pypi")}
	yes := Approval{By: text.Clean("mara"), State: "approved", Environments: env("pypi")}
	both := Approval{By: text.Clean("ines"), State: "rejected", Environments: env("pypi", "docs")}
	failed := Run{Status: StatusCompleted, Conclusion: "failure"}
	ran := []JobState{{Job: Job{Steps: []Step{{Number: 1, Conclusion: "failure"}}}}}
	tests := []struct {
		name string
		run  RunState
		want string
	}{
		{"rejected", RunState{Run: failed, Approvals: []Approval{no}}, "ines rejected pypi"},
		{"nobody answered", RunState{Run: failed}, ""},
		{"approved", RunState{Run: failed, Approvals: []Approval{yes}}, ""},
		{"rejected, then approved in another attempt", RunState{Run: failed, Approvals: []Approval{no, yes}}, ""},
		{"approved, then rejected", RunState{Run: failed, Approvals: []Approval{yes, no}}, "ines rejected pypi"},
		{"one of two was approved later", RunState{Run: failed, Approvals: []Approval{both, yes}}, "ines rejected docs"},
		{"a step failed", RunState{Run: failed, Jobs: ran, Approvals: []Approval{no}}, ""},
		{"it goes on", RunState{Run: Run{Status: StatusWaiting}, Approvals: []Approval{no}}, ""},
		{"it succeeded after all", RunState{Run: Run{Status: StatusCompleted, Conclusion: ConclusionSuccess}, Approvals: []Approval{no}}, ""},
		{"by nobody", RunState{Run: failed, Approvals: []Approval{{State: "rejected", Environments: env("pypi")}}}, "somebody rejected pypi"},
	}
	for _, tt := range tests {
		got := ""
		if a, ok := tt.run.rejection(); ok {
			got = a.words().String()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// An answer stands beside the attempt that it is of, and beside no other.
func TestTheAnswerOfAnAttempt(t *testing.T) {
	yes := Approval{State: "approved", By: text.Clean("mara"), Environments: []text.Safe{text.Clean("pypi")}}
	no := yes
	no.State = stateRejected
	run := func(attempt int, status, conclusion string) Run {
		return Run{ID: 7, Attempt: attempt, Status: status, Conclusion: conclusion}
	}
	seen := func(answers ...Approval) *RunState { // in the first attempt, before the second
		r := &RunState{Run: run(1, StatusCompleted, conclusionFailure), Approvals: answers}
		r.setRun(run(2, StatusWaiting, ""))
		return r
	}
	for _, tt := range []struct {
		name string
		r    *RunState
		want string
	}{
		{"approved", &RunState{Run: run(1, "in_progress", ""), Approvals: []Approval{yes}}, "approved"},
		{"rejected, and not over yet", &RunState{Run: run(1, StatusWaiting, ""), Approvals: []Approval{no}}, stateRejected},
		{"rejected, and run again", seen(no), ""},
		{"approved, failed and run again", seen(yes), ""},
		{"rejected, attached to the second attempt", &RunState{Run: run(2, StatusWaiting, ""), Approvals: []Approval{no}}, ""},
		{"rejected, then approved", &RunState{Run: run(2, "in_progress", ""), Approvals: []Approval{no, yes}}, "approved"},
		{"the second attempt rejected", &RunState{Run: run(2, StatusCompleted, conclusionFailure), Approvals: []Approval{no, no}, Earlier: 1}, stateRejected},
		{"rejected, then done", &RunState{Run: run(2, StatusCompleted, ConclusionSuccess), Approvals: []Approval{no}}, ""},
		{"nobody", &RunState{Run: run(1, StatusWaiting, "")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, ok := tt.r.Answer(); a.State != tt.want || ok != (tt.want != "") {
				t.Errorf("%q, %v, want %q", a.State, ok, tt.want)
			}
		})
	}
}
