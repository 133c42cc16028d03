package attest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/trace/attest"
)

// The root that twokey comes with is the file that its note tells of, with its date.
func TestEmbedded(t *testing.T) {
	r, err := attest.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("roots/public-good.json")
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile("roots/README.md")
	if err != nil {
		t.Fatal(err)
	}
	d := sha256.Sum256(raw)
	for what, s := range map[string]string{"sum": hex.EncodeToString(d[:]), "date": "Date: " + r.Date().Format(time.DateOnly)} {
		if !strings.Contains(string(note), s) {
			t.Errorf("the note does not have the file's %s, %s", what, s)
		}
	}
	for _, log := range []string{"https://rekor.sigstore.dev", "https://log2025-1.rekor.sigstore.dev", "https://ctfe.sigstore.dev/2022", "https://timestamp.sigstore.dev"} {
		if !bytes.Contains(raw, []byte(`"`+log)) {
			t.Errorf("it does not know %s", log)
		}
	}
}

// Several roots may stand one after the other, and what is none is an error.
func TestRootFromJSON(t *testing.T) {
	a, other := newAuthority(t, 1), newAuthority(t, 2)
	one, err := a.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	two, err := other.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	own, err := a.GitHubRoot()
	if err != nil {
		t.Fatal(err)
	}
	join := func(all ...[]byte) []byte { return bytes.Join(all, []byte("\n")) }
	day := time.Date(2022, 2, 2, 0, 0, 0, 0, time.UTC)
	both, err := attest.RootFromJSON(join(two, own, one, nil), day)
	if err != nil || !both.Date().Equal(day) {
		t.Fatalf("the root is of %v, %v", both.Date(), err)
	}
	for _, from := range []authority{a, other} {
		if got := read(t, from.sign(t, nil), both); got.Standing != checks.AttestationVerified {
			t.Errorf("it is %s: %s", got.Standing, got.Why)
		}
	}
	without := func(names ...string) []byte {
		return edit(t, one, func(r map[string]any) {
			for _, n := range names {
				delete(r, n)
			}
		})
	}
	for name, tt := range map[string]struct {
		raw  []byte
		want string
	}{
		"nothing":          {nil, "there is none in it"},
		"no JSON":          {[]byte("<html>\x1b[31m"), "invalid character"},
		"half of one":      {one[:len(one)/2], "unexpected EOF"},
		"a bundle":         {a.sign(t, nil), "unknown field"},
		"an empty one":     {[]byte("{}"), "media type"},
		"no CA":            {without("certificateAuthorities"), "nobody in it issues certificates"},
		"no log":           {without("tlogs"), "some of the logs only"},
		"no log of certs":  {without("ctlogs"), "some of the logs only"},
		"no log and stamp": {without("tlogs", "ctlogs", "timestampAuthorities"), "nobody who stamps time"},
		"one and no JSON":  {join(one, []byte("?")), "invalid character"},
		"too many":         {bytes.Repeat(own, 17), "more than 16"},
		"too large":        {bytes.Repeat([]byte(" "), attest.MaxRoot+1), "more than is read"},
		"a broken key":     {bytes.Replace(one, []byte(`"rawBytes":"MFkw`), []byte(`"rawBytes":"AAAA`), 1), "key"},
		"a broken CA":      {bytes.Replace(one, []byte(`"rawBytes":"MII`), []byte(`"rawBytes":"AAA`), 1), "x509"},
	} {
		r, err := attest.RootFromJSON(tt.raw, day)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: it is %v, error %v; want one with %q", name, r, err, tt.want)
		}
	}
}

// FuzzRoot holds that no bytes that are not the CA's make a root that verifies what the CA
// did not sign.
func FuzzRoot(f *testing.F) {
	a, other := newAuthority(f, 1), newAuthority(f, 2)
	for _, make := range []func() ([]byte, error){a.TrustedRoot, a.GitHubRoot} {
		raw, err := make()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("{}"))
	raw := other.sign(f, nil)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := attest.RootFromJSON(in, now)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Fatalf("the error is %q", err)
			}
			return
		}
		if got := read(t, raw, r); got.Standing == checks.AttestationVerified {
			t.Fatalf("verified with %q: %+v", in, got)
		}
	})
}
