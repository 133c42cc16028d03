package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"twokey/checks/text"
	"twokey/release"
)

// rehearsedWait is how long a rehearsal without the console waits for an approval:
// nobody is going to give it.
const rehearsedWait = time.Hour

// addWait adds the flag that bounds the waiting for an approval.
func addWait(c *cobra.Command, wait *time.Duration) {
	c.Flags().DurationVar(wait, "wait", 0,
		"without the console, leave after waiting this `DURATION` for an approval (default: never; 1h in a rehearsal)")
}

// waitFor is how long to wait for an approval; 0 is without end.
func (a *app) waitFor(flag time.Duration) (time.Duration, error) {
	switch {
	case flag < 0:
		return 0, usage(fmt.Errorf("--wait %s is below 0", flag), "leave it out to wait as long as it takes")
	case flag == 0 && a.rehearsal != nil:
		return rehearsedWait, nil
	}
	return flag, nil
}

// patience ends the watching when an approval does not come in time. Nobody
// approves for --yes: that would be both keys in one hand.
type patience struct {
	limit  time.Duration // 0: without end
	giveUp context.CancelCauseFunc

	mu    sync.Mutex
	gate  text.Safe
	since time.Time // zero: nothing waits
}

// see looks whether the release waits for a person, and since when.
func (p *patience) see(at time.Time, s *release.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate, waits := openGate(s)
	switch {
	case !waits:
		p.since = time.Time{}
	case p.since.IsZero():
		p.gate, p.since = gate, at
	}
}

// check gives up when the waiting has taken too long.
func (p *patience) check(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit > 0 && !p.since.IsZero() && now.Sub(p.since) >= p.limit {
		p.giveUp(fmt.Errorf("nobody approved %s within %s", p.gate, p.limit))
	}
}

// clock wraps the engine's clock. Patience is looked at when the engine wakes up,
// not by a timer of its own: simulated time passes while anybody sleeps, and one
// who sleeps for an hour beside the engine would let that hour pass at once.
func (p *patience) clock(c release.Clock) release.Clock { return patientClock{c, p} }

type patientClock struct {
	release.Clock
	patience *patience
}

// Sleep sleeps, then looks whether the waiting has taken too long.
func (c patientClock) Sleep(ctx context.Context, d time.Duration) error {
	err := c.Clock.Sleep(ctx, d)
	c.patience.check(c.Now())
	return err
}

// openGate is an environment that a run waits for, if there is one.
func openGate(s *release.State) (text.Safe, bool) {
	for _, st := range s.Stages {
		for _, r := range st.Runs {
			if len(r.Gates) > 0 {
				return r.Gates[0].Environment, true
			}
		}
	}
	return text.Safe{}, false
}
