package release

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"twokey/checks/text"
)

// rejoin takes up a stage that is claimed already, at the planned commit. It sends
// only what was said to be sent, and what certainly was not sent before.
func (e *Engine) rejoin(ctx context.Context, p Plan, st Stage, c Claim) error {
	if c.SHA != st.SHA {
		return &Error{
			Err:  fmt.Errorf("%s leads to %s, not to the checked %s", c.Ref, short(c.SHA), short(st.SHA)),
			Hint: "find out who moved it; twokey touches no tag that it did not make"}
	}
	seen := c.seen(st)
	var rest []Call
	var err error
	known := map[string]int64{}
	switch st.Trigger {
	case TriggerRelease:
		if e.started[st.Name] && len(e.rest[st.Name]) == 0 {
			break // it was there, and nobody was told that it would be sent
		}
		rest, err = e.unreleased(ctx, p, st, seen)
	case TriggerDispatch:
		rest, known, err = e.undispatched(ctx, p, st, seen)
	}
	_, again := errors.AsType[*unsent](err)
	left := workflowsOf(e.rest[st.Name])
	some := st.Trigger == TriggerDispatch && len(left) > 0 && len(left) < len(st.Workflows)
	if err != nil && (again || !some) {
		return err
	}
	// Only now: a stage whose look failed is looked at again.
	e.ports.Stream.Emit(seen)
	if err != nil { // what was started before goes on without the rest
		e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger, RunIDs: known})
		return &partly{err, left}
	}
	if len(rest) == 0 {
		e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger, RunIDs: known})
		return nil
	}
	if err := e.intend(st, rest, "nothing more was started"); err != nil {
		return err
	}
	ctx, cancel := outliving(ctx)
	defer cancel()
	return e.start(ctx, p, st, seen.Nonce, rest, known)
}

// unreleased is the call that creates the GitHub release which starts a claimed
// stage's CI; none when it is there, or was: somebody may have taken it back to
// correct its text, and making it once more would start its runs once more. GitHub
// makes one release of a tag, whoever asks for another.
func (e *Engine) unreleased(ctx context.Context, p Plan, st Stage, c Claimed) ([]Call, error) {
	pub, err := e.ports.Shelf.Look(ctx, releaseOf(st))
	if err != nil {
		return nil, unsentOr(err, "looking for the release "+st.Tag)
	}
	if pub.Exists {
		return nil, nil
	}
	runs, err := e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
	if err != nil {
		return nil, unsentOr(err, "looking for the runs of stage "+st.Name)
	}
	if len(ours(StageState{Stage: st, Claim: &c}, runs)) > 0 {
		e.note("stage %s: the release %s is not there any more, and has started its runs; it is not made again", st.Name, st.Tag)
		return nil, nil
	}
	return stageCalls(p, st, claimNote{})[2:], nil
}

// undispatched are the dispatches of a claimed stage that were said to be sent and
// certainly never were, with the runs that the others are known to have started.
// This session holds the records that prove it until it ends.
func (e *Engine) undispatched(ctx context.Context, p Plan, st Stage, c Claimed) ([]Call, map[string]int64, error) {
	m := e.remember(p, st, c.Nonce, true)
	rest := m.unsent(e.rest[st.Name])
	if len(rest) == 0 {
		if len(e.rest[st.Name]) > 0 {
			e.note("stage %s: another session on this machine is at it, or was; nothing more is sent for it here", st.Name)
		}
		return nil, m.runs, nil
	}
	if err := e.lookAgain(ctx, st, ""); err != nil {
		return nil, m.runs, e.moved(p, st, err)
	}
	runs, err := e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
	if err != nil {
		return nil, m.runs, unsentOr(err, "looking for the runs of stage "+st.Name)
	}
	claimed := StageState{Stage: st, Claim: &c}
	there := ours(claimed, runs)
	rest = slices.DeleteFunc(rest, func(call Call) bool {
		i := slices.IndexFunc(there, func(r Run) bool {
			lost := r.Status == StatusCompleted && r.Conclusion != ConclusionSuccess && claimed.foreign(r)
			return r.Workflow == call.Workflow && !lost
		})
		if i >= 0 {
			e.note("stage %s: %s is not sent: %s has started it as #%d, at the same commit and after the claim: %s", st.Name,
				call.What(), there[i].Actor, there[i].Number, there[i].URL)
		}
		return i >= 0
	})
	return rest, m.runs, nil
}

// moved says of a claimed stage that can not be started at its commit any more how it
// could; other errors stay.
func (e *Engine) moved(p Plan, st Stage, err error) error {
	var out *Error
	if KindOf(err) != KindNoGo || !errors.As(err, &out) {
		return err
	}
	told := *out
	told.Hint = e.back(fmt.Sprintf("a dispatch takes the branch as it is, and the stage is claimed at %s: release another version, or, once %s leads there again, go on with",
		short(st.SHA), text.Clean(st.Branch)), "release %s --resume", p.Version)
	return &told
}

// restOf are the calls that a claimed stage still needs, as far as it is certain
// that they did not act.
func (e *Engine) restOf(ctx context.Context, p Plan, st Stage, c Claimed) ([]Call, error) {
	switch st.Trigger {
	case TriggerRelease:
		rest, err := e.unreleased(ctx, p, st, c)
		return rest, explain(err, fmt.Sprintf("stage %s: release %s", st.Name, st.Tag), "")
	case TriggerDispatch:
		return e.remember(p, st, c.Nonce, false).unsent(stageCalls(p, st, claimNote{Nonce: c.Nonce})), nil
	}
	return nil, nil
}

// releaseOf is the GitHub release that starts a stage's CI.
func releaseOf(st Stage) Artifact {
	return Artifact{Kind: KindGitHubRelease, Name: st.Tag, Repo: st.Repo}
}

// dispatched picks, of the runs that a dispatch may have started, those of one
// workflow that may be the release's: the one that GitHub named, or those that show
// the claim's nonce, or else those of whoever claimed. Where they have none, somebody
// else may have started it for them. Several are ambiguous.
func (st StageState) dispatched(workflow string, runs []Run) []Run {
	pick := func(want func(Run) bool) (out []Run) {
		for _, r := range runs {
			if r.Workflow == workflow && want(r) {
				out = append(out, r)
			}
		}
		return out
	}
	if id := st.startedRun(workflow); id != 0 {
		return pick(func(r Run) bool { return r.ID == id })
	}
	if nonce := st.shownNonce(); nonce != "" {
		return pick(func(r Run) bool { return strings.Contains(r.Title.String(), nonce) })
	}
	if by := st.starter(workflow); !by.IsZero() {
		if own := pick(func(r Run) bool { return r.Actor == by }); len(own) > 0 {
			return own
		}
	}
	return pick(func(Run) bool { return true })
}

// foreign tells whether a run of a dispatched stage was started by somebody else than
// its starter, and nothing shows that it is the release's: they may have been asked
// to start it by hand.
func (st StageState) foreign(r Run) bool {
	return st.Stage.Trigger == TriggerDispatch && st.startedRun(r.Workflow) == 0 && st.shownNonce() == "" &&
		!st.starter(r.Workflow).IsZero() && r.Actor != st.starter(r.Workflow)
}

// starter is the login of whoever has dispatched a workflow, as far as that is known:
// whoever did so just now, else whoever claimed.
func (st StageState) starter(workflow string) text.Safe {
	switch t := st.Trigger; {
	case t != nil && !t.By.IsZero() && slices.Contains(t.Workflows, workflow):
		return t.By
	case st.Claim != nil:
		return st.Claim.Actor
	}
	return text.Safe{}
}

// ownFirst leaves out the runs that somebody else started while the one that whoever
// claimed has started may still appear.
func (w *watch) ownFirst(st StageState, runs []Run) []Run {
	s := w.stages[st.Stage.Name]
	sent := st.Trigger != nil && st.Trigger.Mine
	old := !sent && st.Claim != nil && !st.Claim.At.IsZero() && w.began.Sub(st.Claim.At) >= runPatience
	if old || s.past || s.since.IsZero() || w.now.Sub(s.since) >= runPatience {
		return runs
	}
	return st.withoutForeign(runs)
}

// withoutForeign leaves out the runs that somebody else started, but for those that
// were taken for the release's before.
func (st StageState) withoutForeign(runs []Run) []Run {
	return slices.DeleteFunc(runs, func(r Run) bool { return st.known(r.ID) == nil && st.foreign(r) })
}

// yields tells whether a run that was taken for the release's is none of it after all,
// now that another has appeared: the one that whoever claimed has started.
func (st StageState) yields(r, to Run) bool {
	return r.Workflow == to.Workflow && st.foreign(r) && !st.foreign(to)
}

// tellForeign says whose a run is that is taken for the release's and is not of whoever
// claimed, and that their own takes its place.
func (w *watch) tellForeign(st StageState, r Run) {
	if st.known(r.ID) != nil {
		return
	}
	if st.foreign(r) {
		w.e.note("stage %s: %s #%d was started by %s, not by %s; no other run of it appeared, so that it is taken for this release's",
			st.Stage.Name, r.Workflow, r.Number, r.Actor, st.starter(r.Workflow))
	}
	for _, x := range st.Runs {
		if st.yields(x.Run, r) {
			w.e.note("stage %s: %s #%d of %s has appeared, and is this release's; #%d of %s is not",
				st.Stage.Name, r.Workflow, r.Number, r.Actor, x.Run.Number, x.Run.Actor)
		}
	}
}

// startedRun is the run that a workflow's dispatch was told to have started; 0 when
// that is not known.
func (st StageState) startedRun(workflow string) int64 {
	switch {
	case st.Trigger == nil:
		return 0
	case st.Trigger.RunIDs[workflow] != 0:
		return st.Trigger.RunIDs[workflow]
	case len(st.Stage.Workflows) == 1:
		return st.Trigger.RunID
	}
	return 0
}

// shownNonce is the nonce that the stage's runs show in their titles; empty when
// they show none.
func (st StageState) shownNonce() string {
	if st.Stage.NonceInput == "" || st.Claim == nil {
		return ""
	}
	return st.Claim.Nonce
}

// ambiguous are the runs of a dispatched stage of which it can not be told which
// one is the release's.
func (st StageState) ambiguous() []Run {
	if st.Stage.Trigger != TriggerDispatch {
		return nil
	}
	var seen []Run
	for _, r := range st.Runs {
		seen = append(seen, r.Run)
	}
	for _, w := range st.Stage.Workflows {
		if runs := st.dispatched(w, seen); len(runs) > 1 {
			return runs
		}
	}
	return nil
}

// undecided ends a stage of which it can not be told which of several runs is the
// release's: long ago by what is published, else as failed, with what is published.
func (w *watch) undecided(ctx context.Context, st StageState, runs []Run) error {
	missing, err := w.artifacts(ctx, st, true)
	if err != nil {
		return err
	}
	why := text.Cleanf("%d runs of %s may be this release's, and which one is can not be told", len(runs), runs[0].Workflow)
	if w.stages[st.Stage.Name].past {
		return w.byArtifacts(ctx, st, why, missing)
	}
	w.fail(st.Stage.Name, why)
	return nil
}

// undecidedHint is the next action where runs are ambiguous.
func (w *watch) undecidedHint(runs []Run) string {
	var urls []text.Safe
	for _, r := range runs {
		urls = append(urls, r.URL)
	}
	return fmt.Sprintf("look at %s and at what is published above; nothing is started again for you", text.Join(urls, " and "))
}

// unseenHint is the next action where no run of a dispatch appeared. Whether it
// left is known only where it was sent.
func (w *watch) unseenHint(st StageState, workflow string) string {
	at := actionsPage(st.Stage.Repo, workflow)
	if id := st.startedRun(workflow); id != 0 {
		return w.then(fmt.Sprintf("look at %s: the dispatch started it, and it is not among the runs of %s", runPage(st.Stage.Repo, id), short(st.Stage.SHA)))
	}
	c := st.Claim
	if c != nil {
		all := stageCalls(w.plan, st.Stage, claimNote{Nonce: c.Nonce})
		m := w.e.remember(w.plan, st.Stage, c.Nonce, false)
		switch {
		case len(m.unsent(all)) > 0:
			return w.e.back("its dispatch was never sent; send it with", "release %s --resume", w.plan.Version)
		case m.claimed && !m.over && !m.sent[workflow]:
			return w.then("another session on this machine is at it: look what that does, and close it if it is through")
		}
	}
	nonce := st.shownNonce()
	by := fmt.Sprintf("look at %s: twokey does not send a dispatch twice, and whether this one arrived can not be told; "+
		"if there is no run, and %s is still at %s, start it with `%s`", at, text.Clean(st.Stage.Branch), short(st.Stage.SHA), st.Stage.byHand(workflow, nonce))
	return w.then(by)
}

// plainWord is what a shell reads as itself.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// shellWord quotes a word for a shell.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
