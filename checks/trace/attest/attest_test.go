package attest_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/attest"
	"twokey/release/rehearsal/ca"
)

// What an honest job signed verifies, in both logs, and every fact is there.
func TestRead(t *testing.T) {
	a := newAuthority(t, 1)
	for _, log := range []ca.Log{ca.LogV1, ca.LogV2} {
		got := read(t, a.sign(t, func(cl *ca.Claim) { cl.Log = log }), a.root)
		job := checks.WorkflowAt{URI: text.Clean("https://github.com/harbour/harbour/" + path + "@" + tag),
			Repository: text.Clean("harbour/harbour"), Path: text.Clean(path), Ref: text.Clean(tag)}
		want := checks.Attestation{
			Standing: checks.AttestationVerified, SHA256: sum("sdist"), PredicateType: text.Clean(checks.PredicateProvenance),
			Subjects: []checks.AttestedFile{{Name: text.Clean(file), SHA256: sum("sdist")}},
			Issuer:   text.Clean(checks.GitHubIssuer), Signer: job, Caller: job,
			SourceRepository: text.Clean("https://github.com/harbour/harbour"), SourceDigest: text.Clean(commit), SourceRef: text.Clean(tag),
			Runner: text.Clean("github-hosted"), Event: text.Clean("push"),
			Run: text.Clean("https://github.com/harbour/harbour/actions/runs/42/attempts/1"), Logged: now,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("log %d: it is\n%+v\nwant\n%+v", log, got, want)
		}
	}
}

// The digest's letters may be large, and the file one of several.
func TestReadOneOfSeveral(t *testing.T) {
	a := newAuthority(t, 1)
	raw := a.sign(t, func(cl *ca.Claim) {
		cl.Subjects = []ca.Subject{{Name: "wheel", SHA256: strings.ToUpper(sum("wheel"))}, cl.Subjects[0]}
	})
	got, err := attest.Read(raw, strings.ToUpper(sum("wheel")), a.root)
	if err != nil || got.Standing != checks.AttestationVerified || len(got.Subjects) != 2 {
		t.Fatalf("it is %+v, %v", got, err)
	}
	if about := got.About(); len(about) != 1 || about[0].String() != "wheel" {
		t.Errorf("it is about %v", about)
	}
}

// A reusable workflow signs for the one that called it: both are told.
func TestReadCalled(t *testing.T) {
	a := newAuthority(t, 1)
	got := read(t, a.sign(t, func(cl *ca.Claim) {
		cl.Called = &ca.Workflow{Repository: "harbour/shared", Path: ".github/workflows/a.yml@b.yml", Ref: commit, Commit: commit}
		cl.SelfHosted = true
	}), a.root)
	if got.Standing != checks.AttestationVerified || got.Signer.Repository.String() != "harbour/shared" ||
		got.Signer.Path.String() != ".github/workflows/a.yml@b.yml" || got.Signer.Ref.String() != commit || got.Caller.Path.String() != path ||
		got.SourceRepository.String() != "https://github.com/harbour/harbour" || got.Runner.String() != "self-hosted" {
		t.Errorf("it is %+v", got)
	}
}

// No name of a ref or of another host is taken for a workflow's.
func TestReadNames(t *testing.T) {
	a := newAuthority(t, 1)
	for _, tt := range []struct{ repo, path, ref, wantPath, wantRef string }{
		{"harbour/harbour", path, "refs/tags/@harbour/core@1.0.yml@2", path, "refs/tags/@harbour/core@1.0.yml@2"},
		{"harbour/harbour", path, "refs/tags/.github/workflows/evil.yml@1", path, "refs/tags/.github/workflows/evil.yml@1"},
		{"harbour/harbour", ".github/workflows/a.yaml", tag, ".github/workflows/a.yaml", tag},
		{"harbour/harbour", ".github/workflows/deep/a.yml", tag, "", ""},
		{"harbour/harbour", "dynamic/pages/pages-build-deployment", tag, "", ""},
		{"harbour", path, tag, "", ""},
		{"harbour/harbour/more", path, tag, "", ""},
	} {
		got := read(t, a.sign(t, func(cl *ca.Claim) {
			cl.Workflow.Repository, cl.Workflow.Path, cl.Workflow.Ref = tt.repo, tt.path, tt.ref
		}), a.root)
		if w := got.Signer; w != got.Caller || w.Path.String() != tt.wantPath || w.Ref.String() != tt.wantRef || w.URI.IsZero() {
			t.Errorf("%s of %s at %s is %+v, called by %+v", tt.path, tt.repo, tt.ref, w, got.Caller)
		}
		if got.Standing != checks.AttestationVerified || got.SourceRef.String() != tt.ref {
			t.Errorf("it is %s: %s, of %s", got.Standing, got.Why, got.SourceRef)
		}
	}
}

// Everything that can be wrong with a bundle is a reason in words, and never a pass.
func TestRefused(t *testing.T) {
	a, other := newAuthority(t, 1), newAuthority(t, 2)
	with := func(f ca.Fault, log ca.Log) []byte {
		return a.sign(t, func(cl *ca.Claim) { cl.Faults, cl.Log = f, log })
	}
	good := with(0, ca.LogV1)
	elsewhere := a.sign(t, func(cl *ca.Claim) { cl.Run++ })
	changed := func(change func(b map[string]any)) []byte { return edit(t, good, change) }
	from := func(raw []byte, into func(b, from map[string]any)) []byte {
		return changed(func(b map[string]any) { edit(t, raw, func(f map[string]any) { into(b, f) }) })
	}
	for _, tt := range []struct {
		name string
		raw  []byte
		why  string
	}{
		{"another file", a.sign(t, func(cl *ca.Claim) { cl.Subjects[0].SHA256 = sum("wheel") }), "it is about harbour-2.11.6.tar.gz, not about this file"},
		{"many other files", a.sign(t, func(cl *ca.Claim) {
			cl.Subjects = nil
			for i := range 9 {
				cl.Subjects = append(cl.Subjects, ca.Subject{Name: fmt.Sprint("file", i), SHA256: sum(fmt.Sprint(i))})
			}
		}), "it is about file0, file1, file2, 6 more, not about this file"},
		{"no digest", a.sign(t, func(cl *ca.Claim) { cl.Subjects[0].SHA256 = "" }), "not about this file"},
		{"another CA", other.sign(t, nil), "its certificate says that it is from CN=rehearsal-intermediate,O=rehearsal.invalid, and is not"},
		{"no log entry", with(ca.NoLog, ca.LogV1), "it is in no transparency log"},
		{"no SCT", with(ca.NoSCT, ca.LogV1), "its certificate is in no log of certificates"},
		{"an expired certificate", with(ca.Late, ca.LogV1), "outside certificate validity"},
		{"an expired certificate, stamped", with(ca.Late, ca.LogV2), "its certificate does not hold for the time of its signature"},
		{"no time", with(ca.NoTime, ca.LogV2), "nobody vouches for the time of its signature"},
		{"a changed statement", changed(func(b map[string]any) {
			e := in(b, "dsseEnvelope")
			e["payload"] = reword(t, e["payload"], "refs/tags/v2.11.6", "refs/tags/v2.11.7")
		}), "its entry in the transparency log does not hold"},
		{"a changed type of payload", changed(func(b map[string]any) { in(b, "dsseEnvelope")["payloadType"] = "text/plain" }), "its signature does not hold"},
		{"another's signature", from(elsewhere, func(b, f map[string]any) {
			in(b, "dsseEnvelope")["signatures"] = in(f, "dsseEnvelope")["signatures"]
		}), "does not hold"},
		{"two signatures", from(elsewhere, func(b, f map[string]any) {
			in(b, "dsseEnvelope")["signatures"] = append(in(b, "dsseEnvelope")["signatures"].([]any), in(f, "dsseEnvelope")["signatures"].([]any)...)
		}), "does not hold"},
		{"another's certificate", from(elsewhere, func(b, f map[string]any) {
			in(b, "verificationMaterial")["certificate"] = in(f, "verificationMaterial")["certificate"]
		}), "its entry in the transparency log does not hold"},
		{"another's log entry", from(elsewhere, func(b, f map[string]any) {
			in(b, "verificationMaterial")["tlogEntries"] = in(f, "verificationMaterial")["tlogEntries"]
		}), "its entry in the transparency log does not hold"},
		{"the entry twice", changed(func(b map[string]any) {
			in(b, "verificationMaterial")["tlogEntries"] = []any{entry(b), entry(b)}
		}), "duplicate"},
		{"another time of the entry", changed(func(b map[string]any) { entry(b)["integratedTime"] = fmt.Sprint(now.Add(time.Minute).Unix()) }),
			"its entry in the transparency log does not hold"},
		{"a log's promise gone", changed(func(b map[string]any) { delete(entry(b), "inclusionPromise") }), "nobody vouches for the time"},
		{"another place in the log", changed(func(b map[string]any) { in(entry(b), "inclusionProof")["logIndex"] = "7" }), "its entry in the transparency log does not hold"},
		{"another root of the log", changed(func(b map[string]any) {
			in(entry(b), "inclusionProof")["rootHash"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		}), "its entry in the transparency log does not hold"},
		{"no such checkpoint", changed(func(b map[string]any) {
			c := in(entry(b), "inclusionProof", "checkpoint")
			c["envelope"] = strings.Replace(c["envelope"].(string), "\n1\n", "\n2\n", 1) + "x"
		}), "does not hold"},
		{"a bare key", changed(func(b map[string]any) {
			delete(in(b, "verificationMaterial"), "certificate")
			in(b, "verificationMaterial")["publicKey"] = map[string]any{"hint": "mine"}
		}), "it is signed with a bare key"},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, read(t, tt.raw, a.root), checks.AttestationRefused, tt.why) })
	}
	if got := read(t, good, a.root); got.Standing != checks.AttestationVerified {
		t.Errorf("unchanged, it is %s: %s", got.Standing, got.Why)
	}
}

// The root that twokey comes with knows nobody of a rehearsal, and says of which day it is.
func TestRefusedByTheEmbeddedRoot(t *testing.T) {
	r, err := attest.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, newAuthority(t, 1).sign(t, nil), r)
	refused(t, got, checks.AttestationRefused, "its certificate is from CN=rehearsal-intermediate,O=rehearsal.invalid, whom nobody in the trusted root of 2026-11-05 knows")
	if got.Signer.Path.String() != path {
		t.Errorf("what it says is gone: %+v", got)
	}
}

// Where those who vouch for a bundle are not in the root, which may be too old, nothing
// speaks against it, and it is no pass. That is not for one who only says to be of them.
func TestForeign(t *testing.T) {
	a, other := newAuthority(t, 1), newAuthority(t, 2)
	public, err := a.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	others, err := other.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	// without is the root with something of the other one in its place.
	without := func(name string) *attest.Root {
		return newRoot(t, edit(t, public, func(r map[string]any) { edit(t, others, func(o map[string]any) { r[name] = o[name] }) }))
	}
	older := newRoot(t, edit(t, public, func(r map[string]any) {
		chain := in(r["certificateAuthorities"].([]any)[0].(map[string]any), "certChain")
		chain["certificates"] = chain["certificates"].([]any)[1:] // who issues now is not in it
		edit(t, others, func(o map[string]any) {
			certs := in(o["certificateAuthorities"].([]any)[0].(map[string]any), "certChain")["certificates"].([]any)
			chain["certificates"] = certs[1:]
		})
	}))
	for _, tt := range []struct {
		name string
		raw  []byte
		root *attest.Root
		is   checks.AttestationStanding
		why  string
	}{
		{"a newer log", a.sign(t, nil), without("tlogs"), checks.AttestationForeign, "it is in a transparency log, which the trusted root of 2023-04-05 does not have"},
		{"a newer log of certificates", a.sign(t, nil), without("ctlogs"), checks.AttestationForeign, "its certificate is in a log of certificates, which the trusted root of 2023-04-05 does not have"},
		{"a newer issuer", a.sign(t, nil), older, checks.AttestationForeign, "its certificate is from CN=rehearsal-intermediate,O=rehearsal.invalid, which the trusted root of 2023-04-05 does not have"},
		{"no log of certificates", a.sign(t, func(cl *ca.Claim) { cl.Faults = ca.NoSCT }), without("ctlogs"), checks.AttestationRefused, "its certificate is in no log of certificates"},
		{"another's certificate and log", other.sign(t, nil), without("tlogs"), checks.AttestationRefused, "and is not"},
		{"another file", a.sign(t, func(cl *ca.Claim) { cl.Subjects[0].SHA256 = sum("x") }), without("tlogs"), checks.AttestationRefused, "not about this file"},
		{"no log", a.sign(t, func(cl *ca.Claim) { cl.Faults = ca.NoLog }), without("tlogs"), checks.AttestationRefused, "it is in no transparency log"},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, read(t, tt.raw, tt.root), tt.is, tt.why) })
	}
}

// GitHub's own attestation of a release is a fact of its own: with the public root it is
// neither verified nor refused.
func TestRelease(t *testing.T) {
	a := newAuthority(t, 1)
	raw := a.release(t)
	got := read(t, raw, a.root)
	refused(t, got, checks.AttestationForeign, "it is GitHub's own attestation of an immutable release, from GitHub's own authority, which the trusted root of 2023-04-05 does not have")
	if !got.Release {
		t.Error("it is not known for one")
	}
	own, err := a.GitHubRoot()
	if err != nil {
		t.Fatal(err)
	}
	public, err := a.TrustedRoot()
	if err != nil {
		t.Fatal(err)
	}
	both := newRoot(t, append(append(public, '\n'), own...))
	for name, r := range map[string]*attest.Root{"its own root": newRoot(t, own), "both": both} {
		got := read(t, raw, r)
		if got.Standing != checks.AttestationVerified || !got.Release || !got.Logged.Equal(now) || got.Signer.URI.String() != "https://dotcom.releases.github.com" {
			t.Errorf("with %s it is %+v", name, got)
		}
		if len(got.Subjects) != 2 || got.Subjects[0].Name.String() != "pkg:github/harbour/harbour@v2.11.6" || got.Subjects[0].SHA256 != "" {
			t.Errorf("with %s it is about %v", name, got.Subjects)
		}
	}
	// With both, a build is still asked for everything, and GitHub's for a time.
	if got := read(t, a.sign(t, nil), both); got.Standing != checks.AttestationVerified {
		t.Errorf("a build is %s: %s", got.Standing, got.Why)
	}
	refused(t, read(t, a.sign(t, func(cl *ca.Claim) { cl.Faults = ca.NoLog }), both), checks.AttestationRefused, "it is in no transparency log")
	// A stamp is no stand-in for the log, though GitHub's own would be taken with it.
	refused(t, read(t, a.sign(t, func(cl *ca.Claim) { cl.Faults, cl.Log = ca.NoLog, ca.LogV2 }), both), checks.AttestationRefused, "it is in no transparency log")
	stampless := edit(t, raw, func(b map[string]any) { delete(in(b, "verificationMaterial"), "timestampVerificationData") })
	refused(t, read(t, stampless, both), checks.AttestationRefused, "nobody vouches for the time")
	if got, err := attest.Read(raw, sum("other"), a.root); err != nil || got.Standing != checks.AttestationRefused {
		t.Errorf("for another file it is %s, %v", got.Standing, err)
	}
}

// What says "GitHub" and is a workflow's own is not the release's.
func TestReleaseIsNotAnybodys(t *testing.T) {
	a := newAuthority(t, 1)
	got := read(t, a.sign(t, func(cl *ca.Claim) { cl.PredicateType = checks.PredicateRelease }), a.root)
	if got.Standing != checks.AttestationVerified || got.Release {
		t.Errorf("it is %+v", got)
	}
}

// A bundle of an older version has its certificate elsewhere, and verifies as well.
func TestOlderVersion(t *testing.T) {
	a := newAuthority(t, 1)
	older := func(more ...any) []byte {
		return edit(t, a.sign(t, nil), func(b map[string]any) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"
			m := in(b, "verificationMaterial")
			m["x509CertificateChain"] = map[string]any{"certificates": append([]any{m["certificate"]}, more...)}
			delete(m, "certificate")
		})
	}
	if got := read(t, older(), a.root); got.Standing != checks.AttestationVerified || got.SourceDigest.String() != commit {
		t.Errorf("it is %s: %s", got.Standing, got.Why)
	}
	if _, err := attest.Read(edit(t, older(), func(b map[string]any) {
		in(b, "verificationMaterial")["x509CertificateChain"] = map[string]any{}
	}), sum("sdist"), a.root); err == nil {
		t.Error("a chain of nothing is read")
	}
}

func BenchmarkRead(b *testing.B) {
	a := newAuthority(b, 1)
	for name, log := range map[string]ca.Log{"v1": ca.LogV1, "v2": ca.LogV2} {
		raw := a.sign(b, func(cl *ca.Claim) { cl.Log = log })
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := read(b, raw, a.root); got.Standing != checks.AttestationVerified {
					b.Fatal(got.Why)
				}
			}
		})
	}
}
