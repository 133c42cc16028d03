package checks

import (
	"time"

	"twokey/checks/text"
)

// Check is one thing that is looked at before a release.
type Check struct {
	ID       string // family.name, stable: scripts and waivers use it
	Title    string // a few words
	Why      string // one sentence: what goes wrong without it
	Factor   Factor
	Severity Severity
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

// All is every check, in the order in which they are shown.
func All() []Check {
	return []Check{
		repoAccess(),
		refLine(),
		branchRules(),
		tagFree(),
		tagVersion(),
		versionFiles(),
		ciGreen(),
		workflowTrigger(),
		gateSatisfiable(),
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
		f.Waiver = waiverFor(c, s.Subject.Waivers, s.Taken)
	}
	return f
}

// waiverFor finds the waiver that holds for a check on the day of the snapshot.
func waiverFor(c Check, waivers []Waiver, now time.Time) *Waiver {
	if c.NoWaiver {
		return nil
	}
	for _, w := range waivers {
		if w.Check == c.ID && now.Before(w.Until.AddDate(0, 0, 1)) {
			return &w
		}
	}
	return nil
}
