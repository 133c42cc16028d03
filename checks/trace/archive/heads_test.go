package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestHeads holds that a member is described in one way only, so that no other reader sees
// another member.
func TestHeads(t *testing.T) {
	x := func(body string) []byte { return raw(entry{name: "x", typ: tar.TypeXHeader, body: body}) }
	g := func(body string) []byte { return raw(entry{name: "g", typ: tar.TypeXGlobalHeader, body: body}) }
	l := func(name string) []byte {
		return raw(entry{name: "././@LongLink", typ: tar.TypeGNULongName, body: name + "\x00"})
	}
	k := func(name string) []byte {
		return raw(entry{name: "././@LongLink", typ: tar.TypeGNULongLink, body: name + "\x00"})
	}
	old := raw(file("a", "hello"))
	old[156] = tar.TypeRegA
	checked(old[:block])
	// with changes one place of a header.
	with := func(b []byte, at int, to string) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		checked(b[:block])
		return b
	}
	v7 := with(raw(file("a", "hello")), 257, strings.Repeat("\x00", 8))
	star := with(raw(file("a", "hello")), 508, "tar\x00")
	a, b := raw(file("a", "hello")), raw(file("b", "world"))
	const commit = "14 comment=52\n"
	pax := func(key, value string) []byte {
		n := len(key) + len(value) + 3
		for size := n; ; size++ {
			if line := fmt.Sprintf("%d %s=%s\n", size, key, value); len(line) == size {
				return x(line)
			}
		}
	}
	long := "p/" + strings.Repeat("l", 120) + ".py"
	for _, tt := range []struct {
		name string
		in   []byte
		says string // empty: it is read
		want string
	}{
		{"one of PAX", join(x("10 path=a\n"), a), "", `file a "hello"`},
		{"one of PAX for each", join(x("10 path=a\n"), a, x("10 path=b\n"), b), "", "file a \"hello\"\nfile b \"world\""},
		{"one of PAX for all", join(g(commit), a, b), "", "file a \"hello\"\nfile b \"world\""},
		{"one of PAX for all, and one for one", join(g(commit), x("10 path=a\n"), a), "", `file a "hello"`},
		{"two of PAX for all, in turn", join(g(commit), g(commit), a), "", `file a "hello"`},
		{"a name and a link of GNU", join(k("n"), l("m"), raw(symlink("c", "d"))), "", "symlink m -> n"},
		{"a file of before", old, "", `file a "hello"`},
		{"the size that it has", join(x("9 size=5\n"), a), "", `file a "hello"`},

		{"a file of Unix version 7", v7, "", `file a "hello"`},
		{"a file of star", star, "", `file a "hello"`},
		{"a file of star with a prefix", with(star, 345, "p"), "", `file p/a "hello"`},
		{"a file of GNU", gnu(file("a", "hello")), "", `file a "hello"`},
		{"times in the place of a prefix", with(v7, 345+131, "12130404200\x0012130627766\x00"), "", `file a "hello"`},
		{"a prefix", with(a, 345, "p"), "", `file p/a "hello"`},
		{"a size with spaces", with(a, 124, "         5  "), "", `file a "hello"`},
		{"no size at all", with(raw(file("a", "")), 124, strings.Repeat("\x00", 12)), "", `file a ""`},

		{"a size behind a NUL", with(a, 124, "\x0000000000005"[:12]), "a size that readers take differently", ""},
		{"a size before a NUL", with(a, 124, "5\x00007\x00"), "a size that readers take differently", ""},
		{"a prefix of version 7", with(v7, 345, "p"), "a name that readers take differently", ""},
		{"a prefix of GNU", with(gnu(file("a", "hello")), 345, "00000000000\x00"), "a name that readers take differently", ""},
		{"a prefix of star that is too long", with(star, 345, strings.Repeat("p", 131)), "a name that readers take differently", ""},
		{"a prefix on a description", join(with(gnu(entry{name: "././@LongLink", typ: tar.TypeGNULongName, body: "c\x00"}), 345, "p"), a), "a name that readers take differently", ""},
		{"two of PAX", join(x("10 path=c\n"), x("10 path=d\n"), a), "several headers", ""},
		{"two of PAX, far from another", join(x("10 path=a\n"), a, x("10 path=d\n"), x("10 path=e\n"), b), "several headers", `file a "hello"`},
		{"one of PAX, and then one for all", join(x("10 path=c\n"), g(commit), a), "several headers", ""},
		{"PAX and then GNU", join(x("10 path=c\n"), l("d"), a), "several headers", ""},
		{"GNU and then PAX", join(l("d"), x("10 path=c\n"), a), "several headers", ""},
		{"GNU, and then one for all", join(l("d"), g(commit), a), "several headers", ""},
		{"two names of GNU", join(l("c"), l("d"), a), "several headers", ""},
		{"two links of GNU", join(k("c"), k("d"), raw(symlink("a", "b"))), "several headers", ""},
		{"another size", join(x("9 size=6\n"), a), "two sizes", ""},
		{"another size in other figures", join(x("12 size=005\n"), a), "two sizes", ""},
		{"another size than one in bytes", join(x("9 size=5\n"), with(a, 124, "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05")), "two sizes", ""},
		{"another name", join(x("10 path=c\n"), a), "two names", ""},
		{"another name behind a prefix", join(x("10 path=a\n"), with(a, 345, "p")), "two names", ""},
		{"another long name", join(pax("path", long), a), "two names", ""},
		{"another name of other letters", join(pax("path", "é.py"), a), "two names", ""},
		{"another link", join(pax("linkpath", "b"), raw(symlink("a", "c"))), "two links", ""},
		{"a long name that was cut", join(pax("path", long), raw(file(long[:100], "hello"))), "", "file " + long + " \"hello\""},
		{"a long name of git's", join(pax("path", long), raw(file(strings.Repeat("0f", 20)+".data", "hello"))), "", "file " + long + " \"hello\""},
		{"a name without its letters", join(pax("path", "p/é.py"), raw(file("p/.py", "hello"))), "", "file p/é.py \"hello\""},
		{"a name with a sign for a letter", join(pax("path", "p/é.py"), raw(file("p/?.py", "hello"))), "", "file p/é.py \"hello\""},
		{"a name with its letters", join(pax("path", "p/é.py"), raw(file("p/é.py", "hello"))), "", "file p/é.py \"hello\""},
		{"a file of before, described after", join(x("10 path=c\n"), old), "a header of before 1988", ""},
		{"something behind what is for all", join(spoil(g(commit), block+100), a), "something is hidden behind its content", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s seen
			err := Tar(bytes.NewReader(join(tt.in, mark())), few(), s.visit)
			if tt.says == "" && err != nil {
				t.Error(err)
			}
			if tt.says != "" {
				refusal(t, err, tt.says)
			}
			if s.String() != tt.want {
				t.Errorf("it saw\n%s\nwant\n%s", &s, tt.want)
			}
		})
	}
}

// TestTwoTars is what the rule is for: content that is a tar, and a size that only some
// readers obey, so that they find a member there.
func TestTwoTars(t *testing.T) {
	inner := join(raw(file("p/setup.py", "evil")), mark())
	outer := raw(file("p/tests/fixture.tar", string(inner)))
	for name, in := range map[string][]byte{
		"one size":          join(paxSize(int64(len(inner))), outer, mark()),
		"two sizes":         join(paxSize(0), paxSize(int64(len(inner))), outer, mark()),
		"two the other way": join(paxSize(int64(len(inner))), paxSize(0), outer, mark()),
		"none":              join(paxSize(0), outer, mark()),
	} {
		var s seen
		err := Tar(bytes.NewReader(in), few(), s.visit)
		if (err == nil) != (name == "one size") || strings.Contains(s.String(), "file p/setup.py") {
			t.Errorf("%s: error %v, it saw\n%s", name, err, &s)
		}
	}
}

// paxSize is a header of PAX with a size of four figures.
func paxSize(n int64) []byte {
	return raw(entry{name: "x", typ: tar.TypeXHeader, body: fmt.Sprintf("13 size=%04d\n", n)})
}
