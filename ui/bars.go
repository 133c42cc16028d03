package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// span is the time that the bars show: from the first call until now, or until
// the end. Before the first call there is nothing to show, and it is a minute.
func (s *scene) span() (from time.Time, long time.Duration) {
	from = s.began()
	if from.IsZero() {
		return s.now, time.Minute
	}
	to := s.ended()
	if to.IsZero() {
		to = s.now
	}
	return from, max(to.Sub(from), time.Minute)
}

// ended is when the last stage ended, once all have; zero before. Once the release is
// over it is the last of those that were begun.
func (s *scene) ended() time.Time {
	var t time.Time
	over := s.finished() != nil
	for _, st := range s.state.Stages {
		switch {
		case !st.Ended.IsZero():
			if st.Ended.After(t) {
				t = st.Ended
			}
		case !over:
			return time.Time{}
		case !st.Began.IsZero():
			return s.state.Time
		}
	}
	if t.IsZero() && over {
		return s.state.Time
	}
	return t
}

// bar shows when a row's work was done, in width cells of the whole time. Stages,
// runs and steps are a thin line, jobs a thick one.
func (s *scene) bar(r row, width int) string {
	if r.began.IsZero() || width <= 0 || r.level == ofGate {
		return ""
	}
	from, long := s.span()
	end := r.ended
	if end.IsZero() {
		end = s.now
	}
	cell := func(t time.Time) int {
		return min(max(int(float64(t.Sub(from))/float64(long)*float64(width)), 0), width-1)
	}
	a, b := cell(r.began), cell(end)
	ink, style := "─", s.theme.dim
	if r.level == ofJob {
		ink, style = "━", r.mark.style
	}
	return strings.Repeat(" ", a) + style.Render(strings.Repeat(ink, max(b-a, 1)))
}

// axis names the minutes above the bars.
func (s *scene) axis(width int) string {
	c := columnsFor(width)
	_, long := s.span()
	cells := c.bar - 2
	step := time.Minute
	for float64(step)/float64(long)*float64(cells) < 8 {
		step *= 2
	}
	line := ""
	for i := range cells { // there are never more labels than cells
		t := step * time.Duration(i)
		if t > long {
			break
		}
		at := int(float64(t) / float64(long) * float64(cells))
		label := fmt.Sprint(int(t.Minutes()))
		if t == 0 {
			label = "0 min"
		}
		if at+len(label) <= cells && at >= ansi.StringWidth(line) {
			line = pad(line, at) + label
		}
	}
	return strings.Repeat(" ", width-cells) + s.theme.dim.Render(line)
}
