package rehearsal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/peterhellberg/link"
)

// readCase is a path below the repository and what its answer has to have.
type readCase struct {
	path   string
	status int
	fields string // of the answer, or of its list's first element
	list   string // the name of the list in the answer; "[]": the answer is one
}

// reads are the paths of a world that has released, by the things in it.
func reads(c client, sha, run, job string) []readCase {
	id := plain(c.get(c.repo()+"/rulesets").at(0, "id"))
	release := plain(c.get(c.repo() + "/releases/latest").at("id"))
	return []readCase{
		{"", 200, "id name full_name default_branch owner permissions private archived", ""},
		{"/rulesets", 200, "id name target enforcement source", "[]"},
		{"/rulesets?targets=tag", 200, "id name target", "[]"},
		{"/rulesets/" + id, 200, "id name conditions rules current_user_can_bypass bypass_actors", ""},
		{"/rulesets/1", 404, "message", ""},
		{"/rulesets/x", 404, "message", ""},
		{"/environments", 200, "id name protection_rules deployment_branch_policy", "environments"},
		{"/environments/PYPI", 200, "id name protection_rules", ""},
		{"/environments/no", 404, "message", ""},
		{"/releases", 200, "id tag_name draft prerelease published_at html_url", "[]"},
		{"/releases/" + release, 200, "id tag_name author", ""},
		{"/releases/1", 404, "message", ""},
		{"/releases/x", 404, "message", ""},
		{"/releases/tags/no", 404, "message", ""},
		{"/actions/workflows", 200, "id name path state", "workflows"},
		{"/actions/workflows/no.yml", 404, "message", ""},
		{"/actions/workflows/no.yml/runs", 404, "message", ""},
		{"/actions/workflows/publish-pypi.yml/runs", 200, "id status path run_attempt", "workflow_runs"},
		{"/actions/runs/" + run, 200, "id status conclusion head_sha head_branch event run_attempt path", ""},
		{"/actions/runs/" + run + "/attempts/1", 200, "id run_attempt", ""},
		{"/actions/runs/" + run + "/attempts/2", 404, "message", ""},
		{"/actions/runs/" + run + "/attempts/0", 404, "message", ""},
		{"/actions/runs/" + run + "/jobs", 200, "id run_id name status conclusion steps started_at", "jobs"},
		{"/actions/jobs/" + job, 200, "id run_id name status", ""},
		{"/check-runs/" + job, 200, "id name status conclusion head_sha check_suite app", ""},
		{"/check-runs/1", 404, "message", ""},
		{"/check-runs/x", 404, "message", ""},
		{"/commits/" + sha, 200, "sha commit parents", ""},
		{"/commits/" + sha + "/check-runs", 200, "id name status", "check_runs"},
		{"/commits/" + sha + "/check-suites", 200, "id status conclusion head_branch app", "check_suites"},
		{"/commits/" + sha + "/status", 200, "state sha total_count statuses", ""},
		{"/git/commits/" + sha, 200, "sha message tree parents author committer verification", ""},
		{"/git/commits/" + sha[:12], 422, "message", ""},
		{"/git/tags/" + sha, 404, "message", ""},
		{"/branches/dev-v2.11", 200, "name commit protected", ""},
		{"/tags", 200, "name commit", "[]"},
		{"/issues?state=all&labels=blocker", 200, "number title state labels milestone user", "[]"},
		{"/milestones?state=all", 200, "number title state", "[]"},
		{"/security-advisories", 200, "ghsa_id summary state", "[]"},
		{"/rules/branches/dev-v2.11", 200, "type ruleset_id", "[]"},
	}
}

// TestReads holds every answer against what a client reads of it: the status, the
// fields, and that asking for it again costs nothing.
func TestReads(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	c.pass(time.Hour)
	run := c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	job := plain(c.get(c.repo()+"/actions/runs/"+run+"/jobs").at("jobs", 0, "id"))
	for _, r := range reads(c, sha, run, job) {
		g := c.get(c.repo() + r.path).want(r.status)
		within := []any{}
		switch {
		case r.list == "[]":
			within = []any{0}
		case r.list != "":
			if n := plain(g.at("total_count")); n == "0" || len(g.list(r.list)) > 30 {
				t.Errorf("%s counts %s and lists %d", r.path, n, len(g.list(r.list)))
			}
			within = []any{r.list, 0}
		}
		for _, name := range strings.Fields(r.fields) {
			g.at(append(within[:len(within):len(within)], name)...)
		}
		if r.status != 200 {
			continue
		}
		same := c.get(c.repo()+r.path, "If-None-Match", g.header.Get("ETag")).want(304)
		if used := same.header.Get("X-RateLimit-Used"); used != g.header.Get("X-RateLimit-Used") || same.text != "" {
			t.Errorf("%s: a 304 with %q, after which %s requests are used", r.path, same.text, used)
		}
	}
	for targets, want := range map[string]string{"tag": "release tags", "branch": "release lines", "branch,tag": "release lines release tags", "push": ""} {
		if got := c.get(c.repo() + "/rulesets?targets=" + targets).want(200).each("name"); got != want {
			t.Errorf("rulesets of %s: %q, want %q", targets, got, want)
		}
	}
}

// TestLinksOfEveryPage walks a list with each size of page: first, prev, next and
// last must agree with where the page is.
func TestLinksOfEveryPage(t *testing.T) {
	c := sample(t, "clean")
	all := len(c.get(c.repo() + "/tags?per_page=100").want(200).list())
	for size := 1; size <= all+1; size++ {
		last := (all + size - 1) / size
		for number := 1; number <= last+2; number++ {
			g := c.get(fmt.Sprintf("%s/tags?per_page=%d&page=%d", c.repo(), size, number)).want(200)
			if n := len(g.list()); n != max(0, min(size, all-(number-1)*size)) {
				t.Errorf("page %d of size %d has %d", number, size, n)
			}
			want := map[string]int{}
			if number > 1 {
				want["first"], want["prev"] = 1, min(number-1, last)
			}
			if number < last {
				want["next"], want["last"] = number+1, last
			}
			got := link.Parse(g.header.Get("Link"))
			if len(got) != len(want) {
				t.Errorf("page %d of size %d links to %v, want %v", number, size, got, want)
			}
			for rel, to := range want {
				if got[rel] == nil || !strings.HasSuffix(got[rel].URI, fmt.Sprintf("?page=%d&per_page=%d", to, size)) {
					t.Errorf("page %d of size %d: %s is %v, want page %d", number, size, rel, got[rel], to)
				}
			}
		}
	}
}
