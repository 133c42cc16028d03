// Package opaque tells what can be seen of a file's bytes: whether somebody who reads a
// change sees what is in it, or only that it is there. The payload of the xz attack
// (CVE-2024-3094) was two such files among the tests.
//
// It is pure: bytes go in, numbers come out. Content may come in pieces, and only a few
// kilobytes of it are held, whatever its size.
package opaque

import (
	"bytes"
	"fmt"
	"math"

	"github.com/gabriel-vasile/mimetype"
)

// The numbers that divide what is opaque from what is not.
const (
	// MinSize is the size in bytes below which nothing is looked at but what may stand
	// for another file: less than this hides little, and says little.
	MinSize = 512
	// MaxEntropy is where a file that nobody recognises begins to look compressed or
	// encrypted, in bits per byte. Random data of 512 bytes has 7.59, compiled message
	// catalogues have 5 to 6.
	MaxEntropy = 7.2
	// MaxRun is how many characters of base64 or hex in one piece text may have.
	MaxRun = 2 << 10
)

// Pointers of Git LFS and git-annex are of these sizes; both stand for another file.
const (
	minPointer = 100
	maxPointer = 200
)

// Worth tells whether a file of this size has to be looked at.
func Worth(size int64) bool {
	return size >= MinSize || size >= minPointer && size <= maxPointer
}

// Kind is what a file is, as far as its bytes tell.
type Kind string

// The kinds.
const (
	Text         Kind = "text"
	Image        Kind = "image"
	Font         Kind = "font"
	Sound        Kind = "audio"
	Video        Kind = "video"
	Document     Kind = "PDF"
	Data         Kind = "data" // of a format that is known and can be anything
	Archive      Kind = "archive"
	Compressed   Kind = "compressed data"
	Executable   Kind = "executable"
	Pointer      Kind = "pointer" // stands for a file that is kept elsewhere
	Unrecognised Kind = "unrecognised data"
)

// Shape is what was seen of a file's content.
type Shape struct {
	Kind Kind
	// MIME is its type where that is known.
	MIME string
	Size int64
	// Entropy is that of the whole, in bits per byte.
	Entropy float64
	// Peak is that of the densest 4 KiB: a payload does not hide among zeros.
	Peak float64
	// Run is the longest piece of base64 or hex in text, in characters or digits. A picture or
	// font that is written so is none.
	Run int
}

// Opaque says why nobody can see what is in the file; empty when they can.
func (s Shape) Opaque() string {
	switch s.Kind {
	case Archive, Compressed, Executable:
		return s.named()
	case Text:
		if s.Run > MaxRun {
			return fmt.Sprintf("text with %d characters of base64 or hex in one piece", s.Run)
		}
	case Unrecognised, Data:
		if s.Size >= MinSize && max(s.Entropy, s.Peak) >= MaxEntropy {
			return s.named()
		}
	}
	return ""
}

// named is the kind with its type, where there is one that says more.
func (s Shape) named() string {
	if s.MIME == "" || s.MIME == unknownType {
		return string(s.Kind)
	}
	return fmt.Sprintf("%s (%s)", s.Kind, s.MIME)
}

// Of looks at content that is held whole.
func Of(content []byte) Shape {
	var l Look
	_, _ = l.Write(content) // which never fails
	return l.Shape()
}

const (
	headSize  = 3072 // as much as the recognition of types reads
	blockSize = 4 << 10
)

// Look looks at content that comes in pieces. The zero Look has seen nothing.
type Look struct {
	head    []byte
	size    int64
	all     histogram
	block   histogram
	peak    float64
	control bool // there is a byte that no text has
	runs    runs
	escapes escapes
	walk    walk
	tail    []byte
}

// Write looks at the next piece. It never fails.
func (l *Look) Write(p []byte) (int, error) {
	if room := headSize - len(l.head); room > 0 {
		l.head = append(l.head, p[:min(room, len(p))]...)
	}
	l.size += int64(len(p))
	l.walk.add(p)
	l.tail = append(l.tail, p[max(0, len(p)-tailSize):]...)
	l.tail = append([]byte(nil), l.tail[max(0, len(l.tail)-tailSize):]...)
	for _, b := range p {
		l.all.add(b)
		l.block.add(b)
		if l.block.n == blockSize {
			l.endBlock()
		}
		l.control = l.control || controls(b)
		l.runs.add(b)
		l.escapes.add(b)
	}
	return len(p), nil
}

// endBlock takes the entropy of a block; a short one tells little.
func (l *Look) endBlock() {
	if l.block.n >= MinSize {
		l.peak = max(l.peak, l.block.entropy())
	}
	l.block = histogram{}
}

// Shape is what was seen so far.
func (l *Look) Shape() Shape {
	end := *l // what comes next may still go on where this ends
	end.endBlock()
	s := Shape{Size: l.size, Entropy: l.all.entropy(), Peak: end.peak}
	s.Kind, s.MIME = recognise(l.head)
	if s.Kind == Text && s.Size <= headSize && isPointer(l.head) {
		s.Kind = Pointer
	}
	switch s.Kind {
	case Unrecognised: // not every font begins as the recognition of types expects
		if hasPrefix(l.head, "\x00\x01\x00\x00") && l.tables(l.head) {
			s.Kind, s.MIME = Font, "font/ttf"
		}
	case Image, Font, Sound, Video, Document:
		if !l.sound(s.MIME) {
			s.Kind = Unrecognised
		}
	}
	// What begins as text may go on as something else, as installers do that carry
	// their payload behind a script.
	if s.Kind == Text && (l.control && !wide(s.MIME) || s.Peak >= MaxEntropy) {
		s.Kind = Unrecognised
	}
	if s.Kind == Text {
		s.Run = max(end.runs.end(), end.escapes.end())
	}
	return s
}

// unknownType is the type of what no type is known of.
const unknownType = "application/octet-stream"

// recognise tells what begins as head does.
func recognise(head []byte) (Kind, string) {
	m := mimetype.Detect(head)
	for t := m; t != nil; t = t.Parent() {
		if kind := kindOf(t.String()); kind != "" {
			return kind, m.String()
		}
	}
	if compressed(head) {
		return Compressed, ""
	}
	if m.Is(unknownType) {
		return Unrecognised, unknownType
	}
	return Data, m.String()
}

// compressed knows formats that begin with a few bytes of their own and that the
// recognition of types does not know.
func compressed(head []byte) bool {
	for _, magic := range []string{
		"\x04\x22\x4d\x18",                     // lz4
		"\x02\x21\x4c\x18",                     // lz4, its first form
		"\x89LZO\x00\r\n\x1a\n",                // lzop
		"\x1f\x9d",                             // compress
		"\x5d\x00\x00\x80\x00\xff\xff\xff\xff", // lzma alone, of unknown size
		"\x5d\x00\x00\x00\x04\xff\xff\xff\xff", // the same with a larger dictionary
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// isPointer tells whether a file stands for one that Git LFS or git-annex keeps.
func isPointer(head []byte) bool {
	for _, first := range []string{"version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/", "/annex/objects/"} {
		if bytes.HasPrefix(head, []byte(first)) {
			return true
		}
	}
	return false
}

// controls tells whether text has no such byte.
func controls(b byte) bool {
	return b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != '\v' && b != 0x1b && b != 0x08
}

// histogram counts bytes.
type histogram struct {
	count [256]uint64
	n     uint64
}

func (h *histogram) add(b byte) {
	h.count[b]++
	h.n++
}

// entropy is Shannon's, in bits per byte.
func (h *histogram) entropy() float64 {
	sum := 0.0
	for _, c := range h.count {
		if c > 0 {
			p := float64(c) / float64(h.n)
			sum -= p * math.Log2(p)
		}
	}
	return max(sum, 0) // and never minus zero
}
