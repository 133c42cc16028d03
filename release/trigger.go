package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"twokey/checks/text"
)

// triggerTime is how long the calls that start a stage go on when nobody waits for
// them any more. It is real time: it is about the network.
const triggerTime = time.Minute

// outliving is a context that ends triggerTime after ctx does.
func outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(triggerTime)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}

// Calls are the mutating calls that releasing the plan sends, stage by stage in
// the order in which they can start; of a release in flight, those of the stages
// that nobody has started, the rest of those that were claimed only, and the re-runs
// that were asked for. Nothing is sent.
func (e *Engine) Calls(p Plan) []Call {
	// Without a nonce nothing is sent either: trigger says why.
	note, _ := e.claimNote(p)
	var out []Call
	for _, x := range e.wanted {
		out = append(out, x.call)
	}
	for _, st := range p.inOrder() {
		if !e.started[st.Name] {
			out = append(out, stageCalls(p, st, note)...)
		}
		out = append(out, e.rest[st.Name]...)
	}
	return out
}

// inOrder are the stages, each after those that it needs.
func (p Plan) inOrder() []Stage {
	var out []Stage
	placed := map[string]bool{}
	for range p.Stages { // each round places at least one: the plan has no cycle
		for _, st := range p.Stages {
			if !placed[st.Name] && allPlaced(st.Needs, placed) {
				placed[st.Name] = true
				out = append(out, st)
			}
		}
	}
	return out
}

func allPlaced(names []string, placed map[string]bool) bool {
	for _, n := range names {
		if !placed[n] {
			return false
		}
	}
	return true
}

// stageCalls are the calls that start one stage: the claim first, which GitHub
// creates once for whoever is first, then what the trigger needs beyond it.
func stageCalls(p Plan, st Stage, note claimNote) []Call {
	ref := st.ClaimRef(p.Version)
	tag := st.Tag
	if st.Trigger == TriggerDispatch {
		tag = "twokey-" + st.Name + "-" + p.Version
	}
	calls := []Call{
		{Kind: CallTagObject, Stage: st.Name, Repo: st.Repo, Ref: tag, SHA: st.SHA, Message: note.message(p, st)},
		{Kind: CallRef, Stage: st.Name, Repo: st.Repo, Ref: ref, SHA: placeholderObject},
	}
	switch st.Trigger {
	case TriggerRelease:
		calls = append(calls, Call{Kind: CallRelease, Stage: st.Name, Repo: st.Repo, Ref: st.Tag, SHA: st.SHA,
			Title: st.Tag, Message: fmt.Sprintf("%s %s", p.Project, p.Version), Prerelease: p.prerelease()})
	case TriggerDispatch:
		for _, w := range st.Workflows {
			calls = append(calls, Call{Kind: CallDispatch, Stage: st.Name, Repo: st.Repo, Ref: st.Branch,
				Workflow: w, Inputs: st.inputs(note.Nonce)})
		}
	}
	return calls
}

// inputs are what a dispatch of the stage is given: the plan's inputs and, where
// the workflow has a place for it, the claim's nonce.
func (s Stage) inputs(nonce string) map[string]string {
	out := maps.Clone(s.Inputs)
	if s.NonceInput != "" && nonce != "" {
		out = with(out, s.NonceInput, nonce)
	}
	return out
}

// trigger starts a stage: it looks again, journals what it is about to send, and
// sends each call once. What happened meanwhile on GitHub decides; a call whose
// answer is lost is looked for, never sent again.
func (e *Engine) trigger(ctx context.Context, p Plan, st Stage, resume bool) error {
	if e.ports.Actor == nil {
		return &Error{Op: "starting it", Err: errors.New("this session only reads")}
	}
	claim, err := e.ports.Forge.Claim(ctx, st.Repo, st.ClaimRef(p.Version))
	switch {
	case err == nil && (!resume || !p.owns(claim)):
		return e.taken(ctx, p, st, claim, nil)
	case err == nil:
		return e.rejoin(ctx, p, st, claim)
	case !errors.Is(err, ErrNotFound):
		return unsentOr(err, "looking for "+st.ClaimRef(p.Version))
	}
	if err := e.lookAgain(ctx, st, "nothing was started"); err != nil {
		return err
	}
	if resume { // nothing of the stage exists: what stands there now stood there before
		one := p
		one.Stages = []Stage{st}
		e.resumed = merged(e.resumed, baseline(one, e.published(ctx, one)))
	}
	note, err := e.claimNote(p)
	if err != nil {
		return &Error{Op: "drawing the claim's nonce", Err: err, Hint: "nothing was started"}
	}
	calls := stageCalls(p, st, note)
	if err := e.intend(st, calls, "nothing was started"); err != nil {
		return err
	}
	// A stage that is claimed and not started stays so for everybody. Who leaves
	// now leaves after it.
	ctx, cancel := outliving(ctx)
	defer cancel()
	err = e.claim(ctx, p, st, note, calls[0], calls[1])
	if resume && errors.Is(err, ErrExists) { // somebody else resumes, too, and was faster
		if theirs, lookErr := e.ports.Forge.Claim(ctx, st.Repo, st.ClaimRef(p.Version)); lookErr == nil && theirs.SHA == st.SHA && p.owns(theirs) {
			e.ports.Stream.Emit(theirs.seen(st))
			e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger})
			return nil
		}
	}
	if err != nil {
		return err
	}
	return e.start(ctx, p, st, note.Nonce, calls[2:], nil)
}

// intend puts on disk what is about to be sent for a stage.
func (e *Engine) intend(st Stage, calls []Call, sofar string) error {
	err := e.ports.Stream.EmitSynced(Intended{Stage: st.Name, Calls: calls})
	if err == nil {
		return nil
	}
	return &Error{Op: "the journal can not be written", Err: err, Hint: "make room for it; " + sofar}
}

// unsent is a read that failed before anything was sent for a stage, and that may
// work later.
type unsent struct{ error }

// Unwrap gives the failure.
func (u *unsent) Unwrap() error { return u.error }

// unsentOr explains a read that failed before anything was sent: as unsent, unless
// what it met will be the same later.
func unsentOr(err error, op string) error {
	final := errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnauthorized)
	err = explain(err, op, "nothing was started; try again")
	if final {
		return err
	}
	return &unsent{err}
}

// lookAgain holds the stage's branch and workflow files against what was checked.
func (e *Engine) lookAgain(ctx context.Context, st Stage, sofar string) error {
	head, err := e.ports.Forge.Branch(ctx, st.Repo, st.Branch)
	if err != nil {
		return unsentOr(err, fmt.Sprintf("looking at %s of %s again", st.Branch, st.Repo))
	}
	if head.SHA != st.SHA {
		return &Error{Kind: KindNoGo,
			Err: fmt.Errorf("%s of %s moved from the checked %s to %s", text.Clean(st.Branch), st.Repo,
				short(st.SHA), short(head.SHA)),
			Hint: sofar + "; look at the new commits, then check again"}
	}
	for _, w := range st.Workflows {
		if _, err := e.ports.Forge.File(ctx, st.Repo, st.SHA, ".github/workflows/"+w); err != nil {
			return unsentOr(err, fmt.Sprintf("reading %s of %s again", w, st.Repo))
		}
	}
	return nil
}
