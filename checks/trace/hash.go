package trace

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/pjbgf/sha1cd"
)

// sums are the names of one content.
type sums struct {
	blob   string
	sha256 []byte // where it was asked for
	md5    []byte // where it was asked for
}

// summer reads a content once and gives its names. It is used again for the next.
type summer struct {
	digits int
	buf    []byte
	kept   []byte
}

// maxKept is how much of one file is kept while it is not known whether it is the
// commit's.
const maxKept = 1 << 20

// chunk is how much is read at once.
const chunk = 64 << 10

// read reads a content to its end. What it kept of it is there until the next read; it
// is nil for a content that is longer than maxKept.
func (s *summer) read(r io.Reader, size int64, withSHA256, withMD5 bool) (sums, error) {
	if s.buf == nil {
		s.buf, s.kept = make([]byte, chunk), make([]byte, maxKept)
	}
	name := newBlob(size, s.digits)
	writers := []io.Writer{name}
	var strong, weak hash.Hash
	if withSHA256 {
		strong = sha256.New()
		writers = append(writers, strong)
	}
	if withMD5 {
		weak = md5.New()
		writers = append(writers, weak)
	}
	n := int64(0)
	for {
		buf := s.buf
		if size <= maxKept && n < maxKept { // is read to where it stays, and not copied
			buf = s.kept[n:min(n+chunk, maxKept)]
		}
		k, err := r.Read(buf)
		for _, w := range writers {
			w.Write(buf[:k]) // a hash takes everything
		}
		n += int64(k)
		if err == io.EOF {
			break
		}
		if err != nil {
			return sums{}, err
		}
	}
	if n != size {
		return sums{}, fmt.Errorf("it is %d bytes long, and %d were announced", n, size)
	}
	out := sums{}
	var err error
	if out.blob, err = nameOf(name); err != nil {
		return sums{}, err
	}
	if strong != nil {
		out.sha256 = strong.Sum(nil)
	}
	if weak != nil {
		out.md5 = weak.Sum(nil)
	}
	return out, nil
}

// content is what was kept of the last file; false where it was too long.
func (s *summer) content(size int64) ([]byte, bool) {
	if size > maxKept {
		return nil, false
	}
	return s.kept[:size], true
}

// newBlob begins git's name for a content.
func newBlob(size int64, digits int) hash.Hash {
	var h hash.Hash = sha1cd.New()
	if digits == 64 {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// nameOf is the name that was begun. Two contents can be made that have one SHA-1; what
// was made in that way shows, and is no file of anybody's.
func nameOf(h hash.Hash) (string, error) {
	if detects, ok := h.(sha1cd.CollisionResistantHash); ok {
		sum, collides := detects.CollisionResistantSum(nil)
		if collides {
			return "", errCollision
		}
		return hex.EncodeToString(sum), nil
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// errCollision is what a content is refused with that was made to have another's name.
var errCollision = fmt.Errorf("it was made to have the SHA-1 of another file")

// blobOf is git's name for a content that is at hand.
func (t *Tree) blobOf(content []byte) string {
	h := newBlob(int64(len(content)), t.digits)
	h.Write(content)
	name, err := nameOf(h)
	if err != nil {
		return ""
	}
	return name
}
