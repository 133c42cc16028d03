package checks

import "twokey/checks/text"

// Tri is yes, no, or not to be seen.
type Tri string

// The three values; the zero Tri is hidden.
const (
	Hidden Tri = ""
	Yes    Tri = "yes"
	No     Tri = "no"
)

// BranchRules is how a branch is protected, from rulesets and, where it could be
// read, from classic protection.
type BranchRules struct {
	Branch string
	// ForcePush and Deletion tell whether they are blocked.
	ForcePush Tri
	Deletion  Tri
	// Reviews is the number of approvals that a change needs; -1 when hidden.
	Reviews int
	// LastPush, CodeOwners and Stale tell whether somebody else must approve the last
	// push, whether the owners of the code must, and whether a push takes approvals
	// that were given before it away.
	LastPush   Tri
	CodeOwners Tri
	Stale      Tri
	// Bypass tells whether somebody, such as an administrator, may pass the rules by.
	Bypass Tri
	// RequiredChecks are the checks that must be green.
	RequiredChecks []RequiredCheck
	// ChecksKnown tells whether RequiredChecks is the whole list.
	ChecksKnown bool
	// Classic is whether classic protection exists; Hidden when it exists but
	// could not be read.
	Classic Tri
	URL     text.Safe
}

// RequiredCheck is a check that must be green.
type RequiredCheck struct {
	Name string
	// App is the ID of the app that must have made it; 0 for any.
	App int64
}

// Ruleset is a ruleset of a repository that is about tags, as the token sees it.
type Ruleset struct {
	Name text.Safe
	// Enforcement is active, evaluate or disabled.
	Enforcement string
	// Include and Exclude are patterns of whole refs; ~ALL is every one.
	Include, Exclude []string
	// Rules are the types of its rules, such as update and deletion.
	Rules []string
	// Bypass tells whether somebody may pass it by.
	Bypass Tri
	// Mine is GitHub's word for whether the token's user may: never, always, …
	Mine string
	URL  text.Safe
}

// Immutable tells whether what is released stays as it is, by the repository's settings
// or, where these can not be read, by its last release.
type Immutable struct {
	On bool
	// ByOwner holds where the owner demands it of all their repositories.
	ByOwner bool
	// Last is the release that tells it; zero where the settings do.
	Last text.Safe
	URL  text.Safe
}
