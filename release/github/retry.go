package github

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"twokey/checks/text"
	"twokey/release"
)

// How long a read is tried: so many times, and no longer than patience in all,
// which is enough for the minute that a secondary rate limit asks for.
const (
	maxTries    = 6
	patience    = 2 * time.Minute
	firstWait   = time.Second
	longestWait = 30 * time.Second
	// longestNap is how long a limit is waited out before the clock is asked again: a
	// timer may stand still while the machine sleeps, and the limit does not.
	longestNap = 30 * time.Second
	// secondaryWait is what GitHub asks for when a secondary limit says no time.
	secondaryWait = time.Minute
)

// fault is a read that got no whole answer: it may be tried again.
type fault struct{ err error }

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// secondaryLimit is what GitHub calls a limit of how fast one asks, not of how much.
const secondaryLimit = "secondary rate limit"

// limited is an answer that says to come back later.
type limited struct {
	answer *StatusError
	since  time.Time // when it came
	until  time.Time
}

// over tells whether the limit has ended. A clock that stands before the answer was
// set back, and says nothing about how long it was: the host is asked again.
func (l *limited) over(now time.Time) bool {
	// Without their monotonic part, too, times tell of a sleep of the machine.
	wall := now.Round(0)
	return !now.Before(l.until) || now.Before(l.since) ||
		!wall.Before(l.until.Round(0)) || wall.Before(l.since.Round(0))
}

func (l *limited) Error() string {
	what := "GitHub's rate limit is used up until "
	switch {
	case !l.answer.Host.IsZero():
		what = l.answer.Host.String() + " asks for a pause until "
	case strings.Contains(strings.ToLower(l.answer.Message.String()), secondaryLimit):
		what = "GitHub asks for a pause until "
	}
	return what + l.until.UTC().Format("2006-01-02 15:04:05 UTC")
}
func (l *limited) Unwrap() error { return l.answer }

// Until is when the limit is over.
func (l *limited) Until() time.Time { return l.until }

// retrier decides whether and when a read is tried again. A rate limit that one
// read meets holds for all that read the same host, and for no other: what the host
// of a log says must not keep anybody from GitHub.
type retrier struct {
	clock release.Clock
	emit  func(release.Event)

	mu      sync.Mutex
	random  *rand.Rand
	holds   map[string]*limited // by host: until when nothing is sent there
	trouble bool                // a read was given up, and none has succeeded since
}

func newRetrier(clock release.Clock, emit func(release.Event), seed int64) *retrier {
	if emit == nil {
		emit = func(release.Event) {}
	}
	return &retrier{clock: clock, emit: emit, random: rand.New(rand.NewPCG(uint64(seed), 0x2b)),
		holds: map[string]*limited{}}
}

// run tries until there is an answer, the answer is final, the context ends or
// patience does.
func (r *retrier) run(ctx context.Context, q query, try func() error) (err error) {
	attempt, host := 1, q.host()
	defer func() { r.settled(q.what, attempt, err) }()
	// The library's own jitter can not be seeded.
	steps := &backoff.ExponentialBackOff{
		InitialInterval: firstWait, Multiplier: 2, MaxInterval: longestWait,
	}
	deadline := r.clock.Now().Add(patience)
	for ; ; attempt++ {
		if err = r.waitOut(ctx, host, deadline); err != nil {
			return err
		}
		err = try()
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !transient(err) {
			return err
		}
		wait := r.pause(host, steps.NextBackOff(), err)
		if attempt == cmp.Or(q.tries, maxTries) || r.clock.Now().Add(wait).After(deadline) {
			return err
		}
		r.emit(release.Retrying{What: text.Clean(q.what), Cause: text.Clean(err.Error()), Attempt: attempt + 1, Wait: wait})
		if err = r.clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// waitOut waits while a rate limit of the host holds that any read has met.
func (r *retrier) waitOut(ctx context.Context, host string, deadline time.Time) error {
	for {
		r.mu.Lock()
		hold := r.holds[host]
		r.mu.Unlock()
		now := r.clock.Now()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case hold == nil || hold.over(now):
			return nil
		case hold.until.After(deadline):
			return hold
		}
		if err := r.clock.Sleep(ctx, min(hold.until.Sub(now), longestNap)); err != nil {
			return err
		}
	}
}

// pause is how long to wait before the next try: what the host asks for, or the next
// step; and up to half as much again of a step, so that many do not come back at
// the same moment.
func (r *retrier) pause(host string, step time.Duration, err error) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	jitter := time.Duration(r.random.Float64() * float64(step) / 2)
	l, ok := errors.AsType[*limited](err)
	if !ok {
		if s, ok := errors.AsType[*StatusError](err); ok {
			step = max(step, s.after)
		}
		return step + jitter
	}
	if hold := r.holds[host]; hold == nil || hold.over(r.clock.Now()) || l.until.After(hold.until) {
		r.holds[host] = l
	}
	return max(l.until.Sub(r.clock.Now()), 0) + jitter
}

// settled tells that all is well again, when something had been said before, and
// remembers trouble that was said and goes on. A redirect is an answer, too.
func (r *retrier) settled(what string, attempts int, err error) {
	_, refused := errors.AsType[*StatusError](err)
	_, sent := errors.AsType[*elsewhere](err)
	well := err == nil || (refused || sent) && !transient(err)
	r.mu.Lock()
	was := r.trouble || attempts > 1
	r.trouble = was && !well
	r.mu.Unlock()
	if was && well {
		r.emit(release.Recovered{What: text.Clean(what)})
	}
}

// transient tells whether trying again may help. Of what the network says, all but
// a few things may pass: names that do not resolve and refused connections are what
// a laptop sees while it changes networks.
func transient(err error) bool {
	if _, ok := errors.AsType[*limited](err); ok {
		return true
	}
	if s, ok := errors.AsType[*StatusError](err); ok {
		switch s.Status {
		case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*fault](err); !ok {
		return false
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !untrusted && !errors.Is(err, ErrReadOnly) && !errors.Is(err, errTooLarge) &&
		!errors.Is(err, errRedirects) && !errors.Is(err, errTarget)
}

// limitOf makes a limited of an answer that is about a rate limit: the primary
// one, which ends at a known time, or a secondary one.
func limitOf(s *StatusError, h http.Header, now time.Time) (*limited, bool) {
	if s.Status != http.StatusForbidden && s.Status != http.StatusTooManyRequests {
		return nil, false
	}
	if after, ok := retryAfter(h, now); ok {
		return &limited{s, now, now.Add(after)}, true
	}
	said := strings.ToLower(s.Message.String())
	secondary := strings.Contains(said, secondaryLimit) || strings.Contains(said, "abuse detection")
	switch {
	case secondary:
		return &limited{s, now, now.Add(secondaryWait)}, true
	case h.Get("X-Ratelimit-Remaining") == "0" &&
		(s.Status == http.StatusTooManyRequests || strings.Contains(said, "rate limit")):
		if reset, ok := resetTime(h); ok {
			// A second more, since the header counts whole ones.
			return &limited{s, now, later(here(reset, h, now), now).Add(time.Second)}, true
		}
		return &limited{s, now, now.Add(secondaryWait)}, true
	case s.Status == http.StatusTooManyRequests:
		return &limited{s, now, now.Add(secondaryWait)}, true
	}
	return nil, false
}

// retryAfter reads the header of that name, in seconds or as a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s >= 0 {
		return time.Duration(min(s, 24*3600)) * time.Second, true
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0), true
	}
	return 0, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
