package release

import "time"

// began is when the stage began that was claimed: now, or when GitHub says that it
// was. A tag that somebody made by hand may be older than its push, and its time is
// that of somebody's machine: the stage's runs tell more.
func (c Claimed) began(now time.Time) time.Time {
	switch {
	case c.Mine:
		return now
	case c.Noted:
		return c.At
	}
	return time.Time{}
}

// lastChange is when the last of the stage's runs changed, once all are over.
func (st *StageState) lastChange() time.Time {
	var last time.Time
	for _, r := range st.Runs {
		if r.Run.Status != StatusCompleted {
			return time.Time{}
		}
		if r.Run.Updated.After(last) {
			last = r.Run.Updated
		}
	}
	return last
}

// date takes from a run that was found what no claim told: when the stage began.
func (st *StageState) date(r Run) {
	if st.Claim != nil && !st.Claim.Mine && !st.Claim.Noted && !r.Created.IsZero() &&
		(st.Began.IsZero() || r.Created.Before(st.Began)) {
		st.Began = r.Created
	}
	if r.Attempt > 1 {
		st.again(r)
	}
}

// again counts the stage's time from a later attempt on: what lies before it is
// mostly the time until somebody came to re-run what had failed.
func (st *StageState) again(r Run) {
	if r.Started.After(st.Began) {
		st.Began = r.Started
	}
}
