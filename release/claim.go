package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks/text"
)

// taken is the error for a claim that is there before ours. It says who has it and
// since when, and how to watch what they do. Where it is known that they release the
// same commit now, the release goes on, and only this session is over.
func (e *Engine) taken(ctx context.Context, p Plan, st Stage, c Claim, created error) error {
	if !p.owns(c) {
		return e.foreign(p, st, c)
	}
	who, when := e.claimant(c), ""
	if !c.At.IsZero() {
		when = " on " + c.At.UTC().Format("2006-01-02 15:04 UTC")
	}
	out := &Error{Op: fmt.Sprintf("%s at %s", c.Ref, short(c.SHA)), Err: takenError("claimed by " + who + when),
		Hint: e.back("watch it with", "attach %s", p.Version)}
	switch {
	case c.SHA != st.SHA:
		out.Hint = fmt.Sprintf("it leads to another commit than the checked %s: find out what was tagged there, and why; %s",
			short(st.SHA), out.Hint)
	case e.inFlight(ctx, st, c, created):
		e.ports.Stream.Emit(c.seen(st))
		e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger}) // for who watches it after all
		out.Kind = KindLeft
		out.Hint = fmt.Sprintf("the release goes on, and stage %s was not started from here; %s", st.Name, out.Hint)
	default:
		out.Hint = fmt.Sprintf("stage %s was not started from here; %s", st.Name, out.Hint)
	}
	return out
}

// claimant is who has a claim. Whoever releases from two places at once is told that
// it is not somebody else.
func (e *Engine) claimant(c Claim) string {
	note, _ := readNote(c.Message)
	viewer := e.opened().Viewer
	switch {
	case isPerson(viewer, cmp.Or(note.By, c.By.String())):
		return "you (" + viewer.String() + "), in another session,"
	case c.By.IsZero():
		return "somebody"
	}
	return c.By.String()
}

// isPerson tells whether a login is that of the viewer.
func isPerson(viewer text.Safe, login string) bool {
	return !viewer.IsZero() && strings.EqualFold(viewer.String(), login)
}

// inFlight tells whether it is certain that whoever made a release's claim releases
// with it now: it was made while this session claimed, or a moment ago, by a twokey or
// by what starts CI by itself; or else its runs go on.
func (e *Engine) inFlight(ctx context.Context, st Stage, c Claim, created error) bool {
	seen := c.seen(st)
	if seen.Noted && e.justNow(c.At) {
		return true
	}
	// It was looked for just before, and was not there.
	fresh := errors.Is(created, ErrExists) || errors.Is(created, ErrLost)
	if fresh && (seen.Noted || st.Trigger == TriggerTag) {
		return true
	}
	runs, err := e.ports.Forge.Runs(ctx, st.Repo, st.SHA)
	return err == nil && slices.ContainsFunc(ours(StageState{Stage: st, Claim: &seen}, runs), func(r Run) bool {
		return r.Status != StatusCompleted
	})
}

// justNow tells whether what was claimed at a time may have runs that GitHub does not
// show yet. A time that is still to come is a wrong clock's, here or where somebody
// tagged by hand; no more of it is believed than of the past.
func (e *Engine) justNow(claimed time.Time) bool {
	age := e.Now().Sub(claimed)
	return !claimed.IsZero() && age < runPatience && age > -runPatience
}

// takenError says whose a claim is.
type takenError string

func (e takenError) Error() string { return string(e) }
func (takenError) Unwrap() error   { return ErrExists }

// seen is the event for a claim that was there before.
func (c Claim) seen(st Stage) Claimed {
	note, noted := readNote(c.Message)
	return Claimed{Stage: st.Name, Ref: c.Ref, SHA: c.SHA, By: c.By, At: c.At, Noted: noted,
		Nonce: note.Nonce, Actor: text.Clean(note.By)}
}

// claim creates the tag object and the ref that claims the stage.
func (e *Engine) claim(ctx context.Context, p Plan, st Stage, note claimNote, object, ref Call) error {
	tag, err := e.send(ctx, note.Nonce, object)
	if err != nil { // an object that no ref leads to starts nothing
		return startedNothing(object, explain(err, "creating the tag object "+object.Ref, "nothing was started; "+later(err)+"try again"))
	}
	ref.SHA = tag.SHA
	_, err = e.send(ctx, note.Nonce, ref)
	if err != nil && !errors.Is(err, ErrLost) && !errors.Is(err, ErrExists) {
		hint := "check what the token may do: " + e.anew("check %s", p.Args())
		if when := later(err); when != "" {
			hint = when + "try again"
		}
		return startedNothing(ref, explain(err, "creating "+ref.Ref, "nothing was started; "+hint))
	}
	return e.confirmClaim(ctx, p, st, note, ref, tag.At, err)
}

// confirmClaim reads the claim back, whatever the answer to creating it was: the
// ref that is there now decides whose it is. Nobody else makes an object with our
// nonce. Its time is GitHub's own, that of its object at: runs are held against it,
// and this machine's clock may be wrong.
func (e *Engine) confirmClaim(ctx context.Context, p Plan, st Stage, note claimNote, ref Call, at time.Time, created error) error {
	c, err := e.ports.Forge.Claim(ctx, st.Repo, ref.Ref)
	switch {
	case err != nil && created != nil:
		kind := KindFailed
		if errors.Is(err, ErrUnauthorized) {
			kind = KindAuth
		}
		// What either met is not what to see to first.
		return &Error{Kind: kind, Op: "creating " + ref.Ref, Err: fmt.Errorf("%w; then %w", created, err),
			Hint: e.back("whether it was created is not known: see with", "attach %s", p.Version)}
	case err != nil: // it was created; only reading it back failed
		c = Claim{Ref: ref.Ref, SHA: st.SHA, At: at}
	case c.Object != ref.SHA:
		return e.taken(ctx, p, st, c, created)
	}
	if errors.Is(created, ErrLost) {
		e.note("stage %s: the answer to %s was lost; %s is there, and it is this release's", st.Name, ref.Request(), ref.Ref)
	}
	e.kept(Claimed{Stage: st.Name, Ref: c.Ref, SHA: c.SHA, By: c.By, At: c.At, Mine: true, Noted: true,
		Nonce: note.Nonce, Actor: text.Clean(note.By)})
	return nil
}
