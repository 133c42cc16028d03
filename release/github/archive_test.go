package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/opaque"
)

const (
	tarballLine = "GET /repos/o/r/tarball/" + shaA
	archiveHost = "https://codeload.github.com/o/r/legacy.tar.gz/" + shaA
)

// tarred is an archive of files, in one directory as GitHub makes it. A name that ends in
// @ is a link.
func tarred(files ...string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": shaA}})
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "o-r-aaaaaaa/", Mode: 0o775})
	for i := 0; i+1 < len(files); i += 2 {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: "o-r-aaaaaaa/" + files[i], Mode: 0o664, Size: int64(len(files[i+1]))}
		if name, link := strings.CutSuffix(h.Name, "@"); link {
			*h = tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: files[i+1]}
		}
		_ = w.WriteHeader(h)
		if h.Typeflag == tar.TypeReg {
			_, _ = w.Write([]byte(files[i+1]))
		}
	}
	_ = w.Close()
	_ = z.Close()
	return b.String()
}

// tides is a file's content, another for each number.
func tides(i int) string { return strings.Repeat(fmt.Sprintf("Know tide %d.\n", i), 60) }

// many are enough new files for an archive, and the archive's files.
func many() (entries []checks.Change, files []string) {
	for i := range maxSingle + 1 {
		name := fmt.Sprintf("d/f%d", i)
		entries = append(entries, added(name, tides(i), checks.ModeFile))
		files = append(files, name, tides(i))
	}
	return entries, files
}

// Many contents come in one archive, from a host that gets no token; what the archive
// changes or leaves out comes by itself.
func TestBlobsInAnArchive(t *testing.T) {
	entries, files := many()
	entries = append(entries, added("link", "../../etc", checks.ModeSymlink), added("kept-out", tides(100), checks.ModeFile),
		added("filled-in", tides(101), checks.ModeFile), added("twin", tides(0), checks.ModeFile))
	same := added("d/file", "../../etc", checks.ModeFile)
	entries = append(entries, same)
	files = append(files, "d/file", "../../etc", "link@", "../../etc", "filled-in", strings.ToUpper(tides(101)), "not-wanted", tides(7))
	b := newBench(t)
	b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
	b.fake.on("GET "+archiveHost, 200, tarred(files...)).with("Content-Type", "application/x-gzip")
	b.fake.on(blobLine(tides(100)), 200, blobAnswer(tides(100)))
	b.fake.on(blobLine(tides(101)), 200, blobAnswer(tides(101)))
	f, ch := b.changed(entries...)
	seen := lookAt(t.Context(), f, testRepo(), ch)
	for _, c := range entries {
		got, ok := seen[c.Blob].Get()
		switch {
		case !ok:
			t.Errorf("%s: %+v", c.Path, seen[c.Blob].Missing())
		case c.Mode == checks.ModeSymlink && got.Target != "../../etc":
			t.Errorf("the link leads to %q", got.Target)
		case c.Mode == checks.ModeFile && c != same && (got.Shape.Kind != opaque.Text || got.Shape.Size != c.Size || got.Target != ""):
			t.Errorf("%s is %+v", c.Path, got)
		}
	}
	for _, r := range b.fake.sent {
		if strings.Contains(r.line, "codeload") && (r.header.Get("Authorization") != "" || r.header.Get("If-None-Match") != "") {
			t.Errorf("%s was sent %v", r.line, r.header)
		}
	}
}

// A file that is too large to be held comes in the archive, however few there are.
func TestLargeBlob(t *testing.T) {
	large := strings.Repeat("\x00", maxSingleSize+1)
	b := newBench(t)
	b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
	b.fake.on("GET "+archiveHost, 200, tarred("large", large))
	f, ch := b.changed(added("large", large, checks.ModeFile))
	if got, ok := lookAt(t.Context(), f, testRepo(), ch)[ch.Entries[0].Blob].Get(); !ok || got.Shape.Size != int64(len(large)) {
		t.Errorf("it is %+v", got)
	}
	b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
	b.fake.on("GET "+archiveHost, 200, tarred("other", "x"))
	if m := lookAt(t.Context(), f, testRepo(), ch)[ch.Entries[0].Blob].Missing(); !strings.Contains(m.Why.String(), "it has more than 8 MiB") {
		t.Errorf("it lacks because of %q", m.Why)
	}
}

// Where there is no archive nothing was seen, and nothing is asked for one by one.
func TestArchiveThatIsNone(t *testing.T) {
	entries, files := many()
	for name, answer := range map[string]func(*bench){
		"refused": func(b *bench) { b.fake.on(tarballLine, 403, `{"message":"Forbidden"}`) },
		"a page": func(b *bench) {
			b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
			b.fake.on("GET "+archiveHost, 200, "<!DOCTYPE html><html>Sign in</html>")
		},
		"sent on": func(b *bench) {
			b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
			b.fake.on("GET "+archiveHost, 302, "").with("Location", "https://elsewhere.example/x")
		},
		"no archive within": func(b *bench) {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = z.Write(bytes.Repeat([]byte("no archive at all\n"), 100))
			_ = z.Close()
			b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
			b.fake.on("GET "+archiveHost, 200, packed.String())
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			answer(b)
			f, ch := b.changed(entries...)
			seen := lookAt(t.Context(), f, testRepo(), ch)
			for _, c := range entries {
				if m := seen[c.Blob].Missing(); m.Why.IsZero() || m.Why.String() == "it was not read" {
					t.Errorf("%s lacks because of %+v", c.Path, m)
				}
			}
		})
	}
	// One that breaks off is asked for again.
	b := newBench(t)
	whole := tarred(files...)
	for _, body := range []string{whole[:len(whole)/2], whole} {
		b.fake.on(tarballLine, 302, "").with("Location", archiveHost)
		b.fake.on("GET "+archiveHost, 200, body)
	}
	b.fake.mu.Lock()
	b.fake.replies[tarballLine] = b.fake.replies[tarballLine][:1] // the address is still good
	b.fake.mu.Unlock()
	f, ch := b.changed(entries...)
	for blob, got := range lookAt(t.Context(), f, testRepo(), ch) {
		if !told(got) {
			t.Errorf("%s: %+v", blob, got.Missing())
		}
	}
}

// An archive that unpacks to more than there is room for is left, and what came before
// was seen.
func TestArchiveWithoutEnd(t *testing.T) {
	wanted := map[string]asked{}
	for i := range 2 {
		name := fmt.Sprintf("f%d", i)
		wanted[name] = asked{path: name, blob: blobSHA([]byte(tides(i)), 40), size: int64(len(tides(i)))}
	}
	packed := tarred("f0", tides(0), "bomb", strings.Repeat("\x00", 1<<20), "f1", tides(1))
	for most, want := range map[int64]int{8 << 10: 1, 4 << 20: 2} {
		seen := checks.Blobs{}
		err := unpack(strings.NewReader(packed), most, wanted, seen)
		if errors.Is(err, errTooLarge) != (want == 1) || len(seen) != want {
			t.Errorf("of %d bytes %d files were seen: %v", most, len(seen), err)
		}
	}
}

// FuzzUnpack holds that no archive makes unpack see what git does not have.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte(tarred("f0", tides(0))))
	f.Add([]byte(tarred("f0@", tides(0), "x", "y")))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		a := asked{path: "f0", blob: blobSHA([]byte(tides(0)), 40), size: int64(len(tides(0)))}
		seen := checks.Blobs{}
		err := unpack(io.MultiReader(bytes.NewReader(packed)), 1<<20, map[string]asked{"f0": a}, seen)
		if got, ok := seen[a.blob].Get(); ok && got.Shape != opaque.Of([]byte(tides(0))) || len(seen) > 1 {
			t.Errorf("it is %+v, %v", got, err)
		}
	})
}
