package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"twokey/release"
	"twokey/ui"
)

// attachOptions are what `twokey attach` was told.
type attachOptions struct {
	version string // empty: the one in flight
	wait    time.Duration
	given   given
	show    showOptions
}

func (a *app) attachCommand() *cobra.Command {
	var o attachOptions
	c := &cobra.Command{
		Use:     "attach [VERSION]",
		Short:   "Rejoin a release in flight, from any machine",
		Long:    attachLong,
		Example: attachExample,
		Args:    oneVersion,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.version = args[0]
			}
			return a.attach(c.Context(), o)
		}),
	}
	o.given.addConfirm(c)
	o.given.addAcknowledge(c)
	a.addTrustedRoot(c)
	addWait(c, &o.wait)
	addShow(c, &o.show)
	return c
}

// attach runs `twokey attach`. Lines and JSON only read; in the console a person
// may answer a gate or re-run a job.
func (a *app) attach(ctx context.Context, o attachOptions) error {
	given, err := a.given(o.given)
	if err != nil {
		return err
	}
	if a.modeOf(o.show) == modeConsole {
		return a.console(ctx, ui.Options{Want: release.Want{Version: o.version}, Given: given, Attach: true})
	}
	a.sayDumb(o.show)
	return a.watched(ctx, o.show, Reads, o.wait, func(ctx context.Context, s *session) error {
		s.engine.Give(given)
		plan, err := s.engine.InFlight(ctx, s.repo, o.version)
		if err != nil {
			return err
		}
		return s.engine.Attach(ctx, plan)
	})
}
