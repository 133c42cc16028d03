package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// markFeeds marks the jobs that what is published passes through.
func markFeeds(jobs []Job) {
	w := &feedWalk{jobs, make([]bool, len(jobs))}
	for i, j := range jobs {
		if len(j.Powers()) > 0 || len(j.Publishes()) > 0 {
			w.mark(i)
		}
	}
	none := !slices.Contains(w.seen, true)
	for i := range jobs {
		jobs[i].Feeds = w.seen[i] || none
	}
}

// Before are the jobs of a list that a job of it needs, and itself.
func Before(jobs []Job, job Job) []Job {
	w := &feedWalk{jobs, make([]bool, len(jobs))}
	var out []Job
	for i, j := range jobs {
		if j.Def == job.Def {
			w.mark(i)
		}
	}
	for i, j := range jobs {
		if w.seen[i] {
			out = append(out, j)
		}
	}
	return out
}

// feedWalk goes from jobs to what they are made from.
type feedWalk struct {
	jobs []Job
	seen []bool
}

// mark marks a job and the jobs that it needs, and those that the jobs need which call
// its workflow.
func (w *feedWalk) mark(i int) {
	if w.seen[i] {
		return
	}
	w.seen[i] = true
	w.markNeeds(w.jobs[i].Def)
	for _, caller := range w.jobs[i].Callers {
		w.markNeeds(caller)
	}
}

// markNeeds marks the jobs that a job needs, with all that they call.
func (w *feedWalk) markNeeds(def *actionlint.Job) {
	at := slices.IndexFunc(w.jobs, func(j Job) bool { return j.Def == def })
	if at < 0 {
		return
	}
	for _, need := range def.Needs {
		for i, other := range w.jobs {
			if other.File == w.jobs[at].File && strings.EqualFold(other.ID, need.Value) {
				w.markWhole(i)
			}
		}
	}
}

// markWhole marks a job with all jobs of the workflow that it calls.
func (w *feedWalk) markWhole(i int) {
	w.mark(i)
	for k, j := range w.jobs {
		if !w.seen[k] && slices.Contains(j.Callers, w.jobs[i].Def) {
			w.markWhole(k)
		}
	}
}
