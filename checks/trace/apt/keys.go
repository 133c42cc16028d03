package apt

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Keys are the public keys that a plan names.
type Keys struct{ list openpgp.EntityList }

const (
	keyFile = "the plan's key"
	keyHead = "-----BEGIN PGP "
	keyTail = "-----END PGP "
)

// ReadKeys reads public keys as gpg --export writes them, armored or not. Errors are of
// type *Refused.
func ReadKeys(b []byte) (Keys, error) {
	hint := "commit the output of gpg --export --armor there"
	if len(b) > MaxKey {
		return Keys{}, refuse(keyFile, hint, "it has more than %d bytes", MaxKey)
	}
	blocks, err := keyBlocks(b)
	if err != nil {
		return Keys{}, &Refused{What: keyFile, Why: "it is no OpenPGP public key", Hint: hint, Err: err}
	}
	var k Keys
	for _, block := range blocks {
		list, err := openpgp.ReadKeyRing(bytes.NewReader(block))
		if err != nil {
			return Keys{}, &Refused{What: keyFile, Why: "it is no OpenPGP public key", Hint: hint, Err: err}
		}
		k.list = append(k.list, list...)
	}
	switch {
	case len(k.list) == 0:
		return Keys{}, refuse(keyFile, hint, "it is no OpenPGP public key")
	case len(k.list) > maxKeys:
		return Keys{}, refuse(keyFile, "commit the keys that sign the repository, and no others", "it holds more than %d keys", maxKeys)
	case slices.ContainsFunc(k.list, func(e *openpgp.Entity) bool { return e.PrivateKey != nil || privateSubkey(e) }):
		return Keys{}, refuse(keyFile, "revoke it now, make another one, and commit only its public part: gpg --export --armor",
			"it is a secret key, which everybody can read")
	}
	return k, nil
}

func privateSubkey(e *openpgp.Entity) bool {
	return slices.ContainsFunc(e.Subkeys, func(s openpgp.Subkey) bool { return s.PrivateKey != nil })
}

// keyBlocks are the binary keys in a file: itself, or what its armored blocks hold. What
// stands around those is left alone, as gpg does.
func keyBlocks(b []byte) ([][]byte, error) {
	if !bytes.Contains(b, []byte(keyHead)) {
		return [][]byte{b}, nil
	}
	var out [][]byte
	for {
		at := bytes.Index(b, []byte(keyHead))
		if at < 0 {
			return out, nil
		}
		b = b[at:]
		end := bytes.Index(b, []byte(keyTail))
		if end < 0 {
			return nil, errors.New("an armored block has no end")
		}
		next := bytes.IndexByte(b[end:], '\n') + end + 1
		if next == end {
			next = len(b)
		}
		block, err := armor.Decode(bytes.NewReader(b[:next]))
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(block.Body)
		if err != nil {
			return nil, err
		}
		if out, b = append(out, raw), b[next:]; len(out) > maxKeys {
			return nil, errors.New("there are too many armored blocks")
		}
	}
}

// fingerprints are those of the primary keys.
func (k Keys) fingerprints() []string {
	var out []string
	for _, e := range k.list {
		out = append(out, fingerprint(e.PrimaryKey.Fingerprint))
	}
	return out
}
