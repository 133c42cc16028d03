package opaque

// escapes finds data that is written byte by byte, such as 0x7f, or \x7f, as lists of C and
// strings have it. What only looks like a table of numbers has less entropy than data
// that somebody compressed or encrypted.
type escapes struct {
	state escape
	high  byte
	bytes histogram // of the list up to here
	best  int       // the longest list, in hex digits
}

// escape is what was read of a byte.
type escape int

const (
	between escape = iota
	afterZero
	afterSlash
	afterX
	afterHigh
	afterLow
)

// add takes the next byte. Zeros are left out, for text of two bytes a character.
func (e *escapes) add(b byte) {
	if b == 0 {
		return
	}
	digit, hex := hexDigit(b)
	switch {
	case e.state == afterX && hex:
		e.high, e.state = digit, afterHigh
	case e.state == afterHigh && hex:
		e.bytes.add(e.high<<4 | digit)
		e.state = afterLow
	case (e.state == afterZero || e.state == afterSlash) && (b == 'x' || b == 'X'):
		e.state = afterX
	case e.state == afterSlash && (b == 'n' || b == 'r' || b == '\n' || b == '\r'):
		e.state = between
	case e.state == between && b == '0':
		e.state = afterZero
	case (e.state == between || e.state == afterLow) && b == '\\':
		e.state = afterSlash
	case (e.state == between || e.state == afterLow) && separates(b):
		e.state = between
	default:
		e.endList()
		e.state = between
	}
}

// endList ends a list.
func (e *escapes) endList() {
	if n := 2 * int(e.bytes.n); n > MaxRun && e.bytes.entropy() >= MaxEntropy {
		e.best = max(e.best, n)
	}
	if e.bytes.n > 0 {
		e.bytes = histogram{}
	}
}

// end is the longest list when nothing follows. It changes nothing that add would see.
func (e escapes) end() int {
	e.endList()
	return e.best
}

// separates tells whether a byte may stand between those of a list.
func separates(b byte) bool {
	switch b {
	case ' ', '\t', '\r', '\n', ',', ';', '"', '\'', '+', '{', '}', '[', ']', '(', ')':
		return true
	}
	return false
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
