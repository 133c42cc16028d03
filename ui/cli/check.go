package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/ui/plain"
	"twokey/ui/sarif"
)

// checkOptions are what `twokey check` was told.
type checkOptions struct {
	want    release.Want
	given   given
	format  string // text, json or sarif
	list    bool
	explain string // the id of a check
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	var bump string
	var asJSON bool
	c := &cobra.Command{
		Use:     "check [VERSION]",
		Short:   "Say go or no-go, and send nothing",
		Long:    checkLong,
		Example: checkExample,
		Args:    oneVersion,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			switch {
			case o.list:
				return a.list()
			case c.Flags().Changed("explain"):
				return a.explain(o.explain)
			}
			if asJSON {
				o.format = "json"
			}
			if !slices.Contains(checkFormats(), o.format) {
				return usage(fmt.Errorf("--format %q can not be written", text.Clean(o.format)), "give one of text, json, sarif")
			}
			if err := setWant(c, &o.want, args, bump); err != nil {
				return err
			}
			return a.check(c.Context(), o)
		}),
	}
	addWant(c, &o.want, &bump)
	o.given.add(c)
	addLines(c)
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object: plan, verdict, findings, budget")
	f.StringVar(&o.format, "format", "text", "print the findings as `text|json|sarif`; sarif is for code scanning")
	f.BoolVar(&o.list, "list", false, "list every check, and look at nothing")
	f.StringVar(&o.explain, "explain", "", "say what the check `ID` does, why, and what mends what it finds")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(checkFormats(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("explain", checkIDs)
	c.MarkFlagsMutuallyExclusive("plain", "json", "format")
	c.MarkFlagsMutuallyExclusive("list", "explain", "json")
	return c
}

func checkFormats() []string { return []string{"text", "json", "sarif"} }

// checked is what `twokey check --json` prints.
type checked struct {
	// Rehearsal is the scenario that was played; empty for what GitHub itself said.
	Rehearsal string           `json:"rehearsal,omitempty"`
	Plan      release.Plan     `json:"plan"`
	Verdict   checks.Verdict   `json:"verdict"`
	Findings  []checks.Finding `json:"findings"`
	Budget    release.Budget   `json:"budget"`
}

// check runs `twokey check`.
func (a *app) check(ctx context.Context, o checkOptions) error {
	given, err := a.given(o.given)
	if err != nil {
		return err
	}
	s, err := a.open(ctx, sessionOptions{access: Reads})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	s.engine.Give(given)
	got, err := check(ctx, s, o.want)
	if err != nil {
		return ended(ctx, err)
	}
	switch o.format {
	case "json":
		got.Budget = s.engine.Budget()
		err = writeJSON(a.cfg.IO.Out, got)
	case "sarif":
		err = sarif.Write(a.cfg.IO.Out, a.version(), got.Plan, checks.For(got.Plan.Subject()), got.Findings)
	default:
		err = a.writeChecked(got)
	}
	if err != nil {
		return err
	}
	return noGo(got.Plan, got.Verdict, a.checkAgain(s, got.Plan, o.given))
}

func check(ctx context.Context, s *session, w release.Want) (checked, error) {
	survey, err := s.engine.Survey(ctx, s.repo)
	if err != nil {
		return checked{}, err
	}
	var c checked
	if c.Plan, err = s.engine.Plan(ctx, survey, w); err != nil {
		return c, err
	}
	s.log.part("plan")
	c.Rehearsal = s.scenario
	c.Findings, c.Verdict, err = s.engine.Check(ctx, c.Plan)
	s.log.part("checks")
	return c, err
}

// writeChecked writes the findings for people, the worst first.
func (a *app) writeChecked(c checked) error {
	w := bufio.NewWriter(a.cfg.IO.Out)
	fmt.Fprintf(w, "%s  %s  %s @ %s  %s\n", text.Clean(c.Plan.Repo.String()), text.Clean(c.Plan.Tag),
		text.Clean(c.Plan.Line), text.Clean(c.Plan.SHA[:min(7, len(c.Plan.SHA))]), plain.Origin(c.Plan))
	if c.Rehearsal != "" {
		fmt.Fprintf(w, "  REHEARSAL %s: rules, people, runs and what is published are played, not GitHub's\n", text.Clean(c.Rehearsal))
	}
	for _, n := range plain.Assumed(c.Plan) {
		fmt.Fprintf(w, "  %s\n", n)
	}
	fmt.Fprintln(w)
	listing := plain.NewListing(c.Findings, a.cfg.IO.ASCII)
	for _, group := range byFactor(c.Findings) {
		fmt.Fprintf(w, "%s\n", plain.Factor(group[0].Factor))
		for _, f := range group {
			for _, l := range listing.Finding(f) {
				fmt.Fprintf(w, "  %s\n", l)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s\n", plain.GoWord(c.Verdict), plain.Counts(c.Verdict, true))
	return w.Flush()
}

// byFactor groups findings by what they answer, the worst first: the groups by the worst
// that is in them, and the findings of each.
func byFactor(findings []checks.Finding) [][]checks.Finding {
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(x, y checks.Finding) int { return cmp.Compare(rank(x), rank(y)) })
	var out [][]checks.Finding
	for _, f := range sorted {
		i := slices.IndexFunc(out, func(g []checks.Finding) bool { return g[0].Factor == f.Factor })
		if i < 0 {
			i = len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// rank orders findings, the worst first; of the unknown ones, those that block.
func rank(f checks.Finding) int {
	r := 2 * slices.Index([]string{"block", "unknown", "warn", "info", "waived", "pass", "n/a"}, plain.Standing(f))
	if f.Blocks() {
		r--
	}
	return r
}
