package registry

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

const aptAt = "https://packages.example.org/debian"

// repository is an apt repository in the making.
type repository struct {
	key   *openpgp.Entity
	at    time.Time // when it is signed
	head  string    // of the Release file, before the sums
	files map[string]string
	// listed are the indexes that the Release file lists, and what it takes them for.
	listed map[string]string
	// debs are what is asked of each .deb.
	debs map[string]answer
}

func keyAt(t testing.TB, at time.Time) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity("Archive", "", "archive@example.org", pgpAt(at))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func pgpAt(at time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return at }, Algorithm: packet.PubKeyAlgoEdDSA}
}

// publicKey is a key as gpg --export --armor writes it.
func publicKey(t testing.TB, e *openpgp.Entity) []byte {
	t.Helper()
	return inArmor(t, "PGP PUBLIC KEY BLOCK", func(b *bytes.Buffer) error { return e.Serialize(b) })
}

func inArmor(t testing.TB, kind string, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var raw, out bytes.Buffer
	if err := write(&raw); err != nil {
		t.Fatal(err)
	}
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(raw.Bytes())
	w.Close()
	return append(out.Bytes(), '\n')
}

func sha(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// entry is what an index says of a .deb whose content is "deb VERSION ARCHITECTURE".
func entry(version, architecture string) string {
	content := "deb " + version + " " + architecture
	return fmt.Sprintf("Package: harbour\nVersion: %s\nArchitecture: %s\nFilename: %s\nSize: %d\nSHA256: %s\n\n",
		version, architecture, debPath(version, architecture), len(content), sha(content))
}

func debPath(version, architecture string) string {
	return "pool/main/h/harbour/harbour_" + strings.TrimPrefix(version, "1:") + "_" + architecture + ".deb"
}

// newRepository has harbour 1.2.3-1 for two architectures, and 1.2.2-1 for one.
func newRepository(t testing.TB) *repository {
	amd, arm := entry("1.2.2-1", "amd64")+entry("1.2.3-1", "amd64"), entry("1.2.3-1", "arm64")
	deb := func(v, a string) answer {
		return answer{status: 200, body: "deb " + v + " " + a, header: map[string]string{"Last-Modified": "Fri, 14 Aug 2026 10:00:00 GMT"}}
	}
	r := &repository{key: keyAt(t, now.AddDate(-1, 0, 0)), at: now.Add(-time.Hour),
		head: "Suite: stable\nCodename: quay\nDate: Fri, 14 Aug 2026 11:00:00 UTC\n" +
			"Valid-Until: Fri, 21 Aug 2026 11:00:00 UTC\nArchitectures: amd64 arm64 riscv64\nComponents: main\n",
		files: map[string]string{}, listed: map[string]string{},
		debs: map[string]answer{debPath("1.2.3-1", "amd64"): deb("1.2.3-1", "amd64"), debPath("1.2.3-1", "arm64"): deb("1.2.3-1", "arm64")}}
	r.index("main/binary-amd64/Packages.gz", packed(amd))
	r.index("main/binary-arm64/Packages", arm)
	return r
}

func packed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	w.Close()
	return b.String()
}

// index adds an index, and lists it as it is.
func (r *repository) index(file, content string) {
	r.files["dists/stable/"+file], r.listed[file] = content, content
}

// release is the text of the Release file.
func (r *repository) release() string {
	var b strings.Builder
	b.WriteString(r.head + "SHA256:\n")
	for _, file := range slices.Sorted(maps.Keys(r.listed)) {
		fmt.Fprintf(&b, " %s %d %s\n", sha(r.listed[file]), len(r.listed[file]), file)
	}
	return b.String()
}

// inRelease is the signed Release file.
func (r *repository) inRelease(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w, err := clearsign.Encode(&b, r.key.PrivateKey, pgpAt(r.at))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(r.release()))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

// signature is Release.gpg.
func (r *repository) signature(t testing.TB) string {
	t.Helper()
	return string(inArmor(t, "PGP SIGNATURE", func(b *bytes.Buffer) error {
		return openpgp.DetachSign(b, []*openpgp.Entity{r.key}, strings.NewReader(r.release()), pgpAt(r.at))
	}))
}

// answers are those of a server of the repository, with an InRelease.
func (r *repository) answers(t testing.TB) map[string][]answer {
	t.Helper()
	out := map[string][]answer{"GET " + aptAt + "/dists/stable/InRelease": {{status: 200, body: r.inRelease(t)}}}
	for file, content := range r.files {
		out["GET "+aptAt+"/"+file] = []answer{{status: 200, body: content}}
	}
	for file, a := range r.debs {
		out["HEAD "+aptAt+"/"+file] = []answer{a}
	}
	return out
}

// asked is what the plan asks of it.
func (r *repository) asked(t testing.TB) Apt {
	t.Helper()
	return Apt{Root: aptAt, Suite: "stable", Package: "harbour", Version: "1.2.3", Key: publicKey(t, r.key)}
}
