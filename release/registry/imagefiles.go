package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxPlatforms bounds for how many platforms an image may be. The most that are known
	// are about twenty.
	maxPlatforms = 64
	// maxConfig bounds an image's configuration.
	maxConfig = 4 << 20
)

// imageFiles lists the platforms that an image is for.
func (s *Shelf) imageFiles(ctx context.Context, a release.Artifact) ([]release.File, error) {
	ref, err := imageRef(a.Name)
	if err != nil {
		return nil, misnamed(err)
	}
	top, err := s.pull(ctx, ref)
	if isAbsent(err, ref) {
		return nil, nil
	}
	if err != nil {
		return nil, imageError(err, ref)
	}
	if err := s.asNamed(ctx, ref, top.digest); err != nil {
		return nil, err
	}
	if !top.kind.IsIndex() {
		f, err := s.platformFile(ctx, ref, top, nil)
		if err != nil {
			return nil, err
		}
		return []release.File{f}, nil
	}
	list, err := top.index()
	if err != nil {
		return nil, hinted(fmt.Errorf("%s: its index: %w", ref, err), "see what was pushed")
	}
	var out []release.File
	for _, m := range list.Manifests {
		switch {
		case isRemark(m):
			continue
		case m.MediaType.IsIndex():
			return nil, hinted(fmt.Errorf("%s: an index within its index, which no builder writes", ref), "see what was pushed")
		case len(out) == maxPlatforms:
			return nil, hinted(fmt.Errorf("%s is for more than %d platforms", ref, maxPlatforms), "see what was pushed")
		}
		at := ref.Context().Digest(m.Digest.String())
		got, err := s.pull(ctx, at)
		if err != nil {
			return nil, imageError(err, ref)
		}
		f, err := s.platformFile(ctx, ref, got, m.Platform)
		if err != nil {
			return nil, err
		}
		f.Index = top.digest.String()
		f.Digests = append(f.Digests, checks.Said{By: text.Clean("the image's index"), Digest: m.Digest.String()})
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, hinted(fmt.Errorf("%s is for no platform", ref), "see what was pushed")
	}
	return out, nil
}

// isRemark holds for what BuildKit puts beside the platforms: what it says of the build,
// which nobody signed. It is for no platform, and says so: what is for one is looked at,
// whatever else it says of itself.
func isRemark(m v1.Descriptor) bool {
	return m.Annotations["vnd.docker.reference.type"] != "" && m.Platform != nil && m.Platform.OS == "unknown" && m.Platform.Architecture == "unknown"
}

// asNamed holds what was read under a tag against the digest that the registry names when
// it is only asked for that: most runtimes ask so, and then take what has the digest.
func (s *Shelf) asNamed(ctx context.Context, ref name.Reference, read v1.Hash) error {
	var named v1.Hash
	err := s.try(ctx, text.Cleanf("read %s", ref), func(ctx context.Context) error {
		var err error
		named, err = s.manifest(ctx, ref)
		if later, ok := errors.AsType[*temporary](err); ok {
			return later
		}
		return err
	})
	switch {
	case err != nil:
		return imageError(err, ref)
	case named != read:
		return hinted(fmt.Errorf("%s names %s under %s, and gives %s", text.Clean(ref.Context().RegistryStr()), named, ref.Identifier(), read),
			"try again; if it stays, look at the image in its registry")
	}
	return nil
}

// platformFile is one platform of an image, by its manifest and by what the index says
// that it is for; nil where there is no index.
func (s *Shelf) platformFile(ctx context.Context, ref name.Reference, got pulled, listed *v1.Platform) (release.File, error) {
	m, config, err := s.configured(ctx, ref, got)
	if err != nil {
		return release.File{}, err
	}
	f := release.File{Name: config.OS + "/" + config.Architecture, Form: checks.FormImage, Address: ref.Context().Digest(got.digest.String()).Name(), Page: text.Clean(imageURL(ref)),
		Digests: []checks.Said{{By: checks.Downloaded(), Digest: got.digest.String()}}, Labels: map[string]text.Safe{}}
	if listed != nil {
		if listed.OS != config.OS || listed.Architecture != config.Architecture {
			return release.File{}, hinted(fmt.Errorf("%s: its index lists %s as %s/%s, and its configuration says that it is for %s", ref, got.digest, text.Clean(listed.OS).Clip(40),
				text.Clean(listed.Architecture).Clip(40), text.Clean(f.Name).Clip(80)), "see what was pushed: each platform gets what another is meant to get")
		}
		f.Name = listed.String()
	}
	for _, l := range m.Layers {
		f.Size += l.Size
	}
	for _, label := range []string{"revision", "source", "version", "created"} {
		if value, ok := config.Config.Labels["org.opencontainers.image."+label]; ok {
			f.Labels["org.opencontainers.image."+label] = text.Clean(value).Clip(300)
		}
	}
	return f, nil
}

// configured reads a manifest and the configuration that it names.
func (s *Shelf) configured(ctx context.Context, ref name.Reference, got pulled) (*v1.Manifest, *v1.ConfigFile, error) {
	m, err := got.manifest()
	if err != nil {
		return nil, nil, hinted(fmt.Errorf("%s: its manifest: %w", ref, err), "see what was pushed")
	}
	body, err := s.blob(ctx, ref, m.Config.Digest, maxConfig)
	if err != nil {
		return nil, nil, err
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(body, &config); err != nil {
		return nil, nil, hinted(fmt.Errorf("%s: its configuration can not be read: %w", ref, shown{err}), "see what was pushed")
	}
	return m, &config, nil
}

// blob reads a small blob whole, and holds it against its digest.
func (s *Shelf) blob(ctx context.Context, ref name.Reference, digest v1.Hash, limit int64) ([]byte, error) {
	d, err := s.blobAt(ctx, ref, digest)
	if err != nil {
		return nil, imageError(err, ref)
	}
	defer d.close()
	body, err := io.ReadAll(io.LimitReader(d, limit+1))
	if err != nil {
		return nil, err
	}
	if got, _, err := v1.SHA256(bytes.NewReader(body)); err != nil || got != digest || int64(len(body)) > limit {
		return nil, hinted(fmt.Errorf("%s answered with something else than the blob %s", ref.Context().RegistryStr(), digest), "look at the image in its registry")
	}
	return body, nil
}

// blobAt begins to read a blob, as anybody.
func (s *Shelf) blobAt(ctx context.Context, ref name.Reference, digest v1.Hash) (*download, error) {
	repo := ref.Context()
	var door http.RoundTripper
	err := s.try(ctx, text.Cleanf("read %s", ref), func(ctx context.Context) error {
		var err error
		door, err = transport.NewWithContext(s.wire(maxManifest).with(ctx), repo.Registry, authn.Anonymous, wires{}, []string{repo.Scope(transport.PullScope)})
		if later, ok := errors.AsType[*temporary](err); ok {
			return later
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	at := url.URL{Scheme: repo.Registry.Scheme(), Host: repo.RegistryStr(), Path: fmt.Sprintf("/v2/%s/blobs/%s", repo.RepositoryStr(), digest)}
	d, err := s.fetch(ctx, text.Cleanf("read %s", ref), at.String())
	if err != nil {
		return nil, err
	}
	d.door = door
	return d, nil
}
