package text_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"twokey/checks/text"
)

// cleanCase is a raw text and what Clean makes of it.
type cleanCase struct{ name, raw, want string }

// cleaned holds Clean to a list of cases.
func cleaned(t *testing.T, cases []cleanCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			got := text.Clean(tt.raw)
			if got.String() != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.raw, got, tt.want)
			}
			requireSafe(t, got)
		})
	}
}

// TestCleanLetters holds that plain text stays as it is.
func TestCleanLetters(t *testing.T) {
	cleaned(t, []cleanCase{
		{"empty", "", ""},
		{"plain", "Test / Pytest (7)", "Test / Pytest (7)"},
		{"letters of any script", "Inês Þór 日本語 Ελλάδα", "Inês Þór 日本語 Ελλάδα"},
		{"combining mark", "e\u0301", "e\u0301"},
	})
}

// TestCleanEscapes holds that whole escape sequences go away.
func TestCleanEscapes(t *testing.T) {
	cleaned(t, []cleanCase{
		{"colour", "\x1b[1;31mred\x1b[0m", "red"},
		{"cursor", "a\x1b[2J\x1b[10;10Hb", "ab"},
		{"private parameters", "\x1b[?1049hx", "x"},
		{"charset", "\x1b(0x", "x"},
		{"two-byte escape", "\x1bcx", "x"},
		{"window title, BEL", "\x1b]0;owned\x07x", "x"},
		{"window title, ST", "\x1b]0;owned\x1b\\x", "x"},
		{"hyperlink", "\x1b]8;;https://x\x1b\\here\x1b]8;;\x1b\\", "here"},
		{"text in a title", "\x1b]0;日本\x07x", "x"},
		{"device control string", "\x1bPq#0\x1b\\x", "x"},
		{"application command", "\x1b_Ga=T\x1b\\x", "x"},
	})
}

// TestCleanBrokenEscapes holds that a sequence that is not whole is shown, so that nothing can hide in one.
func TestCleanBrokenEscapes(t *testing.T) {
	cleaned(t, []cleanCase{
		{"OSC that never ends", "\x1b]0;owned", "␛]0;owned"},
		{"OSC broken by another", "\x1b]0;a\x1b[31mb", "␛]0;ab"},
		{"OSC over a line end", "\x1b]0;a\nb\x07", "␛]0;a␊b␇"},
		{"OSC ended by C1", "\x1b]0;a\u009cb\x1b\\", "␛]0;a<U+009C>b"},
		{"DCS is not ended by BEL", "\x1bPa\x07b", "␛Pa␇b"},
		{"CSI broken off", "\x1b[31", "␛[31"},
		{"CSI broken by a letter of another script", "\x1b[3é", "␛[3é"},
		{"CSI with a control inside", "\x1b[3\x08m", "␛[3␈m"},
		{"lone escape", "x\x1b", "x␛"},
		{"escape before a letter of another script", "\x1bé", "␛é"},
	})
}

// TestCleanControls holds that control characters are shown as pictures of themselves.
func TestCleanControls(t *testing.T) {
	cleaned(t, []cleanCase{
		{"C1 CSI", "\u009b31mred", "<U+009B>31mred"},
		{"C1 as a raw byte", "\x9b31mred", "\uFFFD31mred"},
		{"backspace", "good\x08\x08bad", "good␈␈bad"},
		{"carriage return", "good\rbad", "good␍bad"},
		{"bell", "a\x07", "a␇"},
		{"null", "a\x00b", "a␀b"},
		{"delete", "a\x7fb", "a␡b"},
		{"line feed", "a\nb", "a␊b"},
		{"tab", "a\tb", "a    b"},
	})
}

// TestCleanUnseen holds that what can not be seen is spelled out.
func TestCleanUnseen(t *testing.T) {
	cleaned(t, []cleanCase{
		{"right-to-left override", "a\u202eb", "a<U+202E>b"},
		{"isolate", "a\u2066b", "a<U+2066>b"},
		{"right-to-left mark", "\u200f", "<U+200F>"},
		{"zero-width space", "a\u200bb", "a<U+200B>b"},
		{"zero-width joiner", "a\u200db", "a<U+200D>b"},
		{"byte order mark", "\ufeffa", "<U+FEFF>a"},
		{"soft hyphen", "a\u00adb", "a<U+00AD>b"},
		{"tag characters", "\U000E0041\U000E007F", "<U+E0041><U+E007F>"},
		{"Hangul filler", "a\u3164b", "a<U+3164>b"},
		{"grapheme joiner", "a\u034fb", "a<U+034F>b"},
		{"line separator", "a\u2028b", "a<U+2028>b"},
		{"no-break space", "a\u00a0b", "a<U+00A0>b"},
		{"wide space", "a\u3000b", "a<U+3000>b"},
		{"blank Braille", "a\u2800b", "a<U+2800>b"},
		{"private use", "\ue0b0", "<U+E0B0>"},
		{"unassigned", "\U0003FFFF", "<U+3FFFF>"},
		{"picture selectors", "\u2714\ufe0f \u2714\ufe0e", "\u2714 \u2714"},
		{"other variation selector", "a\U000E0100", "a<U+E0100>"},
	})
}

// TestCleanMarks holds that combining marks stay with a letter, a few of them.
func TestCleanMarks(t *testing.T) {
	cleaned(t, []cleanCase{
		{"mark with nothing before", "\u0301a", "<U+0301>a"},
		{"mark hidden behind an escape", "\x1b[m\u0301", "<U+0301>"},
		{"too many marks", "a" + strings.Repeat("\u0301", 6) + "b\u0301",
			"a" + strings.Repeat("\u0301", 4) + "<U+0301><U+0301>b\u0301"},
	})
}

// TestCleanBytes holds that what is not UTF-8 becomes one replacement character.
func TestCleanBytes(t *testing.T) {
	cleaned(t, []cleanCase{
		{"not UTF-8", "a\xff\xfe\xfdb\xffc", "a\uFFFDb\uFFFDc"},
		{"half a rune at the end", "a\xe6\x97", "a\uFFFD"},
		{"surrogate", "a\xed\xa0\x80b", "a\uFFFDb"},
		{"replacement characters that were there", "\uFFFD\uFFFD", "\uFFFD\uFFFD"},
	})
}

// TestCleanBounds holds what is long: the text is cut between runes, and never
// grows past the bound by being spelled out.
func TestCleanBounds(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		cut       bool
	}{
		{"plain, full", strings.Repeat("x", text.MaxBytes), false},
		{"plain, one too many", strings.Repeat("x", text.MaxBytes+1), true},
		{"two bytes each, full", strings.Repeat("é", text.MaxBytes/2), false},
		{"three bytes each", strings.Repeat("日", text.MaxBytes), true},
		{"four bytes each, shifted", "x" + strings.Repeat("𝄞", text.MaxBytes), true},
		{"controls triple", strings.Repeat("\x00", text.MaxBytes), true},
		{"code points grow more", strings.Repeat("\u202e", text.MaxBytes), true},
		{"tabs quadruple", strings.Repeat("\t", text.MaxBytes), true},
		{"not UTF-8", strings.Repeat("\xffx", text.MaxBytes), true},
		{"removed escapes take no room", strings.Repeat("\x1b[0m", text.MaxBytes) + "x", false},
		{"escapes without end", strings.Repeat("\x1b]", text.MaxBytes), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := text.Clean(tt.raw)
			requireSafe(t, got)
			if tt.cut != strings.HasSuffix(got.String(), "…") {
				t.Errorf("cut is %v, want %v", !tt.cut, tt.cut)
			}
			if tt.cut && len(got.String()) < text.MaxBytes-utf8.UTFMax-len("…") {
				t.Errorf("%d bytes are left of %d", len(got.String()), text.MaxBytes)
			}
			if utf8.ValidString(tt.raw) && strings.ContainsRune(got.String(), utf8.RuneError) {
				t.Error("the cut went through a rune")
			}
		})
	}
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want []string
	}{
		{"", nil},
		{"\n", nil},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\r\nb\r\n", []string{"a", "b"}},
		{"a\n\nb", []string{"a", "", "b"}},
		{"50%\r100%\n", []string{"50%␍100%"}},
		{"\x1b]0;a\nb\x07", []string{"␛]0;a", "b␇"}},
	} {
		var got []string
		for _, l := range text.Lines(tt.raw) {
			requireSafe(t, l)
			got = append(got, l.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Lines(%q) = %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestWidthAndClip(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		clip  int
		want  string
	}{
		{"", 0, 5, ""},
		{"abc", 3, 3, "abc"},
		{"abcd", 4, 3, "ab…"},
		{"abcd", 4, 1, "…"},
		{"abcd", 4, 0, ""},
		{"abcd", 4, -1, ""},
		{"日本語", 6, 6, "日本語"},
		{"日本語", 6, 5, "日本…"},
		{"日本語", 6, 4, "日…"}, // half a character is no character
		{"日本語", 6, 2, "…"},
		{"e\u0301e\u0301e\u0301", 3, 2, "e\u0301…"},
		{"\u2714\ufe0f ok", 4, 4, "\u2714 ok"},
		{"a\x07b", 3, 2, "a…"},
	} {
		s := text.Clean(tt.text)
		if got := s.Width(); got != tt.width {
			t.Errorf("Width of %q = %d, want %d", s, got, tt.width)
		}
		got := s.Clip(tt.clip)
		requireSafe(t, got)
		if got.String() != tt.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", s, tt.clip, got, tt.want)
		}
	}
}

func TestJSON(t *testing.T) {
	type line struct {
		Text text.Safe            `json:"text,omitzero"`
		By   map[text.Safe]string `json:"by,omitempty"`
	}
	for _, tt := range []struct{ raw, want string }{
		{`{}`, `{}`},
		{`{"text":"plain"}`, `{"text":"plain"}`},
		{`{"text":"a\u001b[31mb\u202e"}`, `{"text":"ab\u003cU+202E\u003e"}`},
		{`{"text":"\ud800"}`, `{"text":"\ufffd"}`},
		{`{"by":{"a\u0007":"x"}}`, `{"by":{"a␇":"x"}}`},
	} {
		var l line
		if err := json.Unmarshal([]byte(tt.raw), &l); err != nil {
			t.Fatalf("%s: %v", tt.raw, err)
		}
		requireSafe(t, l.Text)
		out, err := json.Marshal(l)
		if err != nil {
			t.Fatalf("%s: %v", tt.raw, err)
		}
		want := strings.ReplaceAll(tt.want, `\ufffd`, "\ufffd")
		if string(out) != want {
			t.Errorf("%s became %s, want %s", tt.raw, out, want)
		}
		var again line
		if err := json.Unmarshal(out, &again); err != nil || again.Text != l.Text {
			t.Errorf("%s read again is %q, %v", out, again.Text, err)
		}
	}
}

func TestJoinAndFormat(t *testing.T) {
	parts := text.CleanAll([]string{"a\x07", "b"})
	if got, want := text.Join(parts, " · ").String(), "a␇ · b"; got != want {
		t.Errorf("Join = %q, want %q", got, want)
	}
	if got := text.Join(nil, ", "); !got.IsZero() {
		t.Errorf("Join of nothing = %q", got)
	}
	if got, want := text.Cleanf("%s at %d", "\x1b[31mx\u202e", 3).String(), "x<U+202E> at 3"; got != want {
		t.Errorf("Cleanf = %q, want %q", got, want)
	}
	if got := fmt.Sprintf("%s|%v", parts[0], parts[1]); got != "a␇|b" {
		t.Errorf("fmt shows %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"", "plain", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "\x1b]0;t", "\x1b\x1b[[m", "\x1b[\x1b[mm",
		"\u009b1m", "\x9b", "a\u202eb", "\u200b\U000E0041", "✔\ufe0f", "e\u0301\u0301\u0301\u0301\u0301\u0301",
		"\xe6\x97", "日本語", "\r\n\t\x08\x7f", "👩\u200d👩\u200d👧", "🇪🇸👍🏽", "<U+202E>", "\x1bP\x1b\\", "각",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := text.Clean(raw)
		requireSafe(t, got)
		for width := range 6 {
			clipped := got.Clip(width)
			requireSafe(t, clipped)
			if clipped.Width() > width {
				t.Errorf("Clip(%q, %d) = %q is %d wide", got, width, clipped, clipped.Width())
			}
		}
		var back text.Safe
		out, err := json.Marshal(got)
		if err == nil {
			err = json.Unmarshal(out, &back)
		}
		if err != nil || back != got {
			t.Errorf("%q came back from JSON as %q, %v", got, back, err)
		}
	})
}

// requireSafe asserts what holds for every Safe, wherever it comes from.
func requireSafe(t *testing.T, got text.Safe) {
	t.Helper()
	s := got.String()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	if len(s) > text.MaxBytes {
		t.Errorf("%d bytes are more than %d", len(s), text.MaxBytes)
	}
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector,
			unicode.Other_Default_Ignorable_Code_Point, unicode.Bidi_Control, unicode.Join_Control) {
			t.Errorf("%q holds %U", s, r)
		}
		if r != ' ' && unicode.IsSpace(r) {
			t.Errorf("%q holds the space %U", s, r)
		}
	}
	if again := text.Clean(s); again != got {
		t.Errorf("cleaned again, %q becomes %q", s, again)
	}
	if w := got.Width(); w < 0 || w > 2*utf8.RuneCountInString(s) {
		t.Errorf("%q is %d cells wide", s, w)
	}
}

func BenchmarkClean(b *testing.B) {
	for _, bb := range []struct{ name, raw string }{
		{"plain", "2026-08-14T09:31:07.1234567Z Successfully built ckan-2.11.6.tar.gz"},
		{"colour", "2026-08-14T09:31:07.1234567Z \x1b[36;1mpython -m build\x1b[0m"},
		{"wide", "データカタログの公開を待っています — ckan 2.11.6"},
		{"hostile", strings.Repeat("\x1b]0;\u202e\x00\x08", 20)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.raw)))
			b.ReportAllocs()
			for b.Loop() {
				text.Clean(bb.raw)
			}
		})
	}
}

func TestCleanPlainAllocatesNothing(t *testing.T) {
	raw := strings.Repeat("plain text ", 100)
	if n := testing.AllocsPerRun(100, func() { text.Clean(raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
