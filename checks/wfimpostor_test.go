package checks_test

import (
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/actions"
	"twokey/checks/text"
)

// goodPins are what the good workflow uses, each at the commit of a tag.
func goodPins() map[checks.Pin]checks.Got[checks.Origin] {
	pins := map[checks.Pin]checks.Got[checks.Origin]{}
	for _, repo := range []string{"actions/checkout", "actions/upload-artifact", "actions/download-artifact",
		"actions/attest-build-provenance", "pypa/gh-action-pypi-publish"} {
		pins[checks.Pin{Repo: repo, SHA: pin}] = checks.Have(checks.Origin{Ref: text.Clean("tag v1")})
	}
	return pins
}

func TestImpostor(t *testing.T) {
	origin := func(got checks.Got[checks.Origin]) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			pins := goodPins()
			pins[checks.Pin{Repo: "pypa/gh-action-pypi-publish", SHA: pin}] = got
			s.Pins = checks.Have(pins)
		}
	}
	both := func(changes ...func(*checks.Snapshot)) func(*checks.Snapshot) {
		return func(s *checks.Snapshot) {
			for _, c := range changes {
				c(s)
			}
		}
	}
	missing := checks.Missing{Why: text.Clean("12 of its branches were not asked"), Next: "look at the commit"}
	judge(t, "wf.impostor", []verdictCase{
		{name: "clean", want: checks.Pass, says: "5 pinned commits are of the repositories"},
		{name: "of no branch or tag", change: origin(checks.Have(checks.Origin{})), want: checks.Fail,
			says: "pypa/gh-action-pypi-publish@" + pin + ": no branch or tag of pypa/gh-action-pypi-publish leads to this commit",
			fix:  "pin it to the commit of a release"},
		{name: "not all were asked", change: origin(checks.Lack[checks.Origin](missing)), want: checks.Unknown,
			says: "is not known: 12 of its branches were not asked", fix: "look at the commit"},
		{name: "never asked", change: func(s *checks.Snapshot) { s.Pins = checks.Have(map[checks.Pin]checks.Got[checks.Origin]{}) },
			want: checks.Unknown, says: "it was not read", fix: "check again"},
		{name: "nothing is pinned", change: running(bare("uses: actions/checkout@v4")), want: checks.NotApplicable, says: "nothing is pinned to a commit"},
		{name: "nothing is pinned, and nothing was asked", change: both(running(bare("uses: actions/checkout@v4")), func(s *checks.Snapshot) {
			hide(&s.Pins, "a token")
		}), want: checks.NotApplicable},
		{name: "written in other letters", change: running(bare("uses: Actions/Checkout@" + pin)), want: checks.Pass, says: "1 pinned commit"},
		{name: "one part of a repository", change: running(bare("uses: actions/checkout/some/part@" + pin)), want: checks.Pass},
		{name: "a called workflow", change: running("on: {push: {tags: ['*']}}\npermissions: {}\njobs: {a: {uses: 'o/r/.github/workflows/a.yml@" + pin + "'}}\n"),
			want: checks.Unknown, says: "whether o/r has the commit is not known"},
		{name: "an image is none", change: running(bare("uses: docker://o/r@sha256:" + strings.Repeat("a", 64))), want: checks.NotApplicable},
	})
}

func TestPinOf(t *testing.T) {
	src := "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	for use, want := range map[string]checks.Pin{
		"o/R/sub@" + pin:                         {Repo: "o/r", SHA: pin},
		"o/r@v1":                                 {},
		"o/r@" + strings.ToUpper(pin[:39]) + "A": {}, // which GitHub takes for a name
		"./act":                                  {},
		"docker://o/r@sha256:" + strings.Repeat("a", 64): {},
	} {
		f := actions.Parse(actions.Ref{Repo: "q/q", Path: actions.Dir + "/a.yml"}, []byte(src+"      - uses: "+use+"\n"))
		p := actions.Program{Home: "q/q", Event: actions.EventPush, Entries: []actions.Ref{f.Ref}, Files: map[actions.Ref]*actions.File{f.Ref: f}}
		got, ok := checks.PinOf(p.Jobs()[0].Uses()[0])
		if got != want || ok != (want != checks.Pin{}) {
			t.Errorf("%s: %v, %v", use, got, ok)
		}
	}
}
