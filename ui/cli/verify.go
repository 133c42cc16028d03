package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"

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
	f.StringVar(&o.explain, "explain", "", "say of one file in what was published what the commit has of it, and show the difference: its path in `FILE`")
	o.given.addAcknowledge(c)
	a.addTrustedRoot(c)
	addLines(c)
	f.BoolVar(&o.json, "json", false, "print one JSON object: plan, verdict, stages, budget")
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
	Budget    release.Budget  `json:"budget"`
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
	got.Verdict = checks.Judge(all)
	if o.json {
		got.Budget = s.engine.Budget()
		err = writeJSON(a.cfg.IO.Out, got)
	} else {
		err = a.writeVerified(got)
	}
	if err != nil || got.Verdict.Go {
		return err
	}
	again := "verify " + text.Word(got.Plan.Version)
	if o.stage != "" {
		again += " --stage " + text.Word(o.stage)
	}
	return &release.Error{Kind: release.KindFailed, Op: "verify " + got.Plan.Version, Err: errors.New(plain.Counts(got.Verdict, true)),
		Hint: cmp.Or(s.engine.SetRight(got.Plan, got.Stages, again), "do what stands below each finding")}
}

// writeVerified writes what was found for people: each published file on a line, and
// below them the judgement.
func (a *app) writeVerified(v verified) error {
	w := bufio.NewWriter(a.cfg.IO.Out)
	fmt.Fprintf(w, "%s  %s  %s  %s\n", text.Clean(v.Plan.Repo.String()), text.Clean(v.Plan.Version),
		text.Clean(v.Plan.SHA[:min(7, len(v.Plan.SHA))]), plain.Origin(v.Plan))
	if v.Rehearsal != "" {
		fmt.Fprintf(w, "  REHEARSAL %s: what is published is played\n", text.Clean(v.Rehearsal))
	}
	for _, st := range v.Stages {
		fmt.Fprintf(w, "\n%s\n", text.Clean(st.Stage))
		for _, t := range st.Files {
			for _, l := range plain.Traced(t, a.cfg.IO.ASCII) {
				fmt.Fprintf(w, "  %s\n", l)
			}
		}
		listing := plain.NewListing(st.Findings, a.cfg.IO.ASCII)
		for _, f := range st.Findings {
			for _, l := range listing.Finding(f) {
				fmt.Fprintf(w, "  %s\n", l)
			}
		}
	}
	word := "VERIFIED"
	if !v.Verdict.Go {
		word = "NOT VERIFIED"
	}
	fmt.Fprintf(w, "\n%s: %s\n", word, plain.Counts(v.Verdict, true))
	return w.Flush()
}
