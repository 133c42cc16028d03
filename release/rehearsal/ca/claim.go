package ca

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
)

// The types of predicates that are signed here.
const (
	Provenance  = "https://slsa.dev/provenance/v1"                   // GitHub's build provenance
	Publish     = "https://docs.pypi.org/attestations/publish/v1"    // PyPI's
	releaseType = "https://in-toto.io/attestation/release/v0.1"      // GitHub's, of an immutable release
	buildType   = "https://actions.github.io/buildtypes/workflow/v1" // what actions/attest-build-provenance writes
)

// statementType is that of an in-toto statement.
const statementType = "https://in-toto.io/Statement/v1"

// issuer gives GitHub Actions its identities.
const issuer = "https://token.actions.githubusercontent.com"

// Log is where an attestation is entered.
type Log int

// The logs.
const (
	// LogV1 is like rekor.sigstore.dev: it signs the time of an entry itself. An
	// attestation in it has no timestamp, and the same bytes each time.
	LogV1 Log = iota
	// LogV2 is like the logs that follow it: an authority stamps the time.
	LogV2
)

// Fault is what is wrong with an attestation, by what its signer did. More than one is
// given with |.
type Fault uint8

// The faults.
const (
	NoLog  Fault = 1 << iota // it is in no log
	NoSCT                    // its certificate is in no log
	Late                     // it was signed an hour after its certificate had ended
	NoTime                   // nobody stamped its time, with LogV2
)

// Subject is what an attestation is about.
type Subject struct {
	Name   string // such as the file's; of an image that without its tag
	SHA256 string // in hex
}

// Workflow is a workflow file at a ref.
type Workflow struct {
	Repository string // owner/name
	Path       string // such as .github/workflows/publish.yml
	Ref        string // such as refs/tags/v1.2.3, or a commit
	Commit     string // that the ref led to
}

// uri is how certificates name a workflow.
func (w Workflow) uri() string {
	return "https://github.com/" + w.Repository + "/" + w.Path + "@" + w.Ref
}

// file is the workflow file's name, without its directory.
func (w Workflow) file() string { return path.Base(w.Path) }

// Claim is what an attestation says, and who signs it: a job of a run of a workflow.
type Claim struct {
	Subjects []Subject
	// PredicateType is Provenance where it is empty.
	PredicateType string
	// Predicate is JSON; where it is empty, it is what GitHub's action or PyPI's writes.
	Predicate json.RawMessage

	// Workflow is the one that was started, at the ref and commit that the run is of.
	Workflow Workflow
	// Called is the reusable workflow that the job is in; nil where the job is in
	// Workflow itself.
	Called *Workflow

	RepositoryID, OwnerID int64
	Event                 string // such as push; empty is push
	Run                   int64
	Attempt               int // from 1; 0 is 1
	SelfHosted            bool
	Private               bool

	At     time.Time // when it was signed
	Log    Log
	Faults Fault
}

// signer is the workflow that the job is in.
func (cl Claim) signer() Workflow {
	if cl.Called != nil {
		return *cl.Called
	}
	return cl.Workflow
}

func (cl Claim) event() string {
	if cl.Event == "" {
		return "push"
	}
	return cl.Event
}

func (cl Claim) runner() string {
	if cl.SelfHosted {
		return "self-hosted"
	}
	return "github-hosted"
}

func (cl Claim) repository() string { return "https://github.com/" + cl.Workflow.Repository }

// run is the address of the attempt that signed.
func (cl Claim) run() string {
	return fmt.Sprintf("%s/actions/runs/%d/attempts/%d", cl.repository(), cl.Run, max(1, cl.Attempt))
}

// statement is what is signed.
func (cl Claim) statement() ([]byte, error) {
	if len(cl.Subjects) == 0 {
		return nil, fmt.Errorf("an attestation about nothing")
	}
	kind, predicate := cl.PredicateType, cl.Predicate
	if kind == "" {
		kind = Provenance
	}
	if len(predicate) == 0 {
		predicate = json.RawMessage("null") // as PyPI's is
		if kind == Provenance {
			var err error
			if predicate, err = cl.provenance(); err != nil {
				return nil, err
			}
		}
	}
	type subject struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	}
	var about []subject
	for _, s := range cl.Subjects {
		about = append(about, subject{s.Name, map[string]string{"sha256": s.SHA256}})
	}
	return json.Marshal(struct {
		Type      string          `json:"_type"`
		Subject   []subject       `json:"subject"`
		Kind      string          `json:"predicateType"`
		Predicate json.RawMessage `json:"predicate"`
	}{statementType, about, kind, predicate})
}

// provenance is the predicate that GitHub's action writes of a run.
func (cl Claim) provenance() ([]byte, error) {
	type object = map[string]any
	w := cl.Workflow
	return json.Marshal(object{
		"buildDefinition": object{
			"buildType":          buildType,
			"externalParameters": object{"workflow": object{"ref": w.Ref, "repository": cl.repository(), "path": w.Path}},
			"internalParameters": object{"github": object{"event_name": cl.event(), "runner_environment": cl.runner(),
				"repository_id": strconv.FormatInt(cl.RepositoryID, 10), "repository_owner_id": strconv.FormatInt(cl.OwnerID, 10)}},
			"resolvedDependencies": []object{{"uri": "git+" + cl.repository() + "@" + w.Ref, "digest": object{"gitCommit": w.Commit}}},
		},
		"runDetails": object{
			"builder":  object{"id": cl.signer().uri()},
			"metadata": object{"invocationId": cl.run()},
		},
	})
}

// identity is the certificate's name of who signs.
func (cl Claim) identity() (*url.URL, error) {
	u, err := url.Parse(cl.signer().uri())
	if err != nil {
		return nil, fmt.Errorf("naming the signer: %w", err)
	}
	return u, nil
}

// extensions say in the certificate what the job's token said: Fulcio's, by the numbers of
// its oid-info.md. The first ones are deprecated, and every certificate still has them.
func (cl Claim) extensions() ([]pkix.Extension, error) {
	w, by := cl.Workflow, cl.signer()
	visibility := "public"
	if cl.Private {
		visibility = "private"
	}
	owner, _, _ := strings.Cut(w.Repository, "/")
	var out []pkix.Extension
	for _, old := range []struct {
		id    asn1.ObjectIdentifier
		value string
	}{
		{certificate.OIDIssuer, issuer}, {certificate.OIDGitHubWorkflowTrigger, cl.event()}, {certificate.OIDGitHubWorkflowSHA, w.Commit},
		{certificate.OIDGitHubWorkflowName, w.Path}, {certificate.OIDGitHubWorkflowRepository, w.Repository}, {certificate.OIDGitHubWorkflowRef, w.Ref},
	} {
		out = append(out, pkix.Extension{Id: old.id, Value: []byte(old.value)})
	}
	for _, e := range []struct {
		id    asn1.ObjectIdentifier
		value string
	}{
		{certificate.OIDIssuerV2, issuer},
		{certificate.OIDBuildSignerURI, by.uri()},
		{certificate.OIDBuildSignerDigest, by.Commit},
		{certificate.OIDRunnerEnvironment, cl.runner()},
		{certificate.OIDSourceRepositoryURI, cl.repository()},
		{certificate.OIDSourceRepositoryDigest, w.Commit},
		{certificate.OIDSourceRepositoryRef, w.Ref},
		{certificate.OIDSourceRepositoryIdentifier, strconv.FormatInt(cl.RepositoryID, 10)},
		{certificate.OIDSourceRepositoryOwnerURI, "https://github.com/" + owner},
		{certificate.OIDSourceRepositoryOwnerIdentifier, strconv.FormatInt(cl.OwnerID, 10)},
		{certificate.OIDBuildConfigURI, w.uri()},
		{certificate.OIDBuildConfigDigest, w.Commit},
		{certificate.OIDBuildTrigger, cl.event()},
		{certificate.OIDRunInvocationURI, cl.run()},
		{certificate.OIDSourceRepositoryVisibilityAtSigning, visibility},
	} {
		if !utf8.ValidString(e.value) {
			return nil, fmt.Errorf("extension %s cannot hold %q", e.id, e.value)
		}
		value, err := asn1.MarshalWithParams(e.value, "utf8")
		if err != nil {
			return nil, fmt.Errorf("encoding extension %s: %w", e.id, err)
		}
		out = append(out, pkix.Extension{Id: e.id, Value: value})
	}
	return out, nil
}
