package release

import (
	"context"
	"slices"

	"twokey/checks/text"
)

// FailedStage is a stage of a line's last release of which a run failed, and has not
// been run again, or which did not publish what it was to publish.
type FailedStage struct {
	Stage string `json:"stage"`
	// Why is how its runs ended, or who rejected what, or what is not published.
	Why text.Safe `json:"why"`
	// URL is where the first of these runs is shown.
	URL text.Safe `json:"url,omitzero"`
	// RejectedBy is who ended it at a gate; empty where nobody did.
	RejectedBy text.Safe `json:"rejected_by,omitzero"`
}

// surveyFailed looks how the claimed stages of a line's last release ended. One that
// another stage was started after is done, and not looked at.
func (e *Engine) surveyFailed(ctx context.Context, l *LineSurvey, claims map[string]Claim) error {
	for _, st := range l.begun.stages {
		if slices.ContainsFunc(l.begun.stages, func(after Stage) bool { return slices.Contains(after.Needs, st.Name) }) {
			continue
		}
		runs, err := e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
		if err != nil {
			return err
		}
		seen := e.seenIn(st, claims[st.Name].seen(st), runs)
		failed := failedRuns(seen)
		if len(seen.ambiguous()) > 0 {
			continue // whose the runs are is not known
		}
		if len(failed) == 0 {
			if err := e.surveyMissing(ctx, l, seen); err != nil {
				return err
			}
			continue
		}
		if err := e.answersTo(ctx, &seen); err != nil {
			return err
		}
		f := FailedStage{Stage: st.Name, Why: failedText(seen, failed), URL: failed[0].URL}
		if r, a, ok := seen.rejection(); ok {
			f.URL, f.RejectedBy = r.URL, a.who()
		}
		l.Failed = append(l.Failed, f)
	}
	return nil
}

// surveyMissing looks for what a stage whose runs have succeeded was to publish. A
// name that holds one version after the other tells nothing of this one.
func (e *Engine) surveyMissing(ctx context.Context, l *LineSurvey, seen StageState) error {
	if !allOver(seen) || len(seen.unseen()) > 0 || len(seen.Runs) == 0 {
		return nil
	}
	for _, r := range seen.Runs {
		if e.Now().Sub(r.Run.Updated) < publishPatience {
			return nil // registries answer from caches
		}
	}
	var missing []text.Safe
	for _, a := range seen.Stage.Artifacts {
		if a.Mutable {
			continue
		}
		pub, err := e.ports.Shelf.Look(ctx, a)
		if err != nil {
			return err
		}
		if !pub.Exists {
			missing = append(missing, text.Clean(a.String()))
		}
	}
	if len(missing) > 0 {
		l.Failed = append(l.Failed, FailedStage{Stage: seen.Stage.Name, URL: seen.Runs[0].Run.URL,
			Why: text.Cleanf("the runs succeeded, and %d of %d artifacts are not published: %s",
				len(missing), len(seen.Stage.Artifacts), text.Join(missing, ", "))})
	}
	return nil
}

// seenIn is a claimed stage with those of runs that are its own.
func (e *Engine) seenIn(st Stage, c Claimed, runs []Run) StageState {
	seen := StageState{Stage: st, Claim: &c}
	mine := ours(seen, runs)
	if e.justNow(c.At) {
		mine = seen.withoutForeign(mine)
	}
	for _, r := range mine {
		seen.Runs = append(seen.Runs, RunState{Run: r})
	}
	return seen
}

// answersTo reads who answered the gates of a stage's failed runs, and what their
// jobs did: that alone tells a rejection from a failure. A token that may not see it
// is told of a failure.
func (e *Engine) answersTo(ctx context.Context, st *StageState) error {
	for i := range st.Runs {
		r := &st.Runs[i]
		if r.Run.Status != StatusCompleted || r.Run.Conclusion != conclusionFailure {
			continue
		}
		answers, err := e.ports.Forge.Approvals(ctx, st.Stage.Repo, r.Run.ID)
		if err != nil && !hidden(err) {
			return err
		}
		if len(answers) == 0 {
			continue
		}
		jobs, err := e.ports.Forge.Jobs(ctx, st.Stage.Repo, r.Run.ID)
		if err != nil {
			return err
		}
		r.Approvals = answers
		for _, j := range jobs {
			r.Jobs = append(r.Jobs, JobState{Job: j})
		}
	}
	return nil
}

// AfterFailure is the next step after the line's last release failed: what it is for,
// and the arguments of the command line that takes it. Whoever rejected a gate is not
// asked to agree with themselves.
func (l LineSurvey) AfterFailure(viewer text.Safe) (what, args string) {
	i := slices.IndexFunc(l.Failed, func(f FailedStage) bool { return !f.RejectedBy.IsZero() })
	switch {
	case i < 0 || l.InFlight() > 0:
		return "see why with", "attach " + l.Last
	case l.Failed[i].RejectedBy == viewer:
		return "to release after all, go on with", "release " + l.Last + " --resume --rerun-failed"
	}
	return text.Cleanf("once %s agrees, go on with", l.Failed[i].RejectedBy).String(), "release " + l.Last + " --resume --rerun-failed"
}

// Failure says how the line's last release failed; empty when it did not.
func (l LineSurvey) Failure() text.Safe {
	var all []text.Safe
	for _, f := range l.Failed {
		all = append(all, text.Cleanf("stage %s: %s", f.Stage, f.Why))
	}
	return text.Join(all, "; ")
}

// goOn says of a line's last release that is not over how to go on with it, for
// inWorld; empty where nothing is known to be left of it.
func (e *Engine) goOn(l LineSurvey) string {
	switch {
	case l.goesOn():
		return text.Cleanf("%s is in flight: watch it with `twokey attach %s`", l.Last, l.Last).String()
	case len(l.Failed) > 0:
		what, args := l.AfterFailure(e.opened().Viewer)
		return text.Cleanf("%s failed: %s; %s `twokey %s`", l.Last, l.Failure(), what, args).String()
	case l.Unfinished != nil:
		return text.Cleanf("%s was begun, and nobody has started %s: go on with it with `twokey release %s --resume`", l.Last,
			inWords(l.Unfinished.Stages), l.Last).String()
	}
	return ""
}

// begunBefore keeps how to go on with the release of a plan, where the survey shows
// that it was begun before.
func (e *Engine) begunBefore(s Survey, p Plan) {
	e.onward = ""
	if l, ok := s.Line(p.Line); ok && l.Last == p.Version {
		e.onward = e.goOn(l)
	}
}

// Onward says how to go on with the release that was planned last, where it was begun
// before and so can not be begun; empty for one that can. Nothing is read.
func (e *Engine) Onward() string { return e.inWorld(e.onward) }
