package apt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// found is what entries say in short.
func found(list []Entry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.Version+" "+e.Architecture)
	}
	return strings.Join(out, ", ")
}

func TestIndexRead(t *testing.T) {
	plain, packed := "testdata/Packages", "testdata/Packages.xz"
	var content = map[string]string{}
	for ext, file := range map[string]string{"": plain, ".xz": packed} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[ext] = string(b)
	}
	content[".gz"] = gzipped(content[""])
	for ext, c := range content {
		list, err := indexOf(c, ext).Read(iotest.HalfReader(strings.NewReader(c)), "harbour", "amd64")
		if err != nil || found(list) != "1.2.3-1 amd64" {
			t.Errorf("%q: %v, %v", ext, list, err)
		}
		list, err = indexOf(c, ext).Read(strings.NewReader(c), "har", "amd64")
		if err != nil || list != nil {
			t.Errorf("%q, another package: %v, %v", ext, list, err)
		}
	}
	several := paragraph("1.2.3-1", "amd64") + paragraph("1.10-1", "amd64") + paragraph("1.2.3-1", "all") + paragraph("1.9-1", "amd64")
	list, err := indexOf(several, "").Read(strings.NewReader(several), "harbour", "amd64")
	if err != nil || found(list) != "1.2.3-1 all, 1.10-1 amd64, 1.9-1 amd64, 1.2.3-1 amd64" {
		t.Errorf("%v, %v", found(list), err)
	}
	if list, err = indexOf("", "").Read(strings.NewReader(""), "harbour", "amd64"); list != nil || err != nil {
		t.Errorf("empty: %v, %v", list, err)
	}
}

func TestIndexReadRefuses(t *testing.T) {
	good := paragraph("1.2.3-1", "amd64")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	page := []byte("A: " + strings.Repeat("x", MaxStanza-5) + "\n\n")
	for range maxTestIndex/len(page) + 1 {
		_, _ = w.Write(page)
	}
	w.Close()
	bomb := packed.String()
	for _, tt := range []struct {
		name, ext, listed, served, want string
	}{
		{"changed", "", good, strings.Replace(good, "1.2.3", "1.2.4", 1), "its SHA256 is "},
		{"changed, packed", ".gz", gzipped(good), gzipped(strings.Replace(good, "1.2.3", "1.2.4", 1)), ""},
		{"longer", "", good, good + good, "it has more than the"},
		{"shorter", "", good, good[:len(good)-1], "by the Release file"},
		{"a web page", ".gz", gzipped(good), "<html>", "it has 6 bytes"},
		{"no gzip", ".gz", good, good, "cannot be read"},
		{"no xz", ".xz", good, good, "cannot be read"},
		{"something behind gzip", ".gz", gzipped(good) + "x", gzipped(good) + "x", "cannot be read"},
		{"a bomb", ".gz", bomb, bomb, "unpacked it has more than"},
		{"twice", "", good + good, good + good, "harbour 1.2.3-1 stands in it twice for amd64"},
		{"twice, but for its file", "", good + paragraph("1.2.3-1", "amd64", "Filename: x.deb"), good + paragraph("1.2.3-1", "amd64", "Filename: x.deb"), "stands in it twice"},
		{"twice, in other words", "", good + paragraph("0:1.2.3-01", "amd64"), good + paragraph("0:1.2.3-01", "amd64"), "stands in it twice"},
		{"for another machine", "", paragraph("1.2.3-1", "arm64"), paragraph("1.2.3-1", "arm64"), `is for "arm64"`},
		{"for no machine", "", paragraph("1.2.3-1", ""), paragraph("1.2.3-1", ""), "is no architecture"},
		{"a field twice", "", "Package: harbour\n" + good, "Package: harbour\n" + good, "a field stands twice"},
		{"two names", "", "Package: other\n" + good, "Package: other\n" + good, "a field stands twice"},
		{"no version", "", paragraph("x", "amd64"), paragraph("x", "amd64"), `"x" is no version`},
		{"a long paragraph", "", "Package: x\nA: " + strings.Repeat("x", MaxStanza), "Package: x\nA: " + strings.Repeat("x", MaxStanza), "a paragraph is too long"},
		{"too many", "", manyParagraphs(), manyParagraphs(), "more than 1000 entries"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := indexOf(tt.listed, tt.ext).Read(strings.NewReader(tt.served), "harbour", "amd64")
			isRefused(t, err, tt.want)
			if list != nil || !strings.Contains(err.Error(), "the index main/binary-amd64/Packages"+tt.ext) {
				t.Errorf("%v, %v", list, err)
			}
		})
	}
}

func manyParagraphs() string {
	var b strings.Builder
	for i := range maxEntries + 1 {
		b.WriteString(paragraph(fmt.Sprint(i), "amd64"))
	}
	return b.String()
}

// An index that could not be read to its end is no refused one: another try may mend it.
func TestIndexReadFails(t *testing.T) {
	broken := errors.New("connection reset")
	good := paragraph("1.2.3-1", "amd64")
	for ext, content := range map[string]string{"": good, ".gz": gzipped(good), ".xz": "\xfd7zXZ\x00"} {
		r := io.MultiReader(strings.NewReader(content[:4]), iotest.ErrReader(broken))
		list, err := indexOf(content, ext).Read(r, "harbour", "amd64")
		if list != nil || !errors.Is(err, broken) || errors.As(err, new(*Refused)) {
			t.Errorf("%q: %v, %v", ext, list, err)
		}
	}
}

// listOf reads the entries of paragraphs, as from several indexes.
func listOf(t testing.TB, paragraphs ...string) []Entry {
	t.Helper()
	var out []Entry
	for _, p := range paragraphs {
		e, err := parseEntry([]byte(strings.TrimSpace(p)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		name, chosen, others string
		list                 []string
	}{
		{"nothing", "", "", nil},
		{"one", "1.2.3-1 amd64", "", []string{paragraph("1.2.3-1", "amd64")}},
		{"two architectures", "1.2.3-1 amd64, 1.2.3-1 arm64", "", []string{paragraph("1.2.3-1", "arm64"), paragraph("1.2.3-1", "amd64")}},
		{"the newest revision", "1.2.3-10 amd64", "[1.3-1 amd64 true] [1.2.3-2 amd64 false]",
			[]string{paragraph("1.2.3-2", "amd64"), paragraph("1.2.3-10", "amd64"), paragraph("1.3-1", "amd64")}},
		{"an epoch", "1:1.2.3-1 amd64", "[1.2.3-1 amd64 false]", []string{paragraph("1.2.3-1", "amd64"), paragraph("1:1.2.3-1", "amd64")}},
		{"in every index", "1.2.3-1 all", "", []string{paragraph("1.2.3-1", "all"), paragraph("1.2.3-1", "all")}},
		{"others alone", "", "[1.2.4-1 amd64 false] [1.2.3~rc1-1 amd64 false]", []string{paragraph("1.2.3~rc1-1", "amd64"), paragraph("1.2.4-1", "amd64")}},
		{"another that is not in order", "1.2.3-1 amd64", "[1.2.2-1 amd64 false]", []string{paragraph("1.2.3-1", "amd64"), paragraph("1.2.2-1", "amd64", "-SHA256")}},
		{"below the root", "1.2.3-1 amd64", "", []string{paragraph("1.2.3-1", "amd64", "Filename: ./h.deb")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, others, err := Choose(listOf(t, tt.list...), "1.2.3")
			said := []string{}
			for _, o := range others {
				said = append(said, fmt.Sprintf("[%s %s %v]", o.Version, o.Architecture, o.Newer))
			}
			if err != nil || found(list) != tt.chosen || strings.Join(said, " ") != tt.others {
				t.Errorf("%q, %q, %v", found(list), said, err)
			}
			for _, e := range list {
				if e.Size != 1234 || !sum256(e.SHA256) || strings.HasPrefix(e.Filename, ".") {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		changes    []string
	}{
		{"out of the root", "leads out of the archive", []string{"Filename: ../../etc/x.deb"}},
		{"out of the root, further in", "leads out of the archive", []string{"Filename: pool/../../x.deb"}},
		{"absolute", "leads out of the archive", []string{"Filename: /x.deb"}},
		{"another host", "leads out of the archive", []string{"Filename: //evil.example/x.deb"}},
		{"another place", "leads out of the archive", []string{"Filename: https://evil.example/x.deb"}},
		{"twice below", "no plain path", []string{"Filename: ././x.deb"}},
		{"backslashes", "no path of an archive has", []string{`Filename: ..\x.deb`}},
		{"an escape", "no path of an archive has", []string{"Filename: \x1bx.deb"}},
		{"over two lines", "no path of an archive has", []string{"Filename: x\n y.deb"}},
		{"no .deb", "is no .deb", []string{"Filename: pool/x.exe"}},
		{"no file", "leads out of the archive", []string{"-Filename"}},
		{"too long", "leads nowhere", []string{"Filename: " + strings.Repeat("x", 1024) + ".deb"}},
		{"no size", `its Size is ""`, []string{"-Size"}},
		{"a size below zero", `its Size is "-1"`, []string{"Size: -1"}},
		{"nothing in it", `its Size is "0"`, []string{"Size: 0"}},
		{"no sum", `its SHA256 is ""`, []string{"-SHA256"}},
		{"a short sum", `its SHA256 is "abcd"`, []string{"SHA256: abcd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, others, err := Choose(listOf(t, paragraph("1.2.3-1", "amd64", tt.changes...)), "1.2.3")
			isRefused(t, err, tt.want)
			if list != nil || others != nil {
				t.Errorf("%v, %v", list, others)
			}
		})
	}
	// One package for all architectures, which is not the same in two indexes.
	list, _, err := Choose(listOf(t, paragraph("1.2.3-1", "all"), paragraph("1.2.3-1", "all", "Size: 99")), "1.2.3")
	isRefused(t, err, "stands in it twice")
	if list != nil {
		t.Error(list)
	}
}

func FuzzIndex(f *testing.F) {
	good := paragraph("1.2.3-1", "amd64")
	f.Add(good+paragraph("1.2.3-2", "all"), byte(0))
	f.Add(gzipped(good), byte(1))
	f.Add("\xfd7zXZ\x00\x00\x04", byte(2))
	f.Add(paragraph("1.2.3", "amd64", "Filename: ../x.deb"), byte(0))
	f.Fuzz(func(t *testing.T, in string, form byte) {
		ext := []string{"", ".gz", ".xz"}[form%3]
		list, err := indexOf(in, ext).Read(strings.NewReader(in), "harbour", "amd64")
		if err != nil {
			isRefused(t, err, "")
			return
		}
		chosen, others, err := Choose(list, "1.2.3")
		if err != nil {
			isRefused(t, err, "")
			return
		}
		if len(chosen)+len(others) != len(list) || len(chosen) > 2 {
			t.Errorf("of %d there are %d chosen and %d others", len(list), len(chosen), len(others))
		}
		for _, e := range chosen {
			if _, err := inside(e.Filename); err != nil || e.Size <= 0 || !sum256(e.SHA256) || !Stands(e.Version, "1.2.3") || e.Package != "harbour" {
				t.Errorf("%+v", e)
			}
		}
	})
}

func FuzzInside(f *testing.F) {
	for _, s := range []string{"pool/x.deb", "./x.deb", "../x.deb", "/x.deb", "a//b.deb", "%2e%2e/x.deb", ".deb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := inside(s)
		if err == nil && (strings.Contains("/"+p+"/", "/../") || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "\n\\\x00") || !strings.HasSuffix(p, ".deb")) {
			t.Errorf("%q is taken for %q", s, p)
		}
	})
}
