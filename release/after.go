package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// The checks of a plan that are due after the release are looked at once every stage
// is done. A page may take a while to be built from what was released, so that what is
// not there yet is looked at again, less and less often.

const (
	// afterPatience is how long after the release such a page may take to appear.
	afterPatience = 15 * time.Minute
	// afterPause is between the first two looks, and afterRare the longest between two.
	afterPause = 10 * time.Second
	afterRare  = time.Minute
)

// afterWatch is what a watch remembers of the checks that are due after the release.
// Its times are of watch.now.
type afterWatch struct {
	began  time.Time // when they were first looked at; zero before
	looked time.Time // when they were last looked at
	pause  time.Duration
	seen   map[string]AfterChecked // the last look at each, by its ID
	told   bool                    // that something is looked at again
}

// over tells whether all of a plan's checks that are due after it were looked at to
// the end.
func (a *afterWatch) over(p Plan) bool {
	return !slices.ContainsFunc(p.Checks, a.due)
}

// due tells whether a check is still to be looked at after the release.
func (a *afterWatch) due(own checks.Own) bool {
	seen, looked := a.seen[own.ID]
	return own.When == checks.After && (!looked || seen.Again)
}

// lookAfter looks at the checks that are due after the release, when there is nothing
// else left to do.
func (w *watch) lookAfter(ctx context.Context) error {
	a := &w.after
	if a.over(w.plan) || !w.allDone() || !a.looked.IsZero() && w.now.Sub(a.looked) < a.pause {
		return nil
	}
	if a.began.IsZero() {
		a.began, a.pause, a.seen = w.now, afterPause, map[string]AfterChecked{}
	} else {
		a.pause = min(a.pause*3/2, afterRare)
	}
	snap := w.e.snapshotAfter(ctx, w.plan, a.due)
	if err := ctx.Err(); err != nil { // what was read then is no answer
		return err
	}
	a.looked = w.now
	last := w.now.Sub(a.began) >= w.afterPatience()
	for _, c := range checks.ForAfter(snap.Subject) {
		i := slices.IndexFunc(w.plan.Checks, func(o checks.Own) bool { return o.ID == c.ID })
		if i < 0 || !a.due(w.plan.Checks[i]) {
			continue
		}
		f := checks.Run(c, snap)
		f.Remedy = w.e.inWorld(f.Remedy)
		now := AfterChecked{Finding: f, Again: !last && unsettled(f) && mayCome(w.plan.Checks[i].Kind, i, snap)}
		was, looked := a.seen[c.ID]
		a.seen[c.ID] = now
		if !looked || now.Again != was.Again || f.Outcome != was.Finding.Outcome || f.Summary != was.Finding.Summary {
			w.e.ports.Stream.Emit(now)
		}
	}
	if !a.told && !a.over(w.plan) {
		a.told = true
		w.e.note("every stage is done; what is not there yet is looked at again, for up to %d minutes", int(afterPatience.Minutes()))
	}
	return nil
}

// allDone tells whether every stage is done.
func (w *watch) allDone() bool {
	return !slices.ContainsFunc(w.snapshot(), func(st StageState) bool { return st.Status != StageDoneOK })
}

// afterPatience is how long something may take to appear that the release makes. What
// is not there long after it does not come any more.
func (w *watch) afterPatience() time.Duration {
	last := w.lastSign()
	switch {
	case w.past:
		return 0
	case last.IsZero() || last.After(w.began):
		return afterPatience
	}
	return max(0, afterPatience-w.began.Sub(last))
}

// snapshotAfter reads what the checks that are due are about.
func (e *Engine) snapshotAfter(ctx context.Context, p Plan, due func(checks.Own) bool) *checks.Snapshot {
	snap := &checks.Snapshot{Subject: e.subject(p), Stages: make([]checks.StageFacts, len(p.Stages))}
	_ = e.give(&snap.Subject, true) // what can not be meant was refused when the session began
	snap.Subject.Onward = ""        // nothing is begun again
	snap.OwnPages = e.pages(ctx, p, due)
	if slices.ContainsFunc(p.Checks, func(o checks.Own) bool { return due(o) && o.Kind.LooksAtOpen() }) {
		snap.OwnOpen = e.ports.Forge.Open(ctx, p, checks.After)
	}
	snap.Taken = e.ports.Clock.Now()
	return snap
}

// mayCome tells whether the i-th check may say something else a little later without
// anybody doing anything: a page is built, or what could not be read is read.
func mayCome(kind checks.OwnKind, i int, s *checks.Snapshot) bool {
	switch {
	case kind == checks.OwnURL: // a host can be down, or new
		return true
	case kind.LooksAtOpen() && i < len(s.OwnOpen):
		_, read := s.OwnOpen[i].Get()
		return !read && s.OwnOpen[i].Missing().Next == checks.TryAgain
	}
	return false
}

// unsettled tells whether a finding is not as the plan wants it. What nobody could see
// is not.
func unsettled(f checks.Finding) bool {
	return f.Waiver == nil && (f.Outcome == checks.Fail || f.Outcome == checks.Unknown)
}

// afterEnds are the checks that were due after the release as they stood, in the order in
// which they were looked at.
func (w *watch) afterEnds() []AfterEnd {
	var out []AfterEnd
	for _, own := range w.plan.Checks {
		seen, looked := w.after.seen[own.ID]
		if !looked || own.When != checks.After {
			continue
		}
		end := AfterEnd{Check: own.ID, Outcome: seen.Finding.Outcome, Summary: seen.Finding.Summary}
		end.ForYou = unsettled(seen.Finding) && own.Kind == checks.OwnManual
		end.Open = unsettled(seen.Finding) && !end.ForYou
		out = append(out, end)
	}
	return out
}

// finishDone ends a release whose stages are all done. Where a check that was due after
// it is not as the plan wants it, the release is done all the same, and the error says
// what is left.
func (w *watch) finishDone() error {
	var open, mine []AfterEnd
	for _, end := range w.afterEnds() {
		switch {
		case end.Open:
			open = append(open, end)
		case end.ForYou:
			mine = append(mine, end)
		}
	}
	hint := w.afterHint(open, mine)
	if len(open) == 0 {
		w.finish(Done, unlookedAt(w.plan), text.Clean(hint))
		return nil
	}
	why := text.Cleanf("it is released, and %s", notAsAsked(open))
	w.finish(Done, why, text.Clean(hint))
	return &Error{Kind: KindAfter, Op: "release " + w.plan.Version, Err: errors.New(why.String()), Hint: hint}
}

// notAsAsked names the first of the checks that are not as the plan wants it.
func notAsAsked(open []AfterEnd) text.Safe {
	words := text.Cleanf("%s is not as the plan asks: %s", open[0].Check, open[0].Summary)
	if open[0].Outcome == checks.Unknown {
		words = text.Cleanf("%s could not be seen: %s", open[0].Check, open[0].Summary)
	}
	if n := len(open) - 1; n > 0 {
		words = text.Cleanf("%s (and %d more)", words, n)
	}
	return words
}

// afterHint is what is left to do after a release that is done; empty when nothing is.
// Nothing that was released is to be done again.
func (w *watch) afterHint(open, mine []AfterEnd) string {
	hint := ""
	if len(open) > 0 {
		remedy := w.after.seen[open[0].Check].Finding.Remedy
		hint = w.e.back(remedy+"; nothing has to be released again: look again with", "attach %s", w.plan.Version)
		if w.e.opened().Ends {
			hint = remedy + "; nothing has to be released again; " + worldEnds
		}
	}
	if len(mine) == 0 {
		return hint
	}
	var todo []text.Safe
	confirm := ""
	for _, end := range mine {
		i := slices.IndexFunc(w.plan.Checks, func(o checks.Own) bool { return o.ID == end.Check })
		todo = append(todo, text.Clean(w.plan.Checks[i].String()))
		confirm += " --confirm " + end.Check
	}
	if hint != "" {
		hint += "; "
	}
	hint += fmt.Sprintf("see to: %s", text.Join(todo, "; "))
	if line := w.e.line("attach %s%s", w.plan.Version, confirm); line != "" {
		hint += "; say so with `" + line + "`"
	}
	return hint
}

// applyAfter keeps the last look at a check. The list is a copy: whoever has the state
// as it stood may still go over it.
func (s *State) applyAfter(ev AfterChecked) {
	s.After = slices.Clone(s.After)
	i := slices.IndexFunc(s.After, func(a AfterChecked) bool { return a.Finding.ID == ev.Finding.ID })
	if i < 0 {
		s.After = append(s.After, ev)
		return
	}
	s.After[i] = ev
}
