//go:build race

package registry_test

// raced holds where the race detector looks on, which takes memory of its own.
const raced = true
