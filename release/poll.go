package release

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// commit is what a list of runs is about.
type commit struct {
	repo Repo
	sha  string
}

// poll reads what every watched stage does, all at the same time, and then emits
// what changed, in the plan's order.
func (w *watch) poll(ctx context.Context) error {
	stages := w.snapshot()
	seen := make([][]observation, len(stages))
	g, gctx := errgroup.WithContext(ctx)
	runs := map[commit]func() ([]Run, error){} // each read once, for all the stages that it is about
	for i, st := range stages {
		if !watched(st) {
			continue
		}
		of := commit{st.Stage.Repo, st.Stage.SHA}
		list := runs[of]
		if list == nil {
			list = sync.OnceValues(func() ([]Run, error) { return w.e.ports.Forge.Runs(gctx, of.repo, of.sha) })
			runs[of] = list
		}
		g.Go(func() (err error) { seen[i], err = w.pollStage(gctx, st, list); return err })
	}
	err := g.Wait()
	for i, st := range stages {
		for _, o := range seen[i] {
			w.tried(st.Stage.Name, o)
			for _, ev := range changes(st.Stage.Name, st.known(o.run.ID), o) {
				w.e.ports.Stream.Emit(ev)
			}
		}
	}
	return err
}

// pollStage reads what one stage does. The jobs of the runs that went on are read
// beside the list of runs: the round takes the time of one answer, not of two.
func (w *watch) pollStage(ctx context.Context, st StageState, list func() ([]Run, error)) ([]observation, error) {
	g, gctx := errgroup.WithContext(ctx)
	early := map[int64]func() ([]Job, error){}
	for _, r := range st.Runs {
		if r.Run.Status == StatusCompleted {
			continue
		}
		read := sync.OnceValues(func() ([]Job, error) { return w.e.ports.Forge.Jobs(gctx, st.Stage.Repo, r.Run.ID) })
		early[r.Run.ID] = read
		g.Go(func() error { _, _ = read(); return nil }) // whoever needs it meets its error
	}
	runs, err := list()
	if err != nil {
		_ = g.Wait()
		return nil, err
	}
	mine := ours(st, runs)
	out := make([]observation, len(mine))
	for i, r := range mine {
		g.Go(func() (err error) {
			out[i], err = w.observe(gctx, st.Stage, r, st.known(r.ID), early[r.ID])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return append(out, w.gone(st, runs)...), nil
}

// gone are the known runs that have not ended and are on GitHub no longer: somebody
// deleted them, and nothing more will ever be heard of them.
func (w *watch) gone(st StageState, listed []Run) []observation {
	s, now := w.stages[st.Stage.Name], w.now
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
