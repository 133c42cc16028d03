package registry_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/release"
	"twokey/release/rehearsal"
)

// lie changes an answer of a registry: its headers, and its body, which is empty for the
// answer to a HEAD.
type lie func(resp *http.Response, body []byte) []byte

// announced is a header for what a lie says of the length of a body; without, it tells that
// of the body.
const announced = "Test-Announced"

// lying is a server that stands before the registry and lies. It gives its address.
func (d *dockerRegistry) lying(tell lie) string {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: d.addr})
	proxy.ModifyResponse = func(resp *http.Response) error {
		body, _ := io.ReadAll(resp.Body) // this registry says where there is no such range, and breaks off
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
			body = tell(resp, body)
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		if resp.Request.Method == http.MethodGet {
			resp.Header.Set("Content-Length", cmp.Or(resp.Header.Get(announced), strconv.Itoa(len(body))))
		}
		return nil
	}
	// A body that is shorter than was said ends the connection, which is meant.
	silent := log.New(io.Discard, "", 0)
	proxy.ErrorLog = silent
	s := httptest.NewUnstartedServer(proxy)
	s.Config.ErrorLog = silent
	s.Start()
	d.t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// of tells a lie about some answers alone: about those at paths that hold part, of a type
// that holds kind.
func of(part, kind string, tell lie) lie {
	return func(resp *http.Response, body []byte) []byte {
		if strings.Contains(resp.Request.URL.Path, part) && strings.Contains(resp.Header.Get("Content-Type"), kind) {
			return tell(resp, body)
		}
		return body
	}
}

// ofLayers tells a lie about layers alone, and about parts of them.
func ofLayers(tell lie) lie {
	return of("/blobs/", "octet-stream", func(resp *http.Response, body []byte) []byte {
		if resp.StatusCode == http.StatusPartialContent || bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			return tell(resp, body)
		}
		return body
	})
}

// breaking lets an answer break off after n bytes.
func breaking(resp *http.Response, body []byte, n int) []byte {
	resp.Header.Set(announced, strconv.Itoa(len(body)))
	return body[:min(n, len(body))]
}

// notRaced skips a test that verifies the same release again and again, which takes the
// race detector long and shows it nothing new.
func notRaced(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("this verifies a release many times: it needs a run without -race")
	}
}

// newest are the tags of the images of the release that is made here.
func newest() []string { return []string{"2.11.6", "2.11", "2.11.6-py3.10"} }

// TestDockerRegistryLies holds that an image is not verified which comes from a registry
// that lies about it, and that each lie is named.
func TestDockerRegistryLies(t *testing.T) {
	notRaced(t)
	const other = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	longer := func(_ *http.Response, body []byte) []byte { return append(body, '\n') }
	called := func(resp *http.Response, body []byte) []byte {
		resp.Header.Set("Docker-Content-Digest", other)
		return body
	}
	d := newDockerRegistry(t)
	w := released(t)
	hosts := []string{"index.docker.io"}
	d.copyAll(w.Transport(), &road{to: d.addr, hosts: hosts}, "docker.io/harbour/harbour-base", newest()...)
	for _, tt := range []struct {
		name string
		tell lie
		want string // empty: it is no lie
	}{
		{"the truth", func(_ *http.Response, body []byte) []byte { return body }, ""},
		{"another index", of("/manifests/2.", "index", longer), "and calls it sha256:"},
		{"another index, called right", of("/manifests/2.", "index", func(resp *http.Response, body []byte) []byte {
			if resp.Request.Method == http.MethodGet {
				body = append(body, '\n')
				resp.Header.Set("Docker-Content-Digest", digestOf(body))
			}
			return body
		}), "index.docker.io names sha256:"},
		{"another manifest", of("/manifests/sha256:", "manifest", longer), "does not match requested digest"},
		{"another digest beside it", of("/manifests/", "", called), "and calls it " + other},
		{"another digest to those who ask for no more", of("/manifests/", "", func(resp *http.Response, body []byte) []byte {
			if resp.Request.Method == http.MethodHead {
				return called(resp, body)
			}
			return body
		}), "index.docker.io names " + other},
		{"an index that is said to be a manifest", of("/manifests/2.", "index", func(resp *http.Response, body []byte) []byte {
			resp.Header.Set("Content-Type", manifestType)
			return body
		}), "says of itself that it is"},
		{"another configuration", of("/blobs/", "octet-stream", func(_ *http.Response, body []byte) []byte {
			return bytes.Replace(body, []byte(`"os":"linux"`), []byte(`"os":"Linux"`), 1)
		}), "something else than the blob sha256:"},
		{"another layer", ofLayers(func(_ *http.Response, body []byte) []byte {
			body[9] ^= 1 // the system that packed it: nothing in it is another
			return body
		}), "something else than the layer sha256:"},
		{"a broken layer", ofLayers(func(_ *http.Response, body []byte) []byte {
			body[len(body)/2] ^= 1
			return body
		}), "something else than the layer sha256:"},
		{"a shorter layer", ofLayers(func(_ *http.Response, body []byte) []byte { return body[:len(body)/2] }), "something else than the layer sha256:"},
		{"an empty layer", ofLayers(func(_ *http.Response, body []byte) []byte { return nil }), "something else than the layer sha256:"},
		{"a longer layer", ofLayers(longer), "something else than the layer sha256:"},
		{"a layer that breaks off, and then goes on", ofLayers(func(resp *http.Response, body []byte) []byte {
			if resp.StatusCode == http.StatusPartialContent {
				return body
			}
			return breaking(resp, body, len(body)/2)
		}), ""},
		{"a layer that breaks off again and again", ofLayers(func(resp *http.Response, body []byte) []byte { return breaking(resp, body, 9) }), "it breaks off again and again"},
		{"a layer that goes on as another", ofLayers(func(resp *http.Response, body []byte) []byte {
			if resp.StatusCode == http.StatusPartialContent {
				return bytes.Repeat([]byte("x"), len(body))
			}
			return breaking(resp, body, len(body)/2)
		}), "something else than the layer sha256:"},
		{"a layer that is announced as longer", ofLayers(func(resp *http.Response, body []byte) []byte {
			resp.Header.Set(announced, strconv.Itoa(len(body)+10))
			return body
		}), "bytes that it announced"},
		{"a layer that is elsewhere, without encryption", ofLayers(func(resp *http.Response, body []byte) []byte {
			resp.StatusCode = http.StatusTemporaryRedirect
			resp.Header.Set("Location", "http://index.docker.io"+resp.Request.URL.Path)
			return nil
		}), "from https to http"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &road{to: d.lying(tt.tell), hosts: hosts, rest: w.Transport()}
			isJudged(t, place{w, r}, tt.want)
		})
	}
}

// isJudged fails the test unless verify blocks the images of a release, and says want of
// them; with nothing to want it has to verify them.
func isJudged(t *testing.T, p place, want string) {
	t.Helper()
	out, err := p.twokey(t, "verify", "2.11.6", "--stage", "docker", "--json")
	var v verified
	if unread := json.Unmarshal([]byte(out), &v); unread != nil {
		t.Fatalf("%v, %v:\n%s", err, unread, out)
	}
	if v.Verdict.Go != (want == "") || (err == nil) != (want == "") {
		lines, _ := p.twokey(t, "verify", "2.11.6", "--stage", "docker")
		t.Fatalf("verified is %v, with %v:\n%s", v.Verdict.Go, err, lines)
	}
	if want == "" {
		return
	}
	if got := outcome(t, v, "art.trace"); got != checks.Fail && got != checks.Unknown {
		t.Errorf("art.trace is %v", got)
	}
	lines, err := p.twokey(t, "verify", "2.11.6", "--stage", "docker")
	if release.KindOf(err) != release.KindFailed || !strings.Contains(lines, want) || !strings.Contains(lines, "✗ NOT VERIFIED: ") {
		t.Errorf("%v; no %q in\n%s", err, want, lines)
	}
}

// forgery changes an image that is published, and makes everything agree with it again:
// the index, its manifests and their configurations, as JSON has them.
type forgery func(index map[string]any, manifests, configs []map[string]any)

// forge publishes another image in the place of one for two platforms, until the test ends.
func (d *dockerRegistry) forge(t *testing.T, repo, tag string, change forgery) {
	t.Helper()
	index, was := d.get(repo, "manifests/"+tag), d.get(repo, "manifests/"+tag)
	t.Cleanup(func() { d.manifest(repo, tag, was) })
	entries := index["manifests"].([]any)
	var manifests, configs []map[string]any
	for _, e := range entries[:2] {
		m := d.get(repo, "manifests/"+e.(map[string]any)["digest"].(string))
		manifests = append(manifests, m)
		configs = append(configs, d.get(repo, "blobs/"+m["config"].(map[string]any)["digest"].(string)))
	}
	change(index, manifests, configs)
	for i, m := range manifests {
		config, err := json.Marshal(configs[i])
		if err != nil {
			d.t.Fatal(err)
		}
		m["config"] = d.blob(repo, configType, config)
		e := entries[i].(map[string]any)
		maps.Copy(e, d.manifest(repo, "", m))
	}
	d.manifest(repo, tag, index)
}

// get reads something of a repository that is JSON.
func (d *dockerRegistry) get(repo, what string) map[string]any {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://"+d.addr+"/v2/"+repo+"/"+what, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Accept", indexType+", "+manifestType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s/%s: %s, %v", repo, what, resp.Status, err)
	}
	return out
}

// TestDockerRegistryForgeries holds that an image is not verified which a runtime could take
// for another than what was read, though every digest is right.
func TestDockerRegistryForgeries(t *testing.T) {
	notRaced(t)
	const repo = "harbour/harbour-base"
	w, d := released(t), newDockerRegistry(t)
	r := &road{to: d.addr, hosts: []string{"index.docker.io"}, rest: w.Transport()}
	d.copyAll(w.Transport(), r, "docker.io/"+repo, newest()...)
	ids := func(config map[string]any) []any { return config["rootfs"].(map[string]any)["diff_ids"].([]any) }
	top := func(manifest, config map[string]any, layer []byte) {
		manifest["layers"] = append(manifest["layers"].([]any), d.blob(repo, layerType, packed(t, layer)))
		config["rootfs"].(map[string]any)["diff_ids"] = append(ids(config), digestOf(layer))
	}
	for name, tt := range map[string]struct {
		change forgery
		want   string // empty: it is no forgery
	}{
		"nothing": {func(map[string]any, []map[string]any, []map[string]any) {}, ""},
		"the platforms swapped": {func(index map[string]any, _, _ []map[string]any) {
			list := index["manifests"].([]any)
			a, b := list[0].(map[string]any), list[1].(map[string]any)
			a["platform"], b["platform"] = b["platform"], a["platform"]
		}, "as linux/arm64, and its configuration says that it is for linux/amd64"},
		"a configuration that names another layer": {func(_ map[string]any, _, configs []map[string]any) {
			ids(configs[1])[1] = digestOf([]byte("what a runtime has already"))
		}, "and its configuration names " + digestOf([]byte("what a runtime has already")) + " in its place"},
		"layers in another order": {func(_ map[string]any, manifests, _ []map[string]any) {
			layers := manifests[0]["layers"].([]any)
			layers[0], layers[1] = layers[1], layers[0]
		}, "in its place"},
		"a layer that the configuration does not name": {func(_ map[string]any, manifests, _ []map[string]any) {
			manifests[0]["layers"] = append(manifests[0]["layers"].([]any), manifests[0]["layers"].([]any)[0])
		}, "its manifest has 4 layers, and its configuration 3"},
		"a layer that the manifest leaves out": {func(_ map[string]any, manifests, _ []map[string]any) {
			manifests[0]["layers"] = manifests[0]["layers"].([]any)[1:]
		}, "its manifest has 2 layers, and its configuration 3"},
		"a layer of another size": {func(_ map[string]any, manifests, _ []map[string]any) {
			l := manifests[0]["layers"].([]any)[0].(map[string]any)
			l["size"] = l["size"].(float64) + 1
		}, "something else than the layer sha256:"},
		"an image without the project": {func(_ map[string]any, manifests, configs []map[string]any) {
			manifests[0]["layers"] = slices.Delete(manifests[0]["layers"].([]any), 1, 2)
			configs[0]["rootfs"].(map[string]any)["diff_ids"] = slices.Delete(ids(configs[0]), 1, 2)
		}, "nothing of the project lies in srv/app/src/harbour"},
		"a file in the project's place": {func(_ map[string]any, manifests, configs []map[string]any) {
			top(manifests[0], configs[0], tarOf(t, member{path: "srv/app/src/harbour", content: "x"}))
		}, "nothing of the project lies in srv/app/src/harbour"},
		"a layer that is written behind a link": {func(_ map[string]any, manifests, configs []map[string]any) {
			top(manifests[0], configs[0], tarOf(t, member{path: "opt/"}, member{path: "opt/way", link: "/srv/app/src/harbour/harbour"}))
			top(manifests[0], configs[0], tarOf(t, member{path: "opt/way/__init__.py", content: "import evil\n"}))
		}, "a layer above has files behind this link"},
		"another file of the project": {func(_ map[string]any, manifests, configs []map[string]any) {
			top(manifests[0], configs[0], tarOf(t, member{path: "srv/app/src/harbour/harbour/__init__.py", content: "import evil\n"}))
		}, "harbour/__init__.py"},
	} {
		t.Run(name, func(t *testing.T) {
			d.forge(t, repo, "2.11.6", tt.change)
			isJudged(t, place{w, r}, tt.want)
		})
	}
}

// released is a world in which a release was made.
func released(t *testing.T) *rehearsal.World {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	w, err := rehearsal.New(rehearsal.Options{Stepping: true, Speed: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (place{w, w.Transport()}).twokey(t, "release", "2.11.6", "--yes"); err != nil {
		t.Fatal(err)
	}
	return w
}
