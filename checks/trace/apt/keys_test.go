package apt

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

func TestReadKeys(t *testing.T) {
	one, two := newKey(t, config(made)), newKey(t, config(made))
	fingerprints := []string{fingerprint(one.PrimaryKey.Fingerprint), fingerprint(two.PrimaryKey.Fingerprint)}
	var raw bytes.Buffer
	_ = one.Serialize(&raw)
	_ = two.Serialize(&raw)
	for name, b := range map[string][]byte{
		"armored":     public(t, one, two),
		"raw":         raw.Bytes(),
		"two blocks":  slices.Concat(public(t, one), []byte("# the next one\n"), public(t, two)),
		"no line end": bytes.TrimSpace(public(t, one, two)),
	} {
		k, err := ReadKeys(b)
		if err != nil || !slices.Equal(k.fingerprints(), fingerprints) {
			t.Errorf("%s: %v, %v", name, k.fingerprints(), err)
		}
	}
}

func TestReadKeysRefuses(t *testing.T) {
	key := newKey(t, config(made))
	var secret, raw bytes.Buffer
	w, _ := armor.Encode(&secret, "PGP PRIVATE KEY BLOCK", nil)
	if err := key.SerializePrivate(w, config(made)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	_ = key.SerializePrivate(&raw, config(made))
	good := public(t, key)
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, "no OpenPGP public key"},
		{"a text", []byte("ssh-ed25519 AAAAC3Nza mara"), "no OpenPGP public key"},
		{"a web page", []byte("<html>\n"), "no OpenPGP public key"},
		{"a signature", armored(t, detached(t, "x", config(made.Add(time.Hour)), key)), "no OpenPGP public key"},
		{"cut off", good[:len(good)/2], "an armored block has no end"},
		{"spoilt", bytes.Replace(good, []byte("\n\n"), []byte("\n\n!!!!"), 1), "no OpenPGP public key"},
		{"a secret key", secret.Bytes(), "a secret key, which everybody can read"},
		{"a raw secret key", raw.Bytes(), "a secret key, which everybody can read"},
		{"a secret key behind", slices.Concat(good, secret.Bytes()), "a secret key, which everybody can read"},
		{"too many blocks", bytes.Repeat(good, maxKeys+1), "too many armored blocks"},
		{"too long", make([]byte, MaxKey+1), "more than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ReadKeys(tt.in)
			isRefused(t, err, tt.want)
			if len(k.list) > 0 {
				t.Errorf("it gives %v", k.fingerprints())
			}
		})
	}
}

func FuzzReadKeys(f *testing.F) {
	key := newKey(f, config(made))
	good := public(f, key)
	f.Add(good)
	f.Add(append(good, good...))
	f.Add([]byte(keyHead + keyTail))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ReadKeys(b)
		if err != nil {
			isRefused(t, err, "")
			return
		}
		if n := len(k.list); n == 0 || n > maxKeys {
			t.Errorf("%d keys", n)
		}
	})
}
