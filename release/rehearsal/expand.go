package rehearsal

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// Bounds on what a workflow may become. The first and the third are GitHub's.
const (
	maxMatrix   = 256  // jobs of one matrix
	maxJobs     = 2048 // jobs of a run
	maxNestedWF = 4    // workflows that call one another
	maxSteps    = 1000 // steps of a job
)

// workflowInfo is what a run is called.
type workflowInfo struct {
	Name  string // of the workflow: its name, or else its path
	Title string // of the run: its run-name, or else empty
}

// runtimeOnly is said of what the workflow files do not tell before a run.
const runtimeOnly = "known only at run time"

// expandWorkflow works out the jobs of a run from its workflow file, as GitHub
// does: matrices, needs, reusable workflows, conditions, names. read gives the files at
// the run's commit.
//
// What only a run can know, such as a secret or most outputs of a step, is taken
// like this: a condition on it holds, a name shows the expression as it is
// written, and a matrix of it is one job that says so, except that outputs which
// are a file of the repository are read, see scriptOutputs.
func expandWorkflow(read readFile, file string, rc runContext) (workflowInfo, []jobSpec, error) {
	x := &expansion{read: read, rc: rc, file: file}
	content, err := read(file)
	if err != nil {
		return workflowInfo{}, nil, err
	}
	wf, err := parseWorkflow(content)
	if err != nil {
		return workflowInfo{Name: file}, nil, fmt.Errorf("%s: %w", file, err)
	}
	info := workflowInfo{Name: file}
	if wf.Name != nil && wf.Name.Value != "" {
		info.Name = wf.Name.Value
	}
	f := frame{read: read, inputs: dispatchInputs(wf, rc.Inputs), workflow: info.Name, when: status{success: true}}
	if wf.RunName != nil {
		info.Title = f.scope(x).fill(wf.RunName.Value)
	}
	if err := x.workflow(wf, f); err != nil {
		return info, nil, fmt.Errorf("%s: %w", file, err)
	}
	return info, x.jobs, nil
}

// expansion is the work on one run.
type expansion struct {
	read readFile
	rc   runContext
	file string
	jobs []jobSpec
}

// frame is one workflow file within a run: the run's own, or one that is called.
type frame struct {
	workflow string   // the name of the run's workflow
	read     readFile // of the repository that the file is in
	key      string   // of the calling job, with a slash; empty for the run's own
	name     string   // of the calling job, with " / "
	needs    []string // what the calling job needs
	when     status   // what a job without needs runs after: the caller's conditions
	inputs   *object
	env      *object
	depth    int
}

// outcome is what became of a job (or of all the jobs of its matrix) as long as
// nothing fails.
type outcome struct {
	keys    []string
	skipped bool
	broken  bool // it or one that it needs was skipped
	outputs *object
}

// workflow works out the jobs of one workflow file.
func (x *expansion) workflow(wf *actionlint.Workflow, f frame) error {
	order, err := inOrder(wf.Jobs)
	if err != nil {
		return err
	}
	f.env = envOf(wf.Env, f.env, f.scope(x))
	done := map[string]outcome{}
	for _, job := range order {
		o, err := x.job(job, f, done)
		if err != nil {
			return fmt.Errorf("job %s: %w", job.ID.Value, err)
		}
		if len(x.jobs) > maxJobs {
			return fmt.Errorf("the run has more than %d jobs", maxJobs)
		}
		done[strings.ToLower(job.ID.Value)] = o
	}
	return nil
}

// inOrder sorts jobs so that each comes after those that it needs, else as they
// stand in the file.
func inOrder(jobs map[string]*actionlint.Job) ([]*actionlint.Job, error) {
	left := make([]*actionlint.Job, 0, len(jobs))
	for _, j := range jobs {
		if j.ID != nil && j.Pos != nil {
			left = append(left, j)
		}
	}
	slices.SortFunc(left, func(a, b *actionlint.Job) int { return before(a.Pos, b.Pos) })
	var order []*actionlint.Job
	placed := map[string]bool{}
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(j *actionlint.Job) bool {
			return !slices.ContainsFunc(j.Needs, func(n *actionlint.String) bool { return !placed[strings.ToLower(n.Value)] })
		})
		if i < 0 {
			return nil, fmt.Errorf("job %s needs one that is not there, or itself", left[0].ID.Value)
		}
		placed[strings.ToLower(left[i].ID.Value)] = true
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order, nil
}

// before orders positions in a file.
func before(a, b *actionlint.Pos) int {
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Col - b.Col
}

// job works out one job of a workflow file: its condition, its matrix, and the
// workflow that it calls.
func (x *expansion) job(job *actionlint.Job, f frame, done map[string]outcome) (outcome, error) {
	o := outcome{}
	needs := slices.Clone(f.needs)
	if len(job.Needs) > 0 {
		needs = nil
	}
	for _, n := range job.Needs {
		needed := done[strings.ToLower(n.Value)]
		needs = append(needs, needed.keys...)
		o.broken = o.broken || needed.broken
	}
	spec := jobSpec{Needs: needs}
	sc := f.scope(x)
	spec.Skipped, spec.OnFailure, spec.OnCancel = conditions(job, sc, f, done, o.broken)
	o.skipped = spec.Skipped
	o.broken = o.broken || spec.Skipped
	sc.contexts["needs"] = needsContext(job, done, "success")

	cells, err := x.cells(job, sc, spec.Skipped)
	if err != nil {
		return o, err
	}
	for i, cell := range cells {
		one := spec
		one.Key = f.key + job.ID.Value
		if cell.matrix != nil {
			one.Key = fmt.Sprintf("%s#%d", one.Key, i)
		}
		cellScope := sc.with("matrix", cell.context()).with("strategy",
			newObject("job-index", float64(i), "job-total", float64(len(cells))))
		one.Name = f.name + jobName(job, cell, cellScope)
		var keys []string
		if job.WorkflowCall != nil && !one.skippedForGood() {
			keys, err = x.called(job, one, f, cellScope)
		} else {
			keys, err = x.single(job, one, cellScope)
		}
		if err != nil {
			return o, err
		}
		o.keys = append(o.keys, keys...)
	}
	o.outputs = outputsOf(job, sc, x.read)
	return o, nil
}

// skippedForGood holds for a job that runs in no case.
func (j jobSpec) skippedForGood() bool { return j.Skipped && !j.OnFailure && !j.OnCancel }

// conditions tells whether a job is skipped while all goes well, and whether it
// runs after a job that it needs failed, or after a cancel.
func conditions(job *actionlint.Job, sc scope, f frame, done map[string]outcome, broken bool) (skipped, onFailure, onCancel bool) {
	try := func(result string, st status) bool {
		s := sc.with("needs", needsContext(job, done, result))
		s.status = st
		return s.holds(job.If)
	}
	if len(job.Needs) == 0 {
		// Only a called workflow has jobs without needs that something comes before.
		ok := try("success", status{success: true})
		return !(f.when.success && ok), f.when.failure && ok, f.when.cancelled && ok
	}
	return !try("success", status{success: !broken}),
		try("failure", status{failure: true}),
		try("cancelled", status{cancelled: true})
}

// single adds a job that runs steps.
func (x *expansion) single(job *actionlint.Job, one jobSpec, sc scope) ([]string, error) {
	if job.Environment != nil && job.Environment.Name != nil {
		if name, ok := sc.fillValue(job.Environment.Name.Value).(string); ok {
			one.Environment = name
		}
	}
	if !one.skippedForGood() {
		steps, err := x.steps(job, one.Name, sc)
		if err != nil {
			return nil, err
		}
		one.Steps = steps
		one.Queue = x.between(2, 8, "queue", one.Name)
	}
	x.jobs = append(x.jobs, one)
	return []string{one.Key}, nil
}

// called adds the jobs of a reusable workflow. One that can not be read is a single job
// that says so.
func (x *expansion) called(job *actionlint.Job, one jobSpec, f frame, sc scope) ([]string, error) {
	uses := job.WorkflowCall.Uses.Value
	read, file, unread := x.calledFile(uses, f)
	if unread != "" {
		one.Name += fmt.Sprintf(" / (jobs of %s, %s)", uses, unread)
		one.Steps = x.frameSteps(one.Name, []stepSpec{{Name: "Run " + uses, Uses: uses, Duration: x.between(40, 180, one.Name, uses)}})
		one.Queue = x.between(2, 8, "queue", one.Name)
		x.jobs = append(x.jobs, one)
		return []string{one.Key}, nil
	}
	if f.depth+1 >= maxNestedWF {
		return nil, fmt.Errorf("more than %d workflows call one another", maxNestedWF)
	}
	content, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uses, err)
	}
	wf, err := parseWorkflow(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uses, err)
	}
	first := len(x.jobs)
	inner := frame{
		workflow: f.workflow, read: read, key: one.Key + "/", name: one.Name + " / ", needs: one.Needs, depth: f.depth + 1,
		when:   status{success: !one.Skipped, failure: one.OnFailure, cancelled: one.OnCancel},
		inputs: callInputs(wf, job.WorkflowCall.Inputs, sc),
	}
	if err := x.workflow(wf, inner); err != nil {
		return nil, fmt.Errorf("%s: %w", uses, err)
	}
	var keys []string
	for _, j := range x.jobs[first:] {
		keys = append(keys, j.Key)
	}
	return keys, nil
}

// calledFile is where the workflow that a job calls is read: in the repository of the
// file that calls it, or in the clone of another one. unread says why it can not be.
func (x *expansion) calledFile(uses string, f frame) (read readFile, file, unread string) {
	if local, ok := strings.CutPrefix(uses, "./"); ok {
		return f.read, path.Clean(local), ""
	}
	where, ref, _ := strings.Cut(uses, "@")
	parts := strings.SplitN(where, "/", 3)
	if len(parts) < 3 || x.rc.Other == nil {
		return nil, "", runtimeOnly
	}
	repo := parts[0] + "/" + parts[1]
	if read, there := x.rc.Other(repo, ref); there {
		return read, path.Clean(parts[2]), ""
	}
	return nil, "", fmt.Sprintf("known only with a clone that has them: --from %s=DIR", repo)
}
