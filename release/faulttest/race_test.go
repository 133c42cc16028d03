//go:build race

package faulttest

// slower is how many times fewer places a campaign takes while the race detector
// runs, which makes a release several times as slow.
const slower = 40
