package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// kept is a journal in a file.
type kept struct {
	path   string
	closed int
}

func (*kept) Append(release.Stamped, bool) error { return nil }
func (k *kept) Path() string                     { return k.path }
func (k *kept) Close() error                     { k.closed++; return nil }

// A session knows where its last record is, and closes every one of them once.
func TestSessionKeepsRecords(t *testing.T) {
	var s session
	if s.record() != "" {
		t.Error("a session without a record names one")
	}
	journals := []*kept{{path: "a"}, {path: "b"}}
	next := 0
	open := s.keep(func(release.Plan) (release.Journal, error) { next++; return journals[next-1], nil })
	for _, j := range journals {
		if _, err := open(release.Plan{}); err != nil || s.record() != j.path {
			t.Errorf("the record is %q, %v, want %q", s.record(), err, j.path)
		}
	}
	s.close()
	for _, j := range journals {
		if j.closed != 1 {
			t.Errorf("%s was closed %d times", j.path, j.closed)
		}
	}
}

// A journal that can not be opened is no record.
func TestSessionWithoutRecord(t *testing.T) {
	var s session
	full := errors.New("no space left")
	if _, err := s.keep(func(release.Plan) (release.Journal, error) { return nil, full })(release.Plan{}); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if s.record() != "" || s.keep(nil) != nil {
		t.Error("there is a record though none was opened")
	}
}

// Whoever waits without a stream is told why, from the second failure in a row on.
func TestSilentRetriesAreSaid(t *testing.T) {
	retry := func(attempt int) release.Retrying {
		return release.Retrying{What: text.Clean("whose token this is"), Cause: text.Clean("no such host"), Attempt: attempt, Wait: 2 * time.Second}
	}
	const line = "twokey: whose token this is: no such host; trying again in 2s (attempt 3)\n"
	for args, want := range map[string]string{"status": line, "check": line, "release 1.2.3 --yes": line} {
		var got opened
		cfg := config(&got, false)
		open := cfg.Open
		cfg.Open = func(ctx context.Context, target Target) (World, error) {
			w, err := open(ctx, target)
			for _, e := range []release.Event{retry(2), retry(3), release.Recovered{}} {
				target.Emit(e)
			}
			return w, err
		}
		if err := Run(t.Context(), cfg, strings.Fields(args)); !isOpened(err) {
			t.Fatalf("%s: %v", args, err)
		}
		if said := cfg.IO.Err.(*bytes.Buffer).String(); said != want {
			t.Errorf("%s says %q, want %q", args, said, want)
		}
	}
}

// Once there is a stream it shows what happens; only who has none is still told.
func TestEmitterHandsOver(t *testing.T) {
	for _, alone := range []bool{false, true} {
		said, streamed := 0, 0
		e := emitter{alone: alone, say: func(release.Event) { said++ }}
		e.emit(release.Retrying{Attempt: 3})
		e.into(func(release.Event) { streamed++ })
		e.emit(release.Retrying{Attempt: 4})
		if want := map[bool]int{false: 1, true: 2}[alone]; said != want || streamed != 2 {
			t.Errorf("alone %v: %d said, %d streamed", alone, said, streamed)
		}
	}
}
