package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// failing makes the first call of a kind for a stage fail, before it does anything
// or after. It counts how often that stage sends such a call.
func failing(h *hub, when string, kind CallKind, stage string, err error) *int {
	n := 0
	h.fault = func(at string, c Call) error {
		if c.Kind != kind || c.Stage != stage {
			return nil
		}
		if at == "before" {
			n++
		}
		if at == when && n == 1 {
			return err
		}
		return nil
	}
	return &n
}

// kept runs a release on a machine that keeps its record.
func kept(t *testing.T, h *hub, p Plan, on *machine) (Finished, error) {
	t.Helper()
	m := &mortal{hub: h, record: &recorded{}, cancel: func() {}}
	on.sessions = append(on.sessions, m.record)
	e, seen := engineOn(h)
	e.ports.Actor, e.ports.OpenJournal = m, func(Plan) (Journal, error) { return m, nil }
	e.Emit(PlanReady{Plan: p})
	err := e.Release(context.Background(), p, false)
	return last(t, *seen), err
}

// A call that certainly started nothing leaves its stage not started: one that a rate
// limit refused, and a tag object of which nobody knows whether it is there. It is not
// sent again by itself; whoever goes on sends it.
func TestCallsThatStartNothing(t *testing.T) {
	limit := passing{time.Date(2026, 8, 14, 18, 0, 13, 0, time.UTC)}
	const resume = "`twokey release 2.11.6 --resume`"
	for _, tt := range []struct {
		name  string
		when  string
		kind  CallKind
		stage string
		err   error
		hint  string
	}{
		{"limit", "before", CallTagObject, "package", limit, "nothing was started; after 18:00:13 UTC, try again"},
		{"limit", "before", CallRef, "package", limit, "nothing was started; after 18:00:13 UTC, try again"},
		{"limit", "before", CallTagObject, "deb", limit, resume},
		{"limit", "before", CallRef, "deb", limit, resume},
		{"lost", "before", CallTagObject, "package", ErrLost, "nothing was started; try again"},
		{"lost", "after", CallTagObject, "package", ErrLost, "nothing was started; try again"},
		{"lost", "after", CallTagObject, "deb", ErrLost, resume},
	} {
		t.Run(tt.name+" "+tt.when+" "+string(tt.kind)+" of "+tt.stage, func(t *testing.T) {
			p := hubPlan(t)
			h, m := newHub(t, p), &machine{}
			sent := failing(h, tt.when, tt.kind, tt.stage, tt.err)
			f, err := kept(t, h, p, m)
			if err == nil || !slices.Contains(f.Waiting, tt.stage) || !strings.Contains(HintOf(err), tt.hint) {
				t.Errorf("%v, hint %q, ends with %+v", err, HintOf(err), f)
			}
			if i := slices.IndexFunc(f.Stages, func(s StageEnd) bool { return s.Stage == tt.stage }); f.Stages[i].Outcome != "" {
				t.Errorf("stage %s is %s, and nothing of it was started", tt.stage, f.Stages[i].Outcome)
			}
			if *sent != 1 {
				t.Errorf("it was sent %d times", *sent)
			}
			if err := goOn(h, p, m); err != nil {
				t.Fatalf("going on with it: %v, hint %q", err, HintOf(err))
			}
			triggeredOnce(t, h)
		})
	}
}

// A claimed stage whose call a rate limit refused has failed for now. The call is sent
// by whoever resumes, and only then.
func TestLimitAfterTheClaim(t *testing.T) {
	for kind, stage := range map[CallKind]string{CallRelease: "images", CallDispatch: "deb"} {
		t.Run(string(kind), func(t *testing.T) {
			p := hubPlan(t)
			h, m := newHub(t, p), &machine{}
			sent := failing(h, "before", kind, stage, passing{h.now.Add(time.Minute)})
			_, err := kept(t, h, p, m)
			if KindOf(err) != KindFailed || !strings.Contains(HintOf(err), "UTC, go on with `twokey release 2.11.6 --resume`") {
				t.Errorf("%v, hint %q", err, HintOf(err))
			}
			if *sent != 1 {
				t.Errorf("it was sent %d times", *sent)
			}
			if err := goOn(h, p, m); err != nil {
				t.Fatalf("going on with it: %v, hint %q", err, HintOf(err))
			}
			if len(h.started) != 4 || len(h.claims) != 3 || len(h.releases) != 1 {
				t.Errorf("%d runs, %d claims, %d releases", len(h.started), len(h.claims), len(h.releases))
			}
			if *sent != 2 {
				t.Errorf("it was sent %d times by two commands", *sent)
			}
		})
	}
}

// Whoever leaves meanwhile is told that nothing was started.
func TestLeaveAfterALimit(t *testing.T) {
	for _, kind := range []CallKind{CallTagObject, CallRef} {
		p := hubPlan(t)
		h := newHub(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		h.fault = func(when string, c Call) error {
			if when != "before" || c.Kind != kind || c.Stage != "package" {
				return nil
			}
			cancel()
			return passing{h.now.Add(time.Minute)}
		}
		e, _ := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		if err := e.Release(ctx, p, false); !strings.Contains(err.Error()+HintOf(err), "nothing was started") {
			t.Errorf("%s: %v, hint %q", kind, err, HintOf(err))
		}
		cancel()
	}
}
