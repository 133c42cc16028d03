package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"twokey/release"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"plain", errors.New("it broke"), "twokey: it broke\n"},
		{"with a hint", &release.Error{Op: "read the plan", Err: errors.New("no such file"), Hint: "write one"},
			"twokey: read the plan: no such file\nhint: write one\n"},
		{"the hint of a cause", fmt.Errorf("attach: %w", &release.Error{Op: "x", Hint: "do y"}), "twokey: attach: x\nhint: do y\n"},
		{"several lines", errors.New("twokey.yml:3:1: unknown key\n   3 | colour: red\n       ^"),
			"twokey: twokey.yml:3:1: unknown key\n   3 | colour: red\n       ^\n"},
		{"nobody reads", &release.Error{Kind: release.KindUnread, Op: "x", Hint: "y"}, ""},
		{"hostile", &release.Error{Op: "a\x1b[2Jb", Hint: "c\u202ed\x07"}, "twokey: ab\nhint: c<U+202E>d␇\n"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		Report(&b, tt.err)
		if b.String() != tt.want {
			t.Errorf("%s: reports %q, want %q", tt.name, b.String(), tt.want)
		}
	}
}

func TestEnded(t *testing.T) {
	live := t.Context()
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	errPipe := errors.New("the output can not be written: broken pipe")
	broken, breaks := context.WithCancelCause(t.Context())
	breaks(errPipe)
	of := func(k release.Kind) error { return &release.Error{Kind: k, Op: "engine"} }
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want release.Kind
		says string
	}{
		{"a failure stays one", live, of(release.KindFailed), release.KindFailed, "engine"},
		{"no-go stays no-go, though interrupted", interrupted, of(release.KindNoGo), release.KindNoGo, "engine"},
		{"a failure stays one, though interrupted", interrupted, of(release.KindFailed), release.KindFailed, "engine"},
		{"left: the engine knows that one goes on", interrupted, of(release.KindLeft), release.KindLeft, "engine"},
		{"interrupted while reading", interrupted, fmt.Errorf("tags: %w", context.Canceled), release.KindCancelled, "interrupted"},
		{"interrupted before the trigger", interrupted, of(release.KindCancelled), release.KindCancelled, "interrupted"},
		{"left, with the cause inside", broken, &release.Error{Kind: release.KindLeft, Op: "engine", Err: errPipe}, release.KindLeft,
			"engine: " + errPipe.Error()},
		{"broken pipe while reading", broken, errPipe, release.KindCancelled, errPipe.Error()},
		{"somebody else's cancelled", live, of(release.KindCancelled), release.KindCancelled, "engine"},
	}
	for _, tt := range tests {
		got := ended(tt.ctx, tt.err)
		if release.KindOf(got) != tt.want || got.Error() != tt.says {
			t.Errorf("%s: ends as kind %d, %q; want kind %d, %q", tt.name, release.KindOf(got), got, tt.want, tt.says)
		}
	}
	if err := ended(interrupted, nil); err != nil {
		t.Errorf("what ended well ends with %v", err)
	}
}

func TestOutcomeOf(t *testing.T) {
	for kind, want := range map[release.Kind]release.Outcome{
		release.KindFailed: release.Failed, release.KindUsage: release.Failed, release.KindAuth: release.Failed,
		release.KindNoGo: release.NoGo, release.KindCancelled: release.Cancelled, release.KindLeft: release.Left,
	} {
		if got := outcomeOf(&release.Error{Kind: kind}); got != want {
			t.Errorf("kind %d ends as %q, want %q", kind, got, want)
		}
	}
	if got := outcomeOf(nil); got != release.Done {
		t.Errorf("no error ends as %q", got)
	}
}
