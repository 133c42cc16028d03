package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"twokey/checks/text"
)

// The breakpoints. The layout is a function of width and height alone; 80×24 is
// the size that it is designed for.
const (
	minWidth  = 40
	minHeight = 10
	narrow    = 60  // below: columns are dropped
	wide      = 100 // from here: bars over time
	huge      = 150 // from here: panes stand side by side
	short     = 16  // lines; below: no blank lines
)

// pad cuts or fills s to exactly width cells.
func pad(s string, width int) string {
	if width <= 0 {
		return ""
	}
	n := ansi.StringWidth(s)
	if n > width {
		s = ansi.Truncate(s, width, "…")
		n = ansi.StringWidth(s)
	}
	return s + strings.Repeat(" ", width-n)
}

// padLeft cuts or fills s to exactly width cells, at its left.
func padLeft(s string, width int) string {
	n := ansi.StringWidth(s)
	if n >= width {
		return pad(s, width)
	}
	return strings.Repeat(" ", width-n) + s
}

// clip cuts s to at most width cells.
func clip(s string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(s, width, "…")
}

// middle cuts s in its middle to at most width cells: the jobs of a matrix differ
// at their ends.
func middle(s string, width int) string {
	n := ansi.StringWidth(s)
	if n <= width || width < 9 {
		return clip(s, width)
	}
	head := (width - 1) / 3
	return ansi.Truncate(s, head, "") + "…" + ansi.TruncateLeft(s, n-(width-1-head), "")
}

// spread puts left and right at the two ends of a line. When both do not fit, it
// is left that is cut: what stands right, such as REHEARSAL, must not be missed.
func spread(left, right string, width int) string {
	if right == "" {
		return clip(left, width)
	}
	r := ansi.StringWidth(right)
	if r+2 > width {
		return clip(right, width)
	}
	return pad(left, width-r-1) + " " + right
}

// wrapText breaks s at its spaces into lines of at most width cells, and only what
// is longer than a line elsewhere: a tag that is broken at its hyphen can be misread.
func wrapText(s string, width int) []string {
	if s == "" || width <= 0 {
		return nil
	}
	var out []string
	line := ""
	words := strings.Split(s, " ")
	for i := len(words) - 2; i >= 0; i-- { // a commit stands with its sign
		if words[i] == "@" {
			words = slices.Replace(words, i, i+2, "@ "+words[i+1])
		}
	}
	for i, word := range words {
		if i > 0 && ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width {
			line += " " + word
			continue
		}
		switch {
		case i == 0 || strings.TrimSpace(line) == "":
		case ansi.StringWidth(word) > width: // it is broken anyway: begin here
			word = line + " " + word
		default:
			out = append(out, line)
		}
		parts := strings.Split(ansi.Hardwrap(word, width, true), "\n")
		out, line = append(out, parts[:len(parts)-1]...), parts[len(parts)-1]
	}
	return append(out, line)
}

// middles cuts each word that is longer than a line in its middle: half of an address
// or of a path on each of two lines can be neither read nor opened.
func middles(s string, width int) string {
	words := strings.Split(s, " ")
	for i := range words {
		words[i] = middle(words[i], width)
	}
	return strings.Join(words, " ")
}

// hang wraps a sentence behind a label and keeps its later lines below the first.
func hang(label, s string, width int) []string {
	return hangOn(label, strings.Repeat(" ", ansi.StringWidth(label)), s, width)
}

// hangOn is hang with something of the same width before the later lines.
func hangOn(label, below, s string, width int) []string {
	lines := wrapText(s, width-ansi.StringWidth(label))
	for i := range lines {
		if i == 0 {
			lines[i] = label + lines[i]
		} else {
			lines[i] = below + lines[i]
		}
	}
	return lines
}

// runOn sets parts one after the other, on as many lines as they take.
func (t theme) runOn(parts []string, width int) []string {
	sep := t.dim.Render(" " + glyphDot + " ")
	var lines []string
	line := ""
	for _, p := range parts {
		switch {
		case line == "":
			line = p
		case ansi.StringWidth(line)+ansi.StringWidth(sep)+ansi.StringWidth(p) <= width:
			line += sep + p
		default:
			lines, line = append(lines, clip(line, width)), p
		}
	}
	return append(lines, clip(line, width))
}

// fit cuts or fills lines to exactly height lines of at most width cells.
func fit(lines []string, width, height int) []string {
	out := make([]string, max(height, 0))
	for i := range out {
		if i < len(lines) {
			out[i] = clip(lines[i], width)
		}
	}
	return out
}

// window is the part of n lines, height long, that holds line at: centred where
// it can be.
func window(n, height, at int) (from, to int) {
	if n <= height {
		return 0, n
	}
	from = min(max(at-height/2, 0), n-height)
	return from, from + height
}

// box frames lines in exactly width by height cells, with a title in its upper
// edge.
func (t theme) box(title, right string, lines []string, width, height int) []string {
	if width < 6 || height < 3 {
		return fit(lines, width, height)
	}
	edge := t.dim.Render
	inner := width - 4
	if title != "" {
		title = " " + clip(title, inner-2) + " "
	}
	if right != "" && ansi.StringWidth(title)+ansi.StringWidth(right)+4 <= inner {
		right = " " + right + " "
	} else {
		right = ""
	}
	fill := max(0, width-3-ansi.StringWidth(title)-ansi.StringWidth(right))
	out := []string{edge("┌─") + title + edge(strings.Repeat("─", fill)) + right + edge("┐")}
	for _, l := range fit(lines, inner, height-2) {
		out = append(out, edge("│ ")+pad(l, inner)+edge(" │"))
	}
	return append(out, edge("└"+strings.Repeat("─", width-2)+"┘"))
}

// beside joins two columns of lines, the left one width cells wide.
func beside(left, right []string, width int) []string {
	out := make([]string, max(len(left), len(right)))
	for i := range out {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		out[i] = pad(l, width) + r
	}
	return out
}

// over puts a box over the middle of lines, x cells from the left, and clears the
// rows that it stands in, and one above and below. Below a box of the whole width it
// clears all: what stands at the foot there is about what the box hides.
func over(lines, box []string, x, height int) []string {
	out := slices.Clone(lines)
	y := (height - len(box)) / 2
	for i := -1; i <= len(box); i++ {
		if at := y + i; at >= 0 && at < len(out) {
			out[at] = ""
			if i >= 0 && i < len(box) {
				out[at] = strings.Repeat(" ", x) + box[i]
			}
		}
	}
	if from := y + len(box); x == 0 && from < len(out) {
		clear(out[from:])
	}
	return out
}

// lasted is a duration as minutes and seconds, with hours where it has them.
func lasted(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// since is how long something took, or has taken until now; empty when it has
// not begun.
func since(from, to, now time.Time) string {
	if from.IsZero() {
		return ""
	}
	if to.IsZero() {
		to = now
	}
	return lasted(to.Sub(from))
}

// brief is the usual seven digits of a commit's SHA.
func brief(sha string) string {
	if len(sha) > 7 {
		return sha[:7]
	}
	return sha
}

// safe cleans what is ours or was checked before, but comes from a plan file: a
// branch, a tag, the name of a stage.
func safe(s string) string { return text.Clean(s).String() }

// are is the verb of n things.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// were is the same in the past.
func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// plural is a count and its word.
func plural(n int, one string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", one)
	}
	return fmt.Sprintf("%s %ss", thousands(n), one)
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
