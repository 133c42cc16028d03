package rehearsal

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"
	"time"
)

// distributions are a wheel and a source distribution, in the shapes that setuptools
// writes.
func (w *World) distributions(p publication) ([]standFile, error) {
	return w.archives(p, w.packPython)
}

// pythonPackage is what a distribution is made of.
type pythonPackage struct {
	project, version string
	stem             string // harbour-2.11.6
	files            []standFile
	metadata         []byte
	at               time.Time
}

func (w *World) packPython(p publication) ([]standFile, error) {
	files, err := w.filesFor(p)
	if err != nil {
		return nil, err
	}
	project := strings.ReplaceAll(pyNormal(p.Artifact.Name), "-", "_")
	d := pythonPackage{project: project, version: p.Artifact.Version, stem: project + "-" + p.Artifact.Version, files: files,
		metadata: metadataOf(p.Artifact.Name, p.Artifact.Version, files), at: w.madeAt(p.SHA)}
	source := d.sourceFiles()
	binary := d.wheelFiles()
	if !p.past {
		source = w.scenario.taintSource(source)
	}
	made := d
	if w.scenario.taint == taintSwapped && !p.past && !p.honest {
		made.at = d.at.Add(50 * time.Minute) // built again: the same files, and other bytes
	}
	sdist, err := tarball(source, d.stem, d.at)
	if err != nil {
		return nil, err
	}
	wheel, err := made.wheel(binary)
	if err != nil {
		return nil, err
	}
	return []standFile{{Name: d.stem + "-py3-none-any.whl", Content: wheel}, {Name: d.stem + ".tar.gz", Content: sdist}}, nil
}

// metadataOf is the core metadata of a project, with its README as the description.
func metadataOf(name, version string, files []standFile) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Metadata-Version: 2.4\nName: %s\nVersion: %s\n", name, version)
	i := slices.IndexFunc(files, func(f standFile) bool { return f.Link == "" && (f.Name == "README.md" || f.Name == "README.rst") })
	if i >= 0 {
		kind := map[string]string{".md": "text/markdown", ".rst": "text/x-rst"}[path.Ext(files[i].Name)]
		fmt.Fprintf(&b, "Description-Content-Type: %s\n\n%s", kind, files[i].Content)
	}
	return b.Bytes()
}

// sourceFiles are the files of a source distribution: the commit's, and what setuptools
// adds to them.
func (d pythonPackage) sourceFiles() []standFile {
	const added = "[egg_info]\ntag_build = \ntag_date = 0\n\n"
	files := slices.Clone(d.files)
	if i := slices.IndexFunc(files, func(f standFile) bool { return f.Name == "setup.cfg" }); i >= 0 {
		files[i].Content = slices.Concat(files[i].Content, []byte("\n"+added))
	} else {
		files = append(files, standFile{Name: "setup.cfg", Content: []byte(added)})
	}
	egg := d.project + ".egg-info/"
	files = append(files, standFile{Name: "PKG-INFO", Content: d.metadata}, standFile{Name: egg + "PKG-INFO", Content: d.metadata},
		standFile{Name: egg + "dependency_links.txt", Content: []byte("\n")}, standFile{Name: egg + "top_level.txt", Content: d.topLevel()})
	var sources strings.Builder
	for _, f := range files {
		if f.Name != "PKG-INFO" && f.Name != "setup.cfg" {
			sources.WriteString(f.Name + "\n")
		}
	}
	sources.WriteString(egg + "SOURCES.txt\n")
	files = append(files, standFile{Name: egg + "SOURCES.txt", Content: []byte(sources.String())})
	slices.SortFunc(files, func(a, b standFile) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// packages are the directories, at the top or below src, that hold a Python package.
func (d pythonPackage) packages() []string {
	var out []string
	for _, f := range d.files {
		dir, ok := strings.CutSuffix(strings.TrimPrefix(f.Name, "src/"), "/__init__.py")
		if ok && !strings.Contains(dir, "/") && !slices.Contains([]string{"test", "tests", "docs", "examples"}, dir) {
			out = append(out, dir)
		}
	}
	return out
}

func (d pythonPackage) topLevel() []byte {
	var b strings.Builder
	for _, p := range d.packages() {
		b.WriteString(p + "\n")
	}
	return []byte(b.String())
}

// wheelFiles are the files of a wheel, but for its RECORD.
func (d pythonPackage) wheelFiles() []standFile {
	packages := d.packages()
	var out []standFile
	for _, f := range d.files {
		f.Name = strings.TrimPrefix(f.Name, "src/")
		top, _, below := strings.Cut(f.Name, "/")
		if below && f.Link == "" && slices.Contains(packages, top) {
			out = append(out, f)
		}
	}
	info := d.stem + ".dist-info/"
	return append(out, standFile{Name: info + "METADATA", Content: d.metadata},
		standFile{Name: info + "WHEEL", Content: []byte("Wheel-Version: 1.0\nGenerator: setuptools (80.9.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n")},
		standFile{Name: info + "top_level.txt", Content: d.topLevel()})
}

// wheel packs a wheel as Python's zipfile does, with every size where the file begins,
// and adds the list of its files.
func (d pythonPackage) wheel(files []standFile) ([]byte, error) {
	list := d.stem + ".dist-info/RECORD"
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.Name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.Content))
	}
	fmt.Fprintf(&record, "%s,,\n", list)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range append(slices.Clone(files), standFile{Name: list, Content: []byte(record.String())}) {
		packed, err := deflated(f.Content)
		if err != nil {
			return nil, err
		}
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(f.Content),
			CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(f.Content))}
		h.SetMode(0o644)
		h.ModifiedDate, h.ModifiedTime = dosTime(d.at)
		e, err := z.CreateRaw(h)
		if err != nil {
			return nil, err
		}
		if _, err := e.Write(packed); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func deflated(content []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// dosTime is a time as a zip has it.
func dosTime(t time.Time) (date, clock uint16) {
	return uint16((max(t.Year(), 1980)-1980)<<9 | int(t.Month())<<5 | t.Day()), uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
}
