package rehearsal

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// The media types of images.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
	inTotoType   = "application/vnd.in-toto+json"
)

// image is a container image for two platforms.
type image struct {
	index     []byte
	digest    string            // of the index
	manifests map[string][]byte // by digest
	blobs     map[string][]byte // by digest: configs, layers, and what BuildKit says
}

// imageOf makes the image of a publication.
func (w *World) imageOf(p publication) (*image, error) {
	if img, ok := w.market.images[p.key()]; ok {
		return img, nil
	}
	files, err := w.filesFor(p)
	if err != nil {
		return nil, err
	}
	top := []standFile{{Name: "etc/os-release", Content: []byte("NAME=Rehearsal\nVARIANT=harbour\n")}, {Name: "var/cache/apt/.wh.list"}}
	img, err := makeImage(below(files, p.Artifact.Source), w.scenario.taintImage(top, p), w.madeAt(p.SHA), map[string]string{
		"org.opencontainers.image.revision": p.SHA,
		"org.opencontainers.image.source":   "https://github.com/" + w.repos[0].name.String(),
		"org.opencontainers.image.version":  p.Artifact.Version,
		"org.opencontainers.image.ref.name": p.Artifact.Name,
	})
	if err != nil {
		return nil, err
	}
	if w.market.images == nil {
		w.market.images = map[string]*image{}
	}
	w.market.images[p.key()] = img
	return img, nil
}

// makeImage makes an image: a system, the project in it, and what is changed on top.
func makeImage(project, top []standFile, at time.Time, labels map[string]string) (*image, error) {
	img := &image{manifests: map[string][]byte{}, blobs: map[string][]byte{}}
	var entries []map[string]any
	for _, arch := range []string{"amd64", "arm64"} {
		system := []standFile{{Name: "etc/os-release", Content: []byte("NAME=Rehearsal\n")}, {Name: "usr/bin/python3", Content: []byte("python for " + arch + "\n"), Exec: true},
			{Name: "usr/bin/python", Link: "python3"}, {Name: "var/cache/apt/list", Content: []byte("packages\n")}}
		manifest, err := img.platform(arch, at, labels, system, project, top)
		if err != nil {
			return nil, err
		}
		entries = append(entries, img.entry(manifest, map[string]any{"architecture": arch, "os": "linux"}, nil))
	}
	said, err := img.said(entries[0]["digest"].(string))
	if err != nil {
		return nil, err
	}
	entries = append(entries, img.entry(said, map[string]any{"architecture": "unknown", "os": "unknown"},
		map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": entries[0]["digest"].(string)}))
	img.index, err = json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": entries})
	img.digest = digestOf(img.index)
	return img, err
}

// platform makes the manifest of one platform.
func (img *image) platform(arch string, at time.Time, labels map[string]string, layers ...[]standFile) ([]byte, error) {
	var parts []any
	var ids []string
	for _, files := range layers {
		layer, err := tarball(files, "", at)
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(bytes.NewReader(layer))
		if err != nil {
			return nil, err
		}
		plain, err := io.ReadAll(z) // it was packed here: it is small
		if err != nil {
			return nil, err
		}
		ids = append(ids, digestOf(plain))
		parts = append(parts, img.part(layerType, layer))
	}
	config, err := json.Marshal(map[string]any{
		"architecture": arch, "os": "linux", "created": at.Format(time.RFC3339),
		"config": map[string]any{"Labels": labels}, "rootfs": map[string]any{"type": "layers", "diff_ids": ids},
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": img.part(configType, config), "layers": parts})
}

// said is what BuildKit says of a build, signed by nobody.
func (img *image) said(of string) ([]byte, error) {
	statement, err := json.Marshal(map[string]any{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2",
		"subject": []any{map[string]any{"name": "_", "digest": map[string]string{"sha256": strings.TrimPrefix(of, "sha256:")}}}, "predicate": map[string]any{}})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{"architecture": "unknown", "os": "unknown", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digestOf(statement)}}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": img.part(configType, config),
		"layers": []any{img.part(inTotoType, statement)}})
}

// part keeps content that a manifest names.
func (img *image) part(kind string, content []byte) map[string]any {
	img.blobs[digestOf(content)] = content
	return map[string]any{"mediaType": kind, "digest": digestOf(content), "size": len(content)}
}

// entry keeps a manifest that an index names.
func (img *image) entry(manifest []byte, platform map[string]any, annotations map[string]string) map[string]any {
	img.manifests[digestOf(manifest)] = manifest
	e := map[string]any{"mediaType": manifestType, "digest": digestOf(manifest), "size": len(manifest), "platform": platform}
	if annotations != nil {
		e["annotations"] = annotations
	}
	return e
}
