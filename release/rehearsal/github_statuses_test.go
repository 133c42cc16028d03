package rehearsal

import (
	"testing"
	"time"
)

// A commit of the sample has a status from outside, which ends some time after it
// began. The other repositories have none, which GitHub calls pending.
func TestStatuses(t *testing.T) {
	c := sample(t, "clean")
	head := plain(c.get(c.repo()+"/git/ref/heads/dev-v2.11").want(200).at("object", "sha"))
	path := c.repo() + "/commits/" + head
	combined := c.get(path + "/status").want(200)
	if combined.at("state") != "success" || plain(combined.at("total_count")) != "1" || combined.at("sha") != head {
		t.Errorf("combined: %s", combined.text)
	}
	one := combined.at("statuses").([]any)[0].(map[string]any)
	if one["context"] != "docs/harbour" || one["state"] != "success" {
		t.Errorf("the latest status is %v", one)
	}
	if got := c.get(path + "/statuses").want(200).each("state"); got != "success pending" {
		t.Errorf("the statuses are %s, newest first", got)
	}
	if got := c.get(path + "/statuses?per_page=1&page=2").want(200).each("state"); got != "pending" {
		t.Errorf("the second page is %s", got)
	}

	repo := c.world.repos[0]
	h, err := repo.git.resolve(head)
	check(t, err)
	commit, err := repo.git.commit(h)
	check(t, err)
	early, err := repo.statusesOf(h, commit.Committer.When.Add(statusTime-time.Second))
	check(t, err)
	if len(early) != 1 || early[0].state != "pending" {
		t.Errorf("just after the commit: %+v", early)
	}
	none := c.get("/repos/harbour/harbour-images/commits/main/status").want(200)
	if none.at("state") != "pending" || plain(none.at("total_count")) != "0" || len(none.at("statuses").([]any)) != 0 {
		t.Errorf("without any: %s", none.text)
	}
	c.get(c.repo() + "/commits/no-such-ref/status").want(422)
}
