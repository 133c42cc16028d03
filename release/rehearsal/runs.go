package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// trigger is something that starts workflows.
type trigger struct {
	event  string // push, release, workflow_dispatch
	ref    string // full
	sha    plumbing.Hash
	actor  string
	at     time.Time
	inputs map[string]string
	pre    bool // a release that is a pre-release
}

// start makes a run of every workflow that a trigger starts, in the order of the
// files' names. A file that nobody can make sense of starts nothing.
func (w *World) start(r *repository, t trigger) ([]*simRun, error) {
	paths, err := r.git.workflows(t.sha)
	if err != nil {
		return nil, err
	}
	var runs []*simRun
	for _, file := range paths {
		content, err := r.git.read(t.sha, file)
		if err != nil {
			return nil, err
		}
		if starts, err := startsOn(content, t.event, t.ref, t.pre); err != nil || !starts {
			continue
		}
		run, err := w.newRun(r, file, t)
		if err != nil {
			return nil, err
		}
		if run != nil {
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// jobsOf works out the jobs that a trigger gives to a workflow file. The error is
// errPartial when the clone lacks what it takes; any other is the file's own fault.
func (w *World) jobsOf(r *repository, file string, t trigger) (workflowInfo, []jobSpec, error) {
	rc := runContext{Repo: r.name.String(), Ref: t.ref, SHA: t.sha.String(), Event: t.event,
		Actor: t.actor, Inputs: t.inputs, Seed: w.options.Seed}
	var absent error
	at := func(g *gitStore, sha plumbing.Hash) readFile {
		return func(name string) ([]byte, error) {
			content, err := g.read(sha, name)
			if errors.Is(err, errPartial) {
				absent = err
			}
			return content, err
		}
	}
	read := at(r.git, t.sha)
	rc.Other = func(repo, ref string) (readFile, bool) {
		owner, name, _ := strings.Cut(repo, "/")
		other := w.repo(owner, name)
		if other == nil {
			return nil, false
		}
		sha, err := other.git.resolve(ref)
		return at(other.git, sha), err == nil
	}
	info, jobs, err := expandWorkflow(read, file, rc)
	if absent != nil {
		return info, nil, absent
	}
	return info, jobs, err
}

// newRun makes a run of one workflow file. It is nil for a file whose jobs can not
// be worked out, which GitHub would not run either.
func (w *World) newRun(r *repository, file string, t trigger) (*simRun, error) {
	info, jobs, err := w.jobsOf(r, file, t)
	if errors.Is(err, errPartial) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	key := fmt.Sprint(w.options.Seed, r.name, file, t.ref, t.sha, t.event)
	again := r.started[key]
	r.started[key]++
	run := &simRun{
		ID:       16_000_000_000 + idOf("run", key, again),
		Number:   r.runNumber(file),
		Workflow: path.Base(file), Name: info.Name, Title: cmp.Or(info.Title, r.subject(t)),
		Repo: r.name.String(), Event: t.event, Branch: shortRef(t.ref), SHA: t.sha.String(),
		Actor: t.actor, Created: t.at, Gated: map[string]gate{}, Jobs: jobs,
	}
	run.Attempts = []attempt{{Number: 1, Began: t.at, Actor: t.actor, FirstID: firstJob(run.ID, 1)}}
	for _, j := range jobs {
		if j.Environment == "" {
			continue
		}
		if e := w.environment(r, j.Environment); len(e.Reviewers) > 0 {
			run.Gated[j.Environment] = gate{e.By, e.After}
		}
	}
	return run, nil
}

// firstJob is the ID of the first job of an attempt. A run has at most 2,048 jobs.
func firstJob(runID int64, number int) int64 {
	return 40_000_000_000 + idOf("job", runID, number)*4096
}

// runNumber counts the runs of a workflow. That of a repository did not begin with
// the world.
func (r *repository) runNumber(file string) int {
	n := int(idOf("number", r.name, file)%900) + 100
	for _, run := range r.runs {
		if run.Workflow == path.Base(file) {
			n++
		}
	}
	return n + 1
}

// subject is the first line of the commit that a run is of.
func (r *repository) subject(t trigger) string {
	c, err := r.git.commit(t.sha)
	if err != nil {
		return shortRef(t.ref)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
	return line
}

// shortRef is a branch's or tag's name.
func shortRef(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}

// begin starts what a trigger starts, as far as the scenario lets it.
func (w *World) begin(r *repository, t trigger) ([]*simRun, error) {
	runs, err := w.start(r, t)
	if err != nil {
		return nil, err
	}
	runs = w.scenario.apply(r == w.repos[0], runs)
	r.runs = append(r.runs, runs...)
	return runs, nil
}

// past is what ran on a commit when it was pushed to a branch. It is made up when
// somebody first asks, since a clone can have hundreds of branches.
func (w *World) past(r *repository, sha plumbing.Hash) ([]*simRun, error) {
	if runs, ok := r.ci[sha]; ok {
		return runs, nil
	}
	pushes := r.pushes(sha)
	if len(pushes) == 0 {
		return nil, nil // no branch's head, so what ran is long forgotten
	}
	c, err := r.git.commit(sha)
	if err != nil {
		return nil, err
	}
	var runs []*simRun
	for _, p := range pushes {
		if p.at.IsZero() {
			p.at = pastPush(c.Committer.When, w.options.Start)
		}
		started, err := w.start(r, trigger{event: "push", ref: "refs/heads/" + p.branch,
			sha: sha, actor: p.by, at: p.at})
		if err != nil {
			return nil, err
		}
		for _, run := range started {
			same := func(old *simRun) bool { return old.Workflow == run.Workflow }
			if !slices.ContainsFunc(runs, same) {
				runs = append(runs, run)
			}
		}
	}
	r.ci[sha] = runs
	return runs, nil
}

// pastPush is when a commit that was there before the world began was pushed: soon
// after it was made, and so early that all that it started is over.
func pastPush(made, start time.Time) time.Time {
	latest := start.Add(-6 * time.Hour)
	if made = made.Add(10 * time.Second); made.After(latest) {
		return latest
	}
	return made
}

// push is the arrival of a commit on a branch; at is zero when that was before the
// world began.
type push struct {
	branch string
	at     time.Time
	by     string
}

// pushes are the branches that a commit is or was the head of, the default branch
// first.
func (r *repository) pushes(sha plumbing.Hash) []push {
	found := slices.Clone(r.pushed[sha])
	for _, b := range r.git.branches() {
		known := func(p push) bool { return p.branch == b.name }
		if b.hash == sha && !slices.ContainsFunc(found, known) {
			found = append(found, push{branch: b.name, by: viewer})
		}
	}
	slices.SortStableFunc(found, func(a, b push) int {
		return cmp.Compare(r.rank(a.branch), r.rank(b.branch))
	})
	return found
}

// rank puts the default branch and release lines before other branches.
func (r *repository) rank(branch string) int {
	switch {
	case branch == r.git.head:
		return 0
	case r.protected(branch):
		return 1
	}
	return 2
}

// runsOf lists the runs of a commit, newest first.
func (w *World) runsOf(r *repository, sha plumbing.Hash) ([]*simRun, error) {
	old, err := w.past(r, sha)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(old)
	for _, run := range r.runs {
		if run.SHA == sha.String() {
			all = append(all, run)
		}
	}
	newestFirst(all)
	return all, nil
}

// known lists the runs that the repository is known to have, newest first: those
// that something started, and those of the branches that were asked for.
func (r *repository) known() []*simRun {
	all := slices.Clone(r.runs)
	for _, runs := range r.ci {
		all = append(all, runs...)
	}
	newestFirst(all)
	return all
}

// newestFirst sorts runs as GitHub lists them.
func newestFirst(runs []*simRun) {
	slices.SortFunc(runs, func(a, b *simRun) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
}

// run finds a run by its ID.
func (r *repository) run(id int64) *simRun {
	for _, run := range r.known() {
		if run.ID == id {
			return run
		}
	}
	return nil
}

// runOfJob finds the run that a job is of, and the number of its attempt.
func (r *repository) runOfJob(id int64) (*simRun, int) {
	for _, run := range r.known() {
		for _, a := range run.Attempts {
			if id >= a.FirstID && id < a.FirstID+int64(len(run.Jobs)) {
				return run, a.Number
			}
		}
	}
	return nil, 0
}

// attemptView is what an attempt of a run looks like now; the latest for 0.
func (run *simRun) attemptView(number int, now time.Time) runView {
	if number == 0 || number >= len(run.Attempts) {
		return run.at(now)
	}
	earlier := *run
	earlier.Attempts = run.Attempts[:number]
	return earlier.at(now)
}
