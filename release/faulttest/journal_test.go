package faulttest

import (
	"errors"
	"fmt"
	"io"
	"os"

	"twokey/release"
	"twokey/release/record"
)

// disk is what a kill leaves of the record that was being written.
type disk int

// The disks.
const (
	wholeLines disk = iota // every line that was written
	tornLine               // and half of the next one
	onlySynced             // no more than was synced: the machine died, too
	disks
)

func (d disk) String() string {
	return [...]string{"whole lines", "a torn line", "synced lines only"}[d]
}

// keptJournal is the record of a process that may be killed.
type keptJournal struct {
	*record.Journal
	p    *process
	torn bool

	synced int64 // bytes that a sync put on disk
}

// keeper opens records that end with the process.
func (p *process) keeper(open func(release.Plan) (release.Journal, error)) func(release.Plan) (release.Journal, error) {
	return func(plan release.Plan) (release.Journal, error) {
		j, err := open(plan)
		if err != nil {
			return nil, err
		}
		k := &keptJournal{Journal: j.(*record.Journal), p: p}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.journal = k
		return k, nil
	}
}

// Append writes an event while the process lives.
func (k *keptJournal) Append(s release.Stamped, sync bool) error {
	if k.p.ctx.Err() != nil {
		if k.p.disk == tornLine && !k.torn {
			k.torn = true
			return errors.Join(errDead, k.tear(s))
		}
		return errDead
	}
	err := k.Journal.Append(s, sync)
	if err == nil && sync {
		k.synced, err = size(k.Path())
	}
	return err
}

// tear writes half of an event's line.
func (k *keptJournal) tear(s release.Stamped) error {
	line, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(k.Path(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(line[:len(line)/2])
	return errors.Join(err, f.Close())
}

// end leaves the records as a process leaves them that ends: it holds none any more.
func (p *process) end() error {
	err := p.records.Close()
	if p.journal == nil {
		return err
	}
	dead := p.ctx.Err() != nil
	err = errors.Join(err, p.journal.Close())
	if dead && p.disk == onlySynced {
		err = errors.Join(err, os.Truncate(p.journal.Path(), p.journal.synced))
	}
	return err
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// recorded is a record as it stands on disk, and what its events make of a state.
func recorded(path string) (events []release.Stamped, state release.State, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, state, err
	}
	defer f.Close()
	events, err = record.Read(f)
	if err != nil && !errors.Is(err, record.ErrTorn) {
		return events, state, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range events {
		state.Apply(s)
	}
	return events, state, nil
}

var _ io.Closer = (*keptJournal)(nil)
