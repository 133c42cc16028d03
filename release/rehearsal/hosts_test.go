package rehearsal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"twokey/release"
)

// sampleWorld is a world of the sample in which time passes only when told.
func sampleWorld(t testing.TB, scenario string) *World {
	t.Helper()
	w, err := New(Options{Scenario: scenario, Seed: 1, Speed: -1, Stepping: true, Start: sampleStart()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ask sends a request to the world; headers come in pairs.
func ask(t *testing.T, w *World, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.Transport().RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(content)
}

// pass lets time pass.
func pass(t *testing.T, w *World, d time.Duration) {
	t.Helper()
	if err := w.Clock().Sleep(context.Background(), d); err != nil {
		t.Fatal(err)
	}
}

// tag makes a tag on a branch's head, as GitHub's API does.
func tag(t *testing.T, w *World, repo, branch, name string) {
	t.Helper()
	head, ok := w.repo("harbour", repo).git.branch(branch)
	if !ok {
		t.Fatalf("no branch %s", branch)
	}
	body := fmt.Sprintf(`{"ref": "refs/tags/%s", "sha": "%s"}`, name, head)
	resp, answer := ask(t, w, "POST", "https://api.github.com/repos/harbour/"+repo+"/git/refs", body,
		"Authorization", "Bearer "+w.Token())
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("tag %s: %d %s", name, resp.StatusCode, answer)
	}
}

// releaseAll takes the sample through its three stages, as far as the runs go.
func releaseAll(t *testing.T, w *World) {
	t.Helper()
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	pass(t, w, time.Hour)
	tag(t, w, "harbour-packaging", "main", "v20260814")
	resp, answer := ask(t, w, "POST", "https://api.github.com/repos/harbour/harbour-images/releases",
		`{"tag_name": "v20260814", "target_commitish": "main"}`, "Authorization", "Bearer "+w.Token())
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("release: %d %s", resp.StatusCode, answer)
	}
	pass(t, w, time.Hour)
}

// simpleIndex reads PyPI's index of the sample.
func simpleIndex(t *testing.T, w *World) (versions []string, files map[string]map[string]any) {
	t.Helper()
	resp, body := ask(t, w, "GET", "https://pypi.org/simple/harbour/", "", "Accept", "application/vnd.pypi.simple.v1+json")
	var index struct {
		Versions []string
		Files    []map[string]any
	}
	if err := json.Unmarshal([]byte(body), &index); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v: %s", resp.StatusCode, err, body)
	}
	files = map[string]map[string]any{}
	for _, f := range index.Files {
		files[f["filename"].(string)] = f
	}
	return index.Versions, files
}

func TestPyPI(t *testing.T) {
	w := sampleWorld(t, "clean")
	versions, files := simpleIndex(t, w)
	if !slices.Contains(versions, "2.11.5") || slices.Contains(versions, "2.11.6") || files["harbour-2.11.5.tar.gz"] == nil {
		t.Fatalf("before: %v", versions)
	}
	if resp, _ := ask(t, w, "GET", "https://pypi.org/pypi/harbour/2.11.6/json", ""); resp.StatusCode != 404 {
		t.Errorf("before: %d", resp.StatusCode)
	}
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	if versions, _ = simpleIndex(t, w); slices.Contains(versions, "2.11.6") {
		t.Error("it is published before anything ran")
	}
	pass(t, w, time.Hour)
	versions, files = simpleIndex(t, w)
	sdist := files["harbour-2.11.6.tar.gz"]
	if !slices.Contains(versions, "2.11.6") || sdist == nil || files["harbour-2.11.6-py3-none-any.whl"] == nil {
		t.Fatalf("after: %v", versions)
	}
	_, content := ask(t, w, "GET", sdist["url"].(string), "")
	sum := sha256.Sum256([]byte(content))
	if sdist["hashes"].(map[string]any)["sha256"] != hex.EncodeToString(sum[:]) || sdist["size"] != float64(len(content)) {
		t.Errorf("what is downloaded is not what the index says: %v", sdist)
	}
	inside := untar(t, []byte(content))
	if got := inside["harbour-2.11.6/harbour/__init__.py"]; !strings.Contains(got, `"2.11.6"`) {
		t.Errorf("the version inside is %q", got)
	}
	resp, body := ask(t, w, "GET", "https://pypi.org/pypi/Harbour/2.11.6/json", "")
	if resp.StatusCode != 200 || !strings.Contains(body, hex.EncodeToString(sum[:])) || !strings.Contains(body, `"yanked":false`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// untar reads a tar.gz.
func untar(t *testing.T, content []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(b)
	}
}

func TestPyPIForms(t *testing.T) {
	w := sampleWorld(t, "clean")
	resp, body := ask(t, w, "GET", "https://pypi.org/simple/harbour/", "")
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || !strings.Contains(body, "#sha256=") {
		t.Errorf("HTML: %d %.100s", resp.StatusCode, body)
	}
	again, _ := ask(t, w, "GET", "https://pypi.org/simple/harbour/", "", "If-None-Match", resp.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("conditional: %d", again.StatusCode)
	}
	if resp, _ = ask(t, w, "GET", "https://pypi.org/simple/HAR.bour", ""); resp.StatusCode != 301 || resp.Header.Get("Location") != "/simple/har-bour/" {
		t.Errorf("%d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	for url, want := range map[string]int{
		"https://pypi.org/simple/other/": 404, "https://pypi.org/pypi/other/json": 404, "https://pypi.org/pypi/harbour/json": 200,
		"https://pypi.org/pypi/harbour/9.9/json": 404, "https://pypi.org/": 404, "https://files.pythonhosted.org/packages/aa/bb/cc/x.whl": 404,
	} {
		if resp, _ = ask(t, w, "GET", url, ""); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", url, resp.StatusCode, want)
		}
	}
	if resp, _ = ask(t, w, "POST", "https://pypi.org/legacy/", "x"); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("an upload: %d", resp.StatusCode)
	}
}

func TestDebHost(t *testing.T) {
	const file = "https://packaging.harbour.example/python-harbour_2.11-noble_amd64.deb"
	w := sampleWorld(t, "clean")
	before, old := ask(t, w, "GET", file, "")
	if before.StatusCode != 200 || !strings.HasPrefix(old, "!<arch>\ndebian-binary ") || !strings.Contains(old, "data.tar.gz") {
		t.Fatalf("before: %d %.40q", before.StatusCode, old)
	}
	releaseAll(t, w)
	after, content := ask(t, w, "GET", file, "")
	if content == old || after.Header.Get("ETag") == before.Header.Get("ETag") {
		t.Error("the new file is the old one")
	}
	then, _ := http.ParseTime(before.Header.Get("Last-Modified"))
	now, err := http.ParseTime(after.Header.Get("Last-Modified"))
	if err != nil || !now.After(then) || now.Before(sampleStart()) {
		t.Errorf("it changed at %v, before at %v", now, then)
	}
	head, nothing := ask(t, w, "HEAD", file, "")
	if head.StatusCode != 200 || head.ContentLength != int64(len(content)) || nothing != "" || head.Header.Get("ETag") != after.Header.Get("ETag") {
		t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
	}
	if part, b := ask(t, w, "GET", file, "", "Range", "bytes=0-0"); part.StatusCode != 206 || b != "!" {
		t.Errorf("range: %d %q", part.StatusCode, b)
	}
	_, sums := ask(t, w, "GET", "https://packaging.harbour.example/md5sum", "")
	if want := fmt.Sprintf("%x  python-harbour_2.11-noble_amd64.deb\n", md5.Sum([]byte(content))); !strings.Contains(sums, want) {
		t.Errorf("no %q in %s", want, sums)
	}
	if none, _ := ask(t, w, "GET", "https://packaging.harbour.example/other.deb", ""); none.StatusCode != 404 {
		t.Errorf("another file: %d", none.StatusCode)
	}
	if line, _ := ask(t, w, "GET", "https://packaging.harbour.example/python-harbour_2.10-jammy_amd64.deb", ""); line.StatusCode != 200 {
		t.Errorf("the other line: %d", line.StatusCode)
	}
}

func TestRegistry(t *testing.T) {
	w := sampleWorld(t, "clean")
	look := func(ref string) (string, error) {
		parsed, err := name.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		img, err := remote.Image(parsed, remote.WithTransport(w.Transport()), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
		if err != nil {
			return "", err
		}
		readLayers(t, img)
		config, err := img.ConfigFile()
		if err != nil {
			return "", err
		}
		return config.Config.Labels["org.opencontainers.image.version"], nil
	}
	want := func(ref, version string) {
		t.Helper()
		if got, err := look(ref); got != version || (err == nil) != (version != "") {
			t.Errorf("%s is %q, %v, want %q", ref, got, err, version)
		}
	}
	want("docker.io/harbour/harbour-base:2.11", "2.11.5")
	want("harbour/harbour-base:2.11.5", "2.11.5")
	want("harbour/harbour-base:2.11.6", "")
	releaseAll(t, w)
	want("docker.io/harbour/harbour-base:2.11", "2.11.6")
	want("harbour/harbour-base:2.11.6", "2.11.6")
	want("harbour/harbour-base:2.11.6-py3.10", "2.11.6")
	want("harbour/harbour-base:2.11.5", "2.11.5")
	want("harbour/harbour-base:2.10", "2.10.3")
	want("harbour/other:1", "")
}

// readLayers reads an image whole, which holds it against its digests.
func readLayers(t *testing.T, img v1.Image) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil || len(layers) == 0 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	for i, layer := range layers {
		r, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); config.RootFS.DiffIDs[i].Hex != got {
			t.Errorf("layer %d is %s, not %s", i, got, config.RootFS.DiffIDs[i])
		}
	}
}

func TestRegistryAsksForAToken(t *testing.T) {
	const manifest = "https://registry-1.docker.io/v2/harbour/harbour-base/manifests/2.11"
	w := sampleWorld(t, "clean")
	resp, _ := ask(t, w, "GET", manifest, "")
	challenge := resp.Header.Get("WWW-Authenticate")
	if resp.StatusCode != 401 || challenge != `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:harbour/harbour-base:pull"` {
		t.Fatalf("%d %s", resp.StatusCode, challenge)
	}
	_, body := ask(t, w, "GET", "https://auth.docker.io/token?service=registry.docker.io&scope=repository:harbour/harbour-base:pull", "")
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("%v: %s", err, body)
	}
	resp, _ = ask(t, w, "HEAD", manifest, "", "Authorization", "Bearer "+answer.Token)
	digest := resp.Header.Get("Docker-Content-Digest")
	if resp.StatusCode != 200 || !strings.HasPrefix(digest, "sha256:") || resp.Header.Get("Content-Type") != indexType {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	resp, _ = ask(t, w, "GET", strings.TrimSuffix(manifest, "2.11")+digest, "", "Authorization", "Bearer "+answer.Token)
	if resp.StatusCode != 200 || resp.Header.Get("Docker-Content-Digest") != digest {
		t.Errorf("by digest: %d", resp.StatusCode)
	}
	for _, authorization := range []string{"Bearer " + w.Token(), "Bearer " + pullToken("harbour/other"), "Basic x"} {
		if resp, _ = ask(t, w, "GET", manifest, "", "Authorization", authorization); resp.StatusCode != 401 {
			t.Errorf("%s opens it", authorization)
		}
	}
	if resp, _ = ask(t, w, "GET", "https://auth.docker.io/token?scope=repository:x:push", ""); resp.StatusCode != 400 {
		t.Errorf("a token to push: %d", resp.StatusCode)
	}
	_, tags := ask(t, w, "GET", "https://registry-1.docker.io/v2/harbour/harbour-base/tags/list", "", "Authorization", "Bearer "+answer.Token)
	if !strings.Contains(tags, `"2.11.5"`) || strings.Contains(tags, `"2.11.6"`) {
		t.Errorf("%s", tags)
	}
}

func TestNoOtherHost(t *testing.T) {
	w := sampleWorld(t, "clean")
	for _, url := range []string{"https://example.com/", "https://packaging.ckan.org/md5sum", "https://quay.io/v2/", "https://upload.pypi.org/legacy/"} {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := w.Transport().RoundTrip(req); err == nil {
			t.Errorf("%s answers %d", url, resp.StatusCode)
		}
	}
}

func TestHostIn(t *testing.T) {
	for artifact, want := range map[string]string{
		"docker.io/harbour/base:{version}": "index.docker.io", "harbour/base:1": "index.docker.io", "base:1": "index.docker.io",
		"ghcr.io/a/b:{version}": "ghcr.io", "localhost:5000/a:1": "localhost", "quay.io/a/b:1": "quay.io",
	} {
		if got := hostIn(release.KindImage, artifact); got != want {
			t.Errorf("%s is on %s, want %s", artifact, got, want)
		}
	}
	if got := hostIn(release.KindDeb, "https://deb.example:8443/x_{version}.deb"); got != "deb.example" {
		t.Errorf("it is on %s", got)
	}
}
