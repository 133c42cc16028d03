package cli

import (
	"errors"
	"io"
	"syscall"

	"twokey/release"
)

// outlet is where lines are written. It marks the failure that means that nobody reads
// them any more, as after `| head`: a broken pipe to a server is another thing.
type outlet struct{ io.Writer }

// Write is an [io.Writer]'s.
func (o outlet) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		err = &unread{err}
	}
	return n, err
}

// drawn is an output for what has to know the terminal itself.
func drawn(w io.Writer) io.Writer {
	if o, ok := w.(outlet); ok {
		return o.Writer
	}
	return w
}

// unread is the error of an output that nobody reads any more.
type unread struct{ error }

// Unwrap gives the cause.
func (u *unread) Unwrap() error { return u.error }

// silenced makes of an error that whoever reads has gone what it is: no failure, and
// nothing to be told. A release that goes on without them is said all the same.
func silenced(err error) error {
	if _, gone := errors.AsType[*unread](err); gone && release.KindOf(err) != release.KindLeft {
		return &release.Error{Kind: release.KindUnread, Err: err}
	}
	return err
}
