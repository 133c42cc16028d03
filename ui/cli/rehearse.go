package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"twokey/checks/text"
	"twokey/release"
)

// consoleSpeed is how fast a rehearsal runs in the console: fast enough not to
// bore, slow enough to be followed.
const consoleSpeed = 10

// Rehearsal says which simulated world is meant.
type Rehearsal struct {
	From     []Source
	PlanFile []byte // the text of the twokey.yml to try; nil: the clone's own
	Scenario string
	// Speed is how many simulated seconds pass in a second; below 0: as many as
	// can. Each session settles what 0 means.
	Speed float64
	// Flowing lets time pass by itself, for people to watch; else it passes only
	// while the program waits, so that two runs are alike.
	Flowing bool
	Seed    int64
	// Connect is the address of a world that another process serves; everything
	// above but Seed is for its server then.
	Connect string
}

// Source is a clone that stands for a repository of the rehearsal.
type Source struct {
	Repo release.Repo // zero: the one that the clone came from
	Dir  string
}

// Scenario is something that a rehearsal can let go wrong.
type Scenario struct{ Name, About string }

// rehearseOptions are what `twokey rehearse` was told.
type rehearseOptions struct {
	world  Rehearsal
	from   []string
	plan   string // a file's name
	listen string
	list   bool
	// given are the values of the flags that were given before COMMAND, by their names.
	given map[string]string
}

func (a *app) rehearseCommand() *cobra.Command {
	var o rehearseOptions
	c := &cobra.Command{
		Use:         "rehearse [COMMAND…]",
		Short:       "Run any command against a simulated world, where nothing is real",
		Long:        rehearseLong,
		Example:     rehearseExample,
		Annotations: map[string]string{sectionScenarios: a.scenarios()},
		Args:        cobra.ArbitraryArgs,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			o.given = givenFlags(c.Flags())
			return a.rehearse(c.Context(), &o, args)
		}),
	}
	f := c.Flags()
	// The flags after COMMAND are the command's, and are read by it.
	f.SetInterspersed(false)
	o.addWorld(f)
	f.StringVar(&o.listen, "listen", "", "serve the world to other programs at `ADDR`, unix:PATH or 127.0.0.1:PORT")
	f.BoolVar(&o.list, "list", false, "list the scenarios and leave")
	c.MarkFlagsMutuallyExclusive("listen", "connect")
	return c
}

// scenarios lists what a rehearsal can play, for the help.
func (a *app) scenarios() string {
	width := 0
	for _, s := range a.cfg.Scenarios {
		width = max(width, len(s.Name))
	}
	var b strings.Builder
	for _, s := range a.cfg.Scenarios {
		fmt.Fprintf(&b, "%-*s  %s\n", width, s.Name, s.About)
	}
	return strings.TrimRight(b.String(), "\n")
}

// rehearse serves the world, or runs a command in it.
func (a *app) rehearse(ctx context.Context, o *rehearseOptions, args []string) error {
	if o.list {
		_, err := fmt.Fprintln(a.cfg.IO.Out, a.scenarios())
		return err
	}
	if o.listen != "" {
		if len(args) > 0 {
			return usage(errors.New("--listen serves until it is interrupted and runs no command"),
				"run `twokey rehearse --connect %s %s` beside it", text.Word(o.listen), strings.Join(args, " "))
		}
		if err := o.settle(nil); err != nil {
			return err
		}
		return a.listen(ctx, *o)
	}
	if len(args) > 0 && args[0] == "rehearse" {
		return usage(errors.New("a rehearsal can not be rehearsed"), "leave the second `rehearse` out")
	}
	return run(ctx, &app{cfg: a.cfg, repo: a.repo, verbose: a.verbose, rehearsal: &o.world, asked: o}, args)
}

// listen serves the world until ctx ends, which is how it is meant to end.
func (a *app) listen(ctx context.Context, o rehearseOptions) error {
	world := o.world
	world.Flowing = true
	if world.Speed == 0 {
		world.Speed = 1
	}
	err := a.cfg.Listen(ctx, world, o.listen, func(addr string) {
		fmt.Fprintf(a.cfg.IO.Out, "listening on %s\n", addr)
	})
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

// alone is what `twokey` without a command does. In a rehearsal nothing is at
// stake, so that without a terminal it goes through a whole release.
func (a *app) alone() releaseOptions {
	var o releaseOptions
	if a.rehearsal != nil && a.modeOf(o.show) != modeConsole {
		o.yes = true
	}
	return o
}
