// Package faulttest breaks releases on purpose, and holds nothing but tests. Whole
// releases are made in a rehearsed world with the product's own parts, wired as main
// does, while a transport, a clock and a disk of the test's own fail around them.
//
//	go test -v ./release/faulttest -run Faults
//
// kills the program before and after requests of a release and goes on as a person
// would, and breaks the answer to every kind of request that a release makes. In the
// end it counts what was killed and broken, and what came of it. It takes some of
// the places in each of many ways, and fewer under the race detector; with
// TWOKEY_FAULTS=all it takes every place in every way.
package faulttest
