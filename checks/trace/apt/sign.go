package apt

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

const (
	signedHead    = "-----BEGIN PGP SIGNED MESSAGE-----"
	signatureHead = "-----BEGIN PGP SIGNATURE-----"
	signatureTail = "-----END PGP SIGNATURE-----"
)

// signedBy is the step that fails where a signature does.
func signedBy(file string) string { return "the signature of " + file }

// keyConfig is what is asked of keys and signatures at a time. A weak hash is refused in
// both: in a key's own signatures it would let anybody add a subkey.
func keyConfig(now time.Time) *packet.Config {
	weak := map[crypto.Hash]bool{crypto.MD5: true, crypto.SHA1: true, crypto.RIPEMD160: true}
	return &packet.Config{
		Time:                        func() time.Time { return now },
		RejectHashAlgorithms:        weak,
		RejectMessageHashAlgorithms: weak,
	}
}

// Verify checks the signature of an InRelease file and gives the text that was signed, with
// the keys that signed it in good order. Errors are of type *Refused.
func (k Keys) Verify(file string, inRelease []byte, now time.Time) ([]byte, []Signer, error) {
	hint := "see what the server sends, and sign the repository anew"
	if !bytes.HasPrefix(inRelease, []byte(signedHead)) {
		return nil, nil, refuse(signedBy(file), hint, "it does not begin as a signed message does, or something stands before that")
	}
	block, rest := clearsign.Decode(inRelease)
	switch {
	case block == nil || block.ArmoredSignature.Type != "PGP SIGNATURE":
		return nil, nil, refuse(signedBy(file), hint, "it is no well-formed signed message")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, nil, refuse(signedBy(file), hint, "something stands behind the signed part")
	}
	signature, err := io.ReadAll(io.LimitReader(block.ArmoredSignature.Body, MaxSignature+1))
	if err != nil {
		return nil, nil, &Refused{What: signedBy(file), Why: "it cannot be read", Hint: hint, Err: err}
	}
	signers, err := k.signers(file, block.Bytes, signature, now)
	if err != nil {
		return nil, nil, err
	}
	return block.Plaintext, signers, nil
}

// VerifyDetached checks the signature of a Release file that stands beside it, armored or
// not, and gives the keys that signed it in good order. Errors are of type *Refused.
func (k Keys) VerifyDetached(file string, release, signature []byte, now time.Time) ([]Signer, error) {
	if armored := bytes.TrimSpace(signature); bytes.HasPrefix(armored, []byte("-----")) {
		hint := "see what the server sends, and sign the repository anew"
		if !bytes.HasPrefix(armored, []byte(signatureHead)) || !bytes.HasSuffix(armored, []byte(signatureTail)) ||
			bytes.Count(armored, []byte("-----BEGIN")) > 1 {
			return nil, refuse(signedBy(file), hint, "it is not one armored signature")
		}
		block, err := armor.Decode(bytes.NewReader(armored))
		if err == nil {
			signature, err = io.ReadAll(io.LimitReader(block.Body, MaxSignature+1))
		}
		if err != nil {
			return nil, &Refused{What: signedBy(file), Why: "it cannot be read", Hint: hint, Err: err}
		}
	}
	return k.signers(file, release, signature, now)
}

// signers are the keys of the plan that signed. One is enough: a repository that changes
// its key signs with both for a while.
func (k Keys) signers(file string, signed, signature []byte, now time.Time) ([]Signer, error) {
	if err := countSignatures(file, signature); err != nil {
		return nil, err
	}
	// A clock slightly ahead may have made it: what is further ahead is refused below.
	config := keyConfig(now.Add(Skew))
	md, err := openpgp.VerifyDetachedSignatureReader(k.list, bytes.NewReader(signed), bytes.NewReader(signature), config)
	if err == nil {
		_, err = io.Copy(io.Discard, md.UnverifiedBody)
	}
	if err != nil {
		return nil, &Refused{What: signedBy(file), Why: "it cannot be read", Hint: "sign the repository anew", Err: err}
	}
	var out []Signer
	var worst *Refused
	strangers := []string{}
	for _, c := range md.SignatureCandidates {
		if c.SignedByEntity == nil {
			strangers = append(strangers, issuer(c))
			continue
		}
		if s, refused := judgeSignature(file, c, now); refused != nil {
			worst = refused
		} else {
			out = append(out, s)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case worst != nil:
		return nil, worst
	}
	return nil, refuse(signedBy(file),
		"do not install from it until you know whose key that is; if it is the project's new one, commit it where the plan's key is",
		"it was made by %s, which is no key of the plan (%s)", strings.Join(strangers, " and "), strings.Join(k.fingerprints(), ", "))
}

// countSignatures refuses more signatures than anybody makes, before any is checked, and
// what is none.
func countSignatures(file string, signature []byte) error {
	hint := "see what the server sends, and sign the repository anew"
	if len(signature) > MaxSignature {
		return refuse(signedBy(file), hint, "it has more than %d bytes", MaxSignature)
	}
	n := 0
	for packets := packet.NewReader(bytes.NewReader(signature)); ; n++ {
		p, err := packets.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return &Refused{What: signedBy(file), Why: "it cannot be read", Hint: hint, Err: err}
		}
		s, ok := p.(*packet.Signature)
		if !ok || s.IssuerKeyId == nil {
			return refuse(signedBy(file), hint, "it holds something else than signatures that say who made them")
		}
		if n >= maxSignatures {
			return refuse(signedBy(file), hint, "there are more than %d", maxSignatures)
		}
	}
	if n == 0 {
		return refuse(signedBy(file), hint, "it is empty")
	}
	return nil
}

// issuer is the key that a signature says it was made by.
func issuer(c *openpgp.SignatureCandidate) string {
	if len(c.IssuerFingerprint) > 0 {
		return fingerprint(c.IssuerFingerprint)
	}
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(c.IssuerKeyId >> (56 - 8*i))
	}
	return fingerprint(b)
}

func fingerprint(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// judgeSignature judges one signature of a key of the plan. The key has to be in order
// when it signed and now: who holds an expired or revoked key can write any time.
func judgeSignature(file string, c *openpgp.SignatureCandidate, now time.Time) (Signer, *Refused) {
	entity, sig := c.SignedByEntity, c.CorrespondingSig
	who := fingerprint(entity.PrimaryKey.Fingerprint)
	if sig.CreationTime.After(now.Add(Skew)) {
		return Signer{}, refuse(signedBy(file), "compare the clock here with that of the machine that signs",
			"%s signed at %s, which is to come", who, sig.CreationTime.UTC().Format(time.RFC3339))
	}
	// In this order: the library tells of a weak hash only where the signature is right.
	if keyConfig(now).RejectMessageHashAlgorithm(sig.Hash) {
		return Signer{}, refuse(signedBy(file), "sign the repository with SHA-256 or better: digest-algo SHA512 in gpg.conf",
			"%s signed with %s, which is too weak", who, sig.Hash)
	}
	at := now
	if sig.CreationTime.After(at) {
		at = sig.CreationTime
	}
	if err := inOrder(entity, c.IssuerKeyId, at); err != nil {
		return Signer{}, badKey(file, who, err)
	}
	if c.SignatureError != nil || c.SignedBy == nil {
		return Signer{}, badSignature(file, who, c.SignatureError)
	}
	s := Signer{Fingerprint: who, At: sig.CreationTime.UTC()}
	if by := fingerprint(c.SignedBy.PublicKey.Fingerprint); by != who {
		s.Subkey = by
	}
	return s, nil
}

// badKey says why a key must not sign.
func badKey(file, who string, err error) *Refused {
	r := &Refused{What: signedBy(file)}
	switch {
	case errors.Is(err, pgperrors.ErrKeyExpired):
		r.Why = "the key " + who + " has expired"
		r.Hint = "prolong the key, and commit it as it is then where the plan's key is"
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		r.Why = "the key " + who + " is revoked"
		r.Hint = "find out why, then sign the repository with another key and commit that one where the plan's key is"
	default:
		r.Why, r.Err = "the key "+who+" must not sign", err
		r.Hint = "see with gpg --list-packets whether it is too small, none for signing, or signed itself with SHA-1; use another one, or renew it"
	}
	return r
}

// badSignature says why the signature of a key in order does not count.
func badSignature(file, who string, err error) *Refused {
	if errors.Is(err, pgperrors.ErrSignatureExpired) {
		return refuse(signedBy(file), "sign the repository anew", "that of %s has expired", who)
	}
	return &Refused{What: signedBy(file), Why: "that of " + who + " does not hold", Err: err,
		Hint: "do not install from it until you know whether the file was changed after it was signed"}
}

// inOrder says why a key may not sign at a time: the library's search for one that may
// tells no more than that there is none.
func inOrder(e *openpgp.Entity, id uint64, at time.Time) error {
	config := keyConfig(at)
	if _, err := e.VerifyPrimaryKey(at, config); err != nil {
		return err
	}
	for _, sub := range e.Subkeys {
		if sub.PublicKey.KeyId == id {
			if _, err := sub.Verify(at, config); err != nil {
				return err
			}
		}
	}
	if _, ok := e.SigningKeyById(at, id, config); !ok {
		return errors.New("the key is none for signing")
	}
	return nil
}
