package rehearsal

import "testing"

// What is listed is what the query asks for, and no more than GitHub would show.
func TestIssues(t *testing.T) {
	c := sample(t, "clean")
	for path, want := range map[string]int{
		"/issues": 1, "/issues?state=all": 2, "/issues?state=closed": 1, "/issues?labels=blocker": 0,
		"/issues?state=all&labels=Blocker": 1, "/issues?state=all&labels=blocker,ledger": 1, "/issues?state=all&labels=blocker,wish": 0,
		"/issues?milestone=7": 1, "/issues?milestone=6": 0, "/issues?milestone=6&state=all": 1, "/issues?milestone=99": 0,
		"/milestones": 1, "/milestones?state=all": 2, "/milestones?state=closed": 1,
		"/security-advisories": 1, "/security-advisories?state=draft": 0, "/security-advisories?state=published": 1,
	} {
		if got := len(c.get(c.repo() + path).want(200).list()); got != want {
			t.Errorf("%s: %d of them, want %d", path, got, want)
		}
	}
}
