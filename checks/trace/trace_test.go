package trace_test

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
)

// file is a file of a commit or of an artifact, by its content.
type file struct {
	path, content string
	mode          checks.Mode // of a commit's; empty for a plain file
}

// blob is git's name for a content, by another implementation than the product's.
func blob(content string) string {
	return fmt.Sprintf("%x", plainSHA1([]byte(fmt.Sprintf("blob %d\x00%s", len(content), content))))
}

// commit is a tree that holds files.
func commit(files ...file) *trace.Tree {
	var entries []checks.TreeEntry
	for _, f := range files {
		mode := f.mode
		if mode == "" {
			mode = checks.ModeFile
		}
		entries = append(entries, checks.TreeEntry{Path: f.path, Mode: mode, SHA: blob(f.content), Size: int64(len(f.content))})
	}
	return trace.NewTree("0123456789abcdef0123456789abcdef01234567", entries)
}

// contents are the commit's contents that a tracer wants.
func contents(wanted []string, files []file) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range files {
		if slices.Contains(wanted, blob(f.content)) {
			out[blob(f.content)] = []byte(f.content)
		}
	}
	return out
}

// traced shows a tracer an artifact's files and gives its report.
func traced(t *testing.T, o trace.Options, in []file, members ...file) checks.Traced {
	t.Helper()
	tr := trace.New(commit(in...), o)
	for _, m := range members {
		if err := tr.Visit(member(m)); err != nil {
			t.Fatalf("%s: %v", m.path, err)
		}
	}
	return tr.Report(contents(tr.Wanted(), in))
}

// member is a file as an archive shows it.
func member(f file) (archive.Member, *strings.Reader) {
	m := archive.Member{Path: f.path, Size: int64(len(f.content)), Exec: f.mode == checks.ModeExecutable}
	if rest, ok := strings.CutPrefix(f.path, "DEBIAN/"); ok {
		m.Path, m.Control = rest, true
	}
	if f.mode == checks.ModeSymlink {
		m.Type, m.Size, m.Link = archive.Symlink, 0, f.content
		return m, strings.NewReader("")
	}
	return m, strings.NewReader(f.content)
}

// tell is a report in a few lines, for comparing.
func tell(r checks.Traced) string {
	var b strings.Builder
	for _, f := range r.Files {
		if f.Verdict == checks.FileSame && f.Place != "" && f.Why.IsZero() {
			continue
		}
		fmt.Fprintf(&b, "%s %s", f.Verdict, f.Path)
		if f.InGit != "" && f.InGit != f.Path {
			fmt.Fprintf(&b, " <- %s", f.InGit)
		}
		if !f.Why.IsZero() {
			fmt.Fprintf(&b, ": %s", f.Why)
		}
		b.WriteByte('\n')
	}
	for _, l := range r.Lies {
		fmt.Fprintf(&b, "lie %s\n", l)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note %s\n", n)
	}
	return b.String()
}

const (
	pkgInfo = "Metadata-Version: 2.4\nName: harbour\nVersion: 2.11.6\nSummary: a harbour\nRequires-Dist: six>=1\n\n"
	readme  = "# Harbour\n\nShips come in.\n"
)

func sdist() trace.Options {
	return trace.Options{Form: checks.FormSdist, Project: "Harbour", Version: "2.11.6"}
}

// in puts files into the one directory of a source distribution.
func in(files ...file) []file {
	out := slices.Clone(files)
	for i := range out {
		out[i].path = "harbour-2.11.6/" + out[i].path
	}
	return out
}

func TestVerdicts(t *testing.T) {
	tree := []file{{path: "README.md", content: readme}, {path: "harbour/__init__.py", content: "x = 1\n"},
		{path: "tests/data.bin", content: "\x00\x01"}, {path: "link", content: "README.md", mode: checks.ModeSymlink},
		{path: "setup.cfg", content: "[metadata]\nname = harbour\ninstall_requires = six\n"}}
	whole := []file{tree[0], tree[1], tree[2], {path: "link", content: readme},
		{path: "setup.cfg", content: "[metadata]\nname = harbour\ninstall_requires = six\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n"}, {path: "PKG-INFO", content: pkgInfo + readme}}
	const usual = "generated PKG-INFO: the metadata, with a description that the commit has\n" +
		"same link: what the link in the commit leads to\n" +
		"generated setup.cfg: the commit's with the section that setuptools adds\n"
	with := func(f ...file) []file { return append(slices.Clone(whole), f...) }
	without := func(path string) []file {
		return slices.DeleteFunc(slices.Clone(whole), func(f file) bool { return f.path == path })
	}
	for _, tt := range []struct {
		name    string
		members []file
		want    string
	}{
		{"as it should be", whole, usual},
		{"a file more", with(file{path: "m4/build-to-host.m4", content: "eval\n"}), strings.Replace(usual, "same link", "extra m4/build-to-host.m4\nsame link", 1)[:0] +
			"generated PKG-INFO: the metadata, with a description that the commit has\nsame link: what the link in the commit leads to\n" +
			"extra m4/build-to-host.m4\ngenerated setup.cfg: the commit's with the section that setuptools adds\n"},
		{"a file less", without("harbour/__init__.py"), strings.Replace(usual, "same link", "missing harbour/__init__.py\nsame link", 1)},
		{"a file changed", append(without("tests/data.bin"), file{path: "tests/data.bin", content: "\x00\x02"}), usual + "modified tests/data.bin\n"},
		{"a file elsewhere", with(file{path: "zz/copy.bin", content: "\x00\x01"}), usual + "moved zz/copy.bin <- tests/data.bin\n"},
		{"another of its files in its place", append(without("tests/data.bin"), file{path: "tests/data.bin", content: "x = 1\n"}), usual + "modified tests/data.bin\n"},
		{"a link as a link", append(without("link"), tree[3]), strings.Replace(usual, "same link: what the link in the commit leads to\n", "", 1)},
		{"a link to elsewhere", append(without("link"), file{path: "link", content: "setup.cfg", mode: checks.ModeSymlink}),
			strings.Replace(usual, "same link: what the link in the commit leads to", "modified link", 1)},
		{"a copy of another file in a link's place", append(without("link"), file{path: "link", content: "x = 1\n"}),
			strings.Replace(usual, "same link: what the link in the commit leads to", "modified link", 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := traced(t, sdist(), tree, in(tt.members...)...)
			if tell(got) != tt.want {
				t.Errorf("got:\n%swant:\n%s", tell(got), tt.want)
			}
		})
	}
}

// TestShapes holds what a build backend writes against what only looks like it.
func TestShapes(t *testing.T) {
	egg := "harbour.egg-info/"
	for _, tt := range []struct {
		name, path, content string
		want                checks.FileVerdict
	}{
		{"PKG-INFO", "PKG-INFO", pkgInfo, checks.FileGenerated},
		{"of another project", "PKG-INFO", strings.Replace(pkgInfo, "harbour", "other", 1), checks.FileExtra},
		{"of another version", "PKG-INFO", strings.Replace(pkgInfo, "2.11.6", "2.11.7", 1), checks.FileExtra},
		{"with a field that nobody knows", "PKG-INFO", "Run: this\n" + pkgInfo, checks.FileExtra},
		{"metadata elsewhere", "docs/PKG-INFO", pkgInfo, checks.FileExtra},
		{"a field that goes on", "PKG-INFO", strings.Replace(pkgInfo, "Summary: a harbour\n", "License: a\n        b\n", 1), checks.FileGenerated},
		{"SOURCES.txt", egg + "SOURCES.txt", "README.md\nharbour/__init__.py\n", checks.FileGenerated},
		{"SOURCES.txt that leads out", egg + "SOURCES.txt", "../x\n", checks.FileExtra},
		{"top_level.txt", egg + "top_level.txt", "harbour\n", checks.FileGenerated},
		{"top_level.txt with more", egg + "top_level.txt", "harbour; rm\n", checks.FileExtra},
		{"dependency_links.txt", "src/" + egg + "dependency_links.txt", "\n", checks.FileGenerated},
		{"dependency_links.txt that leads somewhere", egg + "dependency_links.txt", "https://evil.example/x\n", checks.FileExtra},
		{"requires.txt", egg + "requires.txt", "six>=1\nclick[x] !=2,>=1\n\n[dev:python_version < \"3\"]\npytest; os_name == 'nt'\n", checks.FileGenerated},
		{"entry_points.txt", egg + "entry_points.txt", "[console_scripts]\nharbour = harbour:main\n", checks.FileGenerated},
		{"entry points of nobody's", egg + "entry_points.txt", "[console_scripts]\nother = elsewhere:main\n", checks.FileExtra},
		{"a version", "harbour/_version.py", "# made\n__version__ = version = '2.11.6'\n__version_tuple__ = version_tuple = (2, 11, 6)\n", checks.FileGenerated},
		{"another version", "harbour/_version.py", "__version__ = '2.11.5'\n", checks.FileExtra},
		{"a version and more", "harbour/_version.py", "__version__ = '2.11.6'\nimport os\n", checks.FileExtra},
		{"a version in a string that ends", "harbour/_version.py", "__version__ = '2.11.6'; import os #'\n", checks.FileExtra},
		{"a version that calls", "harbour/_version.py", "__version__ = '2.11.6'\nversion_tuple = (2, os.system('x'))\n", checks.FileExtra},
		{"no version in it", "harbour/_version.py", "# nothing\n", checks.FileExtra},
		{"setup.cfg of its own", "setup.cfg", "[egg_info]\ntag_build = \ntag_date = 0\n\n", checks.FileGenerated},
		{"setup.cfg with more", "setup.cfg", "[build_ext]\nx = y\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n", checks.FileExtra},
		{"a script", "configure", "#!/bin/sh\n", checks.FileExtra},
		{"by its name alone", egg + "x.pth", "import os\n", checks.FileExtra},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := []file{{path: "README.md", content: readme}, {path: "harbour/__init__.py", content: "x = 1\n"},
				{path: "pyproject.toml", content: "[project.scripts]\nharbour = \"harbour:main\"\nother = 'elsewhere:main'\n"}}
			got := traced(t, sdist(), tree, in(append(slices.Clone(tree), file{path: tt.path, content: tt.content})...)...)
			if len(got.Files) != 1 || got.Files[0].Verdict != tt.want {
				t.Errorf("%s, want %s", tell(got), tt.want)
			}
		})
	}
}

// TestSetupCfg holds the ways in which setuptools writes a setup.cfg anew against those
// in which somebody else does.
func TestSetupCfg(t *testing.T) {
	const was = "# a comment\n[metadata]\nname=harbour\nclassifiers =\n    A\n    B\n\n[egg_info]\ntag_build = dev\n"
	const end = "\n[egg_info]\ntag_build = \ntag_date = 0\n\n"
	for name, tt := range map[string]struct {
		is   string
		want checks.FileVerdict
	}{
		"written anew": {"[metadata]\nname = harbour\nclassifiers = \n\tA\n\tB\n" + end, checks.FileGenerated},
		"a key more":   {"[metadata]\nname = harbour\nclassifiers = \n\tA\n\tB\ncmdclass = x\n" + end, checks.FileModified},
		"a value":      {"[metadata]\nname = harbor\nclassifiers = \n\tA\n\tB\n" + end, checks.FileModified},
		"a section":    {"[metadata]\nname = harbour\nclassifiers = \n\tA\n\tB\n[x]\na = b\n" + end, checks.FileModified},
		"no end":       {"[metadata]\nname = harbour\nclassifiers = \n\tA\n\tB\n", checks.FileModified},
		"not an INI":   {"name = harbour\n" + end, checks.FileModified},
	} {
		t.Run(name, func(t *testing.T) {
			got := traced(t, sdist(), []file{{path: "setup.cfg", content: was}}, in(file{path: "setup.cfg", content: tt.is})...)
			if len(got.Files) != 1 || got.Files[0].Verdict != tt.want {
				t.Errorf("%s, want %s", tell(got), tt.want)
			}
		})
	}
}

// TestWhatGitRewrites is about what git itself writes otherwise than it has it.
func TestWhatGitRewrites(t *testing.T) {
	big := strings.Repeat("ship", 1000)
	lfs := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256([]byte(big)), len(big))
	tree := []file{
		{path: ".gitattributes", content: "*.txt text eol=crlf\n*.bin filter=lfs\narchival.json export-subst\ndocs export-ignore\n"},
		{path: "a.txt", content: "one\ntwo\n"}, {path: "b.py", content: "one\ntwo\n"}, {path: "big.bin", content: lfs},
		{path: "archival.json", content: `{"node": "$Format:%H$", "refs": "$Format:%D$"}` + "\n"}, {path: "docs/x", content: "x"},
	}
	now := func(path, content string) []file {
		out := slices.Clone(tree[:5])
		i := slices.IndexFunc(out, func(f file) bool { return f.path == path })
		out[i].content = content
		return in(out...)
	}
	for _, tt := range []struct{ name, path, content, want string }{
		{"line ends", "a.txt", "one\r\ntwo\r\n", "same a.txt: with the line ends that .gitattributes asks for"},
		{"line ends that nobody asked for", "b.py", "one\r\ntwo\r\n", "modified b.py: only its line ends differ"},
		{"a line", "a.txt", "one\r\ntwo!\r\n", "modified a.txt"},
		{"Git LFS", "big.bin", big, "same big.bin: the commit has its Git LFS pointer"},
		{"another content than the pointer's", "big.bin", big[1:] + "!", "modified big.bin"},
		{"filled in", "archival.json", `{"node": "0123", "refs": "tag: v1, x"}` + "\n", "generated archival.json: git filled in what .gitattributes asks it to"},
		{"filled in with more", "archival.json", `{"node": "0123", "run": "x", "refs": ""}` + "\n", "modified archival.json"},
		{"filled in with a line", "archival.json", "{\"node\": \"01\n23\", \"refs\": \"x\"}\n", "modified archival.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := "missing docs/x: .gitattributes leaves it out of archives\n"
			if tt.path < "docs/x" {
				want = tt.want + "\n" + want
			} else {
				want += tt.want + "\n"
			}
			if got := tell(traced(t, sdist(), tree, now(tt.path, tt.content)...)); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// wheel is a wheel's files with their RECORD.
func wheelOf(files ...file) []file {
	record := ""
	for _, f := range files {
		record += fmt.Sprintf("%s,sha256=%s,%d\n", f.path, rawSum(f.content), len(f.content))
	}
	return append(files, file{path: "harbour-2.11.6.dist-info/RECORD", content: record + "harbour-2.11.6.dist-info/RECORD,,\n"})
}

func rawSum(content string) string {
	sum := sha256.Sum256([]byte(content))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestWheel(t *testing.T) {
	const dist = "harbour-2.11.6.dist-info/"
	tree := []file{{path: "src/harbour/__init__.py", content: "x = 1\n"}, {path: "src/harbour/a.py", content: "y = 1\n"}, {path: "LICENSE", content: "free\n"},
		{path: "bin/harbour", content: "#!/usr/bin/env python3\nimport harbour\n"}}
	good := wheelOf(file{path: "harbour/__init__.py", content: "x = 1\n"}, file{path: "harbour/a.py", content: "y = 1\n"},
		file{path: dist + "METADATA", content: pkgInfo}, file{path: dist + "WHEEL", content: "Wheel-Version: 1.0\nGenerator: x (1)\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		file{path: dist + "licenses/LICENSE", content: "free\n"}, file{path: "harbour-2.11.6.data/scripts/harbour", content: "#!python\nimport harbour\n"})
	const usual = "generated harbour-2.11.6.data/scripts/harbour <- bin/harbour: the commit's, with the first line that installing it writes\ngenerated " + dist + "METADATA: the metadata\ngenerated " + dist + "RECORD: the list of its files\n" +
		"generated " + dist + "WHEEL: what the wheel is\nmoved " + dist + "licenses/LICENSE <- LICENSE\n"
	change := func(path string, f func(string) string) []file {
		out := slices.Clone(good)
		i := slices.IndexFunc(out, func(x file) bool { return strings.HasSuffix(x.path, path) })
		out[i].content = f(out[i].content)
		return out
	}
	replace := func(path, old, new string) []file {
		return change(path, func(s string) string { return strings.Replace(s, old, new, 1) })
	}
	for _, tt := range []struct {
		name    string
		members []file
		want    string
	}{
		{"as it should be", good, usual},
		{"another sum", replace("RECORD", rawSum("y = 1\n"), rawSum("z")), usual + "lie its RECORD has another SHA-256 for harbour/a.py\n"},
		{"another size", replace("RECORD", rawSum("y = 1\n")+",6", rawSum("y = 1\n")+",7"), usual + "lie its RECORD has another size for harbour/a.py\n"},
		{"a weaker sum", replace("RECORD", "sha256="+rawSum("y = 1\n"), "md5=x"), usual + "lie its RECORD has no SHA-256 of harbour/a.py\n"},
		{"not listed", change("RECORD", func(s string) string { _, rest, _ := strings.Cut(s, "\n"); return rest }), usual + "lie its RECORD does not have harbour/__init__.py\n"},
		{"not there", change("RECORD", func(s string) string { return "x.py,sha256=a,1\n" + s }), usual + "lie its RECORD has a file that is not there: x.py\n"},
		{"twice", change("RECORD", func(s string) string { line, _, _ := strings.Cut(s, "\n"); return line + "\n" + s }), usual + "lie its RECORD has harbour/__init__.py twice\n"},
		{"of another version", wheelOf(file{path: dist + "METADATA", content: strings.Replace(pkgInfo, "2.11.6", "6.6.6", 1)}),
			"extra " + dist + "METADATA\ngenerated " + dist + "RECORD: the list of its files\nlie its metadata says that it is harbour 6.6.6\n"},
		{"no RECORD", good[:6], strings.Replace(usual, "generated "+dist+"RECORD: the list of its files\n", "", 1) + "lie it has no RECORD\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tell(traced(t, trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}, tree, tt.members...))
			if got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}

func TestDeb(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, readme)
	z.Close()
	tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}, {path: "harbour/a.py", content: "y = 1\n"}, {path: "README.md", content: readme},
		{path: "debian/postinst", content: "#!/bin/sh\n"}}
	deb := []file{{path: "DEBIAN/control", content: "Package: harbour\nVersion: 1:2.11.6-1\nDescription: a harbour\n more\n"},
		{path: "DEBIAN/md5sums", content: fmt.Sprintf("%x  opt/harbour/harbour/a.py\n%x  usr/x\n", md5.Sum([]byte("y = 1\n")), md5.Sum(nil))},
		{path: "DEBIAN/postinst", content: "#!/bin/sh\n"}, {path: "DEBIAN/prerm", content: "rm\n"},
		{path: "opt/harbour/harbour/__init__.py", content: "x = 1\n"}, {path: "opt/harbour/harbour/a.py", content: "y = 1\n"},
		{path: "opt/harbour/README.md.gz", content: zipped.String()}, {path: "usr/x", content: ""}, {path: "usr/y", content: "yy"}}
	const usual = "outside /usr/x\noutside /usr/y\ngenerated DEBIAN/control: what the package is\ngenerated DEBIAN/md5sums: the sums of its files\nextra DEBIAN/prerm\n" +
		"moved README.md.gz <- README.md: compressed\nmissing debian/postinst\n"
	o := trace.Options{Form: checks.FormDeb, Project: "harbour", Version: "2.11.6", Source: "/opt/harbour/"}
	got := traced(t, o, tree, deb...)
	if want := strings.Replace(usual, "missing debian/postinst\n", "", 1); tell(got) != want {
		t.Errorf("got:\n%swant:\n%s", tell(got), want)
	}
	if got.Outside != (checks.Tally{Files: 2, Bytes: 2}) || got.Same.Files != 3 || got.Source != "opt/harbour" {
		t.Errorf("%+v", got)
	}
	if c := got.Coverage(); c <= 0.5 || c >= 1 {
		t.Errorf("coverage %v", c)
	}
	deb[1].content = strings.Replace(deb[1].content, "opt/harbour/harbour/a.py", "opt/harbour/harbour/__init__.py", 1)
	deb[0].content = strings.Replace(deb[0].content, "2.11.6", "2.11.5", 1)
	if got := tell(traced(t, o, tree, deb...)); !strings.Contains(got, "lie its md5sums has another sum for harbour/__init__.py\n") ||
		!strings.Contains(got, "note its control file names the version 2.11.5-1, not 2.11.6\n") {
		t.Errorf("got:\n%s", got)
	}
}

// TestDeclared holds the ways in which projects declare entry points.
func TestDeclared(t *testing.T) {
	for name, tt := range map[string]struct {
		path, says string
		want       checks.FileVerdict
	}{
		"a table":               {"pyproject.toml", "[project.scripts]\nh = \"harbour:main\"\n", checks.FileGenerated},
		"a table of Poetry":     {"pyproject.toml", "[tool.poetry.scripts]\nh='harbour:main' # ours\n", checks.FileGenerated},
		"a table on one line":   {"pyproject.toml", "[project]\nscripts = { h = 'harbour:main' }\n", checks.FileGenerated},
		"a key with dots":       {"pyproject.toml", "[project]\nscripts.h = 'harbour:main'\n", checks.FileGenerated},
		"a group":               {"pyproject.toml", "[project.entry-points.\"console_scripts\"]\nh = \"harbour:main\"\n", checks.FileGenerated},
		"setup.cfg":             {"setup.cfg", "[options.entry_points]\nconsole_scripts =\n    h = harbour:main\n", checks.FileGenerated},
		"setup.py":              {"setup.py", "setup(entry_points={\"console_scripts\": [\"h=harbour:main\"]})\n", checks.FileGenerated},
		"a directory of it":     {"python/pyproject.toml", "[project.scripts]\nh = \"harbour:main\"\n", checks.FileGenerated},
		"another name":          {"pyproject.toml", "[project.scripts]\nah = \"harbour:main\"\n", checks.FileExtra},
		"another object":        {"pyproject.toml", "[project.scripts]\nh = \"harbour:main2\"\n", checks.FileExtra},
		"for something else":    {"pyproject.toml", "[project.entry-points.pytest11]\nh = \"harbour:main\"\n", checks.FileExtra},
		"in a file of no build": {"docs/notes.toml", "[project.scripts]\nh = \"harbour:main\"\n", checks.FileExtra},
	} {
		t.Run(name, func(t *testing.T) {
			tree := []file{{path: "harbour/__init__.py", content: "x = 1\n"}, {path: tt.path, content: tt.says}}
			got := traced(t, trace.Options{Form: checks.FormWheel, Project: "harbour", Version: "2.11.6"}, tree, tree[0],
				file{path: "harbour-2.11.6.dist-info/entry_points.txt", content: "[console_scripts]\nh = harbour:main\n"})
			if len(got.Files) != 1 || got.Files[0].Verdict != tt.want {
				t.Errorf("want %s, got:\n%s", tt.want, tell(got))
			}
		})
	}
}
