package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"twokey/checks/text"
)

// How the watch paces itself.
const (
	pollBusy  = 2 * time.Second // while things change
	pollQuiet = 5 * time.Second // when nothing did for a while
	quietRun  = 5               // polls without a change until it is quiet

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
	quiet  int       // polls since the last change
	outage time.Time // when reads began to fail; zero while they work
	idle   time.Time // since when there was nothing left to watch; zero while there is
	told   bool      // that nothing is left to watch
	// past holds for a release that somebody made by hand, long ago: how its other
	// stages were started is not known, so each is judged by what is published.
	past bool
}

// stageWatch is what the watch itself has to remember of a stage; everything
// that can be shown is in the State.
type stageWatch struct {
	since    time.Time // when it was triggered, or seen to be
	verified time.Time // when its artifacts were first looked for
	looked   time.Time // when they were last looked for
	told     bool      // that a run is late
	// past holds when the stage was started so long ago that a run which is not
	// there now does not come any more.
	past bool
	// missing is since when a run that goes on is not in GitHub's list, by its ID.
	missing map[int64]time.Time
	err     error // why it could not be triggered
}

// Release claims, triggers, watches and verifies every stage of the plan, and
// emits Finished. The caller has seen Check's verdict. A stage that is claimed
// already is an error, unless resume is set: then it is watched, at the planned
// commit, and not triggered again.
//
// When ctx ends, the remote release goes on: the error's kind is KindLeft.
func (e *Engine) Release(ctx context.Context, p Plan, resume bool) error {
	if e.ports.OpenJournal != nil {
		j, err := e.ports.OpenJournal(p)
		if err == nil {
			err = e.ports.Stream.Record(j)
		}
		if err != nil {
			out := &Error{Op: "journal", Err: err, Hint: "nothing was started; the journal needs a writable state directory"}
			e.ports.Stream.Emit(Finished{Outcome: Failed, Why: text.Clean(out.Error()), Hint: text.Clean(out.Hint),
				Version: p.Version, Tag: p.Tag})
			return out
		}
	}
	if e.before == nil && !resume { // nobody has checked
		e.before = baseline(p, e.published(ctx, p))
	}
	return e.follow(ctx, p, true, resume)
}

// Attach watches a release that exists already to its end, sending only reads.
// Stages that nobody triggered are reported, not triggered.
func (e *Engine) Attach(ctx context.Context, p Plan) error { return e.follow(ctx, p, false, false) }

// follow watches the plan's stages until all have ended or ctx does.
func (e *Engine) follow(ctx context.Context, p Plan, act, resume bool) error {
	w := &watch{e: e, plan: p, act: act, resume: resume, stages: map[string]*stageWatch{}}
	for _, st := range p.Stages {
		w.stages[st.Name] = &stageWatch{}
	}
	for {
		changed, err := w.round(ctx)
		if ctx.Err() != nil {
			return w.left(context.Cause(ctx))
		}
		if err = w.endure(err); err != nil {
			return w.left(err)
		}
		if end, err := w.ended(); end {
			return err
		}
		e.budget(false)
		if err := e.sleep(ctx, w.interval(changed)); err != nil {
			return w.left(context.Cause(ctx))
		}
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
	return w.seq() != before, w.verify(ctx)
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
		if st.Status != StageWaiting || !w.past && !allPlaced(st.Stage.Needs, done) {
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
		if err := w.e.trigger(ctx, w.plan, st.Stage, w.resume); err != nil {
			if _, later := errors.AsType[*unsent](err); ctx.Err() != nil || later && begun(stages) {
				return err // the watch looks again: nothing was sent
			}
			w.stages[st.Stage.Name].err = err
			w.fail(st.Stage.Name, text.Clean(err.Error()))
			continue
		}
		w.stages[st.Stage.Name].since = w.e.ports.Clock.Now()
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

// begun tells whether anything of the release exists on GitHub.
func begun(stages []StageState) bool {
	return slices.ContainsFunc(stages, func(st StageState) bool { return st.Claim != nil })
}

// watched tells whether a stage has runs to look at.
func watched(st StageState) bool {
	switch st.Status {
	case StageStarted, StageRunning, StageVerifying:
		return true
	}
	return st.Status == StageFailed && len(st.Runs) > 0 // it may be re-run
}

// poll reads what every watched stage does, all at the same time, and then emits
// what changed, in the plan's order.
func (w *watch) poll(ctx context.Context) error {
	stages := w.snapshot()
	seen := make([][]observation, len(stages))
	g, gctx := errgroup.WithContext(ctx)
	for i, st := range stages {
		if watched(st) {
			g.Go(func() (err error) { seen[i], err = w.pollStage(gctx, st); return err })
		}
	}
	err := g.Wait()
	for i, st := range stages {
		for _, o := range seen[i] {
			for _, ev := range changes(st.Stage.Name, st.known(o.run.ID), o) {
				w.e.ports.Stream.Emit(ev)
			}
		}
	}
	return err
}

func (w *watch) pollStage(ctx context.Context, st StageState) ([]observation, error) {
	runs, err := w.e.ports.Forge.Runs(ctx, st.Stage.Repo, st.Stage.SHA)
	if err != nil {
		return nil, err
	}
	var out []observation
	for _, r := range ours(st, runs) {
		o, err := w.e.observe(ctx, st.Stage, r, st.known(r.ID))
		if err != nil {
			return out, err
		}
		out = append(out, o)
	}
	return append(out, w.gone(st, runs)...), nil
}

// gone are the known runs that have not ended and are on GitHub no longer: somebody
// deleted them, and nothing more will ever be heard of them.
func (w *watch) gone(st StageState, listed []Run) []observation {
	s, now := w.stages[st.Stage.Name], w.e.ports.Clock.Now()
	since := s.missing
	s.missing = map[int64]time.Time{}
	var out []observation
	for _, r := range st.Runs {
		there := slices.ContainsFunc(listed, func(l Run) bool { return l.ID == r.Run.ID })
		if there || r.Run.Status == StatusCompleted {
			continue
		}
		first, before := since[r.Run.ID]
		if !before {
			first = now
		}
		s.missing[r.Run.ID] = first
		if now.Sub(first) >= gonePatience {
			r.Run.Status, r.Run.Conclusion = StatusCompleted, ConclusionGone
			out = append(out, observation{run: r.Run})
		}
	}
	return out
}

// known is what is known of a run; nil when it was not seen before.
func (st StageState) known(id int64) *RunState {
	for i := range st.Runs {
		if st.Runs[i].Run.ID == id {
			return &st.Runs[i]
		}
	}
	return nil
}

// endure decides whether the watch goes on after a failed round. Reads were
// retried already; a refused token ends it, an outage has to last.
func (w *watch) endure(err error) error {
	now := w.e.ports.Clock.Now()
	switch {
	case err == nil:
		if !w.outage.IsZero() {
			w.e.ports.Stream.Emit(Recovered{What: text.Clean("the watch")})
		}
		w.outage = time.Time{}
		return nil
	case errors.Is(err, ErrUnauthorized):
		return explain(err, "watching", "")
	case w.outage.IsZero():
		w.outage = now
	case now.Sub(w.outage) > outagePatience:
		return fmt.Errorf("nothing could be read for %s: %w", outagePatience, err)
	}
	w.e.ports.Stream.Emit(Retrying{What: text.Clean("the watch"), Cause: text.Clean(err.Error()),
		Attempt: 2, Wait: w.interval(false)})
	return nil
}

// interval is how long to wait before the next round.
func (w *watch) interval(changed bool) time.Duration {
	if changed {
		w.quiet = 0
	} else {
		w.quiet++
	}
	switch {
	case !w.outage.IsZero():
		return min(time.Minute, pollQuiet+w.e.ports.Clock.Now().Sub(w.outage)/10)
	case w.quiet > quietRun:
		return pollQuiet
	}
	return pollBusy
}

// fail ends a stage as failed.
func (w *watch) fail(stage string, why text.Safe) {
	w.e.ports.Stream.Emit(StageDone{Stage: stage, Outcome: Failed, Why: why})
}
