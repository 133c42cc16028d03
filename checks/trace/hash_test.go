package trace

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

// TestSummer holds the names of contents of all lengths, read in any pieces with one
// summer, against those of the standard library.
func TestSummer(t *testing.T) {
	text := bytes.Repeat([]byte("ships come in at night\n"), maxKept/20)
	s := summer{digits: 40}
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, maxKept - 1, maxKept, maxKept + 1, len(text), 3} {
		in := text[:n]
		sum, weak, name := sha256.Sum256(in), md5.Sum(in), sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", n, in))
		for range 2 {
			got, err := s.read(iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(in))), int64(n), true, true)
			if err != nil || got.blob != hex.EncodeToString(name[:]) || !bytes.Equal(got.sha256, sum[:]) || !bytes.Equal(got.md5, weak[:]) {
				t.Errorf("%d bytes: %+v, %v", n, got, err)
			}
			kept, whole := s.content(int64(n))
			if whole != (n <= maxKept) || whole && !bytes.Equal(kept, in) {
				t.Errorf("of %d bytes, %d were kept, and it says %v", n, len(kept), whole)
			}
		}
	}
	for _, said := range []int64{0, 4, 6, maxKept, maxKept + 1} {
		if _, err := s.read(strings.NewReader("ships"), said, false, false); err == nil || !strings.Contains(err.Error(), "announced") {
			t.Errorf("5 bytes pass for %d: %v", said, err)
		}
	}
	if _, err := s.read(bytes.NewReader(text), 5, false, false); err == nil {
		t.Error("a content longer than announced, and than is kept, passes")
	}
	if got, err := s.read(strings.NewReader("x"), 1, false, false); err != nil || got.sha256 != nil || got.md5 != nil {
		t.Errorf("sums that nobody asked for: %+v, %v", got, err)
	}
}
