package rehearsal

import (
	"testing"
	"time"
)

// TestLostReleaseIsLostEverywhere has a project that publishes a GitHub release and
// nothing else: what partial loses is not at the API either.
func TestLostReleaseIsLostEverywhere(t *testing.T) {
	dir, repo, commit := makeClone(t)
	setOrigin(t, repo, "git@github.com:harbour/ships.git", nil)
	commit(".github/workflows/publish.yml", "name: Release\non: {push: {tags: ['v*']}}\njobs:\n  release:\n    runs-on: x\n"+
		"    steps: [{name: Publish, run: gh release create v2.0.0}]\n")
	commit("twokey.yml", "version: 1\nproject: ships\nlines: main\ntag: v{version}\nstages:\n"+
		"  - {name: release, trigger: tag, workflows: [publish.yml], publishes: [{github-release: 'v{version}'}]}\n")
	for scenario, status := range map[string]int{"clean": 200, "partial": 404, "failed-job": 404, "no-run": 404} {
		w, err := New(Options{From: []Source{{Dir: dir}}, Scenario: scenario, Speed: -1})
		check(t, err)
		c := client{t, w}
		sha := c.release("v2.0.0", "main")
		c.get(c.repo() + "/releases/tags/v2.0.0").want(404) // the job has not run
		c.pass(time.Hour)
		if g := c.get(c.repo() + "/releases/tags/v2.0.0"); g.status != status {
			t.Errorf("%s: the release answers HTTP %d, want %d", scenario, g.status, status)
		}
		there := 0
		for _, p := range w.publications(w.Clock().Now()) {
			if p.SHA == sha {
				there++
			}
		}
		if (there == 1) != (status == 200) {
			t.Errorf("%s: %d artifacts are published", scenario, there)
		}
		c.get(c.repo() + "/releases/tags/v1.0.0").want(200) // an old one stays
	}
}

// TestPushesOfOneCommit has a commit that is the head of several branches: the
// default branch counts first, then release lines.
func TestPushesOfOneCommit(t *testing.T) {
	c := cloned(t)
	r := c.world.repos[0]
	head, _ := r.git.branch("main")
	for _, name := range []string{"a-topic", "release/1.0"} {
		r.git.refs["refs/heads/"+name] = head
	}
	var order []string
	for _, p := range r.pushes(head) {
		order = append(order, p.branch)
		if !p.at.IsZero() || p.by != viewer {
			t.Errorf("%+v was there before the world", p)
		}
	}
	if len(order) != 3 || order[0] != "main" || order[1] != "release/1.0" || order[2] != "a-topic" {
		t.Errorf("the commit came to %v", order)
	}
}
