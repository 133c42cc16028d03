package ca

import (
	"encoding/json"
	"fmt"
)

// PyPI gives bundles of Sign in the form in which PyPI publishes them beside a file: a
// provenance object (PEP 740), of version 1. The publisher is who uploaded, by PyPI's own
// word, and the environment that its trusted publisher names, or empty.
func PyPI(bundles [][]byte, publisher Workflow, environment string) ([]byte, error) {
	type object = map[string]any
	var attestations []object
	for _, raw := range bundles {
		var b struct {
			Material struct {
				Certificate struct {
					Raw json.RawMessage `json:"rawBytes"`
				} `json:"certificate"`
				Entries []json.RawMessage `json:"tlogEntries"`
				Stamps  struct {
					All []struct {
						Raw json.RawMessage `json:"signedTimestamp"`
					} `json:"rfc3161Timestamps"`
				} `json:"timestampVerificationData"`
			} `json:"verificationMaterial"`
			Envelope struct {
				Payload    json.RawMessage `json:"payload"`
				Signatures []struct {
					Sig json.RawMessage `json:"sig"`
				} `json:"signatures"`
			} `json:"dsseEnvelope"`
		}
		if err := json.Unmarshal(raw, &b); err != nil {
			return nil, fmt.Errorf("reading a bundle: %w", err)
		}
		if len(b.Envelope.Signatures) != 1 {
			return nil, fmt.Errorf("a bundle has %d signatures, and one is wanted", len(b.Envelope.Signatures))
		}
		material := object{"certificate": b.Material.Certificate.Raw, "transparency_entries": b.Material.Entries}
		var stamps []json.RawMessage
		for _, s := range b.Material.Stamps.All {
			stamps = append(stamps, s.Raw)
		}
		if stamps != nil { // PEP 740 does not have them, and PyPI writes them where they are needed
			material["timestamps"] = stamps
		}
		attestations = append(attestations, object{
			"version":               1,
			"verification_material": material,
			"envelope":              object{"statement": b.Envelope.Payload, "signature": b.Envelope.Signatures[0].Sig},
		})
	}
	by := object{"kind": "GitHub", "repository": publisher.Repository, "workflow": publisher.file()}
	if environment != "" {
		by["environment"] = environment
	}
	return json.Marshal(object{"version": 1, "attestation_bundles": []object{{"publisher": by, "attestations": attestations}}})
}
