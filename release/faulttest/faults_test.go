package faulttest

import (
	"fmt"
	"testing"

	"twokey/release"
)

// TestFaults breaks releases in every way that it knows, and prints what came of it.
func TestFaults(t *testing.T) {
	dir := clone(t)
	var c tally
	t.Run("all", func(t *testing.T) { // returns when what runs at the same time has ended
		known := map[string]bool{}
		for _, s := range samples() {
			t.Run("break/"+s.name, func(t *testing.T) { faultCampaign(t, &c, dir, s, known) })
			t.Run("kill/"+s.name, func(t *testing.T) { killCampaign(t, &c, dir, s) })
		}
		t.Run("kill/"+harbour().name, func(t *testing.T) { killStages(t, &c, dir, harbour()) })
	})
	fmt.Println(&c)
	t.Log(&c)
	if c.secondReleases > 0 || c.recordsLost > 0 || slower == 1 && (c.killed < 100 || c.injected < 300) {
		t.Error("want 100 points killed and 300 faults injected or more, and nothing twice or lost")
	}
}

func hintOf(err error) string { return release.HintOf(err) }
