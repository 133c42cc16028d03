package rehearsal

import (
	"testing"
	"time"
)

// In the sample somebody else than whoever releases turns the second key, after a
// while: the run waits until then, and afterwards it is told who approved.
func TestSomebodyElseApproves(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	run := c.repo() + "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("github-release.yml")
	pending := c.get(run + "/pending_deployments").want(200)
	if got := pending.at(0, "environment", "name"); got != "release" || pending.at(0, "current_user_can_approve") != false {
		t.Errorf("it waits for %s", pending.text)
	}
	id := pending.at(0, "environment", "id")
	c.post(run+"/pending_deployments", fields{"environment_ids": []any{id}, "state": "approved", "comment": ""}).want(403)
	if got := c.get(run + "/approvals").want(200).list(); len(got) != 0 {
		t.Errorf("approved already: %v", got)
	}
	c.pass(19 * time.Second)
	if got := c.get(run).at("status"); got != "waiting" {
		t.Errorf("it is %v", got)
	}
	c.pass(2 * time.Second)
	if got := c.get(run + "/pending_deployments").want(200).list(); len(got) != 0 {
		t.Errorf("it still waits: %v", got)
	}
	for range 2 { // then, and when all is long over
		approvals := c.get(run + "/approvals").want(200)
		if len(approvals.list()) != 1 || approvals.at(0, "user", "login") != "ines" || approvals.at(0, "state") != "approved" {
			t.Errorf("approved by %s", approvals.text)
		}
		c.pass(time.Hour)
	}
	if got := c.get(run).at("conclusion"); got != "success" {
		t.Errorf("it ended with %v", got)
	}
}

// Whoever answers first is heard, and a job that is cancelled meanwhile is not approved.
func TestFirstAnswerCounts(t *testing.T) {
	start := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	answerAt := func(d time.Duration, state string) answer {
		return answer{Environment: "pypi", State: state, By: "jonas", At: start.Add(d)}
	}
	for _, tt := range []struct {
		name    string
		answers []answer
		cancel  time.Duration
		by      string
		at      time.Duration
		ends    string
	}{
		{name: "nobody else", by: "ines", at: 20 * time.Second},
		{name: "before", answers: []answer{answerAt(5*time.Second, "approved")}, by: "jonas", at: 5 * time.Second},
		{name: "rejected before", answers: []answer{answerAt(5*time.Second, "rejected")}, by: "jonas", at: 5 * time.Second, ends: "failure"},
		{name: "too late", answers: []answer{answerAt(time.Minute, "rejected")}, by: "ines", at: 20 * time.Second},
		{name: "an answer to an earlier attempt", answers: []answer{answerAt(-time.Minute, "rejected")}, by: "ines", at: 20 * time.Second},
		{name: "cancelled before", cancel: 10 * time.Second, at: 10 * time.Second, ends: "cancelled"},
		{name: "cancelled after", cancel: time.Minute, by: "ines", at: 20 * time.Second},
	} {
		r := &simRun{Gated: map[string]gate{"pypi": {by: "ines", after: 20 * time.Second}}, Answers: tt.answers}
		j := &jobPlan{spec: &jobSpec{Environment: "pypi"}, ready: start}
		var cancel time.Time
		if tt.cancel > 0 {
			cancel = start.Add(tt.cancel)
		}
		r.admit(j, cancel)
		if j.answer.By != tt.by || !j.granted.Equal(start.Add(tt.at)) || j.conclusion != tt.ends {
			t.Errorf("%s: by %q at %s, %q", tt.name, j.answer.By, j.granted.Sub(start), j.conclusion)
		}
	}
}
