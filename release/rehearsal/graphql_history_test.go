package rehearsal

import (
	"strings"
	"testing"
)

// askedHistory is as much as a reader of reviews asks for.
const askedHistory = `query($name: String!, $oid: GitObjectID!, $first: Int!, $after: String) { repository(owner: "harbour", name: $name) {
	object(oid: $oid) { ... on Commit { history(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { oid
		author { name email user { login } } parents(first: 9) { nodes { oid } }
		associatedPullRequests(first: 5) { nodes { number merged author { login __typename } mergedBy { login }
			reviews(first: 9, states: [APPROVED]) { nodes { author { login } } } } } } } } } } }`

func TestGraphQLHistory(t *testing.T) {
	c := sample(t, "clean")
	head := c.get("/repos/harbour/harbour-images/commits/main").at("sha").(string)
	whole := c.ask(askedHistory, fields{"name": "harbour-images", "oid": head, "first": 100})
	if strings.Contains(whole.text, `"errors"`) || strings.Count(whole.text, `"oid"`) != 13 || !strings.Contains(whole.text, `"hasNextPage":false`) {
		t.Errorf("history is %s", whole.text)
	}
	for _, login := range []string{"mara", "ines", "jonas"} {
		if strings.Contains(whole.text, `"author":{"__typename":"User","login":"`+login+`"},"merged":true,"mergedBy":{"login":"`+login+`"`) {
			t.Errorf("%s merged their own", login)
		}
	}
	if page := c.ask(askedHistory, fields{"name": "harbour-images", "oid": head, "first": 2}); !strings.Contains(page.text, `"hasNextPage":true`) {
		t.Errorf("the first page is %s", page.text)
	}
	if again := c.ask(askedHistory, fields{"name": "harbour-images", "oid": head, "first": 100}); again.text != whole.text {
		t.Error("the history is another one the second time")
	}
	if none := c.ask(askedHistory, fields{"name": "harbour-images", "oid": strings.Repeat("1", 40), "first": 2}); none.text != `{"data":{"repository":{"object":null}}}` {
		t.Errorf("a commit that is not there is %s", none.text)
	}
	if bad := c.ask(askedHistory, fields{"name": "harbour-images", "oid": "main", "first": 2}); !strings.Contains(bad.text, "not a valid GitObjectID") {
		t.Errorf("a commit that is none is %s", bad.text)
	}
}

// git holds no reviews: that there were none would be a lie.
func TestGraphQLHistoryOfAClone(t *testing.T) {
	c := cloned(t)
	head := c.get(c.repo() + "/commits/main").at("sha").(string)
	if g := c.ask(askedHistory, fields{"name": "ships", "oid": head, "first": 100}); g.text != `{"errors":[{"message":"a rehearsal from a clone knows no reviews","type":"REHEARSAL_GAP"}]}` {
		t.Errorf("it is %s", g.text)
	}
}
