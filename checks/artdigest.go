package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// artDigest asks whether everybody who tells the digest of a published file tells the
// same. What is downloaded is one of them.
func artDigest() Check {
	return Check{
		ID:    "art.digest",
		Title: "Everybody tells the same digest",
		Why:   "A file that was replaced on its way has another digest than the one that somebody else still tells.",
		Looks: "The digests of each published file, as its index, its registry, the release on GitHub, the attestations and the run that built it " +
			"tell them, beside that of what is downloaded. Any two that differ fail. Where the run has kept no file, its log may tell the digest as well; that speaks against a file, " +
			"or beside others for it. A file of which nothing else tells the digest warns.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "do not use the file, find out who replaced it, and release anew",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			var t tally
			n := eachFile(s, &t, func(a ArtifactFacts, f FileFacts, what text.Safe) { judgeDigests(&t, a, f, what) })
			tellUnkept(&t, s)
			return t.result(text.Cleanf("the digests of %s agree", plural(n, "file")))
		},
	}
}

func judgeDigests(t *tally, a ArtifactFacts, f FileFacts, what text.Safe) {
	if _, read := f.Traced.Get(); !read && !slices.ContainsFunc(f.Digests, func(d Said) bool { return d.By == Downloaded() }) {
		t.lack(what, f.Traced.Missing())
		return
	}
	first := map[string]Said{}
	var others []string
	for _, d := range f.Digests {
		kind, sum, _ := strings.Cut(d.Digest, ":")
		was, told := first[kind]
		if told && !strings.EqualFold(was.Digest, d.Digest) {
			t.add(Evidence{What: what, Outcome: Fail, URL: f.URL,
				Saw: text.Cleanf("%s is %s for %s, and %s for %s", kind, brief(was.Digest[len(kind)+1:]), was.By, brief(sum), d.By)}, takeBack(a))
		}
		if !told {
			first[kind] = d
		}
		if d.By != Downloaded() && !slices.Contains(others, d.By.String()) {
			others = append(others, d.By.String())
		}
	}
	logs := judgeLogged(t, a, f, what)
	if len(others) == 0 {
		t.add(Evidence{What: what, Outcome: Warn, URL: f.URL, Saw: text.Clean("nobody tells its digest, so that nothing was compared")},
			"publish a checksum file beside it, or attest it")
		return
	}
	saw := text.Cleanf("%s, as %s", anyDigest(first), text.Join(text.CleanAll(others), ", "))
	if len(logs) > 0 {
		saw = text.Cleanf("%s; %s says the same", saw, text.Join(logs, ", "))
	}
	t.pass(what, saw, f.URL)
}

// tellUnkept says of the runs that could not be asked that they were not: what else tells
// the digests agrees or not without them.
func tellUnkept(t *tally, s *Snapshot) {
	for i, st := range s.Stages {
		if st.Unkept != nil {
			t.add(Evidence{What: text.Cleanf("what the runs of %s say", s.Subject.Stages[i].Name), Saw: text.Cleanf("is not known: %s", st.Unkept.Why), Outcome: NotApplicable}, "")
		}
	}
}

// Downloaded is who tells the digest of what was downloaded.
func Downloaded() text.Safe { return text.Clean("what was downloaded") }

// anyDigest is the strongest digest that is known.
func anyDigest(by map[string]Said) string {
	for _, kind := range []string{"sha256", "sha512", "sha1", "md5"} {
		if d, ok := by[kind]; ok {
			return kind + ":" + brief(strings.TrimPrefix(d.Digest, kind+":"))
		}
	}
	return "no digest"
}

// brief is as much of a digest as people compare.
func brief(sum string) string { return sum[:min(len(sum), 12)] }
