// Package record keeps what happened to a release: one file for each attempt, one
// event a line. A record is evidence and speed, never the truth, which lives on
// GitHub; replaying it through release.State.Apply gives the state that was seen.
//
// The events hold no token: nothing that holds one becomes an event.
package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"twokey/release"
)

// MaxLine bounds one event's line in bytes, its end included. The longest events
// are the plan and a log's last lines, far below it.
const MaxLine = 16 << 20

// ErrClosed is what a journal says after Close.
var ErrClosed = errors.New("the record is closed")

// file is what a Journal needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
}

// Journal appends events to one record. It implements release.Journal and is safe
// for use from several goroutines.
type Journal struct {
	path string

	mu     sync.Mutex
	file   file
	last   uint64 // the number of the last event
	broken error  // the first failure; nothing is written after it
}

// Open creates the record of an attempt to release plan, which begins now, below
// dir. Only the user may read it. An earlier record is never written to again.
func Open(dir string, plan release.Plan, now time.Time) (*Journal, error) {
	folder := folder(dir, plan.Repo, plan.Version)
	if err := makeFolder(folder); err != nil {
		return nil, openError(folder, err)
	}
	for n := 1; n <= maxSameTime; n++ {
		path := fileName(folder, now, n)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, openError(path, err)
		}
		// Held until the program ends, it tells other sessions that this one lives.
		// Where a file can not be held nobody takes a session for over.
		if taken, _ := lock(f); taken { // somebody reads it already
			_ = f.Close() // it stays empty
			continue
		}
		// The name has to be on disk, too: a synced file that no folder lists is lost.
		if err := syncFolder(folder); err != nil {
			return nil, openError(path, errors.Join(err, f.Close()))
		}
		return &Journal{path: path, file: f}, nil
	}
	return nil, openError(folder, fmt.Errorf("%d records begin at the same second", maxSameTime))
}

// openError is the error of a record that can not be created.
func openError(path string, err error) error {
	return &release.Error{
		Op: "create the record " + path, Err: err,
		Hint: "nothing is released without a record: make room there, or point XDG_STATE_HOME to another folder",
	}
}

// Path is the record's file.
func (j *Journal) Path() string { return j.path }

// Append writes one event as one line, in one write; with sync it returns when the
// disk has it. After a failure the journal stays broken: a record with a hole in
// it must not look like a whole one.
func (j *Journal) Append(s release.Stamped, sync bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		j.broken = j.write(s, sync)
	}
	if j.broken == nil {
		return nil
	}
	return &release.Error{
		Op: fmt.Sprintf("write event %d to the record %s", s.Seq, j.path), Err: j.broken,
		Hint: "make room there; what was released so far stands, and whoever attaches sees it from GitHub",
	}
}

func (j *Journal) write(s release.Stamped, sync bool) error {
	if s.Seq <= j.last {
		return fmt.Errorf("event %d comes after event %d", s.Seq, j.last)
	}
	// Not json.Marshal: it would escape what the event's own form leaves plain.
	line, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	if line = append(line, '\n'); len(line) > MaxLine {
		return fmt.Errorf("the event is %d bytes long, more than %d", len(line), MaxLine)
	}
	n, err := j.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err == nil && sync {
		err = j.file.Sync()
	}
	if err != nil {
		return err
	}
	j.last = s.Seq
	return nil
}

// Close puts everything on disk and closes the record. Closing twice is no error.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if errors.Is(j.broken, ErrClosed) {
		return nil
	}
	err := errors.Join(j.file.Sync(), j.file.Close())
	j.broken = ErrClosed
	if err != nil {
		return &release.Error{Op: "close the record " + j.path, Err: err}
	}
	return nil
}

func (j *Journal) closed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Is(j.broken, ErrClosed)
}
