package rehearsal

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// accountEndpoints are about whoever asks.
func accountEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /user":       (*exchange).user,
		"GET /rate_limit": (*exchange).rateLimit,
	}
}

// repoEndpoints are about a repository and its branches.
func repoEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /repos/{owner}/{repo}":                            (*exchange).repository,
		"GET /repos/{owner}/{repo}/branches":                   (*exchange).branches,
		"GET /repos/{owner}/{repo}/branches/{branch...}":       (*exchange).branchOrProtection,
		"GET /repos/{owner}/{repo}/tags":                       (*exchange).tags,
		"GET /repos/{owner}/{repo}/rules/branches/{branch...}": (*exchange).branchRules,
		"GET /repos/{owner}/{repo}/collaborators":              (*exchange).collaborators,
		"GET /repos/{owner}/{repo}/immutable-releases":         (*exchange).immutableReleases,
		"GET /repos/{owner}/{repo}/rulesets":                   (*exchange).rulesets,
		"GET /repos/{owner}/{repo}/rulesets/{id}":              (*exchange).ruleset,
	}
}

// user is the token's owner.
func (x *exchange) user() (any, error) {
	if x.viewer == "" {
		return nil, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	u := person(x.viewer)
	for _, name := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		u[name] = nil
	}
	for _, name := range []string{"followers", "following", "public_gists", "public_repos",
		"collaborators", "disk_usage", "owned_private_repos", "private_gists", "total_private_repos"} {
		u[name] = 0
	}
	u["two_factor_authentication"], u["user_view_type"] = true, "private"
	u["created_at"], u["updated_at"] = "2015-03-01T08:00:00Z", "2026-01-01T08:00:00Z"
	return u, nil
}

// rateLimit tells what is left of the limits, and costs nothing.
func (x *exchange) rateLimit() (any, error) {
	rate := func(limit, used int, reset time.Time) fields {
		return fields{"limit": limit, "used": used, "remaining": limit - used, "reset": reset.Unix()}
	}
	a, g := x.allowanceOf("core"), x.allowanceOf("graphql")
	core := rate(a.limit, a.used, a.reset)
	return fields{"rate": core, "resources": fields{"core": core,
		"search": rate(30, 0, x.now.Add(time.Minute)), "graphql": rate(g.limit, g.used, g.reset)}}, nil
}

// repository is the repository as the token sees it.
func (x *exchange) repository() (any, error) {
	r := x.repo
	head, err := r.git.commit(r.git.refs["refs/heads/"+r.git.head])
	if err != nil {
		return nil, err
	}
	body := r.minimalRepo()
	for _, name := range []string{"has_projects", "has_wiki", "has_pages", "has_discussions", "archived", "disabled"} {
		body[name] = false
	}
	for _, name := range []string{"forks", "forks_count", "open_issues", "open_issues_count",
		"stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count", "size"} {
		body[name] = 0
	}
	for _, name := range []string{"homepage", "language", "mirror_url", "license"} {
		body[name] = nil
	}
	body["has_issues"], body["visibility"] = true, "public"
	body["default_branch"] = r.git.head
	body["git_url"] = "git://github.com/" + r.name.String() + ".git"
	body["ssh_url"] = "git@github.com:" + r.name.String() + ".git"
	body["clone_url"], body["svn_url"] = r.html(".git"), r.html("")
	body["created_at"] = "2015-03-01T08:00:00Z"
	body["pushed_at"], body["updated_at"] = stamp(head.Committer.When), stamp(head.Committer.When)
	if x.viewer != "" {
		body["permissions"] = permissions(r.settings.Collaborators[x.viewer])
	}
	return body, nil
}

// permissions are what a role may do. Each role may do what those before it may.
func permissions(role string) fields {
	p, may := fields{}, true
	for _, name := range []string{"pull", "triage", "push", "maintain", "admin"} {
		p[name] = may
		if name == role || name == map[string]string{"": "pull", "read": "pull", "write": "push"}[role] {
			may = false
		}
	}
	return p
}

// branches lists the branches.
func (x *exchange) branches() (any, error) {
	return list(page(x, x.repo.git.branches()), func(b namedHash) (any, error) {
		return fields{"name": b.name, "protected": x.repo.protected(b.name),
			"commit":         fields{"sha": b.hash.String(), "url": x.repo.api("/commits/%s", b.hash)},
			"protection_url": x.repo.api("/branches/%s/protection", escapePath(b.name))}, nil
	})
}

// branchOrProtection answers for a branch, whose name may have slashes, or for its
// classic protection.
func (x *exchange) branchOrProtection() (any, error) {
	name := x.req.PathValue("branch")
	if h, ok := x.repo.git.branch(name); ok {
		return x.branch(name, h)
	}
	name, isProtection := strings.CutSuffix(name, "/protection")
	if _, ok := x.repo.git.branch(name); !ok || !isProtection {
		return nil, &apiError{status: http.StatusNotFound, message: "Branch not found"}
	}
	switch {
	case x.viewer == "":
		return nil, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	case x.repo.settings.Collaborators[x.viewer] != "admin":
		return nil, notFound()
	}
	// The world protects by rulesets alone.
	return nil, &apiError{status: http.StatusNotFound, message: "Branch not protected"}
}

// branch is one branch with its head.
func (x *exchange) branch(name string, h plumbing.Hash) (any, error) {
	commit, err := x.repo.commitJSON(h)
	if err != nil {
		return nil, err
	}
	self := x.repo.api("/branches/%s", escapePath(name))
	return fields{"name": name, "commit": commit, "protected": x.repo.protected(name),
		"_links": fields{"self": self, "html": x.repo.html("/tree/%s", escapePath(name))},
		"protection": fields{"enabled": false,
			"required_status_checks": fields{"enforcement_level": "off", "contexts": []string{}, "checks": []any{}}},
		"protection_url": self + "/protection"}, nil
}

// tags lists the tags, those that sort last first.
func (x *exchange) tags() (any, error) {
	all := x.repo.git.tags()
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return list(page(x, all), func(t namedHash) (any, error) {
		commit, err := x.repo.git.peel(t.hash)
		if err != nil {
			return nil, err
		}
		ref := escapePath("refs/tags/" + t.name)
		return fields{"name": t.name, "node_id": nodeID("Ref", t.name),
			"commit":      fields{"sha": commit.String(), "url": x.repo.api("/commits/%s", commit)},
			"zipball_url": x.repo.api("/zipball/%s", ref), "tarball_url": x.repo.api("/tarball/%s", ref)}, nil
	})
}

// immutableReleases tells administrators that releases stay as they are. That they do
// not is the same answer as the one that others get.
func (x *exchange) immutableReleases() (any, error) {
	if x.repo.settings.Collaborators[x.viewer] != "admin" || !x.repo.settings.Immutable {
		return nil, notFound()
	}
	return fields{"enabled": true, "enforced_by_owner": false}, nil
}

// collaborators lists, for those who may push, the people who may do something.
func (x *exchange) collaborators() (any, error) {
	if x.viewer == "" {
		return nil, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	roles := x.repo.settings.Collaborators
	if may := permissions(roles[x.viewer]); may["push"] != true {
		return nil, forbidden("Must have push access to view repository collaborators.")
	}
	var found []string
	for _, login := range slices.Sorted(maps.Keys(roles)) {
		if x.repo.settings.Alone && login != x.viewer {
			continue
		}
		if want := x.query("permission"); want == "" || permissions(roles[login])[want] == true {
			found = append(found, login)
		}
	}
	return list(page(x, found), func(login string) (any, error) {
		body := person(login)
		body["permissions"], body["role_name"] = permissions(roles[login]), roles[login]
		return body, nil
	})
}
