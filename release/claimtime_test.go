package release

import (
	"context"
	"errors"
	"testing"
	"time"

	"twokey/checks/text"
)

// aheadClock is the clock of a machine that is not GitHub's.
type aheadClock struct {
	*hub
	by time.Duration
}

func (c aheadClock) Now() time.Time { return c.hub.Now().Add(c.by) }

// Runs are held against the time of their claim, which has to be GitHub's even where
// the claim can not be read back: by a clock that is ahead they would come before it.
func TestClaimTimeIsGitHubs(t *testing.T) {
	for _, tt := range []struct {
		ahead time.Duration
		fails bool // reading back the claim of the second stage
	}{{0, true}, {5 * time.Minute, false}, {5 * time.Minute, true}, {-5 * time.Minute, true}} {
		p := hubPlan(t)
		p.Stages = p.Stages[:2]
		h := newHub(t, p)
		unread := false
		h.fault = func(when string, c Call) error {
			unread = tt.fails && when == "after" && c.Kind == CallRef && c.Stage == "deb"
			return nil
		}
		h.broken = func(int) error {
			if unread {
				unread = false
				return errors.New("GitHub answered 502")
			}
			return nil
		}
		var claims []Claimed
		clock := aheadClock{h, tt.ahead}
		s := NewStream(clock, func(e Stamped, _ *State) {
			if c, ok := e.Event.(Claimed); ok {
				claims = append(claims, c)
			}
		})
		e := NewEngine(Ports{Forge: h, Shelf: h, Actor: h, Clock: clock, Stream: s, Random: &h.draws})
		e.Emit(Opened{Repo: p.Repo, Viewer: text.Clean("mara"), Command: text.Clean("twokey")})
		e.Emit(PlanReady{Plan: p})
		if err := e.Release(context.Background(), p, false); err != nil {
			t.Errorf("%+v: %v, hint %q", tt, err, HintOf(err))
		}
		if len(claims) != 2 {
			t.Fatalf("%+v: claims %+v", tt, claims)
		}
		for _, st := range p.Stages {
			there := h.claims[st.Repo.String()+" "+st.ClaimRef(p.Version)]
			if i := map[string]int{"package": 0, "deb": 1}[st.Name]; !claims[i].At.Equal(there.At) {
				t.Errorf("%+v: the claim of %s is of %s, and at GitHub of %s", tt, st.Name, claims[i].At, there.At)
			}
		}
	}
}
