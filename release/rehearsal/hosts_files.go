package rehearsal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobj "github.com/go-git/go-git/v5/plumbing/object"
)

// Bounds on a stand-in artifact, in files and bytes: the artifacts of a rehearsal
// are made in memory, for every version that is asked for.
const (
	maxStandFiles = 4000
	maxStandFile  = 512 << 10
	maxStandBytes = 12 << 20
	// maxPastBytes bounds those of releases from before the world began, which there are
	// many of: they are only looked at beside today's.
	maxPastBytes = 1 << 20
)

// standFile is a file of an artifact.
type standFile struct {
	Name    string
	Content []byte
	Exec    bool
	Link    string // where a symbolic link leads; empty for a file
}

var errEnough = errors.New("enough files")

// standFiles are files of a commit of the released repository that stand for all
// of them, in the order of the tree: so many bytes of them at most.
func (w *World) standFiles(sha string, most int64) ([]standFile, error) {
	key := fmt.Sprintf("%s %d", sha, most)
	if files, ok := w.market.files[key]; ok {
		return files, nil
	}
	tree, err := w.repos[0].git.tree(plumbing.NewHash(sha))
	if err != nil {
		return nil, err
	}
	var files []standFile
	size := int64(0)
	err = tree.Files().ForEach(func(f *gitobj.File) error {
		if len(files) == maxStandFiles {
			return errEnough
		}
		if !f.Mode.IsFile() || f.Size > maxStandFile || size+f.Size > most {
			return nil
		}
		r, err := f.Reader()
		if err != nil {
			return err
		}
		defer r.Close()
		content, err := io.ReadAll(io.LimitReader(r, maxStandFile))
		if err != nil {
			return err
		}
		size += int64(len(content))
		file := standFile{Name: f.Name, Content: content, Exec: f.Mode == filemode.Executable}
		if f.Mode == filemode.Symlink {
			file = standFile{Name: f.Name, Link: string(content)}
		}
		files = append(files, file)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read the files of %s: %w", short(sha), err)
	}
	if w.market.files == nil {
		w.market.files = map[string][]standFile{}
	}
	w.market.files[key] = files
	return files, nil
}

// madeAt is the time that the files of an artifact carry: the commit's, so that the
// same commit gives the same bytes.
func (w *World) madeAt(sha string) time.Time {
	c, err := w.repos[0].git.commit(plumbing.NewHash(sha))
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return c.Committer.When.UTC()
}

// archives are the files that a publication consists of. Packing takes time, and an
// index needs the sums of all, so they are kept.
func (w *World) archives(p publication, pack func(publication) ([]standFile, error)) ([]standFile, error) {
	if made, ok := w.market.archives[p.key()]; ok {
		return made, nil
	}
	made, err := pack(p)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", p.Artifact, err)
	}
	if w.market.archives == nil {
		w.market.archives = map[string][]standFile{}
	}
	w.market.archives[p.key()] = made
	return made, nil
}

// parents are the directories around a file, the outermost first.
func parents(file string) []string {
	var out []string
	for d := path.Dir(file); d != "." && d != "/"; d = path.Dir(d) {
		out = append(out, d)
	}
	slices.Reverse(out)
	return out
}

// tarball packs files below a directory, and the directories around them.
func tarball(files []standFile, dir string, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	made := map[string]bool{".": true}
	for _, f := range files {
		for _, d := range parents(path.Join(dir, f.Name)) {
			if made[d] {
				continue
			}
			made[d] = true
			if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: d + "/", Mode: 0o755, ModTime: at, Format: tar.FormatPAX}); err != nil {
				return nil, err
			}
		}
		mode := int64(0o644)
		if f.Exec {
			mode = 0o755
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(dir, f.Name), Size: int64(len(f.Content)), Mode: mode,
			ModTime: at, Format: tar.FormatPAX}
		if f.Link != "" {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.Link, 0
		}
		if err := t.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// digestOf is the digest under which a registry keeps content.
func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
