package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"twokey/release"
)

func imageArtifact(name string) release.Artifact {
	return release.Artifact{Kind: release.KindImage, Name: name, Version: "2.11.6"}
}

// handlers answers for hosts with handlers, in the same process.
type handlers map[string]http.Handler

func (h handlers) RoundTrip(req *http.Request) (*http.Response, error) {
	handler, ok := h[req.URL.Host]
	if !ok || req.URL.Scheme != "https" {
		return nil, fmt.Errorf("nobody expected %s", req.URL)
	}
	in := req.Clone(req.Context())
	in.Host, in.RequestURI = req.URL.Host, req.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, in)
	resp := rec.Result()
	resp.Request = req
	if req.Method == http.MethodHead {
		resp.Body = http.NoBody
		if n := rec.Header().Get("Content-Length"); n != "" {
			_, _ = fmt.Sscan(n, &resp.ContentLength)
		}
	}
	return resp, nil
}

// filled is an in-memory registry that holds images under the given names.
func filled(t *testing.T, hosts handlers, host string, names ...string) string {
	t.Helper()
	hosts[host] = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	image, err := mutate.ConfigFile(empty.Image, nil)
	if err != nil {
		image = empty.Image
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		ref, err := name.ParseReference(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, image, remote.WithTransport(hosts)); err != nil {
			t.Fatal(err)
		}
	}
	return digest.String()
}

func TestImage(t *testing.T) {
	hosts := handlers{}
	digest := filled(t, hosts, "index.docker.io", "docker.io/ckan/ckan-base:2.11.60", "ckan/ckan-base:2.11", "python:3.14")
	filled(t, hosts, "ghcr.io", "ghcr.io/o/r:v1.0")
	filled(t, hosts, "registry.example:5000", "registry.example:5000/deep/er/r:1.0")
	filled(t, hosts, "quay.io", "quay.io/o/r:1.0")
	tests := []struct {
		name   string
		exists bool
		url    string
	}{
		{"docker.io/ckan/ckan-base:2.11.60", true, "https://hub.docker.com/r/ckan/ckan-base/tags?name=2.11.60"},
		{"docker.io/ckan/ckan-base:2.11.6", false, "https://hub.docker.com/r/ckan/ckan-base/tags?name=2.11.6"},
		{"ckan/ckan-base:2.11", true, "https://hub.docker.com/r/ckan/ckan-base/tags?name=2.11"},
		{"docker.io/ckan/no-such:2.11", false, "https://hub.docker.com/r/ckan/no-such/tags?name=2.11"},
		{"python:3.14", true, "https://hub.docker.com/_/python/tags?name=3.14"},
		{"ghcr.io/o/r:v1.0", true, "https://ghcr.io/o/r"},
		{"ghcr.io/o/r:v1", false, "https://ghcr.io/o/r"},
		{"registry.example:5000/deep/er/r:1.0", true, "https://registry.example:5000/v2/deep/er/r/manifests/1.0"},
		{"registry.example:5000/deep/r:1.0", false, "https://registry.example:5000/v2/deep/r/manifests/1.0"},
		{"quay.io/o/r:1.0", true, "https://quay.io/repository/o/r?tab=tags&tag=1.0"},
		{"ghcr.io/o/r@" + digest, true, "https://ghcr.io/o/r"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Options{Transport: hosts, Clock: &clock{}, Emit: func(e release.Event) { t.Errorf("event %s", e.Type()) }})
			got, err := s.Look(context.Background(), imageArtifact(tt.name))
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if tt.exists {
				want = digest
			}
			if got.Exists != tt.exists || got.Digest != want || got.URL.String() != tt.url || got.Mutable {
				t.Errorf("%+v, want exists %v at %s", got, tt.exists, tt.url)
			}
		})
	}
}

const (
	base     = "https://registry.example/v2/"
	manifest = base + "o/r/manifests/1.0"
	token    = "https://auth.example/token?scope=repository%3Ao%2Fr%3Apull&service=registry"
	ociType  = "application/vnd.oci.image.manifest.v1+json"
	someHash = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// challenge is the answer of a registry that wants a token.
func challenge() answer {
	return answer{status: 401, header: map[string]string{
		"WWW-Authenticate": `Bearer realm="https://auth.example/token",service="registry"`}}
}

// manifestThere is the answer to a HEAD for a manifest that is there.
func manifestThere() answer {
	return answer{status: 200, length: 42, header: map[string]string{"Content-Type": ociType, "Docker-Content-Digest": someHash}}
}

func TestImageWithAnAnonymousToken(t *testing.T) {
	w := newWorld(t, map[string][]answer{
		"GET " + base:      {challenge()},
		"GET " + token:     {{status: 200, body: `{"token":"anybody"}`}},
		"HEAD " + manifest: {manifestThere()},
	})
	p, err := w.Look(context.Background(), imageArtifact("registry.example/o/r:1.0"))
	if err != nil || !p.Exists || p.Digest != someHash {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, r := range w.places.sent {
		auth := r.Header.Get("Authorization")
		if r.URL.String() == manifest && auth != "Bearer anybody" || r.URL.String() != manifest && auth != "" {
			t.Errorf("%s is sent with %q", r.URL, auth)
		}
		if r.Header.Get("User-Agent") != "twokey/test" {
			t.Errorf("%s is sent by %q", r.URL, r.Header.Get("User-Agent"))
		}
	}
}

func TestImageFallsBackToGet(t *testing.T) {
	body := `{"schemaVersion":2,"mediaType":"` + ociType + `"}`
	const digest = "sha256:7cd5c2cf4a1c8ba3a51ac6bd3bf68a1d6ecd4fe1fb9f1b0f4eb0ac40ee7e9c9e"
	get := answer{status: 200, body: body, header: map[string]string{"Content-Type": ociType + "; charset=utf-8"}}
	for name, head := range map[string]answer{
		"no HEAD":         {status: 405},
		"no digest":       {status: 200, length: 9, header: map[string]string{"Content-Type": ociType}},
		"no length":       {status: 200, length: -1, header: map[string]string{"Content-Type": ociType, "Docker-Content-Digest": someHash}},
		"nonsense digest": {status: 200, length: 9, header: map[string]string{"Content-Type": ociType, "Docker-Content-Digest": "sha256:x"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string][]answer{
				"GET " + base: {{status: 200}}, "HEAD " + manifest: {head}, "GET " + manifest: {get}})
			p, err := w.Look(context.Background(), imageArtifact("registry.example/o/r:1.0"))
			if err != nil || !p.Exists || !strings.HasPrefix(p.Digest, "sha256:") || p.Digest == someHash || len(p.Digest) != len(digest) {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

// refusal is a registry that answers what a manifest can not be read from.
type refusal struct {
	name    string
	answers map[string][]answer
	want    string
}

func imageRefusals() []refusal {
	ping := []answer{{status: 200}}
	html := map[string]string{"Content-Type": "text/html"}
	denied := answer{status: 401, header: map[string]string{"WWW-Authenticate": challenge().header["WWW-Authenticate"] + `,scope="repository:o/r:pull"`}}
	return []refusal{
		{"private or unknown", map[string][]answer{"GET " + base: {challenge()}, "GET " + token: {{status: 200, body: `{"token":"anybody"}`}},
			"HEAD " + manifest: {denied}}, "registry.example answered 401 Unauthorized"},
		{"no token for it", map[string][]answer{"GET " + base: {challenge()}, "GET " + token: {{status: 403}}},
			"registry.example answered 403 Forbidden"},
		{"forbidden", map[string][]answer{"GET " + base: ping, "HEAD " + manifest: {{status: 403}}},
			"registry.example answered 403 Forbidden"},
		{"no registry at all", map[string][]answer{"GET " + base: {{status: 404, body: "<h1>nothing here</h1>"}}},
			"registry.example answered 404 Not Found"},
		{"no token server", map[string][]answer{"GET " + base: {challenge()}, "GET " + token: {{status: 404}}},
			"registry.example answered 404 Not Found"},
		{"a web server that says yes to all", map[string][]answer{"GET " + base: ping,
			"HEAD " + manifest: {{status: 200, length: 9, header: html}}, "GET " + manifest: {{status: 200, header: html, body: "<h1>hi</h1>"}}},
			`it answered with "text/html", not with a manifest`},
		{"a moved manifest that is not found", map[string][]answer{"GET " + base: ping,
			"HEAD " + manifest:                      {{status: 302, header: map[string]string{"Location": "https://cdn.example/x?sig=secret"}}},
			"HEAD https://cdn.example/x?sig=secret": {{status: 404}}}, "registry.example answered 404"},
		{"down to http", map[string][]answer{"GET " + base: ping,
			"HEAD " + manifest: {{status: 302, header: map[string]string{"Location": "http://cdn.example/x"}}}},
			"refused: cdn.example would be asked without encryption"},
		{"in circles", map[string][]answer{"GET " + base: ping,
			"HEAD " + manifest: {{status: 302, header: map[string]string{"Location": manifest}}}}, "does not stop redirecting"},
		{"a token server on the machine", map[string][]answer{"GET " + base: {{status: 401, header: map[string]string{
			"WWW-Authenticate": `Bearer realm="https://169.254.169.254/token"`}}}}, "private or link-local"},
		{"a token server without encryption", map[string][]answer{"GET " + base: {{status: 401, header: map[string]string{
			"WWW-Authenticate": `Bearer realm="http://auth.example/token"`}}}}, "not allowed"},
		{"an endless token", map[string][]answer{"GET " + base: {challenge()},
			"GET " + token: {{status: 200, body: `{"token":"` + strings.Repeat("x", 1<<20) + `"}`}}}, "registry.example: "},
		{"an endless manifest", map[string][]answer{"GET " + base: ping, "HEAD " + manifest: {{status: 405}},
			"GET " + manifest: {{status: 200, body: strings.Repeat("x", maxManifest+1), header: map[string]string{"Content-Type": ociType}}}},
			"answered more than twokey reads"},
		{"a hostile error", map[string][]answer{"GET " + base: ping,
			"HEAD " + manifest: {{status: 405}},
			"GET " + manifest:  {{status: 400, body: `{"errors":[{"code":"NAME_INVALID","message":"\u001b[31mbad\u202e"}]}`}}},
			"registry.example answered 400 Bad Request: NAME_INVALID"},
	}
}

func TestImageRefuses(t *testing.T) {
	for _, tt := range imageRefusals() {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			p, err := w.Look(context.Background(), imageArtifact("registry.example/o/r:1.0"))
			isRefused(t, p, err, tt.want)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a signature is shown: %v", err)
			}
			if len(w.clock.slept) > 0 {
				t.Errorf("it was tried again: %s", w.story())
			}
			if denied := strings.Contains(tt.want, "40") && !strings.Contains(tt.want, "404") && !strings.Contains(tt.want, "400"); denied != errors.Is(err, release.ErrForbidden) {
				t.Errorf("forbidden: %v", err)
			}
		})
	}
}

func TestImageNames(t *testing.T) {
	for _, name := range []string{
		"docker.io/ckan/ckan-base", "registry.example:5000/o/r", "docker.io/ckan/Ckan-Base:1.0", "docker.io/ckan/ckan-base:",
		"docker.io/ckan/a:1.0/../b", "https://docker.io/ckan/b:1.0", "", "a b:1.0", "\x1b[31m/o/r:1.0",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			p, err := w.Look(context.Background(), imageArtifact(name))
			isRefused(t, p, err, "is no reference to an image with a tag")
			if release.KindOf(err) != release.KindUsage {
				t.Errorf("kind %v", release.KindOf(err))
			}
		})
	}
}

func TestImageRetriesInTheOpen(t *testing.T) {
	w := newWorld(t, map[string][]answer{
		"GET " + base:      {{status: 503}, challenge()},
		"GET " + token:     {{status: 429}, {status: 200, body: `{"access_token":"anybody"}`}},
		"HEAD " + manifest: {{status: 500}, manifestThere()},
	})
	p, err := w.Look(context.Background(), imageArtifact("registry.example/o/r:1.0"))
	if err != nil || !p.Exists {
		t.Fatalf("%+v, %v", p, err)
	}
	want := "retry 2: registry.example answered 503 Service Unavailable; retry 3: auth.example answered 429 Too Many Requests; " +
		"retry 4: registry.example answered 500 Internal Server Error; recovered"
	if w.story() != want {
		t.Errorf("events %s", w.story())
	}
	if n := len(w.places.sent); n != 1+2+3+3 {
		t.Errorf("%d requests: %q", n, w.places.requests())
	}
}

func TestImageOnThisMachineIsAskedWithEncryption(t *testing.T) {
	w := newWorld(t, map[string][]answer{
		"GET https://localhost:5000/v2/":                   {{status: 200}},
		"HEAD https://localhost:5000/v2/o/r/manifests/1.0": {manifestThere()},
	})
	p, err := w.Look(context.Background(), imageArtifact("localhost:5000/o/r:1.0"))
	if err != nil || !p.Exists || slices.ContainsFunc(w.places.sent, func(r *http.Request) bool { return r.URL.Scheme != "https" }) {
		t.Errorf("%+v, %v, %q", p, err, w.places.requests())
	}
}

// In one look a registry is asked once how to get in, whatever of it is looked for; and
// in the next one again.
func TestImagesShareTheirWayIn(t *testing.T) {
	answers := map[string][]answer{
		"GET " + base:      {challenge(), challenge()},
		"GET " + token:     {{status: 200, body: `{"token":"anybody"}`}, {status: 200, body: `{"token":"anybody"}`}},
		"HEAD " + manifest: {manifestThere(), manifestThere()},
		"HEAD " + strings.Replace(manifest, "1.0", "2.0", 1): {manifestThere(), manifestThere()},
	}
	w := newWorld(t, answers)
	for range 2 {
		ctx := release.NewLook(time.Now()).With(t.Context())
		var wg sync.WaitGroup
		for _, tag := range []string{"1.0", "2.0"} {
			wg.Go(func() {
				if p, err := w.Look(ctx, imageArtifact("registry.example/o/r:"+tag)); err != nil || !p.Exists {
					t.Error(p, err)
				}
			})
		}
		wg.Wait()
	}
	if got := w.places.requests(); len(got) != 8 {
		t.Errorf("two looks at two tags took %v", got)
	}
}
