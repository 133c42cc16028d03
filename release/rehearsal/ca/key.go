package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/sigstore/sigstore/pkg/signature"
)

// key signs without randomness (RFC 6979), so that the same thing is signed with the same
// bytes. Since Go 1.26 crypto/ecdsa ignores a source of randomness that comes in, for
// keys and for signatures; a key that is read from its bytes and signs with none is
// what it has instead.
type key struct{ private *ecdsa.PrivateKey }

// newKey derives a key from the seed and from what it is for. Who knows the seed knows the
// key: these are for rehearsals.
func (c *CA) newKey(use string) (key, error) {
	for try := range uint64(100) {
		mac := hmac.New(sha256.New, binary.BigEndian.AppendUint64(nil, uint64(c.seed)))
		fmt.Fprintf(mac, "%d %s", try, use)
		// Of all numbers of 32 bytes one in 2³² is no key of this curve.
		if k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), mac.Sum(nil)); err == nil {
			return key{k}, nil
		}
	}
	return key{}, fmt.Errorf("no key for %s follows from seed %d", use, c.seed)
}

// Public implements crypto.Signer.
func (k key) Public() crypto.PublicKey { return &k.private.PublicKey }

// Sign implements crypto.Signer, and uses no randomness.
func (k key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.private.Sign(nil, digest, opts)
}

// message signs a message.
func (k key) message(m []byte) ([]byte, error) {
	sum := sha256.Sum256(m)
	return k.Sign(nil, sum[:], crypto.SHA256)
}

// id is what the logs go by: the hash of their public key.
func (k key) id() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	sum := sha256.Sum256(der)
	return sum[:], nil
}

// signer is a key as Sigstore's libraries want one.
type signer struct{ key key }

var _ signature.Signer = signer{}

// PublicKey implements signature.Signer.
func (s signer) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return s.key.Public(), nil
}

// SignMessage implements signature.Signer.
func (s signer) SignMessage(r io.Reader, _ ...signature.SignOption) ([]byte, error) {
	m, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return s.key.message(m)
}
