//go:build !race

package faulttest

// slower is how many times fewer places a campaign takes; here it takes all.
const slower = 1
