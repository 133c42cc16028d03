package cli

import (
	"fmt"
	"strings"

	"twokey/checks/text"
)

// name is how a command line begins that means the same world as this one: the
// program, the rehearsal that it is in, and the repository that was named.
func (a *app) name() string {
	words := []string{"twokey"}
	if a.rehearsal != nil {
		words = append(append(words, "rehearse"), a.asked.words()...)
	}
	if a.repo != "" {
		words = append(words, "-R", text.Word(a.repo))
	}
	return strings.Join(words, " ")
}

// again is a command line in the world of this one, with what was given to it.
func (a *app) again(g given, args string) string {
	given, _ := a.given(g) // which was read before, and refused if it can not be
	return a.name() + " " + args + given.Words(args)
}

// words are the flags that make the same world again.
func (o *rehearseOptions) words() []string {
	if o.world.Connect != "" {
		return []string{"--connect", text.Word(o.world.Connect)}
	}
	var out []string
	for _, dir := range o.from {
		out = append(out, "--from", text.Word(dir))
	}
	if o.plan != "" {
		out = append(out, "--plan", text.Word(o.plan))
	}
	if o.world.Scenario != "" {
		out = append(out, "--scenario", text.Word(o.world.Scenario))
	}
	if o.world.Seed != 0 {
		out = append(out, "--seed", fmt.Sprint(o.world.Seed))
	}
	return out
}
