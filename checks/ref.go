package checks

import "twokey/checks/text"

// refLine asks whether the release is made from its release line, and from that
// line's head. It can not be waived: what was checked is what is released.
func refLine() Check {
	return Check{
		ID:    "ref.line",
		Title: "Branch is a release line",
		Why:   "What is released must be what was checked, on the branch that releases are made from.",
		Looks: "That the branch is the release line that the plan gives for this version, and that its head is still the " +
			"commit that was chosen. Of a release that was begun, that the tag's commit is one of the line's.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "plan the release again, from the head of the release line",
		Needs:    []Part{PartRefs},
		Judge:    judgeLine,
		NoWaiver: true,
	}
}

func judgeLine(s *Snapshot) Result {
	sub := s.Subject
	var t tally
	judgeLineName(&t, sub)
	type place struct{ repo, branch, sha string }
	first := place{sub.Repo, sub.Line, sub.SHA}
	summary := text.Cleanf("%s is the head of the release line %s", short(sub.SHA), sub.Line)
	if sub.Started() {
		judgeOnLine(&t, sub, s.OnLine)
		summary = text.Cleanf("%s is a commit of the release line %s", short(sub.SHA), sub.Line)
	} else {
		judgeHead(&t, first.repo, first.branch, first.sha, s.Head)
	}
	seen := map[place]bool{first: true}
	for st, f := range stages(s) {
		p := place{st.Repo, st.Branch, st.SHA}
		if !seen[p] && !st.Started {
			judgeHead(&t, p.repo, p.branch, p.sha, f.Head)
			seen[p] = true
		}
	}
	return t.result(summary)
}

// judgeOnLine is for a release that was started: its line may have moved on since,
// but the commit has to be one of the line's.
func judgeOnLine(t *tally, sub Subject, got Got[bool]) {
	e := Evidence{What: text.Cleanf("%s on %s", short(sub.SHA), sub.Line)}
	on, ok := got.Get()
	switch {
	case !ok:
		t.lack(e.What, got.Missing())
	case !on:
		e.Saw, e.Outcome = text.Clean("the tag leads to a commit that the line does not have"), Fail
		t.add(e, "find out who made the tag, and from what; nothing more should be started for it")
	default:
		t.pass(e.What, text.Clean("is a commit of the line"), text.Safe{})
	}
}

// judgeLineName compares the branch with what the plan's template gives for this
// version; a template without placeholders is the name of the one line.
func judgeLineName(t *tally, sub Subject) {
	e := Evidence{What: text.Cleanf("branch %s", sub.Line)}
	switch {
	case sub.LinePattern == "" || sub.LineExpected == "":
		e.Saw, e.Outcome = text.Clean("the plan does not say which branches are release lines"), Unknown
		t.add(e, "name the release lines in twokey.yml, such as `lines: main`")
	case sub.Line != sub.LineExpected:
		e.Saw = text.Cleanf("%s is released from %s (%s in the plan)", sub.Version, sub.LineExpected, sub.LinePattern)
		e.Outcome = Fail
		t.add(e, "release from the line of this version: `--line "+sub.LineExpected+"`, or choose a version of this line")
	default:
		t.pass(e.What, text.Cleanf("is the release line of %s", sub.Version), text.Safe{})
	}
}

// judgeHead compares a branch's head now with the commit that was chosen.
func judgeHead(t *tally, repo, branch, sha string, got Got[string]) {
	e := Evidence{What: text.Cleanf("head of %s in %s", branch, repo)}
	head, ok := got.Get()
	switch {
	case !ok:
		t.lack(e.What, got.Missing())
	case sha == "":
		e.Saw, e.Outcome = text.Clean("the plan names no commit to compare it with"), Unknown
		t.add(e, "")
	case head != sha:
		e.Saw = text.Cleanf("the branch moved: it is at %s now, and %s was chosen", short(head), short(sha))
		e.Outcome = Fail
		t.add(e, "look at what the branch gained, then plan the release again")
	default:
		t.pass(e.What, text.Clean(short(sha)), text.Safe{})
	}
}
