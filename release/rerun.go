package release

import (
	"context"
	"errors"
	"slices"
	"time"
)

// rerun is a re-run that a person asked for.
type rerun struct {
	attempt int       // that had failed
	at      time.Time // when GitHub had answered; zero while it has not
}

// pending tells whether the re-run is under way, or GitHub may not show it yet.
func (r rerun) pending(attempt int, now time.Time) bool {
	since := now.Sub(r.at) // below zero once the clock was set back
	return r.at.IsZero() || r.attempt == attempt && since >= 0 && since < rerunPatience
}

// RerunFailed re-runs the failed jobs of a run. It acts. A watch that has ended
// meanwhile is taken up again with Release and resume. A run that was asked for a
// moment ago, and shows no new attempt yet, is not asked for again.
func (e *Engine) RerunFailed(ctx context.Context, stage string, runID int64) error {
	const what = "re-running the failed jobs"
	attempt := e.attempt(runID)
	if !e.mayRerun(runID, attempt) {
		return &Error{Op: what, Err: errors.New("they are being re-run already"),
			Hint: "GitHub takes a moment to show the new attempt; nothing was sent again"}
	}
	err := e.act(ctx, Call{Kind: CallRerunFailed, Stage: stage, RunID: runID}, what)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil || errors.Is(err, ErrLost) {
		e.reruns[runID] = rerun{attempt: attempt, at: e.ports.Clock.Now()}
	} else {
		delete(e.reruns, runID) // it was refused
	}
	return err
}

// mayRerun tells whether a run's failed jobs may be re-run, and takes note that they
// are about to be.
func (e *Engine) mayRerun(runID int64, attempt int) bool {
	now := e.ports.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if last, asked := e.reruns[runID]; asked && last.pending(attempt, now) {
		return false
	}
	e.reruns[runID] = rerun{attempt: attempt}
	return true
}

// attempt is the latest attempt of a run that was seen; 0 when there is none.
func (e *Engine) attempt(runID int64) (n int) {
	e.ports.Stream.View(func(s *State) {
		for _, st := range s.Stages {
			if r := st.known(runID); r != nil {
				n = r.Run.Attempt
			}
		}
	})
	return n
}

// rerunning tells whether failed jobs of a stage are being re-run, and GitHub may not
// show it yet.
func (e *Engine) rerunning(st StageState) bool {
	now := e.ports.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(st.Runs, func(r RunState) bool {
		last, asked := e.reruns[r.Run.ID]
		return asked && last.pending(r.Run.Attempt, now)
	})
}
