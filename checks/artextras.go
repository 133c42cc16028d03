package checks

import (
	"strings"

	"twokey/checks/text"
)

// artExtras asks whether what is in an artifact and not in its commit was in the release
// before as well. xz 5.4.1 had 128 files that are not in git, rightly; what mattered of
// 5.6.0 was the one that 5.4.6 did not have.
func artExtras() Check {
	return Check{
		ID:    "art.extras",
		Title: "Nothing new that is not in git",
		Why:   "What ran the backdoor of xz was one file of the tarball that was not in git, among a hundred that were not either.",
		Looks: "The files in each published file that the commit does not have, and data that differs from the commit's, beside those of the release before. What is new, " +
			"or has another content than it had then, has to be acknowledged by path and hash, in twokey.yml or with --acknowledge. So has code of the commit's in a new " +
			"place, new code that the plan says the build makes, and what is new outside of the project in a .deb. Where there is no release before to compare with, " +
			"everything is new, but outside of the project only what a system runs by itself.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "look at the file; take the artifact back unless you know what made it",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			var t tally
			known, accepted := 0, 0
			n := eachFile(s, &t, func(a ArtifactFacts, f FileFacts, what text.Safe) {
				k, ack := judgeExtras(&t, s, a, f, what)
				known, accepted = known+k, accepted+ack
			})
			passed := text.Cleanf("%s: nothing is new that the commit does not have", plural(n, "file"))
			if known > 0 {
				passed = text.Cleanf("%s; %s not in git, as in the release before", passed, plural(known, "file"))
			}
			if accepted > 0 {
				passed = text.Cleanf("%s; %d acknowledged", passed, accepted)
			}
			return t.result(passed)
		},
	}
}

// judgeExtras looks at one published file. It gives how many files are not the commit's
// as they were not in the release before, and how many are acknowledged.
func judgeExtras(t *tally, s *Snapshot, a ArtifactFacts, f FileFacts, what text.Safe) (known, accepted int) {
	if !a.Unheld.IsZero() || f.Form == FormOther {
		t.add(Evidence{What: what, Saw: text.Clean("was held against no commit"), Outcome: NotApplicable, URL: f.URL}, "")
		return 0, 0
	}
	tr, ok := f.Traced.Get()
	if !ok {
		t.lack(what, f.Traced.Missing())
		return 0, 0
	}
	all, outside := tr.Modified.Files+tr.Extra.Files, tr.beside()
	before, read := f.Before.Get()
	if all+outside+len(f.Unlike) > 0 && !read {
		m := f.Before.Missing()
		t.add(Evidence{What: what, Outcome: Unknown, URL: f.URL,
			Saw: text.Cleanf("%s, and the release before could not be compared with: %s", beyond(all, outside, tr), m.Why)}, m.next())
		return 0, 0
	}
	fresh := 0
	for _, u := range f.Unlike {
		if u.Verdict == FileModified || u.Verdict == FileExtra {
			fresh++
		}
		if ack := u.acknowledged(s.Subject); ack != nil {
			e := u.evidence(s, f, Pass, what, "acknowledged: "+ack.Reason.String())
			e.Accepted, e.Acknowledge = ack.Reason, u.key()
			t.add(e, "")
			accepted++
		} else if !u.otherCode() { // which art.trace looks at
			t.add(u.unacknowledged(s, f, what, u.how(before)), takeBack(a))
		}
	}
	if all+outside == 0 {
		t.pass(what, text.Clean("nothing in it that is not in git"), f.URL)
		return 0, accepted
	}
	t.pass(what, text.Cleanf("%s, %s", beyond(all, outside, tr), comparedWith(before)), f.URL)
	return all - fresh, accepted
}

// beside counts what lies outside of the source of a .deb and is not its documentation.
func (t *Traced) beside() (n int) {
	for _, f := range t.Files {
		if f.Verdict == FileOutside && f.Why.IsZero() {
			n++
		}
	}
	return n
}

// beyond says how much of an artifact no commit has.
func beyond(all, outside int, tr Traced) string {
	in, out := plural(all, "file")+" not in git", plural(outside, "file")+" outside of "+tr.Source
	switch {
	case outside == 0:
		return in
	case all == 0:
		return out
	}
	return in + " and " + out
}

// comparedWith says what the extras of an artifact were held against.
func comparedWith(b LastTime) string {
	if b.Version == "" {
		return "and nothing to compare with: " + b.None.String()
	}
	return "beside those of " + b.Version
}

// otherCode holds for code that differs from the commit's.
func (u Unlike) otherCode() bool { return u.Verdict == FileModified && u.Runs }

// how says in what way a file is unlike the release before.
func (u Unlike) how(b LastTime) string {
	what := "is not in git"
	switch u.Verdict {
	case FileModified:
		what = "is not as in git"
	case FileMoved, FileSame:
		what = "has another place in git"
	case FileGenerated:
		what = "is not in git, though the plan says that the build makes it"
	case FileOutside:
		what = "lies outside of the project"
	}
	if !u.Why.IsZero() && u.Verdict != FileGenerated {
		what += " (" + u.Why.String() + ")"
	}
	switch {
	case b.Version == "":
		what += ", and there is no release before to compare with"
	case u.Renamed:
		what += ", and had another name in " + b.Version
	case u.Was != "":
		what += ", and was another in " + b.Version
	default:
		what += ", nor was it so in " + b.Version
	}
	switch {
	case u.Setid:
		what += "; it runs as its owner or group, whoever starts it"
	case u.Runs:
		what += "; it can be run"
	}
	return what
}

// evidence is a file in an artifact, as a finding shows it.
func (u Unlike) evidence(s *Snapshot, f FileFacts, o Outcome, what text.Safe, saw string) Evidence {
	return Evidence{What: text.Cleanf("%s in %s", u.Path, what), Saw: text.Cleanf("%s; %s, blob %s", saw, Size(u.Size), u.Blob), Outcome: o, URL: f.URL, How: text.Clean(saw),
		Place: &Place{Repo: text.Clean(s.Subject.Repo), At: text.Clean(s.Subject.SHA), Path: text.Clean(u.Path), Blob: u.Blob}}
}

// acknowledged is the word of somebody who has looked at just this file; nil for none.
func (u Unlike) acknowledged(sub Subject) *Acknowledgement {
	ack, _ := acknowledged(sub.Acknowledged, Change{Path: u.Path, Blob: u.Blob})
	return ack
}

// unacknowledged is the evidence of a file that somebody has to look at.
func (u Unlike) unacknowledged(s *Snapshot, f FileFacts, what text.Safe, saw string) Evidence {
	e := u.evidence(s, f, Fail, what, saw)
	e.Acknowledge = u.key()
	return e
}

// key is how somebody names the file who says to have looked at it; empty where a person
// would see another name than the file has, or it can not be told from a reason.
func (u Unlike) key() string {
	if p := text.Clean(u.Path).String(); p != u.Path || strings.Contains(p, "=") {
		return ""
	}
	return u.Path + "@" + u.Blob
}
