package opaque

import (
	"bytes"
	"encoding/binary"
)

const (
	// maxBehind is how much may stand behind the end of a picture and the like.
	maxBehind = 64
	// tailSize is how much of the end is held: a PDF says within it that it ends.
	tailSize = 1024
)

// sound tells whether what begins as a picture, a font or the like goes on as one, where
// that is simple to tell: anybody can write the first bytes of one before something else.
// Of other formats it is believed.
func (l *Look) sound(mime string) bool {
	h := l.head
	switch {
	case hasPrefix(h, "\x89PNG"), hasPrefix(h, "GIF8"), hasPrefix(h, "\xff\xd8\xff"), len(h) >= 8 && string(h[4:8]) == "ftyp":
		return l.walk.holds()
	case hasPrefix(h, "RIFF"):
		return l.endsAt(h, 4, binary.LittleEndian, 8)
	case hasPrefix(h, "BM"):
		return l.endsAt(h, 2, binary.LittleEndian, 0)
	case hasPrefix(h, "wOFF"), hasPrefix(h, "wOF2"):
		return l.endsAt(h, 8, binary.BigEndian, 0)
	case mime == "application/vnd.ms-fontobject":
		return l.endsAt(h, 0, binary.LittleEndian, 0)
	case hasPrefix(h, "II*\x00"):
		return l.within(h, binary.LittleEndian)
	case hasPrefix(h, "MM\x00*"):
		return l.within(h, binary.BigEndian)
	case hasPrefix(h, "\x00\x00\x01\x00"), hasPrefix(h, "\x00\x00\x02\x00"):
		return l.icons(h)
	case hasPrefix(h, "\x00\x01\x00\x00"), hasPrefix(h, "OTTO"), hasPrefix(h, "true"):
		return l.tables(h)
	case hasPrefix(h, "%PDF-"):
		return bytes.Contains(l.tail, []byte("%%EOF"))
	}
	return true
}

func hasPrefix(b []byte, s string) bool { return bytes.HasPrefix(b, []byte(s)) }

// near tells whether content ends about where it says.
func (l *Look) near(end int64) bool { return l.size-maxBehind <= end && end <= l.size+maxBehind }

// endsAt tells whether a number in the head is the size of the content but for what stands
// before it.
func (l *Look) endsAt(h []byte, at int, order binary.ByteOrder, before int64) bool {
	return len(h) >= at+4 && l.near(int64(order.Uint32(h[at:]))+before)
}

// within tells whether the first list of a TIFF is where it says.
func (l *Look) within(h []byte, order binary.ByteOrder) bool {
	if len(h) < 8 {
		return false
	}
	first := int64(order.Uint32(h[4:]))
	return first >= 8 && first+2 <= l.size
}

// icons tells whether the pictures that a list of icons names are all that there is.
func (l *Look) icons(h []byte) bool {
	if len(h) < 6 {
		return false
	}
	n := int(binary.LittleEndian.Uint16(h[4:]))
	end := int64(0)
	for i := range n {
		at := 6 + 16*i
		if at+16 > len(h) {
			return false
		}
		end = max(end, int64(binary.LittleEndian.Uint32(h[at+8:]))+int64(binary.LittleEndian.Uint32(h[at+12:])))
	}
	return n > 0 && l.near(end)
}

// tables tells whether the tables that a font names are all that there is.
func (l *Look) tables(h []byte) bool {
	if len(h) < 12 {
		return false
	}
	n := int(binary.BigEndian.Uint16(h[4:]))
	end := int64(0)
	for i := range n {
		at := 12 + 16*i
		if at+16 > len(h) {
			return false
		}
		end = max(end, int64(binary.BigEndian.Uint32(h[at+8:]))+int64(binary.BigEndian.Uint32(h[at+12:])))
	}
	return n > 0 && l.near(end)
}
