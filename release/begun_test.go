package release

import (
	"context"
	"testing"
	"time"

	"twokey/checks/text"
)

// What was begun is told before anything is sent: who started which stage and
// when, and which of its artifacts are there.
func TestBegun(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.now = h.now.Add(time.Hour)
	at := h.now.Add(-20 * time.Minute)
	h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA,
		By: text.Clean("ines"), At: at, Message: noteOf(p, nil).message(p, p.Stages[0])}
	h.put(p.Stages[0].Artifacts[0], "sha256:new", at.Add(time.Minute))
	e, _ := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range e.Begun(q) {
		for _, a := range b.Artifacts {
			if a.Published != nil || !a.Missing.IsZero() {
				t.Errorf("%s is known before it was looked at", a.Artifact)
			}
		}
	}
	if _, _, err := e.Check(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	begun := e.Begun(q)
	if len(begun) != 1 || begun[0].Stage != "package" {
		t.Fatalf("begun %+v", begun)
	}
	b := begun[0]
	if b.Claim.By.String() != "ines" || !b.Claim.At.Equal(at) || b.Claim.Mine || !b.Claim.Noted {
		t.Errorf("claim %+v", b.Claim)
	}
	for i, a := range b.Artifacts {
		if (a.Published != nil) != (i == 0) || a.Missing.IsZero() != (i == 0) {
			t.Errorf("%s: published %v, missing %q", a.Artifact, a.Published, a.Missing)
		}
	}
	if len(h.calls) != 0 {
		t.Errorf("looking sent %v", h.calls)
	}
	if len(e.Calls(q)) == 0 {
		t.Error("what was not begun would not be started")
	}
	if fresh, _ := engineOn(h); len(fresh.Begun(p)) != 0 {
		t.Error("a new release has begun before")
	}
}

// A tag without the GitHub release that it was made for starts nothing: resuming
// creates the release, and says so before.
func TestCallsOfAHalfStartedStage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	for _, st := range p.Stages {
		h.claims[st.Repo.String()+" "+st.ClaimRef(p.Version)] = Claim{Ref: st.ClaimRef(p.Version), SHA: st.SHA,
			Message: noteOf(p, nil).message(p, st)}
	}
	for _, released := range []bool{false, true} {
		for _, st := range p.Stages {
			if released && st.Trigger == TriggerRelease {
				h.put(releaseOf(st), "", h.now)
			}
		}
		e, _ := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		calls := e.Calls(q)
		if !released && (len(calls) != 1 || calls[0].Kind != CallRelease) {
			t.Errorf("it says that it sends %v", calls)
		}
		if released && len(calls) != 0 {
			t.Errorf("all is started, and it says that it sends %v", calls)
		}
	}
}
