package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"twokey/checks/text"
)

// send performs one call, once. That it leaves is on disk before it does, and what
// came back is on disk before anything follows from it: whoever reads the record later
// knows what was sent and what certainly was not.
func (e *Engine) send(ctx context.Context, nonce string, c Call) (Receipt, error) {
	e.sending.RLock()
	defer e.sending.RUnlock()
	return e.sendNow(ctx, nonce, c)
}

// sendNow is send for who holds e.sending.
func (e *Engine) sendNow(ctx context.Context, nonce string, c Call) (Receipt, error) {
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

// idle is why a call failed that certainly started nothing: GitHub refused it with a
// rate limit, or it made an object that no ref leads to. It is not sent again, as no
// call is: that is for a person, who says so with the next command.
type idle struct{ error }

// Unwrap gives what went wrong.
func (i *idle) Unwrap() error { return i.error }

// startedNothing makes an idle of what failed on the way to a claim, where that is
// certain.
func startedNothing(c Call, failed error) error {
	lost, limit := errors.Is(failed, ErrLost), later(failed)
	if lost && c.Kind == CallTagObject || !lost && limit != "" {
		return &idle{failed}
	}
	return failed
}

// later says from when on a rate limit lets a call pass, as the beginning of a hint;
// empty where none was met.
func later(err error) string {
	if l, ok := errors.AsType[Passing](err); ok && !errors.Is(err, ErrLost) {
		return l.Until().UTC().Format("after 15:04:05 UTC, ")
	}
	return ""
}

// kept emits an event about something that has happened. A journal that fails
// then must not hide it: what was started is watched, and nothing more is sent.
func (e *Engine) kept(ev Event) {
	if err := e.ports.Stream.EmitSynced(ev); err != nil && !e.toldUnkept(true) {
		e.note("the journal can no longer be written: %v", err)
	}
}

// toldUnkept tells whether it was said that the journal can not be written, and keeps
// whether it is now.
func (e *Engine) toldUnkept(now bool) (before bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before, e.unkept = e.unkept, now
	return before
}

// partly is why some workflows of a stage were not started after others of it were.
type partly struct {
	error
	workflows []string // that were not
}

// Unwrap gives what went wrong.
func (p *partly) Unwrap() error { return p.error }

// start sends what the trigger needs beyond the claim. A lost answer leaves the
// question to the watch, which finds the run or says that there is none. After a
// refusal nothing more is sent; what was started before it is watched, and the error
// is a partly. runs are those that are known already, by workflow.
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
			when := cmp.Or(later(err), "once that is mended, ")
			out := &Error{Kind: KindOf(explain(err, "", "")), Op: c.What().String(), Err: err, Hint: HintOf(err)}
			if some := st.Trigger == TriggerDispatch && len(calls)-i < len(st.Workflows); !some {
				out.Hint = cmp.Or(out.Hint, e.back("the stage is claimed but not started; "+when+"go on with", "release %s --resume", p.Version))
				return out
			}
			left := workflowsOf(calls[i:])
			out.Hint = cmp.Or(out.Hint, e.back(fmt.Sprintf("%s of the stage %s not started; %sgo on with", inWords(left), are(left), when), "release %s --resume", p.Version))
			e.kept(t)
			return &partly{out, left}
		}
		if c.Kind == CallDispatch {
			t.By, t.Workflows = e.opened().Viewer, append(t.Workflows, c.Workflow)
		}
		t.took(c, r, len(st.Workflows) == 1)
	}
	e.kept(t)
	return nil
}

// workflowsOf are the workflows that calls start.
func workflowsOf(calls []Call) (out []string) {
	for _, c := range calls {
		out = append(out, c.Workflow)
	}
	return out
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
