package release

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"twokey/checks/text"
)

// logLines is how much of the end of a finished job's log is kept.
const logLines = 400

const (
	// logPatience is how long a finished job's log may take to appear.
	logPatience = 30 * time.Second
	// logPause is the longest between two looks for one: each costs a request.
	logPause = 10 * time.Second
)

// maxAnnotations is how many annotations of a job are kept, the worst first.
const maxAnnotations = 10

// logTries are the looks for a log that was not there yet.
type logTries struct {
	first, next time.Time // of the first look, and of the next; by watch.now
	pause       time.Duration
	// noSteps holds when there will be none, and the annotations were read instead.
	noSteps bool
}

// wantsLog tells whether a job's log has to be read. A job that failed without a
// step never ran, as one whose gate was rejected: there is no log to wait for.
func wantsLog(j Job, known *RunState) bool {
	if j.Status != StatusCompleted || j.Conclusion == ConclusionSkipped || j.NeverRan() {
		return false
	}
	if known == nil || known.Run.Attempt < j.Attempt {
		return true
	}
	i := slices.IndexFunc(known.Jobs, func(k JobState) bool { return k.Job.ID == j.ID })
	return i < 0 || known.Jobs[i].Log == nil
}

// NeverRan tells whether a job failed without a step: it has no log, and never will.
func (j Job) NeverRan() bool {
	return j.Status == StatusCompleted && j.Conclusion == conclusionFailure && len(j.Steps) == 0
}

// failed tells whether a finished job's end is worth showing.
func (j Job) failed() bool {
	return j.Conclusion != ConclusionSuccess && j.Conclusion != ConclusionNeutral
}

// ends reads the ends of the jobs that have finished since the last round: of each
// its log, once, and of those that failed their annotations as well.
func (w *watch) ends(ctx context.Context, st Stage, o *observation, jobs []Job, known *RunState) error {
	type end struct {
		chunk *LogChunk
		blind error
	}
	var due []Job
	for _, j := range jobs {
		t := w.stages[st.Name].logs[j.ID]
		if wantsLog(j, known) && !w.now.Before(t.next) || j.NeverRan() && !t.noSteps && !w.blind {
			due = append(due, j)
		}
	}
	found := make([]end, len(due))
	g, gctx := errgroup.WithContext(ctx)
	for i, j := range due {
		g.Go(func() (err error) {
			found[i].chunk, found[i].blind, err = w.end(gctx, st, j)
			return err
		})
	}
	err := g.Wait()
	for i, j := range due {
		switch {
		case found[i].chunk != nil:
			o.logs = append(o.logs, *found[i].chunk)
		case err == nil && !j.NeverRan():
			o.noLog = append(o.noLog, j.ID)
		}
		if err == nil && j.NeverRan() {
			o.noSteps = append(o.noSteps, j.ID)
		}
		o.blind = cmp.Or(o.blind, found[i].blind)
	}
	return err
}

// end reads the end of one job; nil while its log may still appear, and when there
// is nothing to tell of a job that never ran.
func (w *watch) end(ctx context.Context, st Stage, j Job) (chunk *LogChunk, blind, err error) {
	if j.NeverRan() {
		chunk = &LogChunk{Stage: st.Name, RunID: j.RunID, JobID: j.ID, Job: j.Name, Failed: true}
	} else if chunk, err = w.log(ctx, st, j); chunk == nil || err != nil {
		return nil, nil, err
	}
	if chunk.Failed && !w.blind {
		chunk.Annotations, blind = w.annotations(ctx, st.Repo, j.ID)
	}
	if j.NeverRan() && len(chunk.Annotations) == 0 {
		chunk = nil
	}
	return chunk, blind, ctx.Err()
}

// log reads the end of a finished job's log. It is nil while the log may still
// appear; a job that was cancelled before it began never has one. Logs are on
// another host, which may be out of reach while GitHub is not: that is said of the
// log, and the watch goes on.
func (w *watch) log(ctx context.Context, st Stage, j Job) (*LogChunk, error) {
	c := &LogChunk{Stage: st.Name, RunID: j.RunID, JobID: j.ID, Job: j.Name, Failed: j.failed()}
	if !c.Failed && w.thrift {
		c.Missing = text.Clean("not read, for few requests are left")
		return c, nil
	}
	l, err := w.e.ports.Forge.Log(ctx, st.Repo, j.ID, logLines)
	switch {
	case errors.Is(err, ErrNoLog) && w.mayAppear(st, j):
		return nil, nil
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrUnauthorized)):
		return nil, err
	case err != nil:
		c.Missing = text.Clean(strings.TrimPrefix(err.Error(), ErrNoLog.Error()+": "))
		return c, nil
	}
	c.Lines, c.Total = l.Lines, l.Total
	c.First = l.Total - len(l.Lines) + 1
	return c, nil
}

// mayAppear tells whether a log that is not there may still come: it is looked for
// since a short while, and the job had not ended long before the watch began.
func (w *watch) mayAppear(st Stage, j Job) bool {
	if w.began.Sub(j.Completed) >= logPatience {
		return false
	}
	t := w.stages[st.Name].logs[j.ID]
	return t.first.IsZero() || w.now.Sub(t.first) < logPatience
}

// annotations are those of a failed job. A token that may not see them does not end
// the watch, and neither does anything else that is wrong with them alone.
func (w *watch) annotations(ctx context.Context, repo Repo, jobID int64) ([]Annotation, error) {
	list, err := w.e.ports.Forge.Annotations(ctx, repo, jobID)
	worst := []string{"failure", "warning"}
	rank := func(a Annotation) int { return (slices.Index(worst, a.Level) + len(worst) + 1) % (len(worst) + 1) }
	slices.SortStableFunc(list, func(a, b Annotation) int { return cmp.Compare(rank(a), rank(b)) })
	return list[:min(len(list), maxAnnotations)], err
}

// tried remembers what was asked for in vain.
func (w *watch) tried(stage string, o observation) {
	logs := w.stages[stage].logs
	for _, id := range o.noLog {
		t := logs[id]
		if t.first.IsZero() {
			t.first = w.now
		}
		t.pause = min(max(2*t.pause, time.Second), logPause)
		t.next = w.now.Add(t.pause)
		logs[id] = t
	}
	for _, id := range o.noSteps {
		logs[id] = logTries{noSteps: true}
	}
	if o.blind != nil && !w.blind {
		w.blind = hidden(o.blind)
		w.e.note("what a failed job is annotated with can not be seen: %v", o.blind)
	}
}
