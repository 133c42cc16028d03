package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"twokey/checks/text"
	"twokey/release"
)

// usage is an error about the words of the command line.
func usage(err error, hint string, args ...any) error {
	return &release.Error{Kind: release.KindUsage, Err: err, Hint: fmt.Sprintf(hint, args...)}
}

// Report writes an error for people: what failed, then the next step. Whoever has
// stopped reading is told nothing.
func Report(w io.Writer, err error) {
	if release.KindOf(err) == release.KindUnread {
		return
	}
	for i, l := range text.Lines(err.Error()) {
		if i == 0 {
			l = text.Cleanf("twokey: %s", l)
		}
		fmt.Fprintln(w, l)
	}
	for _, l := range text.Lines(release.HintOf(err)) {
		fmt.Fprintf(w, "hint: %s\n", l)
	}
}

// ended turns what the end of ctx made of a command into a word about it. What the
// engine says of the release stays as it is: it knows whether one goes on.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	cut := errors.Is(err, context.Canceled) || errors.Is(err, cause) || release.KindOf(err) == release.KindCancelled
	if !cut || release.KindOf(err) == release.KindLeft {
		return err
	}
	if errors.Is(cause, context.Canceled) {
		cause = errors.New("interrupted")
	}
	return &release.Error{Kind: release.KindCancelled, Err: cause, Hint: "nothing was sent"}
}

// outcomeOf is how a release ended, by its error.
func outcomeOf(err error) release.Outcome {
	switch {
	case err == nil, release.KindOf(err) == release.KindAfter:
		return release.Done
	case release.KindOf(err) == release.KindNoGo:
		return release.NoGo
	case release.KindOf(err) == release.KindCancelled:
		return release.Cancelled
	case release.KindOf(err) == release.KindLeft:
		return release.Left
	}
	return release.Failed
}
