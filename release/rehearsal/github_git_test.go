package rehearsal

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"twokey/release"
)

// cloned is a client of a world that was made from a clone on disk, and the clone's
// commits on main, oldest first.
func cloned(t *testing.T) client {
	t.Helper()
	dir, repo, _ := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1})
	check(t, err)
	return client{t, w}
}

func TestBranches(t *testing.T) {
	c := cloned(t)
	if got := c.get(c.repo() + "/branches").each("name"); got != "main release/1.0" {
		t.Errorf("branches %q", got)
	}
	for _, name := range []string{"release/1.0", "release%2F1.0"} {
		b := c.get(c.repo() + "/branches/" + name).want(200)
		if b.at("name") != "release/1.0" || b.at("protected") != true || b.at("commit", "commit", "message") != "Change .github/workflows/publish.yml\n" {
			t.Errorf("%s is %s", name, b.text)
		}
		c.get(c.repo() + "/branches/" + name + "/protection").want(404)
	}
	if g := c.get(c.repo() + "/branches/no").want(404); g.at("message") != "Branch not found" {
		t.Errorf("a branch that is not there: %s", g.text)
	}
}

func TestRefsAndTags(t *testing.T) {
	c := cloned(t)
	line := c.get(c.repo() + "/git/ref/heads/release/1.0").want(200)
	tag := c.get(c.repo() + "/git/ref/tags/v1.0.0").want(200)
	if tag.at("object", "type") != "tag" || line.at("object", "type") != "commit" {
		t.Errorf("the tag leads to a %v, the branch to a %v", tag.at("object", "type"), line.at("object", "type"))
	}
	obj := c.get(fmt.Sprintf("%s/git/tags/%s", c.repo(), tag.at("object", "sha"))).want(200)
	if obj.at("object", "sha") != line.at("object", "sha") || obj.at("tag") != "v1.0.0" || obj.at("tagger", "name") != "mara" {
		t.Errorf("the tag's object is %s", obj.text)
	}
	if got := c.get(c.repo()+"/tags").want(200).at(0, "commit", "sha"); got != line.at("object", "sha") {
		t.Errorf("the tag's commit is %v", got)
	}
	for _, path := range []string{"/git/ref/tags/v1.0", "/git/ref/heads/release", "/git/tags/" + plain(line.at("object", "sha")),
		"/git/commits/" + strings.Repeat("0", 40), "/git/blobs/" + strings.Repeat("1", 40), "/git/trees/no"} {
		c.get(c.repo() + path).want(404)
	}
	c.get(c.repo() + "/git/commits/abc").want(422)
	c.get(c.repo() + "/commits/no").want(422)
	if got := c.get(c.repo()+"/git/matching-refs/tags/v1").each("ref", []any{}...); got != "refs/tags/v1.0.0" {
		t.Errorf("matching refs %q", got)
	}
	if got := len(c.get(c.repo() + "/git/matching-refs/twokey/").want(200).list()); got != 0 {
		t.Errorf("%d refs match where there is none", got)
	}
}

func TestTreesAndContents(t *testing.T) {
	c := cloned(t)
	flat := c.get(c.repo() + "/git/trees/main").want(200)
	if got := flat.each("path", "tree"); got != ".github README.md src" {
		t.Errorf("the tree has %q", got)
	}
	all := c.get(c.repo() + "/git/trees/main?recursive=1").want(200)
	if got := all.each("path", "tree"); got != ".github .github/workflows .github/workflows/publish.yml README.md src src/ship.go" {
		t.Errorf("all of the tree is %q", got)
	}
	if got := all.each("type", "tree"); got != "tree tree blob blob tree blob" || all.at("truncated") != false {
		t.Errorf("its types are %q", got)
	}
	dir := c.get(c.repo() + "/contents/.github/workflows?ref=release/1.0").want(200)
	if got := dir.each("name"); got != "publish.yml" {
		t.Errorf("the directory has %q", got)
	}
	file := c.get(c.repo() + "/contents/src/ship.go").want(200)
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(plain(file.at("content")), "\n", ""))
	if err != nil || string(content) != "package ship\n" || plain(file.at("size")) != "13" {
		t.Errorf("the file is %s", file.text)
	}
	raw := c.get(c.repo()+"/contents/src/ship.go", "Accept", "application/vnd.github.raw+json").want(200)
	if raw.text != "package ship\n" {
		t.Errorf("the bare file is %q", raw.text)
	}
	blob := c.get(fmt.Sprintf("%s/git/blobs/%s", c.repo(), file.at("sha"))).want(200)
	if blob.at("content") != file.at("content") {
		t.Errorf("the blob is %s", blob.text)
	}
	c.get(c.repo() + "/contents/src/ship.go?ref=release/1.0").want(404)
	c.get(c.repo() + "/contents/no?ref=main").want(404)
	c.get(c.repo() + "/contents/README.md?ref=no").want(404)
}

func TestCompareEndpoint(t *testing.T) {
	c := cloned(t)
	g := c.get(c.repo() + "/compare/v1.0.0...main").want(200)
	if plain(g.at("ahead_by")) != "1" || plain(g.at("behind_by")) != "0" || g.at("status") != "ahead" {
		t.Errorf("%v ahead, %v behind, %v", g.at("ahead_by"), g.at("behind_by"), g.at("status"))
	}
	if g.each("filename", "files") != "src/ship.go" || g.each("status", "files") != "added" || g.each("additions", "files") != "1" {
		t.Errorf("its files are %v", g.at("files"))
	}
	for pair, want := range map[string]string{"main...v1.0.0": "behind", "main...main": "identical"} {
		if got := c.get(c.repo() + "/compare/" + pair).want(200).at("status"); got != want {
			t.Errorf("%s is %v, want %s", pair, got, want)
		}
	}
	c.get(c.repo() + "/compare/main...no").want(404)
	c.get(c.repo() + "/compare/main").want(404)
	if g := c.get(c.repo() + "/compare/v1.0.0...main?page=2&per_page=1").want(200); len(g.list("commits")) != 0 {
		t.Errorf("the second page of one commit is %s", g.text)
	}
}

func TestShallowCloneSaysSo(t *testing.T) {
	c := cloned(t)
	r := c.world.repos[0]
	main, _ := r.git.branch("main")
	r.git.shallow = []plumbing.Hash{main}
	g := c.get(c.repo() + "/compare/v1.0.0...main").want(http.StatusConflict)
	if !strings.Contains(plain(g.at("message")), "git fetch --unshallow") {
		t.Errorf("a shallow clone: %s", g.text)
	}
}

func TestLineChanges(t *testing.T) {
	for _, c := range []struct {
		before, after  string
		added, removed int
	}{{"", "a b", 2, 0}, {"a b", "", 0, 2}, {"a b c", "a x c", 1, 1}, {"a a", "a", 0, 1}, {"a b", "a b", 0, 0}} {
		added, removed := lineChanges(strings.Fields(c.before), strings.Fields(c.after))
		if added != c.added || removed != c.removed {
			t.Errorf("%q to %q: +%d -%d, want +%d -%d", c.before, c.after, added, removed, c.added, c.removed)
		}
	}
}

func TestCreateTagRefuses(t *testing.T) {
	c := cloned(t)
	sha := plain(c.get(c.repo()+"/git/ref/heads/main").at("object", "sha"))
	for what, body := range map[string]fields{
		"no object":     {"tag": "v2", "message": "m", "object": strings.Repeat("0", 40), "type": "commit"},
		"half a SHA":    {"tag": "v2", "message": "m", "object": sha[:12], "type": "commit"},
		"another type":  {"tag": "v2", "message": "m", "object": sha, "type": "tree"},
		"no message":    {"tag": "v2", "object": sha, "type": "commit"},
		"without a tag": {"message": "m", "object": sha, "type": "commit"},
	} {
		if g := c.post(c.repo()+"/git/tags", body); g.status != 422 {
			t.Errorf("%s: HTTP %d", what, g.status)
		}
	}
	c.send("POST", c.repo()+"/git/tags", nil).want(400)
	made := c.post(c.repo()+"/git/tags", fields{"tag": "v2", "message": "m", "object": sha, "type": "commit",
		"tagger": fields{"name": "Ines", "email": "i@example.org", "date": "2026-08-20T10:00:00Z"}}).want(201)
	if made.at("tagger", "name") != "Ines" || made.at("tagger", "date") != "2026-08-20T10:00:00Z" {
		t.Errorf("the tagger is %v", made.at("tagger"))
	}
	c.get(c.repo() + "/git/ref/tags/v2").want(404) // an object alone claims nothing
	if n := len(c.world.Facts().Tags); n != 0 {
		t.Errorf("%d tags were made", n)
	}
}

func TestCreateRefRefuses(t *testing.T) {
	c := cloned(t)
	sha := c.get(c.repo()+"/git/ref/heads/main").at("object", "sha")
	for _, r := range []struct {
		ref, sha any
		message  string
	}{
		{"refs/tags/v1.0.0", sha, "Reference already exists"},
		{"refs/heads/main", sha, "Reference already exists"},
		{"refs/tags/v2", strings.Repeat("0", 40), "Object does not exist"},
		{"refs/tags/v2", "main", "Object does not exist"},
		{"tags/v2", sha, "Reference name must be fully qualified and contain at least two slashes"},
		{"refs/v2", sha, "Reference name must be fully qualified and contain at least two slashes"},
		{"refs/tags/v 2", sha, "Reference name must be fully qualified and contain at least two slashes"},
		{"refs/tags/../x", sha, "Reference name must be fully qualified and contain at least two slashes"},
		{"refs/tags/x.lock", sha, "Reference name must be fully qualified and contain at least two slashes"},
	} {
		g := c.post(c.repo()+"/git/refs", fields{"ref": r.ref, "sha": r.sha}).want(422)
		if g.at("message") != r.message {
			t.Errorf("%v: %v, want %s", r.ref, g.at("message"), r.message)
		}
	}
	if f := c.world.Facts(); len(f.Tags)+len(f.Claims)+len(f.Runs) != 0 {
		t.Errorf("what was refused made %+v", f)
	}
}

// TestClaimIsGivenOnce has many clients make the same ref at once.
func TestClaimIsGivenOnce(t *testing.T) {
	for _, ref := range []string{"refs/tags/harbour-2.11.6", "refs/twokey/deb/2.11.6"} {
		c := sample(t, "clean")
		sha := c.get(c.repo()+"/git/ref/heads/dev-v2.11").at("object", "sha")
		body := string(encodeJSON(fields{"ref": ref, "sha": sha}))
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+apiHost+c.repo()+"/git/refs", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+token)
				resp, err := c.world.Transport().RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				switch resp.StatusCode {
				case 201:
					made.Add(1)
				case 422:
					refused.Add(1)
				}
			})
		}
		all.Wait()
		if made.Load() != 1 || refused.Load() != 99 {
			t.Errorf("%s was given %d times and refused %d times", ref, made.Load(), refused.Load())
		}
		f := c.world.Facts()
		if len(f.Tags)+len(f.Claims) != 1 || len(f.Runs) > 2 {
			t.Errorf("%s: the world has %+v", ref, f)
		}
	}
}

func TestWorldBeginsAfterTheClone(t *testing.T) {
	c := cloned(t)
	if got, want := c.world.Clock().Now(), dawn().AddDate(0, 0, 1).Add(3*time.Hour); !got.Equal(want) {
		t.Errorf("the world begins at %v, want %v: nine o'clock on the day after the newest commit", got, want)
	}
	if c.world.Repo() != (release.Repo{Owner: "harbour", Name: "ships"}) || c.world.Viewer() != "mara" {
		t.Errorf("the world is of %s, seen by %s", c.world.Repo(), c.world.Viewer())
	}
}

// TestClonesRequireWhatRan holds because git does not tell which checks a branch
// requires.
func TestClonesRequireWhatRan(t *testing.T) {
	dir, repo, commit := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	commit(".github/workflows/test.yml", "on: push\njobs:\n  unit:\n    name: Unit tests\n    runs-on: x\n    steps: [{run: make test}]\n")
	w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1})
	check(t, err)
	c := client{t, w}
	for branch, want := range map[string]bool{"main": true, "release/1.0": false, "no": false} {
		rules := c.get(c.repo() + "/rules/branches/" + branch).want(200)
		if got := strings.Contains(rules.text, `"context":"Unit tests"`); got != want {
			t.Errorf("%s requires the tests: %v, want %v: %s", branch, got, want, rules.text)
		}
	}
}

// A plan to try is for the repository that is released, and for no other that
// somebody works on.
func TestPlanFileIsOfTheFirstRepository(t *testing.T) {
	plan := []byte("version: 1\nproject: ships\nlines: main\ntag: v{version}\nstages:\n" +
		"  - {name: package, trigger: tag, workflows: [publish.yml], publishes: [{pypi: ships}]}\n")
	for name, kind := range map[string]release.Kind{"": 0, "Harbour/HARBOUR": 0, "harbour/harbour-images": release.KindUsage, "no/body": release.KindUsage} {
		o := Options{Speed: -1, PlanFile: plan}
		if name != "" {
			o.Repo, _ = release.ParseRepo(name)
		}
		_, err := New(o)
		if (err == nil) != (kind == 0) || err != nil && (release.KindOf(err) != kind || release.HintOf(err) == "") {
			t.Errorf("%q: %v, kind %v", name, err, release.KindOf(err))
		}
		o.PlanFile = nil
		if _, err := New(o); err != nil {
			t.Errorf("%q without a plan: %v", name, err)
		}
	}
}

func TestPlanFileIsCommittedOnLines(t *testing.T) {
	dir, repo, _ := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	main, err := repo.ResolveRevision("main")
	check(t, err)
	for _, name := range []string{"stable/2", "topic"} {
		check(t, repo.Storer.SetReference(plumbing.NewHashReference(plumbing.ReferenceName("refs/heads/"+name), *main)))
	}
	plan := "version: 1\nproject: ships\nlines: stable/{major}\ntag: v{version}\nstages:\n" +
		"  - {name: package, trigger: tag, workflows: [publish.yml], publishes: [{pypi: ships}]}\n"
	w, err := New(Options{From: []Source{{Dir: dir}}, Speed: -1, PlanFile: []byte(plan)})
	check(t, err)
	c := client{t, w}
	for branch, status := range map[string]int{"main": 200, "release/1.0": 200, "stable/2": 200, "topic": 404} {
		c.get(c.repo() + "/contents/twokey.yml?ref=" + branch).want(status)
	}
	if g := c.get(c.repo() + "/compare/v1.0.0...release/1.0"); plain(g.at("ahead_by")) != "1" {
		t.Errorf("the line is %v ahead, want 1", g.at("ahead_by"))
	}
}
