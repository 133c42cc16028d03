package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"twokey/checks/text"
	"twokey/release"
)

const (
	maxTries = 5
	// tryTime bounds one try: the index of a project with thousands of files is
	// several megabytes long.
	tryTime = time.Minute
	// maxWait is the longest wait that a place may ask for; a person should hear
	// of a longer one at once.
	maxWait = 5 * time.Minute
)

// try reads something, and again where another try may mend the failure. Every
// wait is shown.
func (s *Shelf) try(ctx context.Context, what text.Safe, read func(context.Context) error) error {
	return s.again(ctx, what, func(ctx context.Context) error { return once(ctx, read) })
}

// again does what try does, for a read that bounds its own time.
func (s *Shelf) again(ctx context.Context, what text.Safe, read func(context.Context) error) error {
	waits := &backoff.ExponentialBackOff{InitialInterval: time.Second, Multiplier: 2, MaxInterval: 20 * time.Second}
	for next := 2; ; next++ {
		err := read(ctx)
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		later, ok := errors.AsType[*temporary](err)
		if !ok {
			s.settled(what, next > 2, true)
			return err
		}
		wait := max(s.spread(waits.NextBackOff()), later.after)
		if next > maxTries || wait > maxWait {
			s.settled(what, next > 2, false)
		}
		switch {
		case next > maxTries:
			return hinted(fmt.Errorf("%w (%d tries)", err, maxTries), "see whether it is up, then try again")
		case wait > maxWait:
			return hinted(err, "it asks to wait %s: try again then", wait.Round(time.Second))
		}
		s.o.Emit(release.Retrying{What: what, Cause: text.Clean(err.Error()), Attempt: next, Wait: wait})
		if err := s.o.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// settled tells that a read which was retried went well, or the first one after
// such a read was given up; else it remembers what was told.
func (s *Shelf) settled(what text.Safe, retried, well bool) {
	s.mu.Lock()
	was := s.trouble || retried
	s.trouble = was && !well
	s.mu.Unlock()
	if was && well {
		s.o.Emit(release.Recovered{What: what})
	}
}

// once reads within the time of one try.
func once(ctx context.Context, read func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	return read(ctx)
}

// spread moves a wait by up to a quarter, so that readers that failed together do
// not come back together. The library's own spreading can not be seeded.
func (s *Shelf) spread(d time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(float64(d) * (0.75 + s.rand.Float64()/2))
}
