package ui

import (
	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// lines is the table of release lines, with a head.
func (s *planScreen) lines(width int) []string {
	cells := [][]string{{"line", "last", "since", "now"}}
	for _, l := range s.survey.Lines {
		cells = append(cells, s.lineCells(l, width))
	}
	if width < narrow {
		cells[0] = []string{"line", "last", "since"}
	}
	widths := lineWidths(cells, width)
	var out []string
	for i, row := range cells {
		text := "  "
		if i == s.line+1 {
			text = glyphHere + " "
		}
		for c, cell := range row {
			if c > 0 {
				text += " "
			}
			text += pad(middle(cell, widths[c]), widths[c])
		}
		switch {
		case i == 0:
			text = s.theme.dim.Render(text)
		case i == s.line+1 && !s.deep:
			text = s.theme.strong.Render(text)
		}
		out = append(out, text)
	}
	return out
}

// lineCells are the columns of a line. Where there is room for three, what goes on
// takes the place of the commits: it is what needs a decision.
func (s *planScreen) lineCells(l release.LineSurvey, width int) []string {
	last, commits := l.LastTag, "–"
	if last == "" {
		last = "no release yet"
	}
	if l.Commits >= 0 && l.LastTag != "" {
		commits = plural(l.Commits, "commit")
	}
	runs, now := "", "idle"
	if n := len(l.Active); n > 0 {
		runs = plural(n, "run")
		now = glyphRunning + " " + runs
	}
	short := commits
	left := func(mark string) { // what was left half way, and what runs beside it
		short, now = mark, mark
		if runs != "" {
			now += ", " + runs
		}
	}
	switch n := l.InFlight(); {
	case n > 0:
		short = s.theme.active.Render(glyphRunning + " in flight")
		now = s.theme.active.Render(glyphRunning + " in flight, " + plural(n, "run"))
	case len(l.Failed) > 0:
		left(s.theme.fail.Render(glyphFail + " failed"))
	case l.Unfinished != nil:
		left(s.theme.warn.Render(glyphWarn + " unfinished"))
	}
	if width < narrow {
		return []string{safe(l.Line), safe(last), short}
	}
	return []string{safe(l.Line), safe(last), commits, now}
}

// lineWidths are the widths of the table's columns: those of what stands in them.
// The first two share what is left where that is too much, and get the spare room
// where they stand close.
func lineWidths(cells [][]string, width int) []int {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for c, cell := range row {
			widths[c] = max(widths[c], ansi.StringWidth(cell))
		}
	}
	least := []int{width / 4, width / 4, 14, 0} // columns that stay apart where there is room
	room := width - 1 - len(widths)             // what stands before them, and between
	if width < narrow {
		least = []int{0, 0, 0}
	}
	for c := range widths {
		widths[c] = max(widths[c], least[c])
		if c > 1 {
			room -= widths[c]
		}
	}
	switch spare := room - widths[0] - widths[1]; {
	case spare < 0:
		widths[1] = min(widths[1], max(room-10, room/2)) // the version stands at its end
		widths[0] = room - widths[1]
	case width < narrow:
		widths[0] += min(spare/2, 2)
		widths[1] += min(spare/2, 2)
	}
	return widths
}
