package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// judged reads an archive twice, the second time without looking at the content, and holds
// what every archive promises.
func judged(t *testing.T, read func(Visit) error, o Options) {
	t.Helper()
	seen, out := map[string]Type{}, int64(0)
	err := read(func(m Member, r io.Reader) error {
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			if !errors.As(err, new(*Refused)) {
				t.Errorf("%q: the content ends in %v", m.Path, err)
			}
			return err
		}
		out += n
		if m.Type == File && n != m.Size || m.Type != File && n != 0 || n > o.MemberBytes {
			t.Errorf("%q has %d bytes of %d", m.Path, n, m.Size)
		}
		member(t, m, seen, o)
		return nil
	})
	if err != nil && !errors.As(err, new(*Refused)) {
		t.Errorf("the error is %v", err)
	}
	if err != nil && (!utf8.ValidString(err.Error()) || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
		t.Errorf("the error shows %q", err)
	}
	if len(seen) > o.Members || out > o.TotalBytes {
		t.Errorf("there are %d members of %d bytes", len(seen), out)
	}
	again := read(func(Member, io.Reader) error { return nil })
	if (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
		t.Errorf("read to the end, the error is %v; left alone, it is %v", err, again)
	}
}

// member holds what every member promises.
func member(t *testing.T, m Member, seen map[string]Type, o Options) {
	t.Helper()
	if m.Control {
		if m.Type != File && m.Type != Dir && m.Type != Symlink {
			t.Errorf("%q is a %d in control.tar", m.Path, m.Type)
		}
		return
	}
	if path.Clean("/"+m.Path) != "/"+m.Path || m.Path == "" || !utf8.ValidString(m.Path) || len(m.Path) > o.PathBytes {
		t.Errorf("the path is %q", m.Path)
	}
	if old, known := seen[m.Path]; known && (old != Dir || m.Type != Dir) {
		t.Errorf("%q comes twice", m.Path)
	}
	for in := path.Dir(m.Path); in != "."; in = path.Dir(in) {
		if old, known := seen[in]; known && old != Dir {
			t.Errorf("%q is in %q", m.Path, in)
		}
	}
	seen[m.Path] = m.Type
	switch old, known := seen[m.Link]; {
	case m.Type == Hardlink && (!known || old == Dir || m.Link == m.Path):
		t.Errorf("%q is a link to %q", m.Path, m.Link)
	case m.Type == Symlink && !o.System && (path.IsAbs(m.Link) || strings.HasPrefix(path.Join(path.Dir(m.Path), m.Link), "..")):
		t.Errorf("%q leads to %q", m.Path, m.Link)
	case !o.System && (m.Type == Hardlink || m.Type == Special):
		t.Errorf("%q is a %d", m.Path, m.Type)
	}
}

func FuzzTar(f *testing.F) {
	in := tarOf(f, dir("./p/"), file("p/a", "hello\n"), symlink("p/b", "a"), file("p/"+strings.Repeat("é", 60), ""))
	for _, b := range everyway(f, in) {
		f.Add(b, false)
	}
	f.Add(bzipped(f), false)
	f.Add(tarOf(f, file("a", ""), hardlink("b", "a"), symlink("c", "/x"), entry{name: "d", typ: tar.TypeChar}), true)
	f.Add(paxed("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1024"), true)
	f.Add(join(raw(entry{name: "././@LongLink", typ: tar.TypeGNULongName, body: "long\x00"}), raw(file("l", "")), mark()), false)
	f.Add(join(paxSize(1024), paxSize(1024), raw(file("a", strings.Repeat("x", 1024))), mark()), false)
	f.Add(tarOf(f, entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"comment": "52a8e7f"}}, file("a", "")), false)
	f.Fuzz(func(t *testing.T, b []byte, root bool) {
		o := few()
		o.System = root
		judged(t, func(v Visit) error { return Tar(bytes.NewReader(b), o, v) }, o)
	})
}

func FuzzZip(f *testing.F) {
	f.Add(wheel(f))
	f.Add(zipOf(zipped{name: "a/", stored: true, mode: 0o040755}, zipped{name: "a/b", body: "hello", stored: true, descriptor: 12}))
	f.Add(zipOf(zipped{name: "a", body: "hello", wide: true}, zipped{name: "b", body: "hello", descriptor: 24}))
	f.Add(zip64Of(nil, zipped{name: "a", body: "hello", extra: "UT\x05\x00\x01abcd"}))
	f.Add(swapped())
	f.Fuzz(func(t *testing.T, b []byte) {
		o := few()
		judged(t, func(v Visit) error { return Zip(bytes.NewReader(b), int64(len(b)), o, v) }, o)
	})
}

func FuzzDeb(f *testing.F) {
	c, d := control(f), data(f)
	f.Add(arOf("debian-binary", "2.0\n", "control.tar.gz", c, "data.tar.gz", string(gzipped(d))))
	f.Add(arOf("debian-binary", "2.0\n", "control.tar.gz", c, "data.tar.xz", string(xzed(d, 0)), "_gpgorigin", "x"))
	f.Add(arOf("debian-binary", "2.0\n", "control.tar.gz", c, "data.tar.zst", string(zstded(f, d))))
	f.Add(arOf("debian-binary", "2.0\n", "control.tar.gz", c, "data.tar", string(d)))
	f.Add(odd(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := system(few())
		judged(t, func(v Visit) error { return Deb(bytes.NewReader(b), o, v) }, o)
	})
}

// FuzzPaths holds that a path which is taken stays where it is, however it is written.
func FuzzPaths(f *testing.F) {
	for _, s := range []string{"a/b", "./a", "../a", "a//b/./c/", `a\..\b`, "C:x", "./C:x", "/a", ".", "a\x00b", "é/ü"} {
		f.Add(s, "../b", true)
		f.Add(s, "c/../../d", false)
	}
	f.Fuzz(func(t *testing.T, raw, link string, root bool) {
		o := few()
		o.System = root
		p, why := o.clean(raw)
		if why != "" {
			if p != "" {
				t.Errorf("%q is refused and gives %q", raw, p)
			}
			return
		}
		if again, why := o.clean(p); p != "" && (again != p || why != "") {
			t.Errorf("%q gives %q, and that %q, %s", raw, p, again, why)
		}
		if want := strings.TrimPrefix(path.Clean("/"+raw), "/"); p != want {
			t.Errorf("%q gives %q, not %q", raw, p, want)
		}
		if p != "" && !root && o.leads(p, link) == "" {
			if to := path.Join(path.Dir(p), link); path.IsAbs(link) || to == ".." || strings.HasPrefix(to, "../") {
				t.Errorf("%q may lead to %q", p, link)
			}
		}
	})
}
