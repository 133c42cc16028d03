package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// apt looks whether the version stands in its suite. A suite that has expired is an
// error: apt installs nothing from it.
func (s *Shelf) apt(ctx context.Context, a release.Artifact) (checks.Published, error) {
	p := checks.Published{Artifact: text.Clean(a.String()), Mutable: a.Mutable, URL: text.Clean(a.Name)}
	files, err := s.aptListed(ctx, a)
	if err != nil {
		return checks.Published{}, lookError(a, err)
	}
	for _, f := range files {
		p.Exists = true
		if p.Digest == "" {
			p.Digest = f.Digests[0].Digest
		}
		if f.Uploaded.After(p.Updated) {
			p.Updated = f.Uploaded
		}
	}
	return p, nil
}

// aptListed lists the packages of the version that the suite's signed indexes have.
func (s *Shelf) aptListed(ctx context.Context, a release.Artifact) ([]release.File, error) {
	keys, err := s.aptKeys(ctx, a)
	if err != nil {
		return nil, err
	}
	files, standing, err := s.readApt(ctx, Apt{Root: a.Name, Suite: a.Apt.Suite, Component: a.Apt.Component, Package: a.Apt.Package,
		Version: a.Version, Architecture: a.Apt.Architecture, Key: keys}, s.o.Clock.Now())
	switch {
	case err != nil:
		return nil, hintedApt(err)
	case standing.Expired:
		return nil, hinted(fmt.Errorf("the indexes of %s held until %s, and apt takes nothing from them since", text.Clean(a.Apt.Suite),
			standing.ValidUntil.UTC().Format(time.DateTime)), "sign the repository's indexes anew")
	}
	return files, nil
}

// aptKeys are the keys that may sign an artifact's suite.
func (s *Shelf) aptKeys(ctx context.Context, a release.Artifact) ([]byte, error) {
	if s.o.Archive != nil {
		return s.o.Archive(ctx)
	}
	if s.o.Key == nil {
		return nil, errors.New("nothing here can read the keys of apt repositories")
	}
	keys, err := s.o.Key(ctx, a.Repo, a.Apt.Commit, a.Apt.Key)
	if err != nil {
		return nil, hinted(fmt.Errorf("the key %s of the plan: %w", text.Clean(a.Apt.Key), err),
			"put the public key that signs the repository into %s at that path", a.Repo)
	}
	return keys, nil
}
