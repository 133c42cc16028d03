package rehearsal

import (
	"net/http"
	"strconv"
	"time"
)

// scarcity is what the rate limits give once a release has begun. Its times count
// from there.
type scarcity struct {
	// From pauseAfter on, a secondary limit lets nothing through for pause.
	pauseAfter, pause time.Duration
	// left is what the primary limit still gives. From drainAfter on, something else
	// that has the same token uses it up within drain.
	left              int
	drainAfter, drain time.Duration
	// window is how long each window of the primary limit is.
	window time.Duration
}

// rateWindow is how long GitHub's primary limit counts.
const rateWindow = time.Hour

// window is how long the primary limit counts in a scenario.
func (s Scenario) window() time.Duration {
	if s.scarce != nil {
		return s.scarce.window
	}
	return rateWindow
}

// admitted refuses a request for which one of the rate limits has nothing left.
func (x *exchange) admitted() error {
	a, s := x.allowance(), x.world.scenario.scarce
	if s == nil || x.viewer == "" || x.world.begun.IsZero() {
		return a.admit(x.now)
	}
	since := x.now.Sub(x.world.begun)
	if since >= s.pauseAfter && since < s.pauseAfter+s.pause {
		wait := s.pauseAfter + s.pause - since
		x.header.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		return &apiError{status: http.StatusTooManyRequests,
			message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
	}
	if a.scarce.IsZero() { // a new window, so that its end is after that of the last
		a.reset = x.now.Add(s.window).Truncate(time.Second)
		a.scarce, a.used = a.reset, a.limit-s.left
	}
	if a.scarce.Equal(a.reset) && since > s.drainAfter {
		share := min(1, float64(since-s.drainAfter)/float64(s.drain))
		a.used = max(a.used, a.limit-s.left+int(share*float64(s.left)))
	}
	return a.admit(x.now)
}
