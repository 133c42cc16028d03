package release

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestErrorWords(t *testing.T) {
	cause := errors.New("no space left")
	tests := []struct {
		err  *Error
		want string
	}{
		{&Error{Op: "journal", Err: cause}, "journal: no space left"},
		{&Error{Err: cause}, "no space left"},
		{&Error{Op: "journal"}, "journal"},
		{&Error{Op: "journal", Err: cause, Hint: "make room"}, "journal: no space left"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%+v says %q, want %q", tt.err, got, tt.want)
		}
		if tt.err.Err != nil && !errors.Is(tt.err, cause) {
			t.Errorf("%+v hides its cause", tt.err)
		}
	}
}

// The outermost kind counts, and the first hint that there is.
func TestKindAndHint(t *testing.T) {
	inner := &Error{Kind: KindAuth, Op: "read", Hint: "sign in"}
	tests := []struct {
		name string
		err  error
		kind Kind
		hint string
	}{
		{"none of ours", errors.New("x"), KindFailed, ""},
		{"nil", nil, KindFailed, ""},
		{"ours", inner, KindAuth, "sign in"},
		{"wrapped", fmt.Errorf("survey: %w", inner), KindAuth, "sign in"},
		{"outer kind, inner hint", &Error{Kind: KindLeft, Err: inner}, KindLeft, "sign in"},
		{"outer kind and hint", &Error{Kind: KindLeft, Err: inner, Hint: "attach"}, KindLeft, "attach"},
		{"no hint", &Error{Kind: KindNoGo, Err: errors.New("x")}, KindNoGo, ""},
	}
	for _, tt := range tests {
		if got := KindOf(tt.err); got != tt.kind {
			t.Errorf("%s: kind %v, want %v", tt.name, got, tt.kind)
		}
		if got := HintOf(tt.err); got != tt.hint {
			t.Errorf("%s: hint %q, want %q", tt.name, got, tt.hint)
		}
	}
}

// An adapter's error gets the kind that its sentinel means, and keeps its own.
func TestExplain(t *testing.T) {
	if explain(nil, "x", "y") != nil {
		t.Error("nil was explained")
	}
	for _, tt := range []struct {
		err  error
		kind Kind
		hint string
	}{
		{errors.New("x"), KindFailed, "next"},
		{fmt.Errorf("GET: %w", ErrUnauthorized), KindAuth, "sign in with `gh auth login`, or set GH_TOKEN"},
		{fmt.Errorf("GET: %w", ErrForbidden), KindFailed, "next"},
		{fmt.Errorf("GET: %w", ErrNotFound), KindUsage, "next"},
		{fmt.Errorf("GET: %w", context.Canceled), KindCancelled, ""},
	} {
		err := explain(tt.err, "reading", "next")
		if KindOf(err) != tt.kind || HintOf(err) != tt.hint || !errors.Is(err, tt.err) {
			t.Errorf("%v is explained as %v, kind %v, hint %q", tt.err, err, KindOf(err), HintOf(err))
		}
	}
}

// The one kind of error that no later read gets around.
func TestOnlyAuth(t *testing.T) {
	for err, want := range map[error]bool{
		ErrUnauthorized: true, context.Canceled: true, ErrForbidden: false, ErrNotFound: false, errors.New("502"): false,
	} {
		if got := onlyAuth(err) != nil; got != want {
			t.Errorf("%v is kept: %v, want %v", err, got, want)
		}
	}
}

func TestSystemClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c SystemClock
		began := c.Now()
		if err := c.Sleep(t.Context(), time.Hour); err != nil || c.Now().Sub(began) != time.Hour {
			t.Errorf("slept %s, %v", c.Now().Sub(began), err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		time.AfterFunc(time.Minute, func() { cancel(gone) })
		began = c.Now()
		if err := c.Sleep(ctx, time.Hour); !errors.Is(err, gone) || c.Now().Sub(began) != time.Minute {
			t.Errorf("slept %s, %v", c.Now().Sub(began), err)
		}
	})
}

// Acting needs an actor and a stage that exists.
func TestActingIsRefused(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if err := e.RerunFailed(t.Context(), "nothing", 7); err == nil || len(h.calls) != 0 {
		t.Errorf("a stage that does not exist: %v, sent %v", err, h.calls)
	}
	e.ports.Actor = nil
	if err := e.Review(t.Context(), "package", 7, nil, "approved", ""); err == nil || HintOf(err) == "" || len(h.calls) != 0 {
		t.Errorf("a session that only reads: %v, sent %v", err, h.calls)
	}
}
