// Package cli is twokey's commands and flags.
//
// It knows what was asked for and in which way to show it; it does not know the
// world. What a command needs of it comes in through [Config.Open], so that the
// same commands run against GitHub and against a rehearsal.
package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"twokey/release"
)

// Config is everything that the commands need from outside.
type Config struct {
	IO IO
	// Version is this program's own.
	Version string
	// Open makes a session.
	Open Opener
	// Console makes a console.
	Console func(ConsoleWants) Console
	// Listen serves a rehearsal on an address until ctx ends. It calls ready with
	// the address once requests are answered.
	Listen func(ctx context.Context, r Rehearsal, addr string, ready func(addr string)) error
	// Scenarios are what a rehearsal can play.
	Scenarios []Scenario
}

// IO is where a command reads and writes, and what is known of it.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal and OutTerminal tell whether a person is at the other end.
	InTerminal, OutTerminal bool
	// Width and Height are the terminal's, in cells; 0 when not known.
	Width, Height int
	NoColor       bool
	ASCII         bool // the terminal can not show more
}

// Opener makes a session on a target.
type Opener func(ctx context.Context, t Target) (*Session, error)

// Target is what a session is wanted for.
type Target struct {
	// Repo is the repository that was named; zero: the one of GH_REPO, of this
	// clone, or of the rehearsal.
	Repo   release.Repo
	Access Access
	// Console tells that a person watches, and can be asked.
	Console bool
	// Rehearsal is set when nothing real is meant.
	Rehearsal *Rehearsal
	// Handlers are told of every event.
	Handlers []release.Handler
	// Clock, unless nil, wraps the clock that the engine is to use.
	Clock func(release.Clock) release.Clock
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
	// above is empty then.
	Connect string
}

// Source is a clone that stands for a repository of the rehearsal.
type Source struct {
	Repo release.Repo // zero: the one that the clone came from
	Dir  string
}

// Scenario is something that a rehearsal can let go wrong.
type Scenario struct{ Name, About string }

// Session is an engine on a repository.
type Session struct {
	Engine *release.Engine
	// Opened is the first event, which the command emits.
	Opened release.Opened
	// Close gives back what the session holds.
	Close func() error
}

// consoleSpeed is how fast a rehearsal runs in the console: fast enough not to
// bore, slow enough to be followed.
const consoleSpeed = 10

// app is what all commands share.
type app struct {
	cfg        Config
	repo       string     // the flag
	rehearsal  *Rehearsal // nil outside of one
	understood bool       // the words of the command line were
}

// Run runs the command that args name. Its error, if any, has a [release.Kind]
// and was not shown yet: see [Report].
func Run(ctx context.Context, cfg Config, args []string) error {
	return run(ctx, &app{cfg: cfg}, args)
}

func run(ctx context.Context, a *app, args []string) error {
	root := a.root()
	if args == nil {
		args = []string{} // cobra would take the process's own
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if _, ok := errors.AsType[*release.Error](err); err == nil || ok || a.understood {
		return err
	}
	// What is left are cobra's own complaints about commands and arguments.
	return usage(err, "see `twokey --help`")
}

// then makes a command's RunE of what the command does.
func (a *app) then(do func(c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		a.understood = true
		return do(c, args)
	}
}

// root is the command tree. Without a command it is `twokey release`.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "twokey [COMMAND]",
		Short:         "Release through the repository's own CI, and prove what was published",
		Long:          rootLong,
		Example:       rootExample,
		Version:       a.cfg.Version,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: a.then(func(c *cobra.Command, _ []string) error {
			return a.release(c.Context(), a.alone())
		}),
	}
	root.SetIn(a.cfg.IO.In)
	root.SetOut(a.cfg.IO.Out)
	root.SetErr(a.cfg.IO.Err)
	root.SetVersionTemplate("twokey {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(err, "see `%s --help`", c.CommandPath())
	})
	root.PersistentFlags().StringVarP(&a.repo, "repo", "R", a.repo, "work on another repository, as `[HOST/]OWNER/NAME`")
	root.CompletionOptions.HiddenDefaultCmd = true
	setHelp(root)
	root.AddCommand(a.releaseCommand(), a.statusCommand(), a.checkCommand(), a.attachCommand())
	if a.rehearsal == nil {
		root.AddCommand(a.rehearseCommand())
	}
	return root
}

// open makes a session for a command and emits its first event.
func (a *app) open(ctx context.Context, t Target) (*Session, error) {
	if a.rehearsal != nil {
		r := *a.rehearsal
		if r.Speed == 0 {
			r.Speed = -1
			if t.Console {
				r.Speed = consoleSpeed
			}
		}
		r.Flowing = t.Console
		t.Rehearsal = &r
	}
	if a.repo != "" {
		repo, err := release.ParseRepo(a.repo)
		if err != nil {
			return nil, err
		}
		t.Repo = repo
	}
	s, err := a.cfg.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	s.Engine.Emit(s.Opened)
	return s, nil
}
