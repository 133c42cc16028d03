// Package attest verifies attestations: Sigstore bundles that say, signed, which run of
// which workflow a file is from. It verifies against a trusted root that it comes with or is
// given, without a network, and judges nobody: what an attestation says and whether it
// verifies becomes a [checks.Attestation], and what that has to say is for a
// [checks.AttestationPolicy] to tell.
//
// A bundle is hostile until it is verified. Its size, and the number and depth of what is
// in it, are bounded before the verifier sees it.
package attest

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"

	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/encoding/protojson"

	"twokey/checks"
	"twokey/checks/text"
)

// MaxBundle bounds a bundle, in bytes. One of a build's provenance has 12 KB; one of a list
// of components can have a megabyte or more.
const MaxBundle = 8 << 20

// Read verifies a bundle (Sigstore's JSON, of versions 0.1 to 0.3) for the file with a
// SHA-256, in hex, and reads what it says. That it does not verify is no error but what it
// comes to. An error is that of something that is no bundle with a statement, or too large
// to be one: of that nothing is known.
func Read(raw []byte, sha256 string, r *Root) (checks.Attestation, error) {
	digest, err := hex.DecodeString(sha256)
	if err != nil || len(digest) != 32 {
		return checks.Attestation{}, fmt.Errorf("reading an attestation: %q is no SHA-256", text.Clean(sha256).Clip(80))
	}
	var b opened
	var out checks.Attestation
	if err := guarded(func() (err error) {
		if b, err = open(raw); err != nil {
			return err
		}
		out, err = b.claims()
		return err
	}); err != nil {
		return checks.Attestation{}, fmt.Errorf("reading an attestation: %w", plain(err))
	}
	out.SHA256 = hex.EncodeToString(digest)
	b.verify(&out, digest, r)
	return out, nil
}

// opened is a bundle that was read, and not yet believed.
type opened struct {
	*bundle.Bundle
	cert    *x509.Certificate // nil where it is signed with a bare key
	payload []byte
	entries []string // the logs that it says to be in, by the hex of their keys' hashes
}

// open reads a bundle.
func open(raw []byte) (b opened, err error) {
	if len(raw) > MaxBundle {
		return b, fmt.Errorf("a bundle of %d bytes is more than is read (%d)", len(raw), MaxBundle)
	}
	if err := bounded(raw, maxTokens); err != nil {
		return b, fmt.Errorf("the bundle: %w", err)
	}
	var pb protobundle.Bundle
	if err := protojson.Unmarshal(raw, &pb); err != nil {
		return b, err
	}
	for _, e := range pb.GetVerificationMaterial().GetTlogEntries() {
		b.entries = append(b.entries, hex.EncodeToString(e.GetLogId().GetKeyId()))
	}
	if err := small(pb.GetVerificationMaterial()); err != nil {
		return b, err
	}
	env := pb.GetDsseEnvelope()
	if env == nil {
		return b, errors.New("it is no bundle with a statement")
	}
	b.payload = env.GetPayload()
	if err := bounded(b.payload, maxPayloadTokens); err != nil {
		return b, fmt.Errorf("the statement: %w", err)
	}
	if b.Bundle, err = bundle.NewBundle(&pb); err != nil {
		return b, err
	}
	content, err := b.VerificationContent()
	if err != nil {
		return b, err
	}
	b.cert = content.Certificate()
	return b, nil
}

// Version hides the bundle's: for those up to 0.3 the library would try signatures of old
// clients a second time, and tell so on the standard error.
func (b opened) Version() (string, error) { return "", nil }

// verify tells whether a bundle holds for a file.
func (b opened) verify(out *checks.Attestation, digest []byte, r *Root) {
	var errs []error
	for _, a := range r.authorities {
		res, err := b.by(a, digest)
		if err == nil {
			b.accept(out, res)
			return
		}
		errs = append(errs, err)
	}
	if err := guarded(func() error {
		out.Standing, out.Why = b.why(errs, out, r)
		return nil
	}); err != nil {
		out.Standing, out.Why = checks.AttestationRefused, text.Clean(plain(err).Error())
	}
}

// by verifies a bundle against one authority.
func (b opened) by(a authority, digest []byte) (res *verify.VerificationResult, err error) {
	err = guarded(func() (err error) {
		res, err = a.verifier.Verify(b, verify.NewPolicy(verify.WithArtifactDigest("sha256", digest), verify.WithoutIdentitiesUnsafe()))
		return err
	})
	return res, err
}

// accept takes over what a verified bundle says, if it can be shown as it is.
func (b opened) accept(out *checks.Attestation, res *verify.VerificationResult) {
	refuse := func(format string, args ...any) {
		out.Standing, out.Why = checks.AttestationRefused, text.Cleanf(format, args...)
	}
	if res.Signature == nil || res.Signature.Certificate == nil || res.Statement == nil {
		refuse("it is signed without a certificate")
		return
	}
	said, odd := certified(*res.Signature.Certificate)
	if odd != "" {
		refuse("its certificate has characters in %s that cannot be shown", odd)
		return
	}
	if raw := res.Statement.GetPredicateType(); text.Clean(raw).String() != raw {
		refuse("its predicate's type has characters that cannot be shown")
		return
	}
	// The statement was read from the bytes that are now known to be signed.
	said.SHA256, said.PredicateType, said.Subjects, said.Release = out.SHA256, out.PredicateType, out.Subjects, out.Release
	said.Standing = checks.AttestationVerified
	if len(res.VerifiedTimestamps) > 0 { // the log's own comes first, where it has one
		said.Logged = res.VerifiedTimestamps[0].Timestamp.UTC()
	}
	*out = said
}
