package apt

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

const signedText = "Suite: stable\nDate: Fri, 14 Aug 2026 11:00:00 UTC\n- a dash\n"

// withSubkey is a key that signs with a subkey.
func withSubkey(t testing.TB, c *packet.Config) (*openpgp.Entity, *packet.PrivateKey) {
	t.Helper()
	e := newKey(t, c)
	if err := e.AddSigningSubkey(c); err != nil {
		t.Fatal(err)
	}
	return e, e.Subkeys[len(e.Subkeys)-1].PrivateKey
}

func TestVerify(t *testing.T) {
	at := config(now.Add(-time.Hour))
	one, two := newKey(t, config(made)), newKey(t, config(made))
	master, sub := withSubkey(t, config(made))
	keys := read(t, public(t, one, master))
	stranger := inRelease(t, signedText, at, one.PrivateKey, two.PrivateKey)
	for _, tt := range []struct{ name, in, by, subkey string }{
		{"by the one key", inRelease(t, signedText, at, one.PrivateKey), fingerprint(one.PrimaryKey.Fingerprint), ""},
		{"by a subkey", inRelease(t, signedText, at, sub), fingerprint(master.PrimaryKey.Fingerprint), fingerprint(sub.Fingerprint)},
		{"by a stranger, too", stranger, fingerprint(one.PrimaryKey.Fingerprint), ""},
		{"with a comment in the signature", strings.Replace(inRelease(t, signedText, at, one.PrivateKey),
			signatureHead+"\n", signatureHead+"\nSuite: other\n", 1), fingerprint(one.PrimaryKey.Fingerprint), ""},
		{"lines ended as on Windows", strings.ReplaceAll(inRelease(t, signedText, at, one.PrivateKey), "\n", "\r\n"), fingerprint(one.PrimaryKey.Fingerprint), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, by, err := keys.Verify("InRelease", []byte(tt.in), now)
			if err != nil {
				t.Fatal(err)
			}
			// The line end before the signature is not part of the text.
			if got := string(text) + "\n"; got != signedText && string(text) != signedText {
				t.Errorf("the text is %q", text)
			}
			if len(by) != 1 || by[0] != (Signer{Fingerprint: tt.by, Subkey: tt.subkey, At: now.Add(-time.Hour)}) {
				t.Errorf("signed by %+v", by)
			}
		})
	}
	// A clock that is a little ahead.
	soon := inRelease(t, signedText, config(now.Add(5*time.Second)), one.PrivateKey)
	if _, by, err := keys.Verify("InRelease", []byte(soon), now); err != nil || len(by) != 1 {
		t.Errorf("%v, %v", by, err)
	}
	// Both keys of a repository that changes its key.
	if _, by, err := read(t, public(t, two, one)).Verify("InRelease", []byte(stranger), now); err != nil || len(by) != 2 {
		t.Errorf("%v, %v", by, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	at := config(now.Add(-time.Hour))
	key, other := newKey(t, config(made)), newKey(t, config(made))
	good := inRelease(t, signedText, at, key.PrivateKey)
	later := newKey(t, config(now.AddDate(1, 0, 0)))
	short := config(made)
	short.KeyLifetimeSecs = 364 * 24 * 3600
	expired := newKey(t, short)
	revoked := newKey(t, config(made))
	if err := revoked.Revoke(packet.KeyCompromised, "lost", config(now.AddDate(0, 0, -1))); err != nil {
		t.Fatal(err)
	}
	brief := config(now.Add(-time.Hour))
	brief.SigLifetimeSecs = 60
	small := config(made)
	small.Algorithm, small.RSABits, small.MinRSABits = packet.PubKeyAlgoRSA, 1024, 1024
	weak := newKey(t, small)
	smallAt := config(now.Add(-time.Hour))
	smallAt.MinRSABits = 1024
	head, body, _ := strings.Cut(good, "\n\n")
	for _, tt := range []struct {
		name, in string
		key      *openpgp.Entity
		want     string
	}{
		{"changed after signing", strings.Replace(good, "stable", "stabel", 1), key, "does not hold"},
		{"a line more", strings.Replace(good, "Suite:", "Origin: x\nSuite:", 1), key, "does not hold"},
		{"another key", good, other, "is no key of the plan"},
		{"text before", "Suite: other\n" + good, key, "something stands before that"},
		{"a line end before", "\n" + good, key, "something stands before that"},
		{"text behind", good + "Suite: other\n", key, "something stands behind"},
		{"another message behind", good + good, key, "something stands behind"},
		{"text as a header", head + "\nSuite: other\n\n" + body, key, "no well-formed signed message"},
		{"cut off", good[:len(good)-40], key, "no well-formed signed message"},
		{"not signed", signedText, key, "does not begin as a signed message"},
		{"empty", "", key, "does not begin as a signed message"},
		{"a web page", "<html>", key, "does not begin as a signed message"},
		{"in the future", inRelease(t, signedText, config(now.Add(time.Hour)), key.PrivateKey), key, "which is to come"},
		{"before there was the key", inRelease(t, signedText, config(made.AddDate(0, 0, -1)), key.PrivateKey), key, "does not hold"},
		{"by an expired key", inRelease(t, signedText, at, expired.PrivateKey), expired, "has expired"},
		{"by an expired key, in its time", inRelease(t, signedText, config(made.AddDate(0, 1, 0)), expired.PrivateKey), expired, "has expired"},
		{"by a revoked key", inRelease(t, signedText, at, revoked.PrivateKey), revoked, "is revoked"},
		{"by a revoked key, before", inRelease(t, signedText, config(made.AddDate(0, 1, 0)), revoked.PrivateKey), revoked, "is revoked"},
		{"with a signature that ended", inRelease(t, signedText, brief, key.PrivateKey), key, "has expired"},
		{"by a small key", inRelease(t, signedText, smallAt, weak.PrivateKey), weak, "must not sign"},
		{"by a key that is to come", inRelease(t, signedText, at, later.PrivateKey), later, "must not sign: no valid self signature found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, by, err := read(t, public(t, tt.key)).Verify("dists/stable/InRelease", []byte(tt.in), now)
			isRefused(t, err, tt.want)
			if text != nil || by != nil || !strings.HasPrefix(err.Error(), "the signature of dists/stable/InRelease: ") {
				t.Errorf("%q, %v, %v", text, by, err)
			}
		})
	}
}

// weakened makes a signature of a key with a hash that the library no longer makes, so far
// as it must be: the hash's name is written into a good one.
func weakened(raw []byte, id byte) []byte {
	out := bytes.Clone(raw)
	// Behind the header: version, type, algorithm of the key, algorithm of the hash.
	out[2+3] = id
	return out
}

func TestVerifyRefusesWeakHashes(t *testing.T) {
	key := newKey(t, config(made))
	raw := detached(t, signedText, config(now), key)
	if raw[2] != 4 {
		t.Fatalf("the signature begins with % x", raw[:8])
	}
	for id, want := range map[byte]string{1: "", 2: "SHA-1, which is too weak", 3: ""} {
		by, err := read(t, public(t, key)).VerifyDetached("Release.gpg", []byte(signedText), weakened(raw, id), now)
		isRefused(t, err, want)
		if by != nil {
			t.Errorf("hash %d: signed by %v", id, by)
		}
	}
}

// Made by GnuPG 2.2 at the tests' time: one key has SHA-256 in its own signatures, the
// other SHA-1.
func TestVerifyWhatGnuPGSigned(t *testing.T) {
	file := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text, by, err := read(t, file("new.asc")).Verify("InRelease", file("by-new.InRelease"), now)
	if err != nil || len(by) != 1 || !strings.HasPrefix(string(text), "Suite: stable\n") {
		t.Errorf("%q, %v, %v", text, by, err)
	}
	_, by, err = read(t, file("new.asc")).Verify("InRelease", file("sha1.InRelease"), now)
	isRefused(t, err, "signed with SHA-1, which is too weak")
	if by != nil {
		t.Errorf("signed by %v", by)
	}
	_, by, err = read(t, file("old.asc")).Verify("InRelease", file("by-old.InRelease"), now)
	isRefused(t, err, "must not sign: no valid self signature found")
	if by != nil {
		t.Errorf("signed by %v", by)
	}
}

func TestVerifyDetached(t *testing.T) {
	at := config(now.Add(-time.Hour))
	key, other := newKey(t, config(made)), newKey(t, config(made))
	keys := read(t, public(t, key))
	raw := detached(t, signedText, at, key)
	both := detached(t, signedText, at, other, key)
	many := bytes.Repeat(raw, maxSignatures+1)
	for name, signature := range map[string][]byte{"raw": raw, "armored": armored(t, raw), "two": both, "two, armored": armored(t, both)} {
		by, err := keys.VerifyDetached("Release.gpg", []byte(signedText), signature, now)
		if err != nil || len(by) != 1 || by[0].Fingerprint != fingerprint(key.PrimaryKey.Fingerprint) {
			t.Errorf("%s: %v, %v", name, by, err)
		}
	}
	for _, tt := range []struct {
		name, text string
		signature  []byte
		want       string
	}{
		{"changed after signing", signedText + "x", raw, "does not hold"},
		{"by another", signedText, detached(t, signedText, at, other), "is no key of the plan"},
		{"empty", signedText, nil, "it is empty"},
		{"no signature", signedText, []byte("<html>"), ""},
		{"a key", signedText, public(t, key), "not one armored signature"},
		{"a raw key behind", signedText, append(bytes.Clone(raw), public(t, key)...), ""},
		{"two blocks", signedText, append(armored(t, raw), armored(t, raw)...), "not one armored signature"},
		{"text behind", signedText, append(armored(t, raw), "x"...), "not one armored signature"},
		{"cut off", signedText, raw[:len(raw)-5], ""},
		{"too many", signedText, many, "more than 16"},
		{"too long", signedText, make([]byte, MaxSignature+1), "more than 262144 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			by, err := keys.VerifyDetached("Release.gpg", []byte(tt.text), tt.signature, now)
			isRefused(t, err, tt.want)
			if by != nil {
				t.Errorf("signed by %v", by)
			}
		})
	}
}

// Whatever is done to a signed file: it gives the text that was signed, or none.
func FuzzVerify(f *testing.F) {
	key := newKey(f, config(made))
	keys := read(f, public(f, key))
	good := inRelease(f, signedText, config(now), key.PrivateKey)
	want, _, err := keys.Verify("InRelease", []byte(good), now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(good))
	f.Add([]byte(good + "\n" + good))
	f.Add([]byte(strings.Replace(good, "Hash", "Comment", 1)))
	f.Add([]byte(signedHead + "\n\n\n" + signatureHead + "\n\n=AAAA\n" + signatureTail))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, by, err := keys.Verify("InRelease", b, now)
		if err != nil {
			isRefused(t, err, "")
			return
		}
		if len(by) == 0 || !bytes.Equal(bytes.TrimRight(text, " \t\r\n"), bytes.TrimRight(want, " \t\r\n")) {
			t.Errorf("%q is taken, signed by %v", text, by)
		}
	})
}

func FuzzVerifyDetached(f *testing.F) {
	key := newKey(f, config(made))
	keys := read(f, public(f, key))
	raw := detached(f, signedText, config(now), key)
	f.Add(raw, signedText)
	f.Add(armored(f, raw), signedText)
	f.Fuzz(func(t *testing.T, signature []byte, text string) {
		if by, err := keys.VerifyDetached("Release.gpg", []byte(text), signature, now); err != nil {
			isRefused(t, err, "")
		} else if len(by) == 0 || text != signedText {
			t.Errorf("%q is taken, signed by %v", text, by)
		}
	})
}
