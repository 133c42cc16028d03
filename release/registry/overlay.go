package registry

import (
	"fmt"
	"io"
	"path"
	"strings"

	"twokey/checks/trace/archive"
)

// overlay puts layers one over the other, from the topmost down.
type overlay struct {
	source string // the directory whose files matter; empty: all
	show   archive.Visit
	// had are the paths that a layer above had, and gone those below which a layer above
	// lets nothing through: what it deleted, or has a file in the place of.
	had, gone map[string]bool
	now       hiding
}

// hiding is what one layer hides from those below it.
type hiding struct{ had, gone map[string]bool }

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
	o.now = hiding{map[string]bool{}, map[string]bool{}}
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
