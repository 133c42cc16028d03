package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"twokey/checks"
	"twokey/checks/trace/archive"
	"twokey/release"
)

// maxLayers bounds the layers of an image. Docker takes 127.
const maxLayers = 200

// readImage reads the layers of an image from the topmost down, and shows visit the files
// as a container has them: each path once, from the layer that had the last word. No
// layer is held; what is remembered are paths below the artifact's source.
func (s *Shelf) readImage(ctx context.Context, f release.File, visit archive.Visit, progress func(int64)) (release.Received, error) {
	ref, err := name.NewDigest(f.Address)
	if err != nil {
		return release.Received{}, misnamed(err)
	}
	top, err := s.pull(ctx, ref)
	if err != nil {
		return release.Received{}, imageError(err, ref)
	}
	m, config, err := s.configured(ctx, ref, top)
	if err != nil {
		return release.Received{}, err
	}
	switch ids := len(config.RootFS.DiffIDs); {
	case len(m.Layers) > maxLayers:
		return release.Received{}, &archive.Refused{Why: fmt.Sprintf("more than %d layers", maxLayers)}
	case len(m.Layers) != ids:
		return release.Received{}, &archive.Refused{Why: fmt.Sprintf("its manifest has %d layers, and its configuration %d", len(m.Layers), ids)}
	}
	got := release.Received{Digests: []checks.Said{{By: checks.Downloaded(), Digest: top.digest.String()}}}
	over := newOverlay(f.Artifact.Source, visit)
	for i := len(m.Layers) - 1; i >= 0; i-- {
		n, err := s.readLayer(ctx, ref, layer{m.Layers[i], config.RootFS.DiffIDs[i]}, over, func(n int64) {
			if progress != nil {
				progress(got.Size + n)
			}
		})
		if got.Size += n; err != nil {
			return got, err
		}
	}
	return got, nil
}

// layer is one of an image: as the manifest describes it, and as the configuration names
// what it unpacks to. A runtime that has something under that name does not look at the
// layer any more, so that both have to be the same.
type layer struct {
	v1.Descriptor
	id v1.Hash
}

// readLayer reads one layer, and holds it against the size and digest that the manifest
// says, and what it unpacks to against what the configuration says.
func (s *Shelf) readLayer(ctx context.Context, ref name.Reference, l layer, over *overlay, progress func(int64)) (int64, error) {
	if len(l.URLs) > 0 {
		return 0, fmt.Errorf("the layer %s is elsewhere than in the registry", l.Digest)
	}
	d, err := s.blobAt(ctx, ref, l.Digest)
	if err != nil {
		return 0, imageError(err, ref)
	}
	defer d.close()
	in := &receiving{d: d, sums: map[string]hash.Hash{"sha256": sha256.New()}, most: maxFile, progress: progress}
	o := archive.Default()
	o.System, o.Unpacked = true, sha256.New()
	err = archive.Tar(in, o, over.visit)
	if _, refused := errors.AsType[*archive.Refused](err); err != nil && !refused {
		return in.n, err
	}
	if _, rest := io.Copy(io.Discard, in); rest != nil {
		return in.n, rest
	}
	if sum := hex.EncodeToString(in.sums["sha256"].Sum(nil)); sum != l.Digest.Hex || in.n != l.Size {
		return in.n, hinted(fmt.Errorf("%s answered with something else than the layer %s", ref.Context().RegistryStr(), l.Digest), "look at the image in its registry")
	}
	if id := hex.EncodeToString(o.Unpacked.Sum(nil)); err == nil && (l.id.Algorithm != "sha256" || l.id.Hex != id) {
		err = &archive.Refused{Why: fmt.Sprintf("its layer %s unpacks to sha256:%s, and its configuration names %s in its place", l.Digest, id, l.id)}
	}
	over.below()
	return in.n, err
}
