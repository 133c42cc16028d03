package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/checks"
	"twokey/release"
	"twokey/ui/plain"
)

// preflightScreen shows the checks: as listed while they run, worst first once
// there is a verdict, with what one of them saw below.
type preflightScreen struct {
	*scene
	selected string   // a check's ID; empty: the first
	expanded bool     // the detail pane has the whole screen
	scroll   scroller // of the expanded pane
}

// ordered are the checks in the order in which they are shown.
func (s *preflightScreen) ordered() []release.CheckState {
	out := slices.Clone(s.state.Checks)
	if s.state.Judged {
		slices.SortStableFunc(out, func(a, b release.CheckState) int { return rank(a.Finding) - rank(b.Finding) })
	}
	return out
}

// rank orders findings: what needs a decision comes first.
func rank(f *checks.Finding) int {
	switch {
	case f == nil:
		return 3
	case f.Blocks() && f.Outcome == checks.Fail:
		return 0
	case f.Blocks():
		return 1
	case f.Outcome == checks.Unknown && f.Waiver == nil:
		return 2
	case f.Outcome == checks.Pass || f.Outcome == checks.NotApplicable:
		return passed
	case f.Waiver != nil:
		return 6
	case f.Severity == checks.SeverityInfo:
		return 5
	}
	return 4
}

// passed is the rank of what asks for nothing.
const passed = 7

// at is where the selected check stands in a list.
func (s *preflightScreen) at(list []release.CheckState) int {
	return max(0, slices.IndexFunc(list, func(c release.CheckState) bool { return c.Started.ID == s.selected }))
}

func (s *preflightScreen) move(by int) {
	list := s.ordered()
	if len(list) > 0 {
		s.selected = list[min(max(s.at(list)+by, 0), len(list)-1)].Started.ID
	}
}

// rows is how many checks page goes on by.
const rows = 10

func (s *preflightScreen) page(by int) { s.move(by * rows) }
func (s *preflightScreen) end(by int)  { s.move(by * len(s.state.Checks)) }

// toggle opens and closes the details.
func (s *preflightScreen) toggle() { s.expanded, s.scroll = !s.expanded, scroller{} }

// finding is the selected check's; nil while it is not done.
func (s *preflightScreen) finding() *checks.Finding {
	if list := s.ordered(); len(list) > 0 {
		return list[s.at(list)].Finding
	}
	return nil
}

// link is the page of the selected check's worst evidence.
func (s *preflightScreen) link() string {
	if f := s.finding(); f != nil {
		return findingLink(*f)
	}
	return ""
}

// Render draws the verdict, the list and what the selected check saw.
func (s *preflightScreen) Render(width, height int) string {
	out := s.verdict(width)
	if height >= short-5 {
		out = append(out, "")
	}
	left := height - len(out)
	list := s.ordered()
	switch {
	case s.expanded:
		lines := s.detail(width-4, 0)
		shown := s.scroll.show(s.theme, lines, left-2)
		out = append(out, s.pane(list, shown, width, min(left, len(shown)+2))...)
	case width >= huge:
		w := width * 2 / 5
		detail := s.detail(width-w-4, 0)
		pane := s.pane(list, detail, width-w, min(left, len(detail)+2))
		out = append(out, beside(s.list(list, w-2, left), pane, w)...)
	default:
		out = append(out, s.stacked(list, width, left)...)
	}
	return strings.Join(fit(out, width, height), "\n")
}

// stacked puts the detail pane below the list; on low terminals it gives way.
func (s *preflightScreen) stacked(list []release.CheckState, width, height int) []string {
	lines := s.detail(width-4, max(height/3-6, 1))
	need := len(lines) + 2
	room := height - len(list)
	if room < need { // the list gives way down to its half: what passed can wait
		room = max(room, height-max(height/2, 3))
	}
	room = min(room, need)
	if room < 4 {
		return s.list(list, width, height)
	}
	rows := s.list(list, width, min(len(list), height-room))
	if hidden := len(lines) - (room - 2); hidden > 0 {
		more := s.theme.dim.Render(fmt.Sprintf("  %s; %s shows them", plural(hidden+1, "more line"), s.detailsKey()))
		lines = append(lines[:room-3:room-3], more)
	}
	return append(rows, s.pane(list, lines, width, room)...)
}

// verdict is go or no-go, with counts, and how long it took. What was not found is
// not counted.
func (s *preflightScreen) verdict(width int) []string {
	t, v := s.theme, s.state.Verdict
	took := t.dim.Render(since(s.checksBegan, s.checksEnded, s.now))
	if !s.state.Judged {
		done := 0
		for _, c := range s.state.Checks {
			if c.Finding != nil {
				done++
			}
		}
		return []string{spread(t.active.Render(glyphRunning+" CHECKING")+fmt.Sprintf("  %d of %d", done, len(s.state.Checks)), took, width)}
	}
	left := t.fail.Render(glyphFail + " NO-GO")
	switch {
	case plain.Clear(v):
		left = t.pass.Render(glyphPass + " GO")
	case v.Go:
		left = t.warn.Render(glyphWarn + " GO")
	}
	var parts []string
	for _, c := range []struct {
		n    int
		word string
		show func(string) string
	}{
		{v.Block, "block", t.fail.Render}, {v.Unknown, "unknown", t.unknown.Render}, {v.Warn, "warn", t.warn.Render},
		{v.Info, "info", paint{}.Render}, {v.Waived, "waived", t.warn.Render}, {v.Pass, "pass", t.pass.Render},
		{v.NotApplicable, "n/a", t.dim.Render},
	} {
		if c.n > 0 {
			parts = append(parts, c.show(fmt.Sprintf("%d %s", c.n, c.word)))
		}
	}
	counts := t.runOn(parts, width-ansi.StringWidth(left+"  "+took)-1)
	if len(counts) == 1 {
		return []string{spread(left+"  "+counts[0], took, width)}
	}
	return append([]string{spread(left, took, width)}, t.runOn(parts, width)...)
}

// list is the checks, one a line, as many as fit around the selected one.
func (s *preflightScreen) list(list []release.CheckState, width, height int) []string {
	here := s.at(list)
	return s.theme.around(len(list), height, here, func(i int) string { return s.row(list[i], i == here, width) })
}

func (s *preflightScreen) row(c release.CheckState, here bool, width int) string {
	m := s.theme.finding(c.Finding)
	at, what := "  ", c.Started.Title
	if here {
		at = s.theme.title.Render(glyphHere) + " "
	}
	if c.Finding != nil && !c.Finding.Summary.IsZero() {
		what = c.Finding.Summary.String()
	}
	id := pad(middle(c.Started.ID, s.idWidth(width)), s.idWidth(width)+2)
	if here {
		id = s.theme.strong.Render(id)
	}
	line := at + m.style.Render(pad(m.glyph+" "+m.word, 11)) + id
	if width < narrow {
		return clip(line, width)
	}
	if c.Finding == nil || rank(c.Finding) == passed {
		what = s.theme.dim.Render(what)
	}
	return clip(line+what, width)
}

// idWidth is the width of the checks' IDs: a plan chooses those of its own checks,
// and they may be long.
func (s *preflightScreen) idWidth(width int) int {
	n := 16
	for _, c := range s.state.Checks {
		n = max(n, ansi.StringWidth(c.Started.ID))
	}
	if width < narrow { // nothing stands beside it
		return min(n, max(16, width-15))
	}
	return min(n, max(16, width*3/10))
}

// pane frames the selected check's detail.
func (s *preflightScreen) pane(list []release.CheckState, lines []string, width, height int) []string {
	if len(list) == 0 {
		return nil
	}
	c := list[s.at(list)].Started
	factor := ""
	if c.Factor != "" {
		factor = s.theme.dim.Render(plain.Factor(c.Factor))
	}
	return s.theme.box(s.theme.strong.Render(c.ID), factor, lines, width, height)
}

// detail says what the selected check saw, why it is looked at and what to do.
// With most above zero it shows that many pieces of evidence, the worst first.
func (s *preflightScreen) detail(width, most int) []string {
	list := s.ordered()
	if len(list) == 0 {
		return nil
	}
	c := list[s.at(list)]
	if c.Finding == nil {
		return append(wrapText(c.Started.Title, width), s.theme.dim.Render("it is being looked at"))
	}
	return s.findingLines(*c.Finding, width, most, s.detailsKey())
}

// detailsKey is the key that shows all: enter does where there is nothing to confirm.
func (s *preflightScreen) detailsKey() string {
	if s.state.Judged && !s.state.Verdict.Go {
		return "enter"
	}
	return "d"
}
