package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// entry is a member as a test writes it into a tar.
type entry struct {
	name string
	body string
	typ  byte // a file where it is 0
	link string
	mode int64
	pax  map[string]string
	size int64 // where it is not that of the body
}

func file(name, body string) entry { return entry{name: name, body: body} }
func dir(name string) entry        { return entry{name: name, typ: tar.TypeDir} }
func symlink(name, to string) entry {
	return entry{name: name, typ: tar.TypeSymlink, link: to}
}
func hardlink(name, to string) entry { return entry{name: name, typ: tar.TypeLink, link: to} }

// tarOf writes a tar with the standard library. What that does not write, raw does.
func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.typ, Linkname: e.link, Mode: e.mode, Size: int64(len(e.body)), PAXRecords: e.pax}
		if e.typ == 0 {
			h.Typeflag = tar.TypeReg
		}
		if e.typ == tar.TypeXGlobalHeader {
			h = &tar.Header{Typeflag: e.typ, PAXRecords: e.pax}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatalf("%q: %v", e.name, err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw is one member, byte by byte, as no library writes it: any name, any size.
func raw(e entry) []byte {
	h := make([]byte, block)
	copy(h, e.name)
	copy(h[100:], "0000644\x00")
	copy(h[108:], "0000000\x000000000\x00")
	size := e.size
	if size == 0 {
		size = int64(len(e.body))
	}
	if size >= 0 && size < 1<<33 {
		copy(h[124:], fmt.Sprintf("%011o\x00", size))
	} else {
		binary.BigEndian.PutUint64(h[128:], uint64(size))
		h[124] = 0x80
		if size < 0 {
			copy(h[124:128], "\xff\xff\xff\xff")
		}
	}
	copy(h[136:], "00000000000\x00")
	h[156] = e.typ
	if e.typ == 0 {
		h[156] = tar.TypeReg
	}
	copy(h[157:], e.link)
	copy(h[257:], "ustar\x0000")
	return append(checked(h), padded(e.body)...)
}

// checked puts the checksum into a header.
func checked(h []byte) []byte {
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// padded fills up the last block.
func padded(body string) []byte {
	return append([]byte(body), make([]byte, -len(body)&(block-1))...)
}

// mark is the end of a tar.
func mark() []byte { return make([]byte, markSize) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zstded(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	return w.EncodeAll(b, nil)
}

// xzed writes xz without compressing anything: the container is what is tested. The size of
// the dictionary is that which the header asks for, as the format writes it: 0 is 4 KiB, 40
// is 4 GiB less one byte.
func xzed(b []byte, dictionary byte) []byte {
	flags := []byte{0, 1} // the check is a CRC-32
	sum := func(p []byte) []byte { return binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(p)) }
	out := join([]byte("\xfd7zXZ\x00"), flags, sum(flags))

	head := []byte{2, 0, 0x21, 1, dictionary, 0, 0, 0}
	head = append(head, sum(head)...)
	var data []byte
	for rest, control := b, byte(1); len(rest) > 0; control = 2 {
		n := min(len(rest), 1<<16)
		data = append(data, control, byte((n-1)>>8), byte(n-1))
		data, rest = append(data, rest[:n]...), rest[n:]
	}
	data = append(data, 0)
	fill := make([]byte, -len(data)&3)
	out = join(out, head, data, fill, sum(b))

	index := append([]byte{0, 1}, binary.AppendUvarint(nil, uint64(len(head)+len(data)+4))...)
	index = binary.AppendUvarint(index, uint64(len(b)))
	index = append(index, make([]byte, -len(index)&3)...)
	index = append(index, sum(index)...)
	tail := append(binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1)), flags...)
	return join(out, index, sum(tail), tail, []byte("YZ"))
}

// seen are the members that a visit was shown, one in a line, with what they held.
type seen struct{ lines []string }

func (s *seen) visit(m Member, r io.Reader) error {
	line := fmt.Sprintf("%s %s", []string{"file", "dir", "symlink", "hardlink", "special"}[m.Type], m.Path)
	if m.Control {
		line = "control " + line
	}
	if m.Exec {
		line += "*"
	}
	if m.Setid {
		line += "!"
	}
	if m.Link != "" {
		line += " -> " + m.Link
	}
	if m.Type == File {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if int64(len(b)) != m.Size {
			return fmt.Errorf("%s has %d bytes of %d", m.Path, len(b), m.Size)
		}
		line += fmt.Sprintf(" %q", b)
	}
	s.lines = append(s.lines, line)
	return nil
}

func (s *seen) String() string { return strings.Join(s.lines, "\n") }

// refusal wants an error to be a Refused that says something.
func refusal(t *testing.T, err error, says string) {
	t.Helper()
	var r *Refused
	if !errors.As(err, &r) || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v, want a refusal that says %q", err, says)
	}
}

// few are limits that small archives reach.
func few() Options {
	o := Default()
	o.Members, o.MemberBytes, o.TotalBytes = 20, 4096, 1<<20
	o.PathBytes, o.Depth, o.FreeBytes, o.Ratio = 300, 8, 200<<10, 20
	o.DirectoryBytes, o.PathsBytes = 4096, 5000
	return o
}

func system(o Options) Options { o.System = true; return o }
