package rehearsal

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/rhysd/actionlint"
)

// refName holds for what git takes as the name of a ref.
var refName = regexp.MustCompile(`^refs/[^\x00-\x20\x7f~^:?*\[\\]+$`)

// validRef tells whether GitHub takes a ref's name: a full one that git allows, with
// two slashes at least.
func validRef(name string) bool {
	return refName.MatchString(name) && strings.Count(name, "/") >= 2 && !strings.Contains(name, "..") &&
		!strings.Contains(name, "//") && !strings.Contains(name, "@{") && !strings.Contains(name, "/.") &&
		!strings.HasSuffix(name, "/") && !strings.HasSuffix(name, ".") && !strings.HasSuffix(name, ".lock")
}

// createTag makes an annotated tag's object, and no ref.
func (x *exchange) createTag() (any, error) {
	var asked struct {
		Tag     string `json:"tag"`
		Message string `json:"message"`
		Object  string `json:"object"`
		Type    string `json:"type"`
		Tagger  struct {
			Name  string    `json:"name"`
			Email string    `json:"email"`
			Date  time.Time `json:"date"`
		} `json:"tagger"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	target := plumbing.NewHash(asked.Object)
	obj, err := x.repo.git.object(plumbing.AnyObject, target)
	if err != nil || !plumbing.IsHash(asked.Object) {
		return nil, invalid("Object does not exist")
	}
	if asked.Tag == "" || asked.Message == "" || obj.Type().String() != asked.Type {
		return nil, invalid("Invalid request.")
	}
	by := signature(cmp.Or(asked.Tagger.Name, x.viewer), x.now)
	by.Email = cmp.Or(asked.Tagger.Email, by.Email)
	if !asked.Tagger.Date.IsZero() {
		by.When = asked.Tagger.Date.UTC()
	}
	h, err := x.repo.git.putTag(asked.Tag, asked.Message, by, target)
	if err != nil {
		return nil, err
	}
	t, err := x.repo.git.tag(h)
	if err != nil {
		return nil, err
	}
	x.status = http.StatusCreated
	x.header.Set("Location", x.repo.api("/git/tags/%s", h))
	return x.repo.tagJSON(t), nil
}

// createRef makes a ref that does not exist. Whoever is first has it; that is what
// a claim rests on.
func (x *exchange) createRef() (any, error) {
	var asked struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	h := plumbing.NewHash(asked.SHA)
	_, err := x.repo.git.object(plumbing.AnyObject, h)
	_, exists := x.repo.git.refs[asked.Ref]
	switch {
	case !validRef(asked.Ref):
		return nil, invalid("Reference name must be fully qualified and contain at least two slashes")
	case exists:
		return nil, invalid("Reference already exists")
	case !plumbing.IsHash(asked.SHA) || err != nil:
		return nil, invalid("Object does not exist")
	}
	if err := x.world.makeRef(x.repo, asked.Ref, h, x.viewer); err != nil {
		return nil, err
	}
	if x.world.begun.IsZero() && !strings.HasPrefix(asked.Ref, "refs/heads/") {
		x.world.begun = x.now
	}
	x.status = http.StatusCreated
	x.header.Set("Location", x.repo.api("/git/%s", escapePath(asked.Ref)))
	return x.repo.refJSON(asked.Ref, h)
}

// makeRef sets a ref and starts what a push of it starts.
func (w *World) makeRef(r *repository, ref string, h plumbing.Hash, by string) error {
	r.git.refs[ref] = h
	sha, err := r.git.peel(h)
	if err != nil {
		return nil // a ref to a blob or a tree is allowed, and starts nothing
	}
	now := w.clock.Now()
	fact := Fact{Name: strings.TrimPrefix(ref, "refs/tags/"), SHA: sha.String(), By: by, At: now}
	switch {
	case strings.HasPrefix(ref, "refs/heads/"):
		r.pushed[sha] = append(r.pushed[sha], push{branch: strings.TrimPrefix(ref, "refs/heads/"), at: now, by: by})
		delete(r.ci, sha)
		return nil // what it starts is made up when somebody asks, as for other branches
	case strings.HasPrefix(ref, "refs/tags/"):
		r.facts.Tags = append(r.facts.Tags, fact)
	default:
		r.facts.Claims = append(r.facts.Claims, fact)
		return nil
	}
	_, err = w.begin(r, trigger{event: "push", ref: ref, sha: sha, actor: by, at: now})
	return err
}

// dispatch starts a workflow by hand.
func (x *exchange) dispatch() (any, error) {
	f, err := x.findWorkflow()
	if err != nil {
		return nil, err
	}
	var asked struct {
		Ref     string            `json:"ref"`
		Inputs  map[string]string `json:"inputs"`
		Details bool              `json:"return_run_details"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	ref, sha, err := x.dispatchRef(asked.Ref)
	if err != nil {
		return nil, err
	}
	content, err := x.repo.git.read(sha, f.path)
	if err != nil {
		return nil, notFound()
	}
	inputs, err := checkInputs(content, asked.Inputs)
	if err != nil {
		return nil, err
	}
	run, err := x.world.newRun(x.repo, f.path, trigger{event: "workflow_dispatch", ref: ref, sha: sha,
		actor: x.viewer, at: x.now, inputs: inputs})
	if err != nil {
		return nil, err
	}
	if run == nil {
		return nil, invalid("Failed to run workflow dispatch: the workflow file has an error")
	}
	started := x.world.scenario.apply(x.repo == x.world.repos[0], []*simRun{run})
	x.repo.runs = append(x.repo.runs, started...)
	if !asked.Details || len(started) == 0 {
		x.status = http.StatusNoContent
		return nil, nil
	}
	return fields{"workflow_run_id": run.ID, "run_url": x.repo.api("/actions/runs/%d", run.ID),
		"html_url": x.repo.html("/actions/runs/%d", run.ID)}, nil
}

// dispatchRef finds the branch or tag that a workflow is to run on.
func (x *exchange) dispatchRef(given string) (string, plumbing.Hash, error) {
	for _, ref := range []string{given, "refs/heads/" + given, "refs/tags/" + given} {
		if h, ok := x.repo.git.refs[ref]; ok {
			sha, err := x.repo.git.peel(h)
			return ref, sha, err
		}
	}
	return "", plumbing.ZeroHash, invalid("No ref found for: " + given)
}

// maxInputs is how many inputs GitHub takes.
const maxInputs = 25

// checkInputs refuses inputs that the workflow does not declare, and fills in what
// it declares a default for.
func checkInputs(content []byte, given map[string]string) (map[string]string, error) {
	wf, err := parseWorkflow(content)
	if err != nil {
		return nil, invalid("Failed to parse workflow: " + err.Error())
	}
	i := slices.IndexFunc(wf.On, func(e actionlint.Event) bool { return e.EventName() == "workflow_dispatch" })
	if i < 0 {
		return nil, invalid("Workflow does not have 'workflow_dispatch' trigger")
	}
	if len(given) > maxInputs {
		return nil, invalid("Too many inputs: at most 25 are allowed")
	}
	var declared map[string]*actionlint.DispatchInput
	if on, ok := wf.On[i].(*actionlint.WorkflowDispatchEvent); ok {
		declared = on.Inputs
	}
	inputs := map[string]string{}
	for name, value := range given {
		if declared[strings.ToLower(name)] == nil {
			return nil, invalid(`Unexpected inputs provided: ["` + name + `"]`)
		}
		inputs[strings.ToLower(name)] = value
	}
	for name, in := range declared {
		_, has := inputs[name]
		if !has && in.Default != nil {
			inputs[name] = in.Default.Value
		} else if !has && in.Required != nil && in.Required.Value {
			return nil, invalid("Required input '" + name + "' not provided")
		}
	}
	return inputs, nil
}

// rerunAll runs every job of a run anew.
func (x *exchange) rerunAll() (any, error) { return x.rerun(nil) }

// rerunFailed runs the jobs of a run anew that failed, and those that need them.
func (x *exchange) rerunFailed() (any, error) {
	return x.rerun(jobView.endedBadly)
}

// endedBadly tells whether a job did not do what it should have done.
func (j jobView) endedBadly() bool { return j.Conclusion == "failure" || j.Conclusion == "cancelled" }

// rerun begins another attempt of a run.
func (x *exchange) rerun(which func(jobView) bool) (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	view := run.at(x.now)
	if view.Status != "completed" {
		return nil, forbidden("This workflow is already running")
	}
	var only []string
	if which != nil {
		if only = run.withDependents(view, which); len(only) == 0 {
			return nil, forbidden("This workflow run has no failed jobs to rerun")
		}
	}
	number := len(run.Attempts) + 1
	run.Attempts = append(run.Attempts, attempt{Number: number, Began: x.now, OnlyOf: only,
		Actor: x.viewer, FirstID: firstJob(run.ID, number)})
	x.status = http.StatusCreated
	return fields{}, nil
}

// withDependents are the keys of the jobs that are chosen and of those that need
// them, directly or not. Jobs come after those that they need.
func (run *simRun) withDependents(view runView, chosen func(jobView) bool) []string {
	in := map[string]bool{}
	for _, j := range view.Jobs {
		if chosen(j) {
			in[j.Key] = true
		}
	}
	var keys []string
	for _, spec := range run.Jobs {
		if in[spec.Key] || slices.ContainsFunc(spec.Needs, func(need string) bool { return in[need] }) {
			in[spec.Key] = true
			keys = append(keys, spec.Key)
		}
	}
	return keys
}

// cancel stops a run.
func (x *exchange) cancel() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	if run.at(x.now).Status == "completed" {
		return nil, &apiError{status: http.StatusConflict, message: "Cannot cancel a workflow run that is completed."}
	}
	if last := &run.Attempts[len(run.Attempts)-1]; last.Cancel.IsZero() {
		last.Cancel = x.now
	}
	x.status = http.StatusAccepted
	return fields{}, nil
}
