package release

import (
	"strings"
	"testing"
)

// calls is one call of every kind.
func calls() []Call {
	r := Repo{Owner: "o", Name: "r"}
	sha := strings.Repeat("a", 40)
	return []Call{
		{Kind: CallTagObject, Repo: r, Ref: "v1.0.0", SHA: sha},
		{Kind: CallRef, Repo: r, Ref: "refs/tags/v1.0.0", SHA: sha},
		{Kind: CallRelease, Repo: r, Ref: "v1.0.0"},
		{Kind: CallDispatch, Repo: r, Ref: "main", Workflow: "publish.yml"},
		{Kind: CallReview, Repo: r, RunID: 7, Environments: []int64{3}, State: "approved"},
		{Kind: CallRerunFailed, Repo: r, RunID: 7},
		{Kind: CallCancel, Repo: r, RunID: 7},
	}
}

// A person is shown every call as the request that it is, and in words.
func TestCallsForPeople(t *testing.T) {
	want := []struct{ request, what string }{
		{"POST /repos/o/r/git/tags", "create the annotated tag object v1.0.0 at aaaaaaa"},
		{"POST /repos/o/r/git/refs", "create refs/tags/v1.0.0, which claims the release"},
		{"POST /repos/o/r/releases", "create the GitHub release v1.0.0"},
		{"POST /repos/o/r/actions/workflows/publish.yml/dispatches", "dispatch publish.yml on main"},
		{"POST /repos/o/r/actions/runs/7/pending_deployments", "answer approved to 1 environment(s) of run 7"},
		{"POST /repos/o/r/actions/runs/7/rerun-failed-jobs", "re-run the failed jobs of run 7"},
		{"POST /repos/o/r/actions/runs/7/cancel", "cancel run 7"},
	}
	for i, c := range calls() {
		if got := c.Request(); got != want[i].request {
			t.Errorf("%s: request %q, want %q", c.Kind, got, want[i].request)
		}
		if got := c.What().String(); got != want[i].what {
			t.Errorf("%s: %q, want %q", c.Kind, got, want[i].what)
		}
	}
}

// A call that twokey does not know is not shown as one that it does.
func TestUnknownCall(t *testing.T) {
	c := Call{Kind: "delete\x1b[2J", Repo: Repo{Owner: "o", Name: "r"}}
	if got := c.Request(); got != "?" {
		t.Errorf("request %q", got)
	}
	if got := c.What().String(); strings.ContainsRune(got, '\x1b') {
		t.Errorf("words %q", got)
	}
}

func TestCallNamesHostileRefsSafely(t *testing.T) {
	for _, c := range calls() {
		c.Ref, c.Workflow = "refs/tags/\u202ev1\x1b[0m", "a\x07.yml"
		if got := c.What().String(); strings.ContainsAny(got, "\x1b\x07\u202e") {
			t.Errorf("%s: %q", c.Kind, got)
		}
	}
}
