package trace

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace/archive"
)

// goldens are what real.sh counted in archives that somebody published. Their heads name
// what they are of.
//
//go:embed testdata/*.golden
var goldens embed.FS

// golden is what real.sh says of one archive.
type golden struct {
	head    map[string]string
	members []entry
	found   map[string]string // by path: same, other, elsewhere, neither, missing
	tree    []checks.TreeEntry
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	b, err := goldens.ReadFile("testdata/" + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	g := golden{head: map[string]string{}, found: map[string]string{}}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			key, value, _ := strings.Cut(rest, ": ")
			g.head[key] = value
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			t.Fatalf("%s: %q", name, line)
		}
		size, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch f[0] {
		case "missing", "tree":
			g.tree = append(g.tree, checks.TreeEntry{Path: f[4], Mode: checks.Mode(f[1]), SHA: f[2], Size: size})
		default:
			g.members = append(g.members, entry{path: f[4], blob: f[2], size: size, exec: f[1] == "x", link: f[1] == "l", control: strings.HasPrefix(f[4], "DEBIAN/")})
		}
		if f[0] != "tree" {
			g.found[f[4]] = f[0]
		}
	}
	return g
}

func (g golden) options() Options {
	return Options{Form: checks.Form(g.head["form"]), Project: g.head["project"], Version: g.head["version"]}
}

// verdicts are what the tracer calls what real.sh finds.
var verdicts = map[string]checks.FileVerdict{"same": checks.FileSame, "other": checks.FileModified, "elsewhere": checks.FileMoved,
	"neither": checks.FileExtra, "missing": checks.FileMissing}

// real are the archives, and what the tracer calls otherwise when it has the contents:
// what has the shape of a build's, or is packed.
var real = map[string]struct {
	counts    string
	otherwise map[string]checks.FileVerdict
}{
	"jinja2": {"1 other, 7 neither, 97 same, 18 missing", generated("PKG-INFO", "setup.cfg", "src/Jinja2.egg-info/PKG-INFO", "src/Jinja2.egg-info/SOURCES.txt",
		"src/Jinja2.egg-info/dependency_links.txt", "src/Jinja2.egg-info/entry_points.txt", "src/Jinja2.egg-info/requires.txt", "src/Jinja2.egg-info/top_level.txt")},
	"xz": {"25 other, 128 neither, 453 same, 5 missing", nil},
	"flask": {"1 other, 14 neither, 45 same", with(generated("DEBIAN/control", "DEBIAN/md5sums", flaskInfo+"PKG-INFO", flaskInfo+"dependency_links.txt",
		flaskInfo+"entry_points.txt", flaskInfo+"requires.txt", flaskInfo+"top_level.txt"), "usr/share/doc/python3-flask/changelog.gz")},
	"black": {"17 neither, 41 same", with(generated("DEBIAN/control", "DEBIAN/md5sums", dist+"_black_version.py", dist+"black-23.1.0.dist-info/METADATA",
		dist+"black-23.1.0.dist-info/RECORD", dist+"black-23.1.0.dist-info/WHEEL", dist+"black-23.1.0.dist-info/entry_points.txt"), "usr/share/doc/black/changelog.gz")},
	"setuptools": {"2 elsewhere, 6 other, 5 neither, 237 same", generated("setuptools-66.1.1.dist-info/METADATA", "setuptools-66.1.1.dist-info/RECORD",
		"setuptools-66.1.1.dist-info/entry_points.txt", "setuptools-66.1.1.dist-info/top_level.txt")},
}

const (
	dist      = "usr/lib/python3/dist-packages/"
	flaskInfo = dist + "Flask-2.2.2.egg-info/"
)

func generated(paths ...string) map[string]checks.FileVerdict {
	out := map[string]checks.FileVerdict{}
	for _, p := range paths {
		out[p] = checks.FileGenerated
	}
	return out
}

// with adds what the commit has unpacked.
func with(m map[string]checks.FileVerdict, packed string) map[string]checks.FileVerdict {
	m[packed] = checks.FileMoved
	return m
}

// expected are the verdicts by path, and the tallies of files and bytes by verdict.
func (g golden) expected(otherwise map[string]checks.FileVerdict) (map[string]checks.FileVerdict, map[checks.FileVerdict]checks.Tally) {
	by, tallies := map[string]checks.FileVerdict{}, map[checks.FileVerdict]checks.Tally{}
	size := map[string]int64{}
	for _, e := range g.tree {
		size[e.Path] = e.Size
	}
	for _, e := range g.members {
		size[e.path] = e.size
	}
	for p, found := range g.found {
		v := verdicts[found]
		if other, ok := otherwise[p]; ok {
			v = other
		}
		by[p] = v
		tally := tallies[v]
		tally.Add(size[p])
		tallies[v] = tally
	}
	return by, tallies
}

// compare holds a report against what is expected: each path, each count, each sum.
func compare(t *testing.T, got checks.Traced, by map[string]checks.FileVerdict, tallies map[checks.FileVerdict]checks.Tally) {
	t.Helper()
	told := map[string]bool{}
	for _, f := range got.Files {
		told[f.Path] = true
		if by[f.Path] != f.Verdict {
			t.Errorf("%s is %s, and the tracer says %s (%s)", f.Path, by[f.Path], f.Verdict, f.Why)
		}
	}
	for p, v := range by {
		if v != checks.FileSame && !told[p] {
			t.Errorf("%s is %s, and the tracer says that it is the same", p, v)
		}
	}
	for _, v := range []checks.FileVerdict{checks.FileSame, checks.FileGenerated, checks.FileMoved, checks.FileModified, checks.FileExtra, checks.FileMissing} {
		if *got.Of(v) != tallies[v] {
			t.Errorf("%s: %+v, want %+v", v, *got.Of(v), tallies[v])
		}
	}
}

// TestReplay shows the tracer what was in real archives, by git's names alone, and holds
// its counts against those that real.sh made. It has no contents, and so knows no shapes.
func TestReplay(t *testing.T) {
	for name, r := range real {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			if got := g.counts(); got != r.counts {
				t.Errorf("the golden counts %s, want %s", got, r.counts)
			}
			tr := New(NewTree(g.head["commit"], g.tree), g.options())
			for _, e := range g.members {
				tr.add(e)
			}
			by, tallies := g.expected(nil)
			compare(t, tr.Report(nil), by, tallies)
		})
	}
}

// counts are the golden's lines in short, other and neither first.
func (g golden) counts() string {
	n := map[string]int{}
	for _, found := range g.found {
		n[found]++
	}
	var out []string
	for _, found := range []string{"elsewhere", "other", "neither", "same", "missing"} {
		if n[found] > 0 {
			out = append(out, fmt.Sprintf("%d %s", n[found], found))
		}
	}
	return strings.Join(out, ", ")
}

// TestReal reads the archives themselves, against the whole trees of their commits. The
// directory TWOKEY_REAL has the archives, by the names that the goldens give them, and in
// git/ a bare clone of each repository, by the last part of its address and .git.
func TestReal(t *testing.T) {
	dir := os.Getenv("TWOKEY_REAL")
	if dir == "" {
		t.Skip("this needs real archives and clones of their repositories in the directory TWOKEY_REAL: see the heads of testdata/*.golden")
	}
	for _, name := range slices.Sorted(maps.Keys(real)) {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			got := readReal(t, dir, g.head["file"], g.head["sha256"], g.head["repository"], g.head["commit"], g.options())
			by, tallies := g.expected(real[name].otherwise)
			compare(t, got, by, tallies)
			if len(got.Lies) > 0 {
				t.Errorf("the tracer calls it a liar: %v", got.Lies)
			}
			t.Logf("%s: same %d, generated %d, moved %d, modified %d, extra %d, missing %d; coverage %.4f", g.head["file"], got.Same.Files,
				got.Generated.Files, got.Moved.Files, got.Modified.Files, got.Extra.Files, got.Missing.Files, got.Coverage())
		})
	}
}

// readReal reads an archive in a directory against a commit, or skips the test where the
// archive is not there.
func readReal(t *testing.T, dir, file, sum, repository, commit string, o Options) checks.Traced {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Skipf("this needs %s: %v", file, err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != sum {
		t.Fatalf("%s has the SHA-256 %s, and %s was counted", file, got, sum)
	}
	git := gitIn(t, realGit(dir, repository))
	tr := New(NewTree(commit, treeOf(t, git, commit)), o)
	switch o.Form {
	case checks.FormWheel:
		err = archive.Zip(bytes.NewReader(b), int64(len(b)), archive.Default(), tr.Visit)
	case checks.FormDeb:
		err = archive.Deb(bytes.NewReader(b), archive.Default(), tr.Visit)
	default:
		err = archive.Tar(bytes.NewReader(b), archive.Default(), tr.Visit)
	}
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]byte{}
	for _, blob := range tr.Wanted() {
		known[blob] = git("cat-file", "blob", blob)
	}
	return tr.Report(known)
}

// realGit is where the clone of a repository is, below the directory of the archives.
func realGit(dir, repository string) string {
	return filepath.Join(dir, "git", path.Base(repository)+".git")
}

// gitIn runs git in a bare clone, or skips the test where there is none.
func gitIn(t *testing.T, dir string) func(args ...string) []byte {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("this needs a bare clone: %v", err)
	}
	return func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command("git", append([]string{"--git-dir", dir}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return out
	}
}

func treeOf(t *testing.T, git func(...string) []byte, commit string) (out []checks.TreeEntry) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(git("ls-tree", "-r", "-l", "--full-tree", "-z", commit)), "\x00"), "\x00") {
		head, p, _ := strings.Cut(line, "\t")
		f := strings.Fields(head)
		size, _ := strconv.ParseInt(f[3], 10, 64) // of a submodule it is a dash
		out = append(out, checks.TreeEntry{Path: p, Mode: checks.Mode(f[0]), SHA: f[2], Size: size})
	}
	return out
}
