package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/checks/version"
)

// tagFree asks whether anything stands already under what the release would
// create. It can not be waived: there is never a second release.
func tagFree() Check {
	return Check{
		ID:    "tag.free",
		Title: "Version is not taken",
		Why:   "A second release of one version leaves people with two different things under one name.",
		Looks: "The plan's tags, releases and claims, and what stands under the names of its artifacts. Any of them being " +
			"there blocks. Under a name without the version an earlier release stands rightly.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "choose the next version",
		Needs:    []Part{PartRefs, PartPublished},
		Judge:    judgeFree,
		NoWaiver: true,
	}
}

func judgeFree(s *Snapshot) Result {
	var t tally
	attach := fmt.Sprintf("if this release is in flight, rejoin it with `twokey attach %s`; "+
		"otherwise choose the next version", s.Subject.Version)
	for st, f := range stages(s) {
		if st.Started {
			t.pass(text.Cleanf("stage %s", st.Name), text.Cleanf("claimed by this release at %s", short(st.SHA)), text.Safe{})
			continue
		}
		if st.Tag != "" {
			judgeAbsent(&t, text.Cleanf("tag %s in %s", st.Tag, st.Repo), f.Tag, attach)
			judgeAbsent(&t, text.Cleanf("release %s in %s", st.Tag, st.Repo), f.Release, attach)
		}
		if st.Tag == "" || st.ClaimRef != "refs/tags/"+st.Tag {
			judgeAbsent(&t, text.Cleanf("claim %s in %s", st.ClaimRef, st.Repo), f.Claim, attach)
		}
		for i, a := range st.Artifacts {
			judgeUnpublished(&t, text.Clean(a), at(f.Published, i))
		}
	}
	if len(t.seen) > 0 && !named(s.Subject) {
		t.add(Evidence{What: text.Clean("artifacts"), Outcome: NotApplicable,
			Saw: text.Clean("the plan names none: nothing that is published is looked at")}, "")
	}
	return t.result(freeSummary(s.Subject))
}

// named tells whether the plan names an artifact.
func named(s Subject) bool {
	return slices.ContainsFunc(s.Stages, func(st SubjectStage) bool { return len(st.Artifacts) > 0 })
}

// freeSummary says what was looked for and is not there. Of artifacts it says nothing
// where the plan names none: whatever is published was not looked at.
func freeSummary(s Subject) text.Safe {
	summary := text.Cleanf("no tag, release, claim or artifact of %s", s.Version)
	switch {
	case s.Started():
		summary = text.Cleanf("nothing of %s but what this release has started", s.Version)
	case !named(s):
		summary = text.Cleanf("no tag, release or claim of %s", s.Version)
	}
	if !named(s) {
		return text.Cleanf("%s; the plan names no artifact", summary)
	}
	return summary
}

// judgeAbsent looks at a ref or release that must not be there.
func judgeAbsent(t *tally, what text.Safe, got Got[RefFact], fix string) {
	r, ok := got.Get()
	switch {
	case !ok:
		t.lack(what, got.Missing())
	case r.Exists:
		t.add(Evidence{What: what, Saw: describe(r), Outcome: Fail, URL: r.URL}, fix)
	default:
		t.pass(what, text.Clean("free"), r.URL)
	}
}

// describe says of a ref where it leads, who made it and when, as far as known.
func describe(r RefFact) text.Safe {
	var b strings.Builder
	b.WriteString("exists already")
	if r.SHA != "" {
		b.WriteString(" at " + short(r.SHA))
	}
	if !r.By.IsZero() {
		b.WriteString(", made by " + r.By.String())
	}
	if !r.At.IsZero() {
		b.WriteString(r.At.UTC().Format(" on 2006-01-02 15:04 UTC"))
	}
	return text.Clean(b.String())
}

// day is a date as people everywhere read it, in UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// judgeUnpublished looks at the place of an artifact. Under a name that does not
// carry the version an earlier release stands there rightly.
func judgeUnpublished(t *tally, what text.Safe, got Got[Published]) {
	p, ok := got.Get()
	switch {
	case !ok:
		t.lack(what, got.Missing())
	case !p.Exists:
		t.pass(what, text.Clean("not published"), p.URL)
	case p.Mutable:
		t.pass(what, text.Clean("holds an earlier release, which this one replaces"), p.URL)
	default:
		t.add(Evidence{What: what, Saw: text.Clean("published already"), Outcome: Fail, URL: p.URL},
			"choose the next version: what was published under this one stays as it is")
	}
}

// tagVersion asks whether the version is one, and comes after those of its line.
func tagVersion() Check {
	return Check{
		ID:    "tag.version",
		Title: "Version follows the last",
		Why:   "A version that is not above the last one reaches nobody, or takes people back.",
		Looks: "The version against every tag that the plan's template fits: it has to be valid in the plan's scheme and " +
			"above all of its line. It warns when the commit is out already under another version, and when the last " +
			"release is not over.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "choose a version above the last one of this line; `twokey status` suggests it",
		Needs:    []Part{PartTags},
		Judge:    judgeVersion,
	}
}

func judgeVersion(s *Snapshot) Result {
	sub := s.Subject
	tags, ok := s.Versions.Get()
	switch {
	case sub.Tag == "":
		return Result{Outcome: Unknown, Summary: text.Clean("the plan names no tag: the last version is read from the tags"),
			Remedy: "name the project's tags in twokey.yml, such as `tag: v{version}`, also where a workflow makes them"}
	case !ok:
		var t tally
		t.lack(text.Cleanf("tags of %s", sub.Repo), s.Versions.Missing())
		return t.result(text.Safe{})
	}
	scheme := version.Scheme(sub.Scheme)
	v, err := version.Parse(scheme, sub.Version)
	if err != nil {
		return Result{Outcome: Fail, Summary: text.Clean(err.Error()),
			Remedy: "choose a version that the plan's scheme has, such as " + example(scheme)}
	}
	last := Evidence{What: text.Clean("last version of the line"), Saw: text.Clean("none"), Outcome: Pass}
	var highest version.Version
	var same []text.Safe
	for _, tag := range tags {
		w, err := version.Parse(scheme, tag.Version)
		if err != nil {
			continue // a tag of another scheme is no version of this line
		}
		if v.Compare(w) == 0 && sub.Started() && tag.SHA == sub.SHA {
			continue // this release's own
		}
		if v.Compare(w) == 0 {
			return Result{Outcome: Fail, Summary: text.Cleanf("%s exists already, as the tag %s at %s",
				sub.Version, tag.Name, short(tag.SHA))}
		}
		if tag.SHA == sub.SHA && sub.SHA != "" && !finishes(v, w) {
			same = append(same, text.Clean(w.String()))
		}
		if sameLine(sub.LinePattern, v, w) && (highest.IsZero() || highest.Compare(w) < 0) {
			highest = w
			last.Saw = text.Cleanf("%s, the tag %s at %s", w, tag.Name, short(tag.SHA))
		}
	}
	r := Result{Outcome: Pass, Evidence: []Evidence{last}}
	switch {
	case highest.IsZero():
		r.Summary = text.Cleanf("%s is the first version of its line", v)
	case v.Compare(highest) < 0:
		r.Outcome, r.Evidence[0].Outcome = Fail, Fail
		r.Summary = text.Cleanf("%s is below %s, the last version of its line", v, highest)
	default:
		r.Summary = text.Cleanf("%s follows %s", v, highest)
	}
	if r.Outcome == Pass {
		doubts(&r, sub, same)
	}
	return r
}

// doubts warns of a version that is above the last one, and may be none that was
// meant: its commit is out already as same, or the last release is not over.
func doubts(r *Result, sub Subject, same []text.Safe) {
	doubt := func(what, saw text.Safe, next string) {
		if r.Outcome == Pass {
			r.Outcome, r.Remedy = Warn, next
		}
		r.Summary = text.Cleanf("%s; %s", r.Summary, saw)
		r.Evidence = append(r.Evidence, Evidence{What: what, Saw: saw, Outcome: Warn})
	}
	if !sub.Left.IsZero() {
		doubt(text.Clean("the release before it"), sub.Left,
			"see to that release first, as `twokey status` says, or go on and leave it so")
	}
	if len(same) > 0 {
		doubt(text.Cleanf("commit %s", short(sub.SHA)), text.Cleanf("the same commit as %s", text.Join(same, ", ")),
			"release it only if this commit is to come out once more, under another version")
	}
}

// finishes tells whether v is a final version and w a pre-release: what was tried is
// often released from its very commit.
func finishes(v, w version.Version) bool { return w.Prerelease() && !v.Prerelease() }

// example is a version of a scheme.
func example(s version.Scheme) string {
	if s == version.PEP440 {
		return "1.2.3 or 1.3.0rc1"
	}
	return "1.2.3 or 1.3.0-rc.1"
}

// sameLine tells whether two versions belong to one release line: they share
// every number that the line's name carries. Under a name without numbers there
// is one line for all.
func sameLine(pattern string, v, w version.Version) bool {
	for i, placeholder := range []string{"{major}", "{minor}", "{patch}"} {
		if strings.Contains(pattern, placeholder) && v.Part(i) != w.Part(i) {
			return false
		}
	}
	return true
}
