package checks

import (
	"slices"

	"twokey/checks/text"
)

// repDoubleBuild asks, where a release builds a file twice in jobs that know nothing of
// each other, whether both made the same.
func repDoubleBuild() Check {
	return Check{
		ID:    "rep.double-build",
		Title: "What is built twice is the same",
		Why:   "A build that another machine can repeat was not tampered with on one of them.",
		Looks: "The artifacts that the stage's runs have kept on GitHub. Where two of them hold a file of one name, the files are compared: equal, equal in everything that is in them, " +
			"or different. twokey builds nothing itself.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "find out what differs, and make the build reproducible: SOURCE_DATE_EPOCH from the commit is a beginning",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			var t tally
			n := 0
			eachFile(s, &t, func(_ ArtifactFacts, f FileFacts, what text.Safe) {
				if len(f.Built) < 2 {
					t.add(Evidence{What: what, Saw: text.Clean("was built once, or nobody kept both"), Outcome: NotApplicable}, "")
					return
				}
				n++
				first := f.Built[0]
				for _, b := range f.Built[1:] {
					judgeBuilt(&t, what, first, b)
				}
			})
			for i, st := range s.Stages {
				if st.Unkept != nil {
					t.lack(text.Cleanf("what the runs of %s have kept", s.Subject.Stages[i].Name), *st.Unkept)
				}
			}
			if n == 0 {
				return t.result(text.Clean("nothing was built twice"))
			}
			return t.result(text.Cleanf("%s built twice, with the same in it", plural(n, "file")))
		},
	}
}

func judgeBuilt(t *tally, what text.Safe, a, b Built) {
	both := text.Cleanf("%s and %s", a.By, b.By)
	switch {
	case a.Digest == b.Digest:
		t.pass(what, text.Cleanf("%s: equal", both), text.Safe{})
	case a.Members == nil || b.Members == nil:
		t.add(Evidence{What: what, Saw: text.Cleanf("%s: differ, and could not be looked into", both), Outcome: Warn}, "")
	default:
		if unlike := unlikeMembers(a.Members, b.Members); len(unlike) > 0 {
			t.add(Evidence{What: what, Saw: text.Cleanf("%s: differ in %s", both, some(unlike)), Outcome: Warn}, "")
			return
		}
		t.pass(what, text.Cleanf("%s: contents equal, container differs", both), text.Safe{})
	}
}

// unlikeMembers are the paths at which two archives differ, in order.
func unlikeMembers(a, b map[string]string) []string {
	var out []string
	for p, sum := range a {
		if b[p] != sum {
			out = append(out, p)
		}
	}
	for p := range b {
		if _, there := a[p]; !there {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
