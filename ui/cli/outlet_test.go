package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"twokey/release"
)

// broken is a writer of which nobody reads the other end.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestUnread(t *testing.T) {
	pipe := fmt.Errorf("write /dev/stdout: %w", syscall.EPIPE)
	_, gone := outlet{broken{pipe}}.Write([]byte("x"))
	_, full := outlet{broken{syscall.ENOSPC}}.Write([]byte("x"))
	tests := []struct {
		name string
		err  error
		want release.Kind
	}{
		{"nobody reads", gone, release.KindUnread},
		{"nobody reads, before anything was sent", &release.Error{Kind: release.KindCancelled, Err: gone}, release.KindUnread},
		{"a release goes on", &release.Error{Kind: release.KindLeft, Err: gone}, release.KindLeft},
		{"the disk is full", full, release.KindFailed},
		{"a server hung up", pipe, release.KindFailed},
		{"no-go", &release.Error{Kind: release.KindNoGo}, release.KindNoGo},
	}
	for _, tt := range tests {
		if got := release.KindOf(silenced(tt.err)); got != tt.want {
			t.Errorf("%s: is of kind %d, want %d", tt.name, got, tt.want)
		}
	}
	if silenced(nil) != nil {
		t.Error("no error becomes one")
	}
	if gone.Error() != pipe.Error() || !errors.Is(gone, syscall.EPIPE) {
		t.Errorf("it says %q, want %q", gone, pipe)
	}
}

// What draws has to be given the terminal itself.
func TestDrawn(t *testing.T) {
	var b bytes.Buffer
	for _, w := range []io.Writer{&b, outlet{&b}} {
		if drawn(w) != &b {
			t.Errorf("%T is not drawn on", w)
		}
	}
}
