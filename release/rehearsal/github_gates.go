package rehearsal

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// gateEndpoints are about environments and the runs that wait for them.
func gateEndpoints() map[string]endpoint {
	const repo = " /repos/{owner}/{repo}"
	return map[string]endpoint{
		"GET" + repo + "/environments":                            (*exchange).environments,
		"GET" + repo + "/environments/{environment}":              (*exchange).environment,
		"GET" + repo + "/actions/runs/{run}/pending_deployments":  (*exchange).pendingDeployments,
		"POST" + repo + "/actions/runs/{run}/pending_deployments": (*exchange).review,
		"GET" + repo + "/actions/runs/{run}/approvals":            (*exchange).approvals,
	}
}

// environment is what GitHub knows of an environment: the repository's settings,
// and in some scenarios reviewers.
func (w *World) environment(r *repository, name string) environment {
	e := environment{Name: name}
	for _, known := range r.settings.Environments {
		if strings.EqualFold(known.Name, name) {
			e = known
		}
	}
	if r == w.repos[0] && w.scenario.oneKey {
		return environment{Name: e.Name, Refs: e.Refs}
	}
	if r == w.repos[0] && len(w.scenario.reviewers) > 0 && !e.Fixed {
		e.Reviewers, e.PreventSelfReview, e.By = w.scenario.reviewers, false, "" // they have to do it
	}
	return e
}

// environmentNames are the environments that the repository has: those of its
// settings, and those that a workflow of the default branch, of a release line or of
// a run names. GitHub makes an environment when a job first names it.
func (w *World) environmentNames(r *repository) ([]string, error) {
	if r.named == nil {
		r.named = map[string]bool{}
		for _, e := range r.settings.Environments {
			r.named[e.Name] = true
		}
		if err := w.nameEnvironments(r); err != nil {
			return nil, err
		}
	}
	for _, run := range r.runs {
		for _, j := range run.Jobs {
			if j.Environment != "" {
				r.named[j.Environment] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(r.named)), nil
}

// nameEnvironments adds the environments that workflow files name on the default
// branch or on a release line. Most lines share most of their files.
func (w *World) nameEnvironments(r *repository) error {
	seen := map[plumbing.Hash]bool{}
	for _, head := range r.lineHeads() {
		tree, err := r.git.tree(head)
		if err != nil {
			return err
		}
		paths, err := r.git.workflows(head)
		if err != nil {
			return err
		}
		for _, file := range paths {
			entry, err := tree.FindEntry(file)
			if err != nil || seen[entry.Hash] {
				continue
			}
			seen[entry.Hash] = true
			_, jobs, err := w.jobsOf(r, file, trigger{event: "push",
				ref: "refs/heads/" + r.git.head, sha: head, actor: viewer})
			if errors.Is(err, errPartial) {
				return err
			}
			for _, j := range jobs { // none of a file that makes no sense
				if j.Environment != "" {
					r.named[j.Environment] = true
				}
			}
		}
	}
	return nil
}

// environments lists the environments.
func (x *exchange) environments() (any, error) {
	names, err := x.world.environmentNames(x.repo)
	if err != nil {
		return nil, err
	}
	listed, err := list(page(x, names), func(name string) (any, error) {
		return x.environmentJSON(x.world.environment(x.repo, name)), nil
	})
	return fields{"total_count": len(names), "environments": listed}, err
}

// environment is one environment.
func (x *exchange) environment() (any, error) {
	names, err := x.world.environmentNames(x.repo)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.EqualFold(name, x.req.PathValue("environment")) {
			return x.environmentJSON(x.world.environment(x.repo, name)), nil
		}
	}
	return nil, notFound()
}

// id identifies an environment of a repository.
func (e environment) id(r *repository) int64 {
	return 1_000_000_000 + idOf("environment", r.name, strings.ToLower(e.Name))
}

// environmentJSON is an environment and its gate.
func (x *exchange) environmentJSON(e environment) fields {
	id := e.id(x.repo)
	rules := []fields{}
	rule := func(kind string, more fields) {
		more["id"] = idOf("rule", id, kind)
		more["node_id"], more["type"] = nodeID("Gate", more["id"]), kind
		rules = append(rules, more)
	}
	if e.WaitMinutes > 0 {
		rule("wait_timer", fields{"wait_timer": e.WaitMinutes})
	}
	if len(e.Reviewers) > 0 {
		rule("required_reviewers", fields{"prevent_self_review": e.PreventSelfReview, "reviewers": reviewersJSON(e)})
	}
	var policy any
	if len(e.Refs) > 0 {
		policy = fields{"protected_branches": false, "custom_branch_policies": true}
		rule("branch_policy", fields{})
	}
	body := x.environmentName(e)
	body["created_at"], body["updated_at"] = "2025-01-01T08:00:00Z", "2025-01-01T08:00:00Z"
	body["protection_rules"], body["deployment_branch_policy"] = rules, policy
	body["can_admins_bypass"] = false
	return body
}

// environmentName is an environment as other things refer to it.
func (x *exchange) environmentName(e environment) fields {
	id := e.id(x.repo)
	return fields{"id": id, "node_id": nodeID("Environment", id), "name": e.Name,
		"url":      x.repo.api("/environments/%s", escapePath(e.Name)),
		"html_url": x.repo.html("/deployments/activity_log?environments_filter=%s", escapePath(e.Name))}
}

// reviewersJSON lists who may approve.
func reviewersJSON(e environment) []fields {
	all := []fields{}
	for _, login := range e.Reviewers {
		all = append(all, fields{"type": "User", "reviewer": person(login)})
	}
	return all
}

// waiting are the environments that a run waits for now.
func (x *exchange) waiting(run *simRun) []environment {
	var all []environment
	for _, name := range run.at(x.now).Waiting {
		all = append(all, x.world.environment(x.repo, name))
	}
	return all
}

// mayApprove tells whether the token's user may answer for an environment.
func (x *exchange) mayApprove(run *simRun, e environment) bool {
	own := run.Attempts[len(run.Attempts)-1].Actor == x.viewer
	return slices.Contains(e.Reviewers, x.viewer) && (!own || !e.PreventSelfReview)
}

// pendingDeployments lists the environments that a run waits for.
func (x *exchange) pendingDeployments() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	return list(x.waiting(run), func(e environment) (any, error) {
		return fields{"environment": x.environmentName(e), "wait_timer": e.WaitMinutes,
			"wait_timer_started_at": nil, "current_user_can_approve": x.mayApprove(run, e),
			"reviewers": reviewersJSON(e)}, nil
	})
}

// review approves or rejects environments that a run waits for.
func (x *exchange) review() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	var asked struct {
		EnvironmentIDs []int64 `json:"environment_ids"`
		State          string  `json:"state"`
		Comment        *string `json:"comment"`
	}
	if err := x.decode(&asked); err != nil {
		return nil, err
	}
	if asked.State != "approved" && asked.State != "rejected" || asked.Comment == nil || len(asked.EnvironmentIDs) == 0 {
		return nil, invalid("Invalid request.")
	}
	var answered []environment
	waiting := x.waiting(run)
	for _, id := range asked.EnvironmentIDs {
		i := slices.IndexFunc(waiting, func(e environment) bool { return e.id(x.repo) == id })
		if i < 0 {
			return nil, invalid("There are no pending deployment requests to approve or reject")
		}
		if !x.mayApprove(run, waiting[i]) {
			return nil, forbidden("You are not allowed to approve or reject this deployment")
		}
		answered = append(answered, waiting[i])
	}
	for _, e := range answered {
		run.Answers = append(run.Answers, answer{Environment: e.Name, State: asked.State,
			By: x.viewer, Comment: *asked.Comment, At: x.now})
	}
	return list(answered, func(e environment) (any, error) { return x.deploymentJSON(run, e), nil })
}

// deploymentJSON is the deployment that a run makes to an environment.
func (x *exchange) deploymentJSON(run *simRun, e environment) any {
	id := 2_000_000_000 + idOf("deployment", run.ID, e.Name)
	self := x.repo.api("/deployments/%d", id)
	return fields{"id": id, "node_id": nodeID("Deployment", id), "sha": run.SHA, "ref": run.Branch,
		"task": "deploy", "environment": e.Name, "original_environment": e.Name, "description": nil,
		"creator": person(run.Actor), "payload": fields{}, "url": self, "statuses_url": self + "/statuses",
		"repository_url": x.repo.api(""), "created_at": stamp(run.Created), "updated_at": stamp(x.now)}
}

// approvals lists who approved or rejected what in a run.
func (x *exchange) approvals() (any, error) {
	run, err := x.findRun()
	if err != nil {
		return nil, err
	}
	return list(run.answersAt(x.now), func(a answer) (any, error) {
		name := x.environmentName(x.world.environment(x.repo, a.Environment))
		name["created_at"], name["updated_at"] = "2025-01-01T08:00:00Z", "2025-01-01T08:00:00Z"
		return fields{"environments": []fields{name}, "state": a.State, "user": person(a.By), "comment": a.Comment}, nil
	})
}
