package rehearsal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/peterhellberg/link"

	"twokey/release"
)

func TestUnknownHostFails(t *testing.T) {
	c := sample(t, "clean")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.org/", nil)
	check(t, err)
	if resp, err := c.world.Transport().RoundTrip(req); err == nil || err.Error() != "the rehearsal has no host example.org" {
		t.Errorf("example.org answers %v, %v", resp, err)
	}
}

// What the rehearsal does not have looks as at GitHub, and a test can tell.
func TestUnknownEndpoint(t *testing.T) {
	c := sample(t, "clean")
	for _, ask := range [][2]string{{"GET", "/codespaces"}, {"DELETE", "/git/refs/heads/main"}, {"PATCH", "/git/refs/heads/main"}} {
		g := c.send(ask[0], c.repo()+ask[1], fields{"sha": "x", "force": true}).want(http.StatusNotFound)
		if want := ask[0] + " " + c.repo() + ask[1]; g.header.Get("X-Rehearsal-Gap") != want {
			t.Errorf("%s is marked by %q", want, g.header.Get("X-Rehearsal-Gap"))
		}
		if g.at("message") != "Not Found" || g.at("documentation_url") == nil || g.at("status") != "404" {
			t.Errorf("%v answers %s", ask, g.text)
		}
	}
	c.get(c.repo() + "/git/ref/heads/main").want(http.StatusOK)
	if g := c.get(c.repo() + "/git/ref/heads/none").want(http.StatusNotFound); g.header.Get("X-Rehearsal-Gap") != "" {
		t.Error("a branch that does not exist is a gap")
	}
	var gaps []bool
	for _, r := range c.world.Requests() {
		gaps = append(gaps, r.Gap)
	}
	if want := []bool{true, true, true, false, false}; !slices.Equal(gaps, want) {
		t.Errorf("the gaps are %v, want %v", gaps, want)
	}
}

// A rehearsal of clones tells which one it lacks; the sample lacks none.
func TestMissingRepository(t *testing.T) {
	g := sample(t, "clean").get("/repos/harbour/nowhere").want(http.StatusNotFound)
	if needs, found := g.header["X-Rehearsal-Needs"]; found {
		t.Errorf("the sample needs %q", needs)
	}
	dir, repo, _ := makeClone(t)
	pushed, err := repo.ResolveRevision("main")
	check(t, err)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", map[string]plumbing.Hash{"main": *pushed})
	w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1})
	check(t, err)
	g = client{t, w}.get("/repos/harbour/nowhere/git/ref/heads/main").want(http.StatusNotFound)
	if got := g.header.Get("X-Rehearsal-Needs"); got != "--from harbour/nowhere=DIR" {
		t.Errorf("the rehearsal needs %q", got)
	}
}

func TestAuthentication(t *testing.T) {
	for _, c := range []struct {
		method, path, token string
		status              int
		message             string
	}{
		{"GET", "/user", "Bearer " + token, 200, ""},
		{"GET", "/user", "token " + token, 200, ""},
		{"GET", "/user", "", 401, "Requires authentication"},
		{"GET", "/user", "Bearer wrong", 401, "Bad credentials"},
		{"GET", "", "", 200, ""},
		{"GET", "", "Bearer wrong", 401, "Bad credentials"},
		{"GET", "/branches/dev-v2.11/protection", "", 401, "Requires authentication"},
		{"GET", "/branches/dev-v2.11/protection", "Bearer " + token, 404, "Branch not protected"},
		{"POST", "/git/refs", "", 401, "Requires authentication"},
		{"POST", "/git/refs", "Bearer wrong", 401, "Bad credentials"},
		{"GET", "/no", "Bearer " + token, 404, "Not Found"},
	} {
		who := sample(t, "clean")
		url := c.path
		if !strings.HasPrefix(url, "/user") {
			url = who.repo() + url
		}
		var body any
		if c.method == "POST" {
			body = fields{"ref": "refs/tags/x", "sha": "x"}
		}
		g := who.send(c.method, url, body, "Authorization", c.token).want(c.status)
		if c.message != "" && g.at("message") != c.message {
			t.Errorf("%s %s with %q: %v, want %s", c.method, url, c.token, g.at("message"), c.message)
		}
		if scopes := g.header.Get("X-OAuth-Scopes"); (scopes != "") != strings.HasSuffix(c.token, token) {
			t.Errorf("%s %s with %q: scopes %q", c.method, url, c.token, scopes)
		}
		if made := who.world.Facts(); len(made.Tags) > 0 {
			t.Errorf("%s %s with %q made %v", c.method, url, c.token, made.Tags)
		}
	}
}

func TestRepositoriesByName(t *testing.T) {
	c := sample(t, "clean")
	for path, status := range map[string]int{"/repos/harbour/harbour": 200, "/repos/Harbour/HARBOUR": 200,
		"/repos/harbour/harbour-images": 200, "/repos/harbour/no": 404, "/repos/no/harbour": 404} {
		c.get(path).want(status)
	}
	r := c.get("/repos/harbour/harbour")
	if r.at("default_branch") != "main" || r.at("permissions", "push") != true || r.at("permissions", "admin") != true {
		t.Errorf("the repository is %s", r.text)
	}
	if r := c.get("/repos/harbour/no"); r.at("message") != "Not Found" || r.at("status") != "404" {
		t.Errorf("a repository that is not there: %s", r.text)
	}
}

func TestPermissions(t *testing.T) {
	for role, want := range map[string]string{
		"": "pull", "read": "pull", "triage": "pull triage", "write": "pull triage push",
		"maintain": "pull triage push maintain", "admin": "pull triage push maintain admin",
	} {
		var may []string
		for _, name := range []string{"pull", "triage", "push", "maintain", "admin"} {
			if permissions(role)[name] == true {
				may = append(may, name)
			}
		}
		if got := strings.Join(may, " "); got != want {
			t.Errorf("%q may %q, want %q", role, got, want)
		}
	}
}

func TestConditionalRequestsAreFree(t *testing.T) {
	c := sample(t, "clean")
	first := c.get(c.repo() + "/branches").want(200)
	tag := first.header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("the ETag is %q", tag)
	}
	again := c.get(c.repo()+"/branches", "If-None-Match", tag).want(http.StatusNotModified)
	if again.text != "" || again.header.Get("ETag") != tag {
		t.Errorf("a 304 with body %q and ETag %q", again.text, again.header.Get("ETag"))
	}
	if a, b := first.header.Get("X-RateLimit-Used"), again.header.Get("X-RateLimit-Used"); a != "1" || b != "1" {
		t.Errorf("used %s and then %s, want 1 and 1: a 304 costs nothing", a, b)
	}
	if got := again.header.Get("X-RateLimit-Remaining"); got != "4999" {
		t.Errorf("%s remain, want 4999", got)
	}
	c.release("harbour-2.11.6", "dev-v2.11")
	c.get(c.repo()+"/branches", "If-None-Match", tag).want(http.StatusNotModified)
	c.get(c.repo()+"/branches", "If-None-Match", `"other", `+strings.TrimPrefix(tag, "W/")).want(http.StatusNotModified)
	c.get(c.repo()+"/branches", "If-None-Match", `"other"`).want(http.StatusOK)
	check(t, c.world.pushLate(c.world.repos[0], "main"))
	c.get(c.repo()+"/branches", "If-None-Match", tag).want(http.StatusOK)
}

func TestRateLimit(t *testing.T) {
	c := sample(t, "clean")
	for i := range limitWithoutToken {
		c.send("GET", c.repo(), nil, "Authorization", "").want(200)
		if i == 0 {
			check(t, c.world.clock.Sleep(t.Context(), time.Minute))
		}
	}
	refused := c.send("GET", c.repo(), nil, "Authorization", "").want(http.StatusForbidden)
	if refused.header.Get("X-RateLimit-Remaining") != "0" || !strings.Contains(refused.text, "rate limit exceeded") {
		t.Errorf("beyond the limit: %v %s", refused.header, refused.text)
	}
	c.get(c.repo()).want(200) // another allowance
	if left := c.get("/rate_limit").at("rate", "remaining"); plain(left) != "4999" {
		t.Errorf("%v remain, want 4999: asking is free", left)
	}
	check(t, c.world.clock.Sleep(t.Context(), time.Hour))
	c.send("GET", c.repo(), nil, "Authorization", "").want(200)
}

func TestPages(t *testing.T) {
	c := sample(t, "clean")
	base := c.world.repos[0].git.refs["refs/heads/main"]
	for i := range 65 {
		c.world.repos[0].git.refs[fmt.Sprintf("refs/heads/many/%02d", i)] = base
	}
	all := len(c.world.repos[0].git.branches())
	for _, p := range []struct {
		query    string
		count    int
		relation string
	}{
		{"", 30, "last next"},
		{"?per_page=100", all, ""},
		{"?per_page=1000", all, ""},
		{"?per_page=0", 30, "last next"},
		{"?per_page=x&page=y", 30, "last next"},
		{"?per_page=20&page=2", 20, "first last next prev"},
		{"?per_page=50&page=2", all - 50, "first prev"},
		{"?per_page=50&page=9", 0, "first prev"},
	} {
		g := c.get(c.repo() + "/branches" + p.query).want(200)
		if n := len(g.list()); n != p.count {
			t.Errorf("%q has %d, want %d", p.query, n, p.count)
		}
		group := link.Parse(g.header.Get("Link"))
		var relation []string
		for _, name := range []string{"first", "last", "next", "prev"} {
			if group[name] != nil {
				relation = append(relation, name)
			}
		}
		if got := strings.Join(relation, " "); got != p.relation {
			t.Errorf("%q links to %q, want %q", p.query, got, p.relation)
		}
	}
	// Whoever follows the links sees everything once.
	seen := map[string]bool{}
	for url := c.repo() + "/branches?per_page=7"; url != ""; {
		g := c.get(url).want(200)
		for _, b := range strings.Fields(g.each("name")) {
			if seen[b] {
				t.Errorf("%s comes twice", b)
			}
			seen[b] = true
		}
		url = ""
		if next := link.Parse(g.header.Get("Link"))["next"]; next != nil {
			url = next.URI
		}
	}
	if len(seen) != all {
		t.Errorf("the links lead to %d branches of %d", len(seen), all)
	}
}

func TestDateIsTheWorlds(t *testing.T) {
	w, err := New(Options{Start: dawn(), Speed: -1})
	check(t, err)
	c := client{t, w}
	if got, want := c.get("/user").header.Get("Date"), "Fri, 14 Aug 2026 06:00:00 GMT"; got != want {
		t.Errorf("the date is %s, want %s", got, want)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	c := sample(t, "clean")
	c.get(c.repo() + "/branches?per_page=1")
	c.send("POST", c.repo()+"/git/refs", fields{}, "Authorization", "")
	c.get("https://" + logHost + "/x")
	var all []string
	for _, r := range c.world.Requests() {
		all = append(all, fmt.Sprintf("%s %s%s %d %v", r.Method, r.Host, r.Path, r.Status, r.Token))
	}
	want := "GET api.github.com/repos/harbour/harbour/branches?per_page=1 200 true\n" +
		"POST api.github.com/repos/harbour/harbour/git/refs 401 false\n" +
		"GET " + logHost + "/x 403 false"
	if got := strings.Join(all, "\n"); got != want {
		t.Errorf("recorded:\n%s\nwant:\n%s", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Options{Scenario: "no"}); release.KindOf(err) != release.KindUsage {
		t.Errorf("an unknown scenario: %v", err)
	}
	if _, err := New(Options{PlanFile: []byte("nonsense: true\n")}); err == nil {
		t.Error("a plan file that is none makes a world")
	}
	dir, repo, _ := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	if _, err := New(Options{From: []Source{{Dir: dir}, {Dir: dir}}}); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("the same repository twice: %v", err)
	}
}
