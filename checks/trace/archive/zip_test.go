package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

func readZip(b []byte, o Options) (*seen, error) {
	var s seen
	err := Zip(bytes.NewReader(b), int64(len(b)), o, s.visit)
	return &s, err
}

// wheel is what the standard library makes of a wheel.
func wheel(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"p/__init__.py", "p/é.py", "p-1.0.dist-info/RECORD"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(f, strings.Repeat(name, 10))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZipReads(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 3)[:40]
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", zipOf(), ""},
		{"files", zipOf(zipped{name: "a", body: "hello\n"}, zipped{name: "b", body: "x", stored: true, mode: 0o100755}, zipped{name: "c", mode: 0o644}),
			"file a \"hello\\n\"\nfile b* \"x\"\nfile c \"\""},
		{"what runs as its owner or group", zipOf(zipped{name: "u", mode: 0o104755}, zipped{name: "g", mode: 0o102644}), "file u*! \"\"\nfile g! \"\""},
		{"directories", zipOf(zipped{name: "a/", stored: true, mode: 0o040755, attrs: 0x10}, zipped{name: "a/b", body: "x"}, zipped{name: "c/"}),
			"dir a\nfile a/b \"x\"\ndir c"},
		{"all descriptors", zipOf(zipped{name: "a", body: "1", descriptor: 12}, zipped{name: "b", body: "2", descriptor: 16},
			zipped{name: "c", body: "3", descriptor: 20}, zipped{name: "d", body: "4", descriptor: 24}),
			"file a \"1\"\nfile b \"2\"\nfile c \"3\"\nfile d \"4\""},
		{"sizes of 64 bits", zipOf(zipped{name: "a", body: "hello", wide: true}, zipped{name: "b", body: "x"}), "file a \"hello\"\nfile b \"x\""},
		{"times of Unix", zipOf(zipped{name: "a", extra: "UT\x05\x00\x01abcd", localExtra: "ux\x00\x00"}), "file a \"\""},
		{"letters of the world", zipOf(zipped{name: "é", flags: flagUTF8}), "file é \"\""},
		{"a commit's hash", patch(zipWith("", "", hash, zipped{name: "a"}), -42, 40), "file a \"\""},
		{"a directory in another order", swapped(), "file a \"1\"\nfile b \"2\""},
		{"a wheel of the standard library", wheel(t), fmt.Sprintf("file p/__init__.py %q\nfile p/é.py %q\nfile p-1.0.dist-info/RECORD %q",
			strings.Repeat("p/__init__.py", 10), strings.Repeat("p/é.py", 10), strings.Repeat("p-1.0.dist-info/RECORD", 10))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := readZip(tt.in, system(few())); err != nil || s.String() != tt.want {
				t.Errorf("error %v, it saw\n%s\nwant\n%s", err, s, tt.want)
			}
		})
	}
}

// swapped has two members, the second of which is the first in the directory.
func swapped() []byte {
	b := zipOf(zipped{name: "a", body: "1"}, zipped{name: "b", body: "2"})
	at := bytes.Index(b, []byte(entrySign))
	list := b[at : at+2*(entrySize+1)]
	copy(list, join(bytes.Clone(list[entrySize+1:]), bytes.Clone(list[:entrySize+1])))
	return b
}

// patch sets one byte.
func patch(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	if at < 0 {
		at += len(b)
	}
	b[at] = to
	return b
}

// zip64Of puts the end of a large zip behind the directory of a small one, and lets the
// small numbers say that they are too small.
func zip64Of(change func(end, locator []byte), members ...zipped) []byte {
	b := zipOf(members...)
	le := binary.LittleEndian
	last := b[len(b)-endSize:]
	n, size, at := uint64(le.Uint16(last[10:])), uint64(le.Uint32(last[12:])), uint64(le.Uint32(last[16:]))
	large := le.AppendUint64([]byte(end64Sign), end64Size-12)
	large = append(large, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, v := range []uint64{n, n, size, at} {
		large = le.AppendUint64(large, v)
	}
	locator := le.AppendUint64([]byte(locatorSign+"\x00\x00\x00\x00"), uint64(len(b)-endSize))
	locator = le.AppendUint32(locator, 1)
	if change != nil {
		change(large, locator)
	}
	small := append([]byte(endSign+"\x00\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 12)...)
	return join(b[:len(b)-endSize], large, locator, small, []byte{0, 0})
}

func TestZip64(t *testing.T) {
	m := []zipped{{name: "a", body: "hello", wide: true}}
	if s, err := readZip(zip64Of(nil, m...), few()); err != nil || s.String() != `file a "hello"` {
		t.Errorf("error %v, it saw\n%s", err, s)
	}
	for name, change := range map[string]func(end, locator []byte){
		"another sign":       func(end, _ []byte) { end[3]++ },
		"another size":       func(end, _ []byte) { end[4]++ },
		"another disk":       func(end, _ []byte) { end[16]++ },
		"other counts":       func(end, _ []byte) { end[24]++ },
		"more members":       func(end, _ []byte) { end[24]++; end[32]++ },
		"a huge directory":   func(end, _ []byte) { end[46]++ },
		"a negative place":   func(end, _ []byte) { end[55] = 0x80 },
		"another place":      func(end, _ []byte) { end[48]++ },
		"a locator of less":  func(_, locator []byte) { locator[8]-- },
		"a locator of disks": func(_, locator []byte) { locator[16]++ },
		"another locator":    func(_, locator []byte) { locator[0]++ },
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readZip(zip64Of(change, m...), few())
			refusal(t, err, "irectory")
			if len(s.lines) > 0 {
				t.Errorf("it saw\n%s", s)
			}
		})
	}
	lies := zip64Of(nil, m...)
	copy(lies[len(lies)-endSize+8:], "\x07\x00\x07\x00") // seven members
	_, err := readZip(lies, few())
	refusal(t, err, "two records tell different things")
}

func TestZipRefuses(t *testing.T) {
	a, b := zipped{name: "a", body: "hello\n"}, zipped{name: "b", body: "world\n"}
	good := zipOf(a, b)
	with := func(change func(*zipped)) []byte {
		m := a
		change(&m)
		return zipOf(m, b)
	}
	for _, tt := range []struct {
		name string
		in   []byte
		says string
	}{
		{"nothing at all", nil, "it is empty"},
		{"text", []byte(strings.Repeat("hello\n", 100)), "does not end as a zip does"},
		{"a tar", tarOf(t, file("a", "")), "does not end as a zip does"},
		{"cut", good[:len(good)-1], "does not end as a zip does"},
		{"a letter behind", append(bytes.Clone(good), 'x'), "does not end as a zip does"},
		{"a comment", patch(append(bytes.Clone(good), 'x'), -3, 1), "does not end as a zip does"},
		{"a comment of forty letters", patch(append(bytes.Clone(good), strings.Repeat("x", 40)...), -42, 40), "does not end as a zip does"},
		{"a zip behind a zip", join(good, good), "does not stand right before the end"},
		{"something before", zipWith("#!/bin/sh\n", "", "", a, b), "it does not begin where the member before it ends"},
		{"something before, taken into account", zipWith("#!/bin/sh\n", "", "", zipped{name: "a", offsetMore: -10}), "it does not stand where"},
		{"something between", zipOf(a, zipped{name: "b", body: "x", before: "hidden"}), "a: it does not end where the next member begins"},
		{"a member between", zipOf(a, zipped{name: "b", before: string(zipOf(zipped{name: "c"})[:33])}), "a: it does not end where the next member begins"},
		{"something before the directory", zipWith("", "hidden", "", a, b), "b: it does not end where the next member begins"},
		{"something before an empty directory", zipWith("hidden", "", ""), "something stands before its directory"},
		{"something behind deflate", with(func(m *zipped) { m.inside = "hidden" }), "a: something is hidden behind its content"},
		{"something behind a descriptor", with(func(m *zipped) { m.descriptor = 12; m.behind = "x" }), "a: it does not end where the next member begins"},
		{"more disks", patch(good, -endSize+4, 1), "several disks"},
		{"another disk", with(func(m *zipped) { m.disk = 1 }), "on another disk"},
		{"fewer members", patch(patch(good, -endSize+8, 1), -endSize+10, 1), "its directory is broken"},
		{"more members", patch(patch(good, -endSize+8, 3), -endSize+10, 3), "its directory is broken"},
		{"one member twice in the directory", with(func(m *zipped) { m.twice = true }), "a: "},

		{"a file twice", zipOf(a, a), "it is in the archive twice"},
		{"a file in a file", zipOf(a, zipped{name: "a/b"}), "not a directory"},
		{"a file over a directory", zipOf(zipped{name: "a/"}, a), "as a directory and as something else"},
		{"a way out", zipOf(zipped{name: "../a"}), "leads out"},
		{"a way out for Windows", zipOf(zipped{name: `..\a`}), "leads out"},
		{"a backslash", zipOf(zipped{name: `a\b`}), "readers take differently"},
		{"an absolute path", zipOf(zipped{name: "/a"}), "an absolute path"},
		{"a drive", zipOf(zipped{name: "c:a"}), "a drive"},
		{"a path with ./", zipOf(zipped{name: "./a"}), "readers take differently"},
		{"a path with two slashes", zipOf(zipped{name: "a//b"}), "readers take differently"},
		{"the root", zipOf(zipped{name: "./"}), "readers take differently"},
		{"no name", zipOf(zipped{name: ""}), "an empty path"},
		{"a name with a NUL", zipOf(zipped{name: "a\x00b"}), "control characters"},
		{"a name that is not UTF-8", zipOf(zipped{name: "a\xff", flags: flagUTF8}), "not UTF-8"},
		{"a name of some letters", zipOf(zipped{name: "é"}), "without a mark of which letters"},
		{"a long name", zipOf(zipped{name: strings.Repeat("x", 301)}), "more than 300 bytes"},
		{"another name", with(func(m *zipped) { m.localName = "c" }), "another name than in the directory"},
		{"a longer name", with(func(m *zipped) { m.localName = "abc" }), "another name than in the directory"},
		{"a name in Unicode", with(func(m *zipped) { m.extra = "\x75\x70\x06\x00\x01abcdb" }), "a second name"},
		{"a name in Unicode in front", with(func(m *zipped) { m.localExtra = "\x75\x70\x06\x00\x01abcdb" }), "a second name"},

		{"a link", with(func(m *zipped) { m.mode = 0o120777 }), "a symbolic link"},
		{"a device", with(func(m *zipped) { m.mode = 0o060644 }), "a device"},
		{"a directory that is a file", zipOf(zipped{name: "a/", mode: 0o100644}), "the name of a directory on something else"},
		{"a file that is a directory", with(func(m *zipped) { m.mode = 0o040755 }), "the name of a directory on something else"},
		{"a file that DOS takes for a directory", with(func(m *zipped) { m.attrs = 0x10 }), "the name of a directory on something else"},
		{"a directory with content", zipOf(zipped{name: "a/", body: "x"}), "content on something that is not a file"},
		{"encrypted", with(func(m *zipped) { m.flags = flagEncrypted }), "it is encrypted"},
		{"a patch", with(func(m *zipped) { m.flags = 1 << 5 }), "a flag that is not known"},
		{"masked headers", with(func(m *zipped) { m.flags = 1 << 13 }), "a flag that is not known"},
		{"bzip2", with(func(m *zipped) { m.method = 12 }), "a compression that is not known: 12"},
		{"zstd", with(func(m *zipped) { m.method = 93 }), "a compression that is not known: 93"},
		{"another method", with(func(m *zipped) { m.localMethod = 1 }), "another compression or other flags"},
		{"another flag", with(func(m *zipped) { m.localFlags = flagUTF8 }), "another compression or other flags"},
		{"a comment on a member", with(func(m *zipped) { m.comment = "x" }), "a comment"},
		{"much in extra fields", with(func(m *zipped) { m.extra = "zz\x80\x00" + strings.Repeat("x", 128) }), "more in extra fields"},
		{"broken extra fields", with(func(m *zipped) { m.extra = "zz\x80\x00x" }), "broken"},
		{"broken extra fields in front", with(func(m *zipped) { m.localExtra = "zz\x80" }), "broken extra fields"},
		{"two sizes of 64 bits", with(func(m *zipped) { m.wide = true; m.extra = "\x01\x00\x00\x00" }), "broken extra fields"},

		{"another size in front", with(func(m *zipped) { m.localSize = 1 }), "another size or sum than in the directory"},
		{"another sum in front", with(func(m *zipped) { m.localSum = 1 }), "another size or sum than in the directory"},
		{"no sum in front", with(func(m *zipped) { m.localSum = crc32.ChecksumIEEE([]byte(m.body)) }), "another size or sum"},
		{"another size of 64 bits", with(func(m *zipped) { m.wide = true; m.listedSize = 1; m.localSize = 2 }), "another"},
		{"another sum in the directory", with(func(m *zipped) { m.listedSum = 1; m.localSum = 1 }), "another sum than the directory says"},
		{"a smaller size", with(func(m *zipped) { m.listedSize = -1; m.localSize = -1 }), "another size than the directory says"},
		{"a larger size", with(func(m *zipped) { m.listedSize = 1; m.localSize = 1 }), "another size than the directory says"},
		{"a larger size when stored", with(func(m *zipped) { m.stored = true; m.listedSize = 1; m.localSize = 1 }), "another size than"},
		{"more packed bytes", with(func(m *zipped) { m.packedMore = 1 }), "a: it does not end where the next member begins"},
		{"fewer packed bytes", with(func(m *zipped) { m.packedMore = -1 }), "a: it does not end where the next member begins"},
		{"another size behind", with(func(m *zipped) { m.descriptor = 16; m.describedSize = 1 }), "another size or sum behind the content"},
		{"another size of 64 bits behind", with(func(m *zipped) { m.descriptor = 20; m.describedSize = 1 }), "another size or sum behind the content"},
		{"no sign behind", with(func(m *zipped) { m.descriptor = 16; m.noSign = true }), "another size or sum behind the content"},
		{"nothing behind", with(func(m *zipped) { m.flags = flagDescriptor }), "it does not end where the next member begins"},
		{"broken deflate", spoil(good, localSize+1+3), "a: "},
		{"a size beyond the limit", zipOf(zipped{name: "a", body: strings.Repeat("x", 4097)}), "which is more than 4.0 KiB"},
		{"many members", zipOf(manyZipped(21)...), "more than 20 members"},
		{"a large directory", zipOf(manyZipped(20, strings.Repeat("x", 250))...), "its directory has 5.8 KiB, which is more than 4.0 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readZip(tt.in, few())
			refusal(t, err, tt.says)
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\x00\n") {
				t.Errorf("it shows %q", err)
			}
		})
	}
}

func manyZipped(n int, name ...string) (out []zipped) {
	for i := range n {
		out = append(out, zipped{name: strings.Join(name, "") + string(rune('a'+i))})
	}
	return out
}

// onward is a file that is read forward, once its end was read.
type onward struct {
	t    *testing.T
	b    []byte
	end  int64 // where the directory begins
	next int64
	n    int64
}

func (o *onward) ReadAt(p []byte, off int64) (int, error) {
	o.n += int64(len(p))
	if off >= o.end-1 {
		return bytes.NewReader(o.b).ReadAt(p, off)
	}
	if off != o.next || off+int64(len(p)) > o.end {
		o.t.Errorf("it reads %d bytes at %d, when it was at %d, and the directory is at %d", len(p), off, o.next, o.end)
	}
	o.next = off + int64(len(p))
	return bytes.NewReader(o.b).ReadAt(p, off)
}

// TestZipReadsForward holds that nothing before the directory is read twice or out of order.
func TestZipReadsForward(t *testing.T) {
	var members []zipped
	for i := range 200 {
		members = append(members, zipped{name: fmt.Sprintf("f%d", i), body: strings.Repeat("0123456789", i*20), stored: i%2 == 0, descriptor: 16 * (i % 3 % 2)})
	}
	b := zipOf(members...)
	at := bytes.Index(b, []byte(entrySign))
	r := &onward{t: t, b: b, end: int64(at)}
	n := 0
	err := Zip(r, int64(len(b)), Default(), func(Member, io.Reader) error { n++; return nil })
	if err != nil || n != len(members) || r.next != r.end {
		t.Errorf("error %v after %d members; it is at %d of %d", err, n, r.next, r.end)
	}
	if over := r.n - int64(len(b)); over > 200 {
		t.Errorf("it reads %d bytes more than there are", over)
	}
}

// TestZipIsShorter holds that a file that has less than it should is no fault of the archive.
func TestZipIsShorter(t *testing.T) {
	b := zipOf(zipped{name: "a", body: "hello"})
	err := Zip(bytes.NewReader(b), int64(len(b))+100, few(), new(seen).visit)
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, new(*Refused)) {
		t.Errorf("error %v", err)
	}
}
