package release

import (
	"errors"
	"fmt"
	"slices"

	"twokey/checks/text"
)

// begun tells whether anything of the release exists on GitHub: this watch has seen
// a claim, or InFlight had before it.
func (w *watch) begun() bool {
	return len(w.e.started) > 0 || slices.ContainsFunc(w.snapshot(), func(st StageState) bool { return st.Claim != nil })
}

// passes tells whether an error of starting a stage is none of the stage's: a read
// failed, and something of the release exists, so that the watch goes on with it.
func (w *watch) passes(stage string, err error) bool {
	_, later := errors.AsType[*unsent](err)
	return w.begun() && (later || errors.Is(err, ErrUnauthorized) && w.untouched(stage))
}

// untouched tells whether nothing of a stage was done.
func (w *watch) untouched(stage string) bool {
	return slices.ContainsFunc(w.snapshot(), func(st StageState) bool { return st.Stage.Name == stage && w.unstarted(st) })
}

// unstarted tells whether nothing of a stage was done: nothing was even said to be
// sent, or what was sent to claim it certainly did nothing, or an earlier watch of this
// session left it so and this one has not looked yet.
func (w *watch) unstarted(st StageState) bool {
	s := w.stages[st.Stage.Name]
	_, nothing := errors.AsType[*idle](s.err)
	return st.Status == StageWaiting || (nothing || s.leftover) && st.Status == StageClaiming && st.Claim == nil
}

// refuse ends what could not be started. A stage that is untouched has not failed: it
// was not started, and waits for whoever resumes.
func (w *watch) refuse(stage string, err error) {
	w.stages[stage].err = err
	if KindOf(err) == KindLeft { // whoever has it goes on with it
		return
	}
	_, unread := errors.AsType[*unsent](err)
	_, nothing := errors.AsType[*idle](err)
	if w.untouched(stage) && (unread || nothing || KindOf(err) == KindNoGo) {
		w.e.note("stage %s is not started: %v", stage, err)
		return
	}
	w.fail(stage, text.Clean(err.Error()))
}

// refused tells whether a stage was not started, and will not be by this watch.
func (w *watch) refused(st StageState) bool {
	return w.unstarted(st) && w.stages[st.Stage.Name].err != nil
}

// theirs tells whether somebody else releases a stage now, so that this watch has
// nothing to do with it.
func (w *watch) theirs(st StageState) bool {
	err := w.stages[st.Stage.Name].err
	return err != nil && KindOf(err) == KindLeft
}

// finishTheirs ends a release that somebody else goes on with.
func (w *watch) finishTheirs(st StageState) error {
	err := w.stages[st.Stage.Name].err
	hint := HintOf(err)
	w.finish(Left, text.Cleanf("stage %s: %v", st.Stage.Name, err), text.Clean(hint))
	return &Error{Kind: KindLeft, Op: fmt.Sprintf("release %s: stage %s", w.plan.Version, st.Stage.Name),
		Err: err, Hint: hint}
}

// tellStarted says of the stages that were started before this session, and that it
// could not look at any more, that they were: they wait for nobody.
func (w *watch) tellStarted() (names []string) {
	for _, st := range w.snapshot() {
		name := st.Stage.Name
		if st.Status != StageWaiting || !w.e.started[name] || len(w.e.rest[name]) > 0 {
			continue
		}
		w.e.ports.Stream.Emit(w.e.claims[name])
		w.e.ports.Stream.Emit(Triggered{Stage: name, Trigger: st.Stage.Trigger})
		names = append(names, name)
	}
	return names
}

// unlooked is the next action where stages were started before, and could not be
// looked at.
func (w *watch) unlooked(names []string) string {
	was := "was"
	if len(names) > 1 {
		was = "were"
	}
	return w.e.back(fmt.Sprintf("%s %s started before, and what was started goes on or is published; once GitHub can be read, go on with",
		inWords(names), was), "release %s --resume", w.plan.Version)
}
