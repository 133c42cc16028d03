//go:build !unix

package trace_test

import (
	"testing"
	"time"
)

// spent skips the benchmark: nobody tells the processor's time here.
func spent(b *testing.B) time.Duration {
	b.Skip("this needs a system that tells the processor's time")
	return 0
}
