package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The records of a zip, by APPNOTE 6.3.10 of PKWARE, sections 4.3.7 to 4.3.16.
const (
	localSign, localSize     = "PK\x03\x04", 30
	entrySign, entrySize     = "PK\x01\x02", 46
	endSign, endSize         = "PK\x05\x06", 22
	locatorSign, locatorSize = "PK\x06\x07", 20
	end64Sign, end64Size     = "PK\x06\x06", 56
	descriptorSign           = "PK\x07\x08"

	// more says that a number of 32 bits is elsewhere, with 64.
	more = math.MaxUint32
	// zip64 is the extra field where it is.
	zip64 = 0x0001
	// maxExtra is how much may stand in extra fields, where times, owners and the numbers
	// of 64 bits take less than a hundred bytes.
	maxExtra = 128
)

// end is what a zip says of its directory.
type end struct {
	records, size, at int64
}

// listed is a member as the directory has it.
type listed struct {
	*zip.File
	at int64 // where its local header begins
}

// directory reads the directory of a zip and gives the members in the order of their
// places. The directory goes up to the records at the end, and these to the end of the file.
func (z *zipReader) directory() (members []listed, at int64, err error) {
	tail, e, err := z.end()
	if err != nil {
		return nil, 0, err
	}
	raw := make([]byte, e.size, e.size+int64(len(tail)))
	if err := z.readAt(raw, e.at); err != nil {
		return nil, 0, err
	}
	// archive/zip looks for the end in what it has, and finds nothing else there.
	r, err := zip.NewReader(&behind{append(raw, tail...), e.at}, z.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, 0, &Refused{Why: "its directory is broken", Err: err}
	}
	if int64(len(r.File)) != e.records {
		return nil, 0, &Refused{Why: "its directory is broken"}
	}
	for _, f := range r.File {
		var why string
		l := listed{File: f}
		if l.at, raw, why = place(f, raw); why != "" {
			return nil, 0, &Refused{Path: f.Name, Why: why}
		}
		members = append(members, l)
	}
	if len(raw) > 0 {
		return nil, 0, &Refused{Why: "something stands behind its directory"}
	}
	slices.SortStableFunc(members, func(a, b listed) int { return cmp.Compare(a.at, b.at) })
	return members, e.at, nil
}

// place is where a member begins, which archive/zip keeps to itself, and the directory
// behind its entry.
func place(f *zip.File, raw []byte) (at int64, rest []byte, why string) {
	n := entrySize + len(f.Name) + len(f.Extra) + len(f.Comment)
	if len(raw) < n || !bytes.HasPrefix(raw, []byte(entrySign)) {
		return 0, nil, "its entry in the directory is broken"
	}
	if f.Comment != "" {
		return 0, nil, "a comment, which could be anything"
	}
	le := binary.LittleEndian
	if disk := le.Uint16(raw[34:]); disk != 0 {
		return 0, nil, "it is on another disk"
	}
	wide, why := extra(f.Extra)
	if why != "" {
		return 0, nil, why
	}
	offset := uint64(le.Uint32(raw[42:]))
	for _, at := range []int{24, 20, 42} { // the sizes come before it
		if le.Uint32(raw[at:]) != more {
			continue
		}
		if len(wide) < 8 {
			return 0, nil, "its entry in the directory is broken"
		}
		if at == 42 {
			offset = le.Uint64(wide)
		}
		wide = wide[8:]
	}
	if offset > math.MaxInt64 {
		return 0, nil, "its entry in the directory is broken"
	}
	return int64(offset), raw[n:], ""
}

// extra reads extra fields: it gives the numbers of 64 bits, and refuses what says again,
// and otherwise, what the header says.
func extra(b []byte) (wide []byte, why string) {
	if len(b) > maxExtra {
		return nil, "more in extra fields than anybody needs"
	}
	seen := map[uint16]bool{}
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, "broken extra fields"
		}
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if len(b) < 4+n || seen[id] {
			return nil, "broken extra fields"
		}
		seen[id] = true
		switch id {
		case zip64:
			wide = b[4 : 4+n]
		case 0x7075, 0x6375: // Info-ZIP's path and comment in Unicode
			return nil, "a second name, which some readers take"
		}
		b = b[4+n:]
	}
	return wide, ""
}

// end reads the records at the end of the file.
func (z *zipReader) end() (tail []byte, e end, err error) {
	last := make([]byte, min(z.size, end64Size+locatorSize+endSize+64))
	if err := z.readAt(last, z.size-int64(len(last))); err != nil {
		return nil, end{}, err
	}
	at := ending(last)
	if at < 0 {
		return nil, end{}, &Refused{Why: "it does not end as a zip does: it is none, was cut, or something stands behind it"}
	}
	le := binary.LittleEndian
	p := last[at:]
	small := []uint64{uint64(le.Uint16(p[10:])), uint64(le.Uint32(p[12:])), uint64(le.Uint32(p[16:]))}
	if le.Uint16(p[4:]) != 0 || le.Uint16(p[6:]) != 0 || le.Uint16(p[8:]) != le.Uint16(p[10:]) {
		return nil, end{}, &Refused{Why: "it is one of several disks"}
	}
	large := small
	if small[0] == math.MaxUint16 || small[1] == more || small[2] == more {
		at -= locatorSize + end64Size
		if large = end64(last, at, z.size-int64(len(last))); large == nil || !agree(small, large) {
			return nil, end{}, &Refused{Why: "its directory is broken: two records tell different things of it"}
		}
	}
	for _, v := range large {
		if v > math.MaxInt64/2 {
			return nil, end{}, &Refused{Why: "its directory is broken"}
		}
	}
	e = end{int64(large[0]), int64(large[1]), int64(large[2])}
	switch from := z.size - int64(len(last)-at); {
	case e.size > z.o.DirectoryBytes:
		return nil, end{}, &Refused{Why: fmt.Sprintf("its directory has %s, which is more than %s", size(e.size), size(z.o.DirectoryBytes))}
	case e.records > int64(z.o.Members):
		return nil, end{}, &Refused{Why: fmt.Sprintf("more than %d members", z.o.Members)}
	case e.at+e.size != from:
		return nil, end{}, &Refused{Why: "its directory does not stand right before the end: something is hidden, or it was cut"}
	}
	return last[at:], e, nil
}

// ending is where the last record begins. Behind it there may be a commit's hash, which is
// what git writes as the comment of its zips; anything else could be anything.
func ending(last []byte) int {
	for _, comment := range []int{0, 40, 64} {
		at := len(last) - endSize - comment
		if at < 0 || !bytes.HasPrefix(last[at:], []byte(endSign)) ||
			int(binary.LittleEndian.Uint16(last[at+20:])) != comment {
			continue
		}
		if strings.Trim(string(last[at+endSize:]), "0123456789abcdef") == "" {
			return at
		}
	}
	return -1
}

// end64 reads the records of a large zip, which have to stand right before the last one.
func end64(last []byte, at int, base int64) []uint64 {
	if at < 0 {
		return nil
	}
	p, l := last[at:], last[at+end64Size:]
	le := binary.LittleEndian
	if !bytes.HasPrefix(p, []byte(end64Sign)) || !bytes.HasPrefix(l, []byte(locatorSign)) ||
		le.Uint64(p[4:]) != end64Size-12 || le.Uint32(p[16:]) != 0 || le.Uint32(p[20:]) != 0 || le.Uint64(p[24:]) != le.Uint64(p[32:]) ||
		le.Uint32(l[4:]) != 0 || le.Uint64(l[8:]) != uint64(base)+uint64(at) || le.Uint32(l[16:]) != 1 {
		return nil
	}
	return []uint64{le.Uint64(p[32:]), le.Uint64(p[40:]), le.Uint64(p[48:])}
}

// agree tells whether the small numbers are the large ones, or say that they are too small.
func agree(small, large []uint64) bool {
	for i, most := range []uint64{math.MaxUint16, more, more} {
		if small[i] != most && small[i] != large[i] {
			return false
		}
	}
	return true
}

// behind is a file of which only what stands behind a place is known, and zeros before.
type behind struct {
	b  []byte
	at int64
}

// ReadAt implements io.ReaderAt.
func (r *behind) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	if off < r.at {
		n = int(min(r.at-off, int64(len(p))))
		clear(p[:n])
	}
	if n == len(p) {
		return n, nil
	}
	from := off + int64(n) - r.at
	if from >= int64(len(r.b)) {
		return n, io.EOF
	}
	n += copy(p[n:], r.b[from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
