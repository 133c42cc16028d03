package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// oldRelease is a release that was made long ago, and what attaching to it says.
type oldRelease struct {
	name    string
	prepare func(h *hub)
	outcome Outcome
	why     string
}

func oldReleases(p Plan) []oldRelease {
	long := 62 * 24 * time.Hour
	byHand := func(h *hub) {
		h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA,
			By: text.Clean("ines"), At: h.now.Add(-long), Message: "harbour 2.11.6"}
	}
	byTwokey := func(h *hub) {
		for _, st := range p.Stages {
			h.claimed(p, st, h.now.Add(-long))
		}
	}
	publish := func(h *hub, stages ...int) {
		for _, i := range stages {
			for _, a := range p.Stages[i].Artifacts {
				h.put(a, "sha256:then", h.now.Add(-long/2))
			}
		}
	}
	return []oldRelease{
		{"by twokey, all is there", func(h *hub) { byTwokey(h); publish(h, 0, 1, 2) }, Done, ""},
		{"by twokey, an image is gone", func(h *hub) { byTwokey(h); publish(h, 0, 1) }, Failed,
			"stage images: no run of image.yml is known any more, and 1 of 1 artifacts could not be confirmed: image docker.io/harbour/base:2.11.6 (not there)"},
		{"by twokey, and left half way", func(h *hub) { h.claimed(p, p.Stages[0], h.now.Add(-long)); publish(h, 0) }, Left,
			"nobody has started deb, images"},
		{"by hand, nothing is there", byHand, Failed, "stage package: no run of pypi.yml, github.yml is known any more, and 1 of 1 artifacts"},
		{"by hand, and of one name nothing can be told", func(h *hub) { byHand(h); publish(h, 0, 1, 2) }, Failed,
			"stage deb: how it was started is not known, and 1 of 1 artifacts could not be confirmed: deb https://deb.harbour.example/harbour_2.11.deb " +
				"(is there under a name that every release shares, and whether this one put it there can not be told)"},
	}
}

// A release can be looked at long after GitHub has forgotten its runs. Then nothing
// is waited for, and what is published decides.
func TestAttachLongAfterwards(t *testing.T) {
	p := hubPlan(t)
	for _, tt := range oldReleases(p) {
		h := newHub(t, p)
		begin := h.now
		tt.prepare(h)
		e, seen := engineOn(h)
		e.ports.Actor = nil
		q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
		if err != nil {
			t.Fatal(err)
		}
		err = e.Attach(context.Background(), q)
		f := last(t, *seen)
		if f.Outcome != tt.outcome || !strings.HasPrefix(f.Why.String(), tt.why) || (err == nil) != (tt.outcome == Done) {
			t.Errorf("%s: %s, %q, error %v", tt.name, f.Outcome, f.Why, err)
		}
		if waited := h.now.Sub(begin); waited > 10*time.Second { // a few rounds, and no patience
			t.Errorf("%s: it waited %s", tt.name, waited)
		}
		e.ports.Stream.View(func(s *State) {
			for _, st := range s.Stages {
				if !st.Ended.IsZero() && !st.Began.IsZero() {
					t.Errorf("%s: stage %s took %s, and nothing tells", tt.name, st.Stage.Name, st.Ended.Sub(st.Began))
				}
			}
		})
		if untold := strings.Contains(f.Why.String(), "can not be told"); untold != strings.Contains(f.Hint.String(), "look which version it holds") {
			t.Errorf("%s: %q, and the hint is %q", tt.name, f.Why, f.Hint)
		}
		if strings.Contains(f.Hint.String(), "attach") || strings.Contains(f.Hint.String(), "actions/workflows") {
			t.Errorf("%s: the hint is %q", tt.name, f.Hint)
		}
	}
}

// Runs that are still there are judged, however long ago they were: a failed one is
// a failure whatever is published.
func TestAttachLongAfterwardsSeesRuns(t *testing.T) {
	p := hubPlan(t)
	for _, conclusion := range []string{ConclusionSuccess, "failure"} {
		h := newHub(t, p)
		at := h.now.AddDate(0, 0, -2)
		for _, st := range p.Stages {
			h.claimed(p, st, at)
		}
		for _, a := range slices.Concat(p.Stages[0].Artifacts, p.Stages[1].Artifacts, p.Stages[2].Artifacts) {
			h.put(a, "sha256:then", at.Add(time.Minute))
		}
		h.start(p.Repo, "push", p.Tag, p.SHA)
		for key := range h.started {
			h.started[key] = at
		}
		h.script = func(w string, after time.Duration) (Run, []Job, bool) {
			if w == "github.yml" {
				return Run{}, nil, false
			}
			r, jobs, ok := simpleRun(w, after, conclusion)
			r.Updated = at.Add(3 * time.Minute)
			return r, jobs, ok
		}
		e, seen := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
		if err != nil {
			t.Fatal(err)
		}
		err = e.Attach(context.Background(), q)
		if f := last(t, *seen); (f.Outcome == Done) != (conclusion == ConclusionSuccess) || (err == nil) != (f.Outcome == Done) {
			t.Errorf("%s: finished as %s, %q", conclusion, f.Outcome, f.Why)
		}
		e.ports.Stream.View(func(s *State) {
			if took := s.Stages[0].Ended.Sub(s.Stages[0].Began); took != 3*time.Minute {
				t.Errorf("%s: the stage took %s, want 3m0s", conclusion, took)
			}
		})
	}
}

// A tag of this hour is waited for, as a release that goes on is.
func TestAttachSoonAfterwards(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	begin := h.now
	h.claimed(p, p.Stages[0], h.now.Add(-10*time.Minute))
	e, seen := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Attach(context.Background(), q)
	if f := last(t, *seen); f.Outcome != Failed || h.now.Sub(begin) < runPatience {
		t.Errorf("finished as %s, %q after %s", f.Outcome, f.Why, h.now.Sub(begin))
	}
}

// What a stage took is what its last attempt took: the time until somebody re-ran
// it is none of it.
func TestTimesOfARerun(t *testing.T) {
	p := hubPlan(t)
	began := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	run := func(attempt int, status, conclusion string, started, updated time.Duration) Run {
		return Run{ID: 1, Workflow: "pypi.yml", Attempt: attempt, Status: status, Conclusion: conclusion,
			Created: began, Started: began.Add(started), Updated: began.Add(updated)}
	}
	other := Run{ID: 2, Workflow: "github.yml", Attempt: 1, Status: StatusCompleted, Conclusion: ConclusionSuccess,
		Created: began, Started: began, Updated: began.Add(time.Minute)}
	for _, tt := range []struct {
		name    string
		claim   Claimed
		trigger Triggered
		late    bool // somebody comes when the second attempt is over
	}{
		{"attached late", Claimed{At: began, Noted: true}, Triggered{}, false},
		{"made by hand", Claimed{At: began.Add(-30 * day)}, Triggered{}, false},
		{"attached later still", Claimed{At: began, Noted: true}, Triggered{}, true},
		{"watched all the time", Claimed{At: began, Noted: true, Mine: true}, Triggered{Mine: true}, false},
	} {
		var s State
		apply := func(after time.Duration, ev Event) {
			s.Apply(Stamped{Seq: s.Seq + 1, Time: began.Add(after), Event: ev})
		}
		tt.claim.Stage, tt.trigger.Stage = "package", "package"
		apply(0, PlanReady{Plan: p})
		apply(0, tt.claim)
		apply(0, tt.trigger)
		apply(0, RunFound{Stage: "package", Run: other})
		if !tt.late {
			apply(day, RunFound{Stage: "package", Run: run(1, StatusCompleted, "failure", 0, 2*time.Minute)})
			apply(day, StageDone{Stage: "package", Outcome: Failed})
			if took := s.Stages[0].Ended.Sub(s.Stages[0].Began); took != 2*time.Minute && !tt.claim.Mine {
				t.Errorf("%s: the first attempt took %s", tt.name, took)
			}
			apply(day+time.Hour, RunChanged{Stage: "package", Run: run(2, "queued", "", day+time.Hour, day+time.Hour)})
			if st := s.Stages[0]; !st.Ended.IsZero() {
				t.Errorf("%s: it has ended and runs again", tt.name)
			}
			apply(day+time.Hour, RunChanged{Stage: "package", Run: run(2, StatusCompleted, ConclusionSuccess, day+time.Hour, day+time.Hour+3*time.Minute)})
		} else {
			apply(2*day, RunFound{Stage: "package", Run: run(2, StatusCompleted, ConclusionSuccess, day+time.Hour, day+time.Hour+3*time.Minute)})
		}
		apply(day+time.Hour+3*time.Minute, StageDone{Stage: "package", Outcome: Done})
		if took := s.Stages[0].Ended.Sub(s.Stages[0].Began); took != 3*time.Minute {
			t.Errorf("%s: the stage took %s, want the 3 minutes of its second attempt", tt.name, took)
		}
	}
}

// Whoever releases has its time for each stage that is to be started next, not once
// for all of them.
func TestPatienceForEachStage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	begin := h.now
	h.claimed(p, p.Stages[0], begin)
	h.start(p.Repo, "push", p.Tag, p.SHA)
	h.onSleep = func(h *hub) {
		for i, after := range map[int]time.Duration{1: 2 * time.Minute, 2: 4*time.Minute + 30*time.Second} {
			st := p.Stages[i]
			if _, ok := h.claims[st.Repo.String()+" "+st.ClaimRef(p.Version)]; ok || h.now.Sub(begin) < after {
				continue
			}
			h.claimed(p, st, h.now)
			h.start(st.Repo, st.Trigger.event(), map[int]string{1: "main", 2: st.Tag}[i], st.SHA)
		}
	}
	e, seen := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	err = e.Attach(context.Background(), q)
	if f := last(t, *seen); err != nil || f.Outcome != Done {
		t.Errorf("error %v, finished as %s, %q", err, f.Outcome, f.Why)
	}
	var notes []string
	for _, ev := range *seen {
		if n, ok := ev.(Noted); ok {
			notes = append(notes, n.Text.String())
		}
	}
	if want := []string{"nothing runs now; waiting 2m0s for somebody to start deb, images",
		"nothing runs now; waiting 2m0s for somebody to start images"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
}
