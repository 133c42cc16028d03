package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/ui/plain"
)

// verifyOptions are what `twokey verify` was told.
type verifyOptions struct {
	version string // empty: the newest
	stage   string // empty: all
	explain string // the path of a file; empty for none
	given   given
	json    bool
}

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:     "verify [VERSION]",
		Short:   "Hold what was published against the released commit",
		Long:    verifyLong,
		Example: verifyExample,
		Args:    oneVersion,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.version = args[0]
			}
			if c.Flags().Changed("explain") {
				return a.explainFile(c.Context(), o)
			}
			return a.verify(c.Context(), o)
		}),
	}
	f := c.Flags()
	f.StringVar(&o.stage, "stage", "", "look at what the stage `NAME` published, alone")
	f.StringVar(&o.explain, "explain", "", "say of one file in what was published what the commit has of it, and show the difference: `FILE` is its path or the end of it, ARTIFACT:PATH, or an artifact's name for all of it")
	o.given.addAcknowledge(c)
	a.addTrustedRoot(c)
	addLines(c)
	f.BoolVar(&o.json, "json", false, "print one JSON object: plan, verdict, stages, accepted, budget")
	c.MarkFlagsMutuallyExclusive("plain", "json", "explain")
	return c
}

// verified is what `twokey verify --json` prints.
type verified struct {
	// Rehearsal is the scenario that was played; empty for what the world itself holds.
	Rehearsal string          `json:"rehearsal,omitempty"`
	Plan      release.Plan    `json:"plan"`
	Verdict   checks.Verdict  `json:"verdict"` // of all findings of all stages
	Stages    []release.Proof `json:"stages"`
	// Accepted is what is not as it should be, and somebody has said why that may be.
	Accepted []accepted     `json:"accepted"`
	Budget   release.Budget `json:"budget"`
}

// verify runs `twokey verify`.
func (a *app) verify(ctx context.Context, o verifyOptions) error {
	given, err := a.given(o.given)
	if err != nil {
		return err
	}
	s, err := a.open(ctx, sessionOptions{access: Reads, anonymous: true})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	s.engine.Give(given)
	got := verified{Rehearsal: s.scenario}
	if got.Plan, got.Stages, err = s.engine.Verify(ctx, s.repo, o.version, o.stage); err != nil {
		return ended(ctx, err)
	}
	var all []checks.Finding
	for _, st := range got.Stages {
		all = append(all, st.Findings...)
	}
	got.Verdict, got.Accepted = checks.Judge(all), acceptedIn(all)
	if o.json {
		got.Budget = s.engine.Budget()
		err = writeJSON(a.cfg.IO.Out, got)
	} else {
		err = a.writeVerified(got)
	}
	if err != nil {
		return err
	}
	return a.unverified(s, got, o)
}

// unverified is the error of a release that is not verified, or not as a whole; nil of one
// that is.
func (a *app) unverified(s *session, v verified, o verifyOptions) error {
	again := "verify " + text.Word(v.Plan.Version)
	if o.stage != "" {
		again += " --stage " + text.Word(o.stage)
	}
	hint := cmp.Or(s.engine.SetRight(v.Plan, v.Stages, again), "do what stands below each finding")
	if s.engine.Unsettled() {
		hint = "it was begun less than an hour ago; if CI still goes on, watch it first with `" + a.again(o.given, "attach "+text.Word(v.Plan.Version)) + "`\n" + hint
	}
	names := text.Join(text.CleanAll(v.notStarted()), ", ").String()
	switch {
	case v.failed():
		return &release.Error{Kind: release.KindFailed, Op: "verify " + v.Plan.Version, Err: errors.New(plain.Counts(v.Verdict, true)),
			Hint: hint}
	case names != "":
		return &release.Error{Kind: release.KindLeft, Op: "verify " + v.Plan.Version, Err: errors.New("nobody has started " + names),
			Hint: "if nobody else is releasing, go on with `" + a.again(o.given, "release "+text.Word(v.Plan.Version)+" --resume") + "`"}
	}
	return nil
}
