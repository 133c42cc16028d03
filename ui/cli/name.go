package cli

import (
	"fmt"
	"strings"
)

// name is how a command line begins that means the same world as this one: the
// program, the rehearsal that it is in, and the repository that was named.
func (a *app) name() string {
	words := []string{"twokey"}
	if a.rehearsal != nil {
		words = append(append(words, "rehearse"), a.world...)
	}
	if a.repo != "" {
		words = append(words, "-R", quoted(a.repo))
	}
	return strings.Join(words, " ")
}

// words are the flags that make the same world again.
func (o *rehearseOptions) words() []string {
	if o.world.Connect != "" {
		return []string{"--connect", quoted(o.world.Connect)}
	}
	var out []string
	for _, dir := range o.from {
		out = append(out, "--from", quoted(dir))
	}
	if o.plan != "" {
		out = append(out, "--plan", quoted(o.plan))
	}
	if o.world.Scenario != "" {
		out = append(out, "--scenario", quoted(o.world.Scenario))
	}
	if o.world.Seed != 0 {
		out = append(out, "--seed", fmt.Sprint(o.world.Seed))
	}
	return out
}

// quoted is a word as a shell takes it for one.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./_-", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
