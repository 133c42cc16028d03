package ui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"twokey/checks"
	"twokey/release"
)

// Glyphs are one cell wide in every font, and each repeats a word that stands
// beside it: nothing is said by a glyph or a colour alone. Their ASCII twins are
// in asciiTwin.
const (
	glyphPass    = "✓"
	glyphFail    = "✗"
	glyphWarn    = "!"
	glyphUnknown = "?"
	glyphRunning = "●"
	glyphQueued  = "◌"
	glyphGate    = "◆"
	glyphAside   = "–" // not applicable, waived, skipped
	glyphHere    = "▸"
	glyphDot     = "·"
	glyphCursor  = "▏"
)

// theme is how things look. It holds the terminal's sixteen colours only, which
// people have chosen to be readable on their own background.
type theme struct {
	dim, strong, title, pass, fail, warn, unknown, active paint
	ascii                                                 bool
}

// paint is a style. It is a pointer inside, for a lipgloss.Style is large and a
// frame holds hundreds; without colours it is nothing at all.
type paint struct{ style *lipgloss.Style }

// Render draws s in the style.
func (p paint) Render(s string) string {
	if p.style == nil {
		return s
	}
	return p.style.Render(s)
}

// newTheme builds the styles from a renderer of the console's own: the global
// one would ask the wrong terminal.
func newTheme(r *lipgloss.Renderer, ascii bool) theme {
	base := r.NewStyle()
	if r.ColorProfile() == termenv.Ascii {
		return theme{ascii: ascii}
	}
	with := func(s lipgloss.Style) paint { return paint{&s} }
	colour := func(c string) lipgloss.Style { return base.Foreground(lipgloss.Color(c)) }
	return theme{
		dim: with(base.Faint(true)), strong: with(base.Bold(true)), title: with(colour("6").Bold(true)),
		pass: with(colour("2")), fail: with(colour("1").Bold(true)), warn: with(colour("3")),
		unknown: with(colour("5")), active: with(colour("4")), ascii: ascii,
	}
}

// mark is a state: its glyph, its word and its colour.
type mark struct {
	glyph, word string
	style       paint
}

// String is glyph and word in the colour of the state.
func (m mark) String() string { return m.style.Render(m.glyph + " " + m.word) }

// finding is what a finding means for the release, in the words that a verdict
// counts.
func (t theme) finding(f *checks.Finding) mark {
	switch {
	case f == nil:
		return mark{glyphRunning, "checking", t.active}
	case f.Outcome == checks.Pass:
		return mark{glyphPass, "pass", t.pass}
	case f.Outcome == checks.NotApplicable:
		return mark{glyphAside, "n/a", t.dim}
	case f.Waiver != nil:
		return mark{glyphAside, "waived", t.warn}
	case f.Outcome == checks.Unknown:
		return mark{glyphUnknown, "unknown", t.unknown}
	case f.Blocks():
		return mark{glyphFail, "block", t.fail}
	case f.Severity == checks.SeverityInfo:
		return mark{glyphAside, "info", paint{}}
	}
	return mark{glyphWarn, "warn", t.warn}
}

// outcome is what one piece of evidence means.
func (t theme) outcome(o checks.Outcome) mark {
	switch o {
	case checks.Pass:
		return mark{glyphPass, "pass", t.pass}
	case checks.NotApplicable:
		return mark{glyphAside, "n/a", t.dim}
	case checks.Fail:
		return mark{glyphFail, "fail", t.fail}
	case checks.Warn:
		return mark{glyphWarn, "warn", t.warn}
	}
	return mark{glyphUnknown, "unknown", t.unknown}
}

// stage is where a stage stands.
func (t theme) stage(s release.StageStatus) mark {
	switch s {
	case release.StageWaiting:
		return mark{glyphQueued, "waiting", t.dim}
	case release.StageDoneOK:
		return mark{glyphPass, "done", t.pass}
	case release.StageFailed:
		return mark{glyphFail, "failed", t.fail}
	}
	return mark{glyphRunning, string(s), t.active}
}

// artifactWord is the width of the widest mark of an artifact.
const artifactWord = len("? not looked at")

// artifact is whether an artifact is published. One that nobody looked at may be
// there or not.
func (t theme) artifact(a release.ArtifactState) mark {
	switch {
	case a.Published != nil:
		return mark{glyphPass, "published", t.pass}
	case a.Looked():
		return mark{glyphFail, "not published", t.fail}
	}
	return mark{glyphUnknown, "not looked at", t.dim}
}

// work is where a run, a job or a step stands, in GitHub's status and conclusion.
// What GitHub may say one day and we do not know is not a success.
func (t theme) work(status, conclusion string) mark {
	switch status {
	case release.StatusCompleted:
		return t.conclusion(conclusion)
	case release.StatusWaiting:
		return mark{glyphGate, "waiting", t.warn}
	case "in_progress":
		return mark{glyphRunning, "running", t.active}
	}
	return mark{glyphQueued, "queued", t.dim}
}

func (t theme) conclusion(c string) mark {
	switch c {
	case release.ConclusionSuccess:
		return mark{glyphPass, "done", t.pass}
	case release.ConclusionSkipped, release.ConclusionNeutral:
		return mark{glyphAside, c, t.dim}
	case "failure":
		return mark{glyphFail, "failed", t.fail}
	case release.ConclusionCancelled:
		return mark{glyphFail, "cancelled", t.fail}
	case "timed_out":
		return mark{glyphFail, "timed out", t.fail}
	case release.ConclusionGone:
		return mark{glyphFail, "gone", t.fail}
	case "":
		return mark{glyphUnknown, "unknown", t.unknown}
	}
	return mark{glyphFail, "not a success", t.fail}
}

// asciiTwin is what stands for a glyph where a terminal knows ASCII only.
func asciiTwin(cluster string) (string, bool) {
	switch cluster {
	case glyphPass, "┌", "┐", "└", "┘", "├", "┤", "┬", "┴":
		return "+", true
	case glyphFail, "×":
		return "x", true
	case glyphRunning:
		return "*", true
	case glyphQueued, "╌":
		return ".", true
	case glyphGate:
		return "@", true
	case glyphAside, glyphDot, "─", "—":
		return "-", true
	case glyphHere, "→", "›":
		return ">", true
	case "←", "‹":
		return "<", true
	case "│":
		return "|", true
	case "━":
		return "=", true
	case glyphCursor:
		return "_", true
	case "…":
		return "~", true
	case "↑":
		return "^", true
	case "↓":
		return "v", true
	}
	return "", false
}

// toASCII replaces every rune of a drawn line that is not ASCII, cell by cell:
// ours by their twins, those of the world by question marks. Escape sequences are
// ASCII and stay.
func toASCII(line string) string {
	var b strings.Builder
	for state, rest := byte(0), line; len(rest) > 0; {
		seq, width, n, next := ansi.DecodeSequence(rest, state, nil)
		switch twin, ours := asciiTwin(seq); {
		case ours:
			b.WriteString(twin)
		case width == 0 || isASCII(seq):
			if isASCII(seq) {
				b.WriteString(seq)
			}
		default:
			b.WriteString(strings.Repeat("?", width))
		}
		state, rest = next, rest[n:]
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
