package release

import (
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// Unread is the error of attestations that there are, and that could not be read: why, one
// by one. Those that could be are given beside it.
type Unread []error

// Error says why each of them could not be read.
func (u Unread) Error() string {
	var all []string
	for _, err := range u {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

// Unwrap gives the causes.
func (u Unread) Unwrap() []error { return u }

// Or is nil where there are none.
func (u Unread) Or() error {
	if len(u) == 0 {
		return nil
	}
	return u
}

// unreadAttestation is all that is known of an attestation that could not be read.
func unreadAttestation(why error) checks.Attestation {
	return checks.Attestation{Standing: checks.AttestationUnread, Why: text.Clean(why.Error())}
}
