package checks

import (
	"fmt"
	"slices"

	"twokey/checks/text"
)

// attSigner asks whether what was published is attested by the workflow that was to make
// it, and by nobody else's.
func attSigner() Check {
	return Check{
		ID:    "att.signer",
		Title: "The release's own workflow signed it",
		Why:   "Whoever can upload a file can upload any; only the workflow that made it can sign that it did.",
		Looks: "The attestations of each published file, on GitHub and on PyPI, verified offline: signature, certificate, transparency log and time. One has to be signed by a " +
			"workflow that the plan starts, or one that it calls, in this repository and of this tag. Without any it warns, or fails where the plan says `attested: required`.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "take it back unless you know who made it, and release anew through the workflow",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			return judgeAttestations(s, "%s signed by the release's own workflow", Warn, func(m Misfit) bool { return m.Kind != MisfitDigest })
		},
	}
}

// attSourceDigest asks whether the run that made a file was of the released commit.
func attSourceDigest() Check {
	return Check{
		ID:    "att.source-digest",
		Title: "It was made in a run of the commit",
		Why:   "The right workflow, run for another commit, makes something that nobody checked.",
		Looks: "The commit in the certificate of each published file's attestation: it is the one that the run was of, and has to be the released one. What a step checked out instead is " +
			"looked for by wf.checkout, and what is in the file by art.trace.",
		Factor:   Traceability,
		Severity: SeverityBlock,
		Remedy:   "take it back, find out which run made it, and release anew",
		Needs:    []Part{PartArtifacts},
		Judge: func(s *Snapshot) Result {
			return judgeAttestations(s, "%s made in runs of the released commit", NotApplicable, func(m Misfit) bool { return m.Kind == MisfitDigest })
		},
	}
}

// judgeAttestations looks at the best attestation of every file, for the misfits that a
// check is about. Files that nobody attests come to without.
func judgeAttestations(s *Snapshot, passed string, without Outcome, about func(Misfit) bool) Result {
	var t tally
	attested := 0
	n := eachFile(s, &t, func(a ArtifactFacts, f FileFacts, what text.Safe) {
		list, ok := f.Attestations.Get()
		if !ok {
			t.lack(text.Cleanf("the attestations of %s", what), f.Attestations.Missing())
			return
		}
		best, misfits, found := a.Policy.best(list)
		unread := unreadOf(list)
		if !found && len(unread) > 0 {
			t.lack(text.Cleanf("the attestations of %s", what), notRead(unread))
			return
		}
		if !found {
			o, fix, saw := without, "let the workflow attest it: actions/attest-build-provenance, or PyPI's trusted publishing", "nobody attests how it was made"
			switch {
			case without != Warn: // att.signer says it
			case a.Attested:
				o, fix = Fail, takeBack(a)
			case a.othersAttested():
				o, fix, saw = Fail, takeBack(a), saw+", as they do of the other files beside it"
			}
			t.add(Evidence{What: what, Saw: text.Clean(saw), Outcome: o, URL: f.URL}, fix)
			return
		}
		attested++
		open := 0
		for _, m := range misfits {
			if about(m) {
				open++
				t.add(Evidence{What: what, Saw: m.Saw, Outcome: m.Outcome, URL: best.Run}, takeBack(a))
			}
		}
		if open > 0 && len(unread) > 0 {
			t.lack(text.Cleanf("more attestations of %s", what), notRead(unread))
		}
		if open == 0 {
			saw := text.Cleanf("attested by %s of %s, in a run of %s", best.Signer.Path, best.Signer.Repository, short(best.SourceDigest.String()))
			if len(unread) > 0 {
				saw = text.Cleanf("%s; %s could not be read", saw, plural(len(unread), "more attestation"))
			}
			t.pass(what, saw, best.Run)
		}
	})
	switch {
	case attested == 0:
		return t.result(text.Clean("no file is attested"))
	case attested < n:
		return t.result(text.Cleanf(passed, fmt.Sprintf("%d of %s", attested, plural(n, "file"))))
	}
	return t.result(text.Cleanf(passed, plural(n, "file")))
}

// othersAttested tells whether any file of an artifact is attested: then all should be.
func (a ArtifactFacts) othersAttested() bool {
	files, _ := a.Files.Get()
	return slices.ContainsFunc(files, func(f FileFacts) bool {
		list, _ := f.Attestations.Get()
		_, _, found := a.Policy.best(list)
		return found
	})
}

// Met tells whether one of some attestations fits the policy, and nothing of it does not.
func (p AttestationPolicy) Met(list []Attestation) bool {
	_, misfits, found := p.best(list)
	return found && len(misfits) == 0
}

// unreadOf are the attestations that could not be read.
func unreadOf(list []Attestation) []Attestation {
	return slices.DeleteFunc(slices.Clone(list), func(a Attestation) bool { return a.Standing != AttestationUnread })
}

// notRead is what is missing of attestations that are there.
func notRead(unread []Attestation) Missing {
	return Missing{Why: text.Cleanf("%s could not be read: %s", plural(len(unread), "attestation"), unread[0].Why), Next: TryAgain}
}

// best is the attestation that fits the policy best, and what of it does not fit. Those
// that are not about a build do not count, and neither do those that could not be read.
func (p AttestationPolicy) best(list []Attestation) (best Attestation, misfits []Misfit, found bool) {
	least := 0
	for _, a := range list {
		if a.Standing == AttestationUnread {
			continue
		}
		all := p.Judge(a)
		if slices.ContainsFunc(all, func(m Misfit) bool { return m.Outcome == NotApplicable }) {
			continue
		}
		weight := 0
		for _, m := range all {
			weight += map[Outcome]int{Fail: 100, Unknown: 10, Warn: 1}[m.Outcome]
		}
		if !found || weight < least {
			best, misfits, least, found = a, all, weight, true
		}
	}
	return best, misfits, found
}
