package archive

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// again gives the same bytes over and over, behind others, and counts.
type again struct {
	first, part []byte
	times, n    int64
}

func (a *again) Read(p []byte) (int, error) {
	at := a.n - int64(len(a.first))
	if at < 0 {
		n := copy(p, a.first[a.n:])
		a.n += int64(n)
		return n, nil
	}
	if at >= a.times*int64(len(a.part)) {
		return 0, io.EOF
	}
	n := copy(p, a.part[at%int64(len(a.part)):])
	a.n += int64(n)
	return n, nil
}

// deflated is a piece of a deflate stream, which can be followed by itself.
func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	_, _ = w.Write(b)
	_ = w.Flush()
	return out.Bytes()
}

// TestBombs holds that 10 GiB of zeros, which come in some 10 MiB, are refused before much
// of them was unpacked, and take neither memory nor time.
func TestBombs(t *testing.T) {
	const whole, piece = 10 * gibi, 4 * mebi
	head := raw(entry{name: "p/zeros", size: 7 * gibi})[:block]
	gz := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	zeros := make([]byte, piece)
	bombs := map[string]*again{
		"gzip":     {first: join([]byte(gz), deflated(head)), part: deflated(zeros), times: whole / piece},
		"gzips":    {first: gzipped(head), part: gzipped(zeros), times: whole / piece},
		"zstd":     {first: zstded(t, head), part: zstded(t, zeros), times: whole / piece},
		"only end": {first: gzipped(mark()), part: gzipped(zeros), times: whole / piece},
		"headers":  {first: gzipped(nil), part: gzipped(bytes.Repeat(raw(entry{name: "x", typ: tar.TypeGNULongName, body: "a"}), piece/1024)), times: whole / piece},
	}
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			if size := int64(len(bomb.part)) * bomb.times; size > 12*mebi && name != "headers" {
				t.Fatalf("the bomb has %d bytes: it is none", size)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began, n := time.Now(), int64(0)
			err := Tar(bomb, system(Default()), func(_ Member, r io.Reader) error {
				k, err := io.Copy(io.Discard, r)
				n += k
				return err
			})
			runtime.ReadMemStats(&after)
			refusal(t, err, "to one")
			if n > 64*mebi || bomb.n > 1*mebi {
				t.Errorf("it read %d bytes, and showed %d", bomb.n, n)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 256*mebi {
				t.Errorf("it took %s of memory, all in all", size(int64(took)))
			}
		})
	}
}

func TestZipBombs(t *testing.T) {
	o := Default()
	o.FreeBytes = 2 * mebi
	body := strings.Repeat("\x00", 4*mebi)
	in := zipOf(zipped{name: "a", body: body})
	_, err := readZip(in, o)
	refusal(t, err, "more than 200 to one")
	// A size that is a lie is not unpacked further than it says.
	lie := zipped{name: "a", body: body, localSize: 10 - len(body), listedSize: 10 - len(body)}
	_, err = readZip(zipOf(lie), o)
	refusal(t, err, "another size")
	// Two members of the same bytes, as in David Fifield's zip bomb.
	two := zipOf(zipped{name: "a", body: "xx", twice: true})
	_, err = readZip(two, Default())
	refusal(t, err, "a: ")
}

// TestTotals holds each tar to the limits, and both tars of a .deb together.
func TestTotals(t *testing.T) {
	o := few()
	o.TotalBytes = 18 << 10
	full := func(name string) entry { return file(name, strings.Repeat("0123456789abcdef", 256)) }
	fits := tarOf(t, full("a"), full("b"))
	if err := Tar(bytes.NewReader(fits), o, new(seen).visit); err != nil {
		t.Error(err)
	}
	refusal(t, Tar(bytes.NewReader(tarOf(t, full("a"), full("b"), full("c"), full("d"), full("e"))), o, new(seen).visit), "more than 18.0 KiB once unpacked")
	refusal(t, Deb(bytes.NewReader(arOf("debian-binary", "2.0\n", "control.tar", string(fits), "data.tar", string(fits))), o, new(seen).visit), "more than 18.0 KiB once unpacked")
	refusal(t, Tar(bytes.NewReader(join(fits, make([]byte, 20<<10))), o, new(seen).visit), "more than 18.0 KiB once unpacked")
	body := strings.Repeat("0123456789abcdef", 256)
	var members []zipped
	for i := range 6 {
		members = append(members, zipped{name: fmt.Sprint(i), body: body})
	}
	_, err := readZip(zipOf(members...), o)
	refusal(t, err, "more than 18.0 KiB once unpacked")
}

// TestNothingIsAllowed holds that limits that nobody set refuse, and do not divide by zero.
func TestNothingIsAllowed(t *testing.T) {
	refusal(t, Tar(bytes.NewReader(tarOf(t, file("a", ""))), Options{}, new(seen).visit), "")
	_, err := readZip(zipOf(zipped{name: "a"}), Options{})
	refusal(t, err, "")
	refusal(t, Deb(bytes.NewReader(arOf("debian-binary", "2.0\n", "control.tar", "")), Options{}, new(seen).visit), "")
}

// crowd is a tar of many files with long names, of which only one member is ever in memory.
type crowd struct {
	n, of int
	buf   []byte
}

func (c *crowd) Read(p []byte) (int, error) {
	if len(c.buf) == 0 {
		switch {
		case c.n == c.of:
			c.buf = mark()
		case c.n > c.of:
			return 0, io.EOF
		default:
			name := fmt.Sprintf("directory%d/%s/%07d", c.n/1000, strings.Repeat("n", 60), c.n)
			c.buf = raw(file(name, ""))
		}
		c.n++
	}
	n := copy(p, c.buf)
	c.buf = c.buf[n:]
	return n, nil
}

// TestCrowd holds that the paths of as many members as are allowed take little memory: a
// quarter of those that Default allows, in a quarter of 40 MiB.
func TestCrowd(t *testing.T) {
	o := Default()
	o.Members /= 4
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c, n := &crowd{of: o.Members - 2000}, 0
	err := Tar(c, o, func(m Member, _ io.Reader) error {
		if n++; n == c.of {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
		return nil
	})
	if err != nil || n != c.of {
		t.Fatalf("error %v after %d members", err, n)
	}
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d members hold %s", n, size(held))
	if held > 10*mebi {
		t.Errorf("%d members hold %s", n, size(held))
	}
}
