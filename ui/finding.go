package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/checks"
)

// findingLines say what a check saw, why it is looked at and what to do. With most
// above zero they show that many pieces of evidence, the worst first, and name the key
// that shows the others.
func (s *scene) findingLines(f checks.Finding, width, most int, shows string) []string {
	saw, why, next := s.findingParts(f, width, most, shows)
	return slices.Concat(saw, why, next)
}

// findingParts are the same in three. A finding holds words of the plan, which are
// cleaned here.
func (s *scene) findingParts(f checks.Finding, width, most int, shows string) (saw, why, next []string) {
	saw = wrapText(safe(f.Title), width)
	for i := range saw {
		saw[i] = s.theme.strong.Render(saw[i])
	}
	if !repeated(f) {
		saw = append(saw, wrapText(f.Summary.String(), width)...)
	}
	seen := f.Evidence
	if together, unnamed := checks.Together(seen); most > 0 || unnamed == 0 { // the details have every file
		seen = together
	}
	saw = append(saw, s.evidence(seen, width, most, shows)...)
	if w := f.Waiver; w != nil {
		saw = append(saw, hang(s.theme.dim.Render("Waived  "),
			fmt.Sprintf("%s, %s", w.Reason, w.End()), width)...)
	}
	return saw, hang(s.theme.dim.Render("Why  "), safe(f.Why), width), hang(s.theme.dim.Render("Next "), s.todo(f), width)
}

// repeated tells whether the first piece of evidence says what the summary does.
func repeated(f checks.Finding) bool {
	for _, e := range f.Evidence {
		if e.Outcome == checks.Pass || e.Outcome == checks.NotApplicable {
			continue
		}
		return !e.Saw.IsZero() && strings.HasPrefix(f.Summary.String(), e.What.String()+": "+e.Saw.String())
	}
	return false
}

// todo is the next step; what a flag says elsewhere, a key says here.
func (s *scene) todo(f checks.Finding) string {
	for _, own := range s.state.Plan.Checks {
		if own.ID == f.ID && own.Kind == checks.OwnManual && f.Outcome == checks.Unknown {
			return "see to it, then press space"
		}
	}
	return safe(f.Remedy)
}

// badness orders outcomes, the worst first.
func badness(o checks.Outcome) int {
	return slices.Index([]checks.Outcome{checks.Fail, checks.Unknown, checks.Warn, checks.Pass, checks.NotApplicable}, o)
}

// worstFirst is evidence in the order in which it is shown.
func worstFirst(all []checks.Evidence) []checks.Evidence {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b checks.Evidence) int { return badness(a.Outcome) - badness(b.Outcome) })
	return out
}

// evidence is what was seen, the worst first.
func (s *scene) evidence(all []checks.Evidence, width, most int, shows string) []string {
	sorted := worstFirst(all)
	var out []string
	for i, e := range sorted {
		if most > 0 && i == most && len(sorted) > most+1 {
			return append(out, s.theme.dim.Render(fmt.Sprintf("  and %d more; %s shows them", len(sorted)-most, shows)))
		}
		out = append(out, s.seen(e, width)...)
		if most == 0 {
			out = append(out, s.closer(e, width)...)
		}
	}
	return out
}

// seen is one piece of evidence: on one line where it fits, else what it is about
// and below it what was seen.
func (s *scene) seen(e checks.Evidence, width int) []string {
	m := s.theme.outcome(e.Outcome)
	label := "  " + m.style.Render(pad(m.glyph+" "+m.word, 10))
	what, saw := e.What.String(), e.Saw.String()
	if column := min(width/2, 30); ansi.StringWidth(what) <= column && ansi.StringWidth(label+saw)+column+2 <= width {
		return []string{label + pad(what, column) + "  " + s.theme.dim.Render(saw)}
	}
	out := hang(label, what, width)
	for _, l := range hang(strings.Repeat(" ", ansi.StringWidth(label)), saw, width) {
		out = append(out, s.theme.dim.Render(l))
	}
	return out
}

// closer is the line that a piece of evidence is about, and its own next step.
func (s *scene) closer(e checks.Evidence, width int) []string {
	const indented = "            " // below what was seen
	var out []string
	if e.Place != nil && !e.Place.Text.IsZero() {
		out = append(out, hang(indented+s.theme.dim.Render(fmt.Sprintf("%d  ", e.Place.Line)), e.Place.Text.String(), width)...)
	}
	if e.Remedy != "" {
		out = append(out, hang(indented+s.theme.dim.Render("Next "), safe(e.Remedy), width)...)
	}
	return out
}

// findingLink is the page of a finding's worst evidence; empty where it has none.
func findingLink(f checks.Finding) string {
	best, url := len(f.Evidence), ""
	for _, e := range f.Evidence {
		n := min(badness(e.Outcome), badness(checks.Pass))
		if !e.URL.IsZero() && (url == "" || n < best) {
			best, url = n, e.URL.String()
		}
	}
	return url
}

// passes tells whether a finding asks for nothing.
func passes(f checks.Finding) bool { return rank(&f) == passed }
