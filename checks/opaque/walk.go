package opaque

import (
	"encoding/binary"
	"hash/crc32"
)

// walk goes through the pieces that a picture or a film is made of, up to its end. It
// holds a few bytes of it only. The zero walk has seen nothing.
type walk struct {
	next  state
	held  []byte // of what the state wants
	skip  uint64 // what comes before that and is passed over
	bad   bool   // it is not made as it says
	ended bool
	after uint64 // how many bytes stand behind its end, but for zeros

	check  bool // the bytes that are passed over are summed up
	sum    uint32
	final  bool
	marker byte
}

// state is what a walk wants next.
type state int

const (
	atStart state = iota
	atBoxName
	atBox
	atOther // what is not walked through
	atPNG
	atChunk
	atChunkSum
	atGIF
	atBlock
	atLabel
	atFrame
	atCodeSize
	atPart
	atMarker
	atLength
	atScan
)

// wants is how many bytes a state looks at.
func (s state) wants() int {
	switch s {
	case atStart, atBoxName, atPNG, atChunkSum:
		return 4
	case atBox, atChunk:
		return 8
	case atGIF, atFrame:
		return 9
	case atMarker, atLength:
		return 2
	}
	return 1
}

// add goes on with the next bytes.
func (w *walk) add(p []byte) {
	for len(p) > 0 && !w.bad && w.next != atOther {
		if w.ended {
			for _, b := range p {
				if b != 0 {
					w.after++
				}
			}
			return
		}
		if w.skip > 0 {
			n := int(min(w.skip, uint64(len(p))))
			if w.check {
				w.sum = crc32.Update(w.sum, crc32.IEEETable, p[:n])
			}
			w.skip -= uint64(n)
			p = p[n:]
			continue
		}
		n := min(w.next.wants()-len(w.held), len(p))
		w.held = append(w.held[:len(w.held):len(w.held)], p[:n]...)
		p = p[n:]
		if len(w.held) == w.next.wants() {
			got := w.held
			w.held = nil
			w.step(got)
		}
	}
}

// holds tells whether it went to its end, and little stands behind it, as far as it was
// walked through.
func (w *walk) holds() bool {
	boxes := w.next == atBox && w.skip == 0 && len(w.held) == 0 // which have no end of their own
	return !w.bad && (w.ended || boxes || w.next == atOther) && w.after <= maxBehind
}

// step takes what the state wants.
func (w *walk) step(got []byte) {
	switch w.next {
	case atStart:
		w.begin(got)
	case atBoxName, atBox:
		w.box(got)
	case atPNG, atChunk, atChunkSum:
		w.png(got)
	case atMarker, atLength, atScan:
		w.jpeg(got)
	default:
		w.gif(got)
	}
}

// begin tells by the first bytes what it is.
func (w *walk) begin(got []byte) {
	switch first := string(got); {
	case first == "\x89PNG":
		w.next = atPNG
	case first == "GIF8":
		w.next = atGIF
	case first[:3] == "\xff\xd8\xff":
		w.next, w.marker = atLength, got[3]
	default:
		w.next, w.skip = atBoxName, 0
		w.sum = binary.BigEndian.Uint32(got) // the size of the first box, where it is one
	}
}

// box is one of those that films and pictures of phones are made of.
func (w *walk) box(got []byte) {
	size := uint64(w.sum)
	if w.next == atBoxName {
		if string(got) != "ftyp" {
			w.next = atOther
			return
		}
	} else {
		size = uint64(binary.BigEndian.Uint32(got))
	}
	switch {
	case size < 2: // up to the end of the file, or so large that its size stands elsewhere
		w.next = atOther
	case size < 8:
		w.bad = true
	default:
		w.next, w.skip = atBox, size-8
	}
}

func (w *walk) png(got []byte) {
	switch w.next {
	case atPNG:
		w.bad = string(got) != "\r\n\x1a\n"
		w.next = atChunk
	case atChunk:
		w.skip, w.check, w.sum = uint64(binary.BigEndian.Uint32(got)), true, crc32.ChecksumIEEE(got[4:])
		w.final = string(got[4:]) == "IEND"
		w.next = atChunkSum
	default:
		w.bad = binary.BigEndian.Uint32(got) != w.sum
		w.ended, w.check = w.final, false
		w.next = atChunk
	}
}

// colours is how many bytes a table of colours has.
func colours(packed byte) uint64 {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

func (w *walk) gif(got []byte) {
	switch w.next {
	case atGIF:
		w.next, w.skip = atBlock, colours(got[6])
	case atBlock:
		switch got[0] {
		case 0x3b:
			w.ended = true
		case 0x21:
			w.next = atLabel
		case 0x2c:
			w.next = atFrame
		default:
			w.bad = true
		}
	case atFrame:
		w.next, w.skip = atCodeSize, colours(got[8])
	case atPart:
		if w.skip = uint64(got[0]); w.skip == 0 {
			w.next = atBlock
		}
	default:
		w.next = atPart
	}
}

func (w *walk) jpeg(got []byte) {
	switch w.next {
	case atLength:
		size := binary.BigEndian.Uint16(got)
		w.bad = size < 2
		w.skip = uint64(max(size, 2) - 2)
		if w.next = atMarker; w.marker == 0xda {
			w.next, w.marker = atScan, 0
		}
	case atScan: // where a marker is what stands behind 0xff
		before := w.marker
		w.marker = got[0]
		if before == 0xff && got[0] != 0 && got[0] != 0xff && (got[0] < 0xd0 || got[0] > 0xd7) {
			w.mark(got[0])
		}
	default:
		if got[0] != 0xff {
			w.bad = true
			return
		}
		w.mark(got[1])
	}
}

// mark goes on behind a marker of a JPEG.
func (w *walk) mark(m byte) {
	switch w.marker = m; {
	case m == 0xd9:
		w.ended = true
	case m == 0xff: // one byte more before the marker
		w.next = atScan
	default:
		w.next = atLength
	}
}
