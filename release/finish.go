package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"twokey/checks/text"
)

// ended emits Finished when there is nothing left to wait for.
func (w *watch) ended() (bool, error) {
	var failed, open, waiting []StageState
	for _, st := range w.snapshot() {
		switch st.Status {
		case StageDoneOK:
		case StageFailed:
			if w.e.rerunning(st.Stage.Name) {
				return false, nil
			}
			failed = append(failed, st)
		case StageWaiting:
			waiting = append(waiting, st)
		default:
			open = append(open, st)
		}
	}
	if w.act && slices.ContainsFunc(waiting, w.ready) {
		return false, nil // the next round triggers it
	}
	switch {
	case len(open) > 0:
		return false, nil
	case len(failed) > 0:
		return true, w.finishFailed(failed)
	case len(waiting) == 0:
		w.finish(Done, text.Safe{}, text.Safe{})
		return true, nil
	}
	return w.nobody(waiting)
}

// ready tells whether a waiting stage has all that it needs.
func (w *watch) ready(st StageState) bool { return allPlaced(st.Stage.Needs, doneStages(w.snapshot())) }

// nobody ends an attached watch when no stage goes on and nobody starts the next.
func (w *watch) nobody(waiting []StageState) (bool, error) {
	now := w.e.ports.Clock.Now()
	if w.idle.IsZero() {
		w.idle = now
	}
	if now.Sub(w.idle) < stagePatience {
		return false, nil
	}
	var names []text.Safe
	for _, st := range waiting {
		names = append(names, text.Clean(st.Stage.Name))
	}
	why := text.Cleanf("nobody has started %s", text.Join(names, ", "))
	hint := fmt.Sprintf("if nobody else is releasing, go on with `twokey release %s --resume`", w.plan.Version)
	w.finish(Left, why, text.Clean(hint))
	return true, &Error{Kind: KindLeft, Op: "release " + w.plan.Version, Err: errors.New(why.String()), Hint: hint}
}

// finishFailed ends the release as failed, with the first failure as its reason.
func (w *watch) finishFailed(failed []StageState) error {
	first := failed[0]
	err := w.stages[first.Stage.Name].err
	out := &Error{Kind: KindFailed, Op: fmt.Sprintf("release %s: stage %s", w.plan.Version, first.Stage.Name),
		Err: errors.New(first.Why.String())}
	if err != nil {
		out.Hint = HintOf(err)
		switch k := KindOf(err); {
		case k == KindNoGo && begun(w.snapshot()): // no-go means that nothing was started
			out.Hint = fmt.Sprintf("other stages are released already; look at what changed in %s, "+
				"and finish by hand what twokey can not: it only starts what was checked", first.Stage.Repo)
		case k == KindNoGo, k == KindAuth:
			out.Kind = k
		}
	}
	if out.Hint == "" {
		out.Hint = w.hint(failed)
	}
	outcome := Failed
	if out.Kind == KindNoGo {
		outcome = NoGo
	}
	w.finish(outcome, text.Cleanf("stage %s: %s", first.Stage.Name, first.Why), text.Clean(out.Hint))
	return out
}

// hint is the one safe next action after a failure.
func (w *watch) hint(failed []StageState) string {
	attach := fmt.Sprintf("`twokey attach %s`", w.plan.Version)
	for _, st := range failed {
		for _, r := range failedRuns(st) {
			return fmt.Sprintf("read the log at %s; if re-running the failed jobs is safe, do that, then %s", r.URL, attach)
		}
	}
	for _, st := range failed {
		if late := st.unseen(); len(late) > 0 && st.Trigger != nil {
			return fmt.Sprintf("look at %s: the workflow may be disabled, or its triggers leave out %s; "+
				"if a run appears after all, %s", actionsPage(st.Stage.Repo, late[0]), st.Stage.triggeredBy(), attach)
		}
	}
	return "nothing was undone for you; see what is published above, then " + attach
}

// actionsPage is where people see a workflow's runs, and whether it is disabled.
func actionsPage(r Repo, workflow string) string {
	return fmt.Sprintf("https://%s/%s/actions/workflows/%s", cmp.Or(r.Host, "github.com"), r, url.PathEscape(workflow))
}

// left ends the watch while the release goes on, or before anything was started.
func (w *watch) left(cause error) error {
	acting := false
	w.e.ports.Stream.View(func(s *State) {
		acting = s.Acting || !w.act
		for _, st := range s.Stages {
			acting = acting || st.Claim != nil
		}
	})
	if !acting {
		w.finish(Cancelled, text.Clean("nothing was started"), text.Safe{})
		return &Error{Kind: KindCancelled, Op: "release " + w.plan.Version, Err: errors.New("nothing was started")}
	}
	hint := fmt.Sprintf("the release goes on; rejoin it with `twokey attach %s`", w.plan.Version)
	why := errors.New("no longer watched")
	kind := KindLeft
	if !errors.Is(cause, context.Canceled) {
		why = cause
		if errors.Is(cause, ErrUnauthorized) {
			kind = KindAuth
		}
	}
	w.finish(Left, text.Clean(why.Error()), text.Clean(hint))
	return &Error{Kind: kind, Op: "release " + w.plan.Version, Err: why, Hint: hint}
}

// finish emits the last event.
func (w *watch) finish(o Outcome, why, hint text.Safe) {
	w.e.budget(true)
	w.e.ports.Stream.Emit(w.finished(o, why, hint))
}

// finished is the last event: how each stage and artifact stands.
func (w *watch) finished(o Outcome, why, hint text.Safe) Finished {
	f := Finished{Outcome: o, Why: why, Hint: hint, Version: w.plan.Version, Tag: w.plan.Tag}
	for _, st := range w.snapshot() {
		end := StageEnd{Stage: st.Stage.Name, Repo: st.Stage.Repo.String(), State: st.Status}
		switch st.Status {
		case StageDoneOK:
			end.Outcome = Done
		case StageFailed:
			end.Outcome = Failed
		case StageWaiting:
			f.Waiting = append(f.Waiting, st.Stage.Name)
		case StageStarted:
			f.Running = true // a run of it may not have appeared yet
		}
		f.Running = f.Running || !allOver(st)
		for _, a := range st.Artifacts {
			line := ArtifactLine{Artifact: a.Artifact.String(), Found: a.Published != nil,
				Looked: a.Published != nil || !a.Missing.IsZero()}
			if a.Published != nil {
				line.URL, line.Digest = a.Published.URL, a.Published.Digest
			}
			end.Found = append(end.Found, line)
		}
		f.Stages = append(f.Stages, end)
	}
	return f
}
