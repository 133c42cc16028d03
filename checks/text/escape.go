package text

import "strings"

const (
	bel = 0x07
	esc = 0x1b
	del = 0x7f
)

// sequence is the length of the complete escape sequence that s begins with
// (ECMA-48 section 5, and xterm's OSC that ends in BEL), or 0. A sequence that
// is broken off or holds a control character is none: its text stays, so that
// nothing can hide what follows by never ending.
func sequence(s string) int {
	if len(s) < 2 || s[0] != esc {
		return 0
	}
	switch s[1] {
	case '[':
		return controlSequence(s)
	case ']':
		return controlString(s, true)
	case 'P', 'X', '^', '_':
		return controlString(s, false)
	}
	i := skip(s, 1, ' ', '/')
	if i < len(s) && s[i] >= '0' && s[i] < del {
		return i + 1
	}
	return 0
}

// controlSequence measures ESC [ parameters intermediates final.
func controlSequence(s string) int {
	i := skip(s, 2, '0', '?')
	i = skip(s, i, ' ', '/')
	if i < len(s) && s[i] >= '@' && s[i] < del {
		return i + 1
	}
	return 0
}

// controlString measures ESC introducer text ESC \, or BEL at its end where the
// introducer allows that.
func controlString(s string, belEnds bool) int {
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == bel && belEnds:
			return i + 1
		case c == esc && strings.HasPrefix(s[i:], "\x1b\\"):
			return i + 2
		case c < ' ' || c == del || c1(s[i:]):
			return 0
		}
	}
	return 0
}

// c1 tells whether s begins with one of the controls U+0080…U+009F, of which some
// end a control string for some terminals.
func c1(s string) bool {
	return len(s) > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f
}

// skip is the index of the first byte from i that is not in lo…hi.
func skip(s string, i int, lo, hi byte) int {
	for i < len(s) && s[i] >= lo && s[i] <= hi {
		i++
	}
	return i
}
