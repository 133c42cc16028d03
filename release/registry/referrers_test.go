package registry

import (
	"context"
	"errors"
	"io"
	"log"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"twokey/checks"
	"twokey/release"
)

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// attach puts something beside a manifest that refers to it.
func attach(t *testing.T, hosts handlers, subject name.Digest, kind string, layers ...string) {
	t.Helper()
	desc, err := remote.Head(subject, remote.WithTransport(hosts))
	if err != nil {
		t.Fatal(err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.MediaType(kind))
	for _, content := range layers {
		if img, err = mutate.AppendLayers(img, static.NewLayer([]byte(content), types.MediaType(kind))); err != nil {
			t.Fatal(err)
		}
	}
	about := mutate.Subject(img, *desc).(v1.Image)
	digest, err := about.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(subject.Context().Digest(digest.String()), about, remote.WithTransport(hosts)); err != nil {
		t.Fatal(err)
	}
}

// TestReferrers holds that the bundles beside an image are found, by the API and by the
// tag that stands for it, and that nothing else is taken for one.
func TestReferrers(t *testing.T) {
	for name1, supported := range map[string]bool{"by the API": true, "by the tag": false} {
		t.Run(name1, func(t *testing.T) {
			hosts := handlers{}
			digest := filled(t, hosts, "ghcr.io")
			hosts["ghcr.io"] = registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(supported))
			_ = digest
			at, err := name.NewTag("ghcr.io/o/r:1.0")
			if err != nil {
				t.Fatal(err)
			}
			if err := remote.Write(at, empty.Image, remote.WithTransport(hosts)); err != nil {
				t.Fatal(err)
			}
			sum, err := empty.Image.Digest()
			if err != nil {
				t.Fatal(err)
			}
			subject := at.Context().Digest(sum.String())
			s := New(Options{Transport: hosts, Clock: &clock{}})
			f := release.File{Artifact: imageArtifact("ghcr.io/o/r:1.0"), Name: "linux/amd64", Form: checks.FormImage, Address: subject.Name()}
			got, err := s.Bundles(context.Background(), f)
			if err != nil || len(got) != 0 {
				t.Fatalf("before anything is there: %q, %v", got, err)
			}
			attach(t, hosts, subject, bundleType, `{"a":1}`)
			attach(t, hosts, subject, "application/spdx+json", `{"b":1}`)
			got, err = s.Bundles(context.Background(), f)
			if err != nil || len(got) != 1 || string(got[0]) != `{"a":1}` {
				t.Errorf("%q, %v", got, err)
			}

			// One of two layers is no bundle. It is there all the same, and not read.
			attach(t, hosts, subject, bundleType, `{"c":1}`, "more")
			got, err = s.Bundles(context.Background(), f)
			unread, some := errors.AsType[release.Unread](err)
			if !some || len(unread) != 1 || len(got) != 1 || string(got[0]) != `{"a":1}` {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestReferrersUnknown holds that a registry which knows nothing of referrers has none,
// however it says so.
func TestReferrersUnknown(t *testing.T) {
	for _, status := range []int{401, 403, 405} {
		w := newWorld(t, map[string][]answer{"GET " + base: {{status: 200}}, "GET " + base + "o/r/referrers/" + someHash: {{status: status}}})
		got, err := w.Bundles(context.Background(), release.File{Artifact: imageArtifact("registry.example/o/r:1.0"), Name: "x", Form: checks.FormImage, Address: "registry.example/o/r@" + someHash})
		if err != nil || len(got) != 0 {
			t.Errorf("%d: %q, %v", status, got, err)
		}
	}
}

// TestReferrersRefuse holds that what can not be read is no empty answer.
func TestReferrersRefuse(t *testing.T) {
	const at = "registry.example/o/r@" + someHash
	ping := []answer{{status: 200}}
	for name, tt := range map[string]struct {
		answers map[string][]answer
		want    string
	}{
		"a teapot": {map[string][]answer{"GET " + base: ping, "GET " + base + "o/r/referrers/" + someHash: {{status: 418}}}, "answered 418"},
		"no JSON": {map[string][]answer{"GET " + base: ping, "GET " + base + "o/r/referrers/" + someHash: {{status: 200, body: "x",
			header: map[string]string{"Content-Type": "application/vnd.oci.image.index.v1+json"}}}}, "registry.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			got, err := w.Bundles(context.Background(), release.File{Artifact: imageArtifact("registry.example/o/r:1.0"), Name: "x", Form: checks.FormImage, Address: at})
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
