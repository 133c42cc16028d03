package release

import (
	"io"
	"slices"
	"sync"
)

// Handler is told of every event after the state has taken it in. It must not
// change the state, nor keep it: the next event does.
type Handler func(Stamped, *State)

// Stream is the one place where events get their number and their time. It folds
// each event into its State first, then tells the handlers, one event at a time.
type Stream struct {
	clock    Clock
	handlers []Handler

	mu      sync.Mutex
	seq     uint64
	state   State
	journal Journal
	opened  []Stamped // the Opened event, once it came: every record begins with it
	since   []Stamped // it, and all from the last PlanReady on, for a journal opened later
	broken  error     // why the journal can not be written, once it could not
}

// NewStream makes a stream that is stamped by clock.
func NewStream(clock Clock, handlers ...Handler) *Stream {
	return &Stream{clock: clock, handlers: handlers}
}

// Emit stamps an event and hands it on. Safe for use from several goroutines.
func (s *Stream) Emit(e Event) { _ = s.emit(e, false) }

// EmitSynced emits an event that has to be on disk before what follows it: it
// fails when the journal can not keep it.
func (s *Stream) EmitSynced(e Event) error { return s.emit(e, true) }

func (s *Stream) emit(e Event, sync bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	st := Stamped{Seq: s.seq, Time: s.clock.Now().UTC(), Event: e}
	switch e.(type) {
	case Opened:
		s.opened = []Stamped{st}
	case PlanReady:
		s.endRecord()
		s.since = slices.Clone(s.opened)
	}
	if s.journal == nil {
		s.since = append(s.since, st)
	} else if err := s.journal.Append(st, sync); err != nil {
		s.broken = err
	}
	s.state.Apply(st)
	for _, h := range s.handlers {
		h(st, &s.state)
	}
	return s.broken
}

// Record writes who opened this console and what was emitted since the last plan
// to the journal, and every later event as it comes until there is another plan.
func (s *Stream) Record(j Journal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.since {
		if err := j.Append(st, false); err != nil {
			return err
		}
	}
	s.journal, s.since = j, nil
	return nil
}

// Recorded tells whether there is a journal that keeps what is emitted.
func (s *Stream) Recorded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal != nil
}

// endRecord closes the journal, if there is one: what follows is of another release,
// or of another attempt at this one.
func (s *Stream) endRecord() {
	if c, ok := s.journal.(io.Closer); ok {
		// What had to be kept was synced when it came.
		_ = c.Close()
	}
	s.journal, s.broken = nil, nil
}

// View calls f with the state as it stands; f must not keep it.
func (s *Stream) View(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}
