package registry_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/klauspost/compress/zstd"

	"twokey/checks"
	"twokey/checks/trace/archive"
	"twokey/release"
	"twokey/release/rehearsal"
)

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
	bundleType   = "application/vnd.dev.sigstore.bundle.v0.3+json"
)

// seen is everything that the product sees of an image.
type seen struct {
	Exists  bool
	Digest  string // that its tag stands for
	Files   []release.File
	Members [][]string // of each file, what is in it
	Got     []release.Received
	Bundles [][]string // of each file, what is attested of it
}

// look reads an image whole.
func look(t *testing.T, via http.RoundTripper, a release.Artifact) seen {
	t.Helper()
	s := shelf(via)
	p, err := s.Look(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	out := seen{Exists: p.Exists, Digest: p.Digest}
	if out.Files, err = s.Files(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, f := range out.Files {
		var members []string
		got, err := s.Read(t.Context(), f, func(m archive.Member, content io.Reader) error {
			body, err := io.ReadAll(content)
			if m.Type != archive.Dir { // a directory may be told of more than once
				members = append(members, fmt.Sprintf("%s %d %v %q %.20s", m.Path, m.Type, m.Exec, m.Link, digestOf(body)))
			}
			return err
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(members)
		bundles, err := s.Bundles(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, b := range bundles {
			said = append(said, string(b))
		}
		out.Members, out.Got, out.Bundles = append(out.Members, members), append(out.Got, got), append(out.Bundles, said)
	}
	return out
}

// TestDockerRegistryHoldsTheSame holds that an image of the rehearsal's registry is the
// same to the product once a real registry serves it: its digests, its platforms, its
// labels and its files, read over the others' tags, too.
func TestDockerRegistryHoldsTheSame(t *testing.T) {
	d := newDockerRegistry(t)
	w, err := rehearsal.New(rehearsal.Options{Stepping: true, Speed: -1})
	if err != nil {
		t.Fatal(err)
	}
	r := &road{to: d.addr, hosts: []string{"index.docker.io"}}
	const repo = "docker.io/harbour/harbour-base"
	tags := d.copyAll(w.Transport(), r, repo, "2.11.5", "2.11", "2.11.5-py3.10")
	for _, tag := range tags {
		a := image(repo + ":" + tag)
		a.Source = "srv/app/src/harbour"
		want, got := look(t, w.Transport(), a), look(t, r, a)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%+v\nin the real registry, and\n%+v\nin the rehearsal's", tag, got, want)
		}
		if len(want.Files) != 2 || len(want.Members[0]) < 5 || want.Files[0].Index != want.Digest || want.Files[0].Labels["org.opencontainers.image.revision"].IsZero() {
			t.Errorf("%s: nothing was compared: %+v", tag, want)
		}
	}
	t.Logf("%d tags of %s, %d requests to docker-registry", len(tags), repo, r.asked.Load())
}

// copyAll copies the images of a repository into the registry, as they are: of some tags,
// or of all where none is named. It gives the tags.
func (d *dockerRegistry) copyAll(from, to http.RoundTripper, repo string, tags ...string) []string {
	d.t.Helper()
	at, err := name.NewRepository(repo)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(tags) == 0 {
		if tags, err = remote.List(at, remote.WithTransport(from)); err != nil {
			d.t.Fatal(err)
		}
	}
	pusher, err := remote.NewPusher(remote.WithTransport(to))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, tag := range tags {
		desc, err := remote.Get(at.Tag(tag), remote.WithTransport(from))
		if err != nil {
			d.t.Fatal(err)
		}
		if err := pusher.Push(d.t.Context(), at.Tag(tag), desc); err != nil {
			d.t.Fatal(err)
		}
	}
	return tags
}

// member is a member of a layer that a test makes.
type member struct {
	path, content string // a path that ends in / is a directory
	link          string // of a symbolic link
}

// tarOf is a layer, not packed.
func tarOf(t testing.TB, list ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range list {
		h := &tar.Header{Name: m.path, Mode: 0o644, Size: int64(len(m.content)), Typeflag: tar.TypeReg, ModTime: time.Unix(1e9, 0)}
		switch {
		case strings.HasSuffix(m.path, "/"):
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		case m.link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, m.link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a layer as most are pushed.
func packed(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// build is an image for one platform that a test pushes.
type build struct {
	arch   string
	layers [][]byte // not packed, the lowest first
	// ids are what the configuration says of the layers; nil: what is true.
	ids []string
}

// push pushes an image for one platform.
func (d *dockerRegistry) push(repo, tag string, b build) map[string]any {
	d.t.Helper()
	ids := []string{}
	var parts []any
	for _, l := range b.layers {
		ids = append(ids, digestOf(l))
		parts = append(parts, d.blob(repo, layerType, packed(d.t, l)))
	}
	if b.ids != nil {
		ids = b.ids
	}
	config, err := json.Marshal(map[string]any{"architecture": b.arch, "os": "linux", "rootfs": map[string]any{"type": "layers", "diff_ids": ids},
		"config": map[string]any{"Labels": map[string]string{"org.opencontainers.image.revision": "0123456789"}}})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.manifest(repo, tag, map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": d.blob(repo, configType, config), "layers": parts})
}

// on describes a manifest as an index does.
func on(m map[string]any, arch string) map[string]any {
	m["platform"] = map[string]any{"architecture": arch, "os": "linux"}
	return m
}

// pushBoth pushes an image for two platforms, with what BuildKit says of the first beside
// them, which is for none.
func (d *dockerRegistry) pushBoth(repo, tag string, layers ...[]byte) (index, first map[string]any) {
	d.t.Helper()
	first = on(d.push(repo, "", build{arch: "amd64", layers: layers}), "amd64")
	second := on(d.push(repo, "", build{arch: "arm64", layers: layers}), "arm64")
	said := d.manifest(repo, "", map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": d.blob(repo, configType, []byte(`{"architecture":"unknown","os":"unknown"}`)),
		"layers": []any{d.blob(repo, "application/vnd.in-toto+json", []byte(`{"_type":"https://in-toto.io/Statement/v0.1"}`))}})
	said["platform"] = map[string]any{"architecture": "unknown", "os": "unknown"}
	said["annotations"] = map[string]any{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": first["digest"]}
	return d.manifest(repo, tag, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": []any{first, second, said}}), first
}

// refer pushes a Sigstore bundle that refers to a manifest. This registry does not know
// the API for referrers: as the specification has it, a tag of the digest lists them.
func (d *dockerRegistry) refer(repo string, subject map[string]any, bundle string) {
	d.t.Helper()
	about := d.manifest(repo, "", map[string]any{"schemaVersion": 2, "mediaType": manifestType, "artifactType": bundleType,
		"subject": map[string]any{"mediaType": subject["mediaType"], "digest": subject["digest"], "size": subject["size"]},
		"config":  d.blob(repo, "application/vnd.oci.empty.v1+json", []byte("{}")), "layers": []any{d.blob(repo, bundleType, []byte(bundle))}})
	about["artifactType"] = bundleType
	tag := strings.Replace(subject["digest"].(string), ":", "-", 1)
	d.manifest(repo, tag, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": []any{about}})
}

// TestDockerRegistryPushed holds that an image which a test pushes by the API alone is
// read for what it is: layers over one another, whatever they are packed with, what
// BuildKit says left out, and what refers to it found.
func TestDockerRegistryPushed(t *testing.T) {
	const repo, at = "o/r", "registry.example/o/r:2.11.6"
	d := newDockerRegistry(t)
	r := &road{to: d.addr, hosts: []string{"registry.example"}}
	if got := look(t, r, image(at)); !reflect.DeepEqual(got, seen{}) {
		t.Errorf("before anything is pushed: %+v", got)
	}
	index, first := d.pushBoth(repo, "2.11.6",
		tarOf(t, member{path: "srv/"}, member{path: "srv/app/"}, member{path: "srv/app/kept", content: "old"}, member{path: "srv/app/gone", content: "old"},
			member{path: "srv/app/all/"}, member{path: "srv/app/all/one", content: "1"}, member{path: "etc/os-release", content: "NAME=x\n"}),
		tarOf(t, member{path: "srv/"}, member{path: "srv/app/"}, member{path: "srv/app/.wh.gone"}, member{path: "srv/app/kept", content: "new"},
			member{path: "srv/app/all/"}, member{path: "srv/app/all/.wh..wh..opq"}, member{path: "srv/app/all/two", content: "2"}, member{path: "srv/app/way", link: "kept"}))
	d.refer(repo, first, `{"of":"linux/amd64"}`)
	d.refer(repo, index, `{"of":"all"}`)
	got := look(t, r, image(at))
	members := []string{line("etc/os-release", archive.File, "", "NAME=x\n"), line("srv/app/all/two", archive.File, "", "2"),
		line("srv/app/kept", archive.File, "", "new"), line("srv/app/way", archive.Symlink, "kept", "")}
	if !reflect.DeepEqual(got.Members, [][]string{members, members}) {
		t.Errorf("in it are %q", got.Members)
	}
	if want := [][]string{{`{"of":"linux/amd64"}`, `{"of":"all"}`}, {`{"of":"all"}`}}; !reflect.DeepEqual(got.Bundles, want) {
		t.Errorf("attested is %q", got.Bundles)
	}
	if !got.Exists || got.Digest != index["digest"] || len(got.Files) != 2 {
		t.Fatalf("%+v", got)
	}
	f := got.Files[0]
	if f.Name != "linux/amd64" || got.Files[1].Name != "linux/arm64" || f.Form != checks.FormImage || f.Index != index["digest"] ||
		f.Address != "registry.example/o/r@"+first["digest"].(string) || f.Labels["org.opencontainers.image.revision"].String() != "0123456789" ||
		f.Size != got.Got[0].Size || f.Digests[0].Digest != first["digest"] || len(f.Digests) != 2 {
		t.Errorf("%+v", f)
	}
}

// line is how seen tells of a member.
func line(path string, kind archive.Type, link, content string) string {
	return fmt.Sprintf("%s %d %v %q %.20s", path, kind, false, link, digestOf([]byte(content)))
}

// TestDockerRegistryZstd holds that a layer is read in each way that builders pack it.
func TestDockerRegistryZstd(t *testing.T) {
	d := newDockerRegistry(t)
	r := &road{to: d.addr, hosts: []string{"registry.example"}}
	plain := tarOf(t, member{path: "srv/app/a", content: "a"})
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for tag, layer := range map[string]map[string]any{
		"zstd":  d.blob("o/r", "application/vnd.oci.image.layer.v1.tar+zstd", z.EncodeAll(plain, nil)),
		"gzip":  d.blob("o/r", layerType, packed(t, plain)),
		"plain": d.blob("o/r", "application/vnd.oci.image.layer.v1.tar", plain),
	} {
		config := fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%q]}}`, digestOf(plain))
		d.manifest("o/r", tag, map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": d.blob("o/r", configType, config), "layers": []any{layer}})
		got := look(t, r, image("registry.example/o/r:"+tag))
		if want := [][]string{{line("srv/app/a", archive.File, "", "a")}}; !reflect.DeepEqual(got.Members, want) || got.Files[0].Name != "linux/amd64" {
			t.Errorf("%s: %+v", tag, got)
		}
	}
}
