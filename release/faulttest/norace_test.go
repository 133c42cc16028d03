//go:build !race

package faulttest

// slower is how many times fewer places a campaign takes; here it takes them as it comes.
const slower = 1
