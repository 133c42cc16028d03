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

// maraListedAfter makes the hub list the run of deb.yml that mara starts only so long
// after it was started.
func maraListedAfter(h *hub, pause time.Duration) {
	script := h.script
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "deb.yml" && after < pause {
			return Run{}, nil, false
		}
		r, jobs, there := script(w, after)
		r.Actor = text.Clean("mara")
		return r, jobs, there
	}
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
		maraListedAfter(h, 20*time.Second)
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
			return strings.Contains(n, "deb.yml #8 was started by ines, not by mara; no other")
		})
		if said != tt.theirs {
			t.Errorf("%s: said %v: %q", tt.name, said, notes)
		}
		if tt.theirs && found[0] < runPatience {
			t.Errorf("%s: taken after %s", tt.name, found[0])
		}
	}
}

// Somebody else's run goes on and was taken for the release's, for none of whoever
// claimed had appeared. Once it appears all the same, it alone is the release's: that
// the other never ends does not matter.
func TestOwnRunAfterRivals(t *testing.T) {
	p := hubPlan(t)
	p.Stages = p.Stages[:2]
	h := newHub(t, p)
	maraListedAfter(h, runPatience+30*time.Second)
	h.fault = func(when string, c Call) error {
		if c.Kind == CallDispatch && when == "after" {
			rivalRun(h, p, time.Second)
			h.listed[0].Status, h.listed[0].Conclusion = "in_progress", ""
			h.jobs[99][0].Status, h.jobs[99][0].Conclusion = "in_progress", ""
		}
		return nil
	}
	e, seen := engineOn(h)
	e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
	e.Emit(PlanReady{Plan: p})
	begin := h.now
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.onSleep = func(h *hub) {
		if h.now.Sub(begin) > time.Hour {
			cancel()
		}
	}
	if err := e.Release(ctx, p, false); err != nil || h.count(CallDispatch) != 1 {
		t.Errorf("%v, hint %q, %d dispatches", err, HintOf(err), h.count(CallDispatch))
	}
	var found []string
	for _, ev := range *seen {
		if r, ok := ev.(RunFound); ok && r.Stage == "deb" {
			found = append(found, r.Run.Actor.String())
		}
	}
	if !slices.Equal(found, []string{"ines", "mara"}) {
		t.Errorf("found the runs of %v", found)
	}
	e.ports.Stream.View(func(s *State) {
		if runs := s.Stages[1].Runs; len(runs) != 1 || runs[0].Run.Actor.String() != "mara" {
			t.Errorf("ends with %+v", runs)
		}
		said := text.Clean("stage deb: deb.yml #7 of mara has appeared, and is this release's; #8 of ines is not")
		if !slices.Contains(s.Notes, said) {
			t.Errorf("said %q", s.Notes)
		}
	})
}

// Somebody else's run that failed is no failure of a release whose own run may still
// appear, and is not asked to run again for it.
func TestRivalsFailure(t *testing.T) {
	p := hubPlan(t)
	for age, failed := range map[time.Duration]int{time.Minute: 0, time.Hour: 1} {
		h := newHub(t, p)
		for _, st := range p.Stages {
			h.claimed(p, st, h.now)
			key := st.Repo.String() + " " + st.ClaimRef(p.Version)
			c := h.claims[key]
			c.Message = strings.ReplaceAll(c.Message, `"v":1,`, `"v":1,"by":"mara",`)
			h.claims[key] = c
		}
		rivalRun(h, p, time.Second)
		h.listed[0].Conclusion = conclusionFailure
		h.now = h.now.Add(age)
		e, _ := engineOn(h)
		s, err := e.Survey(context.Background(), p.Repo)
		if err != nil {
			t.Fatal(err)
		}
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Reruns(context.Background(), q); err != nil {
			t.Fatal(err)
		}
		if got := s.Lines[0].Failed; len(got) != failed || len(e.wanted) != failed {
			t.Errorf("%s after the claim: failed %+v, re-runs %+v", age, got, e.wanted)
		}
	}
}

// A rival's run was taken and failed, and the stage with it. When the run of whoever
// claimed appears, the stage is open again, and ends as that does.
func TestOwnRunReopensAFailedStage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.script = func(w string, after time.Duration) (Run, []Job, bool) {
		if w == "image.yml" && after < 10*time.Minute { // so that the release goes on meanwhile
			after = min(after, 30*time.Second)
		}
		return simpleRun(w, after, ConclusionSuccess)
	}
	maraListedAfter(h, runPatience+30*time.Second)
	h.fault = func(when string, c Call) error {
		if c.Kind == CallDispatch && when == "after" {
			rivalRun(h, p, time.Second)
			h.listed[0].Conclusion, h.jobs[99][0].Conclusion = conclusionFailure, conclusionFailure
			h.logs[990] = Log{Lines: []text.Safe{text.Clean("boom")}, Total: 1}
		}
		return nil
	}
	e, seen := engineOn(h)
	e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	if f := last(t, *seen); err != nil || f.Outcome != Done {
		t.Errorf("%v, finished %+v", err, f)
	}
	failed := slices.ContainsFunc(*seen, func(ev Event) bool {
		d, ok := ev.(StageDone)
		return ok && d.Stage == "deb" && d.Outcome == Failed
	})
	if !failed {
		t.Error("the rival's run never failed the stage")
	}
}

// Somebody else than whoever claimed goes on, and dispatches: the run of theirs is the
// release's, and not one that the claimer starts meanwhile for something else.
func TestResumedByAnotherLogin(t *testing.T) {
	for _, meanwhile := range []bool{false, true} {
		p := hubPlan(t)
		p.Stages = p.Stages[:2]
		h := newHub(t, p)
		h.planFile = hubPlanFile[:strings.Index(hubPlanFile, "  - name: images")]
		refuse := true
		h.fault = func(when string, c Call) error {
			switch {
			case refuse && when == "before" && c.Kind == CallDispatch:
				return ErrForbidden
			case meanwhile && when == "after" && c.Kind == CallDispatch:
				rivalRun(h, p, time.Second)
				h.listed[0].Actor = text.Clean("mara")
			}
			return nil
		}
		others := h.script
		h.script = func(w string, after time.Duration) (Run, []Job, bool) {
			r, jobs, ok := others(w, after)
			if w == "deb.yml" && meanwhile { // what was dispatched fails
				r, jobs, ok = simpleRun(w, after, conclusionFailure)
			}
			r.Actor = text.Clean("release-bot")
			return r, jobs, ok
		}
		h.logs[runID("deb.yml")*10] = Log{Lines: []text.Safe{text.Clean("boom")}, Total: 1}
		e, _ := engineOn(h)
		records := keeping(e)
		e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
		e.Emit(PlanReady{Plan: p})
		_ = e.Release(context.Background(), p, false)
		refuse = false
		bot, seen := engineOn(h)
		bot.ports.Recall = func(Plan, string, bool) ([]Session, error) {
			return []Session{{Events: (*records)[0].events, Over: true}}, nil
		}
		bot.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("release-bot"), Command: text.Clean("twokey")})
		q, err := bot.InFlight(context.Background(), p.Repo, p.Version)
		began := h.now
		if err == nil {
			err = bot.Release(context.Background(), q, true)
		}
		for _, ev := range *seen {
			if r, ok := ev.(RunFound); ok && r.Run.ID == 99 {
				t.Errorf("meanwhile %v: mara's run is taken for what release-bot has dispatched", meanwhile)
			}
		}
		if took := h.now.Sub(began); meanwhile != (err != nil) || took > 150*time.Second {
			t.Errorf("meanwhile %v: %v after %s", meanwhile, err, took)
		}
	}
}

// What was proven never to be sent is not sent where somebody has started it by hand:
// that is said. Where theirs failed, it is sent.
func TestStartedByHandIsSaid(t *testing.T) {
	for conclusion, sends := range map[string]int{ConclusionSuccess: 0, conclusionFailure: 1} {
		p := hubPlan(t)
		h := newHub(t, p)
		refuse := true
		h.fault = func(when string, c Call) error {
			if refuse && when == "before" && c.Kind == CallDispatch {
				return ErrForbidden
			}
			return nil
		}
		maraListedAfter(h, time.Second)
		e, _ := engineOn(h)
		keeping(e)
		e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
		e.Emit(PlanReady{Plan: p})
		_ = e.Release(context.Background(), p, false)
		refuse = false
		rivalRun(h, p, time.Second)
		h.listed[0].Conclusion, h.jobs[99][0].Conclusion = conclusion, conclusion
		h.now = h.now.Add(10 * time.Minute)
		for _, a := range p.Stages[1].Artifacts {
			h.put(a, "sha256:new", h.now)
		}
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err == nil {
			err = e.Release(context.Background(), q, true)
		}
		said := false
		e.ports.Stream.View(func(s *State) {
			for _, n := range s.Notes {
				said = said || strings.Contains(n.String(), "dispatch deb.yml on main is not sent: ines has started it as #8")
			}
		})
		if sent := h.count(CallDispatch) - 1; err != nil || sent != sends || said != (sends == 0) {
			t.Errorf("%s: %v, %d sent, said %v", conclusion, err, sent, said)
		}
	}
}
