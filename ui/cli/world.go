package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"twokey/checks/text"
	"twokey/release"
)

// worldFlags are the flags of rehearse that say which world is meant. They may stand on
// either side of COMMAND.
func worldFlags() []string { return []string{"from", "plan", "scenario", "speed", "seed", "connect"} }

// addWorld adds these flags. Behind COMMAND they begin with what stands before it.
func (o *rehearseOptions) addWorld(f *pflag.FlagSet) {
	was := *o
	f.StringArrayVar(&o.from, "from", nil, "take the world from a clone, `[OWNER/NAME=]DIR`; repeat it for the plan's other repositories")
	f.StringVar(&o.plan, "plan", "", "try `FILE` as the project's twokey.yml")
	f.StringVar(&o.world.Scenario, "scenario", "", "let go wrong what the scenario `NAME` says (default: clean)")
	f.Float64Var(&o.world.Speed, "speed", 0, "let `N` simulated seconds pass in a second (default: 10 in the console, else as many as can)")
	f.Int64Var(&o.world.Seed, "seed", 0, "vary what happens by `N`; the same N is the same rehearsal")
	f.StringVar(&o.world.Connect, "connect", "", "run COMMAND in the world that is served at `ADDR`")
	*o = was // which adding them has set to nothing: what was given before is no flag's default
}

// givenFlags are the values of the flags that were given, by their names.
func givenFlags(f *pflag.FlagSet) map[string]string {
	out := map[string]string{}
	f.Visit(func(g *pflag.Flag) { out[g.Name] = g.Value.String() })
	return out
}

// has tells whether a flag was given, on either side of COMMAND.
func (o *rehearseOptions) has(name string) bool {
	_, ok := o.given[name]
	return ok
}

// join adds the flags that were given behind COMMAND to those before it. One that says
// another thing there than here is refused: nobody can tell which is meant.
func (o *rehearseOptions) join(behind map[string]string) error {
	for _, name := range append(worldFlags(), "repo") {
		value, again := behind[name]
		was, before := o.given[name]
		if again && before && was != value {
			return usage(fmt.Errorf("--%s is given twice, with %s and with %s", name, shown(was), shown(value)), "give it once, before the command or behind it")
		}
		if again {
			o.given[name] = value
		}
	}
	return nil
}

// shown is the value of a flag as it is said to a person.
func shown(value string) string { return text.Clean(value).Clip(80).String() }

// settle reads what the flags name, those behind COMMAND as well, and refuses what can
// not be meant.
func (o *rehearseOptions) settle(behind map[string]string) error {
	if err := o.join(behind); err != nil {
		return err
	}
	const help = "see `twokey rehearse --help`"
	if o.world.Connect != "" {
		for _, name := range []string{"from", "plan", "scenario", "speed", "seed"} {
			if o.has(name) {
				return usage(fmt.Errorf("--%s is for whoever serves the world, not for --connect", name), help)
			}
		}
	}
	if s := o.world.Speed; o.has("speed") && (!(s > 0) || math.IsInf(s, 0)) { // nor NaN
		return usage(fmt.Errorf("--speed %g is not a number above 0", o.world.Speed), help)
	}
	for _, from := range o.from {
		src, err := readSource(from)
		if err != nil {
			return err
		}
		o.world.From = append(o.world.From, src)
	}
	if o.plan == "" {
		return nil
	}
	var err error
	if o.world.PlanFile, err = os.ReadFile(o.plan); err != nil {
		return usage(err, "name a file with --plan")
	}
	if len(o.world.PlanFile) == 0 {
		return usage(fmt.Errorf("--plan %s: the file is empty", o.plan), "write a plan into it; README describes every key")
	}
	// The world would name the file by the place that it takes in the repository.
	_, err = release.ParsePlanFile(o.plan, o.world.PlanFile)
	return err
}

// readSource reads [OWNER/NAME=]DIR. What stands before the first = is a
// repository only where it can be one: directories may hold that sign, too.
func readSource(s string) (Source, error) {
	if s == "" {
		return Source{}, usage(errors.New("--from is empty"), "name the directory of a clone")
	}
	name, dir, ok := strings.Cut(s, "=")
	if ok && dir == "" {
		return Source{}, usage(fmt.Errorf("--from %q names no directory", s), "write it as OWNER/NAME=DIR")
	}
	if ok {
		if repo, err := release.ParseRepo(name); err == nil {
			return Source{Repo: repo, Dir: dir}, nil
		}
	}
	return Source{Dir: s}, nil
}
