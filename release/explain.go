package release

import (
	"context"
	"errors"
)

// explain gives an adapter's error its kind and a next step. It keeps the hint of
// an error that has one, and nil stays nil.
func explain(err error, op, hint string) error {
	if err == nil {
		return nil
	}
	// What an adapter did not find is a wrong name here, where it knows of no kind.
	vague := func(e *Error) bool { return e.Kind == KindFailed && e.Hint == "" && errors.Is(e, ErrNotFound) }
	if e, ok := errors.AsType[*Error](err); ok && !vague(e) {
		return err
	}
	e := &Error{Kind: KindFailed, Op: op, Err: err, Hint: hint}
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind, e.Hint = KindCancelled, ""
	case errors.Is(err, ErrUnauthorized):
		e.Kind, e.Hint = KindAuth, "sign in with `gh auth login`, or set GH_TOKEN"
	case errors.Is(err, ErrNotFound):
		e.Kind = KindUsage
	}
	return e
}

// onlyAuth keeps the errors that no later read can get around: the end of the
// context and a refused token. Everything else may be unknown.
func onlyAuth(err error) error {
	if refusedToken(err) || errors.Is(err, context.Canceled) {
		return explain(err, "", "")
	}
	return nil
}

// refusedToken tells whether a token is refused, so that nothing more can be read with
// it. Who never had one still reads what is public.
func refusedToken(err error) bool {
	return errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrNoToken)
}
