package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// exitCodes are the contract with scripts; main maps errors to them.
const exitCodes = `0  done; check: go
1  the release failed: a run, or what it should have published;
   or GitHub could not be reached
2  wrong usage, or cancelled before anything was sent
3  no-go at preflight
4  no token, or GitHub refuses it
5  stopped watching while the release goes on, or waits for
   stages that nobody started
6  done, and what the plan asks for after the release is not so,
   or could not be seen
141  whoever read the output went away, as after | head; nothing
   is left behind`

const environment = `GH_TOKEN, GITHUB_TOKEN   the token; else the one of gh auth login
GH_REPO                  the repository, as with --repo; a rehearsal takes only -R
GH_HOST                  the host, where neither flag nor clone names it
GH_FORCE_TTY             take the output for a terminal
NO_COLOR                 no colour
TERM                     dumb: lines instead of the console`

const rootLong = `Release a project through its own CI on GitHub.

twokey checks whether the project may be released, starts the remote CI, shows
what it does, and makes sure that everything it should publish is published. It
builds nothing and runs nothing on this machine.

Without a command it is ` + "`twokey release`" + `.`

const rootExample = `$ twokey rehearse
$ twokey status -R ckan/ckan
$ twokey release 2.11.6`

const releaseLong = `Check, confirm and release a version, and watch it to the end.

In a terminal this opens the console, which asks before it sends anything. With
--plain it asks on a line instead. With --yes it asks nothing: it releases if and
only if the verdict is go, and never approves a gate, which takes a second person.

VERSION or --bump says what is released. Without either, a person is offered the
line's next patch; --yes insists on one of them.

Leaving does not stop the remote release: come back with ` + "`twokey attach`" + `, and go
on with the stages that nobody started with --resume. What failed is run again only
when asked: by --rerun-failed, or in the console.`

const releaseExample = `$ twokey release
$ twokey release 2.11.6 --dry-run
$ twokey release --bump patch --line dev-v2.11 --yes --json
$ twokey release 2.11.6 --yes --expect-sha "$(git rev-parse HEAD)"
$ twokey release 2.11.6 --resume
$ twokey release 2.11.6 --resume --rerun-failed --yes`

const statusLong = `Show each release line: its head, its last version, the version to come, the
commits since, the runs in flight, and whether it is go or no-go. Only reads.`

const statusExample = `$ twokey status
$ twokey status -R ckan/ckan --json`

const checkLong = `Run the preflight and say go or no-go. Only reads: nothing is sent or changed.

The worst comes first; below what did not pass stand what was seen and what to do.
What can not be seen is unknown, and never a pass: it blocks where a failure of the
check would, and warns elsewhere.`

const checkExample = `$ twokey check
$ twokey check 2.11.6
$ twokey check --bump minor --json`

const attachLong = `Rejoin a release in flight, from any machine: what it is stands on GitHub.

Without VERSION it takes the release that is in flight. One of long ago is judged by
what is published, as GitHub keeps runs for a while only. Lines and JSON only read.
In the console you may answer a gate that waits for you, or re-run failed jobs.`

const attachExample = `$ twokey attach
$ twokey attach 2.11.6 --plain
$ twokey attach 2.11.6 --json`

const verifyLong = `Hold what a release published against the commit that it was released from. Only
reads, and needs no token where everything is public: what GitHub shows only with
one is unknown then, and of a large release its 60 requests an hour are enough for
one stage.

Every file on PyPI, in the registry, at the .deb host and of the GitHub release is
read whole. Each file in it is looked up in the commit by git's name for what it
holds. What the commit does not have is compared with the release before: what is
new has to be acknowledged. Without VERSION it takes the newest release.`

const verifyExample = `$ twokey verify
$ twokey verify 2.11.6 --stage package
$ twokey verify 2.11.6 --explain m4/build-to-host.m4
$ twokey verify 2.11.6 --json`

const rehearseLong = `Run any command against a simulated GitHub, PyPI, image registry and .deb host, in
this process. There is no network and no token, and nothing is at stake.

Without COMMAND it is ` + "`twokey release`" + `: the console or, without a terminal, the
same release as plain lines to its end. Flags of COMMAND follow it; those of
rehearse may stand before it or behind it.

The world is a sample of three repositories, or what --from takes from clones of
your own: branches, tags, workflow files and twokey.yml. Nothing is written there.`

const rehearseExample = `$ twokey rehearse
$ twokey rehearse --speed 50 release --bump patch --yes
$ twokey rehearse --scenario failed-job release --bump patch --yes --json
$ twokey rehearse --from . --from ckan/ckan-packaging=../ckan-packaging status
$ twokey rehearse --from . --plan twokey.yml check
$ twokey rehearse --listen unix:/tmp/world`

// sectionScenarios is the annotation of a command that has scenarios to list.
const sectionScenarios = "scenarios"

// setHelp makes help of root and of all below it look as gh's does.
func setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		fmt.Fprint(c.OutOrStdout(), help(c))
	})
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.OutOrStderr(), help(c))
		return err
	})
}

// help is the whole help of a command.
func help(c *cobra.Command) string {
	c.Flags().SortFlags = false // their order is ours
	var b strings.Builder
	b.WriteString(c.Long)
	section := func(title, body string) {
		if body = strings.TrimRight(body, "\n"); body != "" {
			fmt.Fprintf(&b, "\n\n%s\n%s", title, indent(body))
		}
	}
	section("USAGE", c.UseLine())
	section("COMMANDS", commands(c))
	section("FLAGS", dedent(c.LocalFlags().FlagUsagesWrapped(0)))
	section("INHERITED FLAGS", dedent(c.InheritedFlags().FlagUsagesWrapped(0)))
	section("SCENARIOS", c.Annotations[sectionScenarios])
	section("EXAMPLES", c.Example)
	section("ENVIRONMENT", environment)
	section("EXIT CODES", exitCodes)
	b.WriteByte('\n')
	return b.String()
}

// commands lists what c has below it.
func commands(c *cobra.Command) string {
	var b strings.Builder
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(&b, "%-10s  %s\n", sub.Name(), sub.Short)
		}
	}
	return b.String()
}

// indent puts two spaces before every line.
func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// dedent takes the two spaces away that pflag puts before every line.
func dedent(s string) string {
	return strings.TrimPrefix(strings.ReplaceAll(s, "\n  ", "\n"), "  ")
}
