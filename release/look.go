package release

import (
	"context"
	"sync"
	"time"
)

// lookTime is how long a look lasts: what was read in it is not asked for again so
// long.
const lookTime = time.Minute

// Look is one look at the world: a survey, the plan that is made of it, and the checks
// of that plan. What was read in it is not read in it again. What comes later, the
// trigger above all, looks anew.
type Look struct {
	began time.Time
	done  map[string]bool // by the engine

	mu   sync.Mutex
	kept map[string]any           // what was read
	busy map[string]chan struct{} // what is being read, until it is closed
}

// NewLook begins a look.
func NewLook(now time.Time) *Look {
	return &Look{began: now, done: map[string]bool{}, kept: map[string]any{}, busy: map[string]chan struct{}{}}
}

// fresh tells whether the look still lasts.
func (l *Look) fresh(now time.Time) bool {
	return l != nil && now.Sub(l.began) < lookTime && !now.Before(l.began)
}

// lookFor is ctx for reads of the look that goes on. A new one begins when the last has
// lasted too long, and when something is done again: whoever does so wants to see what
// changed.
func (e *Engine) lookFor(ctx context.Context, done string) context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.ports.Clock.Now()
	if !e.look.fresh(now) || e.look.done[done] {
		e.look = NewLook(now)
	}
	e.look.done[done] = true
	return e.look.With(ctx)
}

// lookKey is where a context has its look.
type lookKey struct{}

// With is ctx for reads that are part of the look.
func (l *Look) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, lookKey{}, l)
}

// LookOf is the look that ctx is part of; nil for none.
func LookOf(ctx context.Context) *Look {
	l, _ := ctx.Value(lookKey{}).(*Look)
	return l
}

// InLook gives what was read under a key in the look that ctx is part of, or reads it.
// read tells whether its answer may be given again; who asks meanwhile waits for it.
func InLook[T any](ctx context.Context, key string, read func() (value T, keep bool, err error)) (T, error) {
	l := LookOf(ctx)
	if l == nil {
		v, _, err := read()
		return v, err
	}
	for {
		v, done, found := begin[T](l, key)
		if found {
			return v, nil
		}
		if done == nil {
			break
		}
		select {
		case <-done:
		case <-ctx.Done():
			return v, context.Cause(ctx)
		}
	}
	v, keep, err := read()
	l.mu.Lock()
	defer l.mu.Unlock()
	if keep && err == nil {
		l.kept[key] = v
	}
	close(l.busy[key])
	delete(l.busy, key)
	return v, err
}

// begin gives what is kept under a key, or what to wait for; neither means that the
// caller is to read.
func begin[T any](l *Look, key string) (v T, done <-chan struct{}, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v, found = l.kept[key].(T); found {
		return v, nil, true
	}
	if b, busy := l.busy[key]; busy {
		return v, b, false
	}
	l.busy[key] = make(chan struct{})
	return v, nil, false
}

// SeenInLook gives what was read under a key in the look that ctx is part of.
func SeenInLook[T any](ctx context.Context, key string) (v T, found bool) {
	l := LookOf(ctx)
	if l == nil {
		return v, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	v, found = l.kept[key].(T)
	return v, found
}
