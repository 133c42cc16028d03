package release

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what an error means for whoever waits on the release. Main maps
// kinds to exit codes.
type Kind int

// The kinds of error.
const (
	KindFailed    Kind = iota // the release failed: a run, a verification, a fault
	KindUsage                 // wrong words, or a version or SHA that can not be
	KindCancelled             // the person said no
	KindNoGo                  // preflight says no
	KindAuth                  // no token, or GitHub refuses it
	KindLeft                  // stopped watching; the release goes on
	KindAfter                 // released; what the plan asks for after it is not so, or can not be seen
	KindUnread                // whoever read the output went away, and nothing is left behind
)

// Error is a failure with what was tried and the next step.
type Error struct {
	Kind Kind
	Op   string // what failed, with what
	Err  error
	Hint string // the next step; empty when there is none
}

// Error is the failure without its hint, on one line.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Op
	case e.Op == "":
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of the outermost Error in err's chain, and KindFailed for
// any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindFailed
}

// HintOf is the first hint in err's chain, or the empty string.
func HintOf(err error) string {
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}

// Passing is an error that is over at a time, whatever anybody does until then: a
// rate limit.
type Passing interface {
	error
	Until() time.Time
}

// What an adapter says, in words that every part of twokey understands. An
// adapter wraps these with the request that met them.
var (
	// ErrNotFound holds when the thing does not exist, or may not be seen.
	ErrNotFound = errors.New("not found")
	// ErrForbidden holds when the token may not do or see this.
	ErrForbidden = errors.New("forbidden")
	// ErrUnauthorized holds when there is no token or it is refused.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrNoToken is the ErrUnauthorized of who reads without a token: there is more to
	// see for whoever signs in, and what is public is there all the same.
	ErrNoToken = fmt.Errorf("no token: %w", ErrUnauthorized)
	// ErrExists holds when a thing to be created is there already.
	ErrExists = errors.New("already exists")
	// ErrNoLog holds when a job has no log yet, or never will.
	ErrNoLog = errors.New("no log")
	// ErrLost holds when a mutating request was sent and no answer came: it may
	// or may not have acted.
	ErrLost = errors.New("the answer was lost")
)
