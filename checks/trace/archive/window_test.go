package archive

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// zstdBy packs data with a window, as a stream of unknown length.
func zstdBy(t *testing.T, in []byte, window int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, bytes.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWindows holds that zstd data may refer as far back as its window, that of any size,
// and that what it takes to unpack it is bounded.
func TestWindows(t *testing.T) {
	in := tarOf(t, file("a", string(randomBytes(3<<20))), file("b", string(randomBytes(3<<20))))
	small := zstdBy(t, in, 1<<20)
	for name, tt := range map[string]struct {
		packed []byte
		fine   bool
	}{
		"small":                   {small, true},
		"zstd -19":                {zstdBy(t, in, 8<<20), true},
		"large":                   {zstdBy(t, in, 32<<20), true},
		"the largest":             {zstdBy(t, in, window), true},
		"too large":               {zstdBy(t, in, 2*window), false},
		"small, then the largest": {append(zstdBy(t, in[:1<<20], 1<<20), zstdBy(t, in[1<<20:], window)...), false},
		"small, then half of it":  {append(zstdBy(t, in[:1<<20], 1<<20), zstdBy(t, in[1<<20:], window/2)...), true},
	} {
		t.Run(name, func(t *testing.T) {
			o := Default()
			var before, m runtime.MemStats
			most := uint64(0)
			runtime.GC()
			runtime.ReadMemStats(&before)
			err := Tar(bytes.NewReader(tt.packed), o, func(_ Member, r io.Reader) error {
				_, err := io.Copy(io.Discard, r)
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse-min(before.HeapInuse, m.HeapInuse))
				return err
			})
			if (err == nil) != tt.fine || err != nil && !errors.As(err, new(*Refused)) {
				t.Errorf("error %v", err)
			}
			if most > window+8<<20 {
				t.Errorf("it took %d MB", most>>20)
			}
		})
	}
}
