package rehearsal

import (
	"net/http"
	"strconv"
	"time"
)

// scarcity is what the rate limits give once a release has begun.
type scarcity struct {
	// left is what the primary limit still gives until its window ends, and window
	// how long each of its windows is.
	left   int
	window time.Duration
	// From pauseAfter on, a secondary limit lets nothing through for pause.
	pauseAfter, pause time.Duration
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
	if begun := x.world.begun; s != nil && x.viewer != "" && !begun.IsZero() {
		if !a.scarce { // a new window, so that its end is after that of the last
			a.scarce, a.used, a.reset = true, a.limit-s.left, x.now.Add(s.window).Truncate(time.Second)
		}
		from := begun.Add(s.pauseAfter)
		if left := from.Add(s.pause).Sub(x.now); left > 0 && !x.now.Before(from) {
			x.header.Set("Retry-After", strconv.Itoa(int((left+time.Second-1)/time.Second)))
			return &apiError{status: http.StatusTooManyRequests,
				message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
		}
	}
	return a.admit(x.now)
}
