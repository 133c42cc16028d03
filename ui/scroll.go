package ui

import "fmt"

// scroller is how far lines are scrolled of which not all are seen.
type scroller struct {
	at     int
	last   int // the farthest that they scrolled when they were drawn last
	height int // how many were seen then
}

// move scrolls by lines, as far as there are any.
func (s *scroller) move(by int) { s.at = min(max(s.at+by, 0), s.last) }

// page scrolls by what is seen at once, and end to one end.
func (s *scroller) page(by int) { s.move(by * max(s.height-1, 1)) }
func (s *scroller) end(by int)  { s.move(by * s.last) }

// show is what is seen of lines in a height, with a word about what is below.
func (s *scroller) show(t theme, lines []string, height int) []string {
	height = max(height, 0)
	s.last, s.height = max(0, len(lines)-height), height
	s.move(0)
	lines = lines[s.at:]
	if len(lines) <= height || height == 0 {
		return lines[:min(len(lines), height)]
	}
	more := fmt.Sprintf("  … %s below: ↓", plural(len(lines)-height+1, "line"))
	return append(lines[:height-1:height-1], t.dim.Render(more))
}

// around are the rows of a list that are seen in a height: those around the one at
// an index, and how many there are above and below.
func (t theme) around(n, height, at int, row func(int) string) []string {
	from, to := window(n, height, at)
	var out []string
	for i := from; i < to; i++ {
		out = append(out, row(i))
	}
	if height < 6 { // too little room to spend on words
		return out
	}
	if from > 0 {
		out[0] = t.dim.Render(fmt.Sprintf("  … %s above", thousands(from+1)))
	}
	if to < n {
		out[len(out)-1] = t.dim.Render(fmt.Sprintf("  … %s below", thousands(n-to+1)))
	}
	return out
}
