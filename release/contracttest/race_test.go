//go:build race

package contracttest_test

// underRace tells that the race detector runs, which makes a release several times as
// slow. The tests of the client and of the world look for races; here it is what is
// said that matters, so that the long stories are left out.
const underRace = true
