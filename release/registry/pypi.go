package registry

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	pep440 "github.com/aquasecurity/go-pep440-version"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const (
	pypiHost = "https://pypi.org"
	// simpleJSON is the form of the index that is asked for (PEP 691).
	simpleJSON = "application/vnd.pypi.simple.v1+json"
	// maxIndex bounds the index of one project. The longest that are known have
	// some ten megabytes.
	maxIndex = 64 << 20
)

// pypi looks which files of the artifact's version PyPI has.
func (s *Shelf) pypi(ctx context.Context, a release.Artifact, p *checks.Published) error {
	x, version, err := s.pypiIndex(ctx, a, p)
	if err != nil {
		return err
	}
	return x.judge(version, p)
}

// pypiIndex reads what PyPI's index says of the artifact's version: nothing, where nothing
// was ever published under its name.
func (s *Shelf) pypiIndex(ctx context.Context, a release.Artifact, p *checks.Published) (x index, version pep440.Version, err error) {
	if !projectForm.MatchString(a.Name) {
		return x, version, misnamed(fmt.Errorf("%q is no name of a PyPI project", a.Name))
	}
	if version, err = pep440.Parse(a.Version); err != nil {
		return x, version, misnamed(fmt.Errorf("%q is no version that PyPI takes", a.Version))
	}
	project := normalise(a.Name)
	p.URL = text.Cleanf("%s/project/%s/%s/", pypiHost, project, version)
	w := s.wire(maxIndex)
	resp, err := w.send(ctx, w.client(true), http.MethodGet, pypiHost+"/simple/"+project+"/", "Accept", simpleJSON)
	if err != nil {
		return x, version, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return x, version, nil // nothing was ever published under this name
	case http.StatusUnauthorized, http.StatusForbidden:
		return x, version, hinted(forbidden{answered(resp)}, "see whether a proxy stands in between")
	default:
		return x, version, hinted(answered(resp), "see whether a proxy stands in between")
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != simpleJSON {
		return x, version, hinted(fmt.Errorf("pypi.org answered with %q, not with its index", text.Clean(kind)), "see whether a proxy stands in between")
	}
	x, err = readIndex(resp.Body, project, version)
	if _, ok := errors.AsType[*temporary](err); ok || err == nil {
		return x, version, err
	}
	return x, version, hinted(fmt.Errorf("pypi.org's index of %s: %w", project, shown{err}), "see whether a proxy stands in between")
}

// whole holds back an index that does not show what it has of the version.
func (x index) whole(version pep440.Version) error {
	switch {
	case x.Quarantined:
		return hinted(errors.New("PyPI has put the project into quarantine"), "see the project's page on PyPI")
	case x.Listed && len(x.Files) == 0:
		return hinted(fmt.Errorf("PyPI lists %s, but no file of it", version), "see the version's page on PyPI")
	}
	return nil
}

// judge says whether the version is published. Where the index is at odds with
// itself, or every file was withdrawn, there is neither a yes nor a no.
func (x index) judge(version pep440.Version, p *checks.Published) error {
	if err := x.whole(version); err != nil {
		return err
	}
	var live []indexFile
	for _, f := range x.Files {
		if !f.Yanked {
			live = append(live, f)
		}
	}
	switch {
	case len(live) > 0:
	case len(x.Files) > 0:
		return hinted(fmt.Errorf("all %d files of %s are yanked", len(x.Files), version),
			"PyPI never takes the same file name again: release the next version")
	default:
		return nil
	}
	p.Exists = true
	for _, f := range live {
		if f.Uploaded.After(p.Updated) {
			p.Updated = f.Uploaded
		}
	}
	if len(live) == 1 && live[0].SHA256 != "" {
		p.Digest = "sha256:" + live[0].SHA256
	}
	return nil
}
