package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"twokey/checks/text"
)

// pulled is a manifest as it was received, with the digest of just these bytes.
type pulled struct {
	kind   types.MediaType // that it was sent as
	body   []byte
	digest v1.Hash
}

// pull reads a manifest. One that is asked for by its digest has that digest, and what the
// registry calls any other by has to be its digest.
func (s *Shelf) pull(ctx context.Context, ref name.Reference) (pulled, error) {
	var out pulled
	var said string
	err := s.try(ctx, text.Cleanf("read %s", ref), func(ctx context.Context) error {
		puller, err := newPuller()
		if err != nil {
			return err
		}
		w := s.wire(maxManifest)
		got, err := puller.Get(w.with(ctx), ref)
		if err != nil {
			if later, ok := errors.AsType[*temporary](err); ok {
				return later
			}
			return err
		}
		kind, _, _ := mime.ParseMediaType(string(got.MediaType))
		out.kind, out.body, said = types.MediaType(kind), got.Manifest, w.last.Get("Docker-Content-Digest")
		out.digest, _, err = v1.SHA256(bytes.NewReader(got.Manifest))
		return errors.Join(err, isManifest(got.MediaType))
	})
	by, asked := ref.(name.Digest)
	switch {
	case err != nil:
	case asked && by.DigestStr() != out.digest.String():
		err = fmt.Errorf("%s answered with another manifest", ref.Context().RegistryStr())
	case said != "" && said != out.digest.String():
		err = fmt.Errorf("it sent what has the digest %s, and calls it %s", out.digest, text.Clean(said).Clip(100))
	}
	return out, err
}

// manifest is what was pulled, as the manifest of one platform.
func (p pulled) manifest() (*v1.Manifest, error) {
	var m v1.Manifest
	if err := p.read(&m); err != nil {
		return nil, err
	}
	if !p.kind.IsImage() {
		return nil, fmt.Errorf("it is %q, and should be a manifest", p.kind)
	}
	for _, l := range m.Layers {
		if l.Size < 0 || l.Size > maxFile {
			return nil, fmt.Errorf("it has a layer of %d bytes", l.Size)
		}
	}
	return &m, nil
}

// index is what was pulled, as a list of manifests.
func (p pulled) index() (*v1.IndexManifest, error) {
	var m v1.IndexManifest
	if err := p.read(&m); err != nil {
		return nil, err
	}
	if !p.kind.IsIndex() {
		return nil, fmt.Errorf("it is %q, and should be an index", p.kind)
	}
	return &m, nil
}

// read reads what was pulled into m. What could be taken for something else than what it
// was sent as is refused: the same bytes, under the same digest, would be one image for
// those who ask for an index, and another for those who do not (CVE-2021-41190).
func (p pulled) read(m any) error {
	var says struct {
		MediaType types.MediaType `json:"mediaType"`
		Config    json.RawMessage `json:"config"`
		Layers    json.RawMessage `json:"layers"`
		Manifests json.RawMessage `json:"manifests"`
		First     json.RawMessage `json:"fsLayers"`
	}
	if err := errors.Join(json.Unmarshal(p.body, &says), json.Unmarshal(p.body, m)); err != nil {
		return fmt.Errorf("it can not be read: %w", shown{err})
	}
	switch {
	case p.kind.IsSchema1() || says.First != nil:
		return errors.New("it is of the first version of manifests, which nobody should use any more")
	case says.MediaType != "" && says.MediaType != p.kind:
		return fmt.Errorf("it is sent as %q, and says of itself that it is %q", p.kind, text.Clean(string(says.MediaType)).Clip(100))
	case says.Manifests != nil && (says.Layers != nil || says.Config != nil):
		return errors.New("it is a manifest and an index at once")
	case p.kind.IsIndex() && says.Manifests == nil:
		return errors.New("it lists no manifests")
	case p.kind.IsImage() && says.Config == nil:
		return errors.New("it names no configuration")
	}
	return nil
}
