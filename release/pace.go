package release

import "time"

// How the watch paces itself.
const (
	// pollBusy is between two rounds while things change: a round in which nothing
	// did is free, so that looking often costs little.
	pollBusy = time.Second
	// pollCalm is it after calmAfter without a change, pollQuiet after quietAfter.
	pollCalm   = 2 * time.Second
	pollQuiet  = 5 * time.Second
	calmAfter  = 30 * time.Second
	quietAfter = 3 * time.Minute
	// pollOutage is the longest while nothing can be read.
	pollOutage = time.Minute
	// pollShort is the longest while little may be asked for.
	pollShort = 5 * time.Minute

	// reserve is the part of the budget that is left to what else uses the token.
	reserve = 10 // one tenth
	// budgetSpan is over how much time the rest is spread: most releases are over
	// after it, and one that is not has the more left the slower it went.
	budgetSpan = 15 * time.Minute
	// pastRounds is over how many rounds their cost is averaged.
	pastRounds = 10
)

// pace is what the time between two rounds depends on.
type pace struct {
	quiet  time.Duration // since something changed, or a person acted
	outage time.Duration // for how long nothing could be read
	failed bool          // nothing could be read in the last round
	cost   float64       // what a round was charged, on the average
	budget Budget
	now    time.Time
}

// interval is how long to wait before the next round.
func (p pace) interval() time.Duration {
	if p.failed {
		return min(pollQuiet+p.outage/10, pollOutage)
	}
	d := pollBusy
	switch {
	case p.quiet >= quietAfter:
		d = pollQuiet
	case p.quiet >= calmAfter:
		d = pollCalm
	}
	return max(d, p.affordable(), p.budget.PollInterval)
}

// affordable is the time between two rounds that the budget lasts for. A round that
// costs nothing can be afforded at any time.
func (p pace) affordable() time.Duration {
	left := p.budget.Reset.Sub(p.now)
	if p.budget.Limit <= 0 || p.budget.Remaining < 0 || left <= 0 || p.cost <= 0 {
		return 0
	}
	spare := p.budget.spare()
	longest := min(pollShort, left+time.Second) // a new window has enough
	if spare <= 0 {
		return longest
	}
	d := time.Duration(float64(min(left, budgetSpan)) * p.cost / float64(spare))
	return min(d, longest)
}

// spare is what may be asked for without what is left to others; meaningless while
// the budget is not known.
func (b Budget) spare() int { return b.Remaining - b.Limit/reserve }

// short tells whether only what is left to others may still be asked for.
func (b Budget) short(now time.Time) bool {
	return b.Limit > 0 && b.Remaining >= 0 && now.Before(b.Reset) && b.spare() <= 0
}

// averaged is the average cost of a round after one more, which cost n.
func averaged(cost float64, n int) float64 {
	cost += (float64(n) - cost) / pastRounds
	if cost < 0.01 { // it was free for so long that it is
		return 0
	}
	return cost
}
