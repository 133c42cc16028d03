package release

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

const (
	// publishPatience is how long after its runs an artifact may take to appear:
	// registries answer from caches.
	publishPatience = 3 * time.Minute
	// publishPause lies between two looks.
	publishPause = 10 * time.Second
)

// baseline keeps what stands under mutable names before a release, so that a name
// which merely still holds the last release is not taken for success. A name that
// holds nothing yet has the empty digest; one that could not be read has none.
func baseline(p Plan, published [][]checks.Got[checks.Published]) map[string]string {
	out := map[string]string{}
	for i, st := range p.Stages {
		for k, a := range st.Artifacts {
			if pub, ok := published[i][k].Get(); ok && a.Mutable && (!pub.Exists || pub.Digest != "") {
				out[a.String()] = pub.Digest
			}
		}
	}
	return out
}

// merged is a with what b adds.
func merged(a, b map[string]string) map[string]string {
	if a == nil {
		return b
	}
	maps.Copy(a, b)
	return a
}

// stood is what stood under an artifact's name before the release.
func (e *Engine) stood(a Artifact) baseDigest {
	if digest, known := e.before[a.String()]; known {
		return baseDigest{digest, true}
	}
	digest, known := e.resumed[a.String()]
	return baseDigest{digest, known}
}

// verify ends the stages whose runs are over or overdue: a stage is done when
// every run succeeded and every artifact is published under this version.
func (w *watch) verify(ctx context.Context) error {
	for _, st := range w.snapshot() {
		switch st.Status {
		case StageStarted, StageRunning, StageVerifying:
		default:
			continue
		}
		if st.Status != StageVerifying { // not over yet, or again not over after a re-run
			w.stages[st.Stage.Name].verified = time.Time{}
		}
		if runs := st.ambiguous(); len(runs) > 0 {
			if err := w.undecided(ctx, st, runs); err != nil {
				return err
			}
			continue
		}
		late := w.late(st)
		if st.Status != StageVerifying && !(len(late) > 0 && allOver(st)) || logsDue(st) {
			continue
		}
		failed := failedRuns(st)
		final := len(failed) > 0 || len(late) > 0
		missing, err := w.artifacts(ctx, st, final)
		if err != nil {
			return err
		}
		switch past := w.stages[st.Stage.Name].past && !st.undelivered(); {
		case len(failed) > 0 && w.again(ctx, st, failed):
		case len(failed) > 0 && len(late) > 0 && !past:
			why := text.Cleanf("%s; %s", failedText(st, failed), w.lateText(st.Stage, late))
			w.stages[st.Stage.Name].err = nil // the failure is to be looked at first
			w.fail(st.Stage.Name, why)
		case len(failed) > 0:
			w.fail(st.Stage.Name, failedText(st, failed))
		case len(late) > 0 && !past:
			w.fail(st.Stage.Name, w.lateText(st.Stage, late))
		case len(late) > 0:
			if err := w.byArtifacts(ctx, st, text.Cleanf("no run of %s is known any more", text.Join(text.CleanAll(late), ", ")), missing); err != nil {
				return err
			}
		case len(missing) == 0:
			if err := w.prove(ctx, st); err != nil {
				return err
			}
		case w.patienceOver(st):
			w.fail(st.Stage.Name, text.Cleanf("the runs succeeded, but %d of %d artifacts could not be confirmed: %s",
				len(missing), len(st.Artifacts), text.Join(missing, ", ")))
		}
	}
	return nil
}

// late are the workflows whose runs have not appeared in time.
func (w *watch) late(st StageState) []string {
	s := w.stages[st.Stage.Name]
	if st.Status != StageStarted || s.since.IsZero() {
		return nil
	}
	out := st.unseen()
	if some, ok := errors.AsType[*partly](s.err); ok { // nobody waits for what was not started
		out = slices.DeleteFunc(out, func(f string) bool { return slices.Contains(some.workflows, f) })
		if len(out) == 0 {
			return some.workflows
		}
	}
	if s.past {
		return out
	}
	waited := w.now.Sub(s.since)
	if len(out) > 0 && waited > runPatience/6 && !s.told {
		s.told = true
		w.e.note("stage %s: no run of %s yet, %s after the trigger", st.Stage.Name,
			text.Join(text.CleanAll(out), ", "), waited.Round(time.Second))
	}
	if waited < runPatience {
		return nil
	}
	return out
}

// unseen are the workflows of a stage of which no run was seen.
func (st StageState) unseen() []string {
	return slices.DeleteFunc(slices.Clone(st.Stage.Workflows), func(f string) bool {
		return slices.ContainsFunc(st.Runs, func(r RunState) bool { return r.Run.Workflow == f })
	})
}

// undelivered tells whether one of several dispatches seems to have been lost, however
// long ago: GitHub deletes the runs of a stage together, and some are there. What is
// published tells nothing of a workflow that never ran.
func (st StageState) undelivered() bool {
	return st.Stage.Trigger == TriggerDispatch && st.Claim != nil && st.Claim.Noted && len(st.Runs) > 0 && len(st.unseen()) > 0
}

// lateText says which runs did not appear, or why they could not.
func (w *watch) lateText(st Stage, late []string) text.Safe {
	if some, ok := errors.AsType[*partly](w.stages[st.Name].err); ok && slices.Equal(late, some.workflows) {
		return text.Clean(some.Error())
	}
	if w.stages[st.Name].past {
		return text.Cleanf("no run of %s is known, and those of its other workflows are", text.Join(text.CleanAll(late), ", "))
	}
	return text.Cleanf("no run of %s appeared within %s of the %s trigger on %s", text.Join(text.CleanAll(late), ", "),
		runPatience, st.Trigger, st.Repo)
}

// allOver tells whether every run that was seen is over.
func allOver(st StageState) bool {
	return !slices.ContainsFunc(st.Runs, func(r RunState) bool { return r.Run.Status != StatusCompleted })
}

// logsDue tells whether the log of a job that is over has not been seen yet. It
// comes, or is said to be missing, within logPatience.
func logsDue(st StageState) bool {
	return slices.ContainsFunc(st.Runs, func(r RunState) bool {
		return r.Run.Conclusion != ConclusionGone && slices.ContainsFunc(r.Jobs, func(j JobState) bool { return wantsLog(j.Job, &r) })
	})
}

// failedRuns are the runs that did not succeed, judged by their conclusion. A
// skipped run did nothing, so it published nothing; it does not count where another
// run of its workflow succeeded, and neither does one that was cancelled for that
// other.
func failedRuns(st StageState) []Run {
	done := map[string]bool{}
	for _, r := range st.Runs {
		done[r.Run.Workflow] = done[r.Run.Workflow] || r.Run.Conclusion == ConclusionSuccess
	}
	var out []Run
	for _, r := range st.Runs {
		idle := r.Run.Conclusion == ConclusionSkipped || r.Run.Conclusion == ConclusionCancelled
		if r.Run.Status == StatusCompleted && r.Run.Conclusion != ConclusionSuccess && !(idle && done[r.Run.Workflow]) {
			out = append(out, r.Run)
		}
	}
	return out
}

func failedText(st StageState, failed []Run) text.Safe {
	var parts []text.Safe
	for _, r := range failed {
		if a, ok := st.known(r.ID).rejection(); ok {
			parts = append(parts, a.words())
			continue
		}
		c := r.Conclusion
		if c == "" {
			c = "without a conclusion"
		}
		parts = append(parts, text.Cleanf("%s #%d ended as %s", r.Workflow, r.Number, c))
	}
	return text.Join(parts, ", ")
}

// artifacts looks for the stage's artifacts that were not found yet, and gives
// those that are still missing. With final it says of each where it stands, so
// that a half-published release names what is out.
func (w *watch) artifacts(ctx context.Context, st StageState, final bool) ([]text.Safe, error) {
	s, now := w.stages[st.Stage.Name], w.now
	if s.verified.IsZero() {
		s.verified = now
	}
	final = final || w.patienceOver(st)
	var missing []text.Safe
	if !final && !s.looked.IsZero() && now.Sub(s.looked) < publishPause {
		for _, a := range st.Artifacts {
			if a.Published == nil {
				missing = append(missing, text.Clean(a.Artifact.String()))
			}
		}
		return missing, nil
	}
	s.looked = now
	for _, l := range w.lookAll(ctx, st) {
		if l.why.IsZero() {
			w.e.ports.Stream.Emit(ArtifactFound{Stage: st.Stage.Name, Artifact: l.artifact, Published: l.published})
			continue
		}
		words := "%s (%s)"
		if l.unseen {
			words = "%s (could not be looked at: %s)"
		}
		missing = append(missing, text.Cleanf(words, l.artifact, l.why))
		if final {
			w.e.ports.Stream.Emit(ArtifactMissing{Stage: st.Stage.Name, Artifact: l.artifact, Why: l.why, Unseen: l.unseen})
		}
	}
	return missing, ctx.Err()
}

func (w *watch) patienceOver(st StageState) bool {
	s := w.stages[st.Stage.Name]
	return !s.verified.IsZero() && w.now.Sub(s.verified) >= publishPatience
}

// looked is one artifact and what stands under its name; why says what is wrong
// with it, or with the reading when it could not be looked at.
type looked struct {
	artifact  Artifact
	published checks.Published
	why       text.Safe
	unseen    bool
}

// lookAll looks at the stage's artifacts that were not found yet, at the same
// time, and answers in the plan's order.
func (w *watch) lookAll(ctx context.Context, st StageState) []looked {
	var out []looked
	for _, a := range st.Artifacts {
		if a.Published == nil {
			out = append(out, looked{artifact: a.Artifact})
		}
	}
	var since time.Time
	if st.Claim != nil {
		since = st.Claim.At
	}
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() {
			pub, err := w.e.ports.Shelf.Look(ctx, out[i].artifact)
			if err != nil {
				out[i].why, out[i].unseen = text.Clean(err.Error()), true
				return
			}
			pub.Artifact, pub.Mutable = text.Clean(out[i].artifact.String()), out[i].artifact.Mutable
			out[i].published = pub
			out[i].why = notPublished(out[i].artifact, pub, w.e.stood(out[i].artifact), since)
		})
	}
	wg.Wait()
	return out
}

// untold is why what stands under a name without a version is not confirmed.
const untold = "is there under a name that every release shares, and whether this one put it there can not be told"

// baseDigest is what stood under a name before the release.
type baseDigest struct {
	digest string // empty: nothing did
	known  bool
}

// notPublished judges what stands under an artifact's name; empty when it is the
// release's own. A mutable name has to have changed since before the release.
func notPublished(a Artifact, pub checks.Published, before baseDigest, since time.Time) text.Safe {
	switch {
	case !pub.Exists:
		return text.Clean("not there")
	case !a.Mutable:
		return text.Safe{}
	case before.known && before.digest == "":
		return text.Safe{}
	case before.known && pub.Digest == before.digest:
		return text.Clean("still holds what it held before this release")
	case before.known && pub.Digest != "":
		return text.Safe{}
	case pub.Updated.IsZero() || since.IsZero():
		return text.Clean(untold)
	case pub.Updated.Before(since):
		return text.Cleanf("is there, but was last changed %s, before this release", pub.Updated.UTC().Format(time.RFC3339))
	}
	return text.Safe{}
}
