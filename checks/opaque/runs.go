package opaque

import (
	"encoding/base64"
	"math/bits"
	"strings"
)

const (
	// minLine is how long the lines are that base64 is broken into: shorter ones are
	// words.
	minLine = 32
	// minLetters is how many different characters encoded data has. Repetition has
	// less, and so have figures and sequences of genes.
	minLetters = 12
	// opening is how much of a run is decoded to see what it is.
	opening = 64
)

// run is a piece of encoded data, or of what looks like it.
type run struct {
	n    int
	seen [2]uint64 // which of the 128 characters
	head []byte
}

func (r *run) add(b byte) {
	r.n++
	r.seen[b>>6&1] |= 1 << (b & 63)
	if len(r.head) < opening {
		r.head = append(r.head, b)
	}
}

// join goes on with another run.
func (r *run) join(next run) {
	r.n += next.n
	r.seen[0] |= next.seen[0]
	r.seen[1] |= next.seen[1]
	if room := opening - len(r.head); room > 0 {
		r.head = append(r.head[:len(r.head):len(r.head)], next.head[:min(room, len(next.head))]...)
	}
}

// encoded is the length of the run when it is data, and 0 when it is not: what has no
// figure or no letter is a word, a number or a line of dashes.
func (r *run) encoded() int {
	const figures = 0x03ff << '0'
	const letters = 0x07fffffe | 0x07fffffe<<32
	if r.n <= MaxRun || r.seen[0]&figures == 0 || r.seen[1]&letters == 0 ||
		bits.OnesCount64(r.seen[0])+bits.OnesCount64(r.seen[1]) < minLetters || r.shows() {
		return 0
	}
	return r.n
}

// shows tells whether the run is a picture, a font or the like: these are looked at
// where they stand alone as well, and no finding there.
func (r *run) shows() bool {
	if len(r.head) < opening {
		return false
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(string(r.head))
	raw, err := base64.StdEncoding.DecodeString(standard)
	if err != nil {
		return false
	}
	switch kind, _ := recognise(raw); kind {
	case Image, Font, Sound, Video, Document:
		return true
	}
	return false
}

// runs finds the longest run in text that comes byte by byte: one within a line, or one
// over lines of the same length that hold nothing else but quotes and the like.
type runs struct {
	best    int
	now     run // up to here, within a line
	line    run // the one run of this line
	parts   int // how many runs the line has
	foreign bool
	escape  bool
	chain   run // over whole lines
	width   int
}

// add takes the next byte. Zeros are left out, for text of two bytes a character.
func (r *runs) add(b byte) {
	if r.escape {
		r.escape = false
		if b == 'n' || b == 'r' {
			return // a line end in a string
		}
	}
	switch {
	case b == 0:
	case b == '\n':
		r.endLine()
	case inAlphabet(b):
		r.now.add(b)
	default:
		r.endRun()
		r.escape = b == '\\'
		r.foreign = r.foreign || !strings.ContainsRune(" \t\r\"'`,;+\\#*|", rune(b))
	}
}

// endRun ends a run within a line.
func (r *runs) endRun() {
	if r.now.n == 0 {
		return
	}
	r.best = max(r.best, r.now.encoded())
	r.line, r.now = r.now, run{}
	r.parts++
}

// endLine ends a line, which may go on with a run over several.
func (r *runs) endLine() {
	r.endRun()
	whole := r.parts == 1 && !r.foreign && r.line.n >= minLine
	switch {
	case whole && r.chain.n > 0 && r.line.n == r.width:
		r.chain.join(r.line)
	case r.parts == 1 && !r.foreign && r.chain.n > 0 && r.line.n < r.width:
		r.chain.join(r.line) // the last line is shorter
		r.endChain()
	default:
		r.endChain()
		if whole {
			r.chain, r.width = r.line, r.line.n
		}
	}
	r.parts, r.foreign, r.line = 0, false, run{}
}

func (r *runs) endChain() {
	r.best = max(r.best, r.chain.encoded())
	r.chain, r.width = run{}, 0
}

// end is the longest run when nothing follows. It changes nothing that add would see.
func (r runs) end() int {
	r.endLine()
	r.endChain()
	return r.best
}

// inAlphabet tells whether base64 or hex has the character, in any of their spellings.
func inAlphabet(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		b == '+' || b == '/' || b == '=' || b == '-' || b == '_'
}
