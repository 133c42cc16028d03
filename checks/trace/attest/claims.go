package attest

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"

	"twokey/checks"
	"twokey/checks/text"
)

// statementTypes begin the types of in-toto statements, of all versions.
const statementTypes = "https://in-toto.io/Statement/"

// releaseSigner is who GitHub signs the attestations of immutable releases as.
const releaseSigner = "https://dotcom.releases.github.com"

// maxSubjects bounds the files of one attestation: GitHub attests so many at once at most,
// and the verifier takes no more.
const maxSubjects = 1024

// claims is what a bundle says, verified or not.
func (b opened) claims() (checks.Attestation, error) {
	var out checks.Attestation
	if b.cert != nil {
		said, err := certificate.SummarizeCertificate(b.cert)
		if err != nil {
			return out, fmt.Errorf("its certificate: %w", err)
		}
		out, _ = certified(said)
	}
	var s struct {
		Type    string `json:"_type"`
		Kind    string `json:"predicateType"`
		Subject []struct {
			Name   string            `json:"name"`
			URI    string            `json:"uri"`
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(b.payload, &s); err != nil {
		return out, fmt.Errorf("its statement: %w", err)
	}
	if !strings.HasPrefix(s.Type, statementTypes) {
		return out, errors.New("what is signed is no statement")
	}
	if len(s.Subject) > maxSubjects {
		return out, fmt.Errorf("its statement is about more than %d files", maxSubjects)
	}
	out.PredicateType = text.Clean(s.Kind)
	for _, f := range s.Subject {
		out.Subjects = append(out.Subjects, attested(f.Name, f.URI, f.Digest))
	}
	out.Release = released(out)
	return out, nil
}

// released tells whether it is GitHub's own attestation of a release.
func released(a checks.Attestation) bool {
	return a.Signer.URI.String() == releaseSigner && a.PredicateType.String() == checks.PredicateRelease
}

// attested is one thing that a statement is about.
func attested(name, uri string, digests map[string]string) checks.AttestedFile {
	if name == "" {
		name = uri
	}
	out := checks.AttestedFile{Name: text.Clean(name)}
	if sum, err := hex.DecodeString(digests["sha256"]); err == nil && len(sum) == 32 {
		out.SHA256 = hex.EncodeToString(sum)
	}
	return out
}

// certified is what a certificate says. The second is what of it cannot be shown as it
// is, and so cannot be compared safely; empty where all can.
func certified(c certificate.Summary) (out checks.Attestation, odd string) {
	clean := func(what, raw string) text.Safe {
		t := text.Clean(raw)
		if t.String() != raw && odd == "" {
			odd = what
		}
		return t
	}
	out.Issuer = clean("the issuer", c.Issuer)
	out.Signer = workflow(clean("the signer", c.SubjectAlternativeName))
	out.Caller = workflow(clean("the workflow", c.BuildConfigURI))
	out.SourceRepository = clean("the repository", c.SourceRepositoryURI)
	out.SourceDigest = clean("the commit", c.SourceRepositoryDigest)
	out.SourceRef = clean("the ref", c.SourceRepositoryRef)
	out.Runner = clean("the runner", c.RunnerEnvironment)
	out.Event = clean("the event", c.BuildTrigger)
	out.Run = clean("the run", c.RunInvocationURI)
	return out, odd
}

// workflowURI is how certificates name a workflow file. The file is directly in its
// directory, so that no name of a ref is taken for part of its.
var workflowURI = regexp.MustCompile(`^https://github\.com/([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/(\.github/workflows/[^/]+\.ya?ml)@(.+)$`)

// workflow takes the name of a workflow file apart.
func workflow(uri text.Safe) checks.WorkflowAt {
	m := workflowURI.FindStringSubmatch(uri.String())
	if m == nil {
		return checks.WorkflowAt{URI: uri}
	}
	return checks.WorkflowAt{URI: uri, Repository: text.Clean(m[1]), Path: text.Clean(m[2]), Ref: text.Clean(m[3])}
}
