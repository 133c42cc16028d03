// Package faulttest breaks releases on purpose, and holds nothing but tests. Whole
// releases are made in a rehearsed world with the product's own parts, wired as main
// does, while a transport, a clock and a disk of the test's own fail around them.
//
//	go test -v ./release/faulttest -run Faults
//
// kills the program before and after requests of a release and around the lines of its
// record, breaks the answers to its requests, leaves it, and lets other people do the
// same or something like it at the same time; then it goes on as a person would, and
// breaks that as well. In the end it counts what was killed and broken, and what came of
// it. dimensions lists the ways, and judge is the one place that says what may come of
// any. It takes some of the places in each way, and fewer under the race detector; with
// TWOKEY_FAULTS=all it takes every place in every way.
package faulttest
