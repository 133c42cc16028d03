package checks_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

const (
	attestedCommit = "8d1a5b3c0f7e9d2a4b6c8e0f1a3b5d7c9e1f2a4b"
	attestedTag    = "refs/tags/v2.11.6"
	attestedSum    = "714772a9f82b2aeb4fa5f7092d00fe4ac4c9cdeb6800840b6ed39ea64c4d785a"
	publishPath    = ".github/workflows/publish.yml"
)

// at is a workflow at a ref, as a certificate names it.
func at(repo, path, ref string) checks.WorkflowAt {
	return checks.WorkflowAt{URI: text.Cleanf("https://github.com/%s/%s@%s", repo, path, ref),
		Repository: text.Clean(repo), Path: text.Clean(path), Ref: text.Clean(ref)}
}

// attested is the attestation of an honest build.
func attested() checks.Attestation {
	job := at("harbour/harbour", publishPath, attestedTag)
	return checks.Attestation{
		Standing: checks.AttestationVerified, SHA256: attestedSum, PredicateType: text.Clean(checks.PredicateProvenance),
		Subjects: []checks.AttestedFile{{Name: text.Clean("harbour.tar.gz"), SHA256: attestedSum}},
		Issuer:   text.Clean(checks.GitHubIssuer), Signer: job, Caller: job,
		SourceRepository: text.Clean("https://github.com/harbour/harbour"), SourceDigest: text.Clean(attestedCommit),
		SourceRef: text.Clean(attestedTag), Runner: text.Clean("github-hosted"),
	}
}

func attestationPolicy() checks.AttestationPolicy {
	return checks.AttestationPolicy{Repository: "harbour/harbour", Commit: attestedCommit, Refs: []string{attestedTag},
		Workflows: []string{publishPath, ".github/workflows/images.yml"}, Predicates: []string{checks.PredicateProvenance, checks.PredicatePublish},
		File: "harbour.tar.gz"}
}

// misfits are the kinds and outcomes of misfits, in their order.
func misfits(all []checks.Misfit) string {
	var out []string
	for _, m := range all {
		out = append(out, string(m.Kind)+"="+string(m.Outcome))
	}
	return strings.Join(out, " ")
}

// An honest attestation fits, however its repository's letters are written, and each way in
// which it does not is told in words.
func TestAttestationPolicy(t *testing.T) {
	type A = checks.Attestation
	type P = checks.AttestationPolicy
	for _, tt := range []struct {
		name   string
		change func(a *A, p *P)
		want   string // the kinds
		says   string // the first one
	}{
		{"fits", func(a *A, p *P) {}, "", ""},
		{"other letters", func(a *A, p *P) { p.Repository, p.Commit = "HARBOUR/Harbour", strings.ToUpper(p.Commit) }, "", ""},
		{"PyPI's", func(a *A, p *P) { a.PredicateType = text.Clean(checks.PredicatePublish) }, "", ""},
		{"nothing more asked for", func(a *A, p *P) { *p = P{Repository: p.Repository, Commit: p.Commit} }, "", ""},
		{"another ref, not asked for", func(a *A, p *P) { p.Refs, a.SourceRef = nil, text.Clean("refs/heads/x") }, "", ""},

		{"zero", func(a *A, p *P) { *a = A{} }, "standing=fail", "it does not verify"},
		{"refused", func(a *A, p *P) { a.Standing, a.Why = checks.AttestationRefused, text.Clean("it is in no log") }, "standing=fail", "it does not verify: it is in no log"},
		{"refused, and wrong", func(a *A, p *P) { *a = A{Standing: checks.AttestationRefused, Runner: text.Clean("self-hosted")} }, "standing=fail", ""},
		{"foreign", func(a *A, p *P) { a.Standing, a.Release = checks.AttestationForeign, true }, "standing=unknown", "it cannot be verified"},
		{"a standing that nobody knows", func(a *A, p *P) { a.Standing = "fine" }, "standing=fail", ""},
		{"a release's", func(a *A, p *P) { a.Release = true }, "predicate=n/a", "not for how they were built"},

		{"another commit", func(a *A, p *P) { a.SourceDigest = text.Clean(strings.Repeat("0", 40)) }, "source-digest=fail",
			"its run is of commit 0000000000000000000000000000000000000000, and the release is of " + attestedCommit},
		{"half of the commit", func(a *A, p *P) { a.SourceDigest = text.Clean(attestedCommit[:20]) }, "source-digest=fail", ""},
		{"no commit", func(a *A, p *P) { a.SourceDigest = text.Safe{} }, "source-digest=fail", "it does not say which commit"},
		{"no commit asked for", func(a *A, p *P) { p.Commit = "" }, "source-digest=unknown", "the released commit is not known"},
		{"neither", func(a *A, p *P) { p.Commit, a.SourceDigest = "", text.Safe{} }, "source-digest=unknown", ""},

		{"another repository", func(a *A, p *P) { a.SourceRepository = text.Clean("https://github.com/evil/harbour") }, "repository=fail",
			"its run is of https://github.com/evil/harbour, not of github.com/harbour/harbour"},
		{"another host", func(a *A, p *P) { a.SourceRepository = text.Clean("https://github.com.evil.example/harbour/harbour") }, "repository=fail", ""},
		{"a longer name", func(a *A, p *P) { a.SourceRepository = text.Clean("https://github.com/harbour/harbour2") }, "repository=fail", ""},
		{"no repository", func(a *A, p *P) { a.SourceRepository = text.Safe{} }, "repository=fail", "it does not say which repository"},
		{"no repository asked for", func(a *A, p *P) { p.Repository = "" }, "repository=unknown", "is not known"},

		{"another issuer", func(a *A, p *P) { a.Issuer = text.Clean("https://accounts.google.com") }, "issuer=fail", "is known to https://accounts.google.com, not to https://token"},
		{"an issuer behind a prefix", func(a *A, p *P) { a.Issuer = text.Clean(checks.GitHubIssuer + "/acme") }, "issuer=fail", ""},
		{"an enterprise's own", func(a *A, p *P) {
			a.Issuer, p.Issuer = text.Clean(checks.GitHubIssuer+"/acme"), checks.GitHubIssuer+"/acme"
		}, "", ""},
		{"no issuer", func(a *A, p *P) { a.Issuer = text.Safe{} }, "issuer=fail", "is known to nobody"},

		{"another workflow", func(a *A, p *P) {
			a.Signer = at("harbour/harbour", ".github/workflows/test.yml", attestedTag)
			a.Caller = a.Signer
		}, "workflow=fail",
			"the workflow that was started is .github/workflows/test.yml, not .github/workflows/publish.yml or .github/workflows/images.yml"},
		{"another repository's workflow", func(a *A, p *P) { a.Signer = at("evil/harbour", publishPath, attestedTag); a.Caller = a.Signer }, "workflow=fail", "of evil/harbour, not one of harbour/harbour"},
		{"a workflow of no form", func(a *A, p *P) { a.Caller = checks.WorkflowAt{URI: text.Clean("https://example.com/x")} }, "workflow=fail signer=fail ref=fail", `(it says "https://example.com/x")`},
		{"no workflow", func(a *A, p *P) { a.Caller = checks.WorkflowAt{} }, "workflow=fail signer=fail ref=fail", "does not say which workflow"},
		{"signed by a person", func(a *A, p *P) { a.Signer = checks.WorkflowAt{URI: text.Clean("jane@example.com")} }, "signer=fail", "it is signed by jane@example.com, which is no workflow"},
		{"signed by nobody", func(a *A, p *P) { a.Signer = checks.WorkflowAt{} }, "signer=fail", "signed by nobody"},
		{"signed at another ref", func(a *A, p *P) { a.Signer = at("harbour/harbour", publishPath, "refs/heads/evil") }, "signer=fail", "at refs/heads/evil, and the release calls no other workflow"},

		{"another ref", func(a *A, p *P) { a.SourceRef = text.Clean("refs/heads/main") }, "ref=fail", "its run is of refs/heads/main, not of refs/tags/v2.11.6"},
		{"a longer ref", func(a *A, p *P) { a.SourceRef = text.Clean(attestedTag + "0") }, "ref=fail", ""},
		{"no ref", func(a *A, p *P) { a.SourceRef = text.Safe{} }, "ref=fail", "its run is of no ref"},
		{"a workflow file of another ref", func(a *A, p *P) {
			a.Signer = at("harbour/harbour", publishPath, "refs/heads/evil")
			a.Caller = a.Signer
		}, "ref=fail", "by the workflow file at refs/heads/evil"},

		{"another predicate", func(a *A, p *P) { a.PredicateType = text.Clean("https://spdx.dev/Document") }, "predicate=fail", "it is of the type https://spdx.dev/Document, not"},
		{"another file", func(a *A, p *P) { a.Subjects[0].SHA256 = strings.Repeat("0", 64) }, "subject=fail", "it is not about the file"},
		{"no file", func(a *A, p *P) { a.Subjects = nil }, "subject=fail", ""},
		{"no digests at all", func(a *A, p *P) { a.SHA256, a.Subjects[0].SHA256 = "", "" }, "subject=fail", ""},
		{"another name", func(a *A, p *P) { a.Subjects[0].Name = text.Clean("other.tar.gz") }, "subject=fail", "it knows the file as other.tar.gz, not as harbour.tar.gz"},
		{"the name of another digest", func(a *A, p *P) {
			a.Subjects = []checks.AttestedFile{{Name: text.Clean("harbour.tar.gz"), SHA256: strings.Repeat("0", 64)}, {Name: text.Clean("x"), SHA256: attestedSum}}
		}, "subject=fail", "it knows the file as x"},
		{"several files", func(a *A, p *P) { a.Subjects = append(a.Subjects, checks.AttestedFile{Name: text.Clean("x")}) }, "", ""},
		{"several files of PyPI's", func(a *A, p *P) {
			a.PredicateType, a.Subjects = text.Clean(checks.PredicatePublish), append(a.Subjects, checks.AttestedFile{Name: text.Clean("x")})
		}, "subject=fail", "it is about 2 files, and PyPI's are about one"},

		{"a runner of one's own", func(a *A, p *P) { a.Runner = text.Clean("self-hosted") }, "runner=warn", "a self-hosted runner"},
		{"no runner", func(a *A, p *P) { a.Runner = text.Safe{} }, "runner=warn", "does not say"},
		{"all wrong", func(a *A, p *P) {
			*a = A{Standing: checks.AttestationVerified}
		}, "source-digest=fail repository=fail issuer=fail workflow=fail signer=fail ref=fail predicate=fail subject=fail runner=warn", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, p := attested(), attestationPolicy()
			tt.change(&a, &p)
			got := p.Judge(a)
			if misfits(got) != tt.want {
				t.Fatalf("it is %q, want %q: %v", misfits(got), tt.want, got)
			}
			if len(got) > 0 && !strings.Contains(got[0].Saw.String(), tt.says) {
				t.Errorf("it says %q, want …%s…", got[0].Saw, tt.says)
			}
		})
	}
}

// A reusable workflow signs where the release calls it, at the ref that it is called at.
func TestAttestationPolicyCalled(t *testing.T) {
	const shared = ".github/workflows/build.yml"
	sha := strings.Repeat("ab", 20)
	for _, tt := range []struct {
		uses   string
		signer checks.WorkflowAt
		fits   bool
	}{
		{"acme/shared/" + shared + "@v1", at("acme/shared", shared, "refs/tags/v1"), true},
		{"acme/shared/" + shared + "@main", at("acme/shared", shared, "refs/heads/main"), true},
		{"acme/shared/" + shared + "@refs/tags/v1", at("acme/shared", shared, "refs/tags/v1"), true},
		{"acme/shared/" + shared + "@" + sha, at("acme/shared", shared, sha), true},
		{"Acme/Shared/" + shared + "@v1", at("acme/shared", shared, "refs/tags/v1"), true},
		{"acme/shared/" + shared + "@v1", at("acme/shared", shared, "refs/tags/v1.1"), false},
		{"acme/shared/" + shared + "@v1", at("acme/shared", shared, "refs/pull/v1"), false},
		{"acme/shared/" + shared + "@v1", at("evil/shared", shared, "refs/tags/v1"), false},
		{"acme/shared/" + shared + "@v1", at("acme/shared", ".github/workflows/other.yml", "refs/tags/v1"), false},
		{"acme/shared/" + shared, at("acme/shared", shared, "refs/tags/v1"), false},
		{"acme/shared/" + shared + "@", at("acme/shared", shared, "refs/tags/"), false},
		{"acme/shared", at("acme/shared", shared, "refs/tags/v1"), false},
		{"./" + shared, at("harbour/harbour", shared, attestedTag), true},
		{"./" + shared, at("harbour/harbour", shared, attestedCommit), true},
		{"./" + shared, at("harbour/harbour", shared, "refs/heads/evil"), false},
		{"./" + shared, at("evil/harbour", shared, attestedTag), false},
		{"./.github/workflows/other.yml", at("harbour/harbour", shared, attestedTag), false},
	} {
		a, p := attested(), attestationPolicy()
		a.Signer, p.Called = tt.signer, []string{"acme/none/.github/workflows/x.yml@v9", tt.uses}
		want := "signer=fail"
		if tt.fits {
			want = ""
		}
		if got := p.Judge(a); misfits(got) != want {
			t.Errorf("%s signed, %s called: it is %q, want %q", tt.signer.URI, tt.uses, misfits(got), want)
		}
		// The commit of the run is asked for all the same.
		a.SourceDigest = text.Clean(sha)
		if got := p.Judge(a); len(got) == 0 || got[0].Kind != checks.MisfitDigest {
			t.Errorf("%s: another commit is %v", tt.uses, got)
		}
	}
}

// What is told is short and safe, however much somebody wrote.
func TestAttestationPolicyHostile(t *testing.T) {
	a, p := attested(), attestationPolicy()
	a.SourceRef = text.Clean("refs/tags/\x1b[2J\u202e")
	p.Workflows = []string{"a\x1b[31m", "b", "c", "d", "e"}
	for _, m := range p.Judge(a) {
		if strings.ContainsAny(m.Saw.String(), "\x1b\u202e") {
			t.Errorf("it says %q", m.Saw)
		}
		if m.Kind == checks.MisfitWorkflow && !strings.HasSuffix(m.Saw.String(), "d, …") {
			t.Errorf("it says %q", m.Saw)
		}
	}
}

// An attestation is the same after it was written down and read again.
func TestAttestationJSON(t *testing.T) {
	a := attested()
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back checks.Attestation
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(a, back) {
		t.Errorf("it is\n%+v\nwant\n%+v (%v)", back, a, err)
	}
	if none := (checks.Attestation{}); len(attestationPolicy().Judge(none)) == 0 || none.About() != nil || !none.Caller.IsZero() {
		t.Error("nothing is something")
	}
}
