package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxProvenance bounds what PyPI says of one file, in bytes. Of one attestation it is 12 KB.
const MaxProvenance = 4 << 20

// maxAttestations bounds the attestations of one file on PyPI, which takes one of each of
// two types.
const maxAttestations = 64

// provenance is PyPI's provenance object (PEP 740), of version 1.
type provenance struct {
	Version int `json:"version"`
	Bundles []struct {
		// Publisher is who PyPI says that published. It is not signed, and not read: the
		// certificates say it, signed.
		Publisher    json.RawMessage `json:"publisher"`
		Attestations []attestation   `json:"attestations"`
	} `json:"attestation_bundles"`
}

// attestation is PyPI's attestation object, of version 1.
type attestation struct {
	Version  int `json:"version"`
	Material struct {
		Certificate []byte            `json:"certificate"`
		Entries     []json.RawMessage `json:"transparency_entries"`
		// Timestamps are what the second generation of logs needs beside the entry. PEP 740
		// does not have them, and pypi-attestations, which is what PyPI does, writes them.
		Timestamps [][]byte `json:"timestamps"`
	} `json:"verification_material"`
	Envelope struct {
		Statement []byte `json:"statement"`
		Signature []byte `json:"signature"`
	} `json:"envelope"`
}

// FromPyPI makes Sigstore bundles, of version 0.3, of PyPI's provenance object of one file:
// the same parts under other names. Names that PEP 740 does not know may stand beside them,
// as it allows, and are left out.
func FromPyPI(raw []byte) ([][]byte, error) {
	var p provenance
	if err := strictly(raw, &p); err != nil {
		return nil, fmt.Errorf("reading PyPI's provenance: %w", plain(err))
	}
	if p.Version != 1 {
		return nil, fmt.Errorf("reading PyPI's provenance: it is of version %d, and 1 is known", p.Version)
	}
	var out [][]byte
	for _, b := range p.Bundles {
		for _, a := range b.Attestations {
			if len(out) == maxAttestations {
				return nil, fmt.Errorf("reading PyPI's provenance: there are more than %d attestations of one file", maxAttestations)
			}
			one, err := a.bundle()
			if err != nil {
				return nil, fmt.Errorf("reading PyPI's provenance: attestation %d: %w", len(out)+1, plain(err))
			}
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("reading PyPI's provenance: there is no attestation in it")
	}
	return out, nil
}

// strictly reads one JSON value, of bounded size, and nothing behind it.
func strictly(raw []byte, into any) error {
	if len(raw) > MaxProvenance {
		return fmt.Errorf("%d bytes are more than is read (%d)", len(raw), MaxProvenance)
	}
	if err := bounded(raw, maxTokens); err != nil {
		return err
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if err := in.Decode(into); err != nil {
		return err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind it")
	}
	return nil
}

// bundle is an attestation as a Sigstore bundle.
func (a attestation) bundle() ([]byte, error) {
	switch {
	case a.Version != 1:
		return nil, fmt.Errorf("it is of version %d, and 1 is known", a.Version)
	case len(a.Material.Certificate) == 0:
		return nil, errors.New("it has no certificate")
	case len(a.Material.Entries) == 0:
		return nil, errors.New("it is in no transparency log")
	case len(a.Envelope.Statement) == 0 || len(a.Envelope.Signature) == 0:
		return nil, errors.New("it has no signed statement")
	}
	type object = map[string]any
	stamps := []object{}
	for _, s := range a.Material.Timestamps {
		stamps = append(stamps, object{"signedTimestamp": s})
	}
	return json.Marshal(object{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": object{
			"certificate":               object{"rawBytes": a.Material.Certificate},
			"tlogEntries":               a.Material.Entries,
			"timestampVerificationData": object{"rfc3161Timestamps": stamps},
		},
		"dsseEnvelope": object{
			"payload":     a.Envelope.Statement,
			"payloadType": "application/vnd.in-toto+json",
			"signatures":  []object{{"sig": a.Envelope.Signature}},
		},
	})
}
