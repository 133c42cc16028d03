package apt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/klauspost/compress/gzip"
)

var (
	// now is the time of the tests, and made when their keys were.
	now  = time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC)
	made = now.AddDate(-1, 0, 0)
)

// config is what keys and signatures of a time are made with.
func config(at time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return at }, Algorithm: packet.PubKeyAlgoEdDSA}
}

// newKey makes a key that signs with its primary key.
func newKey(t testing.TB, c *packet.Config) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity("Archive", "", "archive@example.org", c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// public is the armored public part of keys.
func public(t testing.TB, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, "PGP PUBLIC KEY BLOCK", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := k.Serialize(w); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return append(b.Bytes(), '\n')
}

func read(t testing.TB, b []byte) Keys {
	t.Helper()
	k, err := ReadKeys(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// inRelease signs a text as InRelease is signed.
func inRelease(t testing.TB, text string, c *packet.Config, keys ...*packet.PrivateKey) string {
	t.Helper()
	var b bytes.Buffer
	w, err := clearsign.EncodeMulti(&b, keys, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

// detached signs a text as Release.gpg does, not armored.
func detached(t testing.TB, text string, c *packet.Config, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := openpgp.DetachSign(&b, keys, strings.NewReader(text), c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// armored is a signature as it is written into a file.
func armored(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, "PGP SIGNATURE", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(raw)
	w.Close()
	return append(b.Bytes(), '\n')
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	w.Close()
	return b.String()
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// maxTestIndex stands for MaxIndex, whose like takes long to make.
const maxTestIndex = 8 << 20

// indexOf is an index as a Release file lists it.
func indexOf(content, ext string) Index {
	return Index{Paths: []string{"main/binary-amd64/Packages" + ext}, Size: int64(len(content)), SHA256: sum(content), ext: ext, limit: maxTestIndex}
}

// paragraph is what an index says of a package, with a change: "Field: value" takes the
// place of the field, and "-Field" takes it away.
func paragraph(version, architecture string, changes ...string) string {
	file := fmt.Sprintf("pool/main/h/harbour/harbour_%s_%s.deb", version, architecture)
	lines := []string{"Package: harbour", "Version: " + version, "Architecture: " + architecture,
		"Description: a harbour", " with a quay\n .\n and a crane", "Filename: " + file, "Size: 1234", "SHA256: " + sum(file)}
	for _, c := range changes {
		name, _, _ := strings.Cut(strings.TrimPrefix(c, "-"), ":")
		for i, l := range lines {
			if strings.HasPrefix(l, name+":") {
				lines[i] = strings.TrimSuffix(c, "-"+name)
			}
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "\n\n", "\n") + "\n\n"
}

// isRefused fails the test unless err is a Refused that says want, with a hint, and is
// safe to show.
func isRefused(t *testing.T, err error, want string) {
	t.Helper()
	r, ok := errors.AsType[*Refused](err)
	if !ok {
		t.Fatalf("the error is %v, want %q", err, want)
	}
	if !strings.Contains(r.Error(), want) {
		t.Errorf("it says %q, want %q", r, want)
	}
	if r.Hint == "" || r.What == "" || strings.ContainsFunc(r.Error(), unicode.IsControl) {
		t.Errorf("what %q, hint %q, error %q", r.What, r.Hint, r)
	}
}
