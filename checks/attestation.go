package checks

import (
	"time"

	"twokey/checks/text"
)

// AttestationStanding is what came of verifying an attestation. Only AttestationVerified
// proves anything; the zero value does not.
type AttestationStanding string

// The standings.
const (
	// AttestationVerified holds where the signature, the certificate, the logs and the time
	// hold against the trusted root, and the statement is about the file.
	AttestationVerified AttestationStanding = "verified"
	// AttestationRefused holds where one of them does not.
	AttestationRefused AttestationStanding = "refused"
	// AttestationForeign holds where those who vouch for it are not in the trusted root: it
	// is from GitHub's own CA, say, or in a log that is newer than the root. Nothing
	// speaks against it, and nothing was proven.
	AttestationForeign AttestationStanding = "foreign"
	// AttestationUnread holds where there is one and it could not be read. Nothing is known
	// of it: it speaks neither for the file nor against another attestation.
	AttestationUnread AttestationStanding = "unread"
)

// The types of predicates that twokey knows.
const (
	PredicateProvenance = "https://slsa.dev/provenance/v1"                // how a file was built
	PredicatePublish    = "https://docs.pypi.org/attestations/publish/v1" // that a workflow published it on PyPI
	PredicateRelease    = "https://in-toto.io/attestation/release/v0.1"   // that it belongs to an immutable GitHub release
)

// GitHubIssuer is who gives the jobs of GitHub Actions their identities.
const GitHubIssuer = "https://token.actions.githubusercontent.com"

// Attestation is what was made of one attestation of a file, and what it says. Unless it is
// verified, the latter is only what somebody wrote there. No text in a verified one was
// changed to be safe, so that equal texts are equal names.
type Attestation struct {
	Standing AttestationStanding `json:"standing"`
	// Why tells why it is not verified; empty where it is.
	Why text.Safe `json:"why,omitzero"`
	// SHA256 is that of the file that it was verified for, in hex.
	SHA256 string `json:"sha256"`

	PredicateType text.Safe      `json:"predicate_type"`
	Subjects      []AttestedFile `json:"subjects,omitempty"`
	// Release holds for the attestation that GitHub itself signs of an immutable release:
	// it tells that a file belongs to the release, and nothing of how it was built.
	Release bool `json:"release,omitempty"`

	// What follows is in the certificate, by Fulcio's numbers below 1.3.6.1.4.1.57264.1.

	Issuer text.Safe `json:"issuer,omitzero"` // .8: who knew the signer, such as GitHubIssuer
	// Signer is the workflow that the signing job is in: of a reusable one, that one. Of
	// others who sign, it has no more than URI.
	Signer WorkflowAt `json:"signer,omitzero"` // the subject alternative name
	// Caller is the workflow that was started; it is Signer where none was called.
	Caller           WorkflowAt `json:"caller,omitzero"`            // .18, the build config
	SourceRepository text.Safe  `json:"source_repository,omitzero"` // .12: a URL
	SourceDigest     text.Safe  `json:"source_digest,omitzero"`     // .13: the commit that the run is of
	SourceRef        text.Safe  `json:"source_ref,omitzero"`        // .14: such as refs/tags/v1.2.3
	Runner           text.Safe  `json:"runner,omitzero"`            // .11: github-hosted or self-hosted
	Event            text.Safe  `json:"event,omitzero"`             // .20: such as push
	Run              text.Safe  `json:"run,omitzero"`               // .21: the URL of the run's attempt

	// Logged is when it was entered in the transparency log, or when an authority stamped
	// it; zero where it is not verified.
	Logged time.Time `json:"logged,omitzero"`
}

// AttestedFile is what an attestation is about.
type AttestedFile struct {
	Name   text.Safe `json:"name"`
	SHA256 string    `json:"sha256,omitempty"` // in hex; empty where it has another digest only
}

// WorkflowAt is a workflow file at a ref, as certificates name it:
// https://github.com/owner/name/.github/workflows/file.yml@refs/….
type WorkflowAt struct {
	URI        text.Safe `json:"uri"`
	Repository text.Safe `json:"repository,omitzero"` // owner/name; empty where the URI is of another form
	Path       text.Safe `json:"path,omitzero"`
	Ref        text.Safe `json:"ref,omitzero"` // or a commit
}

// IsZero tells whether no workflow is named.
func (w WorkflowAt) IsZero() bool { return w.URI.IsZero() }

// About are the names under which the attestation is about the file that it was
// verified for.
func (a Attestation) About() []text.Safe {
	var out []text.Safe
	for _, s := range a.Subjects {
		if s.SHA256 != "" && s.SHA256 == a.SHA256 {
			out = append(out, s.Name)
		}
	}
	return out
}
