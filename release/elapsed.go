package release

import "time"

// A watch counts its patience in time that it watched. A laptop that sleeps, and a
// clock that is set, make the clock jump by hours in which nothing was looked at:
// nothing may be taken for late, or for gone, because of them.

// roundTime is how long a round that reads may take; roundTimeOutage is it for one
// that fails, whose reads were all tried again.
const (
	roundTime       = 10 * time.Second
	roundTimeOutage = 3 * time.Minute
)

// elapsed measures the laps of a watch, each a round and the pause before it.
type elapsed struct {
	clock Clock
	last  time.Time // what the clock showed at the end of the last lap
}

// lap is how long the lap was that ends now, after a pause of that length. What is
// longer than the pause and the time for a round was slept, or never was. A clock
// that was set back says nothing, and the pause was waited for without it.
func (e *elapsed) lap(pause, round time.Duration) time.Duration {
	now := e.clock.Now()
	d := now.Sub(e.last)
	e.last = now
	if d < 0 {
		return pause
	}
	return min(d, pause+round)
}
