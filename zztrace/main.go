// throwaway
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"

	"twokey/checks"
	"twokey/checks/trace"
	"twokey/checks/trace/archive"
)

func tree(git, ref string) []checks.TreeEntry {
	out, err := exec.Command("git", "--git-dir", git, "ls-tree", "-r", "-l", "-z", ref).Output()
	if err != nil { panic(err) }
	var all []checks.TreeEntry
	for _, l := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, p, _ := strings.Cut(l, "\t")
		f := strings.Fields(head)
		n, _ := strconv.ParseInt(f[3], 10, 64)
		all = append(all, checks.TreeEntry{Path: p, Mode: checks.Mode(f[0]), SHA: f[2], Size: n})
	}
	return all
}

func main() {
	git, ref, form, project, version, source, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6], os.Args[7]
	t := trace.New(trace.NewTree(ref, tree(git, ref)), trace.Options{Form: checks.Form(form), Project: project, Version: version, Source: source})
	visitTar := func(r io.Reader, control bool) {
		tr := tar.NewReader(r)
		for {
			h, err := tr.Next()
			if err == io.EOF { break }
			if err != nil { panic(err) }
			m := archive.Member{Path: path.Clean(h.Name), Size: h.Size, Exec: h.Mode&0o100 != 0, Link: h.Linkname, Control: control}
			switch h.Typeflag {
			case tar.TypeDir: m.Type = archive.Dir
			case tar.TypeSymlink: m.Type = archive.Symlink
			case tar.TypeLink: m.Type = archive.Hardlink
			}
			if err := t.Visit(m, tr); err != nil { panic(err) }
		}
	}
	pipe := func(args ...string) io.Reader {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil { panic(err) }
		return bytes.NewReader(out)
	}
	switch form {
	case "sdist":
		c := "gzip"
		if strings.HasSuffix(file, "xz") { c = "xz" }
		visitTar(pipe(c, "-dc", file), false)
	case "deb":
		visitTar(pipe("sh", "-c", "dpkg-deb --ctrl-tarfile "+file), true)
		visitTar(pipe("sh", "-c", "dpkg-deb --fsys-tarfile "+file), false)
	case "wheel":
		z, err := zip.OpenReader(file)
		if err != nil { panic(err) }
		for _, f := range z.File {
			if strings.HasSuffix(f.Name, "/") { continue }
			r, _ := f.Open()
			if err := t.Visit(archive.Member{Path: f.Name, Size: int64(f.UncompressedSize64)}, r); err != nil { panic(err) }
		}
	}
	contents := map[string][]byte{}
	for _, sha := range t.Wanted() {
		b, err := exec.Command("git", "--git-dir", git, "cat-file", "blob", sha).Output()
		if err != nil { panic(err) }
		contents[sha] = b
	}
	r := t.Report(contents)
	fmt.Printf("%s: same %v generated %v moved %v modified %v extra %v missing %v outside %v coverage %.3f\n", path.Base(file), r.Same, r.Generated, r.Moved, r.Modified, r.Extra, r.Missing, r.Outside, r.Coverage())
	for _, l := range r.Lies { fmt.Println("  LIE", l) }
	for _, l := range r.Notes { fmt.Println("  note", l) }
	for _, f := range r.Files {
		if f.Verdict == checks.FileMissing && os.Getenv("M") == "" { continue }
		fmt.Printf("  %-9s %s  [%s] runs=%v %s\n", f.Verdict, f.Path, f.InGit, f.Runs, f.Why)
	}
}
