package faulttest

import (
	"fmt"
	"runtime/debug"
	"testing"

	"twokey/release"
)

// TestFaults breaks releases in every way that it knows, and prints what came of it.
func TestFaults(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // worlds are made and dropped by the hundred
	dir := clone(t)
	var c tally
	t.Run("all", func(t *testing.T) { // returns when what runs at the same time has ended
		for _, d := range dimensions() {
			t.Run(d.name+"/"+d.sample.name, func(t *testing.T) { d.campaign(t, &c, dir) })
		}
		for _, s := range append(samples(), twoDispatches()) {
			t.Run("lines/"+s.name, func(t *testing.T) { lines(t, &c, dir, s) })
		}
		t.Run("walk", func(t *testing.T) { walk(t, &c, dir) })
	})
	fmt.Println(&c)
	t.Log(&c)
	if c.secondReleases > 0 || c.recordsLost > 0 || slower == 1 && (c.killed < 100 || c.injected < 300) {
		t.Error("want 100 points killed and 300 faults injected or more, and nothing twice or lost")
	}
}

func hintOf(err error) string { return release.HintOf(err) }
