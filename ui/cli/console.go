package cli

import (
	"context"
	"errors"
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
		return tooSmall(term, a.name()+" "+command)
	}
	access := Acts
	if o.Attach {
		access = ReadsUntilAsked
	}
	o.In, o.Out, o.NoColor, o.ASCII = term.In, drawn(term.Out), term.NoColor, term.ASCII
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

// tooSmall says that the console does not fit, and what to do: where not even that fits
// whole, in the fewest words, so that what is wrong does not scroll away.
func tooSmall(term IO, command string) error {
	what := fmt.Sprintf("a terminal of %d×%d is too small", term.Width, term.Height)
	whole := fmt.Errorf("%s for the console, which needs %d×%d", what, minWidth, minHeight)
	hint := fmt.Sprintf("make it larger, or read lines with `%s --plain`", command)
	rows := func(s string) int { return (len([]rune(s)) + term.Width - 1) / term.Width }
	if rows("twokey: "+whole.Error())+rows("hint: "+hint) < term.Height { // below it stands the prompt
		return usage(whole, "%s", hint)
	}
	return usage(errors.New(what), "make it %d×%d, or add --plain", minWidth, minHeight)
}
