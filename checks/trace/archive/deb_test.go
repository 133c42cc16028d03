package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// arOf writes an ar archive of parts, which are names and contents in turn.
func arOf(parts ...string) []byte {
	out := []byte(arMagic)
	for i := 0; i < len(parts); i += 2 {
		out = fmt.Appendf(out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", parts[i], 1700000000, 0, 0, "100644", len(parts[i+1]))
		out = append(out, parts[i+1]...)
		if len(parts[i+1])%2 == 1 {
			out = append(out, '\n')
		}
	}
	return out
}

func control(t testing.TB) string {
	return string(gzipped(tarOf(t, dir("./"), file("./control", "Package: p\n"), entry{name: "./postinst", body: "#!", mode: 0o755})))
}

func data(t testing.TB) []byte {
	return tarOf(t, dir("./"), dir("./usr/"), file("./usr/a", "hello"), hardlink("./usr/b", "./usr/a"), symlink("./lib", "/usr/lib"))
}

const debSaw = "control file control \"Package: p\\n\"\ncontrol file postinst* \"#!\"\n" +
	"dir usr\nfile usr/a \"hello\"\nhardlink usr/b -> usr/a\nsymlink lib -> /usr/lib"

func TestDebReads(t *testing.T) {
	c, d, v := control(t), data(t), "2.0\n"
	plain := string(tarOf(t, file("./control", "x")))
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"gzip", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", string(gzipped(d))), debSaw},
		{"xz", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.xz", string(xzed(d, 20))), debSaw},
		{"zstd", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.zst", string(zstded(t, d))), debSaw},
		{"nothing", arOf("debian-binary", v, "control.tar.gz", c, "data.tar", string(d)), debSaw},
		{"bzip2", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.bz2", string(bzipped(t))),
			strings.Split(debSaw, "\ndir")[0] + "\nfile a \"hello\\n\""},
		{"slashes behind names", arOf("debian-binary/", v, "control.tar.gz/", c, "data.tar.xz/", string(xzed(d, 20))), debSaw},
		{"without a last line end", bytes.TrimSuffix(odd(t), []byte("\n")), "control file control \"x\"\nfile a \"\""},
		{"with it", odd(t), "control file control \"x\"\nfile a \"\""},
		{"control in zstd", arOf("debian-binary", v, "control.tar.zst", string(zstded(t, []byte(plain))), "data.tar", string(tarOf(t))), "control file control \"x\""},
		{"control in xz", arOf("debian-binary", v, "control.tar.xz", string(xzed([]byte(plain), 0)), "data.tar", string(tarOf(t))), "control file control \"x\""},
		{"signed", arOf("debian-binary", v, "control.tar", plain, "data.tar", string(tarOf(t)), "_gpgorigin", "sig", "_gpgmaint", "nat"),
			"control file control \"x\"\ncontrol file _gpgorigin \"sig\"\ncontrol file _gpgmaint \"nat\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s seen
			if err := Deb(bytes.NewReader(tt.in), few(), s.visit); err != nil || s.String() != tt.want {
				t.Errorf("error %v, it saw\n%s\nwant\n%s", err, &s, tt.want)
			}
		})
	}
}

// odd is a .deb whose last part has an odd number of bytes.
func odd(t testing.TB) []byte {
	t.Helper()
	d := gzipped(tarOf(t, file("a", "")))
	if len(d)%2 == 0 {
		// The name of what was compressed stands in the header, when its flag is set.
		d[3] |= 1 << 3
		d = join(d[:10], []byte("ab\x00"), d[10:])
	}
	return arOf("debian-binary", "2.0\n", "control.tar", string(tarOf(t, file("control", "x"))), "data.tar.gz", string(d))
}

func TestDebRefuses(t *testing.T) {
	c, d, v := control(t), string(gzipped(data(t))), "2.0\n"
	good := arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d)
	deb := func(e ...entry) []byte {
		return arOf("debian-binary", v, "control.tar.gz", c, "data.tar", string(tarOf(t, e...)))
	}
	for _, tt := range []struct {
		name string
		in   []byte
		says string
	}{
		{"nothing at all", nil, "ends too early"},
		{"text", []byte("hello, this is text\n"), "it is not a .deb"},
		{"a magic only", []byte(arMagic), "does not begin with debian-binary"},
		{"another first part", arOf("control.tar.gz", c), "does not begin with debian-binary"},
		{"another version", arOf("debian-binary", "2.1\n", "control.tar.gz", c, "data.tar.gz", d), "another format than 2.0"},
		{"version 3", arOf("debian-binary", "3.0\n"), "another format than 2.0"},
		{"a long version", arOf("debian-binary", "2.0\n# and more"), "does not begin with debian-binary"},
		{"no control", arOf("debian-binary", v), "control.tar: the archive ends before it"},
		{"no data", arOf("debian-binary", v, "control.tar.gz", c), "data.tar: the archive ends before it"},
		{"data first", arOf("debian-binary", v, "data.tar.gz", d, "control.tar.gz", c), "it stands where control.tar should be"},
		{"data twice", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "data.tar.gz", d), "it stands behind the data"},
		{"control twice", arOf("debian-binary", v, "control.tar.gz", c, "control.tar.gz", c, "data.tar.gz", d), "it stands where data.tar should be"},
		{"something between", arOf("debian-binary", v, "_extra", "x", "control.tar.gz", c, "data.tar.gz", d), "it stands where control.tar should be"},
		{"something behind", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "_extra", "x"), "it stands behind the data"},
		{"a letter behind", append(bytes.Clone(good), 'x'), "ends too early"},
		{"a signature twice", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "_gpgx", "x", "_gpgx", "x"), "it stands behind the data"},
		{"a large signature", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "_gpgx", strings.Repeat("x", maxSignature+1)), "a signature of 64.0 KiB"},
		{"a signature with a way out", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "_gpg/../x", "x"), "it stands behind the data"},
		{"a signature that is cut", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d, "_gpgx", "xyz")[:8+60+4+60+len(c)+len(c)%2+60+len(d)+len(d)%2+62], "ends too early"},
		{"an unknown compression", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.lzma", d), "it stands where data.tar should be"},
		{"control in bzip2", arOf("debian-binary", v, "control.tar.bz2", c, "data.tar.gz", d), "it stands where control.tar should be"},
		{"another compression", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.xz", d), "its compression is gzip, and should be xz"},
		{"a letter behind the data", arOf("debian-binary", v, "control.tar.gz", c, "data.tar.gz", d+"xx"), "stands behind it"},
		{"a size that is not one", patch(good, 8+48, '-'), "not a well-formed ar archive"},
		{"a size of nothing", patch(good, 8+48, ' '), "not a well-formed ar archive"},
		{"a header that does not end", patch(good, 8+58, 'x'), "not a well-formed ar archive"},
		{"a size that takes the next part, too", patch(good, 8+60+4+48+3, '0'), "stands behind it"},
		{"a letter between", fill(t, 'x'), "something is hidden behind it"},
		{"a way out in the data", deb(file("../a", "")), "leads out"},
		{"a sparse file in the data", arOf("debian-binary", v, "control.tar.gz", c, "data.tar", string(paxed("GNU.sparse.major=7"))), "a: a sparse file"},
		{"sparse files for all", deb(entry{typ: tar.TypeXGlobalHeader, pax: map[string]string{"GNU.sparse.major": "1"}}), "a GNU.sparse.major for all members"},
		{"a file twice in the data", deb(file("a", ""), file("a", "")), "twice"},
		{"a hard link forward in the data", deb(hardlink("b", "a")), "did not come before it"},
		{"a link in control", arOf("debian-binary", v, "control.tar", string(tarOf(t, symlink("control", "/etc/passwd"))), "data.tar.gz", d), "a link to an absolute path"},
		{"a device in control", arOf("debian-binary", v, "control.tar", string(tarOf(t, entry{name: "x", typ: tar.TypeChar})), "data.tar.gz", d), "a device"},
		{"many members in both", arOf("debian-binary", v, "control.tar", string(tarOf(t, many(10)...)), "data.tar", string(tarOf(t, many(11)...))), "more than 20 members"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusal(t, Deb(bytes.NewReader(tt.in), few(), new(seen).visit), tt.says)
		})
	}
}

// fill is a .deb with another byte than a line end behind a part of odd size.
func fill(t testing.TB, c byte) []byte {
	b := bytes.Clone(odd(t))
	b[len(b)-1] = c
	return b
}
