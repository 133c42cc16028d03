// Package ui is the console: a release on the whole screen of a terminal, from
// the choice of a version to the last artifact.
//
// Rules of the console:
//
//  1. What is drawn is a function of the release's state, of what the person
//     selected, of the size and of the time. The state comes from events only.
//  2. Update does no I/O, and a command changes nothing: calls of the engine are
//     commands, and what they say comes back as messages in the order of events.
//  3. A state is a glyph and a word; colour only repeats them.
//  4. The path, the place on it and the keys that act are always there; what needs
//     a decision is where the eye lands; nothing moves that does not matter.
//  5. What acts is asked first, shows the request that it sends, and takes no key
//     that was typed before the question.
//  6. Text from outside is clean before it is here, and cut to its place.
//  7. Leaving never stops the remote release, and says how to come back.
package ui

import (
	"context"
	"io"
	"os"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"twokey/release"
)

// Options are what a Console is told.
type Options struct {
	In  io.Reader // nil: standard input
	Out io.Writer // nil: standard output
	// NoColor draws without colours, ASCII with glyphs of ASCII only.
	NoColor, ASCII bool

	Repo release.Repo
	// Want is what flags asked for. With a version or a bump nothing is chosen in
	// the console.
	Want release.Want
	// Given is what flags said about the checks.
	Given release.Given
	// Attach watches a release in flight, Want.Version or the newest; Resume goes
	// on with one, after the same confirmation as a new one.
	Attach, Resume bool
	// OpenURL opens a page in a browser; nil shows its address.
	OpenURL func(string) error
	// Record says where the record of the release is kept, or the empty string
	// when there is none; nil: not told.
	Record func() string
}

// Console shows one release on a terminal and asks its engine for what the person
// wants.
type Console struct {
	opts  Options
	queue *queue
}

// New makes a console. Its Handle must be a handler of the stream of the engine
// that Run is given.
func New(opts Options) *Console {
	if opts.Out == nil {
		opts.Out = os.Stdout
	}
	return &Console{opts: opts, queue: newQueue()}
}

// Handle takes an event; it is a release.Handler. It never waits, whether the
// console runs, has ended or was never started.
func (c *Console) Handle(e release.Stamped, _ *release.State) { c.queue.push(e) }

// Run shows the console until the person leaves. The error is nil when the release
// is done; else it is a *release.Error that says how it stands: KindNoGo or
// KindCancelled when nothing was started, KindLeft when the release goes on,
// KindFailed when it failed, or what the engine said. The caller has emitted
// Opened; Run emits Finished when nobody else has said how it ended.
func (c *Console) Run(ctx context.Context, e Engine) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &work{ctx: ctx, engine: e, push: c.queue.push, openURL: c.opts.OpenURL}
	m := newModel(c.opts, newTheme(c.renderer(), c.opts.ASCII), w)
	options := []tea.ProgramOption{tea.WithOutput(c.opts.Out), tea.WithAltScreen()}
	if c.opts.In != nil {
		options = append(options, tea.WithInput(c.opts.In))
	}
	g := guarded{m}
	p := tea.NewProgram(g, options...)
	// Asked to quit, the program waits for whoever reads the keys; a context of its
	// own would end it without.
	defer context.AfterFunc(ctx, p.Quit)()
	var pump sync.WaitGroup
	pump.Go(func() { c.queue.pump(ctx, p.Send) })
	_, err := p.Run()
	cancel()
	w.close()
	pump.Wait()
	if broke(err) && m.fatal == nil {
		m.fail(m.broken(err))
	}
	for _, msg := range c.queue.drain() { // what happened while it ended
		if _, events := msg.(eventsMsg); events || m.fatal == nil { // what broke is not asked again
			g.Update(msg)
		}
	}
	return c.end(m, e)
}

// renderer is the console's own: lipgloss' global one asks standard output.
func (c *Console) renderer() *lipgloss.Renderer {
	r := lipgloss.NewRenderer(c.opts.Out)
	r.SetHasDarkBackground(true) // only plain colours are used: never ask
	if c.opts.NoColor {
		r.SetColorProfile(termenv.Ascii)
	}
	return r
}

// queue holds messages for the program, in their order, without ever making the
// one who pushes wait.
type queue struct {
	mu    sync.Mutex
	items []any
	ready chan struct{} // has room for one: there is something
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// push adds a message or an event.
func (q *queue) push(msg tea.Msg) {
	if msg == nil {
		return
	}
	q.mu.Lock()
	q.items = append(q.items, msg)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// drain takes everything out, with events that follow each other as one message.
func (q *queue) drain() []tea.Msg {
	q.mu.Lock()
	items := q.items
	q.items = nil
	q.mu.Unlock()
	var out []tea.Msg
	for _, it := range items {
		e, ok := it.(release.Stamped)
		if !ok {
			out = append(out, it)
			continue
		}
		if n := len(out); n > 0 {
			if last, ok := out[n-1].(eventsMsg); ok {
				out[n-1] = append(last, e)
				continue
			}
		}
		out = append(out, eventsMsg{e})
	}
	return out
}

// pump sends what is pushed until ctx ends.
func (q *queue) pump(ctx context.Context, send func(tea.Msg)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.ready:
			for _, msg := range q.drain() {
				send(msg)
			}
		}
	}
}
