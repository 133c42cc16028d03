package plain

import (
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// One outage is one chain of lines, whichever reads meet it, and says once that nobody
// has to wait for its end.
func TestOneChainForAnOutage(t *testing.T) {
	retry := func(what string, attempt int) release.Event {
		return release.Retrying{What: text.Clean(what), Cause: text.Clean("connection refused"), Attempt: attempt, Wait: 2 * time.Second}
	}
	well := func(what string) release.Event { return release.Recovered{What: text.Clean(what)} }
	events := []release.Event{
		release.PlanReady{Plan: release.Plan{Version: "1.2.3"}},
		retry("the runs", 2), retry("the jobs", 2), retry("the runs", 3), retry("the jobs", 3),
		retry("the watch", 2), retry("the runs", 2), retry("the jobs", 2), retry("the watch", 3), retry("the watch", 4),
		well("the jobs"), well("the watch"),
		retry("the jobs", 2), well("the jobs"),
	}
	const said = "connection refused; trying again in 2s"
	got := replay(stamp(events...), Options{})
	want := []string{"the runs: " + said + " (attempt 2)", "the runs: " + said + " (attempt 3)",
		"the watch: " + said + " (attempt 2)", "the watch: " + said + " (attempt 3)",
		"rejoin it with `twokey attach 1.2.3`", "the watch: " + said + " (attempt 4)", "the watch: all is well",
		"the jobs: " + said + " (attempt 2)", "the jobs: all is well"}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	lines = lines[len(lines)-min(len(want), len(lines)):] // without the plan's
	for i, l := range lines {
		if !strings.HasSuffix(l, want[i]) {
			t.Fatalf("line %d is %q, want %q:\n%s", i+1, l, want[i], got)
		}
	}
	if n := strings.Count(got, "retry") + strings.Count(got, "rejoin"); n != len(want) {
		t.Errorf("%d lines about retries:\n%s", n, got)
	}
	ends := replay(stamp(append([]release.Event{release.Opened{Ends: true}}, events...)...), Options{})
	if strings.Contains(ends, "rejoin") {
		t.Errorf("it leads back to a world that is gone:\n%s", ends)
	}
}
