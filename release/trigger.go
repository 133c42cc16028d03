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
// that nobody has started, and the rest of those that were claimed only. Nothing is
// sent.
func (e *Engine) Calls(p Plan) []Call {
	var out []Call
	for _, st := range p.inOrder() {
		calls := stageCalls(p, st, noteOf(p, e.before))
		switch {
		case !e.started[st.Name]:
			out = append(out, calls...)
		case e.half[st.Name]:
			out = append(out, calls[2:]...)
		}
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
				Workflow: w, Inputs: maps.Clone(st.Inputs)})
		}
	}
	return calls
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
	case err == nil && !resume:
		return e.taken(p, st, claim)
	case err == nil:
		return e.rejoin(ctx, p, st, claim)
	case !errors.Is(err, ErrNotFound):
		return unsentOr(err, "looking for "+st.ClaimRef(p.Version))
	}
	if err := e.lookAgain(ctx, st); err != nil {
		return err
	}
	if resume { // nothing of the stage exists: what stands there now stood there before
		one := p
		one.Stages = []Stage{st}
		e.resumed = merged(e.resumed, baseline(one, e.published(ctx, one)))
	}
	calls := stageCalls(p, st, noteOf(p, e.before))
	if err := e.ports.Stream.EmitSynced(Intended{Stage: st.Name, Calls: calls}); err != nil {
		return &Error{Op: "the journal can not be written", Err: err,
			Hint: "make room for it; nothing was started"}
	}
	// A stage that is claimed and not started stays so for everybody. Who leaves
	// now leaves after it.
	ctx, cancel := outliving(ctx)
	defer cancel()
	err = e.claim(ctx, p, st, calls[0], calls[1])
	if resume && errors.Is(err, ErrExists) { // somebody else resumes, too, and was faster
		if theirs, lookErr := e.ports.Forge.Claim(ctx, st.Repo, st.ClaimRef(p.Version)); lookErr == nil && theirs.SHA == st.SHA {
			e.ports.Stream.Emit(theirs.seen(st))
			e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger})
			return nil
		}
	}
	if err != nil {
		return err
	}
	return e.start(ctx, st, calls[2:])
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

// taken is the error for a claim that is there before ours.
func (e *Engine) taken(p Plan, st Stage, c Claim) error {
	who := "somebody"
	if !c.By.IsZero() {
		who = c.By.String()
	}
	when := ""
	if !c.At.IsZero() {
		when = " on " + c.At.UTC().Format("2006-01-02 15:04 UTC")
	}
	hint := e.back("watch it with", "attach %s", p.Version)
	if c.SHA != st.SHA {
		hint = fmt.Sprintf("it leads to another commit than the checked %s: find out what was tagged there, and why", short(st.SHA))
	}
	return &Error{Op: fmt.Sprintf("%s at %s", c.Ref, short(c.SHA)),
		Err: fmt.Errorf("claimed by %s%s: %w", who, when, ErrExists), Hint: hint}
}

// seen is the event for a claim that was there before.
func (c Claim) seen(st Stage) Claimed {
	_, noted := readNote(c.Message)
	return Claimed{Stage: st.Name, Ref: c.Ref, SHA: c.SHA, By: c.By, At: c.At, Noted: noted}
}

// rejoin takes up a stage that is claimed already, at the planned commit.
func (e *Engine) rejoin(ctx context.Context, p Plan, st Stage, c Claim) error {
	if c.SHA != st.SHA {
		return &Error{
			Err:  fmt.Errorf("%s leads to %s, not to the checked %s", c.Ref, short(c.SHA), short(st.SHA)),
			Hint: "find out who moved it; twokey touches no tag that it did not make"}
	}
	e.ports.Stream.Emit(c.seen(st))
	if st.Trigger == TriggerRelease {
		calls := stageCalls(p, st, noteOf(p, e.before))[2:]
		pub, err := e.ports.Shelf.Look(ctx, releaseOf(st))
		if err != nil {
			return unsentOr(err, "looking for the release "+st.Tag)
		}
		if !pub.Exists {
			if err := e.ports.Stream.EmitSynced(Intended{Stage: st.Name, Calls: calls}); err != nil {
				return &Error{Op: "the journal can not be written", Err: err,
					Hint: "make room for it; nothing more was started"}
			}
			return e.start(ctx, st, calls)
		}
	}
	e.ports.Stream.Emit(Triggered{Stage: st.Name, Trigger: st.Trigger})
	return nil
}

// lookAgain holds the stage's branch and workflow files against what was checked.
func (e *Engine) lookAgain(ctx context.Context, st Stage) error {
	head, err := e.ports.Forge.Branch(ctx, st.Repo, st.Branch)
	if err != nil {
		return unsentOr(err, fmt.Sprintf("looking at %s of %s again", st.Branch, st.Repo))
	}
	if head.SHA != st.SHA {
		return &Error{Kind: KindNoGo,
			Err: fmt.Errorf("%s of %s moved from the checked %s to %s", text.Clean(st.Branch), st.Repo,
				short(st.SHA), short(head.SHA)),
			Hint: "nothing was started; look at the new commits, then check again"}
	}
	for _, w := range st.Workflows {
		if _, err := e.ports.Forge.File(ctx, st.Repo, st.SHA, ".github/workflows/"+w); err != nil {
			return unsentOr(err, fmt.Sprintf("reading %s of %s again", w, st.Repo))
		}
	}
	return nil
}

// claim creates the tag object and the ref that claims the stage.
func (e *Engine) claim(ctx context.Context, p Plan, st Stage, object, ref Call) error {
	tag, err := e.ports.Actor.Perform(ctx, object)
	if err != nil { // an object that no ref leads to starts nothing
		return explain(err, "creating the tag object "+object.Ref, "nothing was started; try again")
	}
	ref.SHA = tag.SHA
	_, err = e.ports.Actor.Perform(ctx, ref)
	if err != nil && !errors.Is(err, ErrLost) && !errors.Is(err, ErrExists) {
		return explain(err, "creating "+ref.Ref, "nothing was started; check what the token may do: "+e.anew("check"))
	}
	return e.confirmClaim(ctx, p, st, ref, err)
}

// confirmClaim reads the claim back, whatever the answer to creating it was: the
// ref that is there now decides whose it is, and its time is GitHub's own.
func (e *Engine) confirmClaim(ctx context.Context, p Plan, st Stage, ref Call, created error) error {
	c, err := e.ports.Forge.Claim(ctx, st.Repo, ref.Ref)
	switch {
	case err != nil && created != nil:
		return explain(errors.Join(created, err), "creating "+ref.Ref,
			e.back("whether it was created is not known: see with", "attach %s", p.Version))
	case err != nil: // it was created; only reading it back failed
		c = Claim{Ref: ref.Ref, SHA: st.SHA}
	case c.Object != ref.SHA || errors.Is(created, ErrExists):
		// What exists was there before our one request. That it holds our object
		// proves nothing: two sessions of one person that claim within a second
		// make the same object.
		return e.taken(p, st, c)
	}
	if c.At.IsZero() {
		c.At = e.ports.Clock.Now()
	}
	e.kept(Claimed{Stage: st.Name, Ref: c.Ref, SHA: c.SHA, By: c.By, At: c.At, Mine: true, Noted: true})
	return nil
}

// kept emits an event about something that has happened. A journal that fails
// then must not hide it: the release goes on, and the next stage will not start.
func (e *Engine) kept(ev Event) {
	if err := e.ports.Stream.EmitSynced(ev); err != nil {
		e.note("the journal can no longer be written: %v", err)
	}
}

// start sends what the trigger needs beyond the claim. A lost answer leaves the
// question to the watch, which finds the run or says that there is none.
func (e *Engine) start(ctx context.Context, st Stage, calls []Call) error {
	t := Triggered{Stage: st.Name, Trigger: st.Trigger, Mine: true}
	for _, c := range calls {
		r, err := e.ports.Actor.Perform(ctx, c)
		switch {
		case errors.Is(err, ErrLost):
			e.note("stage %s: the answer to %s was lost; looking for what it did", st.Name, c.Request())
		case errors.Is(err, ErrExists):
			e.note("stage %s: %s exists already", st.Name, c.Ref)
		case err != nil:
			return explain(err, c.What().String(),
				"the stage is claimed but not started; see what is there before you go on")
		}
		t.RunID, t.URL = r.RunID, r.URL
	}
	e.kept(t)
	return nil
}
