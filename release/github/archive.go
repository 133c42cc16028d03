package github

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/pjbgf/sha1cd"

	"twokey/checks"
	"twokey/checks/opaque"
	"twokey/release"
)

// maxArchive is how much of an unpacked archive is read, in bytes: a small archive can
// unpack to more than any disk holds.
const maxArchive = 2 << 30

// archive looks at files of a commit as they pass by in its archive. Of the archive
// nothing is held but what was seen. Each file is hashed as git does it: only what is
// git's own content was seen.
func (c *Client) archive(ctx context.Context, repo release.Repo, sha string, wanted map[string]asked) (checks.Blobs, error) {
	q := c.ask("the archive of "+short(sha), repo, nil, "tarball", sha)
	var seen checks.Blobs
	err := c.stream(ctx, q, func(resp *http.Response) error {
		seen = checks.Blobs{}
		return unpack(resp.Body, maxArchive, wanted, seen)
	})
	return seen, err
}

// contentsInArchive adds to found the contents, of at most limit bytes, that pass by in
// the archive of a commit under the names that git has for them.
func (c *Client) contentsInArchive(ctx context.Context, repo release.Repo, sha string, names []string, limit int64, found map[string][]byte) error {
	q := c.ask("the archive of "+short(sha), repo, nil, "tarball", sha)
	if err := checkSHA("its name", sha); err != nil {
		q.err = err
	}
	return c.stream(ctx, q, func(resp *http.Response) error {
		return findIn(resp.Body, maxArchive, names, limit, found)
	})
}

// findIn reads an archive until every content was found, to its end, or to most bytes of
// what it unpacks to.
func findIn(r io.Reader, most int64, names []string, limit int64, found map[string][]byte) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return badArchive(err)
	}
	room := int64(maxContentsSize)
	for t := tar.NewReader(&bounded{r: z, left: most}); len(found) < len(names); {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return badArchive(err)
		}
		if h.Typeflag != tar.TypeReg || h.Size > limit {
			continue
		}
		content, err := io.ReadAll(t)
		if err != nil {
			return badArchive(err)
		}
		name := blobSHA(content, len(names[0]))
		if _, there := found[name]; there || !slices.Contains(names, name) {
			continue
		}
		if room -= int64(len(content)); room < 0 {
			return errTooLarge
		}
		found[name] = content
	}
	return nil
}

// unpack reads an archive until everything was seen that is wanted, to its end, or to
// most bytes of what it unpacks to.
func unpack(r io.Reader, most int64, wanted map[string]asked, seen checks.Blobs) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return badArchive(err)
	}
	left := map[string]bool{}
	for _, a := range wanted {
		left[a.blob] = true
	}
	bounded := &bounded{r: z, left: most}
	for t := tar.NewReader(bounded); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case bounded.left <= 0:
			return fmt.Errorf("%w: it unpacks to more than %d MiB", errTooLarge, most>>20)
		case err != nil:
			return badArchive(err)
		}
		_, name, _ := strings.Cut(h.Name, "/") // without the one directory that holds all
		a, ok := wanted[name]
		if !ok || !left[a.blob] {
			continue
		}
		b, err := pass(t, h, a)
		switch {
		case bounded.left <= 0:
			return fmt.Errorf("%w: it unpacks to more than %d MiB", errTooLarge, most>>20)
		case err != nil:
			return badArchive(err)
		case b != nil:
			seen[a.blob] = checks.Have(*b)
			delete(left, a.blob)
		}
		if len(left) == 0 {
			return nil
		}
	}
}

// pass looks at one entry of an archive; nil when it is not what git has.
func pass(r io.Reader, h *tar.Header, a asked) (*checks.Blob, error) {
	if a.link {
		if h.Typeflag != tar.TypeSymlink || blobSHA([]byte(h.Linkname), len(a.blob)) != a.blob {
			return nil, nil
		}
		b := seenIn([]byte(h.Linkname), true)
		return &b, nil
	}
	if h.Typeflag != tar.TypeReg || h.Size != a.size {
		return nil, nil
	}
	var look opaque.Look
	sum := newBlobHash(h.Size, len(a.blob))
	if _, err := io.Copy(io.MultiWriter(&look, sum), r); err != nil {
		return nil, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != a.blob {
		return nil, nil
	}
	return &checks.Blob{Shape: look.Shape()}, nil
}

// newBlobHash begins git's name for a content of a size, in as many hexadecimal digits as
// asked: 40, or 64 in repositories that use SHA-256.
func newBlobHash(size int64, digits int) hash.Hash {
	var h hash.Hash = sha1cd.New()
	if digits == 64 {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// badArchive tells an archive that broke off, which may be asked for again, from one
// that is none.
func badArchive(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, tar.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return fmt.Errorf("the archive is %w: %w", errStrange, err)
	}
	if errors.Is(err, errTooLarge) || errors.Is(err, errTimeout) {
		return err
	}
	return &fault{err}
}

// bounded reads as much as there is left.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
