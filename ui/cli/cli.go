// Package cli is twokey's commands and flags.
//
// It knows what was asked for and in which way to show it; it does not know the
// world. What a command needs of it comes in through [Config.Open], so that the
// same commands run against GitHub and against a rehearsal.
package cli

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/spf13/cobra"

	"twokey/release"
	"twokey/ui"
)

// Config is everything that the commands need from outside.
type Config struct {
	IO IO
	// Open makes what an engine needs of the world.
	Open Opener
	// Console makes a console; its terminal and repository are set by then.
	Console func(ui.Options) Console
	// Listen serves a rehearsal on an address until ctx ends. It calls ready with
	// the address once requests are answered.
	Listen func(ctx context.Context, r Rehearsal, addr string, ready func(addr string)) error
	// Scenarios are what a rehearsal can play.
	Scenarios []Scenario
	// Version is this program's own; empty: what the build says.
	Version string
}

// app is what all commands share.
type app struct {
	cfg        Config
	repo       string           // the flag
	rehearsal  *Rehearsal       // nil outside of one
	asked      *rehearseOptions // which rehearsal; nil outside of one
	understood bool             // the words of the command line were
	verbose    bool             // the flag
	// trustedRoot is the file of the flag; empty for the root that twokey comes with.
	trustedRoot string
}

// Run runs the command that args name. Its error, if any, has a [release.Kind]
// and was not shown yet: see [Report].
func Run(ctx context.Context, cfg Config, args []string) error {
	cfg.IO.Out = outlet{cfg.IO.Out}
	return silenced(run(ctx, &app{cfg: cfg}, args))
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
	return complaint(err)
}

// version is this program's own.
func (a *app) version() string {
	if a.cfg.Version != "" {
		return a.cfg.Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// before looks at the flags of every command. That some exclude each other is looked at
// after it.
func (a *app) before(c *cobra.Command, _ []string) error {
	err := noneEmpty(c.Flags())
	if err == nil && a.asked != nil {
		err = a.asked.settle(givenFlags(c.Flags()))
		a.understood = err != nil
	}
	return err
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
		Version:       a.version(),
		Args:          a.knownCommand,
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
	root.SetFlagErrorFunc(a.flagError)
	root.PersistentFlags().StringVarP(&a.repo, "repo", "R", a.repo, "work on another repository, as `[HOST/]OWNER/NAME`")
	root.PersistentFlags().BoolVar(&a.verbose, "verbose", a.verbose, "write each request to standard error, and what they come to")
	if a.asked != nil {
		a.asked.addWorld(root.PersistentFlags())
	}
	root.PersistentPreRunE = a.before
	root.CompletionOptions.HiddenDefaultCmd = true
	setHelp(root)
	root.AddCommand(a.releaseCommand(), a.statusCommand(), a.checkCommand(), a.attachCommand(), a.verifyCommand())
	if a.rehearsal == nil {
		root.AddCommand(a.rehearseCommand())
	}
	return root
}
