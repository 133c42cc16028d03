package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// setClock is a hub's clock that somebody sets: the world's time goes on as before.
type setClock struct {
	*hub
	off time.Duration
}

func (c *setClock) Now() time.Time { return c.hub.Now().Add(c.off) }

// jumped releases p, and lets jump happen in the n-th pause; naps are the pauses.
func jumped(t *testing.T, h *hub, p Plan, n int, jump func(*setClock)) (events []Event, naps int, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &setClock{hub: h}
	end := h.now.Add(72 * time.Hour)
	h.onSleep = func(h *hub) {
		if naps++; naps == n {
			jump(c)
		}
		if h.now.After(end) {
			t.Errorf("pause %d: the watch does not end", n)
			cancel()
		}
	}
	e := NewEngine(Ports{Forge: h, Shelf: h, Actor: h, Clock: c,
		Stream: NewStream(c, func(e Stamped, _ *State) { events = append(events, e.Event) })})
	e.Emit(PlanReady{Plan: p})
	err = e.Release(ctx, p, false)
	return events, naps, err
}

// Wherever the machine goes to sleep, or its clock is set: the release is finished,
// and nothing was taken for late or for missing.
func TestClockJumps(t *testing.T) {
	p := hubPlan(t)
	jumps := map[string]func(*setClock){
		"asleep over night":      func(c *setClock) { c.now = c.now.Add(9 * time.Hour) },
		"asleep for ten minutes": func(c *setClock) { c.now = c.now.Add(10 * time.Minute) },
		"set forward":            func(c *setClock) { c.off = 5 * time.Hour },
		"set back":               func(c *setClock) { c.off = -5 * time.Hour },
	}
	for name, jump := range jumps {
		for n, all := 1, 100; n <= all; n++ {
			h := newHub(t, p)
			events, naps, err := jumped(t, h, p, n, jump)
			all = min(all, naps)
			if f := last(t, events); err != nil || f.Outcome != Done || len(h.calls) != 8 || count[ArtifactMissing](events) != 0 {
				t.Fatalf("%s in pause %d: %v, finished as %s, %d calls, %d artifacts missing",
					name, n, err, f.Outcome, len(h.calls), count[ArtifactMissing](events))
			}
		}
	}
}

// On waking the network is not there yet, or was not there before either: neither is
// an outage of a night.
func TestSleepInAnOutage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	asleep := 40
	var down time.Time
	h.broken = func(n int) error {
		if n == asleep {
			down = h.now
		}
		if n >= asleep && h.now.Sub(down) < 9*time.Hour+5*time.Minute {
			return errors.New("no such host")
		}
		return nil
	}
	slept := false
	h.onSleep = func(h *hub) {
		if !slept && !down.IsZero() && h.now.Sub(down) > 3*time.Minute {
			slept = true
			h.now = h.now.Add(9 * time.Hour)
		}
	}
	events, err := released(t, h, p)
	if err != nil || !slept || count[Recovered](events) != 1 {
		t.Errorf("%v; slept: %v, recovered %d times", err, slept, count[Recovered](events))
	}
}

// A run that never appears is late after the patience for it, whatever the clock does
// meanwhile: not before, and not hours after.
func TestLateInWatchedTime(t *testing.T) {
	p := hubPlan(t)
	for name, by := range map[string]time.Duration{"on": 0, "forward": 7 * time.Hour, "back": -7 * time.Hour} {
		h := newHub(t, p)
		h.script = func(string, time.Duration) (Run, []Job, bool) { return Run{}, nil, false }
		begin := h.now
		events, _, err := jumped(t, h, p, 20, func(c *setClock) { c.off = by })
		if err == nil || !strings.Contains(err.Error(), "no run of pypi.yml, github.yml appeared within 3m0s") {
			t.Fatalf("%s: %v", name, err)
		}
		if took := h.now.Sub(begin); took < runPatience-roundTime || took > runPatience+time.Minute {
			t.Errorf("%s: it was late after %s", name, took)
		}
		if count[StageDone](events) != 1 {
			t.Errorf("%s: %d stages ended", name, count[StageDone](events))
		}
	}
}

// A log that does not come is waited for as long with a clock that is hours away
// from GitHub's.
func TestLogPatienceByAnotherClock(t *testing.T) {
	p := hubPlan(t)
	for _, off := range []time.Duration{0, -3 * time.Hour} {
		h := newHub(t, p)
		begin := h.now
		script := h.script
		h.script = func(w string, after time.Duration) (Run, []Job, bool) {
			r, jobs, ok := script(w, after)
			for i := range jobs {
				jobs[i].Completed = begin.Add(4 * time.Minute) // by GitHub's clock
			}
			return r, jobs, ok
		}
		events, _, err := jumped(t, h, p, 1, func(c *setClock) { c.off = off })
		if took := h.now.Sub(begin); err != nil || took > 8*time.Minute {
			t.Errorf("with a clock off by %s: %v after %s", off, err, took)
		}
		if n := count[LogChunk](events); n != 4 {
			t.Errorf("%d logs were told, want 4", n)
		}
	}
}

// An attached watch that wakes looks again before it says that nobody goes on.
func TestWakeBeforeTheNextStage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.start(p.Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
	h.claimed(p, p.Stages[0], h.now)
	naps := 0
	h.onSleep = func(h *hub) {
		naps++
		if h.now.Sub(time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)) > 2*time.Minute && len(h.claims) == 1 {
			h.now = h.now.Add(9 * time.Hour) // meanwhile somebody goes on
			for _, st := range p.Stages[1:] {
				h.claimed(p, st, h.now.Add(-8*time.Hour))
				h.start(st.Repo, st.Trigger.event(), map[Trigger]string{TriggerDispatch: st.Branch, TriggerRelease: st.Tag}[st.Trigger], st.SHA)
			}
			for k := range h.started {
				h.started[k] = h.now.Add(-8 * time.Hour)
			}
		}
	}
	e, seen := engineOn(h)
	e.ports.Actor = nil
	e.Emit(PlanReady{Plan: p})
	if err := e.Attach(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %s", fmt.Sprint(f))
	}
}
