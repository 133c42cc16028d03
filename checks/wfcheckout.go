package checks

import (
	"strings"

	"twokey/checks/actions"
	"twokey/checks/text"
)

// wfCheckout asks whether what the release makes is made from the commit of its run:
// an attestation names that one, whatever a step took instead.
func wfCheckout() Check {
	return Check{
		ID:    "wf.checkout",
		Title: "The run's own commit is built",
		Why:   "What is built from another ref or repository is not from the commit that was checked and that its attestation names.",
		Looks: "Where the release builds from something else than its run's own commit: a checkout of another ref or " +
			"repository, a clone, a package from git, an image built from a URL or from what a build argument names. " +
			"It says where that leads.",
		Factor:   Build,
		Severity: SeverityWarn,
		Remedy:   "build from the run's own commit, or write the full commit SHA of what else is built into the workflow",
		Needs:    []Part{PartProgram},
		Judge: func(s *Snapshot) Result {
			a := audit(s, judgeFetches)
			return a.verdict(text.Cleanf("nothing goes into %s but the run's own commit, and what is pinned", plural(a.jobs, "job")))
		},
	}
}

// judgeFetches looks at what source code a job takes, where what is published passes
// through it. What is pinned is named: it is what the file says, but not the run's
// commit.
func judgeFetches(a *auditor, job actions.Job) {
	if !job.Feeds {
		return
	}
	keeps := keepsBranch(job)
	for _, f := range job.Fetches() {
		ownRef := job.OwnWord(f.Step, f.Ref) || f.Ref == ""
		switch {
		case f.Value == "" && job.OwnRepo(f.From) && ownRef && (f.Ref != "" || f.How == "actions/checkout"):
			continue
		case f.Value != "" && ownRef:
			continue
		}
		to := leadsTo(job, f)
		switch {
		case f.Pinned():
			a.found(Pass, f.Step.File, f.Line, "", "%s takes %s, which is pinned", f.How, to)
		case f.PushedTo || keeps:
			a.found(Pass, f.Step.File, f.Line, "", "%s takes %s to push to it", f.How, to)
		case f.Value != "":
			a.found(Warn, f.Step.File, f.Line, "", "%s builds from %s", f.How, to)
		default:
			a.found(Warn, f.Step.File, f.Line, "", "%s takes %s", f.How, to)
		}
	}
}

// leadsTo says where the second hop goes, with the ref as it is written and what it
// stands for.
func leadsTo(job actions.Job, f actions.Fetch) text.Safe {
	ref := strings.Trim(f.Ref, `"'`)
	if stands := job.Values(f.Step, ref); len(stands) == 1 && stands[0] != ref && stands[0] != "" {
		ref += " (" + stands[0] + ")"
	}
	switch {
	case f.Value != "":
		return text.Cleanf("what %s names: %s", f.Value, ref)
	case f.From == "" && ref == "":
		return text.Clean("whatever the branch holds by then")
	case job.OwnRepo(f.From):
		return text.Cleanf("%s of this repository, not the run's own commit", orDefault(ref))
	}
	return text.Cleanf("%s of %s", orDefault(ref), f.From)
}

func orDefault(ref string) string {
	if ref == "" {
		return "the default branch"
	}
	return ref
}

// keepsBranch tells whether a job pushes to a branch and publishes nothing that is
// known: it works on the branch, and builds nothing from it.
func keepsBranch(job actions.Job) bool {
	if len(job.Publishes()) > 0 || len(job.Secrets()) > 0 {
		return false
	}
	return job.PushesWithGit()
}
