// Package apt judges what an apt repository says about a package: who signed its Release
// file, whether that still holds, whether an index is the one that was signed, and which
// .deb stands there for a version.
//
// It follows the repository format that Debian documents ("DebianRepository/Format") and
// is as strict as apt where apt guards its users. Nothing is trusted before its signature
// or its hash was checked, and everything is bounded.
package apt

import (
	"fmt"
	"time"

	"twokey/checks/text"
)

// Limits of what is read, in bytes.
const (
	MaxRelease   = 4 << 20   // a Release or InRelease file; Debian's own have some 200 kB
	MaxSignature = 256 << 10 // a Release.gpg
	MaxKey       = 1 << 20   // the plan's file of keys
	MaxIndex     = 256 << 20 // a Packages index, packed or unpacked; Debian's main has 50 MB
	MaxStanza    = 64 << 10  // what an index says about one package
)

// Limits of how much there may be of something.
const (
	maxSignatures    = 16   // on one file; Debian's have three
	maxKeys          = 64   // in the plan's file
	maxArchitectures = 64   // in one Release file; Debian has ten
	maxEntries       = 1000 // of one package in one index
)

// Skew is how far a signature or a Release file may be ahead of the time here: as far as
// apt allows by itself (Acquire::Max-FutureTime).
const Skew = 10 * time.Second

// Refused is the error of something that cannot be verified, or that says what it must not.
type Refused struct {
	What string // the file or the step, such as "the signature of InRelease"
	Why  string // such as "it was not made by a key of the plan"
	Hint string // the next step
	Err  error  // what a reader said, if one did
}

// Error implements error. What comes from outside is made safe to show.
func (r *Refused) Error() string {
	msg := text.Cleanf("%s: %s", r.What, r.Why).Clip(500).String()
	if r.Err != nil {
		msg += ": " + text.Clean(r.Err.Error()).Clip(200).String()
	}
	return msg
}

// Unwrap gives what the reader said.
func (r *Refused) Unwrap() error { return r.Err }

// refuse makes a Refused.
func refuse(what, hint, why string, args ...any) *Refused {
	return &Refused{What: what, Hint: hint, Why: fmt.Sprintf(why, args...)}
}

// Signer is a key of the plan that signed a Release file, in good order.
type Signer struct {
	// Fingerprint is that of the primary key, and Subkey that of the key that made the
	// signature, where it is another; both in upper-case hexadecimal.
	Fingerprint string `json:"fingerprint"`
	Subkey      string `json:"subkey,omitempty"`
	// At is when it says that it signed.
	At time.Time `json:"at"`
}

// Standing is what an apt repository says of itself, and of a package, as plain facts.
type Standing struct {
	// Signers are the plan's keys that signed; never none, unless Absent holds the reason.
	Signers []Signer `json:"signers,omitempty"`
	// Date is when the Release file was made, and ValidUntil when it ends; zero when it
	// does not say.
	Date       time.Time `json:"date,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
	// Expired holds when ValidUntil has passed: apt refuses the whole suite then.
	Expired bool `json:"expired,omitempty"`
	// Others are the versions of the package that stand there besides the one asked for,
	// the newest first.
	Others []Other `json:"others,omitempty"`
	// Absent says what is not there; empty where something is.
	Absent text.Safe `json:"absent,omitzero"`
}

// Other is another version of a package.
type Other struct {
	Version      text.Safe `json:"version"` // Debian's, with epoch and revision
	Architecture text.Safe `json:"architecture"`
	// Newer holds for one that apt installs rather than the one asked for.
	Newer bool `json:"newer,omitempty"`
}
