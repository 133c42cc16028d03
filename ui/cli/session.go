package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// Opener makes what an engine needs of the world that a target means. It fills in
// World.Repo from the target, or finds out what is meant.
type Opener func(ctx context.Context, t Target) (World, error)

// Target is what a command wants of the world.
type Target struct {
	// Repo is the repository that was named; zero: the one of GH_REPO, of this
	// clone, or of the rehearsal.
	Repo   release.Repo
	Access Access
	// Rehearsal is set when nothing real is meant.
	Rehearsal *Rehearsal
	// Emit takes what happens while the world is read: retries.
	Emit func(release.Event)
	// Trace, unless nil, takes every request that is sent, from any goroutine.
	Trace func(release.Request)
	// UserAgent is how the program names itself to servers.
	UserAgent string
}

// World is what an engine needs, on a repository. The commands add the stream.
type World struct {
	Ports    release.Ports
	Repo     release.Repo
	Scenario string // of a rehearsal
}

// Access is what a session may do.
type Access int

// The accesses.
const (
	// Reads is for a session that can not act at all.
	Reads Access = iota
	// ReadsUntilAsked is for a session that reads, and acts when a person asks
	// for one act: it answers a gate, re-runs a job.
	ReadsUntilAsked
	// Acts is for a session that releases.
	Acts
)

// session is an engine in a world.
type session struct {
	engine   *release.Engine
	repo     release.Repo
	scenario string // that is played; empty outside of a rehearsal

	// log is what was asked of forge, with --verbose.
	log   *requestLog
	forge release.Forge

	mu sync.Mutex
	// closers are the journals that were opened, and path is where the last of
	// them is.
	closers []io.Closer
	path    string
}

// record is where the release is recorded; empty when it is not.
func (s *session) record() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path
}

// close puts what was written on disk, and tells what was asked for.
func (s *session) close() {
	if s.log != nil {
		s.log.close(s.forge.Budget())
	}
	for _, c := range s.closers {
		// The events that had to be kept were synced when they came.
		_ = c.Close()
	}
}

// sessionOptions are how a command wants its session.
type sessionOptions struct {
	access Access
	// anonymous lets it go on without a token: it only looks at what is public.
	anonymous bool
	// console tells that a person watches.
	console bool
	// handlers makes those who are told of every event; nil: nobody is.
	handlers func(release.Repo) []release.Handler
	// clock, unless nil, wraps the clock that the engine is to use.
	clock func(release.Clock) release.Clock
}

// open makes a session and emits its first event.
func (a *app) open(ctx context.Context, o sessionOptions) (*session, error) {
	early := emitter{say: a.sayRetry, alone: o.handlers == nil}
	log := a.requestLog(o.console)
	t := Target{Access: o.access, Rehearsal: a.settled(o.console), Emit: early.emit, Trace: log.tracer(), UserAgent: "twokey/" + a.version()}
	if a.repo != "" {
		repo, err := release.NamedRepo(a.repo)
		if err != nil {
			return nil, err
		}
		t.Repo = repo
	}
	root, err := a.rootFile()
	if err != nil {
		return nil, err
	}
	w, err := a.cfg.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	if root != nil {
		w.Ports.Root = root
	}
	s := &session{repo: w.Repo, log: log, forge: w.Ports.Forge, scenario: w.Scenario}
	w.Ports.Look = release.NewLook(w.Ports.Clock.Now())
	viewer, err := w.Ports.Forge.Viewer(w.Ports.Look.With(ctx))
	if err != nil && !(o.anonymous && errors.Is(err, release.ErrNoToken)) {
		s.close()
		return nil, err
	}
	var handlers []release.Handler
	if o.handlers != nil {
		handlers = o.handlers(w.Repo)
	}
	w.Ports.Stream = release.NewStream(w.Ports.Clock, handlers...)
	if o.clock != nil {
		w.Ports.Clock = o.clock(w.Ports.Clock)
	}
	w.Ports.OpenJournal = s.keep(w.Ports.OpenJournal)
	s.engine = release.NewEngine(w.Ports)
	s.engine.Emit(release.Opened{Repo: w.Repo, Viewer: viewer.Login, Rehearsal: t.Rehearsal != nil,
		Scenario: text.Clean(w.Scenario), ReadOnly: o.access == Reads, Twokey: a.version(),
		Command: text.Clean(a.name()), Ends: a.rehearsal != nil && a.rehearsal.Connect == ""})
	early.into(s.engine.Emit)
	return s, nil
}

// settled is the rehearsal that this session is to have, nil outside of one.
func (a *app) settled(console bool) *Rehearsal {
	if a.rehearsal == nil {
		return nil
	}
	r := *a.rehearsal
	r.Flowing = console
	switch {
	case r.Speed == 0 && console:
		r.Speed = consoleSpeed
	case r.Speed == 0:
		r.Speed = -1
	}
	return &r
}

// keep remembers every journal that is opened, so that close can close it.
func (s *session) keep(open func(release.Plan) (release.Journal, error)) func(release.Plan) (release.Journal, error) {
	if open == nil {
		return nil
	}
	return func(p release.Plan) (release.Journal, error) {
		j, err := open(p)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if c, ok := j.(io.Closer); ok {
			s.closers = append(s.closers, c)
		}
		if p, ok := j.(interface{ Path() string }); ok {
			s.path = p.Path()
		}
		return j, nil
	}
}

// emitter holds events back until there is a stream for them: the first event of
// a stream says whose it is.
type emitter struct {
	// say is told of what nobody else shows: what happens before there is a stream
	// and, when alone, everything.
	say   func(release.Event)
	alone bool

	mu     sync.Mutex
	events []release.Event
	to     func(release.Event)
}

// sayRetry says why a command is still silent. One failure in a row is no news.
func (a *app) sayRetry(e release.Event) {
	if r, ok := e.(release.Retrying); ok && r.Attempt > 2 {
		fmt.Fprintf(a.cfg.IO.Err, "twokey: %s: %s; trying again in %s (attempt %d)\n",
			r.What, r.Cause, r.Wait.Round(time.Second), r.Attempt)
	}
}

func (e *emitter) emit(ev release.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.to == nil || e.alone {
		e.say(ev)
	}
	if e.to == nil {
		e.events = append(e.events, ev)
		return
	}
	e.to(ev)
}

func (e *emitter) into(to func(release.Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.events {
		to(ev)
	}
	e.events, e.to = nil, to
}
