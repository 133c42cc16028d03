package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	pep440 "github.com/aquasecurity/go-pep440-version"
)

// sha256Form is the form of a SHA-256 in hex.
var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

// index is what a project's index (PEP 691, 700 and 792) says about one version.
type index struct {
	Files       []indexFile // of the version
	Listed      bool        // the version is in the list of versions
	Quarantined bool
}

// indexFile is a file of the version.
type indexFile struct {
	Name   string
	URL    string
	Size   int64 // in bytes; -1 when it is not told
	Yanked bool
	// YankedWhy is what was said when it was yanked; empty where nothing was.
	YankedWhy string
	SHA256    string    // in hex; empty when it is not told
	Uploaded  time.Time // zero when it is not told
	// Provenance is where its attestations are (PEP 740); empty when it is not told.
	Provenance string
}

// indexReader reads an index as a stream: a big project's has tens of thousands of
// files, of which a few are kept.
type indexReader struct {
	json    *json.Decoder
	project string // normalised
	version pep440.Version
	seen    map[string]bool
	index   index
}

// readIndex reads what the index of a project says about a version. The index of
// another project, or in a form that is not known, is an error.
func readIndex(r io.Reader, project string, version pep440.Version) (index, error) {
	x := &indexReader{json: json.NewDecoder(r), project: project, version: version, seen: map[string]bool{}}
	if err := x.object(); err != nil {
		return index{}, err
	}
	if _, err := x.json.Token(); err != io.EOF {
		return index{}, errors.Join(errors.New("it goes on after its end"), err)
	}
	for _, key := range []string{"meta", "name", "files"} {
		if !x.seen[key] {
			return index{}, fmt.Errorf("it has no %q", key)
		}
	}
	return x.index, nil
}

// object reads the index's only object.
func (x *indexReader) object() error {
	if err := x.delim('{'); err != nil {
		return err
	}
	for x.json.More() {
		token, err := x.json.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok || x.seen[key] {
			return fmt.Errorf("it has %q twice", key)
		}
		x.seen[key] = true
		if err := x.field(key); err != nil {
			return err
		}
	}
	return x.delim('}')
}

// field reads the value of a key.
func (x *indexReader) field(key string) error {
	switch key {
	case "meta":
		return x.meta()
	case "name":
		var name string
		if err := x.json.Decode(&name); err != nil {
			return err
		}
		if normalise(name) != x.project {
			return fmt.Errorf("it is the index of %q", name)
		}
		return nil
	case "versions":
		return x.array(x.listed)
	case "files":
		return x.array(x.file)
	case "project-status":
		var status struct {
			Status string `json:"status"`
		}
		err := x.json.Decode(&status)
		x.index.Quarantined = status.Status == "quarantined"
		return err
	default: // a later version of the form may have more
		var skipped json.RawMessage
		return x.json.Decode(&skipped)
	}
}

// meta reads the version of the form: within 1 nothing changes its meaning.
func (x *indexReader) meta() error {
	var meta struct {
		Version string `json:"api-version"`
	}
	if err := x.json.Decode(&meta); err != nil {
		return err
	}
	if major, _, _ := strings.Cut(meta.Version, "."); major != "1" {
		return fmt.Errorf("it has version %q of the form, not 1", meta.Version)
	}
	return nil
}

// listed reads one of the versions that the project has.
func (x *indexReader) listed() error {
	var version string
	if err := x.json.Decode(&version); err != nil {
		return err
	}
	if v, err := pep440.Parse(version); err == nil && v.Equal(x.version) {
		x.index.Listed = true
	}
	return nil
}

// file reads one file, and keeps it when it is of the version.
func (x *indexReader) file() error {
	var f struct {
		Name     string            `json:"filename"`
		Hashes   map[string]string `json:"hashes"`
		Yanked   json.RawMessage   `json:"yanked"`
		Uploaded string            `json:"upload-time"`
		URL      string            `json:"url"`
		Size     *int64            `json:"size"`
		// Provenance is null where there are none.
		Provenance *string `json:"provenance"`
	}
	if err := x.json.Decode(&f); err != nil {
		return err
	}
	if v, ok := fileVersion(x.project, f.Name); !ok || !v.Equal(x.version) {
		return nil
	}
	kept := indexFile{Name: f.Name, URL: f.URL, Size: -1}
	if f.Size != nil && *f.Size >= 0 {
		kept.Size = *f.Size
	}
	if f.Provenance != nil {
		kept.Provenance = *f.Provenance
	}
	var err error
	if kept.Yanked, kept.YankedWhy, err = isYanked(f.Yanked); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if f.Uploaded != "" {
		if kept.Uploaded, err = time.Parse(time.RFC3339, f.Uploaded); err != nil {
			return fmt.Errorf("%s: %q is no time", f.Name, f.Uploaded)
		}
		kept.Uploaded = kept.Uploaded.UTC()
	}
	if sum := f.Hashes["sha256"]; sha256Form.MatchString(sum) {
		kept.SHA256 = sum
	}
	x.index.Files = append(x.index.Files, kept)
	return nil
}

// isYanked reads PEP 691's yanked: a truth value, or the reason for it.
func isYanked(raw json.RawMessage) (yanked bool, why string, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return false, "", nil
	}
	if json.Unmarshal(raw, &yanked) == nil {
		return yanked, "", nil
	}
	if json.Unmarshal(raw, &why) == nil {
		return why != "", why, nil
	}
	return false, "", errors.New("whether it is yanked can not be read")
}

// array reads a list, one item at a time.
func (x *indexReader) array(item func() error) error {
	if err := x.delim('['); err != nil {
		return err
	}
	for x.json.More() {
		if err := item(); err != nil {
			return err
		}
	}
	return x.delim(']')
}

// delim reads a bracket.
func (x *indexReader) delim(want json.Delim) error {
	token, err := x.json.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("it has no %v where one has to be", want)
	}
	return nil
}
