package rehearsal

import (
	"testing"
)

// look reads what a preflight reads, or with ci false what is looked at again before
// a trigger.
func (c client) look(tag, line string, ci bool) (tagStatus int, head string) {
	c.t.Helper()
	tagStatus = c.get(c.repo() + "/git/ref/tags/" + tag).status
	head = plain(c.get(c.repo()+"/branches/"+line).want(200).at("commit", "sha"))
	if ci {
		c.get(c.repo() + "/commits/" + head + "/check-runs").want(200)
	}
	return tagStatus, head
}

func TestMoves(t *testing.T) {
	for _, s := range []struct {
		scenario  string
		tagStatus int
		headMoves bool
	}{{"clean", 404, false}, {"tag-moved", 200, false}, {"branch-moved", 404, true}} {
		c := sample(t, s.scenario)
		status, judged := c.look("harbour-2.11.6", "dev-v2.11", true)
		if status != 404 {
			t.Errorf("%s: the preflight finds a tag", s.scenario)
		}
		status, head := c.look("harbour-2.11.6", "dev-v2.11", false)
		if status != s.tagStatus || (head != judged) != s.headMoves {
			t.Errorf("%s: looking again, the tag is %d and the head moved: %v", s.scenario, status, head != judged)
		}
		// It happens once, and to nothing else.
		status, again := c.look("harbour-2.11.6", "dev-v2.11", false)
		if status != s.tagStatus || again != head {
			t.Errorf("%s: it moves on", s.scenario)
		}
		if _, other := c.look("harbour-2.10.4", "dev-v2.10", false); other == head {
			t.Errorf("%s: the other line moved, too", s.scenario)
		}
		if s.tagStatus == 200 {
			facts := c.world.Facts()
			if len(facts.Tags) != 1 || facts.Tags[0].By != otherUser || facts.Tags[0].SHA == judged {
				t.Errorf("%s: the tags are %+v", s.scenario, facts.Tags)
			}
		}
	}
}

func TestMovesWaitForAPreflight(t *testing.T) {
	c := sample(t, "tag-moved")
	for range 5 { // a status view asks for tags, and judges nothing
		if status, _ := c.look("harbour-2.11.6", "dev-v2.11", false); status != 404 {
			t.Fatal("the tag was made before anybody judged a commit")
		}
	}
}

// A release that is dispatched makes no tag: its claim tells when it is about to begin.
// Nobody else's tag is made in its place.
func TestMovesBeforeAClaim(t *testing.T) {
	for scenario, moves := range map[string]bool{"branch-moved": true, "tag-moved": false} {
		c := sample(t, scenario)
		look := func() string {
			c.get(c.repo() + "/git/ref/twokey/package/2.11.6").want(404)
			return plain(c.get(c.repo()+"/branches/dev-v2.11").want(200).at("commit", "sha"))
		}
		judged := look()
		c.get(c.repo() + "/commits/" + judged + "/check-runs").want(200)
		if head := look(); (head != judged) != moves || len(c.world.Facts().Tags) > 0 {
			t.Errorf("%s: the head moved: %v, the tags are %v", scenario, head != judged, c.world.Facts().Tags)
		}
	}
}
