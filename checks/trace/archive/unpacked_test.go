package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
)

// TestUnpacked holds that a tar's sum is of all of it, as it is once it is unpacked: with
// what nobody reads of its members, and what fills it up at its end.
func TestUnpacked(t *testing.T) {
	plain := join(tarOf(t, dir("a"), file("a/b", strings.Repeat("content\n", 10_000)), symlink("a/c", "b")), make([]byte, 8*block))
	want := sha256.Sum256(plain)
	for name, packed := range map[string][]byte{
		"not packed": plain, "gzip": gzipped(plain), "zstd": zstded(t, plain), "xz": xzed(plain, 22),
		"gzip in two": join(gzipped(plain[:100]), gzipped(plain[100:])),
	} {
		o := Default()
		o.Unpacked = sha256.New()
		err := Tar(bytes.NewReader(packed), o, func(Member, io.Reader) error { return nil })
		if got := o.Unpacked.Sum(nil); err != nil || !bytes.Equal(got, want[:]) {
			t.Errorf("%s: %v; its sum is %s", name, err, hex.EncodeToString(got))
		}
	}
}
