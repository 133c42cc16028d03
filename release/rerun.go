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

// wantedRerun is a re-run that was asked for with the release.
type wantedRerun struct {
	call    Call
	attempt int // that had failed when it was asked for; of a later one nobody spoke
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

// takeUpRerun remembers a re-run that an earlier session asked for.
func (e *Engine) takeUpRerun(a asked) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if last := e.reruns[a.call.RunID]; !a.at.Before(last.at) {
		e.reruns[a.call.RunID] = rerun{attempt: a.attempt, at: a.at}
	}
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

// Reruns makes re-running what failed a part of going on with a release in flight:
// Calls names one call for each run that has failed by now, and Release sends each of
// them once. A run that fails later is none of them. Only reads are sent here.
func (e *Engine) Reruns(ctx context.Context, p Plan) error {
	e.wanted = nil
	for _, st := range p.Stages {
		c, claimed := e.claims[st.Name]
		if !claimed || !e.started[st.Name] {
			continue
		}
		runs, err := e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
		if err != nil {
			return explain(err, "looking for failed runs of stage "+st.Name, "nothing was sent; try again")
		}
		seen := e.seenIn(st, c, runs)
		if len(seen.ambiguous()) > 0 {
			continue // whose they are is not known
		}
		for _, r := range failedRuns(seen) {
			e.wanted = append(e.wanted, wantedRerun{Call{Kind: CallRerunFailed, Stage: st.Name, Repo: st.Repo, RunID: r.ID}, r.Attempt})
		}
	}
	return nil
}

// again re-runs the failed jobs of a stage's runs as far as that was asked for with
// the release, and tells whether there is something to wait for.
func (w *watch) again(ctx context.Context, st StageState, failed []Run) bool {
	for _, r := range failed {
		i := slices.IndexFunc(w.e.wanted, func(x wantedRerun) bool { return x.call.RunID == r.ID && x.call.Stage == st.Stage.Name })
		if !w.act || i < 0 || w.e.rerunning(StageState{Runs: []RunState{{Run: r}}}) {
			continue
		}
		asked := w.e.wanted[i].attempt
		w.e.wanted = slices.Delete(w.e.wanted, i, i+1) // whatever comes of it, once
		if r.Attempt != asked {
			w.e.note("stage %s: the failed jobs of %s are not re-run: its attempt %d failed, too, and attempt %d was asked for", st.Stage.Name, r.URL, r.Attempt, asked)
			continue
		}
		switch err := w.e.RerunFailed(ctx, st.Stage.Name, r.ID); {
		case errors.Is(err, ErrLost):
			w.e.note("stage %s: the answer to re-running the failed jobs of %s was lost; looking for the new attempt", st.Stage.Name, r.URL)
		case err != nil:
			w.e.note("stage %s: the failed jobs of %s are not re-run: %v", st.Stage.Name, r.URL, err)
		default:
			w.e.note("stage %s: the failed jobs of %s are re-run", st.Stage.Name, r.URL)
		}
	}
	return w.e.rerunning(st)
}
