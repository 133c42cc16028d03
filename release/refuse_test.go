package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// GitHub that can not be read is no failure of a stage that was started before, and
// nobody is told that nothing was.
func TestResumeThroughAnOutage(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault error
		want  Kind
	}{
		{"an outage", errors.New("GET: 502 Bad Gateway"), KindLeft},
		{"a token that has ended", fmt.Errorf("GET: %w", ErrUnauthorized), KindAuth},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			h.claimed(p, p.Stages[0], h.now)
			e, seen := engineOn(h)
			q, err := e.InFlight(context.Background(), p.Repo, "2.11.6")
			if err != nil {
				t.Fatal(err)
			}
			h.broken = func(int) error { return tt.fault }
			err = e.Release(context.Background(), q, true)
			if KindOf(err) != tt.want || strings.Contains(err.Error()+HintOf(err), "nothing was started") ||
				!strings.Contains(HintOf(err), "`twokey release 2.11.6 --resume`") {
				t.Errorf("kind %v, error %v, hint %q", KindOf(err), err, HintOf(err))
			}
			f := last(t, *seen)
			if f.Outcome != Left || slices.Contains(f.Waiting, "package") || f.Stages[0].State != StageStarted || count[StageDone](*seen) != 0 {
				t.Errorf("finished %+v", f)
			}
			if len(h.calls) != 0 {
				t.Errorf("sent %v", h.calls)
			}
		})
	}
}

// A stage of which nothing was sent has not failed: it was not started.
func TestNotStartedIsNotFailed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(h *hub)
		outcome Outcome
	}{
		{"the branch moved", func(h *hub) {
			h.branches["harbour/harbour"] = Branch{Name: "dev-v2.11", SHA: strings.Repeat("e", 40)}
		}, NoGo},
		{"GitHub can not be read", func(h *hub) { h.broken = func(int) error { return errors.New("GET: 502") } }, Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			tt.prepare(h)
			events, err := released(t, h, p)
			f := last(t, events)
			if err == nil || f.Outcome != tt.outcome || count[StageDone](events) != 0 || len(h.calls) != 0 {
				t.Errorf("finished %+v: %v, sent %v", f, err, h.calls)
			}
			if f.Stages[0].State != StageWaiting || f.Stages[0].Outcome != "" || !slices.Contains(f.Waiting, "package") {
				t.Errorf("stage %+v, waiting %v", f.Stages[0], f.Waiting)
			}
			if !strings.Contains(HintOf(err), "nothing was started") {
				t.Errorf("hint %q", HintOf(err))
			}
		})
	}
}
