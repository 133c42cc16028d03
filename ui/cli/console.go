package cli

import (
	"context"
	"fmt"

	"twokey/release"
	"twokey/ui"
)

// The smallest terminal that the console can be used in, in cells.
const (
	minWidth  = 40
	minHeight = 10
)

// Console is a way to see and steer a release in a terminal; [ui.Console] is one.
type Console interface {
	// Handle is a [release.Handler].
	Handle(release.Stamped, *release.State)
	// Run shows the console until the person leaves it or ctx ends.
	Run(ctx context.Context, e ui.Engine) error
}

// console runs a command in the console. Options hold what the flags said.
func (a *app) console(ctx context.Context, o ui.Options) error {
	term := a.cfg.IO
	command := "release"
	if o.Attach {
		command = "attach"
	}
	if term.Width > 0 && term.Height > 0 && (term.Width < minWidth || term.Height < minHeight) {
		return usage(fmt.Errorf("a terminal of %d×%d is too small for the console, which needs %d×%d",
			term.Width, term.Height, minWidth, minHeight), "make it larger, or read lines with `%s %s --plain`", a.name(), command)
	}
	access := Acts
	if o.Attach {
		access = ReadsUntilAsked
	}
	o.In, o.Out, o.NoColor, o.ASCII = term.In, term.Out, term.NoColor, term.ASCII
	var c Console
	var s *session
	o.Record = func() string { return s.record() }
	var err error
	s, err = a.open(ctx, sessionOptions{access: access, console: true, handlers: func(repo release.Repo) []release.Handler {
		o.Repo = repo
		c = a.cfg.Console(o)
		return []release.Handler{c.Handle}
	}})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	return ended(ctx, c.Run(ctx, s.engine))
}
