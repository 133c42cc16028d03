package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// relImmutable asks whether GitHub keeps the releases of the project as they were
// published. It warns: the setting is young, and many sound projects do without it.
func relImmutable() Check {
	return Check{
		ID:    "rel.immutable",
		Title: "GitHub releases stay as they are",
		Why:   "A file of a release that can be replaced may become another one after everybody has looked.",
		Looks: "Whether the repositories in which the plan makes a GitHub release keep releases immutable, as their " +
			"settings say, which administrators see, or as their last release says itself.",
		Factor:   Traceability,
		Severity: SeverityWarn,
		Remedy:   "turn on release immutability in the repository's settings, under General, Releases; it holds for the releases after that",
		Needs:    []Part{PartImmutable},
		Judge:    judgeImmutable,
	}
}

func judgeImmutable(s *Snapshot) Result {
	var t tally
	var repos []string
	for st, f := range stages(s) {
		if !st.MakesRelease() || slices.Contains(repos, st.Repo) {
			continue
		}
		repos = append(repos, st.Repo)
		what := text.Cleanf("releases of %s", st.Repo)
		is, ok := f.Immutable.Get()
		switch {
		case !ok:
			t.lack(what, f.Immutable.Missing())
		case !is.On:
			t.add(Evidence{What: what, Saw: text.Clean("can be changed after they were published"), Outcome: Warn, URL: is.URL}, "")
		case !is.Last.IsZero():
			t.pass(what, text.Cleanf("the last one, %s, is immutable", is.Last), is.URL)
		case is.ByOwner:
			t.pass(what, text.Clean("immutable, as the owner demands"), is.URL)
		default:
			t.pass(what, text.Clean("immutable"), is.URL)
		}
	}
	if len(repos) == 0 && len(s.Subject.Stages) > 0 {
		return Result{Outcome: NotApplicable, Summary: text.Clean("no stage of the plan publishes a GitHub release")}
	}
	if len(repos) == 1 && len(t.seen) == 1 {
		return t.result(text.Cleanf("%s: %s", t.seen[0].What, t.seen[0].Saw))
	}
	return t.result(text.Cleanf("immutable in %s", allOf(len(repos))))
}

// MakesRelease tells whether the stage makes or publishes a GitHub release.
func (st SubjectStage) MakesRelease() bool {
	return st.Trigger == "release" ||
		slices.ContainsFunc(st.Artifacts, func(a string) bool { return strings.HasPrefix(a, "github-release ") })
}
