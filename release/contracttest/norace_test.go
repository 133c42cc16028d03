//go:build !race

package contracttest_test

// underRace tells that the race detector runs.
const underRace = false
