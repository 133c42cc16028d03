package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// markFeeds marks the jobs that what is published passes through.
func markFeeds(jobs []Job) {
	w := &feedWalk{jobs: jobs}
	for i, j := range jobs {
		if len(j.Powers()) > 0 || len(j.Publishes()) > 0 {
			w.mark(i)
		}
	}
	if !slices.ContainsFunc(jobs, func(j Job) bool { return j.Feeds }) {
		for i := range jobs {
			jobs[i].Feeds = true
		}
	}
}

// feedWalk goes from the jobs that publish to what they are made from.
type feedWalk struct{ jobs []Job }

// mark marks a job and the jobs that it needs, and those that the jobs need which call
// its workflow.
func (w *feedWalk) mark(i int) {
	if w.jobs[i].Feeds {
		return
	}
	w.jobs[i].Feeds = true
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
	known := w.jobs[i].Feeds
	w.mark(i)
	if known && w.jobs[i].Def.WorkflowCall == nil {
		return
	}
	for k, j := range w.jobs {
		if !j.Feeds && slices.Contains(j.Callers, w.jobs[i].Def) {
			w.markWhole(k)
		}
	}
}
