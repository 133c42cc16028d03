package registry

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maxManifest bounds a manifest: registries take at most 4 MiB (OCI distribution
// specification, "Pushing manifests").
const maxManifest = 4 << 20

// image looks whether a registry has the artifact's tag.
func (s *Shelf) image(ctx context.Context, a release.Artifact, p *checks.Published) error {
	ref, err := imageRef(a.Name)
	if err != nil {
		return misnamed(err)
	}
	p.URL = text.Clean(imageURL(ref))
	digest, err := s.manifest(ctx, ref)
	switch {
	case err == nil:
		p.Exists, p.Digest = true, digest.String()
		return nil
	case isAbsent(err, ref):
		return nil
	}
	return imageError(err, ref)
}

// imageRef reads an image's name. Its tag has to be written: the default, latest,
// is never what a release publishes.
func imageRef(s string) (name.Reference, error) {
	last := s[strings.LastIndex(s, "/")+1:]
	ref, err := name.ParseReference(s)
	if err != nil || !strings.ContainsAny(last, ":@") {
		return nil, fmt.Errorf("%q is no reference to an image with a tag", s)
	}
	return ref, nil
}

// manifest reads the digest of the manifest that ref names, as anybody.
func (s *Shelf) manifest(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	ctx = s.wire(maxManifest).with(ctx)
	// It asks a registry once how to get in, and once for each of its images.
	puller, err := release.InLook(ctx, "images", func() (*remote.Puller, bool, error) {
		p, err := newPuller()
		return p, true, err
	})
	if err != nil {
		return v1.Hash{}, err
	}
	head, err := puller.Head(ctx, ref)
	if err == nil {
		return head.Digest, isManifest(head.MediaType)
	}
	if !needsGet(err) {
		return v1.Hash{}, err
	}
	get, err := puller.Get(ctx, ref)
	if err != nil {
		return v1.Hash{}, err
	}
	return get.Digest, isManifest(get.MediaType)
}

// newPuller makes what reads of registries. Each of its requests goes over the wire of
// the try that it is part of.
func newPuller() (*remote.Puller, error) {
	return remote.NewPuller(
		remote.WithTransport(wires{}),
		// The library would retry silently; ours is shown.
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(),
	)
}

// isManifest refuses an answer that is no manifest: the library takes the page of
// any web server for one.
func isManifest(t types.MediaType) error {
	kind, _, _ := mime.ParseMediaType(string(t))
	if t = types.MediaType(kind); t.IsImage() || t.IsIndex() || t.IsSchema1() {
		return nil
	}
	return fmt.Errorf("it answered with %q, not with a manifest", kind)
}

// needsGet holds when the answer to a HEAD was one that a GET may do better: the
// registry does not know HEAD, or leaves headers out.
func needsGet(err error) bool {
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return answer.StatusCode == http.StatusMethodNotAllowed || answer.StatusCode == http.StatusNotImplemented
	}
	_, sent := errors.AsType[*url.Error](err) // a request failed: no answer at all
	_, later := errors.AsType[*temporary](err)
	return !sent && !later
}

// isAbsent holds when the registry says that it has no such manifest: a 404 to the
// request for the manifest itself. A 404 on the way there says nothing about it.
func isAbsent(err error, ref name.Reference) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && answer.StatusCode == http.StatusNotFound && answer.Request != nil &&
		strings.HasSuffix(answer.Request.URL.Path, "/"+ref.Context().RepositoryStr()+"/manifests/"+ref.Identifier())
}

// imageError says which registry answered what.
func imageError(err error, ref name.Reference) error {
	if later, ok := errors.AsType[*temporary](err); ok {
		return later
	}
	host := text.Clean(ref.Context().RegistryStr())
	answer, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return hinted(fmt.Errorf("%s: %w", host, shown{bare(err)}), "see whether %s is a container registry", host)
	}
	said := fmt.Errorf("%s answered %d %s", host, answer.StatusCode, http.StatusText(answer.StatusCode))
	if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
		return hinted(forbidden{said},
			"it does not exist, or is not public: look for %s on the registry", ref.Context())
	}
	if len(answer.Errors) > 0 {
		said = fmt.Errorf("%w: %w", said, shown{errors.New(answer.Errors[0].String())})
	}
	return hinted(said, "see whether %s is a container registry", host)
}

// bare leaves out the URL of a failed request: a redirect's may hold a signature.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// imageURL is a page for people about the image, or the manifest's own URL.
func imageURL(ref name.Reference) string {
	repo, tag := ref.Context().RepositoryStr(), url.QueryEscape(ref.Identifier())
	switch host := ref.Context().RegistryStr(); host {
	case name.DefaultRegistry:
		if official, ok := strings.CutPrefix(repo, "library/"); ok {
			return "https://hub.docker.com/_/" + official + "/tags?name=" + tag
		}
		return "https://hub.docker.com/r/" + repo + "/tags?name=" + tag
	case "ghcr.io":
		return "https://ghcr.io/" + repo // which leads to the package's page
	case "quay.io":
		return "https://quay.io/repository/" + repo + "?tab=tags&tag=" + tag
	default:
		return "https://" + host + "/v2/" + repo + "/manifests/" + ref.Identifier()
	}
}
