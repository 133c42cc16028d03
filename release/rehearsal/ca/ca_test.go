package ca_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"twokey/release/rehearsal/ca"
)

// now is a time of a rehearsal, which is not the machine's.
var now = time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)

const commit = "8d1a5b3c0f7e9d2a4b6c8e0f1a3b5d7c9e1f2a4b"

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func newCA(t testing.TB, seed int64) *ca.CA {
	t.Helper()
	c, err := ca.New(seed, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func claim() ca.Claim {
	return ca.Claim{
		Subjects:     []ca.Subject{{Name: "harbour-2.11.6.tar.gz", SHA256: digest("sdist")}},
		Workflow:     ca.Workflow{Repository: "harbour/harbour", Path: ".github/workflows/publish.yml", Ref: "refs/tags/v2.11.6", Commit: commit},
		RepositoryID: 11, OwnerID: 7, Run: 42, Attempt: 2, At: now,
	}
}

func sign(t testing.TB, c *ca.CA, cl ca.Claim) []byte {
	t.Helper()
	out, err := c.Sign(cl)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// check verifies a bundle as a real verifier does that trusts a root and wants everything.
func check(t testing.TB, raw, trusted []byte, sha string, options ...verify.VerifierOption) (*verify.VerificationResult, error) {
	t.Helper()
	r, err := root.NewTrustedRootFromJSON(trusted)
	if err != nil {
		t.Fatal(err)
	}
	if options == nil {
		options = []verify.VerifierOption{verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
	}
	v, err := verify.NewVerifier(r, options...)
	if err != nil {
		t.Fatal(err)
	}
	var b bundle.Bundle
	if err := b.UnmarshalJSON(raw); err != nil {
		t.Fatalf("the bundle is not one: %v\n%s", err, raw)
	}
	sum, err := hex.DecodeString(sha)
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(&b, verify.NewPolicy(verify.WithArtifactDigest("sha256", sum), verify.WithoutIdentitiesUnsafe()))
}

func trusted(t testing.TB, c *ca.CA) []byte {
	t.Helper()
	out, err := c.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A real verifier takes what is signed, in both logs, and reads in it what was claimed.
func TestVerifies(t *testing.T) {
	for _, log := range []ca.Log{ca.LogV1, ca.LogV2} {
		c := newCA(t, 1)
		for i := range 9 { // the log's tree takes another shape each time
			cl := claim()
			cl.Log, cl.Run, cl.At = log, int64(i), now.Add(time.Duration(i)*time.Minute)
			res, err := check(t, sign(t, c, cl), trusted(t, c), digest("sdist"))
			if err != nil {
				t.Fatalf("log %d, entry %d: %v", log, i, err)
			}
			got := res.Signature.Certificate
			want := map[string]string{
				got.SubjectAlternativeName:    "https://github.com/harbour/harbour/.github/workflows/publish.yml@refs/tags/v2.11.6",
				got.Issuer:                    "https://token.actions.githubusercontent.com",
				got.SourceRepositoryDigest:    commit,
				got.SourceRepositoryRef:       "refs/tags/v2.11.6",
				got.SourceRepositoryURI:       "https://github.com/harbour/harbour",
				got.RunInvocationURI:          fmt.Sprintf("https://github.com/harbour/harbour/actions/runs/%d/attempts/2", i),
				got.RunnerEnvironment:         "github-hosted",
				got.BuildTrigger:              "push",
				res.Statement.PredicateType:   ca.Provenance,
				res.Statement.Subject[0].Name: "harbour-2.11.6.tar.gz",
			}
			for g, w := range want {
				if g != w {
					t.Errorf("it says %q, want %q", g, w)
				}
			}
			if n := len(res.VerifiedTimestamps); n != 1 || !res.VerifiedTimestamps[0].Timestamp.Equal(cl.At) {
				t.Errorf("its times are %v, want %v", res.VerifiedTimestamps, cl.At)
			}
		}
	}
}

// Nothing of it is taken for another file, with another root, or with something gone.
func TestRefused(t *testing.T) {
	c := newCA(t, 1)
	with := func(f ca.Fault, log ca.Log) []byte {
		cl := claim()
		cl.Faults, cl.Log = f, log
		return sign(t, c, cl)
	}
	good := with(0, ca.LogV1)
	own := trusted(t, c)
	other := claim()
	other.Run++
	if _, err := check(t, good, own, digest("sdist")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		raw, root []byte
		sha, want string
	}{
		{"another file", good, own, digest("wheel"), "digest"},
		{"another CA", good, trusted(t, newCA(t, 2)), digest("sdist"), "log"},
		{"no log", with(ca.NoLog, ca.LogV1), own, digest("sdist"), "not enough verified log entries"},
		{"no SCT", with(ca.NoSCT, ca.LogV1), own, digest("sdist"), "SCT"},
		{"late", with(ca.Late, ca.LogV1), own, digest("sdist"), "outside certificate validity"},
		{"late, with a timestamp", with(ca.Late, ca.LogV2), own, digest("sdist"), "leaf certificate"},
		{"no time", with(ca.NoTime, ca.LogV2), own, digest("sdist"), "threshold not met"},
		{"another statement", bytes.Replace(good, payload(t, good), payload(t, sign(t, c, other)), 1), own, digest("sdist"), "payload hash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := check(t, tt.raw, tt.root, tt.sha)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it is taken for %v, error %v; want an error with %q", res, err, tt.want)
			}
		})
	}
}

func payload(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b struct {
		DSSE struct{ Payload string } `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(raw, &b); err != nil || b.DSSE.Payload == "" {
		t.Fatalf("no payload in %s: %v", raw, err)
	}
	return []byte(b.DSSE.Payload)
}

// The same seed, time and order give the same bytes, and another seed no key of the first.
func TestSteady(t *testing.T) {
	var roots, bundles []string
	for _, seed := range []int64{1, 1, 2} {
		c := newCA(t, seed)
		roots = append(roots, string(trusted(t, c)))
		other := claim()
		other.Run++
		bundles = append(bundles, string(sign(t, c, claim()))+string(sign(t, c, other)))
	}
	if roots[0] != roots[1] || bundles[0] != bundles[1] {
		t.Error("the same seed gives another root or another bundle")
	}
	if roots[0] == roots[2] || bundles[0] == bundles[2] {
		t.Error("another seed gives the same")
	}
}

// A reusable workflow signs as itself, for the one that called it.
func TestCalled(t *testing.T) {
	c, cl := newCA(t, 1), claim()
	cl.Called = &ca.Workflow{Repository: "harbour/workflows", Path: ".github/workflows/build.yml", Ref: "refs/heads/main", Commit: strings.Repeat("a", 40)}
	cl.SelfHosted, cl.Private, cl.Event, cl.PredicateType = true, true, "workflow_dispatch", ca.Publish
	res, err := check(t, sign(t, c, cl), trusted(t, c), digest("sdist"))
	if err != nil {
		t.Fatal(err)
	}
	got := res.Signature.Certificate
	if got.SubjectAlternativeName != "https://github.com/harbour/workflows/.github/workflows/build.yml@refs/heads/main" ||
		got.BuildSignerURI != got.SubjectAlternativeName || got.BuildSignerDigest != cl.Called.Commit ||
		got.BuildConfigURI != "https://github.com/harbour/harbour/.github/workflows/publish.yml@refs/tags/v2.11.6" || got.BuildConfigDigest != commit {
		t.Errorf("it says %+v", got)
	}
	if got.RunnerEnvironment != "self-hosted" || got.SourceRepositoryVisibilityAtSigning != "private" || got.BuildTrigger != "workflow_dispatch" {
		t.Errorf("it says %+v", got)
	}
	if res.Statement.PredicateType != ca.Publish || len(res.Statement.GetPredicate().GetFields()) != 0 {
		t.Errorf("it is of %q, with %v", res.Statement.PredicateType, res.Statement.GetPredicate())
	}
}

// GitHub's attestation of a release is from a CA of its own.
func TestRelease(t *testing.T) {
	c := newCA(t, 1)
	raw, err := c.SignRelease(ca.Release{Repository: "harbour/harbour", Tag: "v2.11.6", Commit: commit, ReleaseID: 5,
		Files: []ca.Subject{{Name: "harbour.zip", SHA256: digest("zip")}}, At: now})
	if err != nil {
		t.Fatal(err)
	}
	own, err := c.GitHubRoot()
	if err != nil {
		t.Fatal(err)
	}
	res, err := check(t, raw, own, digest("zip"), verify.WithSignedTimestamps(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Signature.Certificate; got.SubjectAlternativeName != "https://dotcom.releases.github.com" || got.SourceRepositoryURI != "" {
		t.Errorf("it is signed as %+v", got)
	}
	if !strings.Contains(res.Statement.String(), commit) {
		t.Errorf("it is about %v", res.Statement)
	}
	if _, err := check(t, raw, trusted(t, c), digest("zip"), verify.WithSignedTimestamps(1)); err == nil {
		t.Error("the other root verifies it, too")
	}
	if _, err := check(t, raw, own, digest("sdist"), verify.WithSignedTimestamps(1)); err == nil {
		t.Error("it is taken for another file's")
	}
}

// A predicate of one's own is signed as it is, and what no certificate can say is an error.
func TestClaims(t *testing.T) {
	c, cl := newCA(t, 1), claim()
	cl.Predicate = json.RawMessage(`{"mine":"yes"}`)
	res, err := check(t, sign(t, c, cl), trusted(t, c), digest("sdist"))
	if err != nil || res.Statement.GetPredicate().GetFields()["mine"].GetStringValue() != "yes" {
		t.Errorf("the predicate is %v, %v", res, err)
	}
	for name, broken := range map[string]func(*ca.Claim){
		"no subject":  func(cl *ca.Claim) { cl.Subjects = nil },
		"a control":   func(cl *ca.Claim) { cl.Workflow.Path = "a\x1bb" },
		"no text":     func(cl *ca.Claim) { cl.Event = "a\xffb" },
		"no such log": func(cl *ca.Claim) { cl.Log = 9 },
		"no JSON":     func(cl *ca.Claim) { cl.Predicate = json.RawMessage("{") },
	} {
		cl := claim()
		broken(&cl)
		if out, err := c.Sign(cl); err == nil {
			t.Errorf("%s is signed: %.80s…", name, out)
		}
	}
	if _, err := check(t, sign(t, c, claim()), trusted(t, c), digest("sdist")); err != nil {
		t.Errorf("after that, nothing verifies: %v", err)
	}
}

// Several sign at once, and each entry is provable.
func TestTogether(t *testing.T) {
	c := newCA(t, 1)
	own := trusted(t, c)
	var wg sync.WaitGroup
	out := make([][]byte, 20)
	for i := range out {
		wg.Go(func() {
			cl := claim()
			cl.Run = int64(i)
			out[i] = sign(t, c, cl)
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, raw := range out {
		if _, err := check(t, raw, own, digest("sdist")); err != nil {
			t.Error(err)
		}
		if seen[string(raw)] {
			t.Error("two have the same bundle")
		}
		seen[string(raw)] = true
	}
}

// What PyPI publishes has the bundles' parts, and who PyPI says that published.
func TestPyPI(t *testing.T) {
	c, cl := newCA(t, 1), claim()
	cl.PredicateType = ca.Publish
	raw, err := ca.PyPI([][]byte{sign(t, c, cl)}, cl.Workflow, "pypi")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Bundles []struct {
			Publisher    map[string]string
			Attestations []struct {
				Version  int
				Envelope struct{ Statement, Signature []byte }
				Material map[string]json.RawMessage `json:"verification_material"`
			}
		} `json:"attestation_bundles"`
	}
	if err := json.Unmarshal(raw, &got); err != nil || got.Version != 1 || len(got.Bundles) != 1 || len(got.Bundles[0].Attestations) != 1 {
		t.Fatalf("it is %s: %v", raw, err)
	}
	want := map[string]string{"kind": "GitHub", "repository": "harbour/harbour", "workflow": "publish.yml", "environment": "pypi"}
	if by := got.Bundles[0].Publisher; !maps.Equal(by, want) {
		t.Errorf("the publisher is %v", by)
	}
	a := got.Bundles[0].Attestations[0]
	if a.Version != 1 || !bytes.Contains(a.Envelope.Statement, []byte(`"predicate":null`)) || len(a.Envelope.Signature) == 0 {
		t.Errorf("the attestation is %+v", a)
	}
	if names := slices.Sorted(maps.Keys(a.Material)); !slices.Equal(names, []string{"certificate", "transparency_entries"}) {
		t.Errorf("it has %v", names)
	}
	for _, broken := range []string{"", "{}", "[]"} {
		if out, err := ca.PyPI([][]byte{[]byte(broken)}, cl.Workflow, ""); err == nil {
			t.Errorf("%q becomes %s", broken, out)
		}
	}
}
