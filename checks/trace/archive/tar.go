package archive

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

const (
	// buffer is how much is read at once.
	buffer = 64 << 10
	// block is what a tar consists of.
	block = 512
	// setid are the bits of a mode that say as whom a file runs.
	setid = 0o6000
)

// Tar reads a tar, compressed or not, from its first byte to the last: the members are
// shown to visit, and nothing may stand behind them. The error is a [*Refused] where the
// archive is at fault; that of r and that of visit come back as they are.
//
// A leading ./ is no part of a path, and the root itself is not shown. A directory may come
// more than once.
func Tar(r io.Reader, o Options, visit Visit) error {
	b := newBudget(r, o)
	return b.tar(bufio.NewReaderSize(b.src, buffer), visit)
}

// tar reads one tar to the end of r.
func (b *budget) tar(r *bufio.Reader, visit Visit) error {
	u, err := unpack(r, b)
	if err != nil {
		return err
	}
	defer u.done()
	s := &stream{r: u, heads: &heads{}}
	t := &tarReader{budget: b, stream: s, tar: tar.NewReader(s), names: newNames(b.o.Members), visit: visit}
	if err := t.all(); err != nil {
		return err
	}
	s.blank, s.hidden = math.MaxInt64, &Refused{Why: "something stands behind the end of the tar"}
	if _, err := io.Copy(io.Discard, s); err != nil {
		return b.fault("", "", err)
	}
	return nil
}

// tarReader is one tar that is being read.
type tarReader struct {
	*budget
	stream *stream
	tar    *tar.Reader
	names  *names
	visit  Visit
}

// all reads the members, up to the mark of the end.
func (t *tarReader) all() error {
	broken := "it is neither a tar nor compressed in a way that is known"
	for {
		from := (t.stream.n + block - 1) / block * block
		t.stream.heads = &heads{}
		h, err := t.tar.Next()
		if err == io.EOF {
			return t.ended(from)
		}
		if err != nil {
			return t.fault("", broken, err)
		}
		broken = "it is not a well-formed tar"
		if err := t.one(h); err != nil {
			return err
		}
	}
}

// ended tells whether what archive/tar takes for the end, at a place, is one: exactly two
// blocks of zeros, where a tar that was cut between two members has none.
func (t *tarReader) ended(from int64) error {
	n := t.stream.n - from
	switch {
	case t.src.err != nil:
		return t.src.err
	case n > markSize:
		return &Refused{Why: "what describes a member stands at the end, without the member"}
	case n < markSize || t.stream.zeros < markSize:
		return &Refused{Why: "the archive ends too early: the mark of its end is missing"}
	}
	return nil
}

// one reads one member.
func (t *tarReader) one(h *tar.Header) error {
	if why := t.stream.heads.wrong(h); why != "" {
		return &Refused{Path: h.Name, Why: why}
	}
	if h.Typeflag == tar.TypeXGlobalHeader {
		t.stream.blank = -t.stream.n & (block - 1)
		t.stream.hidden = &Refused{Path: h.Name, Why: "something is hidden behind its content"}
		return global(h)
	}
	if err := t.member(h.Name, h.Size); err != nil {
		return err
	}
	m, why := t.described(h)
	if why == "" && m.Path != "" {
		why = t.names.add(m.Path, m.Type)
	}
	if why != "" {
		return &Refused{Path: h.Name, Why: why}
	}
	if m.Path == "" {
		return nil
	}
	fault := func(err error) error { return t.fault(h.Name, "its content cannot be read", err) }
	if err := visited(m, t.tar, fault, t.visit); err != nil {
		return err
	}
	// archive/tar reads what fills up the last block without looking at it.
	t.stream.blank = -m.Size & (block - 1)
	t.stream.hidden = &Refused{Path: h.Name, Why: "something is hidden behind its content"}
	return nil
}

// global refuses what describes all members that follow, where it changes what they are:
// archive/tar leaves that to us, and others obey it. git writes the commit there.
func global(h *tar.Header) error {
	for k := range h.PAXRecords {
		if k == "path" || k == "linkpath" || k == "size" || k == "hdrcharset" || strings.HasPrefix(k, "GNU.") {
			return &Refused{Why: fmt.Sprintf("a %s for all members", k)}
		}
	}
	return nil
}

// described makes a Member of what the tar says of it, or says why there is none. The
// path of the root is empty.
func (t *tarReader) described(h *tar.Header) (m Member, why string) {
	m.Type, why = kind(h)
	if why != "" {
		return m, why
	}
	m.Path, why = t.o.clean(h.Name)
	switch {
	case why != "":
		return m, why
	case m.Type == Dir:
	case m.Path == "", strings.HasSuffix(h.Name, "/"), strings.HasSuffix(h.Name, "/."):
		return m, "the name of a directory on something else"
	}
	switch m.Type {
	case File:
		m.Size, m.Exec, m.Setid = h.Size, h.Mode&0o100 != 0, h.Mode&setid != 0
	case Symlink:
		m.Link, why = h.Linkname, t.o.leads(m.Path, h.Linkname)
	case Hardlink:
		m.Setid = h.Mode&setid != 0 // of what it is a name of, too
		m.Link, why = t.hard(h.Linkname)
	case Special:
		if !t.o.System {
			why = "a device, a pipe or a socket"
		}
	}
	return m, why
}

// kind is the type of a member. Those that are no files have no content: what would stand
// there is content for some readers, and the next member for others.
func kind(h *tar.Header) (t Type, why string) {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return 0, "a sparse file"
		}
		if strings.Contains(k, "xattr.") && strings.Contains(k, ".overlay.") { // where overlayfs is told to look elsewhere
			return 0, "an attribute of the file system that lays layers over one another"
		}
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return File, ""
	case tar.TypeDir:
		t = Dir
	case tar.TypeSymlink:
		t = Symlink
	case tar.TypeLink:
		t = Hardlink
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		t = Special
	case tar.TypeGNUSparse:
		return 0, "a sparse file"
	default:
		return 0, fmt.Sprintf("a member of a type that is not known: %q", h.Typeflag)
	}
	if h.Size != 0 {
		return 0, "content on something that is not a file"
	}
	return t, ""
}

// hard is the path that a hard link leads to, in the form that Member has.
func (t *tarReader) hard(link string) (p, why string) {
	if !t.o.System {
		return "", "a hard link"
	}
	if p, why = t.o.clean(link); why != "" {
		return "", "a hard link to " + why
	}
	if !t.names.file(p) {
		return "", "a hard link to what did not come before it"
	}
	return p, ""
}
