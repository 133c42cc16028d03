package ca

import (
	"crypto/x509"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Release is a release that GitHub keeps unchanged, with its files.
type Release struct {
	Repository                       string // owner/name
	Tag                              string
	Commit                           string
	RepositoryID, OwnerID, ReleaseID int64
	Files                            []Subject
	At                               time.Time
}

const (
	releaseSigner = "https://dotcom.releases.github.com" // who GitHub signs that as
	githubOrg     = "GitHub, Inc."                       // whose CA that is, by its certificates
)

// SignRelease gives the attestation that GitHub itself signs of an immutable release. It is
// from GitHub's own CA: TrustedRoot does not verify it, and GitHubRoot does. Each
// holds a timestamp, so no two have the same bytes.
func (c *CA) SignRelease(r Release) ([]byte, error) {
	payload, err := r.statement()
	if err != nil {
		return nil, err
	}
	holder, err := c.newKey("releases")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(releaseSigner)
	if err != nil {
		return nil, err
	}
	at := r.At.UTC().Truncate(time.Second)
	template := c.template(githubOrg, "Attester")
	template.IsCA, template.KeyUsage = false, x509.KeyUsageDigitalSignature
	template.ExtKeyUsage, template.URIs = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}, []*url.URL{u}
	cert, err := issue(template, c.github.issuer, holder.Public(), c.github.key)
	if err != nil {
		return nil, err
	}
	s, err := sign(cert, holder, payload)
	if err != nil {
		return nil, err
	}
	stamp, err := c.github.stampTime(s.sig, at)
	if err != nil {
		return nil, err
	}
	return s.bundle(nil, stamp)
}

// statement is what GitHub signs of a release: the tag with its commit, and the files.
func (r Release) statement() ([]byte, error) {
	purl := "pkg:github/" + r.Repository + "@" + r.Tag
	type object = map[string]any
	about := []object{{"uri": purl, "digest": object{"sha1": r.Commit}}}
	for _, f := range r.Files {
		about = append(about, object{"name": f.Name, "digest": object{"sha256": f.SHA256}})
	}
	return json.Marshal(object{
		"_type": statementType, "subject": about, "predicateType": releaseType,
		"predicate": object{"ownerId": strconv.FormatInt(r.OwnerID, 10), "purl": purl, "releaseId": strconv.FormatInt(r.ReleaseID, 10),
			"repository": r.Repository, "repositoryId": strconv.FormatInt(r.RepositoryID, 10), "tag": r.Tag},
	})
}
