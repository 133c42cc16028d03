package ca

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	tiles "github.com/sigstore/rekor-tiles/v2/pkg/generated/protobuf"
	tilesnote "github.com/sigstore/rekor-tiles/v2/pkg/note"
	rekor "github.com/sigstore/rekor/pkg/util"
	checkpoint "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// treeID is the number of the first log's tree, which its checkpoints begin with.
const treeID = 1

// ledger is a transparency log: a Merkle tree of which only as much is kept as is needed to
// go on with it.
type ledger struct {
	host string
	key  key
	id   []byte
	tree *compact.Range
}

func (c *CA) ledger(host string) (*ledger, error) {
	k, err := c.newKey("log " + host)
	if err != nil {
		return nil, err
	}
	id, err := k.id()
	if err != nil {
		return nil, err
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	return &ledger{host, k, id, factory.NewEmptyRange(0)}, nil
}

// enter enters an attestation in a log.
func (c *CA) enter(log Log, s signed, at time.Time) (*protorekor.TransparencyLogEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.logs[log]
	switch log {
	case LogV1:
		return l.enterV1(s, at)
	case LogV2:
		return l.enterV2(s)
	}
	return nil, fmt.Errorf("there is no log %d", log)
}

// enterV1 enters an attestation as a record of the kind dsse, and signs the time.
func (l *ledger) enterV1(s signed, at time.Time) (*protorekor.TransparencyLogEntry, error) {
	body, err := s.recordV1()
	if err != nil {
		return nil, err
	}
	proof, err := l.add(body, func(size uint64, hash []byte) ([]byte, error) {
		return rekor.CreateAndSignCheckpoint(context.Background(), l.host, treeID, size, hash, signer{l.key})
	})
	if err != nil {
		return nil, err
	}
	// Canonical JSON has its names in this order, and nothing in it needs escaping.
	promise, err := json.Marshal(struct {
		Body  string `json:"body"`
		Time  int64  `json:"integratedTime"`
		ID    string `json:"logID"`
		Index int64  `json:"logIndex"`
	}{base64.StdEncoding.EncodeToString(body), at.Unix(), hex.EncodeToString(l.id), proof.LogIndex})
	if err != nil {
		return nil, err
	}
	set, err := l.key.message(promise)
	if err != nil {
		return nil, fmt.Errorf("signing the log's promise: %w", err)
	}
	return &protorekor.TransparencyLogEntry{
		LogIndex: proof.LogIndex, LogId: &protocommon.LogId{KeyId: l.id}, KindVersion: &protorekor.KindVersion{Kind: "dsse", Version: "0.0.1"},
		IntegratedTime: at.Unix(), InclusionPromise: &protorekor.InclusionPromise{SignedEntryTimestamp: set},
		InclusionProof: proof, CanonicalizedBody: body,
	}, nil
}

// recordV1 is an attestation as the first log writes it down: the hashes of the envelope
// and of the payload, the signature, and the certificate.
func (s signed) recordV1() ([]byte, error) {
	envelope, err := protojson.Marshal(s.envelope())
	if err != nil {
		return nil, err
	}
	if envelope, err = steady(envelope); err != nil {
		return nil, err
	}
	type hash struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"value"`
	}
	type signature struct {
		Signature []byte `json:"signature"`
		Verifier  []byte `json:"verifier"`
	}
	type spec struct {
		Envelope   hash        `json:"envelopeHash"`
		Payload    hash        `json:"payloadHash"`
		Signatures []signature `json:"signatures"`
	}
	return json.Marshal(struct {
		Version string `json:"apiVersion"`
		Kind    string `json:"kind"`
		Spec    spec   `json:"spec"`
	}{"0.0.1", "dsse", spec{
		hash{"sha256", fingerprint(envelope)}, hash{"sha256", fingerprint(s.payload)},
		[]signature{{s.sig, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})}},
	}})
}

// enterV2 enters an attestation as a record of the kind hashedrekord.
func (l *ledger) enterV2(s signed) (*protorekor.TransparencyLogEntry, error) {
	body, err := s.recordV2()
	if err != nil {
		return nil, err
	}
	proof, err := l.add(body, func(size uint64, hash []byte) ([]byte, error) {
		by, err := tilesnote.NewNoteSigner(context.Background(), l.host, signer{l.key})
		if err != nil {
			return nil, err
		}
		text := checkpoint.Checkpoint{Origin: l.host, Size: size, Hash: hash}.Marshal()
		return note.Sign(&note.Note{Text: string(text)}, by)
	})
	if err != nil {
		return nil, err
	}
	return &protorekor.TransparencyLogEntry{
		LogIndex: proof.LogIndex, LogId: &protocommon.LogId{KeyId: l.id},
		KindVersion:    &protorekor.KindVersion{Kind: "hashedrekord", Version: "0.0.2"},
		InclusionProof: proof, CanonicalizedBody: body,
	}, nil
}

// recordV2 is an attestation as the second log writes it down.
func (s signed) recordV2() ([]byte, error) {
	digest := sha256.Sum256(dsse.PAE(payloadType, s.payload))
	var record proto.Message = &tiles.Entry{Kind: "hashedrekord", ApiVersion: "0.0.2",
		Spec: &tiles.Spec{Spec: &tiles.Spec_HashedRekordV002{HashedRekordV002: &tiles.HashedRekordLogEntryV002{
			Data: &protocommon.HashOutput{Algorithm: protocommon.HashAlgorithm_SHA2_256, Digest: digest[:]},
			Signature: &tiles.Signature{Content: s.sig, Verifier: &tiles.Verifier{
				KeyDetails: protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256,
				Verifier:   &tiles.Verifier_X509Certificate{X509Certificate: &protocommon.X509Certificate{RawBytes: s.cert.Raw}},
			}},
		}}}}
	raw, err := protojson.Marshal(record)
	if err != nil {
		return nil, err
	}
	return jsoncanonicalizer.Transform(raw)
}

// add appends a record to the tree, and proves that it is in: the way up from the last leaf
// goes past the tops of what was there before, the smallest first.
func (l *ledger) add(body []byte, sign func(size uint64, hash []byte) ([]byte, error)) (*protorekor.InclusionProof, error) {
	path := slices.Clone(l.tree.Hashes())
	slices.Reverse(path)
	index := l.tree.End()
	if err := l.tree.Append(rfc6962.DefaultHasher.HashLeaf(body), nil); err != nil {
		return nil, fmt.Errorf("entering in the log: %w", err)
	}
	top, err := l.tree.GetRootHash(nil)
	if err != nil {
		return nil, fmt.Errorf("entering in the log: %w", err)
	}
	text, err := sign(index+1, top)
	if err != nil {
		return nil, fmt.Errorf("signing the log's checkpoint: %w", err)
	}
	return &protorekor.InclusionProof{LogIndex: int64(index), TreeSize: int64(index + 1), RootHash: top, Hashes: path,
		Checkpoint: &protorekor.Checkpoint{Envelope: string(text)}}, nil
}
