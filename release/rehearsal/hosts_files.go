package rehearsal

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// Bounds on a stand-in artifact, in files and bytes: the artifacts of a rehearsal
// are made in memory, for every version that is asked for.
const (
	maxStandFiles = 120
	maxStandFile  = 48 << 10
	maxStandBytes = 768 << 10
)

// standFile is a file of an artifact.
type standFile struct {
	Name    string
	Content []byte
	Exec    bool
}

var errEnough = errors.New("enough files")

// standFiles are files of a commit of the released repository that stand for all
// of them, in the order of the tree.
func (w *World) standFiles(sha string) ([]standFile, error) {
	if files, ok := w.market.files[sha]; ok {
		return files, nil
	}
	tree, err := w.repos[0].git.tree(plumbing.NewHash(sha))
	if err != nil {
		return nil, err
	}
	var files []standFile
	size := int64(0)
	err = tree.Files().ForEach(func(f *gitobj.File) error {
		if len(files) == maxStandFiles {
			return errEnough
		}
		if !f.Mode.IsRegular() || f.Size > maxStandFile || size+f.Size > maxStandBytes {
			return nil
		}
		r, err := f.Reader()
		if err != nil {
			return err
		}
		defer r.Close()
		content, err := io.ReadAll(io.LimitReader(r, maxStandFile))
		if err != nil {
			return err
		}
		size += int64(len(content))
		files = append(files, standFile{Name: f.Name, Content: content, Exec: f.Mode == 0o100755})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read the files of %s: %w", short(sha), err)
	}
	if w.market.files == nil {
		w.market.files = map[string][]standFile{}
	}
	w.market.files[sha] = files
	return files, nil
}

// madeAt is the time that the files of an artifact carry: the commit's, so that the
// same commit gives the same bytes.
func (w *World) madeAt(sha string) time.Time {
	c, err := w.repos[0].git.commit(plumbing.NewHash(sha))
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return c.Committer.When.UTC()
}

// archives are the files that a publication consists of. Packing takes time, and an
// index needs the sums of all, so they are kept.
func (w *World) archives(p publication, pack func(publication) ([]standFile, error)) ([]standFile, error) {
	if made, ok := w.market.archives[p.key()]; ok {
		return made, nil
	}
	made, err := pack(p)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", p.Artifact, err)
	}
	if w.market.archives == nil {
		w.market.archives = map[string][]standFile{}
	}
	w.market.archives[p.key()] = made
	return made, nil
}

// distributions are a wheel and a source tarball.
func (w *World) distributions(p publication) ([]standFile, error) { return w.archives(p, w.packPython) }

func (w *World) packPython(p publication) ([]standFile, error) {
	files, err := w.standFiles(p.SHA)
	if err != nil {
		return nil, err
	}
	project := strings.ReplaceAll(pyNormal(p.Artifact.Name), "-", "_")
	stem := project + "-" + p.Artifact.Version
	meta := []byte(fmt.Sprintf("Metadata-Version: 2.4\nName: %s\nVersion: %s\n", p.Artifact.Name, p.Artifact.Version))
	wheel, err := wheel(files, project, stem, meta, w.madeAt(p.SHA))
	if err != nil {
		return nil, err
	}
	source := append(slices.Clone(files), standFile{Name: "PKG-INFO", Content: meta})
	sdist, err := tarball(source, stem, w.madeAt(p.SHA))
	if err != nil {
		return nil, err
	}
	return []standFile{{Name: stem + "-py3-none-any.whl", Content: wheel}, {Name: stem + ".tar.gz", Content: sdist}}, nil
}

// tarball packs files below a directory.
func tarball(files []standFile, dir string, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, f := range files {
		mode := int64(0o644)
		if f.Exec {
			mode = 0o755
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(dir, f.Name), Size: int64(len(f.Content)), Mode: mode,
			ModTime: at, Format: tar.FormatPAX}
		if err := t.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// wheel packs the Python files below the project's package, with the metadata and
// the record that a wheel has.
func wheel(files []standFile, project, stem string, meta []byte, at time.Time) ([]byte, error) {
	info := stem + ".dist-info/"
	inside := slices.DeleteFunc(slices.Clone(files), func(f standFile) bool {
		return !strings.HasPrefix(f.Name, project+"/") && !strings.HasPrefix(f.Name, "src/"+project+"/")
	})
	inside = append(inside, standFile{Name: info + "METADATA", Content: meta},
		standFile{Name: info + "WHEEL", Content: []byte("Wheel-Version: 1.0\nGenerator: rehearsal\nRoot-Is-Purelib: true\nTag: py3-none-any\n")})
	var record strings.Builder
	for i, f := range inside {
		inside[i].Name = strings.TrimPrefix(f.Name, "src/")
		sum := sha256.Sum256(f.Content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", inside[i].Name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.Content))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", info)
	inside = append(inside, standFile{Name: info + "RECORD", Content: []byte(record.String())})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range inside {
		e, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := e.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// deb is a publication's .deb file.
func (w *World) deb(p publication) ([]byte, error) {
	made, err := w.archives(p, w.packDeb)
	if err != nil {
		return nil, err
	}
	return made[0].Content, nil
}

// packDeb makes a .deb file: an ar archive of three members.
func (w *World) packDeb(p publication) ([]standFile, error) {
	files, err := w.standFiles(p.SHA)
	if err != nil {
		return nil, err
	}
	at := w.madeAt(p.SHA)
	pkg, _, _ := strings.Cut(path.Base(p.Artifact.Name), "_")
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: nobody <nobody@rehearsal.invalid>\nDescription: rehearsal\n",
		pkg, p.Artifact.Version)
	head, err := tarball([]standFile{{Name: "control", Content: []byte(control)}}, ".", at)
	if err != nil {
		return nil, err
	}
	// The tree sits in the same place for every name; the name itself makes the
	// files for two distributions differ, as they do in fact.
	files = append(slices.Clone(files), standFile{Name: ".built-for", Content: []byte(path.Base(p.Artifact.Name) + "\n")})
	data, err := tarball(files, "."+path.Join("/", p.Artifact.Source), at)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range []standFile{
		{Name: "debian-binary", Content: []byte("2.0\n")},
		{Name: "control.tar.gz", Content: head},
		{Name: "data.tar.gz", Content: data},
	} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.Name, at.Unix(), 0, 0, "100644", len(m.Content))
		b.Write(m.Content)
		if len(m.Content)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return []standFile{{Name: path.Base(p.Artifact.Name), Content: b.Bytes()}}, nil
}

// manifestType is the media type of the images' manifests.
const manifestType = "application/vnd.oci.image.manifest.v1+json"

// imageOf makes the image of a publication.
func (w *World) imageOf(p publication) (*image, error) {
	if img, ok := w.market.images[p.key()]; ok {
		return img, nil
	}
	files, err := w.standFiles(p.SHA)
	if err != nil {
		return nil, err
	}
	at := w.madeAt(p.SHA)
	layer, err := tarball(files, strings.TrimPrefix(p.Artifact.Source, "/"), at)
	if err != nil {
		return nil, err
	}
	img, err := makeImage(layer, at, map[string]string{
		"org.opencontainers.image.revision": p.SHA,
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

// makeImage makes an image of one layer.
func makeImage(layer []byte, at time.Time, labels map[string]string) (*image, error) {
	z, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(z) // we packed it: it is small
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "created": at.Format(time.RFC3339),
		"config": map[string]any{"Labels": labels},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digestOf(plain)}},
	})
	if err != nil {
		return nil, err
	}
	part := func(kind string, content []byte) map[string]any {
		return map[string]any{"mediaType": kind, "digest": digestOf(content), "size": len(content)}
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": part("application/vnd.oci.image.config.v1+json", config),
		"layers": []any{part("application/vnd.oci.image.layer.v1.tar+gzip", layer)},
	})
	if err != nil {
		return nil, err
	}
	return &image{manifest: manifest, digest: digestOf(manifest),
		blobs: map[string][]byte{digestOf(config): config, digestOf(layer): layer}}, nil
}

// digestOf is the digest under which a registry keeps content.
func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
