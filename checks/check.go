package checks

import (
	"cmp"

	"twokey/checks/text"
)

// Check is one thing that is looked at before a release.
type Check struct {
	ID       string // family.name, stable: scripts and waivers use it
	Title    string // a few words
	Why      string // one sentence: what goes wrong without it
	Factor   Factor
	Severity Severity
	// Looks is what it looks at and what it makes of it, in a few sentences.
	Looks string
	// Remedy is the next step when it does not pass.
	Remedy string
	// Needs are the parts of the Snapshot that Judge reads.
	Needs []Part
	// Judge looks at the Snapshot. It only reads the parts that it needs.
	Judge func(*Snapshot) Result
	// NoWaiver holds for what can not be set aside.
	NoWaiver bool
}

// Result is what a check's function says; the rest of the Finding is the check's.
type Result struct {
	Outcome  Outcome
	Summary  text.Safe
	Evidence []Evidence
	// Remedy replaces the check's own when this case has a better one.
	Remedy string
}

// For is every check for a subject, in the order in which they are shown: those
// of every release, the project's own that are due before it, and one about the
// plan's waivers where it has any. None blocks where there is nothing to start, and
// a version that could not be found does not block a plan that nobody wrote.
func For(sub Subject) []Check {
	all := All()
	for i, own := range sub.Own {
		if own.When != After {
			all = append(all, ownCheck(i, own))
		}
	}
	if len(sub.Waivers) > 0 {
		all = append(all, planWaivers())
	}
	for i := range all {
		hidden := all[i].ID == versionFiles().ID && len(sub.VersionFiles) == 0 && sub.VersionFrom.hidden()
		if (sub.OnlyWatches || hidden) && all[i].Severity == SeverityBlock {
			all[i].Severity = SeverityWarn
		}
	}
	return all
}

// ForAfter are the checks that are due after a release: those of the project's own that
// say so. None stops a release, which is out by then.
func ForAfter(sub Subject) []Check {
	var out []Check
	for i, own := range sub.Own {
		if own.When == After {
			c := ownCheck(i, own)
			c.Severity = SeverityWarn
			c.Why = "The project asks for this after every release, in its twokey.yml."
			out = append(out, c)
		}
	}
	return out
}

// OfPlans are the checks that are made only where a plan declares them: one of each kind
// of a project's own, by the ID that it has unless the plan gives another, and the one
// that looks at waivers. They judge nothing: what they are about is in a plan.
func OfPlans() []Check {
	var out []Check
	for i, kind := range OwnKinds() {
		out = append(out, ownCheck(i, Own{ID: OwnID(string(kind)), Kind: kind}))
	}
	return append(out, planWaivers())
}

// All is every check that is made for every release, in the order in which they
// are shown.
func All() []Check {
	return []Check{
		repoAccess(),
		refLine(),
		branchRules(),
		tagRuleset(),
		tagFree(),
		tagVersion(),
		relImmutable(),
		commitSigned(),
		versionFiles(),
		ciGreen(),
		ciFresh(),
		ciRequired(),
		workflowTrigger(),
		wfUnpinned(),
		wfImpostor(),
		wfInjection(),
		wfDangerousTrigger(),
		wfCache(),
		wfPermissions(),
		wfCheckout(),
		wfCredentials(),
		wfLongLived(),
		wfSecretsScope(),
		wfUnhashed(),
		wfRunner(),
		blobOpaque(),
		buildChanges(),
		pubAttested(),
		govTwoPerson(),
		reviewCoverage(),
		govSatisfiable(),
		govBusFactor(),
	}
}

// Run judges one check over a snapshot. A check that says nothing is unknown.
func Run(c Check, s *Snapshot) Finding {
	r := c.Judge(s)
	if r.Outcome == "" {
		r = Result{Outcome: Unknown, Summary: text.Clean("the check gave no outcome")}
	}
	f := Finding{
		ID: c.ID, Title: c.Title, Why: c.Why, Factor: c.Factor, Severity: c.Severity,
		Outcome: r.Outcome, Summary: r.Summary, Evidence: r.Evidence,
	}
	if r.Outcome != Pass && r.Outcome != NotApplicable {
		f.Remedy = c.Remedy
		if r.Remedy != "" {
			f.Remedy = r.Remedy
		}
		remedies(f.Evidence, c.Remedy, f.Remedy)
		f.Waiver = waiverFor(c, s.Subject.Waivers, s.Taken)
		if s.Subject.Onward != "" && f.Blocks() { // seeing to it does not free the version
			f.Remedy = s.Subject.Onward
		}
	}
	return f
}

// remedies gives each piece of evidence its own next step, where that is not the finding's.
func remedies(list []Evidence, own, finding string) {
	for i, e := range list {
		if e.Outcome == Pass || e.Outcome == NotApplicable {
			continue
		}
		if list[i].Remedy = cmp.Or(e.Remedy, own); list[i].Remedy == finding {
			list[i].Remedy = ""
		}
	}
}
