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
		for _, s := range samples() {
			t.Run("kill/"+string(s.trigger), func(t *testing.T) { killCampaign(t, &c, dir, s) })
		}
	})
	fmt.Println(&c)
	t.Log(&c)
	if c.killed < 100 || c.secondReleases > 0 || c.recordsLost > 0 {
		t.Error("want 100 points killed or more, and nothing twice or lost")
	}
}

func hintOf(err error) string { return release.HintOf(err) }
