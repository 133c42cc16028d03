package cli

import (
	"fmt"

	"github.com/spf13/pflag"
)

// noneEmpty refuses flags of text that were given without any: most likely a script's
// variable that was never set, and no wish to go without.
func noneEmpty(f *pflag.FlagSet) error {
	var err error
	f.Visit(func(g *pflag.Flag) {
		if err == nil && g.Value.Type() == "string" && g.Value.String() == "" {
			value, _ := pflag.UnquoteUsage(g)
			err = usage(fmt.Errorf("--%s is empty", g.Name), "write it as `--%s %s`, or leave it out", g.Name, value)
		}
	})
	return err
}
