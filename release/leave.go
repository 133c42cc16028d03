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

// hint is the one safe next action after a failure.
func (w *watch) hint(failed []StageState) string {
	for _, st := range failed {
		if r, a, ok := st.rejection(); ok {
			return w.rejectedHint(r, a)
		}
	}
	for _, st := range failed {
		if runs := st.ambiguous(); len(runs) > 0 {
			return w.undecidedHint(runs)
		}
		for _, r := range failedRuns(st) {
			return w.then(fmt.Sprintf("read the log at %s; if re-running the failed jobs is safe, do that", r.URL))
		}
	}
	for _, st := range failed {
		if rest := w.e.rest[st.Stage.Name]; !w.act && len(rest) > 0 && len(st.Runs) == 0 {
			return w.e.back(fmt.Sprintf("nobody has sent what starts stage %s (%s); send it with", st.Stage.Name, rest[0].What()),
				"release %s --resume", w.plan.Version)
		}
	}
	if first := failed[0]; w.stages[first.Stage.Name].past && first.Claim != nil && first.Claim.Noted && len(first.unseen()) > 0 {
		return w.then(fmt.Sprintf("look at %s and at what is published, or ask whoever released it", actionsPage(first.Stage.Repo, first.unseen()[0])))
	}
	if w.past || w.stages[failed[0].Stage.Name].past {
		if slices.ContainsFunc(failed, StageState.untold) {
			return "fetch what is there and look which version it holds, or ask whoever released it; twokey can not tell more from here"
		}
		return "ask whoever released it; nothing more can be seen of it from here"
	}
	for _, st := range failed {
		late := st.unseen()
		if len(late) > 0 && st.Trigger != nil && st.Stage.Trigger == TriggerDispatch {
			return w.unseenHint(st, late[0])
		}
		if len(late) > 0 && st.Trigger != nil {
			return fmt.Sprintf("look at %s: the workflow may be disabled, or its triggers leave out %s; ",
				actionsPage(st.Stage.Repo, late[0]), st.Stage.triggeredBy()) +
				w.e.back("if a run appears after all, watch it with", "attach %s", w.plan.Version)
		}
	}
	return w.then("nothing was undone for you; see what is published above")
}

// rejectedHint is the next action after somebody rejected an environment: that the
// same run is asked for again, once they agree. Watching it alone changes nothing.
func (w *watch) rejectedHint(r Run, a Approval) string {
	o := w.e.opened()
	first := text.Cleanf("talk to %s; once they agree", a.who())
	if a.By == o.Viewer && !a.By.IsZero() {
		first = text.Clean("to release after all")
	}
	again := w.e.line("release %s --resume --rerun-failed", w.plan.Version)
	if again == "" {
		return first.String() + ", have the failed jobs run again and approve them; " + worldEnds
	}
	return text.Cleanf("%s, have the failed jobs of %s run again with `%s`, and approve them", first, r.URL, again).String()
}

// untold tells whether an artifact of the stage is there and may be another release's.
func (st StageState) untold() bool {
	return slices.ContainsFunc(st.Artifacts, func(a ArtifactState) bool { return a.Missing == text.Clean(untold) })
}

// then is a hint that ends with watching the release again.
func (w *watch) then(first string) string {
	if line := w.e.line("attach %s", w.plan.Version); line != "" {
		return first + ", then `" + line + "`"
	}
	return first + "; " + worldEnds
}

// actionsPage is where people see a workflow's runs, and whether it is disabled.
func actionsPage(r Repo, workflow string) string {
	return fmt.Sprintf("https://%s/%s/actions/workflows/%s", cmp.Or(r.Host, "github.com"), r, url.PathEscape(workflow))
}

// runPage is where people see a run.
func runPage(r Repo, id int64) string {
	return fmt.Sprintf("https://%s/%s/actions/runs/%d", cmp.Or(r.Host, "github.com"), r, id)
}

// left ends the watch while the release goes on, or before anything was started.
func (w *watch) left(cause error) error {
	acted := func(st StageState) bool { return !w.unstarted(st) }
	if w.act && !w.begun() && !slices.ContainsFunc(w.snapshot(), acted) {
		w.finish(Cancelled, text.Clean("nothing was started"), text.Safe{})
		return &Error{Kind: KindCancelled, Op: "release " + w.plan.Version, Err: errors.New("nothing was started")}
	}
	before := w.tellStarted()
	hint := w.goesOn()
	if len(before) > 0 && !errors.Is(cause, context.Canceled) {
		hint = w.unlooked(before)
	}
	why := errors.New("no longer watched")
	if w.allDone() {
		why = errors.New("every stage is done; what is due after the release was not looked at to the end")
	}
	kind := KindLeft
	if !errors.Is(cause, context.Canceled) {
		why = cause
		if errors.Is(cause, ErrUnauthorized) {
			kind = KindAuth
			why = fmt.Errorf("the token is good no longer: %w", cause)
			hint = HintOf(cause) + "; " + hint
		}
	}
	for _, st := range w.stuck() {
		err := w.stages[st.Stage.Name].err
		why = fmt.Errorf("%w; stage %s: %w", why, st.Stage.Name, err)
		next := cmp.Or(HintOf(err), w.e.back("look what became of it, then go on with", "release %s --resume", w.plan.Version))
		hint += fmt.Sprintf("; of stage %s: %s", st.Stage.Name, next)
	}
	w.finish(Left, text.Clean(why.Error()), text.Clean(hint))
	return &Error{Kind: kind, Op: "release " + w.plan.Version, Err: why, Hint: hint}
}

// stuck are the stages of which something was sent, and whose start failed then, or
// that of some workflows.
func (w *watch) stuck() (out []StageState) {
	for _, st := range w.snapshot() {
		if w.stages[st.Stage.Name].err != nil && !w.unstarted(st) && !w.theirs(st) {
			out = append(out, st)
		}
	}
	return out
}

// goesOn says what goes on without a watcher and what does not: CI finishes what
// was started, and starts no other stage by itself.
func (w *watch) goesOn() string {
	var running, waiting []string
	for _, st := range w.snapshot() {
		switch {
		case w.unstarted(st):
			waiting = append(waiting, st.Stage.Name)
		case st.running():
			running = append(running, st.Stage.Name)
		}
	}
	o := w.e.opened()
	attach, resume := w.e.line("attach %s", w.plan.Version), w.e.line("release %s --resume", w.plan.Version)
	starts := fmt.Sprintf("%s %s started only by `%s`", inWords(waiting), are(waiting), resume)
	if !w.act { // whoever releases may still be there
		starts = fmt.Sprintf("%s %s started by whoever releases, or by `%s`", inWords(waiting), are(waiting), resume)
	}
	switch {
	case o.Ends:
		return worldEnds + "; to leave one and come back, serve it with `twokey rehearse --listen unix:PATH`"
	case w.allDone():
		return fmt.Sprintf("look at it again with `%s`", attach)
	case len(waiting) == 0 && len(running) == 0:
		return fmt.Sprintf("CI is through; see what is published with `%s`", attach)
	case len(waiting) == 0 && len(w.stuck()) == 0:
		return fmt.Sprintf("the release goes on; rejoin it with `%s`", attach)
	case len(waiting) == 0:
		return fmt.Sprintf("CI goes on with %s; rejoin it with `%s`", inWords(running), attach)
	case len(running) == 0:
		return fmt.Sprintf("nothing runs now: %s", starts)
	}
	return fmt.Sprintf("CI goes on with %s; rejoin it with `%s`; %s", inWords(running), attach, starts)
}

// running tells whether CI goes on with the stage: a run is not over, or may not
// have appeared yet.
func (st StageState) running() bool { return st.Status == StageStarted || !allOver(st) }

// inWords are names as people list them: a, b and c.
func inWords(names []string) string {
	all := text.CleanAll(names)
	if n := len(all); n > 1 {
		return text.Join(all[:n-1], ", ").String() + " and " + all[n-1].String()
	}
	return text.Join(all, "").String()
}

func are(names []string) string {
	if len(names) == 1 {
		return "is"
	}
	return "are"
}
