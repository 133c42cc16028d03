package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"twokey/checks/text"
	"twokey/release"
	"twokey/ui/events"
	"twokey/ui/plain"
)

// showOptions are the flags that choose how a release is shown.
type showOptions struct{ plain, json bool }

func addShow(c *cobra.Command, o *showOptions) {
	c.Flags().BoolVar(&o.plain, "plain", false, "print one line per change, as without a terminal")
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON object per event and line")
	c.MarkFlagsMutuallyExclusive("plain", "json")
}

// addLines adds the --plain of the commands that have no console, so that whoever
// always asks for lines may ask here, too.
func addLines(c *cobra.Command) {
	c.Flags().Bool("plain", false, "print lines, as it does anyway")
}

// mode is how a release is shown.
type mode int

const (
	modeConsole mode = iota
	modePlain
	modeJSON
)

// modeOf is the mode that the flags and the terminal lead to.
func (a *app) modeOf(o showOptions) mode {
	switch {
	case o.json:
		return modeJSON
	case o.plain || a.cfg.IO.Dumb || !a.cfg.IO.InTerminal || !a.cfg.IO.OutTerminal:
		return modePlain
	}
	return modeConsole
}

// sayDumb says why a person who asked for nothing else gets lines.
func (a *app) sayDumb(o showOptions) {
	if io := a.cfg.IO; io.Dumb && io.InTerminal && io.OutTerminal && !o.plain && !o.json {
		fmt.Fprintln(io.Err, "twokey: this terminal only takes lines, by its TERM: no console")
	}
}

// watched runs work with a session whose events are shown as lines, and turns its
// end into an error.
func (a *app) watched(ctx context.Context, o showOptions, access Access, wait time.Duration,
	work func(context.Context, *session) error,
) error {
	wait, err := a.waitFor(wait)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &watch{patience: patience{limit: wait, giveUp: cancel}}
	show := a.shower(o, func(err error) {
		cancel(fmt.Errorf("the output can not be written: %w", err))
	})
	s, err := a.open(ctx, sessionOptions{access: access, clock: w.patience.clock,
		handlers: func(release.Repo) []release.Handler { return []release.Handler{show, w.handle} }})
	if err != nil {
		err = ended(ctx, err)
		if o.json {
			a.finishUnopened(err)
		}
		return err
	}
	defer s.close()
	err = ended(ctx, work(ctx, s))
	if err != nil && o.json {
		w.finish(s, err)
	}
	return err
}

// shower is the handler that writes lines of the mode. JSON lines are for --json
// only: a mode that was not asked for is plain.
func (a *app) shower(o showOptions, broken func(error)) release.Handler {
	if o.json {
		return events.New(a.cfg.IO.Out, events.Options{Broken: broken}).Handle
	}
	return plain.New(a.cfg.IO.Out, plain.Options{ASCII: a.cfg.IO.ASCII, Broken: broken}).Handle
}

// oneLine puts text of several lines on one.
func oneLine(s string) text.Safe { return text.Join(text.Lines(s), " / ") }

// watch is what a command remembers of the release that it shows.
type watch struct {
	patience patience

	mu       sync.Mutex
	finished bool
	version  string
	tag      string
}

// handle is a [release.Handler].
func (w *watch) handle(st release.Stamped, s *release.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished, w.version, w.tag = s.Finished != nil, s.Plan.Version, s.Plan.Tag
	w.patience.see(st.Time, s)
}

// finish puts the end into the stream where the engine did not: a script reads it
// there, whatever the end is.
func (w *watch) finish(s *session, err error) {
	w.mu.Lock()
	end := endOf(err)
	end.Version, end.Tag = w.version, w.tag
	told := w.finished
	w.mu.Unlock()
	if !told {
		s.engine.Emit(end)
	}
}

// finishUnopened writes the end of a command whose world could not be opened: there
// is no stream yet, and it is the only line.
func (a *app) finishUnopened(err error) {
	end := release.Stamped{Seq: 1, Time: release.SystemClock{}.Now(), Event: endOf(err)}
	// Whoever can not be told by the line is told by the exit code.
	events.New(a.cfg.IO.Out, events.Options{}).Handle(end, nil)
}

// endOf is how a command ended that came to an error.
func endOf(err error) release.Finished {
	return release.Finished{Outcome: outcomeOf(err), Why: oneLine(err.Error()), Hint: oneLine(release.HintOf(err))}
}
