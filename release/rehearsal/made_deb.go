package rehearsal

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"twokey/release"
)

// deb is a publication's .deb file.
func (w *World) deb(p publication) ([]byte, error) {
	made, err := w.archives(p, w.packDeb)
	if err != nil {
		return nil, err
	}
	return made[0].Content, nil
}

// honestDeb is the .deb file that was meant to be published.
func (w *World) honestDeb(p publication) ([]byte, error) {
	p.honest = true
	return w.deb(p)
}

// packDeb makes a .deb file: what it says of itself, and what is installed.
func (w *World) packDeb(p publication) ([]standFile, error) {
	files, err := w.filesFor(p)
	if err != nil {
		return nil, err
	}
	at := w.madeAt(p.SHA)
	name := debName(p.Artifact)
	pkg, _, _ := strings.Cut(name, "_")
	version, arch := p.Artifact.Version, anyArchitecture
	if p.Artifact.Kind == release.KindApt {
		version, arch = debVersion(p.Artifact), cmp.Or(p.Artifact.Apt.Architecture, anyArchitecture)
	}
	files = below(files, p.Artifact.Source)
	if !p.past && !p.honest {
		files = w.scenario.taintDeb(files, strings.Trim(p.Artifact.Source, "/"))
	}
	doc, err := debDoc(pkg, name, version, at)
	if err != nil {
		return nil, err
	}
	files = append(files, doc...)
	slices.SortFunc(files, func(a, b standFile) int { return strings.Compare(a.Name, b.Name) })
	var sums strings.Builder
	size := 0
	for _, f := range files {
		if f.Link == "" {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.Content), f.Name)
			size += len(f.Content)
		}
	}
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: nobody <nobody@rehearsal.invalid>\nInstalled-Size: %d\nDescription: a rehearsal\n",
		pkg, version, arch, (size+1023)/1024)
	head, err := tarball([]standFile{{Name: "control", Content: []byte(control)}, {Name: "md5sums", Content: []byte(sums.String())}}, "", at)
	if err != nil {
		return nil, err
	}
	data, err := tarball(files, "", at)
	if err != nil {
		return nil, err
	}
	return []standFile{{Name: name, Content: arOf(at, []standFile{
		{Name: "debian-binary", Content: []byte("2.0\n")}, {Name: "control.tar.gz", Content: head}, {Name: "data.tar.gz", Content: data}})}}, nil
}

// debName is the name of the file that a package is.
func debName(a release.Artifact) string {
	if a.Kind == release.KindApt {
		return fmt.Sprintf("%s_%s_%s.deb", a.Apt.Package, debVersion(a), cmp.Or(a.Apt.Architecture, anyArchitecture))
	}
	return path.Base(a.Name)
}

// isDeb tells whether an artifact is a .deb file, wherever it stands.
func isDeb(a release.Artifact) bool { return a.Kind == release.KindDeb || a.Kind == release.KindApt }

// below are files below a directory.
func below(files []standFile, dir string) []standFile {
	out := slices.Clone(files)
	for i := range out {
		out[i].Name = path.Join(strings.Trim(dir, "/"), out[i].Name)
	}
	return out
}

// debDoc is what a package has in its documentation. It names the file, so that those for
// two distributions differ, as they do in fact.
func debDoc(pkg, file, version string, at time.Time) ([]standFile, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, "%s (%s) stable; urgency=medium\n\n  * As %s.\n\n -- nobody <nobody@rehearsal.invalid>  %s\n", pkg, version, file, at.Format(time.RFC1123Z))
	if err := z.Close(); err != nil {
		return nil, err
	}
	doc := "usr/share/doc/" + pkg + "/"
	return []standFile{{Name: doc + "changelog.Debian.gz", Content: b.Bytes()},
		{Name: doc + "copyright", Content: []byte("This package is a rehearsal's.\n")}}, nil
}

// arOf packs members as ar does.
func arOf(at time.Time, members []standFile) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range members {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.Name, at.Unix(), 0, 0, "100644", len(m.Content))
		b.Write(m.Content)
		if len(m.Content)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
