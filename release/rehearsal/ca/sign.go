package ca

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

const (
	mediaType   = "application/vnd.dev.sigstore.bundle.v0.3+json"
	payloadType = "application/vnd.in-toto+json"
)

// lifetime is how long a certificate holds that a job signs with.
const lifetime = 10 * time.Minute

// signed is an attestation in the making.
type signed struct {
	cert    *x509.Certificate
	payload []byte
	sig     []byte
}

// sign signs a payload with a key that the certificate is for.
func sign(cert *x509.Certificate, holder key, payload []byte) (signed, error) {
	sig, err := holder.message(dsse.PAE(payloadType, payload))
	if err != nil {
		return signed{}, fmt.Errorf("signing the statement: %w", err)
	}
	return signed{cert, payload, sig}, nil
}

// Sign gives the attestation that a job would publish who claims this: a Sigstore bundle
// of version 0.3, as JSON. An error is that of a claim that no certificate can say.
func (c *CA) Sign(cl Claim) ([]byte, error) {
	payload, err := cl.statement()
	if err != nil {
		return nil, err
	}
	at := cl.At.UTC().Truncate(time.Second)
	// The key follows from all that is claimed, so that no other signs with it.
	use := fmt.Sprintf("%x %+v", sha256.Sum256(payload), cl.signer())
	holder, err := c.newKey(use + at.Format(time.RFC3339) + strconv.Itoa(int(cl.Log)))
	if err != nil {
		return nil, err
	}
	cert, err := c.certify(cl, holder, at)
	if err != nil {
		return nil, err
	}
	s, err := sign(cert, holder, payload)
	if err != nil {
		return nil, err
	}
	// A job signs within the second in which it gets its certificate.
	if cl.Faults&Late != 0 {
		at = at.Add(lifetime + time.Hour)
	}
	var entry *protorekor.TransparencyLogEntry
	if cl.Faults&NoLog == 0 {
		if entry, err = c.enter(cl.Log, s, at); err != nil {
			return nil, err
		}
	}
	var stamp []byte
	if cl.Log == LogV2 && cl.Faults&NoTime == 0 {
		if stamp, err = c.public.stampTime(s.sig, at); err != nil {
			return nil, err
		}
	}
	return s.bundle(entry, stamp)
}

// stampTime has an authority say when a signature was there (RFC 3161). The library that
// does it numbers stamps at random and notes the machine's own time beside them.
func (a authority) stampTime(sig []byte, at time.Time) ([]byte, error) {
	sum := sha256.Sum256(sig)
	t := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: at,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2}}
	out, err := t.CreateResponseWithOpts(a.stamp.Leaf, a.stampKey, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("stamping the time: %w", err)
	}
	return out, nil
}

// envelope is what is signed, with its signature.
func (s signed) envelope() *protodsse.Envelope {
	return &protodsse.Envelope{Payload: s.payload, PayloadType: payloadType, Signatures: []*protodsse.Signature{{Sig: s.sig}}}
}

// bundle puts together what a verifier needs.
func (s signed) bundle(entry *protorekor.TransparencyLogEntry, stamp []byte) ([]byte, error) {
	material := &protobundle.VerificationMaterial{
		Content:                   &protobundle.VerificationMaterial_Certificate{Certificate: &protocommon.X509Certificate{RawBytes: s.cert.Raw}},
		TimestampVerificationData: &protobundle.TimestampVerificationData{},
	}
	if entry != nil {
		material.TlogEntries = append(material.TlogEntries, entry)
	}
	if stamp != nil {
		material.TimestampVerificationData.Rfc3161Timestamps = []*protocommon.RFC3161SignedTimestamp{{SignedTimestamp: stamp}}
	}
	raw, err := protojson.Marshal(&protobundle.Bundle{MediaType: mediaType, VerificationMaterial: material,
		Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: s.envelope()}})
	if err != nil {
		return nil, fmt.Errorf("encoding the bundle: %w", err)
	}
	return steady(raw)
}

// fingerprint is a SHA-256 in hex.
func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
