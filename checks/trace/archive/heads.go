package archive

import (
	"archive/tar"
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// heads looks at the headers of one member of a tar as they are read. Before the header
// itself there may be others, which describe it: PAX has one, GNU tar one for the name and
// one for the link. Where there are more of them, or both kinds, readers differ in which
// they obey: archive/tar takes the last PAX header and Python's tarfile the first, and with
// another size they find other members in what is content for archive/tar.
type heads struct {
	block [block]byte
	have  int   // how much of block is there
	skip  int64 // how much of a description is yet to come
	seen  map[byte]int
	done  bool  // the header itself was there
	typ   byte  // what it says
	size  int64 // -1 where it is not in figures
	odd   string
}

// write sees bytes that were read.
func (h *heads) write(p []byte) {
	for len(p) > 0 && !h.done {
		if h.skip > 0 {
			n := min(h.skip, int64(len(p)))
			h.skip, p = h.skip-n, p[n:]
			continue
		}
		n := copy(h.block[h.have:], p)
		h.have, p = h.have+n, p[n:]
		if h.have == block {
			h.have = 0
			h.header()
		}
	}
}

// header sees one header.
func (h *heads) header() {
	h.size = h.figures()
	switch {
	case h.size < 0 && h.block[124]&0x80 == 0:
		h.odd = "a size that readers take differently"
	case !h.prefixed() && h.block[156] != tar.TypeGNUSparse:
		h.odd = "a name that readers take differently"
	}
	switch h.typ = h.block[156]; h.typ {
	case tar.TypeXHeader, tar.TypeXGlobalHeader, tar.TypeGNULongName, tar.TypeGNULongLink:
		if h.seen == nil {
			h.seen = map[byte]int{}
		}
		h.seen[h.typ]++
		h.skip = (max(h.size, 0) + block - 1) / block * block
	default:
		h.done = true
	}
}

// figures is the size as most tars have it: octal figures, with spaces before them, and
// behind them spaces and NULs. Of a NUL in front archive/tar takes what comes after it, and
// Python what comes before. Where it is written otherwise, it is -1.
func (h *heads) figures() int64 {
	s := strings.TrimRight(string(h.block[124:136]), " \x00")
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimLeft(s, " "), 8, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}

// prefixed tells whether all readers see the same prefix of the name: Python takes one in
// each format, where only ustar has it, and star has a shorter one.
func (h *heads) prefixed() bool {
	const at, starEnd = 345, 345 + 131
	switch {
	case string(h.block[257:263]) != "ustar\x00":
		return h.block[at] == 0
	case string(h.block[508:]) == "tar\x00":
		return h.block[starEnd-1] == 0
	}
	return true
}

// wrong tells what no honest tar has, of the member that archive/tar makes of the headers.
func (h *heads) wrong(made *tar.Header) string {
	global, pax := h.seen[tar.TypeXGlobalHeader], h.seen[tar.TypeXHeader]
	gnu := h.seen[tar.TypeGNULongName] + h.seen[tar.TypeGNULongLink]
	if h.odd != "" {
		return h.odd
	}
	const several = "several headers that describe it, of which readers take different ones"
	if made.Typeflag == tar.TypeXGlobalHeader {
		if global != 1 || pax+gnu > 0 {
			return several
		}
		return ""
	}
	switch {
	case global > 0, pax > 1, h.seen[tar.TypeGNULongName] > 1, h.seen[tar.TypeGNULongLink] > 1, pax > 0 && gnu > 0:
		return several
	case !h.done:
		return "headers that are not well-formed"
	case h.typ == tar.TypeRegA && pax+gnu > 0:
		return "a header of before 1988 with a description of after"
	}
	if said, ok := made.PAXRecords["size"]; ok && said != strconv.FormatInt(h.size, 10) {
		return "two sizes, of which readers take different ones"
	}
	name, prefix := field(h.block[:100]), ""
	if string(h.block[257:263]) == "ustar\x00" {
		prefix = field(h.block[345:500])
	}
	if prefix != "" {
		name = prefix + "/" + name
	}
	if said, ok := made.PAXRecords["path"]; ok && !shortened(name, said) {
		return "two names, of which readers take different ones"
	}
	if said, ok := made.PAXRecords["linkpath"]; ok && !shortened(field(h.block[157:257]), said) {
		return "two links, of which readers take different ones"
	}
	return ""
}

// field is one of a header, which a NUL ends.
func field(f []byte) string {
	before, _, _ := bytes.Cut(f, []byte{0})
	return string(before)
}

// ofGit is what git writes in the place of a name or a link that is too long.
var ofGit = regexp.MustCompile(`^(?:[0-9a-f]{40,64}\.data|see [0-9a-f]{40,64}\.paxheader)$`)

// shortened tells whether the name in a header may be what has room there of the one that
// PAX gives. Those that do not read PAX take the former: BusyBox does. Where there is room
// for all of it, both are one; else writers leave the end out, or directories, and put
// nothing or a sign in the place of letters that are not ASCII.
func shortened(name, said string) bool {
	const room, nearly = 100, 90
	name, said = strings.TrimRight(name, "/"), strings.TrimRight(said, "/")
	foreign := strings.ContainsFunc(said, func(r rune) bool { return r >= 0x80 })
	a, b := common(name), common(said)
	switch {
	case len(said) <= room && !foreign:
		return name == said
	case ofGit.MatchString(name) || a == b:
		return true
	case len(name) < nearly: // is no name that was too long
		return false
	}
	return strings.HasPrefix(b, a) || strings.HasPrefix(path.Base(b), path.Base(a))
}

// common is what all writers keep of a name.
func common(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 || r == '?' || r == '_' {
			return -1
		}
		return r
	}, name)
}
