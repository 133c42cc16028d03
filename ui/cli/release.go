package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
	"twokey/ui"
	"twokey/ui/plain"
)

// releaseOptions are what `twokey release` was told.
type releaseOptions struct {
	want   release.Want
	given  given
	yes    bool
	dryRun bool
	resume bool
	rerun  bool          // what failed, with resume
	wait   time.Duration // 0: as long as it takes
	show   showOptions
}

func (a *app) releaseCommand() *cobra.Command {
	var o releaseOptions
	var bump string
	c := &cobra.Command{
		Use:     "release [VERSION]",
		Short:   "Check, confirm and release, and watch it to the end",
		Long:    releaseLong,
		Example: releaseExample,
		Args:    oneVersion,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			if err := setWant(c, &o.want, args, bump); err != nil {
				return err
			}
			return a.release(c.Context(), o)
		}),
	}
	f := c.Flags()
	addWant(c, &o.want, &bump)
	o.given.add(c)
	o.given.addAcknowledge(c)
	a.addTrustedRoot(c)
	f.BoolVarP(&o.yes, "yes", "y", false, "release without asking, if and only if the verdict is go")
	f.BoolVar(&o.dryRun, "dry-run", false, "check, print the calls that would be sent, and send none")
	f.BoolVar(&o.resume, "resume", false, "go on with a release that was begun: start the stages that nobody started")
	f.BoolVar(&o.rerun, "rerun-failed", false, "with --resume: re-run the failed jobs of each run that has failed, once")
	addWait(c, &o.wait)
	addShow(c, &o.show)
	c.MarkFlagsMutuallyExclusive("dry-run", "resume")
	return c
}

// addWant adds the flags that say what is to be released.
func addWant(c *cobra.Command, w *release.Want, bump *string) {
	c.Flags().StringVar(bump, "bump", "", "release the line's next version: `patch|minor|major|pre`")
	c.Flags().StringVar(&w.Line, "line", "", "release from this `BRANCH` (default: the line that fits the version)")
	c.Flags().StringVar(&w.SHA, "expect-sha", "", "refuse unless the head of the line is this commit `SHA`; 7 digits or more will do, but a short one can be forged")
	_ = c.RegisterFlagCompletionFunc("bump", cobra.FixedCompletions(
		[]string{"patch", "minor", "major", "pre"}, cobra.ShellCompDirectiveNoFileComp))
}

// setWant reads the version or the bump, and looks at the SHA.
func setWant(c *cobra.Command, w *release.Want, args []string, bump string) error {
	if c.Flags().Changed("expect-sha") {
		if err := readableSHA(w.SHA); err != nil {
			return err
		}
	}
	if len(args) > 0 {
		w.Version = args[0]
	}
	w.Bump = version.Bump(bump)
	if w.Version != "" && bump != "" {
		return usage(errors.New("VERSION and --bump exclude each other"), "give one of them")
	}
	switch w.Bump {
	case "", version.Patch, version.Minor, version.Major, version.Pre:
		return nil
	}
	return usage(fmt.Errorf("--bump %q can not be read", text.Clean(bump)), "give one of patch, minor, major, pre")
}

// release runs `twokey release`.
func (a *app) release(ctx context.Context, o releaseOptions) error {
	if err := a.allowed(o); err != nil {
		return err
	}
	given, err := a.given(o.given)
	if err != nil {
		return err
	}
	if a.interactive(o) {
		return a.console(ctx, ui.Options{Want: o.want, Given: given, Resume: o.resume})
	}
	access := Acts
	if o.dryRun {
		access = Reads
	}
	if !o.yes && !o.dryRun {
		a.sayDumb(o.show)
	}
	return a.watched(ctx, o.show, access, o.wait, func(ctx context.Context, s *session) error {
		s.engine.Give(given)
		return a.releaseLines(ctx, s, o)
	})
}

// interactive tells whether the console answers what the flags leave open.
func (a *app) interactive(o releaseOptions) bool {
	return !o.yes && !o.dryRun && a.modeOf(o.show) == modeConsole
}

// allowed refuses, before anything is read, what can not be meant.
func (a *app) allowed(o releaseOptions) error {
	named := o.want.Version != "" || o.want.Bump != ""
	switch {
	case o.rerun && !o.resume:
		return usage(errors.New("--rerun-failed is for a release that is gone on with"), "add --resume")
	case o.rerun && a.interactive(o):
		return usage(errors.New("the console re-runs nothing by a flag"), "press R on the failed run there, or add --yes or --plain")
	case o.resume && o.want.Bump != "":
		return usage(errors.New("--resume goes on with a VERSION; --bump would name another"), "name the version")
	case o.yes && !o.dryRun && !named && a.rehearsal == nil:
		return usage(errors.New("--yes needs VERSION or --bump: a script never gets a guessed version"),
			"see what is suggested with `%s status`", a.name())
	case o.yes || o.dryRun || a.interactive(o):
		return nil
	case o.show.json:
		return usage(errors.New("--json asks no question"), "add --yes to release, or --dry-run to look")
	case !a.cfg.IO.InTerminal || !a.cfg.IO.OutTerminal:
		return usage(errors.New("no terminal to ask in"),
			"add --yes and a VERSION or --bump to release without being asked, or --dry-run to look")
	}
	return nil
}

// releaseLines releases without the console: as plain lines or as JSON.
func (a *app) releaseLines(ctx context.Context, s *session, o releaseOptions) error {
	plan, findings, err := a.judged(ctx, s, o)
	if err != nil {
		return err
	}
	calls := s.engine.Calls(plan)
	if o.dryRun {
		s.engine.Emit(release.CallsReady{Calls: calls})
		return nil
	}
	if !o.yes {
		q := plain.Question{Plan: plan, Calls: calls, Findings: findings, Resume: o.resume}
		if o.resume {
			q.Begun = s.engine.Begun(plan)
		}
		if err := a.confirm(ctx, q); err != nil {
			return err
		}
	}
	return s.engine.Release(ctx, plan, o.resume)
}

// judged makes the plan and has it judged, with what was found; a plan that it
// returns may go ahead.
func (a *app) judged(ctx context.Context, s *session, o releaseOptions) (release.Plan, []checks.Finding, error) {
	plan, err := a.planned(ctx, s, o)
	if err != nil {
		return plan, nil, err
	}
	findings, verdict, err := s.engine.Check(ctx, plan)
	if err != nil {
		return plan, nil, err
	}
	next := a.checkAgain(s, plan, o.given)
	if o.resume {
		next = seeTo + "go on with `" + a.again(o.given, "release "+plan.Version+" --resume") + "`"
	}
	return plan, findings, noGo(plan, verdict, next)
}

// planned makes the plan of a new release, or of one in flight that is gone on
// with. That one is judged, too: whoever made its tag need not have checked it.
func (a *app) planned(ctx context.Context, s *session, o releaseOptions) (release.Plan, error) {
	if o.resume {
		plan, err := s.engine.InFlight(ctx, s.repo, o.want.Version)
		if err == nil && o.rerun {
			err = s.engine.Reruns(ctx, plan)
		}
		return plan, err
	}
	survey, err := s.engine.Survey(ctx, s.repo)
	if err != nil {
		return release.Plan{}, err
	}
	return s.engine.Plan(ctx, survey, o.want)
}

// seeTo begins the next step after a no-go that can be mended.
const seeTo = "do what stands below each finding, then "

// checkAgain is the next step after a no-go. A version that was begun before is gone
// on with: no finding that is seen to frees it.
func (a *app) checkAgain(s *session, p release.Plan, g given) string {
	if onward := s.engine.Onward(); onward != "" {
		return onward
	}
	return seeTo + "check again with `" + a.again(g, "check "+p.Args()) + "`"
}

// noGo is the error of a verdict that stops the release, nil of one that does not.
func noGo(p release.Plan, v checks.Verdict, next string) error {
	if v.Go {
		return nil
	}
	return &release.Error{Kind: release.KindNoGo, Op: "preflight of " + p.Version,
		Err:  errors.New("no-go: " + plain.Counts(v, true)),
		Hint: "nothing was sent; " + next}
}
