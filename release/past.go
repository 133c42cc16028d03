package release

import (
	"context"
	"errors"
	"time"

	"twokey/checks/text"
)

// A release can be looked at long after it was made. GitHub deletes runs after a
// while, and a tag that somebody made by hand may have started other workflows than
// the plan names today. So there is nothing to wait for then: what runs there still
// are is read once, and where one is missing, what is published decides.

// longPast is how long after its claim a stage is no longer waited for. A tag that is
// made by hand may be pushed later than it was made, but seldom this much later.
const longPast = time.Hour

// A stage's claim is looked for every claimPause while it is likely to come, and
// every claimRare once it was awaited for claimSoon.
const (
	claimPause = 5 * time.Second
	claimSoon  = 30 * time.Second
	claimRare  = 15 * time.Second
)

// claimDue tells whether the claim of a stage is to be looked for in this round. One
// that is not there costs a request each time, so that the looks grow rare.
func (w *watch) claimDue(stage string) bool {
	s := w.stages[stage]
	if s.awaited.IsZero() {
		s.awaited = w.now
	}
	pause := claimPause
	if w.now.Sub(s.awaited) >= claimSoon {
		pause = claimRare
	}
	if !s.claim.IsZero() && w.now.Sub(s.claim) < pause {
		return false
	}
	s.claim = w.now
	return true
}

// look finds the claim of a stage that somebody else triggers.
func (w *watch) look(ctx context.Context, st StageState) error {
	name := st.Stage.Name
	if !w.claimDue(name) {
		return nil
	}
	c, err := w.e.ports.Forge.Claim(ctx, st.Stage.Repo, st.Stage.ClaimRef(w.plan.Version))
	if err == nil && !w.plan.owns(c) {
		err = ErrNotFound // ours is not there
	}
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		w.stages[name].claim = time.Time{} // nothing was seen
		return err
	case w.past && (err != nil || c.SHA != st.Stage.SHA): // its plan is a guess
		return w.unclaimed(ctx, st)
	case err != nil:
		return nil
	case c.SHA != st.Stage.SHA:
		w.fail(name, text.Cleanf("%s leads to %s, not to %s", c.Ref, short(c.SHA), short(st.Stage.SHA)))
		return nil
	}
	seen := c.seen(st.Stage)
	w.e.ports.Stream.Emit(seen)
	t := Triggered{Stage: name, Trigger: st.Stage.Trigger}
	if t.Trigger == TriggerDispatch {
		t.RunIDs = w.e.remember(w.plan, st.Stage, seen.Nonce, false).runs
	}
	w.e.ports.Stream.Emit(t)
	w.stages[name].since = w.now
	w.stages[name].past = !c.At.IsZero() && w.stages[name].since.Sub(c.At) > longPast
	w.past = w.past || w.stages[name].past && !seen.Noted
	return nil
}

// unclaimed ends a stage of which nothing is known but what is published.
func (w *watch) unclaimed(ctx context.Context, st StageState) error {
	missing, err := w.artifacts(ctx, st, true)
	if err != nil {
		return err
	}
	return w.byArtifacts(ctx, st, text.Clean("how it was started is not known"), missing)
}

// byArtifacts ends a stage by what is published alone, and by what that is; why says
// what else is not known. A stage that publishes nothing has nothing to show for itself.
func (w *watch) byArtifacts(ctx context.Context, st StageState, why text.Safe, missing []text.Safe) error {
	switch {
	case len(st.Artifacts) == 0:
		w.fail(st.Stage.Name, text.Cleanf("%s, and it publishes nothing that could be looked at", why))
	case len(missing) > 0:
		w.fail(st.Stage.Name, text.Cleanf("%s, and %d of %d artifacts could not be confirmed: %s",
			why, len(missing), len(st.Artifacts), text.Join(missing, ", ")))
	default:
		if s := w.stages[st.Stage.Name]; !s.judged {
			s.judged = true
			w.e.note("stage %s: %s; it is judged by what is published", st.Stage.Name, why)
		}
		return w.prove(ctx, st)
	}
	return nil
}

// still tells whether nothing had happened for so long when the watch began that
// whoever released is not about to start another stage.
func (w *watch) still() bool {
	last := w.lastSign()
	return !last.IsZero() && w.began.Sub(last) > longPast
}

// lastSign is when something was last seen to happen to the release; zero when nothing
// tells.
func (w *watch) lastSign() time.Time {
	var last time.Time
	for _, st := range w.snapshot() {
		if st.Claim != nil && st.Claim.At.After(last) {
			last = st.Claim.At
		}
		for _, r := range st.Runs {
			if r.Run.Updated.After(last) {
				last = r.Run.Updated
			}
		}
	}
	return last
}
