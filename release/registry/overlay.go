package registry

import (
	"fmt"
	"io"
	"path"
	"strings"

	"twokey/checks/trace/archive"
)

const (
	// maxPaths bounds the paths that an overlay remembers. Large images have some hundred
	// thousand files.
	maxPaths = 1 << 20
	// maxPathsBytes bounds how long the paths in all layers may be together.
	maxPathsBytes = 256 << 20
)

// overlay puts layers one over the other, from the topmost down.
//
// Not all runtimes lay them one over the other in the same way, so that what differs is
// refused. Some write a layer where the one below has been written: there, a file whose
// path goes through a link of a layer below lands wherever that link leads. Others keep
// layers apart and let the kernel lay them over one another (overlayfs): there, a directory
// that a layer deletes and has again is not empty, but laid over the one that was to go.
type overlay struct {
	source string // the directory whose files matter; empty: all
	show   archive.Visit
	// had are the paths that a layer above had, and gone those below which a layer above
	// lets nothing through: what it deleted, or has a file in the place of.
	had, gone map[string]bool
	// behind are the directories that layers above write into without having them, by
	// the lowest of these layers; and cleared what layers above deleted, by the lowest
	// that did. Layers are numbered from the topmost down.
	behind, cleared map[string]int
	again           map[string]bool // directories that a layer above deleted and had
	depth           int             // the number of the layer that is being read
	paths           int64           // bytes of the paths that were seen
	now             hiding
}

// hiding is what one layer hides from those below it, and what it is written into.
type hiding struct {
	had, gone map[string]bool
	// behind are directories that the layer wrote into before it had them, if ever it
	// did; dirs those that it had, and cleared what it deleted.
	behind, dirs, cleared map[string]bool
	again                 map[string]bool // what it deleted and had as a directory
}

func newOverlay(source string, show archive.Visit) *overlay {
	o := &overlay{source: strings.Trim(path.Clean("/"+source), "/"), show: show, had: map[string]bool{}, gone: map[string]bool{},
		behind: map[string]int{}, cleared: map[string]int{}, again: map[string]bool{}, depth: -1}
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
	for p := range o.now.again {
		o.again[p] = true
	}
	for p := range o.now.behind {
		o.behind[p] = o.depth
	}
	for p := range o.now.cleared {
		o.cleared[p] = o.depth
	}
	o.depth++
	o.now = hiding{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

// remembered is how many paths are.
func (o *overlay) remembered() int {
	n := o.now
	return len(o.had) + len(o.gone) + len(o.behind) + len(o.cleared) + len(o.again) +
		len(n.had) + len(n.gone) + len(n.behind) + len(n.dirs) + len(n.cleared) + len(n.again)
}

// visit takes in one member of a layer.
func (o *overlay) visit(m archive.Member, content io.Reader) error {
	if o.paths += int64(len(m.Path)); o.paths > maxPathsBytes {
		return &archive.Refused{Why: fmt.Sprintf("more than %d MiB of paths in all layers", maxPathsBytes>>20)}
	}
	if o.remembered() > maxPaths {
		return &archive.Refused{Path: m.Path, Why: fmt.Sprintf("more than %d paths to remember from layer to layer", maxPaths)}
	}
	o.writtenInto(m.Path)
	if err := o.deeper(m); err != nil {
		return err
	}
	dir, base := path.Split(m.Path)
	dir = strings.TrimSuffix(dir, "/")
	switch deleted, whiteout := strings.CutPrefix(base, ".wh."); {
	case base == ".wh..wh..opq" && dir == "":
		return &archive.Refused{Path: m.Path, Why: "it deletes everything: whether it does depends on what runs the image"}
	case base == ".wh..wh..opq":
		o.now.cleared[within(dir)] = true
		o.matter(dir, o.now.gone)
		o.has(dir)
		return nil
	case strings.HasPrefix(base, ".wh..wh."): // how a file system of old kept its own
		return nil
	case whiteout && strings.Trim(deleted, ".") == "" && len(deleted) < 3:
		return &archive.Refused{Path: m.Path, Why: "it deletes something without a name"}
	case whiteout:
		p := path.Join(dir, deleted)
		if o.now.cleared[p] = true; o.now.dirs[p] || o.now.behind[p] {
			o.now.again[p] = true
		}
		o.matter(p, o.now.gone)
		if dir != "" {
			o.has(dir)
		}
		return nil
	}
	return o.file(m, content)
}

// file takes in a member that deletes nothing.
func (o *overlay) file(m archive.Member, content io.Reader) error {
	hidden := o.hidden(m.Path)
	if m.Type == archive.Dir {
		if o.now.dirs[m.Path] = true; o.now.cleared[m.Path] {
			o.now.again[m.Path] = true
		}
	} else { // nothing of the layers below is behind it, seen or not
		o.matter(m.Path, o.now.gone)
	}
	if !o.inside(m.Path) {
		if o.around(m.Path) && !hidden {
			return o.onTheWay(m, content)
		}
		return o.show(m, content)
	}
	if hidden {
		return o.surely(m)
	}
	if m.Type == archive.Hardlink && o.hidden(m.Link) { // what it is a name of is shown from another layer
		return &archive.Refused{Path: m.Path, Why: fmt.Sprintf("it is a second name of %s, which a layer above has replaced", m.Link)}
	}
	o.has(m.Path)
	return o.show(m, content)
}

// writtenInto remembers the directories around a path that this layer has not had so far.
func (o *overlay) writtenInto(p string) {
	var without []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if o.now.cleared[within(dir)] { // what is in it is new, and no link of a layer below
			without = nil
		}
		if o.now.cleared[dir] {
			o.now.again[dir] = true
			return
		}
		if o.now.behind[dir] { // and what is around it
			break
		}
		if !o.now.dirs[dir] {
			without = append(without, dir)
		}
	}
	for _, dir := range without {
		o.now.behind[dir] = true
	}
}

// surely tells whether a member that is hidden is so for all runtimes.
func (o *overlay) surely(m archive.Member) error {
	if m.Type == archive.Dir || o.had[m.Path] {
		return nil
	}
	for p := path.Dir(m.Path); p != "."; p = path.Dir(p) {
		if o.again[p] {
			return &archive.Refused{Path: m.Path, Why: fmt.Sprintf("a layer above deletes the directory %s and has it again: whether this is left depends on what runs the image", p)}
		}
	}
	return nil
}

// within is the name for everything in a directory, without the directory itself.
func within(dir string) string { return dir + "/" }

// deeper looks at a member that layers above were written behind, if they were.
func (o *overlay) deeper(m archive.Member) error {
	depth, behind := o.behind[m.Path]
	if !behind || o.clearedSince(m.Path, depth) {
		return nil
	}
	switch m.Type {
	case archive.Dir:
		delete(o.behind, m.Path)
	case archive.Symlink, archive.Hardlink:
		return &archive.Refused{Path: m.Path, Why: "a layer above has files behind this link: where they are depends on what runs the image"}
	}
	return nil
}

// clearedSince tells whether a layer above deleted a path before the one of a number was
// laid over it.
func (o *overlay) clearedSince(p string, depth int) bool {
	by, ok := o.cleared[p]
	for !ok || by <= depth {
		if p == "" {
			return false
		}
		if p = path.Dir(p); p == "." {
			p = ""
		}
		if by, ok = o.cleared[within(p)]; !ok || by <= depth {
			by, ok = o.cleared[p]
		}
	}
	return true
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
	if m.Type == archive.Symlink || m.Type == archive.Hardlink { // which may be one of a link
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
