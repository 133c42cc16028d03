package rehearsal

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// id identifies a ruleset of a repository.
func (s ruleset) id(r *repository) int64 { return idOf("ruleset", r.name, s.Name) }

// covers tells whether the ruleset holds for a full ref.
func (s ruleset) covers(r *repository, ref string) bool {
	target := map[string]string{"branch": "refs/heads/", "tag": "refs/tags/"}[s.Target]
	if target == "" || !strings.HasPrefix(ref, target) {
		return false
	}
	for _, pattern := range s.Include {
		switch {
		case pattern == "~ALL":
			return true
		case pattern == "~DEFAULT_BRANCH":
			if ref == "refs/heads/"+r.git.head {
				return true
			}
		default:
			if ok, err := doublestar.Match(pattern, ref); err == nil && ok {
				return true
			}
		}
	}
	return false
}

// rules are the ruleset's rules as GitHub lists them.
func (s ruleset) rules() []fields {
	var all []fields
	if s.Deletion {
		all = append(all, fields{"type": "deletion"})
	}
	if s.Update {
		all = append(all, fields{"type": "update", "parameters": fields{"update_allows_fetch_and_merge": false}})
	}
	if s.ForcePush {
		all = append(all, fields{"type": "non_fast_forward"})
	}
	if s.Reviews > 0 {
		all = append(all, fields{"type": "pull_request", "parameters": fields{
			"required_approving_review_count": s.Reviews, "dismiss_stale_reviews_on_push": true,
			"require_code_owner_review": false, "require_last_push_approval": s.LastPush,
			"required_review_thread_resolution": false}})
	}
	if len(s.Checks) > 0 {
		var checks []fields
		for _, name := range s.Checks {
			checks = append(checks, fields{"context": name, "integration_id": actionsAppID})
		}
		all = append(all, fields{"type": "required_status_checks", "parameters": fields{
			"required_status_checks": checks, "strict_required_status_checks_policy": false,
			"do_not_enforce_on_create": false}})
	}
	return all
}

// protected tells whether any ruleset holds for a branch.
func (r *repository) protected(branch string) bool {
	for _, s := range r.settings.Rulesets {
		if s.covers(r, "refs/heads/"+branch) {
			return true
		}
	}
	return false
}

// branchRules lists the active rules of a branch. GitHub answers for names that no
// branch has, too.
func (x *exchange) branchRules() (any, error) {
	all := []any{}
	for _, s := range x.repo.settings.Rulesets {
		branch := x.req.PathValue("branch")
		if !s.covers(x.repo, "refs/heads/"+branch) {
			continue
		}
		if x.repo.assumed {
			var err error
			if s.Checks, err = x.world.usualChecks(x.repo, branch); err != nil {
				return nil, err
			}
		}
		for _, rule := range s.rules() {
			rule["ruleset_source_type"], rule["ruleset_source"] = "Repository", x.repo.name.String()
			rule["ruleset_id"] = s.id(x.repo)
			all = append(all, rule)
		}
	}
	return page(x, all), nil
}

// rulesets lists the rulesets, of some targets or all.
func (x *exchange) rulesets() (any, error) {
	targets := x.query("targets")
	var all []ruleset
	for _, s := range x.repo.settings.Rulesets {
		if targets == "" || strings.Contains(","+targets+",", ","+s.Target+",") {
			all = append(all, s)
		}
	}
	return list(page(x, all), func(s ruleset) (any, error) { return x.rulesetJSON(s), nil })
}

// ruleset is one ruleset with its conditions and rules.
func (x *exchange) ruleset() (any, error) {
	id, err := strconv.ParseInt(x.req.PathValue("id"), 10, 64)
	if err != nil {
		return nil, notFound()
	}
	for _, s := range x.repo.settings.Rulesets {
		if s.id(x.repo) != id {
			continue
		}
		body := x.rulesetJSON(s)
		body["conditions"] = fields{"ref_name": fields{"include": s.Include, "exclude": []string{}}}
		body["rules"] = s.rules()
		if x.viewer != "" {
			body["current_user_can_bypass"] = "never"
		}
		if x.repo.settings.Collaborators[x.viewer] == "admin" {
			body["bypass_actors"] = []any{}
		}
		return body, nil
	}
	return nil, &apiError{status: http.StatusNotFound, message: "Not Found"}
}

// rulesetJSON is a ruleset as lists have it.
func (x *exchange) rulesetJSON(s ruleset) fields {
	id := s.id(x.repo)
	return fields{"id": id, "node_id": nodeID("RepositoryRuleset", id), "name": s.Name,
		"target": s.Target, "source_type": "Repository", "source": x.repo.name.String(),
		"enforcement": "active", "created_at": "2025-01-01T08:00:00Z", "updated_at": "2025-01-01T08:00:00Z",
		"_links": fields{"self": fields{"href": x.repo.api("/rulesets/%d", id)},
			"html": fields{"href": x.repo.html("/rules/%d", id)}}}
}

// lineName holds for names of branches that end in a version, as release lines do.
var lineName = regexp.MustCompile(`(?:^|[/v._-])\d+(?:\.(?:\d+|x))+$`)

// usualSettings are what GitHub is taken to know of a repository that is rehearsed
// from a clone: git does not hold it, and a rehearsal must not ask for it. They are
// those of a project that looks after its branches.
func usualSettings(g *gitStore) settings {
	include := []string{"~DEFAULT_BRANCH"}
	for _, b := range g.branches() {
		if lineName.MatchString(b.name) {
			include = append(include, "refs/heads/"+b.name)
		}
	}
	return settings{
		Collaborators: map[string]string{viewer: "admin", otherUser: "maintain"},
		Alone:         true,
		Releases:      true,
		Immutable:     true,
		Rulesets: []ruleset{{Name: "release lines", Target: "branch", Include: include,
			ForcePush: true, Deletion: true, Reviews: 1, LastPush: true},
			{Name: "tags", Target: "tag", Include: []string{"~ALL"}, Update: true, Deletion: true}},
	}
}

// usualChecks are the checks that a branch of a clone is taken to require: all that
// ran on its head.
func (w *World) usualChecks(r *repository, branch string) ([]string, error) {
	head, ok := r.git.branch(branch)
	if !ok {
		return nil, nil
	}
	runs, err := w.past(r, head)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, j := range latestJobs(runs, w.clock.Now()) {
		if j.job.Conclusion == "success" && !slices.Contains(all, j.job.Name) {
			all = append(all, j.job.Name)
		}
	}
	return all, nil
}
