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

// runList is the list of the runs of a commit. It is read once a round at most, for
// all the stages that it is about.
type runList struct {
	read func() ([]Run, error)
	was  bool // read, in this round
}

// listPause is how long the list of runs may go unread while the jobs of its runs
// tell nothing that it would have to confirm.
const listPause = 10 * time.Second

// poll reads what every watched stage does, all at the same time, and then emits
// what changed, in the plan's order.
func (w *watch) poll(ctx context.Context) error {
	stages := w.snapshot()
	seen := make([][]observation, len(stages))
	g, gctx := errgroup.WithContext(ctx)
	lists := map[commit]*runList{}
	for i, st := range stages {
		if !watched(st) {
			continue
		}
		of := commit{st.Stage.Repo, st.Stage.SHA}
		list := lists[of]
		if list == nil {
			list = &runList{}
			list.read = sync.OnceValues(func() ([]Run, error) {
				list.was = true
				return w.e.ports.Forge.Runs(gctx, of.repo, of.sha)
			})
			lists[of] = list
		}
		due := w.listDue(st, of)
		g.Go(func() (err error) { seen[i], err = w.pollStage(gctx, st, list, due); return err })
	}
	err := g.Wait()
	for of, list := range lists {
		if list.was && err == nil {
			w.listed[of] = w.now
		}
	}
	for i, st := range stages {
		for _, o := range seen[i] {
			w.tried(st.Stage.Name, o)
			w.tellForeign(st, o.run)
			for _, ev := range changes(st.Stage.Name, st.known(o.run.ID), o) {
				w.e.ports.Stream.Emit(ev)
			}
		}
	}
	return err
}

// listDue tells whether the list of a stage's runs has to be read whatever the jobs
// of its runs say: a run is awaited, none goes on, or it was not read for a while.
func (w *watch) listDue(st StageState, of commit) bool {
	at, before := w.listed[of]
	return !before || w.now.Sub(at) >= listPause || st.Status != StageRunning || allOver(st)
}

// pollStage reads what one stage does. The jobs of the runs that went on are read
// beside the list of runs, when that is due: the round takes the time of one answer,
// not of two. When it is not, it is read after them if they tell of something new.
func (w *watch) pollStage(ctx context.Context, st StageState, list *runList, due bool) ([]observation, error) {
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
	var mine, runs []Run
	if !due && asBefore(st, early) {
		for _, r := range st.Runs {
			mine = append(mine, r.Run)
		}
	} else {
		var err error
		if runs, err = list.read(); err != nil {
			_ = g.Wait()
			return nil, err
		}
		due, mine = true, w.ownFirst(st, ours(st, runs))
	}
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
	if due {
		out = append(out, w.gone(st, runs)...)
	}
	return out, nil
}

// asBefore tells whether the jobs of all runs that go on agree with what the list of
// runs said last: it then has nothing to add.
func asBefore(st StageState, jobs map[int64]func() ([]Job, error)) bool {
	for _, r := range st.Runs {
		read, goesOn := jobs[r.Run.ID]
		if !goesOn {
			continue
		}
		if now, err := read(); err != nil || runStatus(now) != r.Run.Status ||
			slices.ContainsFunc(now, func(j Job) bool { return j.Attempt > r.Run.Attempt }) {
			return false
		}
	}
	return true
}

// runStatus is the status that a run with such jobs has: what any of them does, the
// busiest first.
func runStatus(jobs []Job) string {
	status := StatusCompleted
	for _, s := range []string{"queued", StatusWaiting, "in_progress"} {
		if slices.ContainsFunc(jobs, func(j Job) bool { return j.Status == s }) {
			status = s
		}
	}
	return status
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
