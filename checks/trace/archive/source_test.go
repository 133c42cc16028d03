package archive

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// faulty gives its first bytes and then an error. As an io.ReaderAt it fails for each read
// that goes beyond them, as a server does that has gone away.
type faulty struct {
	b   []byte
	err error
	n   int
}

func (f *faulty) Read(p []byte) (int, error) {
	if f.n == len(f.b) {
		return 0, f.err
	}
	n := copy(p, f.b[f.n:])
	f.n += n
	return n, nil
}

// gone is a file that can be read only so many times.
type gone struct {
	b    []byte
	left int
	err  error
}

func (g *gone) ReadAt(p []byte, off int64) (int, error) {
	if g.left--; g.left < 0 {
		return 0, g.err
	}
	return bytes.NewReader(g.b).ReadAt(p, off)
}

// samples are archives that are fine, with what reads them from the front.
func samples(t testing.TB) map[string]struct {
	in   []byte
	read func(io.Reader, Options, Visit) error
} {
	t.Helper()
	type sample = struct {
		in   []byte
		read func(io.Reader, Options, Visit) error
	}
	in := tarOf(t, file("p/a", strings.Repeat("hello\n", 50)), dir("q"), file("q/b", "x"))
	out := map[string]sample{"bzip2": {bzipped(t), Tar}}
	for name, b := range everyway(t, in) {
		out[name] = sample{b, Tar}
	}
	for name, d := range map[string][]byte{"data.tar.xz": xzed(data(t), 0), "data.tar.gz": gzipped(data(t)), "data.tar.zst": zstded(t, data(t)), "data.tar": data(t)} {
		out["a .deb with "+name] = sample{arOf("debian-binary", "2.0\n", "control.tar.gz", control(t), name, string(d), "_gpgorigin", "xyz."), Deb}
	}
	return out
}

// TestANetworkIsNotAnArchive holds that the error of whoever sends an archive comes back as
// it is, wherever it breaks off, and is never taken for a fault of the archive; not even
// when it is an error that broken archives give, too.
func TestANetworkIsNotAnArchive(t *testing.T) {
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			lost := []error{errors.New("the connection is gone"), io.ErrUnexpectedEOF, tar.ErrHeader, fmt.Errorf("gone: %w", io.EOF), &Refused{Why: "of a proxy"}}
			visits := []Visit{new(seen).visit, func(Member, io.Reader) error { return nil }}
			for at := range s.in {
				// Each place sees one of the errors, and each error many places.
				lost, visit := lost[at/2%len(lost)], visits[at%len(visits)]
				if err := s.read(&faulty{b: s.in[:at], err: lost}, few(), visit); err != lost {
					t.Fatalf("at byte %d of %d, where the reader said %q, the error is %v", at, len(s.in), lost, err)
				}
			}
		})
	}
}

// randomBytes are n bytes that do not compress, the same each time.
func randomBytes(n int) []byte {
	out := make([]byte, 0, n+8)
	for random := rand.NewPCG(1, 2); len(out) < n; {
		out = binary.LittleEndian.AppendUint64(out, random.Uint64())
	}
	return out[:n]
}

func TestAFileThatGoesAway(t *testing.T) {
	noise := string(randomBytes(200 << 10))
	in := zipOf(zipped{name: "a", body: noise, stored: true, descriptor: 16}, zipped{name: "b/"}, zipped{name: "b/c", body: noise}, zipped{name: "d"})
	o := Default()
	for _, lost := range []error{errors.New("the connection is gone"), io.ErrClosedPipe, &Refused{Why: "of a proxy"}} {
		reads := 0
		for ; ; reads++ {
			err := Zip(&gone{in, reads, lost}, int64(len(in)), o, new(seen).visit)
			if err == nil {
				break
			}
			if err != lost || reads > 100 {
				t.Fatalf("after %d reads the error is %v", reads, err)
			}
		}
		if reads < 8 {
			t.Errorf("the file was read %d times only: nothing is shown", reads)
		}
	}
}

// TestCut holds that an archive that ends anywhere but at its end is refused.
func TestCut(t *testing.T) {
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			for at := range s.in {
				err := s.read(bytes.NewReader(s.in[:at]), few(), new(seen).visit)
				if whole := fine(name, at, len(s.in)); whole && err == nil {
					continue
				}
				if !errors.As(err, new(*Refused)) {
					t.Fatalf("cut to %d bytes of %d, the error is %v", at, len(s.in), err)
				}
			}
		})
	}
}

// fine tells whether an archive may end at a place before its end: what is cut is only what
// fills it up, or a signature.
func fine(name string, at, size int) bool {
	return name == "xz, fill" && at == size-4 || name == "xz, fill" && at == size-8 ||
		strings.HasPrefix(name, "a .deb") && at >= size-arHeaderSize-4-1 && at <= size-arHeaderSize-4
}

// TestZipCut holds the same of a zip.
func TestZipCut(t *testing.T) {
	in := wheel(t)
	for at := range in {
		if _, err := readZip(in[:at], few()); !errors.As(err, new(*Refused)) {
			t.Fatalf("cut to %d bytes of %d, the error is %v", at, len(in), err)
		}
	}
}

// TestPieces holds that it does not matter in which pieces an archive comes.
func TestPieces(t *testing.T) {
	for name, s := range samples(t) {
		var want seen
		if err := s.read(bytes.NewReader(s.in), few(), want.visit); err != nil || len(want.lines) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		for how, r := range map[string]io.Reader{
			"one byte at a time":     iotest.OneByteReader(bytes.NewReader(s.in)),
			"halves":                 iotest.HalfReader(bytes.NewReader(s.in)),
			"the end with the bytes": iotest.DataErrReader(bytes.NewReader(s.in)),
		} {
			var got seen
			if err := s.read(r, few(), got.visit); err != nil || got.String() != want.String() {
				t.Errorf("%s, in %s: error %v, it saw\n%s", name, how, err, &got)
			}
		}
	}
}
