package checks

import (
	"fmt"
	"regexp"
	"strings"

	"twokey/checks/text"
)

// artTrace asks whether the files in what was published are those of the released
// commit.
func artTrace() Check {
	return Check{
		ID:    "art.trace",
		Title: "What is published is the commit's",
		Why:   "An artifact that holds other code than its commit was built from something that nobody checked.",
		Looks: "Every file in every published file, by git's name for its content, against the tree of the released commit: the same, moved, written by the build " +
			"backend, modified, extra, missing or, in a .deb, outside of the project. Code that differs from the commit's, and did not differ like this in the release before, fails; " +
			"so does an archive that nobody should unpack, one whose own list of its files is wrong, and one with nothing of the commit where the plan says that the project is. " +
			"What is extra is looked at by art.extras.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "take it back, find out what it was built from, and release anew",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			var t tally
			var all Traced
			eachFile(s, &t, func(a ArtifactFacts, f FileFacts, what text.Safe) {
				judgeTrace(&t, s, a, f, what)
				if tr, ok := f.Traced.Get(); ok {
					all.Same.Files += tr.Same.Files + tr.Moved.Files
					all.Generated.Files += tr.Generated.Files
				}
			})
			return t.result(text.Cleanf("%s traced to the commit, and %d written by the build", plural(all.Same.Files, "file"), all.Generated.Files))
		},
	}
}

func judgeTrace(t *tally, s *Snapshot, a ArtifactFacts, f FileFacts, what text.Safe) {
	if !a.Unheld.IsZero() {
		t.add(Evidence{What: what, Saw: a.Unheld, Outcome: Warn, URL: f.URL}, "name in twokey.yml, as its source, where the project's own files are in it")
		return
	}
	if f.Form == FormOther {
		t.add(Evidence{What: what, Saw: text.Clean("is no archive that is looked into"), Outcome: NotApplicable, URL: f.URL}, "")
		return
	}
	tr, ok := f.Traced.Get()
	switch {
	case !ok:
		t.lack(what, f.Traced.Missing())
		return
	case !tr.Refused.IsZero():
		t.add(Evidence{What: what, Saw: text.Cleanf("nobody should unpack it: %s", tr.Refused), Outcome: Fail, URL: f.URL}, takeBack(a))
		return
	case f.Yanked:
		t.add(Evidence{What: what, Saw: text.Cleanf("is yanked: %s", orElse(f.YankedWhy, "nobody says why")), Outcome: Warn, URL: f.URL}, "ask who yanked it, and why")
	}
	for _, lie := range tr.Lies {
		t.add(Evidence{What: what, Saw: lie, Outcome: Fail, URL: f.URL}, takeBack(a))
	}
	for _, note := range tr.Notes {
		t.add(Evidence{What: what, Saw: note, Outcome: Warn, URL: f.URL}, "see whether that is meant")
	}
	for _, told := range f.Otherwise {
		t.add(Evidence{What: what, Saw: told, Outcome: Warn, URL: f.URL}, "see whether that is meant")
	}
	if lacks := tr.lacks(f.Form); !lacks.IsZero() {
		t.pass(what, lacks, f.URL)
	}
	for _, u := range f.Unlike {
		if u.otherCode() && u.acknowledged(s.Subject) == nil {
			saw := "is not the commit's"
			if u.Setid {
				saw += ": it runs as its owner or group, whoever starts it"
			}
			t.add(u.unacknowledged(s, f, what, saw), takeBack(a))
		}
	}
	switch nothing := tr.Same.Files+tr.Moved.Files == 0; {
	case nothing && tr.Modified.Files+tr.Extra.Files > 0:
		t.add(Evidence{What: what, Saw: text.Clean("not one file of it is the commit's"), Outcome: Fail, URL: f.URL}, takeBack(a))
		return
	case nothing && tr.Source != "": // what only gathers others holds nothing of its own, and names no source
		t.add(Evidence{What: what, Saw: text.Cleanf("nothing of the project lies in %s", tr.Source), Outcome: Fail, URL: f.URL},
			"if its files are elsewhere in it, name that place as its source in twokey.yml; else "+takeBack(a))
		return
	}
	t.pass(what, tr.Words(), f.URL)
}

// Words is a trace on one line.
func (t *Traced) Words() text.Safe {
	parts := []string{fmt.Sprintf("traced %s", plural(t.Same.Files, "file"))}
	for _, p := range []struct {
		n    Tally
		name string
	}{{t.Moved, "moved"}, {t.Generated, "generated"}, {t.Modified, "modified"}, {t.Extra, "extra"}} {
		if p.n.Files > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n.Files, p.name))
		}
	}
	if t.Outside.Files > 0 {
		parts = append(parts, fmt.Sprintf("%.0f%% of its bytes outside of %s", 100-100*t.inside(), t.Source))
	}
	return text.Clean(strings.Join(parts, ", "))
}

// inside is the share of the bytes that lie within the source, from 0 to 1.
func (t *Traced) inside() float64 {
	in := t.Same.Bytes + t.Generated.Bytes + t.Moved.Bytes + t.Modified.Bytes + t.Extra.Bytes
	if in+t.Outside.Bytes == 0 {
		return 1
	}
	return float64(in) / float64(in+t.Outside.Bytes)
}

// leftOut are the files that many leave out, and that are named last.
var leftOut = regexp.MustCompile(`^(?:\.|(?:docs?|tests?|examples?|tools|scripts)/)`)

// maxLacked is how many files are named that a source distribution has not.
const maxLacked = 10

// lacks says what a source distribution has not of its commit. Many leave out what only
// developers need, so that it is told and no more; empty where it lacks nothing that
// .gitattributes does not leave out.
func (t *Traced) lacks(form Form) text.Safe {
	var lacked, aside []string
	for _, f := range t.Files {
		switch {
		case f.Verdict != FileMissing || !f.Why.IsZero() || form != FormSdist:
		case leftOut.MatchString(f.Path):
			aside = append(aside, text.Clean(f.Path).Clip(120).String())
		default:
			lacked = append(lacked, text.Clean(f.Path).Clip(120).String())
		}
	}
	names := append(lacked, aside...)
	n := len(names)
	names = names[:min(n, maxLacked)]
	switch more := n - len(names); {
	case n == 0:
		return text.Safe{}
	case more > 0:
		return text.Cleanf("%s of the commit are not in it: %s and %d more", plural(n, "file"), strings.Join(names, ", "), more)
	case n == 1:
		return text.Cleanf("1 file of the commit is not in it: %s", names[0])
	}
	return text.Cleanf("%s of the commit are not in it: %s", plural(n, "file"), strings.Join(names, ", "))
}
