package trace

import (
	"errors"
	"io"
	"path"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
)

// Options are what is known of a published file before it is read.
type Options struct {
	Form checks.Form
	// Project and Version are what was released: what a build backend writes names them.
	Project, Version string
	// Package is the name that a .deb has to give itself; empty where nobody knows.
	Package string
	// Source is the directory in the artifact that holds the project; empty for all of
	// it.
	Source string
	// Generated are the files that the plan says are made by the build, and why.
	Generated []Pattern
	// Explain is the path of a file whose content is kept, to be explained.
	Explain string
}

const (
	// maxContents bounds what is kept in memory of the contents that the commit does
	// not have.
	maxContents = 32 << 20
	// maxList bounds the lists in which an artifact names all of its own files.
	maxList = 32 << 20
)

// entry is one file of the artifact.
type entry struct {
	path    string // within the project
	blob    string
	size    int64
	exec    bool
	link    bool // a symbolic one, whose content is where it leads
	setid   bool
	control bool // of a .deb's own
	outside bool // of the source of a .deb
	sha256  []byte
	md5     []byte
	content []byte // of what the commit does not have, where there was room
}

// Tracer is shown what is in an artifact.
type Tracer struct {
	tree    *Tree
	o       Options
	sum     summer
	entries []entry
	byPath  map[string]int // in entries
	outside checks.Tally
	left    int64       // of maxContents
	root    string      // the one directory around a source distribution
	record  []byte      // a wheel's list of its files
	stray   []text.Safe // what lies beside the one directory
	settled []judged    // by Report
}

// New makes a Tracer of one artifact against one commit.
func New(tree *Tree, o Options) *Tracer {
	o.Source = strings.Trim(path.Clean("/"+o.Source), "/")
	return &Tracer{tree: tree, o: o, sum: summer{digits: tree.digits}, byPath: map[string]int{}, left: maxContents}
}

// Visit takes in one member: it is an archive.Visit.
func (t *Tracer) Visit(m archive.Member, content io.Reader) error {
	if m.Type == archive.Dir {
		return nil
	}
	p, inside := t.inside(m)
	if !inside {
		t.outside.Add(m.Size)
		if t.o.Form != checks.FormDeb {
			return nil // an image is mostly somebody else's system
		}
		p = "/" + m.Path
	}
	e := entry{path: p, size: m.Size, exec: m.Exec, setid: m.Setid, control: m.Control, outside: !inside}
	switch m.Type {
	case archive.File:
		return t.file(e, content)
	case archive.Symlink:
		e.link, e.content = true, []byte(m.Link)
		e.size, e.blob = int64(len(m.Link)), t.tree.blobOf([]byte(m.Link))
	case archive.Hardlink:
		to, ok := t.inside(archive.Member{Path: m.Link, Control: m.Control})
		if !ok {
			to = "/" + m.Link
		}
		first, there := t.byPath[to]
		if !there {
			return &archive.Refused{Path: m.Path, Why: "it is a second name of a file that is not in the same place"}
		}
		known := t.entries[first]
		known.path, known.outside, known.setid = p, e.outside, known.setid || e.setid
		e = known
	default:
		return &archive.Refused{Path: m.Path, Why: "a device, a pipe or a socket among the project's files"}
	}
	t.add(e)
	return nil
}

// inside is where a member lies within the project; false for what is not of it.
func (t *Tracer) inside(m archive.Member) (string, bool) {
	switch {
	case m.Control:
		return "DEBIAN/" + m.Path, true
	case t.o.Source != "":
		return strings.CutPrefix(m.Path, t.o.Source+"/")
	case t.o.Form != checks.FormSdist:
		return m.Path, true
	}
	dir, rest, below := strings.Cut(m.Path, "/")
	if t.root == "" && below {
		t.root = dir
	}
	if !below || dir != t.root {
		t.stray = append(t.stray, text.Cleanf("%s lies beside the directory %s", m.Path, t.root))
		return m.Path, true
	}
	return rest, true
}

// file reads a file, and keeps its content where the commit has it nowhere.
func (t *Tracer) file(e entry, content io.Reader) error {
	if t.isRecord(e.path) {
		return t.list(e, content)
	}
	wheel, pointer := t.o.Form == checks.FormWheel, t.tree.pointers[path.Base(e.path)]
	s, err := t.sum.read(content, e.size, wheel || pointer, t.o.Form == checks.FormDeb && !e.control)
	if errors.Is(err, errCollision) {
		return &archive.Refused{Path: e.path, Why: errCollision.Error()}
	}
	if err != nil {
		return err
	}
	e.blob, e.sha256, e.md5 = s.blob, s.sha256, s.md5
	wanted := e.path == t.o.Explain && t.o.Explain != ""
	if kept, whole := t.sum.content(e.size); whole && (wanted || !e.outside && !t.tree.has(e.blob)) && e.size <= t.left {
		t.left -= e.size
		e.content = append(make([]byte, 0, len(kept)), kept...)
	}
	t.add(e)
	return nil
}

// isRecord tells whether a file is the list that an artifact has of its own files.
func (t *Tracer) isRecord(p string) bool {
	if t.o.Form == checks.FormDeb {
		return p == "DEBIAN/md5sums"
	}
	dir, name := path.Split(p)
	return t.o.Form == checks.FormWheel && name == "RECORD" && strings.HasSuffix(dir, ".dist-info/") && strings.Count(dir, "/") == 1
}

// list keeps the list of an artifact's own files, however long it is.
func (t *Tracer) list(e entry, content io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(content, maxList+1))
	switch {
	case err != nil:
		return err
	case len(b) > maxList:
		return &archive.Refused{Path: e.path, Why: "a list of files that is longer than any is"}
	case t.record != nil:
		return &archive.Refused{Path: e.path, Why: "a second list of the artifact's files"}
	}
	t.record = b
	e.blob, e.content = t.tree.blobOf(b), b
	t.add(e)
	return nil
}

func (t *Tracer) add(e entry) {
	t.byPath[e.path] = len(t.entries)
	t.entries = append(t.entries, e)
}
