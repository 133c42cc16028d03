// Package text makes strings that come from outside safe to show.
//
// Everything that GitHub, a registry or a workflow's log says can hold control
// characters, terminal escapes, bidirectional overrides or invisible runes, and
// a terminal obeys all of them (CVE-2026-45803 was a log printed raw). Such a
// string becomes a [Safe] once, at the boundary, and only a Safe is drawn.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// MaxBytes bounds one Safe string that Clean made; what would be longer is cut
// and ends in "…".
const MaxBytes = 16 << 10

// maxMarks bounds the combining marks on one character: more than any language
// needs, too few to draw over the lines above and below.
const maxMarks = 4

// Safe is text that can be written to a terminal: valid UTF-8, one line, without
// control characters, escapes, bidirectional overrides or invisible runes. The
// zero value is the empty text. Only this package can make another.
type Safe struct{ s string }

// Clean makes raw text safe. Complete escape sequences are removed, other control
// characters are shown as their Unicode pictures, and invisible characters by
// their code point. Cleaning twice changes nothing more.
func Clean(raw string) Safe {
	if plain(raw) {
		return Safe{raw}
	}
	return Safe{show(raw)}
}

// Cleanf formats as fmt.Sprintf does and makes the result safe.
func Cleanf(format string, args ...any) Safe { return Clean(fmt.Sprintf(format, args...)) }

// CleanAll makes each of the strings safe.
func CleanAll(raw []string) []Safe {
	out := make([]Safe, len(raw))
	for i, s := range raw {
		out[i] = Clean(s)
	}
	return out
}

// Lines cleans raw text line by line; a trailing line end adds no line.
func Lines(raw string) []Safe {
	raw = strings.TrimSuffix(strings.ReplaceAll(raw, "\r\n", "\n"), "\n")
	if raw == "" {
		return nil
	}
	return CleanAll(strings.Split(raw, "\n"))
}

// String is the text.
func (t Safe) String() string { return t.s }

// IsZero tells whether the text is empty; encoding/json's omitzero asks it.
func (t Safe) IsZero() bool { return t.s == "" }

// Width is the number of terminal cells that the text takes.
func (t Safe) Width() int { return ansi.StringWidth(t.s) }

// Clip shortens the text to at most width cells; what is cut ends in "…".
func (t Safe) Clip(width int) Safe {
	if width <= 0 {
		return Safe{}
	}
	return Safe{ansi.Truncate(t.s, width, "…")}
}

// MarshalText writes the text, so that JSON holds a plain string.
func (t Safe) MarshalText() ([]byte, error) { return []byte(t.s), nil }

// UnmarshalText cleans what it reads: a journal on disk is outside, too.
func (t *Safe) UnmarshalText(b []byte) error {
	*t = Clean(string(b))
	return nil
}

// Join joins texts with a separator of ours.
func Join(parts []Safe, sep string) Safe {
	raw := make([]string, len(parts))
	for i, p := range parts {
		raw[i] = p.s
	}
	return Safe{strings.Join(raw, Clean(sep).s)}
}

// plain holds for what is safe as it stands. Nearly everything that GitHub says
// is, so this is the path that has to be fast.
func plain(s string) bool {
	if len(s) > MaxBytes {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// show writes out what a terminal would obey or hide, until MaxBytes are full.
// It reads raw once, and stops reading when there is no more room.
func show(raw string) string {
	var b strings.Builder
	b.Grow(min(len(raw), MaxBytes))
	// A text that begins with a combining mark would change what stands before
	// it on the screen, so at first no mark is left.
	marks := 0
	broken := false // the byte before was not UTF-8 either
	for i := 0; i < len(raw); {
		if n := sequence(raw[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(raw[i:])
		i += size
		bad := r == utf8.RuneError && size == 1
		if bad && broken {
			continue
		}
		broken = bad
		mark := r >= utf8.RuneSelf && unicode.In(r, unicode.Mn, unicode.Me)
		if !write(&b, r, mark && marks == 0) {
			return cut(b.String())
		}
		switch {
		case !mark:
			marks = maxMarks
		case marks > 0:
			marks--
		}
	}
	return b.String()
}

// write adds one rune as it may be shown, and tells whether there is room for
// more.
func write(b *strings.Builder, r rune, spell bool) bool {
	switch {
	case r == 0xFE0E || r == 0xFE0F:
		// Only chooses between two pictures of the same character, of which
		// one is two cells wide: dropped, so that widths are what they seem.
	case r == '\t':
		b.WriteString("    ")
	case r < 0x20:
		b.WriteRune('␀' + r)
	case r == 0x7f:
		b.WriteRune('␡')
	case spell || unseen(r):
		fmt.Fprintf(b, "<U+%04X>", r)
	default:
		b.WriteRune(r)
	}
	return b.Len() <= MaxBytes
}

// cut shortens a text that is too long on the boundary of a rune.
func cut(s string) string {
	const mark = "…"
	n := MaxBytes - len(mark)
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + mark
}

// unseen holds for runes that move, hide or reorder what stands beside them:
// C1 controls, format characters (bidi, zero-width, tags), line and paragraph
// separators, private use and unassigned code points, and every blank but the
// plain space.
func unseen(r rune) bool {
	switch {
	case r >= ' ' && r <= '~' || r == utf8.RuneError:
		return false
	case r == 0x2800: // the Braille pattern without dots
		return true
	case unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return true
	}
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Zs)
}
