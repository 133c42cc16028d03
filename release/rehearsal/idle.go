package rehearsal

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/checks/text"
	"twokey/release"
)

// Idle says why the scenario has nothing to act on when a plan is released, so that
// it plays as clean; empty where it has. A scenario names what goes wrong by role,
// and a project need not have one in that role.
func (w *World) Idle(p release.Plan) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	why := w.idle(p)
	if why == "" {
		return ""
	}
	return text.Cleanf("the scenario %s has nothing to act on here, and plays as clean: %s", w.scenario.Name, why).String()
}

// idle is the reason alone.
func (w *World) idle(p release.Plan) string {
	s, name := w.scenario, w.repos[0].name.String()
	switch {
	case (s.fails || s.silent) && len(w.planned(p)) == 0:
		return "the release starts no job in " + name
	case s.reviewers != nil && !slices.ContainsFunc(w.planned(p), inEnvironment):
		return "no job that the release starts in " + name + " names an environment"
	case s.lost != nil && !slices.ContainsFunc(p.Stages, func(st release.Stage) bool { return len(st.Artifacts) > 0 }):
		return "the plan names no artifact"
	case s.tagMoves && !slices.ContainsFunc(p.Stages, w.tags):
		return "the release makes no tag in " + name
	case (s.branchMoves || s.rival) && !slices.ContainsFunc(p.Stages, w.released):
		return "the release claims nothing in " + name
	}
	return ""
}

// inEnvironment tells whether a job names an environment.
func inEnvironment(j jobSpec) bool { return j.Environment != "" }

// released tells whether a stage is of the repository that is released.
func (w *World) released(st release.Stage) bool {
	return w.repo(st.Repo.Owner, st.Repo.Name) == w.repos[0]
}

// tags tells whether a stage makes a tag in the repository that is released.
func (w *World) tags(st release.Stage) bool {
	return w.released(st) && st.Trigger != release.TriggerDispatch
}

// planned are the jobs that run, while all goes well, when a plan is released, in the
// repository that is. A file that nobody can make sense of starts none.
func (w *World) planned(p release.Plan) []jobSpec {
	var all []jobSpec
	for _, st := range p.Stages {
		if !w.released(st) {
			continue
		}
		t := trigger{event: "push", ref: "refs/tags/" + st.Tag, sha: plumbing.NewHash(st.SHA), actor: viewer, inputs: st.Inputs}
		switch st.Trigger {
		case release.TriggerRelease:
			t.event = "release"
		case release.TriggerDispatch:
			t.event, t.ref = "workflow_dispatch", "refs/heads/"+st.Branch
		}
		for _, file := range st.Workflows {
			if _, jobs, err := w.jobsOf(w.repos[0], path.Join(".github/workflows", file), t); err == nil {
				all = append(all, slices.DeleteFunc(jobs, func(j jobSpec) bool { return j.Skipped })...)
			}
		}
	}
	return all
}

// idleAnswer is what a served world says of a plan.
type idleAnswer struct {
	Idle string `json:"idle"`
}

// Idle asks the served world. One that does not tell has nothing to say.
func (r *Remote) Idle(p release.Plan) string {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	answer, err := askWorld[idleAnswer](ctx, r.transport, http.MethodPost, "/idle", encodeJSON(p))
	if err != nil {
		return ""
	}
	return text.Clean(answer.Idle).String()
}

// answerIdle answers POST /idle, whose body is a plan.
func (w *World) answerIdle(req *http.Request, r *reply) {
	var p release.Plan
	if err := json.NewDecoder(req.Body).Decode(&p); err != nil {
		r.WriteHeader(http.StatusBadRequest)
		return
	}
	r.header.Set("Content-Type", "application/json")
	r.err = json.NewEncoder(r).Encode(idleAnswer{w.Idle(p)})
}
