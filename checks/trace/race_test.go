//go:build race

package trace_test

// raced holds where the race detector runs, which takes ten times the memory.
const raced = true
