package actions

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// markFeeds marks the jobs that what is published passes through.
func markFeeds(jobs []Job) {
	g := NewGraph(jobs)
	w := g.walk()
	for i, j := range jobs {
		if len(j.Publishes()) > 0 || len(j.Powers()) > 0 {
			w.mark(i)
		}
	}
	none := !slices.Contains(w.seen, true)
	for i := range jobs {
		jobs[i].Feeds = w.seen[i] || none
	}
}

// Graph is which jobs of a list need which.
type Graph struct {
	jobs   []Job
	at     map[*actionlint.Job]int
	named  map[jobName][]int
	called map[*actionlint.Job][]int // the jobs of the workflow that a job calls
}

type jobName struct {
	file *File
	id   string // in lower case
}

// NewGraph makes the graph of a list of jobs.
func NewGraph(jobs []Job) *Graph {
	g := &Graph{jobs, map[*actionlint.Job]int{}, map[jobName][]int{}, map[*actionlint.Job][]int{}}
	within := map[*File][]int{}
	for i, j := range jobs {
		name := jobName{j.File, strings.ToLower(j.ID)}
		g.at[j.Def] = i
		g.named[name] = append(g.named[name], i)
		within[j.File] = append(within[j.File], i)
	}
	for _, called := range within { // the jobs of a file have the same callers
		for _, caller := range jobs[called[0]].Callers {
			g.called[caller] = called
		}
	}
	return g
}

// Before tells of each job whether the i-th needs it; it needs itself.
func (g *Graph) Before(i int) []bool {
	w := g.walk()
	w.mark(i)
	return w.seen
}

func (g *Graph) walk() *graphWalk {
	return &graphWalk{g, make([]bool, len(g.jobs)), make([]bool, len(g.jobs))}
}

// graphWalk goes from jobs to what they are made from.
type graphWalk struct {
	*Graph
	seen  []bool
	whole []bool // seen with all that it calls
}

// mark marks a job and the jobs that it needs, and those that the jobs need which call
// its workflow.
func (w *graphWalk) mark(i int) {
	if w.seen[i] {
		return
	}
	w.seen[i] = true
	w.markNeeds(i)
	for _, caller := range w.jobs[i].Callers {
		if at, ok := w.at[caller]; ok {
			w.markNeeds(at)
		}
	}
}

// markNeeds marks the jobs that a job needs, with all that they call.
func (w *graphWalk) markNeeds(i int) {
	for _, need := range w.jobs[i].Def.Needs {
		for _, other := range w.named[jobName{w.jobs[i].File, strings.ToLower(need.Value)}] {
			w.markWhole(other)
		}
	}
}

// markWhole marks a job with all jobs of the workflow that it calls.
func (w *graphWalk) markWhole(i int) {
	if w.whole[i] {
		return
	}
	w.whole[i] = true
	w.mark(i)
	for _, k := range w.called[w.jobs[i].Def] {
		w.markWhole(k)
	}
}
