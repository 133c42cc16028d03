package cli

import (
	"context"
	"fmt"

	"twokey/release"
)

// The smallest terminal that the console can be used in, in cells.
const (
	minWidth  = 40
	minHeight = 10
)

// Console is a way to see and steer a release in a terminal.
type Console interface {
	// Handle is a [release.Handler].
	Handle(release.Stamped, *release.State)
	// Run shows the console until the person leaves it or ctx ends.
	Run(ctx context.Context, e *release.Engine) error
}

// ConsoleWants are what a console is opened for.
type ConsoleWants struct {
	IO IO
	// Want is what to release, as far as it was named.
	Want release.Want
	// Resume goes on with the release of Want.Version.
	Resume bool
	// Attach rejoins the release of Want.Version; of the newest, if it is empty.
	Attach bool
}

// console runs a command in the console.
func (a *app) console(ctx context.Context, wants ConsoleWants) error {
	term := a.cfg.IO
	if term.Width > 0 && term.Height > 0 && (term.Width < minWidth || term.Height < minHeight) {
		return usage(fmt.Errorf("a terminal of %d×%d is too small for the console, which needs %d×%d",
			term.Width, term.Height, minWidth, minHeight), "make it larger, or use --plain")
	}
	wants.IO = term
	c := a.cfg.Console(wants)
	access := Acts
	if wants.Attach {
		access = ReadsUntilAsked
	}
	s, err := a.open(ctx, Target{Access: access, Console: true, Handlers: []release.Handler{c.Handle}})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.Close()
	return ended(ctx, c.Run(ctx, s.Engine))
}
