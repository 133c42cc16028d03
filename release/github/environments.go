package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rhysd/actionlint"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
	"twokey/release"
)

// environments reads the environments that the workflows of every stage name.
func (f *filling) environments(ctx context.Context) {
	if f.opened != nil {
		f.readPrograms(ctx) // which asks for the same files together
	}
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		w := &walker{f: f, ctx: ctx, home: st.Repo.String(), event: eventOf(st.Trigger), seen: map[string]bool{}}
		for _, file := range st.Workflows {
			w.walk(source{st.Repo, st.SHA, workflowDir + "/" + file}, callOf{st.Inputs, st.Trigger == release.TriggerDispatch, true}, 0)
		}
		facts.Namings = w.namings
		facts.Environments = make([]checks.Got[checks.Environment], len(w.uses))
		var wg sync.WaitGroup
		for i, u := range w.uses {
			wg.Go(func() { facts.Environments[i] = f.environment(ctx, st.Repo, u) })
		}
		wg.Wait()
	})
}

// use is an environment that a job names, or why its name is not known.
type use struct {
	name    string
	job     string
	file    string
	unknown checks.Missing
}

// environment reads one environment. One that does not exist is made by GitHub on
// first use, without a gate.
func (f *filling) environment(ctx context.Context, repo release.Repo, u use) checks.Got[checks.Environment] {
	if u.unknown != (checks.Missing{}) {
		return checks.Lack[checks.Environment](u.unknown)
	}
	key := "environment " + repo.String() + " " + strings.ToLower(u.name)
	e, err := once(&f.memo, key, func() (checks.Environment, error) { return f.c.environment(ctx, repo, u.name) })
	e.Job, e.File = text.Clean(u.job), u.file
	return got(e, err, needs("actions: read and environments: read", repo))
}

func (c *Client) environment(ctx context.Context, repo release.Repo, name string) (checks.Environment, error) {
	env := checks.Environment{Name: text.Clean(name), URL: c.page(repo, "settings", "environments")}
	q := c.ask("environment "+name, repo, nil, "environments", name)
	e, _, err := get[struct {
		Name         string `json:"name"`
		HTMLURL      string `json:"html_url"`
		AdminsBypass *bool  `json:"can_admins_bypass"`
		Rules        []struct {
			Type              string           `json:"type"`
			PreventSelfReview bool             `json:"prevent_self_review"`
			Reviewers         []reviewerAnswer `json:"reviewers"`
			WaitTimer         int              `json:"wait_timer"`
		} `json:"protection_rules"`
	}](ctx, c, q)
	if errors.Is(err, release.ErrNotFound) {
		return env, nil
	}
	if err != nil {
		return env, err
	}
	if !strings.EqualFold(e.Name, name) {
		return env, c.explain(q.what, errStrange)
	}
	env.Exists, env.Name, env.BypassUnsaid = true, text.Clean(e.Name), e.AdminsBypass == nil
	env.AdminsBypass = e.AdminsBypass != nil && *e.AdminsBypass
	for _, r := range e.Rules {
		switch r.Type {
		case "required_reviewers":
			who := slices.DeleteFunc(reviewers(r.Reviewers), func(r checks.Reviewer) bool { return r.Name.IsZero() })
			if len(who) == 0 && len(r.Reviewers) > 0 {
				return checks.Environment{}, c.explain(q.what, errStrange) // somebody has to approve, and nobody is named
			}
			env.Reviewers = append(env.Reviewers, who...)
			env.PreventSelfReview = env.PreventSelfReview || r.PreventSelfReview
		case "wait_timer":
			env.WaitMinutes = max(env.WaitMinutes, r.WaitTimer)
		}
	}
	return env, nil
}

// source is where a workflow file is: a path in a repository at a commit or ref.
type source struct {
	repo release.Repo
	ref  string
	path string
}

// walker collects the environments that workflows name, through the reusable
// workflows that they call.
type walker struct {
	f       *filling
	ctx     context.Context
	home    string
	event   actions.Event
	uses    []use
	namings []checks.Naming
	seen    map[string]bool // names of environments, and sources with their inputs
}

// callOf is how a workflow file is called.
type callOf struct {
	inputs map[string]string // the values that were passed
	takes  bool              // it is started in a way that has inputs at all
	runs   bool              // the release may run it
}

// walk looks at one workflow file.
func (w *walker) walk(src source, call callOf, depth int) {
	key := fmt.Sprintf("%v %v", src, call) // fmt prints maps in the order of their keys
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	file := path.Base(src.path)
	if depth > actions.MaxDepth {
		w.lack(file, checks.Missing{Why: text.Cleanf("%s: workflows call one another more than %d deep", file, actions.MaxDepth)})
		return
	}
	content, err := w.f.file(w.ctx, src.repo, src.ref, src.path)
	if depth == 0 && errors.Is(err, release.ErrNotFound) {
		return // it names no environment, and wf.trigger says that it is not there
	}
	if err != nil {
		m := lack(err, needs("contents: read", src.repo))
		m.Why = text.Cleanf("%s: %s", file, m.Why)
		w.lack(file, m)
		return
	}
	parsed, problem := parseWorkflow(content)
	if parsed == nil {
		w.lack(file, checks.Missing{Why: text.Cleanf("%s can not be understood: %s", file, problem)})
		return
	}
	if call.takes {
		call.inputs = withDefaults(parsed, call.inputs, depth > 0)
	}
	for _, job := range inOrder(parsed.Jobs) {
		here := call
		here.runs = call.runs && actions.MayRun(job.If, w.event, w.home)
		if job.Environment != nil && job.Environment.Name != nil {
			w.environment(src, job, here)
		}
		if job.WorkflowCall != nil && job.WorkflowCall.Uses != nil {
			w.call(src, job, here, depth)
		}
	}
}

// environment takes down the environment that a job names.
func (w *walker) environment(src source, job *actionlint.Job, call callOf) {
	written, file, inputs := job.Environment.Name.Value, path.Base(src.path), call.inputs
	name, known := resolve(written, inputs)
	u := use{name: name, job: jobID(job), file: file}
	if !known {
		u.unknown = checks.Missing{Why: text.Cleanf("job %s in %s names its environment by the expression %s", u.job, file, written)}
	}
	if call.runs && actionlint.ContainsExpression(written) {
		n := checks.Naming{Repo: src.repo.String(), Path: path.Clean(src.path), Job: text.Clean(u.job), Unknown: u.unknown}
		if known {
			n.Name = text.Clean(name)
		}
		w.namings = append(w.namings, n)
	}
	key := "name " + strings.ToLower(name) + u.unknown.Why.String()
	if known && name == "" || w.seen[key] {
		return // an empty name is no environment
	}
	w.seen[key] = true
	w.uses = append(w.uses, u)
}

// call walks on into a reusable workflow: one beside this file, or of another
// repository at a ref. Its environments are those of the repository that runs it.
func (w *walker) call(from source, job *actionlint.Job, call callOf, depth int) {
	callee, err := calleeOf(from, job.WorkflowCall.Uses.Value)
	if err != nil {
		w.lack(path.Base(from.path), checks.Missing{Why: text.Cleanf("job %s in %s: %s", jobID(job), path.Base(from.path), err)})
		return
	}
	passed := map[string]string{}
	for name, in := range job.WorkflowCall.Inputs {
		if in == nil || in.Value == nil {
			continue
		}
		if v, known := resolve(in.Value.Value, call.inputs); known {
			passed[name] = v
		} else {
			passed[name] = unresolved
		}
	}
	w.walk(callee, callOf{passed, true, call.runs}, depth+1)
}

func (w *walker) lack(file string, m checks.Missing) {
	w.uses = append(w.uses, use{file: file, unknown: m})
}

// calleeOf reads `uses` of a job: ./path, or owner/name/path@ref.
func calleeOf(from source, uses string) (source, error) {
	if p, local := strings.CutPrefix(uses, "./"); local {
		return source{from.repo, from.ref, p}, nil
	}
	whole, ref, found := strings.Cut(uses, "@")
	parts := strings.SplitN(whole, "/", 3)
	if !found || ref == "" || len(parts) != 3 || actionlint.ContainsExpression(uses) {
		return source{}, fmt.Errorf("it calls %q, which can not be read", clip(uses))
	}
	repo, err := release.ParseRepo(parts[0] + "/" + parts[1])
	repo.Host = from.repo.Host
	return source{repo, ref, parts[2]}, err
}

// withDefaults adds the defaults of a workflow's inputs to the values that were
// passed: those of workflow_call when it is called, else those of a dispatch.
// Names of inputs do not depend on case.
func withDefaults(w *actionlint.Workflow, passed map[string]string, called bool) map[string]string {
	out := map[string]string{}
	for _, event := range w.On {
		switch e := event.(type) {
		case *actionlint.WorkflowCallEvent:
			for _, in := range e.Inputs {
				if called && in.Default != nil {
					out[in.ID] = in.Default.Value
				}
			}
		case *actionlint.WorkflowDispatchEvent:
			for name, in := range e.Inputs {
				if !called && in.Default != nil {
					out[name] = in.Default.Value
				}
			}
		}
	}
	for name, v := range passed {
		out[strings.ToLower(name)] = v
	}
	return out
}

// inputExpr is an expression that stands for one input.
var inputExpr = regexp.MustCompile(`\$\{\{\s*(?:github\.event\.)?inputs\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)

// unresolved stands for a value that is only known when the workflow runs.
const unresolved = "${{ }}"

// resolve fills in the inputs that a string names. It is not known when any other
// expression is left.
func resolve(s string, inputs map[string]string) (value string, known bool) {
	s = inputExpr.ReplaceAllStringFunc(s, func(expr string) string {
		name := strings.ToLower(inputExpr.FindStringSubmatch(expr)[1])
		if v, found := inputs[name]; found {
			return v
		}
		return unresolved
	})
	return s, !strings.Contains(s, "${{")
}

// inOrder are the jobs as they stand in the file.
func inOrder(jobs map[string]*actionlint.Job) []*actionlint.Job {
	return slices.SortedFunc(maps.Values(jobs), func(a, b *actionlint.Job) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
}

func jobID(j *actionlint.Job) string {
	if j.ID == nil {
		return "?"
	}
	return j.ID.Value
}
