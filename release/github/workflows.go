package github

import (
	"context"
	"errors"
	"strings"
	"sync"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
)

// workflows reads the workflow files of every stage at the stage's commit.
func (f *filling) workflows(ctx context.Context) {
	f.eachStage(func(st release.Stage, facts *checks.StageFacts) {
		facts.Workflows = make([]checks.Got[checks.Workflow], len(st.Workflows))
		var wg sync.WaitGroup
		for i, file := range st.Workflows {
			wg.Go(func() { facts.Workflows[i] = f.workflow(ctx, st, file) })
		}
		wg.Wait()
	})
}

// workflow reads one workflow file and whether the stage's trigger starts it.
func (f *filling) workflow(ctx context.Context, st release.Stage, file string) checks.Got[checks.Workflow] {
	w := checks.Workflow{File: file, URL: f.c.page(st.Repo, "blob", st.SHA+"/"+workflowDir+"/"+file)}
	src, err := f.file(ctx, st.Repo, st.SHA, workflowDir+"/"+file)
	if errors.Is(err, release.ErrNotFound) {
		return checks.Have(w)
	}
	if err != nil {
		return got(w, err, needs("contents: read", st.Repo))
	}
	w.Exists = true
	parsed, problem := parseWorkflow(src)
	w.Problem = problem
	if parsed != nil {
		w.Triggers = triggers(parsed)
		if w.Starts, err = startedBy(parsed, f.occasion(st)); err != nil && w.Problem.IsZero() {
			w.Problem = text.Clean(err.Error())
		}
		if st.NonceInput != "" && !release.ShowsInput(parsed, st.NonceInput) {
			w.Lacks = text.Cleanf("the input %s, shown in its run-name", st.NonceInput)
		}
	}
	states, err := once(&f.memo, "workflows "+st.Repo.String(), func() (map[string]string, error) {
		return f.c.workflowStates(ctx, st.Repo)
	})
	w.State = states[file]
	return got(w, err, needs("actions: read", st.Repo))
}

// occasion is how a stage of the plan starts its workflows.
func (f *filling) occasion(st release.Stage) occasion {
	v, err := version.Parse(f.plan.Scheme, f.plan.Version)
	return occasion{st.Trigger, st.Tag, err == nil && v.Prerelease()}
}

// workflowStates lists the workflows that GitHub knows, by file name: active,
// disabled_manually and so on.
func (c *Client) workflowStates(ctx context.Context, repo release.Repo) (map[string]string, error) {
	type page struct {
		Workflows []struct {
			Path  string `json:"path"`
			State string `json:"state"`
		} `json:"workflows"`
	}
	out := map[string]string{}
	err := pages(ctx, c, c.ask("the workflows", repo, perPage(), "actions", "workflows"), func(p page) error {
		for _, w := range p.Workflows {
			if file, ok := strings.CutPrefix(w.Path, workflowDir+"/"); ok {
				out[file] = word(w.State)
			}
		}
		return nil
	})
	return out, err
}
