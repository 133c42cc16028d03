package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// ended emits Finished when there is nothing left to wait for.
func (w *watch) ended() (bool, error) {
	var failed, open, waiting, theirs []StageState
	for _, st := range w.snapshot() {
		switch {
		case w.theirs(st):
			theirs = append(theirs, st)
		case st.Status == StageDoneOK:
		case st.Status == StageFailed:
			if w.e.rerunning(st) {
				return false, nil
			}
			failed = append(failed, st)
		case w.refused(st):
			st.Why = text.Clean(w.stages[st.Stage.Name].err.Error())
			failed = append(failed, st)
		case w.unstarted(st):
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
		w.idle = time.Time{}
		return false, nil
	case len(failed) > 0:
		return true, w.finishFailed(failed)
	case len(theirs) > 0:
		return true, w.finishTheirs(theirs[0])
	case len(waiting) == 0 && !w.after.over(w.plan):
		return false, nil
	case len(waiting) == 0:
		return true, w.finishDone()
	}
	return w.nobody(waiting)
}

// unlookedAt is what a release that is done without anything to look at has to say of
// itself: its runs are green, and what they published nobody knows.
func unlookedAt(p Plan) text.Safe {
	if slices.ContainsFunc(p.Stages, func(st Stage) bool { return len(st.Artifacts) > 0 }) {
		return text.Safe{}
	}
	return text.Clean("the plan names no artifact: nothing that is published was looked at")
}

// ready tells whether a waiting stage has all that it needs.
func (w *watch) ready(st StageState) bool { return allPlaced(st.Stage.Needs, doneStages(w.snapshot())) }

// nobody ends an attached watch when no stage goes on and nobody starts the next.
func (w *watch) nobody(waiting []StageState) (bool, error) {
	now := w.now
	var names []text.Safe
	for _, st := range waiting {
		names = append(names, text.Clean(st.Stage.Name))
	}
	if w.idle.IsZero() { // what has just become ready was not looked for yet
		w.idle, w.told, w.sure = now, false, false
		return false, nil
	}
	if now.Sub(w.idle) < stagePatience && !w.still() {
		if !w.told {
			w.told = true
			w.e.note("nothing runs now; waiting %s for somebody to start %s", stagePatience, text.Join(names, ", "))
		}
		return false, nil
	}
	if !w.sure && !w.still() { // they are looked for once more, now
		w.sure = true
		for _, s := range w.stages {
			s.claim = time.Time{}
		}
		return false, nil
	}
	why := text.Cleanf("nobody has started %s", text.Join(names, ", "))
	hint := w.e.back("if nobody else is releasing, go on with", "release %s --resume", w.plan.Version)
	w.finish(Left, why, text.Clean(hint))
	return true, &Error{Kind: KindLeft, Op: "release " + w.plan.Version, Err: errors.New(why.String()), Hint: hint}
}

// finishFailed ends the release as failed, with the first failure as its reason.
func (w *watch) finishFailed(failed []StageState) error {
	first := failed[0]
	err := w.stages[first.Stage.Name].err
	out := &Error{Kind: KindFailed, Op: fmt.Sprintf("release %s: stage %s", w.plan.Version, first.Stage.Name),
		Err: errors.New(first.Why.String())}
	if not, ok := errors.AsType[*unproven](err); ok {
		if out.Hint = not.finding.Remedy; not.finding.Outcome == checks.Unknown { // it is looked at again, and may be as it should
			out.Hint = w.leadBack(out.Hint)
		}
	} else if err != nil {
		out.Hint = HintOf(err)
		switch k := KindOf(err); {
		case k == KindNoGo && w.e.started[first.Stage.Name]: // its claim stays, and so does what that says
		case k == KindNoGo && w.begun(): // no-go means that nothing was started
			out.Hint = w.e.back(fmt.Sprintf("other stages are started already; look at what changed in %s, then check that and go on with",
				first.Stage.Repo), "release %s --resume", w.plan.Version)
		case k == KindNoGo, k == KindAuth:
			out.Kind = k
			out.Hint = w.leadBack(out.Hint)
		default:
			out.Hint = w.leadBack(out.Hint)
		}
	}
	if out.Hint == "" {
		out.Hint = w.hint(failed)
	}
	steps := w.unproven(failed)
	if _, ok := errors.AsType[*unproven](err); !ok || len(steps) == 0 { // else they say the remedy of the finding as well
		steps = append([]string{out.Hint}, steps...)
	}
	out.Hint = strings.Join(steps, "\n")
	outcome := Failed
	if out.Kind == KindNoGo {
		outcome = NoGo
	}
	w.finish(outcome, text.Cleanf("stage %s: %s", first.Stage.Name, first.Why), text.CleanAll(steps)...)
	return out
}

// unproven is what to do about what the failed stages published and could not be proven,
// a step each.
func (w *watch) unproven(failed []StageState) []string {
	var all []judged
	for _, st := range failed {
		if j, ok := w.judged(st); ok {
			all = append(all, j)
		}
	}
	again := fmt.Sprintf("attach %s", w.plan.Version)
	switch {
	case w.e.opened().Ends:
		again = fmt.Sprintf("release %s --yes", w.plan.Version)
	case slices.ContainsFunc(w.snapshot(), w.unstarted):
		again = fmt.Sprintf("release %s --resume", w.plan.Version)
	}
	steps := w.e.setRight(w.plan, all, again)
	if line := w.e.line("verify %s", w.plan.Version); len(steps) > 0 && line != "" {
		steps = append(steps, "see all of it again with `"+line+"`")
	}
	return steps
}

// judged is what was found of what a stage published, where it failed for that.
func (w *watch) judged(st StageState) (judged, bool) {
	_, ok := errors.AsType[*unproven](w.stages[st.Stage.Name].err)
	return judged{stage: st.Stage, findings: st.Findings, there: func(a Artifact) bool {
		return slices.ContainsFunc(st.Artifacts, func(s ArtifactState) bool { return s.Artifact.String() == a.String() && s.Published != nil })
	}}, ok && st.Status == StageFailed
}

// leadBack adds to what an adapter knows to do about a refusal how to come back to a
// release of which something exists.
func (w *watch) leadBack(hint string) string {
	o := w.e.opened()
	line := w.e.line("release %s --resume", w.plan.Version)
	if hint == "" || line == "" || strings.Contains(hint, "`"+o.Anew("")) || !w.begun() {
		return hint
	}
	return hint + ", then go on with `" + line + "`"
}

// finish emits the last event, with what is to be done, a step each.
func (w *watch) finish(o Outcome, why text.Safe, steps ...text.Safe) {
	w.e.budget(true)
	f := w.finished(o, why, text.Join(steps, "; "))
	if len(steps) > 1 {
		f.Next = steps
	}
	w.e.ports.Stream.Emit(f)
}

// finished is the last event: how each stage and artifact stands.
func (w *watch) finished(o Outcome, why, hint text.Safe) Finished {
	f := Finished{Outcome: o, Why: why, Hint: hint, Version: w.plan.Version, Tag: w.plan.Tag}
	f.After = w.afterEnds()
	for _, st := range w.snapshot() {
		end := StageEnd{Stage: st.Stage.Name, Repo: st.Stage.Repo.String(), State: st.Status}
		switch {
		case st.Status == StageDoneOK:
			end.Outcome = Done
		case st.Status == StageFailed:
			end.Outcome = Failed
		case w.unstarted(st):
			f.Waiting = append(f.Waiting, st.Stage.Name)
		}
		f.Running = f.Running || st.running() || w.theirs(st)
		var doubts map[string]checks.Outcome
		if j, ok := w.judged(st); ok {
			doubts = j.unproven()
		}
		for _, a := range st.Artifacts {
			line := ArtifactLine{Artifact: a.Artifact.String(), Found: a.Published != nil, Looked: a.Looked()}
			doubt, doubted := doubts[text.Clean(line.Artifact).String()]
			if line.Unproven = doubted && line.Found; line.Unproven && doubt == checks.Fail {
				line.TakeBack = takeBack(a.Artifact)
			}
			if a.Published != nil {
				line.URL, line.Digest = a.Published.URL, a.Published.Digest
			}
			end.Found = append(end.Found, line)
		}
		f.Stages = append(f.Stages, end)
	}
	return f
}
