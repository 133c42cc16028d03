package registry

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"twokey/checks/trace/archive"
)

// The fuzzer's layers are made of few names, so that their paths meet.
const fuzzedSource = "s/p"

// fuzzedPath makes a path of one to four names.
func fuzzedPath(depth, names byte) string {
	var parts []string
	for i := range 1 + int(depth)%4 {
		parts = append(parts, string("spwx"[names>>(2*i)&3]))
	}
	return strings.Join(parts, "/")
}

// fuzzedLayers makes layers of bytes, the lowest first: three bytes for each member.
func fuzzedLayers(program []byte) [][]byte {
	var out [][]byte
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	next := func() {
		_ = w.Close()
		out = append(out, bytes.Clone(b.Bytes()))
		b.Reset()
		w = tar.NewWriter(&b)
	}
	for n := 0; len(program) >= 3 && n < 60 && len(out) < 5; n++ {
		kind, p := program[0]&7, fuzzedPath(program[0]>>3, program[1])
		h, content := &tar.Header{Name: p, Mode: 0o644, Typeflag: tar.TypeReg}, ""
		switch kind {
		case 0:
			h.Typeflag = tar.TypeDir
		case 1, 2:
			content = fmt.Sprintf("file %d", n)
		case 3:
			h.Typeflag, h.Linkname = tar.TypeSymlink, fuzzedPath(program[2]>>6, program[2])
			if program[2]&32 == 0 {
				h.Linkname = "/" + h.Linkname
			}
		case 4:
			h.Typeflag, h.Linkname = tar.TypeLink, fuzzedPath(program[0]>>3, program[2])
		case 5:
			h.Name = path.Join(path.Dir(p), ".wh."+path.Base(p))
		case 6:
			h.Name = path.Join(p, ".wh..wh..opq")
		case 7:
			next()
			program = program[1:]
			continue
		}
		h.Size, program = int64(len(content)), program[3:]
		_ = w.WriteHeader(h) // into memory
		_, _ = io.WriteString(w, content)
	}
	next()
	return out
}

// fuzzed is a member of a layer with its content.
type fuzzed struct {
	archive.Member
	content string
}

// membersOf are the members of a layer; false for one that nobody unpacks.
func membersOf(layer []byte) ([]fuzzed, bool) {
	var out []fuzzed
	o := archive.Default()
	o.System = true
	err := archive.Tar(bytes.NewReader(layer), o, func(m archive.Member, r io.Reader) error {
		b, err := io.ReadAll(r)
		out = append(out, fuzzed{m, string(b)})
		return err
	})
	return out, err == nil
}

// shownBy is what an overlay shows below the source, by path: what is in a file, or where a
// link leads. It is false where it is refused.
func shownBy(layers [][]fuzzed) (map[string]string, bool) {
	out := map[string]string{}
	var content string
	o := newOverlay(fuzzedSource, func(m archive.Member, _ io.Reader) error {
		p, inside := strings.CutPrefix(m.Path, fuzzedSource+"/")
		if m.Type == archive.Dir || !inside {
			return nil
		}
		if _, twice := out[p]; twice {
			panic(p + " is shown twice")
		}
		switch m.Type {
		case archive.Hardlink: // as the tracer does
			to, ok := out[strings.TrimPrefix(m.Link, fuzzedSource+"/")]
			if !ok || !strings.HasPrefix(m.Link, fuzzedSource+"/") {
				return errors.New("it is a second name of what is elsewhere")
			}
			out[p] = to
		case archive.Symlink:
			out[p] = "-> " + m.Link
		default:
			out[p] = content
		}
		return nil
	})
	for _, layer := range slices.Backward(layers) {
		for _, m := range layer {
			content = m.content
			if o.visit(m.Member, strings.NewReader(m.content)) != nil {
				return nil, false
			}
		}
		o.below()
	}
	return out, true
}

// FuzzOverlay holds what is shown of layers against two models of how runtimes lay them
// over one another: where the kernel does (overlayfs), it is all that is there and nothing
// else; where each layer is written over those below, nothing is there that is not shown.
func FuzzOverlay(f *testing.F) {
	const dir, file, link, hard, gone, opaque, next = 0, 1, 3, 4, 5, 6, 7
	const sp, spw, spx, w, wx = 0b0100, 0b100100, 0b110100, 0b10, 0b1110
	at := func(kind, depth byte) byte { return kind | (depth-1)<<3 }
	f.Add([]byte{at(dir, 2), sp, 0, at(file, 3), spw, 0, next, at(gone, 3), spw, 0, at(file, 3), spx, 0})
	f.Add([]byte{at(dir, 2), sp, 0, at(link, 1), w, 0b01_1_00100, next, at(file, 2), wx, 0})
	f.Add([]byte{at(file, 3), spw, 0, at(hard, 3), spx, spw, next, at(file, 3), spw, 0})
	f.Add([]byte{at(file, 4), spw, 0, next, at(gone, 3), spw, 0, at(dir, 3), spw, 0})
	f.Add([]byte{at(file, 4), spw, 0, next, at(opaque, 3), spw, 0, next, at(file, 2), sp, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		var layers [][]fuzzed
		for _, l := range fuzzedLayers(program) {
			members, ok := membersOf(l)
			if !ok {
				return
			}
			layers = append(layers, members)
		}
		shown, ok := shownBy(layers)
		if !ok {
			return
		}
		if there, ok := mergedBy(layers); ok && !maps.Equal(there, shown) {
			t.Errorf("shown is %q, and laid over one another there is %q\n%s", shown, there, story(layers))
		}
		there, ok := writtenBy(layers)
		for p, content := range there {
			if ok && shown[p] != content {
				t.Errorf("%s is %q, and written over one another it is %q\n%s", p, shown[p], content, story(layers))
			}
		}
	})
}

// story tells of layers.
func story(layers [][]fuzzed) string {
	var b strings.Builder
	for i, l := range layers {
		fmt.Fprintf(&b, "layer %d\n", i)
		for _, m := range l {
			fmt.Fprintf(&b, "  %d %s %s %q\n", m.Type, m.Path, m.Link, m.content)
		}
	}
	return b.String()
}

// whiteout is what a member deletes: a name in a directory, or all that is in the directory.
func whiteout(m fuzzed) (name string, all, ok bool) {
	name, ok = strings.CutPrefix(path.Base(m.Path), ".wh.")
	return name, name == ".wh..opq", ok
}

// inode is what stands in a file system of the models.
type inode struct {
	kind    archive.Type
	gone    bool // overlayfs's mark for what is deleted
	opaque  bool
	content string
	names   map[string]*inode
}

func newDir() *inode { return &inode{kind: archive.Dir, names: map[string]*inode{}} }

// created is what a member makes.
func created(m fuzzed) *inode {
	n := newDir()
	if n.kind = m.Type; m.Type != archive.Dir {
		n.names, n.content = nil, m.content
	}
	if m.Type == archive.Symlink {
		n.content = "-> " + m.Link
	}
	return n
}

// walk finds a directory from another one, and makes what is missing of it. It follows
// links as within a changed root, and is nil where there is none.
func walk(root, from *inode, dir string, makes bool, links int) *inode {
	at := from
	if strings.HasPrefix(dir, "/") {
		at = root
	}
	for name := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		if name == "." || name == "" {
			continue
		}
		next := at.names[name]
		if next == nil && makes {
			next = newDir()
			at.names[name] = next
		}
		if next != nil && next.kind == archive.Symlink && links > 0 {
			next = walk(root, at, strings.TrimPrefix(next.content, "-> "), false, links-1)
		}
		if next == nil || next.kind != archive.Dir {
			return nil
		}
		at = next
	}
	return at
}

// written puts a member where it belongs; false where that fails.
func written(root *inode, m fuzzed) bool {
	dir := walk(root, root, path.Dir(m.Path), true, 8)
	if dir == nil {
		return false
	}
	name := path.Base(m.Path)
	if old := dir.names[name]; old != nil && old.kind == archive.Dir && !old.gone && m.Type == archive.Dir {
		return true
	}
	made := created(m)
	if m.Type == archive.Hardlink {
		from := walk(root, root, path.Dir(m.Link), false, 8)
		if from == nil {
			return false
		}
		if made = from.names[path.Base(m.Link)]; made == nil || made.kind == archive.Dir || made.gone {
			return false
		}
	}
	dir.names[name] = made
	return true
}

// mergedBy is what is below the source where the kernel lays layers over one another, which
// were unpacked each into a directory of its own.
func mergedBy(layers [][]fuzzed) (map[string]string, bool) {
	var roots []*inode // the topmost first
	for _, layer := range slices.Backward(layers) {
		root := newDir()
		for _, m := range layer {
			name, all, deletes := whiteout(m)
			if !deletes {
				if !written(root, m) {
					return nil, false
				}
				continue
			}
			dir := walk(root, root, path.Dir(m.Path), true, 8)
			switch {
			case dir == nil, !all && dir.names[name] != nil:
				return nil, false
			case all:
				dir.opaque = true
			default:
				dir.names[name] = &inode{kind: archive.Special, gone: true}
			}
		}
		roots = append(roots, root)
	}
	return belowSource(merge(roots)), true
}

// merge lays directories over one another, the topmost first.
func merge(dirs []*inode) *inode {
	out := newDir()
	for _, d := range dirs {
		for name := range d.names {
			var stack []*inode
			var top *inode
			for _, from := range dirs {
				n := from.names[name]
				if n == nil {
					continue
				}
				if n.gone || n.kind != archive.Dir {
					if len(stack) == 0 && !n.gone {
						top = n
					}
					break
				}
				if stack = append(stack, n); n.opaque {
					break
				}
			}
			if len(stack) > 0 {
				top = merge(stack)
			}
			if top != nil {
				out.names[name] = top
			}
		}
	}
	return out
}

// writtenBy is what is below the source where each layer is written over those below.
func writtenBy(layers [][]fuzzed) (map[string]string, bool) {
	root := newDir()
	for _, layer := range layers {
		unpacked := map[string]bool{}
		for _, m := range layer {
			name, all, deletes := whiteout(m)
			if !deletes {
				if !written(root, m) {
					return nil, false
				}
				unpacked[m.Path] = true
				continue
			}
			dir := walk(root, root, path.Dir(m.Path), true, 8)
			if dir == nil {
				return nil, false
			}
			if !all {
				delete(dir.names, name)
				continue
			}
			around := walk(root, root, path.Dir(path.Dir(m.Path)), false, 8)
			if around != nil && around.names[path.Base(path.Dir(m.Path))] == dir { // a link is not followed
				emptied(dir, path.Dir(m.Path), unpacked)
			}
		}
	}
	return belowSource(root), true
}

// emptied deletes what is in a directory and did not come with the layer.
func emptied(dir *inode, at string, unpacked map[string]bool) {
	for name, n := range dir.names {
		p := path.Join(at, name)
		if !unpacked[p] {
			delete(dir.names, name)
		} else if n.kind == archive.Dir {
			emptied(n, p, unpacked)
		}
	}
}

// belowSource is what is below the source, by path.
func belowSource(root *inode) map[string]string {
	out := map[string]string{}
	dir := walk(root, root, fuzzedSource, false, 0)
	if dir == nil {
		return out
	}
	var list func(d *inode, at string)
	list = func(d *inode, at string) {
		for name, n := range d.names {
			if p := path.Join(at, name); n.kind == archive.Dir {
				list(n, p)
			} else {
				out[p] = n.content
			}
		}
	}
	list(dir, "")
	return out
}
