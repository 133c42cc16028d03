package release

import (
	"cmp"
	"context"
	"errors"
	"time"

	"twokey/checks/text"
)

// send performs one call, once. That it leaves is on disk before it does, and what
// came back is on disk before anything follows from it: whoever reads the record later
// knows what was sent and what certainly was not.
func (e *Engine) send(ctx context.Context, nonce string, c Call) (Receipt, error) {
	if err := e.ports.Stream.EmitSynced(Sending{Stage: c.Stage, Nonce: nonce, Call: c}); err != nil {
		return Receipt{}, &Error{Op: "the journal can not be written", Err: err,
			Hint: "make room for it; " + c.Request() + " was not sent"}
	}
	r, err := e.ports.Actor.Perform(ctx, c)
	a := Answered{Stage: c.Stage, Nonce: nonce, Kind: c.Kind, Workflow: c.Workflow,
		SHA: r.SHA, RunID: cmp.Or(r.RunID, c.RunID), Lost: errors.Is(err, ErrLost)}
	if err != nil {
		a.Why = text.Clean(err.Error())
	}
	e.kept(a)
	return r, err
}

// putOff is a call that may be sent again later, because it is certain that it started
// nothing: GitHub refused it with a rate limit, or it made an object that no ref leads
// to. What may have started anything is never sent again.
type putOff struct {
	error
	until    time.Time
	patience time.Duration // for how long it may be put off again
	// rest are the calls that a claimed stage still needs, the refused one first; none
	// for a stage that is to be claimed anew.
	rest  []Call
	nonce string           // of the claim
	runs  map[string]int64 // that are started already, by workflow
}

// Unwrap gives what went wrong with it.
func (p *putOff) Unwrap() error { return p.error }

const (
	// lostPause is how long after a lost answer the tag object is made again, and
	// lostPatience for how long that is tried.
	lostPause    = 5 * time.Second
	lostPatience = 30 * time.Second
)

// orLater makes a putOff of what failed, where it certainly started nothing and may
// work later.
func (e *Engine) orLater(c Call, failed error) error {
	l, limited := errors.AsType[Passing](failed)
	switch lost := errors.Is(failed, ErrLost); {
	case lost && c.Kind == CallTagObject:
		e.note("stage %s: the answer to %s was lost; no ref leads to what it made, so that it is made again", c.Stage, c.Request())
		return &putOff{error: failed, until: e.Now().Add(lostPause), patience: lostPatience}
	case limited && !lost:
		e.note("stage %s: %s was refused for now, and nothing was done; it is sent again after %s",
			c.Stage, c.Request(), l.Until().UTC().Format("15:04:05 UTC"))
		return &putOff{error: failed, until: l.Until(), patience: outagePatience}
	}
	return failed
}

// kept emits an event about something that has happened. A journal that fails
// then must not hide it: what was started is watched, and nothing more is sent.
func (e *Engine) kept(ev Event) {
	if err := e.ports.Stream.EmitSynced(ev); err != nil && !e.unkept {
		e.unkept = true
		e.note("the journal can no longer be written: %v", err)
	}
}

// start sends what the trigger needs beyond the claim. A lost answer leaves the
// question to the watch, which finds the run or says that there is none. runs are
// those that are known already, by workflow.
func (e *Engine) start(ctx context.Context, p Plan, st Stage, nonce string, calls []Call, runs map[string]int64) error {
	t := Triggered{Stage: st.Name, Trigger: st.Trigger, Mine: true, RunIDs: runs}
	for i, c := range calls {
		r, err := e.send(ctx, nonce, c)
		switch {
		case errors.Is(err, ErrLost):
			e.note("stage %s: the answer to %s was lost; looking for what it did", st.Name, c.Request())
		case errors.Is(err, ErrExists):
			e.note("stage %s: %s exists already", st.Name, c.Ref)
		case err != nil:
			err = e.orLater(c, &Error{Kind: KindOf(explain(err, "", "")), Op: c.What().String(), Err: err,
				Hint: cmp.Or(HintOf(err), e.back("the stage is claimed but not started; once that is mended, go on with", "release %s --resume", p.Version))})
			if off, ok := errors.AsType[*putOff](err); ok {
				off.rest, off.nonce, off.runs = calls[i:], nonce, t.RunIDs
			}
			return err
		}
		t.took(c, r, len(st.Workflows) == 1)
	}
	e.kept(t)
	return nil
}

// again sends what was put off, once what it is about was looked at again.
func (e *Engine) again(ctx context.Context, p Plan, st Stage, off *putOff, resume bool) error {
	if len(off.rest) == 0 {
		return e.trigger(ctx, p, st, resume)
	}
	sofar := "stage " + st.Name + " is claimed and not started"
	if err := e.lookAgain(ctx, st, sofar); err != nil {
		return err
	}
	if err := e.intend(st, off.rest, sofar); err != nil {
		return err
	}
	ctx, cancel := outliving(ctx)
	defer cancel()
	return e.start(ctx, p, st, off.nonce, off.rest, off.runs)
}

// took notes what a call started.
func (t *Triggered) took(c Call, r Receipt, only bool) {
	if !r.URL.IsZero() {
		t.URL = r.URL
	}
	switch {
	case r.RunID == 0:
	case only:
		t.RunID = r.RunID
	default:
		if t.RunIDs == nil {
			t.RunIDs = map[string]int64{}
		}
		t.RunIDs[c.Workflow] = r.RunID
	}
}
