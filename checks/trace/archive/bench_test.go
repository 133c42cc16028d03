//go:build unix

package archive

import (
	"bytes"
	"compress/bzip2"
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// layer is a tar of some megabytes, of files of all sizes. What is in them compresses about
// four to one, as source code does.
func layer(t testing.TB) []byte {
	t.Helper()
	var entries []entry
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 4000)
	for i := range words {
		words[i] = fmt.Sprintf("%x", random.Uint64()>>(8+random.IntN(48)))
	}
	for i := range 400 {
		var b bytes.Buffer
		for n := (i * i) % 160_000; b.Len() < n; {
			at := int(random.ExpFloat64() * 150)
			b.WriteString(words[at%len(words)] + []string{" ", "\n\t", " = ", "("}[random.IntN(4)])
		}
		entries = append(entries, file(fmt.Sprintf("usr/lib/d%d/f%d.go", i%40, i), b.String()))
	}
	return tarOf(t, entries...)
}

// program packs with a program, or skips the benchmark where it is not installed: what
// the tests write as xz is not compressed.
func program(b *testing.B, in []byte, name string) []byte {
	b.Helper()
	if _, err := exec.LookPath(name); err != nil {
		b.Skipf("this needs %s", name)
	}
	c := exec.Command(name, "-c")
	c.Stdin = bytes.NewReader(in)
	out, err := c.Output()
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// plain is what unpacks data without looking at it.
func plain(as Compression, b []byte) (io.Reader, error) {
	switch as {
	case Gzip:
		return gzip.NewReader(bytes.NewReader(b))
	case XZ:
		return xz.NewReader(bytes.NewReader(b), 0)
	case Bzip2:
		return bzip2.NewReader(bytes.NewReader(b)), nil
	case Zstd:
		return zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1))
	}
	return bytes.NewReader(b), nil
}

// BenchmarkTar reads a tar with the SHA-1 of each file, and beside it unpacks the same
// bytes and takes one SHA-1 of them all, in turns. The figure that counts is the ratio of the processor's time that both take: what
// else runs on the machine does not change it.
func BenchmarkTar(b *testing.B) {
	in := layer(b)
	for _, as := range []Compression{Uncompressed, Gzip, Zstd, XZ, Bzip2} {
		b.Run(string(as), func(b *testing.B) {
			packed := in
			switch as {
			case Gzip:
				packed = gzipped(in)
			case Zstd:
				packed = zstded(b, in)
			case XZ, Bzip2:
				packed = program(b, in, string(as))
			}
			var ours, theirs time.Duration
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				began := spent(b)
				if err := Tar(bytes.NewReader(packed), Default(), hashed); err != nil {
					b.Fatal(err)
				}
				ours += spent(b) - began
				b.StopTimer()
				began = spent(b)
				r, err := plain(as, packed)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(sha1.New(), r); err != nil || n != int64(len(in)) {
					b.Fatal(n, err)
				}
				theirs += spent(b) - began
				b.StartTimer()
			}
			b.ReportMetric(float64(len(in))/float64(len(packed)), "to_one")
			b.ReportMetric(float64(ours)/float64(theirs), "×plain")
			b.ReportMetric(float64(len(in))*float64(b.N)/theirs.Seconds()/1e6, "plainMB/s")
		})
	}
}

// spent is the processor's time that the process took so far.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hashed takes the SHA-1 of a member.
func hashed(m Member, r io.Reader) error {
	if m.Type != File {
		return nil
	}
	_, err := io.Copy(sha1.New(), r)
	return err
}

// BenchmarkZip reads a zip with the SHA-1 of each file.
func BenchmarkZip(b *testing.B) {
	var members []zipped
	for i := range 300 {
		members = append(members, zipped{name: fmt.Sprintf("p/f%d.py", i), body: string(bytes.Repeat([]byte(fmt.Sprintf("def f%d(x): return x\n", i)), i*10))})
	}
	in, n := zipOf(members...), int64(0)
	for _, m := range members {
		n += int64(len(m.body))
	}
	b.SetBytes(n)
	for b.Loop() {
		if err := Zip(bytes.NewReader(in), int64(len(in)), Default(), hashed); err != nil {
			b.Fatal(err)
		}
	}
}
