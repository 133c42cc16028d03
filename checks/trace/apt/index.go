package apt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/mikelolasagasti/xz"
	debian "pault.ag/go/debian/version"

	"twokey/checks/text"
)

// window is how far back xz data may refer, which is what unpacking it takes in memory.
const window = 64 << 20

// Entry is what an index says about one .deb.
type Entry struct {
	Package, Version, Architecture string
	// Filename is where the .deb is, relative to the archive's root.
	Filename string
	Size     int64  // in bytes
	SHA256   string // in lower-case hexadecimal

	version debian.Version
	size    string // as it is written
}

// source is a reader that counts and hashes what comes, and remembers how it failed.
type source struct {
	r   io.Reader
	n   int64
	sum hash.Hash
	err error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.sum.Write(p[:n])
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Read reads the index and gives what it says about a package, once all of it was held
// against the size and the hash that the Release file lists. Errors are those of r, or
// a Refused.
func (x Index) Read(r io.Reader, name, architecture string) ([]Entry, error) {
	src := &source{r: io.LimitReader(r, x.Size+1), sum: sha256.New()}
	list, err := x.entries(src, name, architecture)
	// To its end, whatever was found in it: one that is not the signed one is told as that.
	_, _ = io.Copy(io.Discard, src)
	if src.err != nil {
		return nil, src.err
	}
	hint := "the repository may be in the middle of an update: try again in some minutes, and if it stays so build its indexes anew"
	what := x.what()
	switch sum := hex.EncodeToString(src.sum.Sum(nil)); {
	case src.n > x.Size:
		return nil, refuse(what, hint, "it has more than the %d bytes that the Release file lists", x.Size)
	case src.n < x.Size:
		return nil, refuse(what, hint, "it has %d bytes, and %d by the Release file", src.n, x.Size)
	case sum != x.SHA256:
		return nil, refuse(what, hint, "its SHA256 is %s, and %s by the Release file", sum, x.SHA256)
	}
	if err == nil {
		return list, nil
	}
	if _, ok := errors.AsType[*Refused](err); ok {
		return nil, err
	}
	return nil, &Refused{What: what, Why: "it cannot be read", Hint: "build the repository's indexes anew", Err: err}
}

// what names the index.
func (x Index) what() string { return "the index " + x.Paths[len(x.Paths)-1] }

// unpack gives what is in the index, bounded.
func (x Index) unpack(r io.Reader) (io.Reader, error) {
	var err error
	switch x.ext {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".xz":
		r, err = xz.NewReader(r, window)
	}
	return &bounded{r, x.limit, x.limit}, err
}

// bounded is a reader whose end is an error where there is more.
type bounded struct {
	r           io.Reader
	left, limit int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("unpacked it has more than %d bytes", b.limit)
	}
	return n, err
}

// entries reads what the index says about a package.
func (x Index) entries(src io.Reader, name, architecture string) ([]Entry, error) {
	r, err := x.unpack(src)
	if err != nil {
		return nil, err
	}
	var out []Entry
	in := newStanzas(r, MaxStanza)
	for {
		lines, err := in.next()
		if err == io.EOF {
			return x.once(out)
		}
		if err != nil {
			return nil, err
		}
		if !about(lines, name) {
			continue
		}
		e, err := parseEntry(lines)
		if err != nil {
			return nil, err
		}
		if e.Package != name || e.Architecture != architecture && e.Architecture != "all" {
			return nil, fmt.Errorf("what it says about %s is for %q", e.Package, e.Architecture)
		}
		if out = append(out, e); len(out) > maxEntries {
			return nil, fmt.Errorf("it has more than %d entries of %s", maxEntries, name)
		}
	}
}

// once refuses a package that stands twice in one version: which of the two apt takes
// is not to be known from here.
func (x Index) once(list []Entry) ([]Entry, error) {
	list = sorted(list)
	for i := 1; i < len(list); i++ {
		if compareEntries(list[i-1], list[i]) == 0 {
			return nil, twice(x.what(), list[i])
		}
	}
	return list, nil
}

func twice(what string, e Entry) error {
	return refuse(what, "remove one of the two from the repository", "%s %s stands in it twice for %s", e.Package, e.Version, e.Architecture)
}

// parseEntry reads a paragraph about a package. Its version is checked, the rest only of
// what is asked for: an old entry need not be in order.
func parseEntry(lines []byte) (Entry, error) {
	s, err := parseStanza(bytes.ToValidUTF8(lines, []byte("\uFFFD")))
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Package: s["package"], Version: s["version"], Architecture: s["architecture"],
		Filename: s["filename"], SHA256: strings.ToLower(s["sha256"]), size: s["size"]}
	if !ValidArchitecture(e.Architecture) {
		return Entry{}, fmt.Errorf("%q is no architecture of %s", e.Architecture, e.Package)
	}
	if e.version, err = parseVersion(e.Version); err != nil {
		return Entry{}, fmt.Errorf("%q is no version of %s: %w", e.Version, e.Package, err)
	}
	return e, nil
}

// check holds an entry to what it must say, and fills in what is read of it.
func (e *Entry) check() error {
	what := fmt.Sprintf("the index's entry of %s %s for %s", e.Package, e.Version, e.Architecture)
	const hint = "build the repository's indexes anew, and see who can write them"
	size, err := strconv.ParseUint(e.size, 10, 63)
	if err != nil || size == 0 {
		return refuse(what, hint, "its Size is %q", e.size)
	}
	e.Size = int64(size)
	if !sum256(e.SHA256) {
		return refuse(what, hint, "its SHA256 is %q", e.SHA256)
	}
	if e.Filename, err = inside(e.Filename); err != nil {
		return &Refused{What: what, Why: "its Filename leads nowhere", Hint: hint, Err: err}
	}
	return nil
}

// inside is a path below the archive's root, as dpkg-scanpackages writes it with ./ before
// it. Others than a plain one are refused.
func inside(name string) (string, error) {
	p := strings.TrimPrefix(name, "./")
	switch {
	case p == "" || path.Clean(p) != p || path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../"):
		return "", fmt.Errorf("%q leads out of the archive, or is no plain path", name)
	case len(p) > 1024 || text.Clean(p).String() != p || strings.ContainsAny(p, "\\\n"):
		return "", fmt.Errorf("%q holds what no path of an archive has", name)
	case !strings.HasSuffix(p, ".deb"):
		return "", fmt.Errorf("%q is no .deb", name)
	}
	return p, nil
}

// Choose finds the .deb of a version for each architecture, of what all indexes say about
// its package. Where several revisions stand for it, it is the newest, which apt takes.
// The rest are the others. dists are the names of the suite.
func Choose(list []Entry, version string, dists ...string) ([]Entry, []Other, error) {
	list, err := merge(sorted(list))
	if err != nil {
		return nil, nil, err
	}
	chosen := map[string]Entry{}
	var out []Entry
	for _, e := range list {
		if _, has := chosen[e.Architecture]; has || !Stands(e.Version, version, dists...) {
			continue
		}
		if err := e.check(); err != nil {
			return nil, nil, err
		}
		chosen[e.Architecture] = e
		out = append(out, e)
	}
	var others []Other
	for _, e := range list {
		c, has := chosen[e.Architecture]
		if has && c.Version == e.Version {
			continue
		}
		others = append(others, Other{Version: text.Clean(e.Version), Architecture: text.Clean(e.Architecture),
			Newer: has && debian.Compare(e.version, c.version) > 0})
	}
	return out, others, nil
}

// merge puts together what several indexes say: a package for all architectures stands in
// each of them, and has to be the same one there.
func merge(list []Entry) ([]Entry, error) {
	var out []Entry
	for _, e := range list {
		if n := len(out); n > 0 && compareEntries(out[n-1], e) == 0 {
			if out[n-1] != e {
				return nil, twice("the indexes of several architectures", e)
			}
			continue
		}
		out = append(out, e)
	}
	return out, nil
}
