package attest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/trace/attest"
	"twokey/release/rehearsal/ca"
)

// now is when everything here was signed.
var now = time.Date(2023, 4, 5, 6, 7, 8, 0, time.UTC)

const (
	commit = "8d1a5b3c0f7e9d2a4b6c8e0f1a3b5d7c9e1f2a4b"
	tag    = "refs/tags/v2.11.6"
	file   = "harbour-2.11.6.tar.gz"
	path   = ".github/workflows/publish.yml"
)

// sum is the SHA-256 of a content, in hex.
func sum(content string) string {
	d := sha256.Sum256([]byte(content))
	return hex.EncodeToString(d[:])
}

// authority is a CA with the root that knows it.
type authority struct {
	*ca.CA
	root *attest.Root
}

func newAuthority(t testing.TB, seed int64) authority {
	t.Helper()
	c, err := ca.New(seed, now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := c.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	return authority{c, newRoot(t, raw)}
}

func newRoot(t testing.TB, raw []byte) *attest.Root {
	t.Helper()
	r, err := attest.RootFromJSON(raw, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// claim is that of an honest build.
func claim() ca.Claim {
	return ca.Claim{
		Subjects:     []ca.Subject{{Name: file, SHA256: sum("sdist")}},
		Workflow:     ca.Workflow{Repository: "harbour/harbour", Path: path, Ref: tag, Commit: commit},
		RepositoryID: 11, OwnerID: 7, Run: 42, At: now,
	}
}

// sign signs a claim, changed as is wanted.
func (a authority) sign(t testing.TB, change func(*ca.Claim)) []byte {
	t.Helper()
	cl := claim()
	if change != nil {
		change(&cl)
	}
	raw, err := a.Sign(cl)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// release signs as GitHub does for an immutable release of the file.
func (a authority) release(t testing.TB) []byte {
	t.Helper()
	raw, err := a.SignRelease(ca.Release{Repository: "harbour/harbour", Tag: "v2.11.6", Commit: commit,
		Files: []ca.Subject{{Name: file, SHA256: sum("sdist")}}, At: now})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// read reads a bundle for the file that it should be about.
func read(t testing.TB, raw []byte, r *attest.Root) checks.Attestation {
	t.Helper()
	got, err := attest.Read(raw, sum("sdist"), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// refused wants a bundle to be refused for a reason.
func refused(t testing.TB, got checks.Attestation, standing checks.AttestationStanding, why string) {
	t.Helper()
	if got.Standing != standing || !strings.Contains(got.Why.String(), why) {
		t.Errorf("it is %s: %s; want %s: …%s…", got.Standing, got.Why, standing, why)
	}
	if !got.Logged.IsZero() {
		t.Errorf("it has a time, %v, that nobody vouches for", got.Logged)
	}
}

// edit changes a bundle's JSON.
func edit(t testing.TB, raw []byte, change func(map[string]any)) []byte {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	change(b)
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// in is the object at a path of names within another.
func in(b map[string]any, names ...string) map[string]any {
	for _, n := range names {
		b = b[n].(map[string]any)
	}
	return b
}

// entry is the bundle's first log entry.
func entry(b map[string]any) map[string]any {
	return in(b, "verificationMaterial")["tlogEntries"].([]any)[0].(map[string]any)
}

// reword changes what is written in base64.
func reword(t testing.TB, s any, old, by string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s.(string))
	if err != nil || !strings.Contains(string(raw), old) {
		t.Fatalf("%q is not in %s (%v)", old, raw, err)
	}
	return base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(raw), old, by, 1)))
}
