package cli

import (
	"errors"
	"testing"

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
