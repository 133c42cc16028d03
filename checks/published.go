package checks

import (
	"twokey/checks/text"
)

// ArtifactFacts is what was found out about one artifact after it was published.
type ArtifactFacts struct {
	Artifact text.Safe // as shown to people, such as "pypi ckan 2.11.6"
	// TakeBack is how this artifact is taken back from where it is published.
	TakeBack string
	// MayBeEmpty holds for what is published without files, too: a release on GitHub.
	MayBeEmpty bool
	// Files are the files that stand under its name.
	Files Got[[]FileFacts]
	// Unheld says why its files are held against no commit; empty where they are.
	Unheld text.Safe
	// Policy is what an attestation of its files has to say.
	Policy AttestationPolicy
	// Attested holds where the plan asks for attestations.
	Attested bool
}

// FileFacts is what was found out about one published file.
type FileFacts struct {
	PublishedFile
	// Traced is what the commit says of what is in it.
	Traced Got[Traced]
	// Before is what there is of the release before to compare with.
	Before Got[LastTime]
	// Unlike are the files in it that its commit does not have, and that the release
	// before did not have like this: all of them where there is nothing to compare with.
	Unlike []Unlike
	// Otherwise is what else is otherwise than in the release before, and worth knowing.
	Otherwise []text.Safe
	// Attestations is what is attested of it, by whoever attests something.
	Attestations Got[[]Attestation]
	// Built are the files of this name that the stage's runs have kept.
	Built []Built
	// Index is the digest of the index that an image for one platform is listed in; empty
	// for others.
	Index string
	// Logged is what the logs of the stage's jobs say of its digest, or of the image's that
	// it is a platform of; read where the runs have kept no file of this name.
	Logged []Logged
}

// Built is a file as a run made it and kept it on GitHub.
type Built struct {
	By     text.Safe // which artifact of which run
	Digest string    // sha256:hex
	// Members are the files in it by their paths, each with what tells whether it is the
	// same; nil where it is no archive, or could not be read.
	Members map[string]string
}

// Passed is the answer that somebody gave to a gate that a run waited for.
type Passed struct {
	Environment text.Safe
	By          text.Safe // empty where nobody tells
	Rejected    bool
	Releaser    text.Safe // whoever started the run
	Run         text.Safe // such as "publish.yml #7"
	URL         text.Safe
}

// LastTime is the same file of the release before.
type LastTime struct {
	Version string // empty where there is nothing to compare with
	// None says why there is nothing to compare with.
	None text.Safe
}

// ForPublished are the checks that are made once a stage has published what it is to
// publish, in the order in which they are shown. One that blocks fails the stage: what
// needs it is not started.
func ForPublished() []Check {
	return []Check{
		artDigest(),
		artTrace(),
		artExtras(),
		attSigner(),
		attSourceDigest(),
		repDoubleBuild(),
		govApproved(),
	}
}

// eachFile looks at every file of every artifact that was published. What could not be
// listed is unknown.
func eachFile(s *Snapshot, t *tally, look func(a ArtifactFacts, f FileFacts, what text.Safe)) (files int) {
	for _, st := range s.Stages {
		for _, a := range st.Artifacts {
			before := len(t.seen)
			files += filesOf(t, a, look)
			for i := range t.seen[before:] {
				t.seen[before+i].Artifact = a.Artifact
			}
		}
	}
	return files
}

// filesOf looks at every file of one artifact, and counts them.
func filesOf(t *tally, a ArtifactFacts, look func(a ArtifactFacts, f FileFacts, what text.Safe)) int {
	list, ok := a.Files.Get()
	switch {
	case !ok:
		t.lack(a.Artifact, a.Files.Missing())
	case len(list) == 0 && a.MayBeEmpty:
		t.add(Evidence{What: a.Artifact, Saw: orElse(a.Unheld, "it has no files of its own"), Outcome: NotApplicable}, "")
	case len(list) == 0:
		t.add(Evidence{What: a.Artifact, Saw: text.Clean("no file stands under its name"), Outcome: Fail}, "see whether it was published, and under which name")
	}
	for _, f := range list {
		before := len(t.seen)
		look(a, f, fileName(a, f))
		for i := range t.seen[before:] {
			t.seen[before+i].File = fileName(a, f)
		}
	}
	return len(list)
}

// orElse is a text, or another where there is none.
func orElse(t text.Safe, none string) text.Safe {
	if t.IsZero() {
		return text.Clean(none)
	}
	return t
}

// fileName names a published file for people, and its artifact where its own name does
// not: a platform is one of an image.
func fileName(a ArtifactFacts, f FileFacts) text.Safe {
	if f.Form == FormImage {
		return text.Cleanf("%s %s", a.Artifact, f.Name)
	}
	return f.Name
}

// takeBack is what to do about an artifact that should not be out.
func takeBack(a ArtifactFacts) string {
	if a.TakeBack == "" {
		return "take it back where it is published, and tell those who have it"
	}
	return a.TakeBack
}
