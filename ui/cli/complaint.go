package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"twokey/checks/text"
)

// flagError is a flag that can not be read, without the words of the parser.
func (a *app) flagError(c *cobra.Command, err error) error {
	help := fmt.Sprintf("see `%s --help`", c.CommandPath())
	if bad, ok := errors.AsType[interface {
		error
		GetValue() string
		Unwrap() error
	}](err); ok {
		return usage(errors.New(strings.TrimSuffix(err.Error(), ": "+bad.Unwrap().Error())), "%s", help)
	}
	unknown, ok := errors.AsType[interface {
		error
		GetSpecifiedName() string
	}](err)
	above := !c.HasParent() || c.Name() == "rehearse" // a command may follow
	if ok && above && ofCommand(c, unknown.GetSpecifiedName()) {
		return usage(err, "name the command before its flags, as in `%s release --%s`",
			c.CommandPath(), unknown.GetSpecifiedName())
	}
	if ok && !above {
		if hint := a.rehearseHint(c.Name(), unknown.GetSpecifiedName()); hint != "" {
			return usage(err, "%s", hint)
		}
	}
	return usage(err, "%s", help)
}

// rehearseHint says where a flag of rehearse belongs that a command does not know; empty
// for any other.
func (a *app) rehearseHint(command, flag string) string {
	switch {
	case flag == "listen":
		return "--listen is a flag of rehearse, and runs no command: `twokey rehearse --listen ADDR`, then `twokey rehearse --connect ADDR " + command + "` beside it"
	case flag == "list":
		return "--list is a flag of rehearse, and runs no command: `twokey rehearse --list`"
	case slices.Contains(worldFlags(), flag):
		return fmt.Sprintf("--%s is a flag of rehearse, which no other command has: `twokey rehearse %s --%s …`", flag, command, flag)
	}
	return ""
}

// ofCommand tells whether `release`, which c is without a command, has the flag.
func ofCommand(c *cobra.Command, name string) bool {
	for _, sub := range c.Root().Commands() {
		if sub.Name() == "release" {
			return sub.Flags().Lookup(name) != nil
		}
	}
	return false
}

// oneVersion takes at most one argument.
func oneVersion(c *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] == "" {
		return usage(errors.New("VERSION is empty"), "name it, or leave it out")
	}
	if len(args) > 1 {
		return usage(fmt.Errorf("%s takes one VERSION, not %d arguments", c.Name(), len(args)), "see `%s --help`", c.CommandPath())
	}
	return nil
}

// noArgument takes none.
func noArgument(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no argument: %q", c.Name(), text.Clean(args[0])), "see `%s --help`", c.CommandPath())
	}
	return nil
}

// versionLike is what is rather a version than a command that was mistyped.
var versionLike = regexp.MustCompile(`^v?[0-9]`)

// commitSHA is a commit's name, whole or shortened as git shortens it, in either of
// git's two lengths.
var commitSHA = regexp.MustCompile(`^([0-9a-fA-F]{7,40}|[0-9a-fA-F]{64})$`)

// readableSHA refuses what --expect-sha can not mean.
func readableSHA(sha string) error {
	const hint = "name it as `git rev-parse HEAD` prints it; 7 digits or more will do, but a short one can be forged"
	if !commitSHA.MatchString(sha) {
		return usage(fmt.Errorf("--expect-sha %q is not a commit SHA", text.Clean(sha).Clip(80)), hint)
	}
	return nil
}

// knownCommand refuses what is no command, and guesses what was meant.
func (a *app) knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word, hint := text.Clean(args[0]), "see `twokey --help`"
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean `%s %s`?", a.name(), near[0])
	} else if versionLike.MatchString(args[0]) {
		hint = fmt.Sprintf("release a version with `%s release %s`", a.name(), word)
	}
	return usage(fmt.Errorf("unknown command %q", word), "%s", hint)
}

// together is cobra's complaint about flags that exclude each other.
var together = regexp.MustCompile(`^if any flags in the group .*; \[(.+) (\S+)\] were all set$`)

// complaint is one of cobra's own complaints in our words.
func complaint(err error) error {
	if m := together.FindStringSubmatch(err.Error()); m != nil {
		return usage(fmt.Errorf("--%s and --%s exclude each other", strings.ReplaceAll(m[1], " ", ", --"), m[2]), "give one of them")
	}
	return usage(err, "see `twokey --help`")
}
