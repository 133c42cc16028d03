package rehearsal

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// refusedCall is a call that would change something, and how it is refused.
type refusedCall struct {
	name, path string // the path below the repository
	body       any
	status     int
	message    string // part of it
}

// TestRefusedCallsChangeNothing makes every mutating call in ways that GitHub
// refuses, and looks at the world afterwards.
func TestRefusedCallsChangeNothing(t *testing.T) {
	c := sample(t, "clean")
	sha := c.release("harbour-2.11.6", "dev-v2.11")
	c.pass(time.Hour)
	run := "/actions/runs/" + c.runs(sha, "harbour-2.11.6").runID("publish-pypi.yml")
	zero := strings.Repeat("0", 40)
	before := fmt.Sprintf("%+v", c.world.Facts())
	refs := fmt.Sprint(c.world.repos[0].git.refs)
	object := func(sha, kind string) fields {
		return fields{"tag": "harbour-9", "message": "m", "object": sha, "type": kind}
	}
	ref := func(name, sha string) fields { return fields{"ref": name, "sha": sha} }
	for _, r := range []refusedCall{
		{"a tag object on nothing", "/git/tags", object(zero, "commit"), 422, "Object does not exist"},
		{"a tag object of another type", "/git/tags", object(sha, "blob"), 422, "Invalid request"},
		{"a ref that exists", "/git/refs", ref("refs/tags/harbour-2.11.6", sha), 422, "already exists"},
		{"a ref to nothing", "/git/refs", ref("refs/tags/harbour-9", zero), 422, "does not exist"},
		{"a short ref", "/git/refs", ref("harbour-9", sha), 422, "fully qualified"},
		{"a ref with a space", "/git/refs", ref("refs/tags/a b", sha), 422, "fully qualified"},
		{"a ref with a control character", "/git/refs", ref("refs/tags/a\x1b", sha), 422, "fully qualified"},
		{"a ref that climbs", "/git/refs", ref("refs/tags/../heads/main", sha), 422, "fully qualified"},
		{"a ref with a hidden part", "/git/refs", ref("refs/tags/.a", sha), 422, "fully qualified"},
		{"a ref that ends in a slash", "/git/refs", ref("refs/tags/a/", sha), 422, "fully qualified"},
		{"a ref with a reflog", "/git/refs", ref("refs/tags/a@{1}", sha), 422, "fully qualified"},
		{"a release that exists", "/releases", fields{"tag_name": "harbour-2.11.6"}, 422, "Validation Failed"},
		{"an old release again", "/releases", fields{"tag_name": "harbour-2.10.0"}, 422, "Validation Failed"},
		{"a release without a tag", "/releases", fields{"name": "x"}, 422, "Validation Failed"},
		{"a release on nothing", "/releases", fields{"tag_name": "harbour-9", "target_commitish": "no"}, 422, "Validation Failed"},
		{"a dispatch without its trigger", "/actions/workflows/publish-pypi.yml/dispatches", fields{"ref": "main"}, 422, "workflow_dispatch"},
		{"a dispatch of nothing", "/actions/workflows/no.yml/dispatches", fields{"ref": "main"}, 404, "Not Found"},
		{"a dispatch by a wrong ID", "/actions/workflows/1/dispatches", fields{"ref": "main"}, 404, "Not Found"},
		{"an answer that is none", run + "/pending_deployments", fields{"environment_ids": []int{1}, "state": "maybe", "comment": ""}, 422, "Invalid request"},
		{"an answer without a comment", run + "/pending_deployments", fields{"environment_ids": []int{1}, "state": "approved"}, 422, "Invalid request"},
		{"an answer that nobody waits for", run + "/pending_deployments", fields{"environment_ids": []int{1}, "state": "approved", "comment": ""}, 422, "no pending"},
		{"a cancel that comes too late", run + "/cancel", nil, 409, "completed"},
		{"failed jobs of a green run", run + "/rerun-failed-jobs", nil, 403, "no failed jobs"},
		{"a rerun of nothing", "/actions/runs/1/rerun", nil, 404, "Not Found"},
		{"no JSON at all", "/git/refs", nil, 400, "Problems parsing JSON"},
		{"JSON of another shape", "/git/refs", []int{1}, 400, "Problems parsing JSON"},
	} {
		g := c.post(c.repo()+r.path, r.body)
		if message, _ := g.body.(map[string]any)["message"].(string); g.status != r.status || !strings.Contains(message, r.message) {
			t.Errorf("%s: HTTP %d %s, want %d with %q", r.name, g.status, g.text, r.status, r.message)
		}
		if again := c.send("POST", c.repo()+r.path, r.body, "Authorization", ""); again.status != 401 {
			t.Errorf("%s without a token: HTTP %d", r.name, again.status)
		}
	}
	if after := fmt.Sprintf("%+v", c.world.Facts()); after != before {
		t.Errorf("the world was\n%s\nand is\n%s", before, after)
	}
	if after := fmt.Sprint(c.world.repos[0].git.refs); after != refs {
		t.Errorf("the refs were\n%s\nand are\n%s", refs, after)
	}
}

// TestInputsInAnyCase gives an input that the file writes in small letters.
func TestInputsInAnyCase(t *testing.T) {
	content := []byte("on: {workflow_dispatch: {inputs: {need: {required: true}, with: {default: d}}}}\n" +
		"jobs: {a: {runs-on: x, steps: [{run: x}]}}\n")
	for _, tt := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"need": "x"}, "map[need:x with:d]"},
		{map[string]string{"NEED": "x", "With": "y"}, "map[need:x with:y]"},
		{map[string]string{"with": "y"}, "Required input 'need' not provided"},
		{map[string]string{"need": "x", "other": "y"}, "Unexpected inputs provided"},
	} {
		got, err := checkInputs(content, tt.given)
		if said := fmt.Sprint(got, err); !strings.Contains(said, tt.want) {
			t.Errorf("%v: %s, want %s", tt.given, said, tt.want)
		}
	}
	many := map[string]string{}
	for i := range maxInputs + 1 {
		many[fmt.Sprint("i", i)] = ""
	}
	if _, err := checkInputs(content, many); err == nil || !strings.Contains(err.Error(), "Too many inputs") {
		t.Errorf("%d inputs: %v", len(many), err)
	}
}
