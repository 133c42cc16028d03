package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxReferrers bounds how many bundles are read of one manifest.
	maxReferrers = 50
	// maxReferrer bounds one of them.
	maxReferrer = 8 << 20
)

// referrers reads the Sigstore bundles that a registry has beside an image: of its
// platform's manifest, and of the index that it is listed in. A registry that does not
// know the API has them under a tag of the digest. None is an answer.
func (s *Shelf) referrers(ctx context.Context, f release.File) ([][]byte, error) {
	at, err := name.NewDigest(f.Address)
	if err != nil {
		return nil, misnamed(err)
	}
	subjects := []name.Digest{at}
	if f.Index != "" && f.Index != at.DigestStr() {
		subjects = append(subjects, at.Context().Digest(f.Index))
	}
	var out [][]byte
	var unread release.Unread
	for _, subject := range subjects {
		bundles, err := s.bundlesOf(ctx, subject)
		if some, ok := errors.AsType[release.Unread](err); ok {
			unread, err = append(unread, some...), nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, bundles...)
	}
	return out, unread.Or()
}

// bundlesOf reads the bundles that refer to one manifest.
func (s *Shelf) bundlesOf(ctx context.Context, subject name.Digest) ([][]byte, error) {
	var list *v1.IndexManifest
	err := s.try(ctx, text.Cleanf("read what refers to %s", subject), func(ctx context.Context) error {
		index, err := remote.Referrers(subject, remote.WithContext(s.wire(maxManifest).with(ctx)), remote.WithTransport(wires{}),
			remote.WithRetryBackoff(remote.Backoff{Steps: 1}), remote.WithRetryPredicate(func(error) bool { return false }), remote.WithRetryStatusCodes())
		if err == nil {
			list, err = index.IndexManifest()
		}
		if later, ok := errors.AsType[*temporary](err); ok {
			return later
		}
		return err
	})
	if answer, ok := errors.AsType[*transport.Error](err); ok && noReferrers(answer.StatusCode) {
		return nil, nil
	}
	if err != nil {
		return nil, imageError(err, subject)
	}
	bundles := slices.DeleteFunc(list.Manifests, func(m v1.Descriptor) bool { return !isBundle(m.ArtifactType) })
	if len(bundles) > maxReferrers {
		return nil, fmt.Errorf("more than %d attestations refer to %s", maxReferrers, subject)
	}
	var out [][]byte
	var unread release.Unread
	for _, m := range bundles {
		b, err := s.bundle(ctx, subject, m.Digest)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			unread = append(unread, err)
		default:
			out = append(out, b)
		}
	}
	return out, unread.Or()
}

// noReferrers holds for the answers of registries that know nothing of referrers: they
// refuse what they do not know in many ways. What nobody attests is no pass.
func noReferrers(status int) bool {
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}, status)
}

// isBundle tells whether something that refers to an image is a Sigstore bundle.
func isBundle(artifactType string) bool {
	return strings.HasPrefix(artifactType, "application/vnd.dev.sigstore.bundle")
}

// bundle reads one bundle: the only layer of its manifest.
func (s *Shelf) bundle(ctx context.Context, subject name.Digest, digest v1.Hash) ([]byte, error) {
	got, err := s.pull(ctx, subject.Context().Digest(digest.String()))
	if err != nil {
		return nil, imageError(err, subject)
	}
	m, err := got.manifest()
	if err != nil || len(m.Layers) != 1 {
		return nil, fmt.Errorf("what refers to %s is no manifest of one bundle", subject)
	}
	return s.blob(ctx, subject, m.Layers[0].Digest, maxReferrer)
}
