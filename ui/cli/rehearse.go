package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
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
			if err := o.settle(c); err != nil {
				return err
			}
			return a.rehearse(c.Context(), o, args)
		}),
	}
	f := c.Flags()
	// The flags after COMMAND are the command's.
	f.SetInterspersed(false)
	f.StringArrayVar(&o.from, "from", nil, "take the world from a clone, `[OWNER/NAME=]DIR`; repeat it for the plan's other repositories")
	f.StringVar(&o.plan, "plan", "", "try `FILE` as the project's twokey.yml")
	f.StringVar(&o.world.Scenario, "scenario", "", "let go wrong what the scenario `NAME` says (default: clean)")
	f.Float64Var(&o.world.Speed, "speed", 0, "let `N` simulated seconds pass in a second (default: 10 in the console, else as many as can)")
	f.Int64Var(&o.world.Seed, "seed", 0, "vary what happens by `N`; the same N is the same rehearsal")
	f.StringVar(&o.listen, "listen", "", "serve the world to other programs at `ADDR`, unix:PATH or 127.0.0.1:PORT")
	f.StringVar(&o.world.Connect, "connect", "", "run COMMAND in the world that is served at `ADDR`")
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

// settle reads what the flags name and refuses what can not be meant.
func (o *rehearseOptions) settle(c *cobra.Command) error {
	const help = "see `twokey rehearse --help`"
	if o.world.Connect != "" {
		for _, name := range []string{"from", "plan", "scenario", "speed", "seed"} {
			if c.Flags().Changed(name) {
				return usage(fmt.Errorf("--%s is for whoever serves the world, not for --connect", name), help)
			}
		}
	}
	if s := o.world.Speed; c.Flags().Changed("speed") && (!(s > 0) || math.IsInf(s, 0)) { // nor NaN
		return usage(fmt.Errorf("--speed %g is not a number above 0", o.world.Speed), help)
	}
	for _, from := range o.from {
		src, err := readSource(from)
		if err != nil {
			return err
		}
		o.world.From = append(o.world.From, src)
	}
	if o.plan == "" {
		return nil
	}
	var err error
	if o.world.PlanFile, err = os.ReadFile(o.plan); err != nil {
		return usage(err, "name a file with --plan")
	}
	if len(o.world.PlanFile) == 0 {
		return usage(fmt.Errorf("--plan %s: the file is empty", o.plan), "write a plan into it; README describes every key")
	}
	// The world would name the file by the place that it takes in the repository.
	_, err = release.ParsePlanFile(o.plan, o.world.PlanFile)
	return err
}

// readSource reads [OWNER/NAME=]DIR. What stands before the first = is a
// repository only where it can be one: directories may hold that sign, too.
func readSource(s string) (Source, error) {
	if s == "" {
		return Source{}, usage(errors.New("--from is empty"), "name the directory of a clone")
	}
	name, dir, ok := strings.Cut(s, "=")
	if ok && dir == "" {
		return Source{}, usage(fmt.Errorf("--from %q names no directory", s), "write it as OWNER/NAME=DIR")
	}
	if ok {
		if repo, err := release.ParseRepo(name); err == nil {
			return Source{Repo: repo, Dir: dir}, nil
		}
	}
	return Source{Dir: s}, nil
}

// rehearse serves the world, or runs a command in it.
func (a *app) rehearse(ctx context.Context, o rehearseOptions, args []string) error {
	if o.list {
		_, err := fmt.Fprintln(a.cfg.IO.Out, a.scenarios())
		return err
	}
	if o.listen != "" {
		if len(args) > 0 {
			return usage(errors.New("--listen serves until it is interrupted and runs no command"),
				"run `twokey rehearse --connect %s %s` beside it", text.Word(o.listen), strings.Join(args, " "))
		}
		return a.listen(ctx, o)
	}
	if len(args) > 0 && args[0] == "rehearse" {
		return usage(errors.New("a rehearsal can not be rehearsed"), "leave the second `rehearse` out")
	}
	return run(ctx, &app{cfg: a.cfg, repo: a.repo, verbose: a.verbose, rehearsal: &o.world, world: o.words()}, args)
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
