package cli

import (
	"github.com/spf13/cobra"

	"twokey/release"
)

// given are the flags that say something about checks.
type given struct {
	waive       []string
	confirm     []string
	acknowledge []string
}

func (g *given) add(c *cobra.Command) {
	// Not a slice flag: a reason may have commas.
	c.Flags().StringArrayVar(&g.waive, "waive", nil, "set a check aside for this release: `ID=REASON`; it is shown and recorded")
	g.addConfirm(c)
}

func (g *given) addConfirm(c *cobra.Command) {
	c.Flags().StringArrayVar(&g.confirm, "confirm", nil, "say that you saw to the plan's manual check `ID`")
}

func (g *given) addAcknowledge(c *cobra.Command) {
	c.Flags().StringArrayVar(&g.acknowledge, "acknowledge", nil, "say that you looked at a file in what is published: `PATH@BLOB=REASON`")
}

// given is what the flags say.
func (a *app) given(g given) (release.Given, error) {
	out := release.Given{Confirmed: g.confirm, TrustedRoot: a.trustedRoot}
	waived := map[string]bool{}
	for _, s := range g.waive {
		w, err := release.ParseWaiver(s)
		if err != nil {
			return out, err
		}
		if !waived[w.Check] { // the first one is what counts
			waived[w.Check] = true
			out.Waivers = append(out.Waivers, w)
		}
	}
	for _, s := range g.acknowledge {
		ack, err := release.ParseAcknowledgement(s)
		if err != nil {
			return out, err
		}
		out.Acknowledged = append(out.Acknowledged, ack)
	}
	return out, nil
}

// checkIDs completes the ids of checks.
func checkIDs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, c := range explained() {
		ids = append(ids, c.ID+"\t"+c.Title)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
