// Package checks judges whether a release may go ahead.
//
// A [Check] is a pure function from a [Snapshot], which holds everything remote
// that a judgement needs, to a [Finding]. Nothing here reads a network, a disk or
// a clock. [All] is the one ordered list of checks; each family of checks has a
// file beside its table test.
package checks

import (
	"time"

	"twokey/checks/text"
)

// Outcome is what a check found. The set is closed, and only Pass is a pass.
type Outcome string

// The outcomes.
const (
	Pass          Outcome = "pass"
	Warn          Outcome = "warn"
	Fail          Outcome = "fail"
	Unknown       Outcome = "unknown" // could not be seen; never a pass
	NotApplicable Outcome = "n/a"     // nothing of this kind in the plan
)

// Severity is what an outcome other than a pass means for the release.
type Severity string

// The severities. A check of severity SeverityBlock that fails or is unknown
// stops the release unless it is waived.
const (
	SeverityBlock Severity = "block"
	SeverityWarn  Severity = "warn"
	SeverityInfo  Severity = "info"
)

// Factor is the factor of the xz attack (CVE-2024-3094) that a check answers.
type Factor string

// The factors.
const (
	People       Factor = "F1" // one active maintainer, worn down
	Traceability Factor = "F2" // the tarball held code that was not in git
	OpaqueData   Factor = "F3" // the payload hid in binary test files
	Build        Factor = "F4" // nobody read the build system
)

// Name is the factor in words.
func (f Factor) Name() string {
	switch f {
	case People:
		return "people"
	case Traceability:
		return "traceability"
	case OpaqueData:
		return "opaque data"
	case Build:
		return "build"
	}
	return string(f)
}

// Evidence is one thing that a check saw.
type Evidence struct {
	// What names the thing: a check run, a rule, a file.
	What text.Safe `json:"what"`
	// Saw is what was seen of it.
	Saw text.Safe `json:"saw,omitzero"`
	// Outcome is what this thing alone means.
	Outcome Outcome `json:"outcome"`
	// URL is where a person can look at it; empty where there is no page.
	URL text.Safe `json:"url,omitzero"`
	// Place is the file that it is about, and the line; nil where it is about none.
	Place *Place `json:"place,omitempty"`
	// Remedy is the next step for this thing alone; empty where the finding's does.
	Remedy string `json:"remedy,omitempty"`
	// Artifact is the artifact that it is about; empty where it is about none.
	Artifact text.Safe `json:"artifact,omitzero"`
	// File is the published file that it is about, and How in what way a file in it is not
	// what it should be, without what tells that one from others.
	File text.Safe `json:"file,omitzero"`
	How  text.Safe `json:"how,omitzero"`
	// Acknowledge is the file in an artifact, as PATH@BLOB, of which somebody may say that
	// they have looked at it; empty where nobody can.
	Acknowledge string `json:"acknowledge,omitempty"`
	// Accepted is why somebody has accepted what it is; empty where nobody had to.
	Accepted text.Safe `json:"accepted,omitzero"`
}

// Place is a file at the commit that was judged, or a line of it.
type Place struct {
	Repo text.Safe `json:"repo"` // owner/name
	// At is the commit, or the ref that a caller names.
	At   text.Safe `json:"at"`
	Path text.Safe `json:"path"`
	Line int       `json:"line,omitempty"` // from 1; 0 for the whole file
	// Text is the line itself, without the blanks around it.
	Text text.Safe `json:"text,omitzero"`
	// Blob is git's name for the content of a whole file, or the commit of a submodule;
	// empty for a line, and where it is not known.
	Blob string `json:"blob,omitempty"`
}

// Finding is the judgement of one check.
type Finding struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Why      string   `json:"why"`
	Factor   Factor   `json:"factor"`
	Severity Severity `json:"severity"`
	Outcome  Outcome  `json:"outcome"`
	// Summary is one line: what was seen.
	Summary  text.Safe  `json:"summary"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Remedy is the next step; empty when the check passed.
	Remedy string `json:"remedy,omitempty"`
	// Waiver is set when the project waived this check for this release.
	Waiver *Waiver `json:"waiver,omitempty"`
}

// Blocks tells whether the finding stops the release. Unknown blocks as a
// failure does.
func (f Finding) Blocks() bool {
	return f.Severity == SeverityBlock && f.Waiver == nil &&
		f.Outcome != Pass && f.Outcome != Warn && f.Outcome != NotApplicable
}

// Waiver sets a check aside, with a reason and an end.
type Waiver struct {
	Check  string    `json:"check"`
	Reason text.Safe `json:"reason"`
	// Until is the last day on which the waiver holds, in UTC, whole.
	Until time.Time `json:"until,omitzero"`
	// Once holds for one that was given for this release alone: it has no Until.
	Once bool `json:"once,omitempty"`
}

// End says until when a waiver holds, for people.
func (w Waiver) End() string {
	if w.Once {
		return "for this release"
	}
	return "until " + day(w.Until)
}

// Verdict counts the findings and says go or no-go.
type Verdict struct {
	Go      bool `json:"go"`
	Block   int  `json:"block"`   // failed checks that stop the release
	Unknown int  `json:"unknown"` // checks that could not be seen, of any severity
	Warn    int  `json:"warn"`    // everything else that is not a pass
	Info    int  `json:"info"`    // what checks of SeverityInfo saw: it asks for nothing
	Pass    int  `json:"pass"`
	Waived  int  `json:"waived"`
	// NotApplicable counts checks that had nothing to look at. They are no pass.
	NotApplicable int `json:"not_applicable"`
}

// Judge sums up findings. No finding at all is no-go: nothing was checked.
func Judge(findings []Finding) Verdict {
	v := Verdict{Go: len(findings) > 0}
	for _, f := range findings {
		if f.Blocks() {
			v.Go = false
		}
		switch {
		case f.Outcome == Pass:
			v.Pass++
		case f.Outcome == NotApplicable:
			v.NotApplicable++
		case f.Waiver != nil:
			v.Waived++
		case f.Outcome == Unknown:
			v.Unknown++
		case f.Blocks():
			v.Block++
		case f.Severity == SeverityInfo:
			v.Info++
		default:
			v.Warn++
		}
	}
	return v
}
