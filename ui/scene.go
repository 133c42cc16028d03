package ui

import (
	"fmt"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// scene is what every screen draws from: the state of the release, the time and
// the look. Only the model changes it.
type scene struct {
	theme theme
	state *release.State
	now   time.Time
	// checksBegan and checksEnded are the times of the first check that was
	// started and of the verdict.
	checksBegan, checksEnded time.Time
	stale                    *release.Finished // an end from before the watch was taken up again
	noted                    time.Time         // when the engine's last remark came
}

// finished is how the release ended; nil while it goes on.
func (s *scene) finished() *release.Finished {
	if s.state.Finished == s.stale {
		return nil
	}
	return s.state.Finished
}

// apply folds events into the state, and keeps the times that it does not.
func (s *scene) apply(events []release.Stamped) {
	for _, e := range events {
		s.state.Apply(e)
		if e.Time.After(s.now) {
			s.now = e.Time
		}
		switch e.Event.(type) {
		case release.Noted:
			s.noted = e.Time
		case release.PlanReady:
			s.checksBegan, s.checksEnded = time.Time{}, time.Time{}
		case release.CheckStarted:
			if s.checksBegan.IsZero() || !s.checksEnded.IsZero() {
				s.checksBegan, s.checksEnded = e.Time, time.Time{}
			}
		case release.Judged:
			s.checksEnded = e.Time
		}
	}
}

// jobs says how many jobs of all runs are over. One that was skipped did nothing,
// and is counted apart: at the end all of the others are over.
func (s *scene) jobs() string {
	over, skipped, all := 0, 0, 0
	for _, st := range s.state.Stages {
		for _, r := range st.Runs {
			for _, j := range r.Jobs {
				switch {
				case j.Job.Status != release.StatusCompleted:
					all++
				case j.Job.Conclusion == release.ConclusionSkipped:
					skipped++
				default:
					all++
					over++
				}
			}
		}
	}
	if all+skipped == 0 {
		return "no jobs yet"
	}
	out := fmt.Sprintf("%d of %s", over, plural(all, "job"))
	if s.finished() == nil && s.growing() {
		out += " so far"
	}
	if skipped > 0 {
		out += fmt.Sprintf(" %s %d skipped", glyphDot, skipped)
	}
	return out
}

// growing holds while more jobs may come: GitHub tells of a job only once those that
// it needs are over.
func (s *scene) growing() bool {
	for _, st := range s.state.Stages {
		switch st.Status {
		case release.StageVerifying, release.StageDoneOK, release.StageFailed:
		default:
			return true
		}
	}
	return false
}

// began is when the first stage began; zero before.
func (s *scene) began() time.Time {
	var t time.Time
	for _, st := range s.state.Stages {
		if !st.Began.IsZero() && (t.IsZero() || st.Began.Before(t)) {
			t = st.Began
		}
	}
	return t
}

// verifying holds when every run is over and artifacts are still looked for.
func (s *scene) verifying() bool {
	any := false
	for _, st := range s.state.Stages {
		switch st.Status {
		case release.StageVerifying:
			any = true
		case release.StageDoneOK, release.StageFailed:
		default:
			return false
		}
	}
	return any
}

// tag is what the release is called: its tag, or its version where it has none.
func (s *scene) tag() string {
	if s.state.Plan.Tag != "" {
		return safe(s.state.Plan.Tag)
	}
	return safe(s.state.Plan.Version)
}

// command is a command line about this release, in the world that it is in; empty
// where nobody can come back to it.
func (s *scene) command(verb string, flags ...string) string {
	words := append([]string{verb, s.state.Plan.Version}, flags...)
	return safe(s.state.Opened.Line(strings.Join(words, " ")))
}

// neverStarted are the stages that nobody has started, for a sentence. CI starts
// none of them by itself.
func (s *scene) neverStarted() (names string, n int) {
	var out []string
	for _, st := range s.state.Stages {
		if st.Status == release.StageWaiting {
			out = append(out, safe(st.Stage.Name))
		}
	}
	return listed(out), len(out)
}

// listed joins names as people do: "deb", "deb and docker", "a, b and c".
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// isViewer tells whether a login is that of the token's user.
func (s *scene) isViewer(login text.Safe) bool {
	return !login.IsZero() && strings.EqualFold(login.String(), s.state.Opened.Viewer.String())
}

// mayApprove names the people that may open a gate of a run. Whether its own starter
// may is the environment's to say, and GitHub tells it of the token's user only.
func (s *scene) mayApprove(g release.Gate, run release.Run) string {
	var names []string
	for _, r := range g.Reviewers {
		name := r.Name.String()
		switch {
		case r.Team:
			name += " (team)"
		case s.isViewer(r.Name) && g.CanApprove:
			name += " (you)"
		case s.isViewer(r.Name):
			continue
		case strings.EqualFold(name, run.Actor.String()):
			name += " (who started it)"
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, ", ")
	case len(g.Reviewers) > 0:
		return "nobody else"
	}
	return "nobody is named"
}
