package archive

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The ar archive that a .deb is, by deb(5) and ar(5).
const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60
	// maxSignature is how large a signature may be, which is some hundred bytes.
	maxSignature = 64 << 10
)

// Deb reads a .deb of format 2.0: what it says of itself, with Member.Control, and then what
// it installs. The latter is a system's root, whatever o.System says, and the former is not.
// Errors are those of [Tar].
//
// Behind the data there may be signatures, as debsigs and dpkg-sig write them: members
// whose names begin with _gpg. They are shown as files with Member.Control.
func Deb(r io.Reader, o Options, visit Visit) error {
	d := &debReader{budget: newBudget(r, o), visit: visit}
	d.in = bufio.NewReaderSize(d.src, buffer)
	magic := make([]byte, len(arMagic))
	if _, err := io.ReadFull(d.in, magic); err != nil {
		return d.fault("", "it cannot be read", err)
	}
	if string(magic) != arMagic {
		return &Refused{Why: "it is not a .deb: it does not begin as an ar archive does"}
	}
	if err := d.version(); err != nil {
		return err
	}
	if err := d.tarball("control.tar", Gzip, XZ, Zstd, Uncompressed); err != nil {
		return err
	}
	if err := d.tarball("data.tar", Gzip, XZ, Zstd, Bzip2, Uncompressed); err != nil {
		return err
	}
	return d.signatures()
}

// debReader is one .deb that is being read.
type debReader struct {
	*budget
	in    *bufio.Reader
	visit Visit
}

// part is one member of the ar archive. What it holds is read from it.
type part struct {
	*io.LimitedReader
	name string
	size int64
}

// Read implements io.Reader. Where the file ends before the part does, that is an error.
func (p *part) Read(b []byte) (int, error) {
	n, err := p.LimitedReader.Read(b)
	if err == io.EOF && p.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the header of the next part; at the end of the file it gives none.
func (d *debReader) next() (*part, error) {
	h := make([]byte, arHeaderSize)
	if _, err := io.ReadFull(d.in, h); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, d.fault("", "it cannot be read", err)
	}
	name := strings.TrimSuffix(strings.TrimRight(string(h[:16]), " "), "/")
	figures := strings.TrimRight(string(h[48:58]), " ")
	n, err := strconv.ParseUint(figures, 10, 63)
	if err != nil || string(h[58:]) != "`\n" {
		return nil, &Refused{Path: name, Why: "it is not a well-formed ar archive"}
	}
	return &part{&io.LimitedReader{R: d.in, N: int64(n)}, name, int64(n)}, nil
}

// end reads what stands between a part that was read and the next: a line end behind an odd
// number of bytes, which may be missing at the end of the file.
func (d *debReader) end(p *part) error {
	if d.src.err != nil {
		return d.src.err
	}
	if p.N > 0 {
		return &Refused{Path: p.name, Why: "the archive ends too early"}
	}
	if p.size%2 == 0 {
		return nil
	}
	switch c, err := d.in.ReadByte(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return d.fault(p.name, "it cannot be read", err)
	case c != '\n':
		return &Refused{Path: p.name, Why: "something is hidden behind it"}
	}
	return nil
}

// version reads the first part, which names the format.
func (d *debReader) version() error {
	p, err := d.next()
	if err != nil {
		return err
	}
	if p == nil || p.name != "debian-binary" || p.size > 8 {
		return &Refused{Why: "it is not a .deb: it does not begin with debian-binary"}
	}
	b, err := io.ReadAll(p)
	if err != nil {
		return d.fault(p.name, "it cannot be read", err)
	}
	if err := d.end(p); err != nil {
		return err
	}
	if string(b) != "2.0\n" {
		return &Refused{Path: p.name, Why: fmt.Sprintf("a .deb of another format than 2.0: %q", b)}
	}
	return nil
}

// tarball reads a part that is a tar, in one of the compressions, which its name tells.
func (d *debReader) tarball(name string, as ...Compression) error {
	p, err := d.next()
	if err != nil {
		return err
	}
	if p == nil {
		return &Refused{Path: name, Why: "the archive ends before it"}
	}
	o, control := d.o, name == "control.tar"
	o.System, o.Compression = !control, ""
	for _, c := range as {
		if p.name == name+c.suffix() {
			o.Compression = c
		}
	}
	if o.Compression == "" {
		return &Refused{Path: p.name, Why: fmt.Sprintf("it stands where %s should be", name)}
	}
	// Both tars are held to the same limits, together.
	saved := d.o
	d.o = o
	defer func() { d.o = saved }()
	visit := func(m Member, r io.Reader) error {
		m.Control = control
		return d.visit(m, r)
	}
	if err := d.tar(bufio.NewReaderSize(p, buffer), visit); err != nil {
		return err
	}
	return d.end(p)
}

// suffix is what a .deb has at the end of the name of a tar that is compressed so.
func (c Compression) suffix() string {
	switch c {
	case Gzip:
		return ".gz"
	case XZ:
		return ".xz"
	case Bzip2:
		return ".bz2"
	case Zstd:
		return ".zst"
	}
	return ""
}

// signatures reads what stands behind the data.
func (d *debReader) signatures() error {
	seen := map[string]bool{}
	for {
		p, err := d.next()
		if err != nil || p == nil {
			return err
		}
		if !strings.HasPrefix(p.name, "_gpg") || seen[p.name] || d.o.written(p.name) != "" || strings.Contains(p.name, "/") {
			return &Refused{Path: p.name, Why: "it stands behind the data of a .deb"}
		}
		if seen[p.name] = true; p.size > maxSignature {
			return &Refused{Path: p.name, Why: fmt.Sprintf("a signature of %s", size(p.size))}
		}
		if err := d.member(p.name, p.size); err != nil {
			return err
		}
		fault := func(err error) error { return d.fault(p.name, "it cannot be read", err) }
		if err := visited(Member{Path: p.name, Size: p.size, Control: true}, p, fault, d.visit); err != nil {
			return err
		}
		if err := d.end(p); err != nil {
			return err
		}
	}
}
