package archive

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// This file reads what others write: the archives of tar, xz, bzip2, zstd, zip and dpkg-deb,
// where they are installed, against the files that they were given.

// tree is a directory with files of many sizes, and what reading it should show.
func tree(t *testing.T) (dir string, want []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "p-1.0")
	for i, name := range []string{"setup.py", "p/__init__.py", "p/" + strings.Repeat("long", 40) + ".py", "p/é.txt", "p/data.bin", "p/empty", "p/block"} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		body := strings.Repeat(name, i*i*i*100)
		if name == "p/block" {
			body = strings.Repeat("x", block)
		}
		if name == "p/empty" {
			body = ""
		}
		if err := os.WriteFile(at, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("p-1.0/%s %x", name, sha256.Sum256([]byte(body))))
	}
	if err := os.Symlink("../setup.py", filepath.Join(dir, "p", "link")); err != nil {
		t.Fatal(err)
	}
	want = append(want, "p-1.0/p/link -> ../setup.py")
	slices.Sort(want)
	return dir, want
}

// run runs a program, or skips the test where it is not installed.
func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("this needs %s", name)
	}
	c := exec.Command(name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// listing is a visit that lists files by their sums, and links.
func listing(out *[]string) Visit {
	return func(m Member, r io.Reader) error {
		h := sha256.New()
		n, err := io.Copy(h, r)
		switch {
		case err != nil:
			return err
		case n != m.Size:
			return fmt.Errorf("%s has %d bytes of %d", m.Path, n, m.Size)
		case m.Control:
		case m.Type == File:
			*out = append(*out, fmt.Sprintf("%s %x", m.Path, h.Sum(nil)))
		case m.Type == Symlink:
			*out = append(*out, m.Path+" -> "+m.Link)
		}
		return nil
	}
}

// same wants the file at a path to show what it was made from.
func same(t *testing.T, name string, o Options, want []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	switch filepath.Ext(name) {
	case ".zip":
		err = Zip(f, info.Size(), o, listing(&got))
	case ".deb":
		err = Deb(f, o, listing(&got))
	default:
		err = Tar(f, o, listing(&got))
	}
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("error %v, it shows\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestToolsTar(t *testing.T) {
	dir, want := tree(t)
	up := filepath.Dir(dir)
	for _, format := range []string{"gnu", "pax", "posix", "oldgnu"} {
		t.Run(format, func(t *testing.T) {
			at := filepath.Join(up, format+".tar")
			run(t, up, "tar", "--format="+format, "-cf", at, "p-1.0")
			same(t, at, Default(), want)
			for _, pack := range [][]string{
				{"gzip", "-9"}, {"bzip2", "-1"}, {"zstd", "-q", "-19"}, {"zstd", "-q", "--no-check", "-T2"}, {"xz", "-9e"},
				{"xz", "-T2", "--block-size=65536", "--check=sha256"}, {"xz", "--x86", "--lzma2=preset=1"},
			} {
				t.Run(strings.Join(pack, " "), func(t *testing.T) {
					run(t, up, "sh", "-c", strings.Join(pack, " ")+" -c <"+at+" >"+at+".packed")
					same(t, at+".packed", Default(), want)
				})
			}
		})
	}
}

func TestToolsZip(t *testing.T) {
	dir, want := tree(t)
	if err := os.Remove(filepath.Join(dir, "p", "link")); err != nil {
		t.Fatal(err)
	}
	want = slices.DeleteFunc(want, func(s string) bool { return strings.Contains(s, "->") })
	up := filepath.Dir(dir)
	t.Run("zip", func(t *testing.T) {
		// Info-ZIP writes other letters than those of ASCII twice, and Python before 3.12
		// took the first for those of DOS: such a zip is refused.
		run(t, up, "zip", "-qr", "a.zip", "p-1.0", "-x", "*é*")
		same(t, filepath.Join(up, "a.zip"), Default(), slices.DeleteFunc(slices.Clone(want), func(s string) bool { return strings.Contains(s, "é") }))
	})
	t.Run("python", func(t *testing.T) {
		run(t, up, "python3", "-m", "zipfile", "-c", "b.zip", "p-1.0")
		same(t, filepath.Join(up, "b.zip"), Default(), want)
	})
	t.Run("git", func(t *testing.T) {
		run(t, up, "git", "init", "-q", "g")
		g := filepath.Join(up, "g")
		run(t, up, "cp", "-r", "p-1.0", "g")
		run(t, g, "git", "add", ".")
		run(t, g, "git", "-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-m", "m")
		for _, name := range []string{"c.zip", "c.tar", "c.tar.gz"} {
			run(t, g, "git", "archive", "-o", filepath.Join(up, name), "HEAD")
			same(t, filepath.Join(up, name), Default(), want)
		}
	})
}

func TestToolsDeb(t *testing.T) {
	dir, want := tree(t)
	err := os.MkdirAll(filepath.Join(dir, "DEBIAN"), 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "DEBIAN", "control"), []byte("Package: p\nVersion: 1\nArchitecture: all\nMaintainer: n <e@example.org>\nDescription: d\n"), 0o644)
	}
	if err == nil {
		err = os.Chmod(dir, fs.ModePerm&0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		want[i] = strings.TrimPrefix(w, "p-1.0/")
	}
	up := filepath.Dir(dir)
	for _, as := range []string{"gzip", "xz", "zstd", "none"} {
		t.Run(as, func(t *testing.T) {
			run(t, up, "dpkg-deb", "--root-owner-group", "-Z"+as, "--build", "p-1.0", as+".deb")
			same(t, filepath.Join(up, as+".deb"), Default(), want)
			run(t, up, "dpkg-deb", "--root-owner-group", "--no-uniform-compression", "-Z"+as, "--build", "p-1.0", as+".deb")
			same(t, filepath.Join(up, as+".deb"), Default(), want)
		})
	}
}
