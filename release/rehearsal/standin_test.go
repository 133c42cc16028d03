package rehearsal

import (
	"strings"
	"testing"
)

const askedRefs = `query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
  nameWithOwner defaultBranchRef { name }
  heads: refs(refPrefix: "refs/heads/", first: 100) { totalCount nodes { name } }
  tags: refs(refPrefix: "refs/tags/", first: 100, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) {
    totalCount nodes { name target { oid ... on Tag { target { oid } } } } } } }`

// What the sample's workflows are pinned to is there with the commit of the tag that the
// comment names, and what nothing names is not.
func TestStandIns(t *testing.T) {
	c := sample(t, "clean")
	g := c.ask(askedRefs, fields{"owner": "PyPA", "name": "gh-action-pypi-publish"})
	for _, want := range []string{`"nameWithOwner":"pypa/gh-action-pypi-publish"`, `"name":"v1.13.0"`, `"name":"main"`, `"totalCount":1`} {
		if !strings.Contains(g.text, want) {
			t.Errorf("no %s in %s", want, g.text)
		}
	}
	if g := c.ask(askedRefs, fields{"owner": "pypa", "name": "pip"}); !strings.Contains(g.text, "NOT_FOUND") {
		t.Errorf("nobody names it: %s", g.text)
	}
	if g := c.ask(askedRefs, fields{"owner": "harbour", "name": "harbour"}); !strings.Contains(g.text, `"name":"harbour-2.11.5"`) ||
		!strings.Contains(g.text, `"name":"dev-v2.11"`) {
		t.Errorf("the world's own: %s", g.text)
	}
}

// In the scenario, the commit of an action that publishes is nobody's, and all others
// are as they were.
func TestImpostorScenario(t *testing.T) {
	c := sample(t, "impostor")
	if g := c.ask(askedRefs, fields{"owner": "pypa", "name": "gh-action-pypi-publish"}); !strings.Contains(g.text, `"tags":{"nodes":[],"totalCount":0}`) {
		t.Errorf("it has %s", g.text)
	}
	if g := c.ask(askedRefs, fields{"owner": "actions", "name": "checkout"}); strings.Contains(g.text, `"tags":{"nodes":[]`) {
		t.Errorf("another lost its tags: %s", g.text)
	}
}
