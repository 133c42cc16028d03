package cli

import (
	"errors"
	"reflect"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

// fakeJournal counts how often it is closed.
type fakeJournal struct{ closed int }

func (*fakeJournal) Append(release.Stamped, bool) error { return nil }
func (j *fakeJournal) Close() error                     { j.closed++; return nil }

func TestSessionClosesItsJournals(t *testing.T) {
	var s session
	j := new(fakeJournal)
	got, err := s.keep(func(release.Plan) (release.Journal, error) { return j, nil })(release.Plan{})
	if err != nil || got != release.Journal(j) {
		t.Fatalf("the journal is %v, %v", got, err)
	}
	s.close()
	if j.closed != 1 {
		t.Errorf("the journal was closed %d times", j.closed)
	}
}

func TestSessionWithoutAJournal(t *testing.T) {
	var s session
	if s.keep(nil) != nil {
		t.Error("a session that only reads opens journals")
	}
	full := errors.New("the disk is full")
	_, err := s.keep(func(release.Plan) (release.Journal, error) { return (*fakeJournal)(nil), full })(release.Plan{})
	if !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	s.close() // must not close what was not opened
}

func TestEmitterKeepsTheOrder(t *testing.T) {
	var e emitter
	var got []release.Event
	note := func(s string) release.Event { return release.Noted{Text: text.Clean(s)} }
	e.emit(note("1"))
	e.emit(note("2"))
	e.into(func(ev release.Event) { got = append(got, ev) })
	e.emit(note("3"))
	if want := []release.Event{note("1"), note("2"), note("3")}; !reflect.DeepEqual(got, want) {
		t.Errorf("emitted %v, want %v", got, want)
	}
}

// Every session in a rehearsal has its own pace, and the flags stay as they are.
func TestSettled(t *testing.T) {
	flags := &Rehearsal{Seed: 4}
	a := &app{rehearsal: flags}
	if got := a.settled(true); got.Speed != consoleSpeed || !got.Flowing || got.Seed != 4 {
		t.Errorf("the console's rehearsal is %+v", got)
	}
	if got := a.settled(false); got.Speed != -1 || got.Flowing {
		t.Errorf("the rehearsal of lines is %+v", got)
	}
	if flags.Speed != 0 || flags.Flowing {
		t.Errorf("the flags were changed: %+v", flags)
	}
	if got := (&app{}).settled(true); got != nil {
		t.Errorf("outside of a rehearsal there is %+v", got)
	}
}
