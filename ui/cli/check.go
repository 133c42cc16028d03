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
)

// checkOptions are what `twokey check` was told.
type checkOptions struct {
	want release.Want
	json bool
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	var bump string
	c := &cobra.Command{
		Use:     "check [VERSION]",
		Short:   "Say go or no-go, and send nothing",
		Long:    checkLong,
		Example: checkExample,
		Args:    oneVersion,
		RunE: a.then(func(c *cobra.Command, args []string) error {
			if err := setWant(c, &o.want, args, bump); err != nil {
				return err
			}
			return a.check(c.Context(), o)
		}),
	}
	addWant(c, &o.want, &bump)
	addLines(c)
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON object: plan, verdict, findings, budget")
	c.MarkFlagsMutuallyExclusive("plain", "json")
	return c
}

// checked is what `twokey check --json` prints.
type checked struct {
	Plan     release.Plan     `json:"plan"`
	Verdict  checks.Verdict   `json:"verdict"`
	Findings []checks.Finding `json:"findings"`
	Budget   release.Budget   `json:"budget"`
}

// check runs `twokey check`.
func (a *app) check(ctx context.Context, o checkOptions) error {
	s, err := a.open(ctx, sessionOptions{access: Reads})
	if err != nil {
		return ended(ctx, err)
	}
	defer s.close()
	got, err := check(ctx, s, o.want)
	if err != nil {
		return ended(ctx, err)
	}
	if o.json {
		got.Budget = s.engine.Budget()
		err = writeJSON(a.cfg.IO.Out, got)
	} else {
		err = a.writeChecked(got)
	}
	if err != nil {
		return err
	}
	return noGo(got.Plan, got.Verdict, a.checkAgain(s, got.Plan))
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
	c.Findings, c.Verdict, err = s.engine.Check(ctx, c.Plan)
	return c, err
}

// writeChecked writes the findings for people, the worst first.
func (a *app) writeChecked(c checked) error {
	w := bufio.NewWriter(a.cfg.IO.Out)
	fmt.Fprintf(w, "%s  %s  %s @ %s  %s\n", text.Clean(c.Plan.Repo.String()), text.Clean(c.Plan.Tag),
		text.Clean(c.Plan.Line), text.Clean(c.Plan.SHA[:min(7, len(c.Plan.SHA))]), plain.Origin(c.Plan))
	for _, n := range plain.Assumed(c.Plan) {
		fmt.Fprintf(w, "  %s\n", n)
	}
	fmt.Fprintln(w)
	findings := slices.Clone(c.Findings)
	slices.SortStableFunc(findings, func(x, y checks.Finding) int { return cmp.Compare(rank(x), rank(y)) })
	for _, f := range findings {
		for _, l := range plain.Finding(f, a.cfg.IO.ASCII) {
			fmt.Fprintln(w, l)
		}
	}
	fmt.Fprintf(w, "\n%s  %s\n", plain.GoWord(c.Verdict), plain.Counts(c.Verdict, a.cfg.IO.ASCII))
	return w.Flush()
}

// rank orders findings, the worst first; of the unknown ones, those that block.
func rank(f checks.Finding) int {
	r := 2 * slices.Index([]string{"block", "unknown", "warn", "waived", "pass", "n/a"}, plain.Standing(f))
	if f.Blocks() {
		r--
	}
	return r
}
