package archive

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

const bzippedTar = `QlpoOTFBWSZTWSlJYdIAACrbgMmQQABlAAAA4kSeAAgIIABUVoADQMnqCUFG1GnqeoaBMFvkMhAvhYJvpZAUMNLiMo
hTIU8Lq1PEsL0IrEAFiL4u5IpwoSBSksOk`

// bzipped is what bzip2 makes of the tar of one file, "a", with "hello\n" in it.
func bzipped(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(bzippedTar)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTarReads(t *testing.T) {
	long := strings.Repeat(strings.Repeat("d", 45)+"/", 4) + strings.Repeat("n", 110)
	for _, tt := range []struct {
		name string
		in   []byte
		o    Options
		want string
	}{
		{"nothing", tarOf(t), few(), ""},
		{"a source distribution", tarOf(t, dir("p-1.0/"), file("p-1.0/setup.py", "import x\n"), dir("p-1.0/"),
			entry{name: "p-1.0/run", body: "#!", mode: 0o755}), few(),
			"dir p-1.0\nfile p-1.0/setup.py \"import x\\n\"\ndir p-1.0\nfile p-1.0/run* \"#!\""},
		{"paths with ./", tarOf(t, dir("./"), dir("./a/"), file("./a/b", ""), file("././c", "")), few(), "dir a\nfile a/b \"\"\nfile c \"\""},
		{"doubled slashes", tarOf(t, file("a//b/./c", "x")), few(), "file a/b/c \"x\""},
		{"what git writes first", tarOf(t, entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"comment": "52a8e7f"}}, file("a", "")), few(), "file a \"\""},
		{"git's tar of nothing", tarOf(t, entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"comment": "52a8e7f"}}), few(), ""},
		{"a long name of PAX", tarOf(t, entry{name: long, pax: map[string]string{"comment": "x"}}), few(), "file " + long + " \"\""},
		{"a long name of GNU", gnuNamed(t, long), few(), "file " + long + " \"\""},
		{"letters that look alike", tarOf(t, file("a", ""), file("A", ""), file("а", ""), file("é", ""), file("e\u0301", "")), few(),
			"file a \"\"\nfile A \"\"\nfile а \"\"\nfile é \"\"\nfile e\u0301 \"\""},
		{"links within", tarOf(t, file("p/a/b", ""), symlink("p/a/c", "b"), symlink("p/d", "./a/b"), symlink("p/a/e", "../d"), symlink("p/f", "..")), few(),
			"file p/a/b \"\"\nsymlink p/a/c -> b\nsymlink p/d -> ./a/b\nsymlink p/a/e -> ../d\nsymlink p/f -> .."},
		{"a system's root", tarOf(t, dir("./"), file("./usr/bin/perl", "elf"), hardlink("./usr/bin/perl5", "./usr/bin/perl"), hardlink("x", "usr/bin/perl5"),
			symlink("bin", "/usr/bin"), symlink("up", "../../etc"), entry{name: "dev/null", typ: tar.TypeChar}, entry{name: "fifo", typ: tar.TypeFifo},
			file(`lib/system-systemd\x2dcryptsetup.slice`, ""), file("/ko-app/server", "")), system(few()),
			"file usr/bin/perl \"elf\"\nhardlink usr/bin/perl5 -> usr/bin/perl\nhardlink x -> usr/bin/perl5\nsymlink bin -> /usr/bin\nsymlink up -> ../../etc\n" +
				"special dev/null\nspecial fifo\nfile lib/system-systemd\\x2dcryptsetup.slice \"\"\nfile ko-app/server \"\""},
		{"what runs as its owner or group", tarOf(t, entry{name: "u", mode: 0o4755}, entry{name: "g", mode: 0o2644}, entry{name: "t", mode: 0o1644},
			entry{name: "h", typ: tar.TypeLink, link: "t", mode: 0o4755}), system(few()), "file u*! \"\"\nfile g! \"\"\nfile t \"\"\nhardlink h! -> t"},
		{"more zeros behind the end", join(tarOf(t, file("a", "")), make([]byte, 10240)), few(), "file a \"\""},
		{"a name that begins as bzip2 does", tarOf(t, file("BZh91AY&SX", "x")), few(), "file BZh91AY&SX \"x\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for as, in := range everyway(t, tt.in) {
				var s seen
				if err := Tar(bytes.NewReader(in), tt.o, s.visit); err != nil || s.String() != tt.want {
					t.Errorf("%s: error %v, it saw\n%s\nwant\n%s", as, err, &s, tt.want)
				}
			}
		})
	}
}

// everyway is the same tar, in each compression that a test can write, and in several parts.
func everyway(t testing.TB, in []byte) map[string][]byte {
	t.Helper()
	at := len(in) / 3
	return map[string][]byte{
		"none":     in,
		"gzip":     gzipped(in),
		"gzip, 2":  join(gzipped(in[:at]), gzipped(in[at:])),
		"zstd":     zstded(t, in),
		"zstd, 2":  join(zstded(t, in[:at]), zstded(t, in[at:])),
		"xz":       xzed(in, 0),
		"xz, 2":    join(xzed(in[:at], 0), xzed(in[at:], 1)),
		"xz, fill": join(xzed(in, 0), make([]byte, 8)),
	}
}

func TestTarReadsBzip2(t *testing.T) {
	var s seen
	if err := Tar(bytes.NewReader(bzipped(t)), few(), s.visit); err != nil || s.String() != `file a "hello\n"` {
		t.Errorf("error %v, it saw\n%s", err, &s)
	}
}

// gnuNamed is a file with a name as GNU tar writes a long one.
func gnuNamed(t testing.TB, name string) []byte {
	t.Helper()
	return join(raw(entry{name: "././@LongLink", typ: tar.TypeGNULongName, body: name + "\x00"}), raw(file(name[:100], "")), mark())
}

func TestTarRefuses(t *testing.T) {
	good := tarOf(t, file("a", "hello\n"))
	for _, tt := range []struct {
		name string
		in   []byte
		says string
	}{
		{"nothing at all", nil, "it is empty"},
		{"one byte", []byte("x"), "ends too early"},
		{"text", bytes.Repeat([]byte("hello\n"), 500), "neither a tar nor compressed"},
		{"gzip of text", gzipped(bytes.Repeat([]byte("hello\n"), 500)), "neither a tar nor compressed"},
		{"gzip of gzip", gzipped(gzipped(good)), "ends too early"},
		{"gzip of nothing", gzipped(nil), "ends too early"},
		{"a header of gzip", []byte("\x1f\x8b\x08"), "gzip data ends too early"},
		{"a header of xz", []byte("\xfd7zXZ\x00"), "xz data"},
		{"a header of zstd", []byte("\x28\xb5\x2f\xfd"), "zstd data ends too early"},
		{"gzip that lies about its sum", spoil(gzipped(good), -6), "gzip data is broken"},
		{"xz that lies about its sum", spoil(xzed(good, 0), 12+12+3+512+2), "xz data is broken"},
		{"zstd that lies about its sum", spoil(zstded(t, good), -1), "zstd data is broken"},
		{"bzip2 that lies about its sum", spoil(bzipped(t), 12), "bzip2 data is broken"},

		{"a letter behind the end", append(bytes.Clone(good), 'x'), "something stands behind the end of the tar"},
		{"a tar behind the end", join(good, good), "something stands behind the end of the tar"},
		{"a letter far behind the end", join(good, make([]byte, 100<<10), []byte("x")), "something stands behind the end of the tar"},
		{"a letter behind gzip", append(gzipped(good), 'x'), "gzip data"},
		{"zeros behind gzip", append(gzipped(good), 0, 0, 0, 0), "gzip data ends too early, or something stands behind it"},
		{"a letter behind xz", append(xzed(good, 0), "xxxx"...), "xz data is broken, or something stands behind it"},
		{"a letter behind zstd", append(zstded(t, good), "xxxx"...), "zstd data is broken, or something stands behind it"},
		{"a letter behind bzip2", append(bzipped(t), "xxxx"...), "bzip2 data is broken, or something stands behind it"},
		{"no end", good[:1024], "the mark of its end is missing"},
		{"half an end", good[:1536], "the mark of its end is missing"},
		{"half an end, and zeros before", raw(file("a", strings.Repeat("\x00", 1024))), "the mark of its end is missing"},
		{"half a block at the end", good[:1700], "ends too early"},
		{"an end with a letter in it", spoil(good, 1600), "not a well-formed tar"},
		{"a description without a member", join(raw(entry{name: "x", typ: tar.TypeXHeader, body: "9 path=b\n"}), mark()), "without the member"},
		{"a letter between members", spoil(tarOf(t, file("a", "hello\n"), file("b", "")), 512+10), "a: something is hidden behind its content"},
		{"a letter behind the last", spoil(good, 512+511), "a: something is hidden behind its content"},
		{"a header that lies about its sum", spoil(good, 3), "neither a tar"},

		{"a way out", tarOf(t, file("../a", "")), "../a: a path that leads out"},
		{"a way out in the middle", tarOf(t, file("a/../../b", "")), "a path that leads out"},
		{"a way in and out", tarOf(t, file("a/../b", "")), "a path that leads out"},
		{"a way out for Windows", tarOf(t, file(`a\..\..\b`, "")), "a path that leads out"},
		{"a drive", tarOf(t, file(`C:/b`, "")), "a drive"},
		{"a drive behind ./", tarOf(t, file(`./C:b`, "")), "a drive"},
		{"a share behind ./", tarOf(t, file(`./\\host\b`, "")), "an absolute path"},
		{"a share", tarOf(t, file(`\\host\b`, "")), "an absolute path"},
		{"an absolute path", tarOf(t, file("/etc/passwd", "")), "/etc/passwd: an absolute path"},
		{"an absolute path in PAX", paxed("path=/etc/passwd"), "two names"},
		{"no name", join(raw(file("", "x")), mark()), "an empty path"},
		{"the root as a file", tarOf(t, file(".", "")), "the name of a directory on something else"},
		{"a file with a slash", join(raw(file("a/", "x")), mark()), "the name of a directory on something else"},
		{"a link with a slash", join(raw(symlink("a/", "b")), mark()), "the name of a directory on something else"},
		{"a name that is not UTF-8", join(raw(file("a\xff", "")), mark()), "not UTF-8"},
		{"a name with a line end", join(raw(file("a\nb", "")), mark()), "control characters"},
		{"a name with an escape", join(raw(file("a\x1b[2Jb", "")), mark()), "control characters"},
		{"a name with a C1 control", tarOf(t, file("a\u009b2J", "")), "control characters"},
		{"a NUL in PAX", join(raw(entry{name: "x", typ: tar.TypeXHeader, body: "12 path=a\x00b\n"}), raw(file("a", "")), mark()), "neither a tar"},
		{"a long path", tarOf(t, file(strings.Repeat("abcdefghi/", 30)+"x", "")), "more than 300 bytes"},
		{"a deep path", tarOf(t, file("a/a/a/a/a/a/a/a/a", "")), "more than 8 directories"},

		{"a file twice", tarOf(t, file("a", "1"), file("a", "2")), "a: it is in the archive twice"},
		{"a file twice, spelt otherwise", tarOf(t, file("a", "1"), file("./a", "2")), "it is in the archive twice"},
		{"a link over a file", tarOf(t, file("a", "1"), symlink("a", "b")), "it is in the archive twice"},
		{"a file over a directory", tarOf(t, dir("a/"), file("a", "")), "as a directory and as something else"},
		{"a file over the directory of another", tarOf(t, file("a/b", ""), file("a", "")), "as a directory and as something else"},
		{"a directory over a file", tarOf(t, file("a", ""), dir("a/")), "as a directory and as something else"},
		{"a file in a file", tarOf(t, file("a", ""), file("a/b/c", "")), "in something that is not a directory"},
		{"a file behind a link", tarOf(t, symlink("a", "b"), file("a/x", "")), "in something that is not a directory"},

		{"a link out", tarOf(t, symlink("p/a", "../../b")), "a link that leads out"},
		{"a link out by Windows", tarOf(t, symlink("p/a", `..\..\b`)), "a link that leads out"},
		{"an absolute link", tarOf(t, symlink("a", "/etc/passwd")), "a link to an absolute path"},
		{"a link through a name", tarOf(t, symlink("s", "a/.."), file("a/b", "")), "a link that goes up behind a name"},
		{"a link to nothing", join(raw(symlink("a", "")), mark()), "a link to an empty path"},
		{"a link with an escape", join(raw(symlink("a", "b\x1bc")), mark()), "a link to a path with control characters"},
		{"a hard link", tarOf(t, file("a", ""), hardlink("b", "a")), "b: a hard link"},
		{"a device", tarOf(t, entry{name: "a", typ: tar.TypeBlock}), "a device"},
		{"a pipe", tarOf(t, entry{name: "a", typ: tar.TypeFifo}), "a device, a pipe"},
		{"a type that nobody knows", join(raw(entry{name: "a", typ: 'Z'}), mark()), "a type that is not known"},
		{"a file of a second kind", join(raw(entry{name: "a", typ: '7'}), mark()), "a type that is not known"},
		{"a sparse file of GNU", join(gnu(entry{name: "a", typ: tar.TypeGNUSparse}), mark()), "a: a sparse file"},
		{"a sparse file of PAX", paxed("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1000"), "a: a sparse file"},
		{"a sparse bomb", paxed("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1099511627776"), "1024.0 GiB, which is more than 4.0 KiB"},
		{"a file system's own attribute", paxed("SCHILY.xattr.trusted.overlay.redirect=/etc"), "an attribute of the file system"},
		{"a sparse file of nobody", paxed("GNU.sparse.major=7"), "a sparse file"},

		{"a negative size", join(raw(entry{name: "a", size: -1}), mark()), "archive/tar: invalid tar header"},
		{"a directory of negative size", join(raw(entry{name: "a", typ: tar.TypeDir, size: -512}), mark()), "a negative size"},
		{"an absurd size", join(raw(entry{name: "a", size: math.MaxInt64 - 100}), mark()), "which is more than 4.0 KiB"},
		{"a size beyond the limit", tarOf(t, file("a", strings.Repeat("x", 4097))), "which is more than 4.0 KiB"},
		{"a size beyond the end", join(raw(entry{name: "a", size: 4000}), mark()), "a: the archive ends too early"},
		{"a directory with content", join(raw(entry{name: "a", typ: tar.TypeDir, body: "x"}), mark()), "content on something that is not a file"},
		{"a link with content", join(raw(entry{name: "a", link: "b", typ: tar.TypeSymlink, size: 512}), raw(file("b", "")), mark()), "content on something that is not a file"},
		{"many members", tarOf(t, many(21)...), "more than 20 members"},
		{"long paths", tarOf(t, func() (list []entry) {
			for i := range 18 {
				list = append(list, file(strings.Repeat(string(rune('a'+i)), 290), ""))
			}
			return list
		}()...), "more than 4.9 KiB of paths"},
		{"many directories", tarOf(t, file("1/1/1/1/1/1/1/x", ""), file("2/1/1/1/1/1/1/x", ""), file("3/1/1/1/1/1/1/x", "")), "more than 20 members"},
		{"a path for all", tarOf(t, entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"path": "b"}}, file("a", "")), "a path for all members"},
		{"a size for all", tarOf(t, entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"size": "5"}}, file("a", "")), "a size for all members"},
		{"xz that wants 96 MiB", xzed(good, 29), "would take more than 64.0 MiB of memory"},
		{"xz that wants 4 GiB", xzed(good, 40), "would take more than 64.0 MiB of memory"},
		{"zstd that wants 128 MiB", []byte("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"), "would take more than 64.0 MiB of memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s seen
			err := Tar(bytes.NewReader(tt.in), few(), s.visit)
			refusal(t, err, tt.says)
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\x00\n") {
				t.Errorf("it shows %q", err)
			}
		})
	}
}

func TestSystemsRefuse(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []byte
		says string
	}{
		"a hard link forward":        {tarOf(t, hardlink("b", "a"), file("a", "")), "did not come before it"},
		"a hard link to itself":      {tarOf(t, hardlink("a", "a")), "did not come before it"},
		"a hard link to a directory": {tarOf(t, dir("a"), hardlink("b", "a")), "did not come before it"},
		"a hard link out":            {tarOf(t, file("a", ""), hardlink("b", "../a")), "a hard link to a path that leads out"},
		"a way out":                  {tarOf(t, file("../a", "")), "leads out"},
		"a way out from the root":    {tarOf(t, file("/../a", "")), "leads out"},
		"the same from the root":     {tarOf(t, file("a", ""), file("/a", "")), "twice"},
		"behind a link":              {tarOf(t, symlink("bin", "usr/bin"), file("bin/sh", "")), "not a directory"},
		"a sparse file":              {paxed("GNU.sparse.major=7"), "a sparse file"},
	} {
		t.Run(name, func(t *testing.T) {
			refusal(t, Tar(bytes.NewReader(tt.in), system(few()), new(seen).visit), tt.says)
		})
	}
}

// spoil changes one byte; a place below zero counts from the end.
func spoil(b []byte, at int) []byte {
	b = bytes.Clone(b)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x55
	return b
}

// paxed is a file with records of PAX that the standard library does not write.
func paxed(records ...string) []byte {
	body := ""
	for _, r := range records {
		// The length of a record counts itself, of two figures here.
		body += string(rune('0'+(len(r)+4)/10)) + string(rune('0'+(len(r)+4)%10)) + " " + r + "\n"
	}
	return join(raw(entry{name: "x", typ: tar.TypeXHeader, body: body}), raw(file("a", "1\n0\n0\n"+strings.Repeat("\x00", 506))), mark())
}

func many(n int) (out []entry) {
	for i := range n {
		out = append(out, file("f"+string(rune('a'+i)), ""))
	}
	return out
}

// gnu is raw in the format of GNU tar.
func gnu(e entry) []byte {
	b := raw(e)
	copy(b[257:], "ustar  \x00")
	checked(b[:block])
	return b
}

func TestTarIsOfOneCompression(t *testing.T) {
	in := tarOf(t, file("a", ""))
	ways := everyway(t, in)
	for as, c := range map[string]Compression{"none": Uncompressed, "gzip": Gzip, "xz": XZ, "zstd": Zstd} {
		for other, in := range ways {
			if strings.Contains(other, ",") {
				continue
			}
			o := few()
			o.Compression = c
			err := Tar(bytes.NewReader(in), o, new(seen).visit)
			if as == other && err != nil {
				t.Errorf("%s: %v", as, err)
			}
			if as != other {
				refusal(t, err, "its compression is "+other+", and should be "+as)
			}
		}
	}
}

// TestVisitDecides holds that what visit says comes back as it is, and that what it leaves
// alone is read and judged all the same.
func TestVisitDecides(t *testing.T) {
	in := tarOf(t, file("a", "hello\n"), file("b", "world\n"))
	enough := errors.New("enough")
	n := 0
	err := Tar(bytes.NewReader(in), few(), func(Member, io.Reader) error { n++; return enough })
	if err != enough || n != 1 {
		t.Errorf("after %d members the error is %v", n, err)
	}
	var kept io.Reader
	err = Tar(bytes.NewReader(in), few(), func(_ Member, r io.Reader) error {
		if kept != nil {
			if _, err := kept.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("the content of an earlier member is still there: %v", err)
			}
		}
		kept = r
		return nil
	})
	if err != nil || kept == nil {
		t.Errorf("error %v", err)
	}
	cut := join(raw(entry{name: "a", size: 4000}), mark())
	refusal(t, Tar(bytes.NewReader(cut), few(), func(Member, io.Reader) error { return nil }), "ends too early")
}
