package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"twokey/checks/text"
)

// The patience of a watch, in time that it watched.
const (
	// runPatience is how long after its trigger a workflow's run may take to
	// appear. GitHub starts most within seconds; a run that is not there after
	// this is said to be missing, not waited for in silence.
	runPatience = 3 * time.Minute
	// stagePatience is how long an attached watch waits for whoever released to
	// trigger the next stage.
	stagePatience = 2 * time.Minute
	// rerunPatience is how long GitHub may take to show a new attempt.
	rerunPatience = time.Minute
	// gonePatience is how long a run that goes on may be missing from GitHub's list
	// until it is taken for deleted.
	gonePatience = time.Minute
	// outagePatience is how long reads may fail, on top of their own retries,
	// before the watch gives up: a rate limit that is used up comes back within the
	// hour. The release goes on without it.
	outagePatience = 65 * time.Minute
)

// watch follows the stages of one plan.
type watch struct {
	e    *Engine
	plan Plan
	// act holds when this process triggers stages; else it only looks.
	act    bool
	resume bool
	stages map[string]*stageWatch
	listed map[commit]time.Time // when the runs of a commit were listed
	began  time.Time            // what the clock showed when the watch began
	now    time.Time            // began, and the time that was watched since
	pace   pace
	spent  int       // what was charged before the last round
	thrift bool      // it was said that the budget is short
	blind  bool      // it was said that annotations can not be seen
	until  time.Time // before which no read can work; zero when that is not known
	// failures are the rounds in a row in which nothing could be read.
	failures int
	idle     time.Time // since when there was nothing left to watch; zero while there is
	told     bool      // that nothing is left to watch
	sure     bool      // that it was looked again since
	// past holds for a release that somebody made by hand, long ago: how its other
	// stages were started is not known, so each is judged by what is published.
	past bool
	// after is what is looked at once every stage is done.
	after afterWatch
	// held holds what is published against the commits; nil before the first stage is.
	held *inspection
}

// stageWatch is what the watch itself has to remember of a stage; everything
// that can be shown is in the State.
// Its times are of watch.now.
type stageWatch struct {
	since    time.Time // when it was triggered, or seen to be
	verified time.Time // when its artifacts were first looked for
	looked   time.Time // when they were last looked for
	proved   time.Time // when they were last held against their commit
	doubted  string    // the check that did not pass when they were read the first time
	told     bool      // that a run is late
	judged   bool      // that only what is published tells how it went, and that was said
	// awaited is since when its claim could have been there, and claim when it was
	// last looked for; zero before the first look.
	awaited, claim time.Time
	// past holds when the stage was started so long ago that a run which is not
	// there now does not come any more.
	past bool
	// missing is since when a run that goes on is not in GitHub's list, by its ID.
	missing map[int64]time.Time
	logs    map[int64]logTries // of jobs whose log was not there yet, by their ID
	err     error              // why it, or a part of it, could not be triggered
	// leftover holds while an earlier watch's attempt to claim it is all that is known.
	leftover bool
}

// Release claims, triggers, watches and verifies every stage of the plan, and
// emits Finished. The caller has seen Check's verdict. A stage that is claimed
// already is an error, unless resume is set: then it is watched, at the planned
// commit, and not triggered again.
//
// When ctx ends, the remote release goes on: the error's kind is KindLeft.
func (e *Engine) Release(ctx context.Context, p Plan, resume bool) error {
	if err := e.record(p); err != nil {
		e.ports.Stream.Emit(Finished{Outcome: Failed, Why: text.Clean(err.Error()), Hint: text.Clean(HintOf(err)),
			Version: p.Version, Tag: p.Tag})
		return err
	}
	if e.before == nil && !resume { // nobody has checked
		e.before = baseline(p, e.published(ctx, p))
	}
	return e.follow(ctx, p, true, resume)
}

// Attach watches a release that exists already to its end, sending only reads.
// Stages that nobody triggered are reported, not triggered.
func (e *Engine) Attach(ctx context.Context, p Plan) error {
	subject := e.subject(p)
	if err := e.give(&subject, true); err != nil {
		return e.hintInWorld(err)
	}
	return e.follow(ctx, p, false, false)
}

// follow watches the plan's stages until all have ended or ctx does.
func (e *Engine) follow(ctx context.Context, p Plan, act, resume bool) error {
	w := newWatch(e, p, act, resume)
	w.takeUp()
	laps := elapsed{clock: e.ports.Clock, last: w.began}
	for pause := time.Duration(0); ; {
		changed, err := w.round(ctx)
		if ctx.Err() != nil {
			if end, err := w.ended(); end { // whoever leaves then misses nothing
				return err
			}
			return w.left(context.Cause(ctx))
		}
		w.pass(&laps, pause, changed, err)
		if err = w.endure(err); err != nil {
			return w.left(err)
		}
		if end, err := w.ended(); end {
			return err
		}
		e.budget(false)
		pause = w.interval()
		acted, err := e.sleep(ctx, pause)
		if err != nil {
			return w.left(context.Cause(ctx))
		}
		if acted { // what that changes is about to show
			w.pace.quiet = 0
		}
	}
}

// newWatch makes a watch that begins now.
func newWatch(e *Engine, p Plan, act, resume bool) *watch {
	w := &watch{e: e, plan: p, act: act, resume: resume, stages: map[string]*stageWatch{}, listed: map[commit]time.Time{}, began: e.ports.Clock.Now()}
	w.now, w.pace.cost, w.spent = w.began, 1, e.ports.Forge.Budget().Charged
	for _, st := range p.Stages {
		w.stages[st.Name] = &stageWatch{logs: map[int64]logTries{}}
	}
	for _, st := range w.snapshot() { // taken up again: its run may still be awaited
		s := w.stages[st.Stage.Name]
		switch {
		case s == nil:
		case st.Status == StageStarted:
			s.since = w.now
		case st.Status == StageClaiming:
			s.leftover = true
		}
	}
	return w
}

// pass lets the time pass that a round and the pause before it took: as watched, or
// as an outage.
func (w *watch) pass(laps *elapsed, pause time.Duration, changed bool, err error) {
	charged := w.e.ports.Forge.Budget().Charged
	w.pace.cost, w.spent = averaged(w.pace.cost, charged-w.spent), charged
	if err != nil {
		lap := laps.lap(pause, roundTimeOutage)
		if w.pace.failed { // the first one began it
			w.pace.outage += lap
		}
		return
	}
	lap := laps.lap(pause, roundTime)
	w.now = w.now.Add(lap)
	w.pace.quiet += lap
	if changed {
		w.pace.quiet = 0
	}
}

// round goes over all stages once: what can start is started, what runs is read,
// what is over is verified.
func (w *watch) round(ctx context.Context) (changed bool, err error) {
	before := w.seq()
	if err := w.advance(ctx); err != nil {
		return true, err
	}
	if err := w.poll(ctx); err != nil {
		return true, err
	}
	if err := w.verify(ctx); err != nil {
		return true, err
	}
	err = w.lookAfter(ctx)
	return w.seq() != before, err
}

func (w *watch) seq() (n uint64) {
	w.e.ports.Stream.View(func(s *State) { n = s.Seq })
	return n
}

// snapshot copies the stages as they stand. The watch is the only one whose
// events change them, so the copy stays right until its next event.
func (w *watch) snapshot() []StageState {
	var out []StageState
	w.e.ports.Stream.View(func(s *State) { out = slices.Clone(s.Stages) })
	return out
}

// advance starts, or looks for, every stage whose needs are done.
func (w *watch) advance(ctx context.Context) error {
	stages := w.snapshot()
	done := doneStages(stages)
	for _, st := range stages {
		s := w.stages[st.Stage.Name]
		if !w.unstarted(st) || s.err != nil || !w.past && !allPlaced(st.Stage.Needs, done) {
			continue
		}
		if !w.act {
			if err := w.look(ctx, st); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil { // whoever leaves starts nothing more
			return context.Cause(ctx)
		}
		s.leftover = false
		if err := w.e.trigger(ctx, w.plan, st.Stage, w.resume); err != nil {
			_, unread := errors.AsType[*unsent](err)
			if unread && ctx.Err() != nil || w.passes(st.Stage.Name, err) {
				s.leftover = st.Status == StageClaiming
				return err // the watch looks again: nothing was sent
			}
			some, ok := errors.AsType[*partly](err)
			if !ok {
				w.refuse(st.Stage.Name, err)
				continue
			}
			s.err = err
			w.e.note("stage %s: %s %s not started: %v", st.Stage.Name, inWords(some.workflows), are(some.workflows), err)
		}
		s.since = w.now
	}
	return nil
}

// doneStages are the names of the stages that are done.
func doneStages(stages []StageState) map[string]bool {
	done := map[string]bool{}
	for _, st := range stages {
		done[st.Stage.Name] = st.Status == StageDoneOK
	}
	return done
}

// watched tells whether a stage has runs to look at.
func watched(st StageState) bool {
	switch st.Status {
	case StageStarted, StageRunning, StageVerifying:
		return true
	}
	return st.Status == StageFailed && len(st.Runs) > 0 // it may be re-run
}

// endure decides whether the watch goes on after a round. Reads were retried
// already; a refused token ends it, an outage has to last.
func (w *watch) endure(err error) error {
	said := w.until
	w.until = time.Time{}
	switch {
	case err == nil:
		if w.pace.failed {
			w.e.ports.Stream.Emit(Recovered{What: text.Clean(theWatch)})
		}
		w.pace.failed, w.pace.outage, w.failures = false, 0, 0
		return nil
	case errors.Is(err, ErrUnauthorized):
		return explain(err, "watching", "")
	case w.pace.outage > outagePatience:
		return fmt.Errorf("nothing could be read for %s: %w", outagePatience, err)
	}
	w.pace.failed = true
	w.failures++
	wait, now := w.interval(), w.e.ports.Clock.Now()
	if l, ok := errors.AsType[Passing](err); ok && l.Until().After(now) {
		w.until, wait = l.Until(), l.Until().Sub(now)
		if w.until.Equal(said) {
			return nil
		}
	}
	w.e.ports.Stream.Emit(Retrying{What: text.Clean(theWatch), Cause: text.Clean(err.Error()), Attempt: w.failures + 1, Wait: wait})
	return nil
}

// interval is how long to wait before the next round. That it is long because the
// budget is short is said once.
func (w *watch) interval() time.Duration {
	w.pace.budget, w.pace.now = w.e.ports.Forge.Budget(), w.e.ports.Clock.Now()
	d, short := w.pace.interval(), w.pace.budget.short(w.pace.now)
	if short && !w.thrift {
		w.e.note("%d of %d requests are left until %s: looking less often, so that others with the token have some",
			w.pace.budget.Remaining, w.pace.budget.Limit, w.pace.budget.Reset.UTC().Format("15:04 UTC"))
	}
	w.thrift = short
	if wait := w.until.Sub(w.pace.now); wait > 0 { // a minute at most, for the machine may have slept meanwhile
		return min(wait, pollOutage)
	}
	return d
}

// fail ends a stage as failed.
func (w *watch) fail(stage string, why text.Safe) {
	w.e.ports.Stream.Emit(StageDone{Stage: stage, Outcome: Failed, Why: why})
}
