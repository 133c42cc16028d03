package checks

import (
	"slices"
	"strings"

	"twokey/checks/text"
)

// AttestationPolicy is what an attestation has to say for its file to be that of a
// release. What is empty is not asked for, but for the repository, the commit and the issuer.
type AttestationPolicy struct {
	Repository string // owner/name
	Commit     string // the released one
	// Refs are those that the release's runs may be of, such as refs/tags/v1.2.3.
	Refs []string
	// Workflows are the files that the release may start, such as
	// .github/workflows/publish.yml.
	Workflows []string
	// Called are the reusable workflows that those may call, as they name them behind
	// "uses:": owner/name/.github/workflows/file.yml@ref, or ./.github/workflows/file.yml.
	Called []string
	// Issuer is who has to know the signer; GitHubIssuer where it is empty. An enterprise
	// on GitHub can have one of its own.
	Issuer string
	// Predicates are the types of which one will do.
	Predicates []string
	// File is the name that the file has to have in the statement.
	File string
}

// MisfitKind is what of an attestation does not fit.
type MisfitKind string

// The kinds.
const (
	MisfitStanding   MisfitKind = "standing" // it is not verified
	MisfitPredicate  MisfitKind = "predicate"
	MisfitSubject    MisfitKind = "subject"
	MisfitIssuer     MisfitKind = "issuer"
	MisfitSigner     MisfitKind = "signer"   // who signed
	MisfitWorkflow   MisfitKind = "workflow" // which workflow was started
	MisfitRepository MisfitKind = "repository"
	MisfitRef        MisfitKind = "ref"
	MisfitDigest     MisfitKind = "source-digest"
	MisfitRunner     MisfitKind = "runner"
)

// Misfit is one way in which an attestation is not what a policy asks for.
type Misfit struct {
	Kind MisfitKind `json:"kind"`
	// Outcome is what it means by itself: Fail, Unknown, Warn for a remark, or
	// NotApplicable for an attestation that is not about a build at all.
	Outcome Outcome   `json:"outcome"`
	Saw     text.Safe `json:"saw"`
}

// Judge tells what of an attestation does not fit, in the order of what matters most;
// nothing where all does. Of one that is not verified it tells only that: what it says
// is nobody's word. GitHub's attestation of a release (Release) is not about a build: one
// of a build is looked for beside it.
func (p AttestationPolicy) Judge(a Attestation) []Misfit {
	switch {
	case a.Standing == AttestationUnread:
		return []Misfit{{MisfitStanding, Unknown, text.Cleanf("it could not be read: %s", a.Why)}}
	case a.Standing == AttestationForeign:
		return []Misfit{{MisfitStanding, Unknown, text.Cleanf("it cannot be verified: %s", a.Why)}}
	case a.Standing != AttestationVerified:
		return []Misfit{{MisfitStanding, Fail, text.Cleanf("it does not verify: %s", a.Why)}}
	case a.Release:
		return []Misfit{{MisfitPredicate, NotApplicable, text.Clean("it is GitHub's word for which files the release has, not for how they were built")}}
	}
	j := &judging{p: p, a: a}
	j.digest()
	j.repository()
	j.signer()
	j.ref()
	j.statement()
	j.runner()
	return j.out
}

// judging is the judgement of one attestation under way.
type judging struct {
	p   AttestationPolicy
	a   Attestation
	out []Misfit
}

func (j *judging) misfit(kind MisfitKind, o Outcome, format string, args ...any) {
	j.out = append(j.out, Misfit{kind, o, text.Cleanf(format, args...)})
}

// digest wants the run to be of the released commit.
func (j *judging) digest() {
	switch got := j.a.SourceDigest.String(); {
	case j.p.Commit == "":
		j.misfit(MisfitDigest, Unknown, "the released commit is not known")
	case got == "":
		j.misfit(MisfitDigest, Fail, "it does not say which commit its run is of")
	case !strings.EqualFold(got, j.p.Commit):
		j.misfit(MisfitDigest, Fail, "its run is of commit %s, and the release is of %s", got, j.p.Commit)
	}
}

// repository wants the run to be one of the repository's.
func (j *judging) repository() {
	switch got := j.a.SourceRepository.String(); {
	case j.p.Repository == "":
		j.misfit(MisfitRepository, Unknown, "the released repository is not known")
	case got == "":
		j.misfit(MisfitRepository, Fail, "it does not say which repository its run is of")
	case !strings.EqualFold(got, "https://github.com/"+j.p.Repository):
		j.misfit(MisfitRepository, Fail, "its run is of %s, not of github.com/%s", got, j.p.Repository)
	}
}

// signer wants it to be signed by a job of a workflow that the release starts, or of one
// that it calls.
func (j *judging) signer() {
	if got, want := j.a.Issuer.String(), or(j.p.Issuer, GitHubIssuer); got != want {
		j.misfit(MisfitIssuer, Fail, "its signer is known to %s, not to %s", or(got, "nobody"), want)
	}
	caller, by := j.a.Caller, j.a.Signer
	switch {
	case caller.Repository.IsZero():
		j.misfit(MisfitWorkflow, Fail, "it does not say which workflow was started (it says %q)", caller.URI)
	case !strings.EqualFold(caller.Repository.String(), j.p.Repository) && j.p.Repository != "":
		j.misfit(MisfitWorkflow, Fail, "the workflow that was started is %s of %s, not one of %s", caller.Path, caller.Repository, j.p.Repository)
	case len(j.p.Workflows) > 0 && !slices.Contains(j.p.Workflows, caller.Path.String()):
		j.misfit(MisfitWorkflow, Fail, "the workflow that was started is %s, not %s", caller.Path, either(j.p.Workflows))
	}
	switch {
	case by.Repository.IsZero():
		j.misfit(MisfitSigner, Fail, "it is signed by %s, which is no workflow on github.com", or(by.URI.String(), "nobody"))
	case by == caller || j.calls(by):
	case len(j.p.Called) == 0:
		j.misfit(MisfitSigner, Fail, "it is signed by %s of %s at %s, and the release calls no other workflow", by.Path, by.Repository, by.Ref)
	default:
		j.misfit(MisfitSigner, Fail, "it is signed by %s of %s at %s, which is not a workflow that the release calls (%s)", by.Path, by.Repository, by.Ref, either(j.p.Called))
	}
}

// calls tells whether a workflow is one that the release calls. A ref behind "uses:" is a
// branch, a tag or a commit, and the certificate says which.
func (j *judging) calls(by WorkflowAt) bool {
	return slices.ContainsFunc(j.p.Called, func(uses string) bool {
		if path, own := strings.CutPrefix(uses, "./"); own { // at the caller's own commit
			return path == by.Path.String() && strings.EqualFold(by.Repository.String(), j.a.Caller.Repository.String()) &&
				(by.Ref == j.a.Caller.Ref || by.Ref == j.a.SourceDigest)
		}
		file, ref, _ := strings.Cut(uses, "@")
		name, path, ok := strings.Cut(file, "/.github/")
		got := by.Ref.String()
		return ok && ref != "" && strings.EqualFold(name, by.Repository.String()) && ".github/"+path == by.Path.String() &&
			(got == ref || got == "refs/tags/"+ref || got == "refs/heads/"+ref)
	})
}

// ref wants the run to be of the release's tag.
func (j *judging) ref() {
	if len(j.p.Refs) == 0 {
		return
	}
	got, file := j.a.SourceRef.String(), j.a.Caller.Ref.String()
	switch {
	case !slices.Contains(j.p.Refs, got):
		j.misfit(MisfitRef, Fail, "its run is of %s, not of %s", or(got, "no ref"), either(j.p.Refs))
	case file != got:
		j.misfit(MisfitRef, Fail, "its run is of %s, by the workflow file at %s", got, or(file, "no ref"))
	}
}

// statement wants it to be about the file, and of a type that will do.
func (j *judging) statement() {
	kind := j.a.PredicateType.String()
	if len(j.p.Predicates) > 0 && !slices.Contains(j.p.Predicates, kind) {
		j.misfit(MisfitPredicate, Fail, "it is of the type %s, not %s", or(kind, "none"), either(j.p.Predicates))
	}
	about := j.a.About()
	switch {
	case len(about) == 0:
		j.misfit(MisfitSubject, Fail, "it is not about the file that it was looked at for")
	case kind == PredicatePublish && len(j.a.Subjects) != 1:
		j.misfit(MisfitSubject, Fail, "it is about %d files, and PyPI's are about one", len(j.a.Subjects))
	case j.p.File != "" && !slices.ContainsFunc(about, func(name text.Safe) bool { return name.String() == j.p.File }):
		j.misfit(MisfitSubject, Fail, "it knows the file as %s, not as %s", text.Join(about[:min(3, len(about))], ", "), j.p.File)
	}
}

// runner remarks that a machine of one's own built the file: what else ran on it, nobody
// but its owner knows.
func (j *judging) runner() {
	switch got := j.a.Runner.String(); got {
	case "github-hosted":
	case "self-hosted":
		j.misfit(MisfitRunner, Warn, "its run was on a self-hosted runner: what else ran there, only its owner knows")
	default:
		j.misfit(MisfitRunner, Warn, "it does not say that its run was on a machine of GitHub's (it says %q)", got)
	}
}

// or is a text, or another where there is none.
func or(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// either lists what would do, the first few of it.
func either(all []string) string {
	const most = 4
	if len(all) > most {
		return strings.Join(all[:most], ", ") + ", …"
	}
	return strings.Join(all, " or ")
}
