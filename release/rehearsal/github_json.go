package rehearsal

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"time"
)

// idOf makes a number out of what it identifies, so that the same world has the
// same IDs whatever is asked first. It is below 10^9, and never 0.
func idOf(parts ...any) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%v\x00", p)
	}
	return int64(h.Sum64()%999_999_999) + 1
}

// nodeID is the ID of a thing in GitHub's other API.
func nodeID(kind string, id any) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%v", kind, id))
}

// stamp is a time as GitHub writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is a time that may not have come.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// orNull is a string where GitHub has null for the empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// api is the repository's URL at api.github.com, continued by a format.
func (r *repository) api(format string, args ...any) string {
	return "https://" + apiHost + "/repos/" + r.name.String() + fmt.Sprintf(format, args...)
}

// html is the repository's URL on github.com, continued by a format.
func (r *repository) html(format string, args ...any) string {
	return "https://github.com/" + r.name.String() + fmt.Sprintf(format, args...)
}

// escapePath makes a ref's or file's name part of a URL's path, slashes kept.
func escapePath(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// userJSON is a user or an organization.
func userJSON(login, kind string) fields {
	api := "https://" + apiHost + "/users/" + login
	id := idOf("user", login)
	u := fields{"login": login, "id": id, "node_id": nodeID("User", id), "gravatar_id": "",
		"avatar_url": fmt.Sprintf("https://avatars.githubusercontent.com/u/%d?v=4", id),
		"url":        api, "html_url": "https://github.com/" + login, "type": kind, "site_admin": false}
	for name, rest := range map[string]string{
		"followers_url": "/followers", "following_url": "/following{/other_user}",
		"gists_url": "/gists{/gist_id}", "starred_url": "/starred{/owner}{/repo}",
		"subscriptions_url": "/subscriptions", "organizations_url": "/orgs", "repos_url": "/repos",
		"events_url": "/events{/privacy}", "received_events_url": "/received_events",
	} {
		u[name] = api + rest
	}
	return u
}

// person is a user.
func person(login string) fields { return userJSON(login, "User") }

// repoURLs are the URLs that every repository's JSON has, after its own.
func repoURLs() map[string]string {
	return map[string]string{
		"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}",
		"blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
		"collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
		"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
		"contents_url": "/contents/{+path}", "contributors_url": "/contributors",
		"deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
		"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
		"git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
		"issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
		"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
		"languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
		"notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
		"releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
		"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags",
		"teams_url": "/teams", "trees_url": "/git/trees{/sha}", "url": "",
	}
}

// minimalRepo is a repository as it appears within other things.
func (r *repository) minimalRepo() fields {
	id := idOf("repo", r.name)
	body := fields{"id": id, "node_id": nodeID("Repository", id), "name": r.name.Name,
		"full_name": r.name.String(), "owner": userJSON(r.name.Owner, "Organization"),
		"private": false, "fork": false, "description": orNull(r.settings.Description),
		"html_url": r.html("")}
	for name, rest := range repoURLs() {
		body[name] = r.api("") + rest
	}
	return body
}
