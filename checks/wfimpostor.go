package checks

import (
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// Pin is a commit of a repository that a workflow uses something at.
type Pin struct {
	Repo string // owner/name, in lower case
	SHA  string
}

// PinOf is the pin of what is used; false for what is not pinned by a commit.
func PinOf(u actions.Use) (Pin, bool) {
	if u.Repo == "" || u.Kind == actions.KindImage || !u.Pinned() {
		return Pin{}, false
	}
	return Pin{strings.ToLower(u.Repo), u.Ref}, true
}

// Origin is where a pinned commit belongs.
type Origin struct {
	// Ref is a branch or tag that leads to it, such as "tag v4.1.0"; zero where none of
	// the repository does.
	Ref text.Safe
}

// wfImpostor asks whether a pinned commit is one of the repository that it is named
// with. GitHub keeps the commits of a repository and of all its forks in one place, and
// finds each under any of their names: a stranger's commit looks like the project's own.
func wfImpostor() Check {
	return Check{
		ID:    "wf.impostor",
		Title: "Pinned commits are the action's own",
		Why:   "GitHub finds a commit of any fork under the name of the original, so that a pin may be to a stranger's code.",
		Looks: "Every action and reusable workflow that is pinned to a commit: that a branch or tag of the repository that it " +
			"is named with leads to that commit. Where not all of them could be asked, it is unknown.",
		Factor:   Build,
		Severity: SeverityBlock,
		Remedy:   "pin it to the commit of a release of that repository, and find out who wrote this one into the workflow",
		Needs:    []Part{PartProgram, PartPins},
		Judge: func(s *Snapshot) Result {
			pins, read := s.Pins.Get()
			known := map[Pin]bool{}
			a := audit(s, func(a *auditor, job actions.Job) {
				for _, u := range job.Uses() {
					pin, ok := PinOf(u)
					if !ok {
						continue
					}
					known[pin] = true
					origin := pins[pin]
					if !read {
						origin = Lack[Origin](s.Pins.Missing())
					}
					judgeOrigin(a, u, origin)
				}
			})
			if len(known) == 0 && len(a.seen) == 0 {
				return Result{Outcome: NotApplicable, Summary: text.Clean("nothing is pinned to a commit")}
			}
			return a.verdict(text.Cleanf("%s are of the repositories that they are named with", plural(len(known), "pinned commit")))
		},
	}
}

// judgeOrigin looks at where one pinned commit belongs.
func judgeOrigin(a *auditor, u actions.Use, got Got[Origin]) {
	origin, ok := got.Get()
	switch {
	case !ok:
		m := got.Missing()
		a.found(Unknown, u.File, u.Line, m.next(), "%s: whether %s has the commit is not known: %s", u.Text, u.Repo, m.Why)
	case origin.Ref.IsZero():
		a.found(Fail, u.File, u.Line, "", "%s: no branch or tag of %s leads to this commit", u.Text, u.Repo)
	}
}
