package plain

import (
	"fmt"
	"time"

	"twokey/release"
)

// An outage of the watch lasts from this attempt on, or when this is waited at once:
// whoever waits is told then that nobody has to.
const (
	lastingAttempt = 3
	lastingWait    = time.Minute
)

// retrying says that something is tried again: one chain of lines for one outage,
// whichever reads meet it.
func (p *Printer) retrying(at time.Time, e release.Retrying, s *release.State) {
	if s.Trouble != nil && s.Trouble.What != e.What {
		return
	}
	p.line(at, p.glyphs.warn, "retry", fmt.Sprintf("%s: %s; trying again in %s (attempt %d)",
		clip(e.What), clip(e.Cause), e.Wait.Round(time.Second), e.Attempt))
	lasts := e.Outage() && (e.Attempt >= lastingAttempt || e.Wait >= lastingWait)
	if line := s.Opened.Line("attach " + cut(s.Plan.Version)); lasts && !p.lasting && line != "" {
		p.lasting = true
		p.more("nobody has to wait for it here: what was started goes on; rejoin it with `" + line + "`")
	}
}
