package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// rivalRun is a run of deb.yml that ines started, at the commit that mara releases.
func rivalRun(h *hub, p Plan, after time.Duration) {
	h.listed = append(h.listed, Run{ID: 99, Number: 8, Attempt: 1, Workflow: "deb.yml", Event: "workflow_dispatch", SHA: p.Stages[1].SHA,
		Branch: text.Clean("main"), Created: h.now.Add(after), Status: StatusCompleted, Conclusion: ConclusionSuccess,
		Actor: text.Clean("ines"), URL: text.Clean("https://hub.example/runs/99")})
	h.jobs = map[int64][]Job{99: {{ID: 990, RunID: 99, Attempt: 1, Name: text.Clean("build"), Status: StatusCompleted, Conclusion: ConclusionSuccess}}}
}

// Somebody else starts the same workflow at the same commit. Their run is the release's
// only when it was not there before the claim, and none of whoever claimed appears; and
// then it is said whose it is.
func TestRivalsRun(t *testing.T) {
	for _, tt := range []struct {
		name    string
		arrives bool          // our own dispatch
		rival   time.Duration // when theirs was created, after ours left
		outcome Outcome
		theirs  bool // their run is taken for the release's
	}{
		{"theirs was there before, ours never arrived", false, -50 * time.Second, Failed, false},
		{"theirs came later, ours never arrived", false, time.Second, Done, true},
		{"theirs is listed first, ours a moment later", true, 0, Done, false},
	} {
		p := hubPlan(t)
		p.Stages = p.Stages[:2]
		p.Stages[1].Artifacts = nil
		h := newHub(t, p)
		script := h.script
		h.script = func(w string, after time.Duration) (Run, []Job, bool) {
			if w == "deb.yml" && after < 20*time.Second {
				return Run{}, nil, false // GitHub takes its time to list it
			}
			r, jobs, there := script(w, after)
			r.Actor = text.Clean("mara")
			return r, jobs, there
		}
		sent := time.Time{}
		h.fault = func(when string, c Call) error {
			if c.Kind != CallDispatch || tt.arrives != (when == "after") {
				return nil
			}
			sent = h.now
			rivalRun(h, p, tt.rival)
			if !tt.arrives {
				return ErrLost
			}
			return nil
		}
		var found []time.Duration
		e, seen := engineOn(h)
		e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
		e.Emit(PlanReady{Plan: p})
		_ = e.Release(context.Background(), p, false)
		var notes []string
		e.ports.Stream.View(func(s *State) {
			for _, r := range s.Stages[1].Runs {
				if r.Run.ID == 99 {
					found = append(found, h.now.Sub(sent))
				}
			}
			for _, n := range s.Notes {
				notes = append(notes, n.String())
			}
		})
		if f := last(t, *seen); f.Outcome != tt.outcome || tt.theirs != (len(found) == 1) {
			t.Errorf("%s: %+v, their run is the release's: %v", tt.name, f, found)
		}
		said := slices.ContainsFunc(notes, func(n string) bool {
			return strings.Contains(n, "deb.yml #8 was started by ines, not by mara who claimed")
		})
		if said != tt.theirs {
			t.Errorf("%s: said %v: %q", tt.name, said, notes)
		}
		if tt.theirs && found[0] < runPatience {
			t.Errorf("%s: taken after %s", tt.name, found[0])
		}
	}
}
