package archive

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// The flags of a member, by section 4.4.4 of the APPNOTE.
const (
	flagEncrypted  = 1 << 0
	flagLevel      = 1<<1 | 1<<2 // how hard deflate tried
	flagDescriptor = 1 << 3      // sums and sizes stand behind the content
	flagUTF8       = 1 << 11
)

// Zip reads a zip of size bytes, and shows the members in the order of their places. r is
// read at the end, where the directory is, and then from the beginning to there, without
// going back. Each byte of the file belongs to a member that the directory names, or to the
// directory: what an unpacker that trusts the directory and one that reads from the front
// make of it is the same. Errors are those of [Tar].
//
// A zip is taken for a wheel: it has files and directories only, whatever o.System says.
func Zip(r io.ReaderAt, size int64, o Options, visit Visit) error {
	o.System = false
	front := &forward{r: r}
	z := &zipReader{budget: newBudget(front, o), at: r, size: size, names: newNames(o.Members), visit: visit}
	members, end, err := z.directory()
	if err != nil {
		return err
	}
	front.end = end
	z.in = bufio.NewReaderSize(z.src, buffer)
	for i, m := range members {
		next := end
		if i+1 < len(members) {
			next = members[i+1].at
		}
		if err := z.one(m, next); err != nil {
			return err
		}
	}
	if z.pos != end {
		return &Refused{Why: "something stands before its directory"}
	}
	return nil
}

// zipReader is one zip that is being read.
type zipReader struct {
	*budget
	at    io.ReaderAt
	size  int64
	names *names
	visit Visit
	in    *bufio.Reader // what stands before the directory
	pos   int64         // how much of that was read
	flate io.ReadCloser // for all members in turn
}

// readAt reads a part that the file has to have. Where it has less than its size, it was
// not read, or not all of it was there: that is no fault of the archive.
func (z *zipReader) readAt(p []byte, off int64) error {
	if z.size <= 0 {
		return &Refused{Why: "it is empty"}
	}
	n, err := z.at.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

// forward reads from the beginning to an end.
type forward struct {
	r        io.ReaderAt
	pos, end int64
}

// Read implements io.Reader.
func (f *forward) Read(p []byte) (int, error) {
	if f.pos >= f.end {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), f.end-f.pos)]
	n, err := f.r.ReadAt(p, f.pos)
	f.pos += int64(n)
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// one reads one member, which ends where the next one begins.
func (z *zipReader) one(f listed, next int64) error {
	refuse := func(why string) error { return &Refused{Path: f.Name, Why: why} }
	if f.UncompressedSize64 >= 1<<62 || f.CompressedSize64 >= 1<<62 {
		return refuse("an absurd size")
	}
	if err := z.member(f.Name, int64(f.UncompressedSize64)); err != nil {
		return err
	}
	m, why := z.described(f.File)
	if why == "" {
		why = z.names.add(m.Path, m.Type)
	}
	if why != "" {
		return refuse(why)
	}
	if f.at != z.pos {
		return refuse("it does not begin where the member before it ends: something is hidden, or is there twice")
	}
	if err := z.local(f.File); err != nil {
		return err
	}
	left := next - z.pos - int64(f.CompressedSize64)
	if f.Flags&flagDescriptor == 0 && left != 0 || left < 0 {
		return refuse("it does not end where the next member begins")
	}
	if err := z.content(m, f.File); err != nil {
		return err
	}
	if f.Flags&flagDescriptor != 0 {
		return z.descriptor(f.File, left)
	}
	return nil
}

// described makes a Member of what the directory says, or says why there is none.
func (z *zipReader) described(f *zip.File) (m Member, why string) {
	dir := strings.HasSuffix(f.Name, "/")
	m.Path, why = z.o.clean(f.Name)
	mode := f.ExternalAttrs >> 16
	switch {
	case why != "":
		return m, why
	case strings.TrimSuffix(f.Name, "/") != m.Path, strings.Contains(f.Name, `\`):
		return m, "a path that readers take differently"
	case f.Flags&flagUTF8 == 0 && strings.ContainsFunc(f.Name, func(r rune) bool { return r >= 0x80 }):
		return m, "a path without a mark of which letters it has"
	case f.Flags&flagEncrypted != 0:
		return m, "it is encrypted"
	case f.Flags&^(flagLevel|flagDescriptor|flagUTF8) != 0:
		return m, "a flag that is not known"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return m, fmt.Sprintf("a compression that is not known: %d", f.Method)
	}
	const typeMask, regular, directory, link = 0xf000, 0x8000, 0x4000, 0xa000
	switch typ := mode & typeMask; {
	case typ == link:
		return m, "a symbolic link"
	case typ != 0 && typ != regular && typ != directory:
		return m, "a device, a pipe or a socket"
	case typ == regular && dir, typ == directory && !dir, f.ExternalAttrs&0x10 != 0 && !dir:
		return m, "the name of a directory on something else, or the other way around"
	case dir && f.UncompressedSize64 != 0:
		return m, "content on something that is not a file"
	case dir:
		m.Type = Dir
		return m, ""
	}
	m.Size, m.Exec, m.Setid = int64(f.UncompressedSize64), mode&0o100 != 0, mode&setid != 0
	return m, ""
}

// take reads n bytes of what stands before the directory.
func (z *zipReader) take(f *zip.File, n int) ([]byte, error) {
	b := make([]byte, n)
	k, err := io.ReadFull(z.in, b)
	z.pos += int64(k)
	if err != nil {
		return nil, z.fault(f.Name, "its header cannot be read", err)
	}
	return b, nil
}

// local reads the header that stands before the content. It says what the directory says.
func (z *zipReader) local(f *zip.File) error {
	h, err := z.take(f, localSize)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	rest, err := z.take(f, int(le.Uint16(h[26:]))+int(le.Uint16(h[28:])))
	if err != nil {
		return err
	}
	name := rest[:le.Uint16(h[26:])]
	wide, why := extra(rest[len(name):])
	switch {
	case string(h[:4]) != localSign:
		why = "it does not stand where the directory says"
	case string(name) != f.Name:
		why = "another name than in the directory"
	case le.Uint16(h[6:]) != f.Flags, le.Uint16(h[8:]) != f.Method:
		why = "another compression or other flags than in the directory"
	case why == "" && !agrees(h, wide, f):
		why = "another size or sum than in the directory"
	}
	if why != "" {
		return &Refused{Path: f.Name, Why: why}
	}
	return nil
}

// agrees tells whether the sum and the sizes in a local header are the directory's. Where
// they stand behind the content, the header may have zeros.
func agrees(h, wide []byte, f *zip.File) bool {
	le := binary.LittleEndian
	later := f.Flags&flagDescriptor != 0
	same := func(got, want uint64) bool { return got == want || later && got == 0 }
	for _, v := range []struct {
		at   int
		want uint64
	}{{22, f.UncompressedSize64}, {18, f.CompressedSize64}} {
		got := uint64(le.Uint32(h[v.at:]))
		if got == more && len(wide) >= 8 {
			got, wide = le.Uint64(wide), wide[8:]
		}
		if !same(got, v.want) {
			return false
		}
	}
	return same(uint64(le.Uint32(h[14:])), uint64(f.CRC32))
}

// descriptor reads the sum and the sizes that stand behind the content, in the room that
// there is up to the next member: the format does not say which of its four forms it has.
func (z *zipReader) descriptor(f *zip.File, room int64) error {
	refuse := &Refused{Path: f.Name, Why: "another size or sum behind the content than in the directory"}
	if room != 12 && room != 16 && room != 20 && room != 24 {
		return &Refused{Path: f.Name, Why: "it does not end where the next member begins"}
	}
	b, err := z.take(f, int(room))
	if err != nil {
		return err
	}
	if room%8 == 0 { // 16 or 24: it begins with a signature
		if string(b[:4]) != descriptorSign {
			return refuse
		}
		b = b[4:]
	}
	le := binary.LittleEndian
	sum, packed, plain := le.Uint32(b), uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:]))
	if len(b) == 20 {
		packed, plain = le.Uint64(b[4:]), le.Uint64(b[12:])
	}
	if sum != f.CRC32 || packed != f.CompressedSize64 || plain != f.UncompressedSize64 {
		return refuse
	}
	return nil
}

// content shows the content of a member.
func (z *zipReader) content(m Member, f *zip.File) error {
	fault := func(err error) error { return z.fault(f.Name, "its content is broken", err) }
	packed := &io.LimitedReader{R: z.in, N: int64(f.CompressedSize64)}
	// What unpacks it takes one byte after the other from a bufio.Reader, so that it is
	// known what is left.
	in := bufio.NewReaderSize(packed, 4096)
	s := &summed{budget: z.budget, r: in, f: f}
	if f.Method == zip.Deflate {
		if z.flate == nil {
			z.flate = flate.NewReader(in)
		} else if err := z.flate.(flate.Resetter).Reset(in, nil); err != nil {
			return fault(err)
		}
		s.r = z.flate
	}
	if m.Type == Dir {
		if err := z.visit(m, strings.NewReader("")); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, s); err != nil {
			return fault(err)
		}
	} else if err := visited(m, s, fault, z.visit); err != nil {
		return err
	}
	if in.Buffered() > 0 || packed.N > 0 {
		return &Refused{Path: f.Name, Why: "something is hidden behind its content"}
	}
	z.pos += int64(f.CompressedSize64)
	return nil
}

// summed is the content of a member, which has to have the size and the sum that the
// directory says.
type summed struct {
	*budget
	r   io.Reader
	f   *zip.File
	n   uint64
	sum uint32
}

// Read implements io.Reader.
func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += uint64(n)
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p[:n])
	over := s.unpacked(n)
	switch {
	case s.src.err != nil:
		return n, s.src.err
	case over != nil:
		return n, over
	case s.n > s.f.UncompressedSize64, err == io.EOF && s.n < s.f.UncompressedSize64:
		return n, &Refused{Why: "its content has another size than the directory says"}
	case err == io.EOF && s.sum != s.f.CRC32:
		return n, &Refused{Why: "its content has another sum than the directory says"}
	}
	return n, err
}
