package trace_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"twokey/checks"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
)

// load is a layer of an image: files of the commit, then small ones that it does not have,
// then large ones.
type load struct {
	same, small, large             int
	sameSize, smallSize, largeSize int
	text                           []byte
}

func newLoad(same, small, large, sameSize, smallSize, largeSize int) *load {
	l := &load{same, small, large, sameSize, smallSize, largeSize, nil}
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 4000)
	for i := range words {
		words[i] = strconv.FormatUint(random.Uint64()>>(8+random.IntN(48)), 16)
	}
	for len(l.text) < 2<<20 {
		at := int(random.ExpFloat64() * 150)
		l.text = append(append(l.text, words[at%len(words)]...), []string{" ", "\n\t", " = ", "("}[random.IntN(4)]...)
	}
	return l
}

// content gives one file's: a line of its own, and a stretch of the text that is at another
// place for each.
func (l *load) content(w io.Writer, name string, i, size int) {
	head := fmt.Sprintf("%-32s\n", name)
	w.Write([]byte(head)[:min(len(head), size)])
	for at, left := i*7919%(1<<20), size-len(head); left > 0; at = (at + 4099) % (1 << 19) {
		n := min(left, 1<<20)
		w.Write(l.text[at : at+n])
		left -= n
	}
}

// each tells of all files in the order of the layer.
func (l *load) each(f func(name string, i, size int)) {
	for i := range l.same {
		f(fmt.Sprintf("app/d%d/f%d.py", i%400, i), i, l.sameSize/2+i%l.sameSize)
	}
	for i := range l.small {
		f(fmt.Sprintf("usr/share/s%d/s%d.txt", i%100, i), i, l.smallSize)
	}
	for i := range l.large {
		f(fmt.Sprintf("usr/lib/l%d.so", i), i, l.largeSize)
	}
}

func (l *load) bytes() (n int64) {
	l.each(func(_ string, _, size int) { n += int64(size) })
	return n
}

// writeTar writes the layer.
func (l *load) writeTar(w io.Writer) error {
	tw := tar.NewWriter(w)
	var failed error
	l.each(func(name string, i, size int) {
		if failed == nil {
			failed = tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(size)})
			l.content(tw, name, i, size)
		}
	})
	if failed != nil {
		return failed
	}
	return tw.Close()
}

// commit is the tree that has the first files of the layer.
func (l *load) commit() *trace.Tree {
	var entries []checks.TreeEntry
	n := 0
	l.each(func(name string, i, size int) {
		if n++; n > l.same {
			return
		}
		h := sha1.New()
		fmt.Fprintf(h, "blob %d\x00", size)
		l.content(h, name, i, size)
		entries = append(entries, checks.TreeEntry{Path: name, Mode: checks.ModeFile, SHA: hex.EncodeToString(h.Sum(nil)), Size: int64(size)})
	})
	return trace.NewTree("0123456789abcdef0123456789abcdef01234567", entries)
}

func (l *load) options() (trace.Options, archive.Options) {
	o := archive.Default()
	o.System = true
	return trace.Options{Form: checks.FormImage, Project: "harbour", Version: "2.11.6"}, o
}

// TestMemory traces an image of 2 GB, which is made while it is read, and holds what is
// in use after each collection below 100 MB: what makes the layer and packs it is in it.
func TestMemory(t *testing.T) {
	switch {
	case testing.Short():
		t.Skip("this reads 2 GB: it needs a run without -short")
	case raced:
		t.Skip("this reads 2 GB and measures memory: it needs a run without -race")
	}
	const limit = 100 << 20
	l := newLoad(20_000, 5_000, 185, 5_000, 16_000, 10_000_000)
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
		if err == nil {
			if err = l.writeTar(z); err == nil {
				err = z.Close()
			}
		}
		out.CloseWithError(err)
		done <- err
	}()
	o, bounds := l.options()
	tr := trace.New(l.commit(), o)
	var m runtime.MemStats
	var peak uint64
	measure := func() {
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
	}
	began, read, next := time.Now(), int64(0), int64(0)
	err := archive.Tar(in, bounds, func(m archive.Member, content io.Reader) error {
		if read += m.Size; read >= next {
			measure()
			next = read + 64<<20
		}
		return tr.Visit(m, content)
	})
	in.CloseWithError(err)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	measure()
	r := tr.Report(nil)
	measure()
	if r.Same.Files != l.same || r.Extra.Files != l.small+l.large || len(r.Files) != l.small+l.large || read != l.bytes() || read < 2e9 {
		t.Errorf("of %d bytes: same %+v, extra %+v", read, r.Same, r.Extra)
	}
	if peak > limit {
		t.Errorf("%d MB were in use, more than %d", peak>>20, limit>>20)
	}
	t.Logf("%d MB in %.1f s; at most %d MB of heap in use after a collection; taken from the system by all tests so far: %d MB", read/1e6, time.Since(began).Seconds(), peak>>20, m.Sys>>20)
	runtime.KeepAlive(tr)
}

// BenchmarkTrace traces a layer, and beside it unpacks the same bytes and takes one SHA-1
// of them all, in turns: in this process with the same libraries, and with the programs
// that people have for it, where they are there. The figures that count are the ratios of
// the processor's time.
func BenchmarkTrace(b *testing.B) {
	l := newLoad(4_000, 200, 4, 10_000, 16_000, 5_000_000)
	var raw bytes.Buffer
	if err := l.writeTar(&raw); err != nil {
		b.Fatal(err)
	}
	var zipped, small bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(raw.Bytes())
	z.Close()
	s, err := zstd.NewWriter(&small)
	if err != nil {
		b.Fatal(err)
	}
	s.Write(raw.Bytes())
	s.Close()
	tree, sum := l.commit(), fmt.Sprintf("%x", sha1.Sum(raw.Bytes()))
	for _, as := range []struct {
		name   string
		packed []byte
		plain  func(io.Reader) (io.Reader, error)
		// programs is the same as a shell runs it, the layer being its first argument.
		programs []string
	}{
		{"gzip", zipped.Bytes(), func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, []string{"gzip", "-dc"}},
		{"zstd", small.Bytes(), func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) }, []string{"zstd", "-dcq"}},
		{"none", raw.Bytes(), func(r io.Reader) (io.Reader, error) { return r, nil }, nil},
	} {
		b.Run(as.name, func(b *testing.B) {
			b.SetBytes(int64(raw.Len()))
			var ours, theirs, programs time.Duration
			run := shelled(b, as.packed, as.programs)
			for b.Loop() {
				began := spent(b)
				o, bounds := l.options()
				tr := trace.New(tree, o)
				if err := archive.Tar(bytes.NewReader(as.packed), bounds, tr.Visit); err != nil {
					b.Fatal(err)
				}
				if r := tr.Report(nil); r.Same.Files != l.same {
					b.Fatalf("%+v", r.Same)
				}
				ours += spent(b) - began
				b.StopTimer()
				began = spent(b)
				r, err := as.plain(bytes.NewReader(as.packed))
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(sha1.New(), r); err != nil || n != int64(raw.Len()) {
					b.Fatal(n, err)
				}
				theirs += spent(b) - began
				programs += run(sum)
				b.StartTimer()
			}
			if programs > 0 {
				b.ReportMetric(float64(ours)/float64(programs), "×programs")
				b.ReportMetric(float64(raw.Len())*float64(b.N)/programs.Seconds()/1e6, "programsMB/s")
			}
			b.ReportMetric(float64(ours)/float64(theirs), "×plain")
			b.ReportMetric(float64(raw.Len())*float64(b.N)/theirs.Seconds()/1e6, "plainMB/s")
		})
	}
}

// shelled runs a program that unpacks a layer into sha1sum, each time it is called, and
// tells the processor's time of both. It is none where they are not there.
func shelled(b *testing.B, packed []byte, program []string) func(sum string) time.Duration {
	b.Helper()
	for _, name := range append([]string{"sh", "sha1sum"}, program[:min(1, len(program))]...) {
		if _, err := exec.LookPath(name); err != nil {
			b.Logf("%s is not there: nothing is measured beside it", name)
			return func(string) time.Duration { return 0 }
		}
	}
	file := filepath.Join(b.TempDir(), "layer")
	if err := os.WriteFile(file, packed, 0o600); err != nil {
		b.Fatal(err)
	}
	script := `sha1sum <"$1"`
	if program != nil {
		script = strings.Join(program, " ") + ` <"$1" | sha1sum`
	}
	return func(sum string) time.Duration {
		c := exec.Command("sh", "-c", script, "sh", file)
		out, err := c.Output()
		if err != nil || !strings.HasPrefix(string(out), sum) {
			b.Fatalf("%s: %s, %v, want %s", script, out, err, sum)
		}
		return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
}
