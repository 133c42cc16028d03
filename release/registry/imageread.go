package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"twokey/checks"
	"twokey/checks/trace/archive"
	"twokey/release"
)

// maxLayers bounds the layers of an image. Docker takes 127.
const maxLayers = 200

// readImage reads the layers of an image from the topmost down, and shows visit the files
// as a container has them: each path once, from the layer that had the last word. No
// layer is held; what is remembered are paths below the artifact's source.
func (s *Shelf) readImage(ctx context.Context, f release.File, visit archive.Visit, progress func(int64)) (release.Received, error) {
	ref, err := name.NewDigest(f.Address)
	if err != nil {
		return release.Received{}, misnamed(err)
	}
	top, err := s.pull(ctx, ref)
	if err != nil {
		return release.Received{}, imageError(err, ref)
	}
	m, err := v1.ParseManifest(strings.NewReader(string(top.body)))
	if err != nil {
		return release.Received{}, hinted(fmt.Errorf("its manifest can not be read: %w", shown{err}), "see what was pushed")
	}
	if len(m.Layers) > maxLayers {
		return release.Received{}, &archive.Refused{Why: fmt.Sprintf("more than %d layers", maxLayers)}
	}
	got := release.Received{Digests: []checks.Said{{By: checks.Downloaded(), Digest: top.digest.String()}}}
	over := newOverlay(f.Artifact.Source, visit)
	for i := len(m.Layers) - 1; i >= 0; i-- {
		n, err := s.readLayer(ctx, ref, m.Layers[i], over, func(n int64) {
			if progress != nil {
				progress(got.Size + n)
			}
		})
		if got.Size += n; err != nil {
			return got, err
		}
	}
	return got, nil
}

// readLayer reads one layer, and holds it against the size and digest that the manifest
// says.
func (s *Shelf) readLayer(ctx context.Context, ref name.Reference, l v1.Descriptor, over *overlay, progress func(int64)) (int64, error) {
	if len(l.URLs) > 0 {
		return 0, fmt.Errorf("the layer %s is elsewhere than in the registry", l.Digest)
	}
	d, err := s.blobAt(ctx, ref, l.Digest)
	if err != nil {
		return 0, imageError(err, ref)
	}
	defer d.close()
	in := &receiving{d: d, sums: map[string]hash.Hash{"sha256": sha256.New()}, most: maxFile, progress: progress}
	o := archive.Default()
	o.System = true
	err = archive.Tar(in, o, over.visit)
	if _, refused := errors.AsType[*archive.Refused](err); err != nil && !refused {
		return in.n, err
	}
	if _, rest := io.Copy(io.Discard, in); rest != nil {
		return in.n, rest
	}
	if sum := hex.EncodeToString(in.sums["sha256"].Sum(nil)); sum != l.Digest.Hex || in.n != l.Size {
		return in.n, hinted(fmt.Errorf("%s answered with something else than the layer %s", ref.Context().RegistryStr(), l.Digest), "look at the image in its registry")
	}
	over.below()
	return in.n, err
}

// overlay puts layers one over the other, from the topmost down.
type overlay struct {
	source string // the directory whose files matter; empty: all
	show   archive.Visit
	// had are the paths that a layer above had, and gone those below which a layer above
	// lets nothing through: what it deleted, or has a file in the place of.
	had, gone map[string]bool
	now       layer
}

// layer is what one layer hides from those below it.
type layer struct{ had, gone map[string]bool }

func newOverlay(source string, show archive.Visit) *overlay {
	o := &overlay{source: strings.Trim(path.Clean("/"+source), "/"), show: show, had: map[string]bool{}, gone: map[string]bool{}}
	o.below()
	return o
}

// below goes on with the next layer down.
func (o *overlay) below() {
	for p := range o.now.had {
		o.had[p] = true
	}
	for p := range o.now.gone {
		o.gone[p] = true
	}
	o.now = layer{map[string]bool{}, map[string]bool{}}
}

// visit takes in one member of a layer.
func (o *overlay) visit(m archive.Member, content io.Reader) error {
	dir, base := path.Split(m.Path)
	switch deleted, whiteout := strings.CutPrefix(base, ".wh."); {
	case base == ".wh..wh..opq":
		o.matter(strings.TrimSuffix(dir, "/"), o.now.gone)
		return nil
	case strings.HasPrefix(base, ".wh..wh."): // how a file system of old kept its own
		return nil
	case whiteout:
		o.matter(dir+deleted, o.now.gone)
		return nil
	}
	hidden := o.hidden(m.Path)
	if m.Type != archive.Dir { // nothing of the layers below is behind it, seen or not
		o.matter(m.Path, o.now.gone)
	}
	if !o.inside(m.Path) {
		if o.around(m.Path) && !hidden {
			return o.onTheWay(m, content)
		}
		return o.show(m, content)
	}
	if hidden {
		return nil
	}
	o.has(m.Path)
	return o.show(m, content)
}

// has remembers a path, and that what is around it is directories.
func (o *overlay) has(p string) {
	for ; p != "." && (o.inside(p) || o.around(p)); p = path.Dir(p) {
		o.now.had[p] = true
	}
}

// onTheWay takes in what is where the source is, or a directory around it should be.
func (o *overlay) onTheWay(m archive.Member, content io.Reader) error {
	o.has(m.Path)
	if m.Type == archive.Symlink {
		return fmt.Errorf("the plan's source %s is behind a link in the image, at %s: name where it leads", o.source, m.Path)
	}
	return o.show(m, content)
}

// matter remembers a path that is below the source, or around it.
func (o *overlay) matter(p string, in map[string]bool) {
	if o.inside(p) || o.around(p) {
		in[p] = true
	}
}

// inside tells whether a path is below the source.
func (o *overlay) inside(p string) bool {
	return o.source == "" || strings.HasPrefix(p, o.source+"/")
}

// around tells whether a path is the source's, or that of a directory around it.
func (o *overlay) around(p string) bool {
	return p == "" || p == o.source || strings.HasPrefix(o.source, p+"/")
}

// hidden tells whether a layer above has the path, or lets nothing through to it.
func (o *overlay) hidden(p string) bool {
	if o.had[p] {
		return true
	}
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if o.gone[p] {
			return true
		}
	}
	return o.gone[""]
}
