package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/release"
	"twokey/ui/plain"
)

// proofScreen shows all that is known of one finding or file of what was published.
type proofScreen struct {
	*scene
	id     string // of its row; empty while it is closed
	scroll scroller
}

func (s *proofScreen) open() bool { return s.id != "" }

func (s *proofScreen) show(id string) { s.id, s.scroll = id, scroller{} }

// row is what is shown, as it stands now; false when a new plan has taken it away.
func (s *proofScreen) row() (row, bool) {
	for i := range s.state.Stages {
		for _, r := range s.proofRows(&s.state.Stages[i]) {
			if r.id == s.id {
				return r, true
			}
		}
	}
	return row{}, false
}

// Render draws the finding or the file in a box as high as it needs to be.
func (s *proofScreen) Render(width, height int) string {
	r, ok := s.row()
	if !ok {
		return strings.Join(fit([]string{"This is gone: what was published is looked at anew."}, width, height), "\n")
	}
	shown := s.scroll.show(s.theme, s.proofLines(r, width-4, 0, ""), height-2)
	return strings.Join(fit(s.proofBox(r, shown, width, min(height, len(shown)+2)), width, height), "\n")
}

// proofLines are what is known of a finding or a file.
func (s *scene) proofLines(r row, width, most int, shows string) []string {
	if f := r.proof.finding; f != nil {
		return s.findingLines(*f, width, most, shows)
	}
	return s.fileLines(r, width)
}

// proofBox frames such lines.
func (s *scene) proofBox(r row, lines []string, width, height int) []string {
	right := safe(r.stage)
	if f := r.proof.finding; f != nil && f.Factor != "" {
		right = plain.Factor(f.Factor)
	}
	return s.theme.box(r.mark.String()+"  "+s.theme.strong.Render(r.name), s.theme.dim.Render(right), lines, width, height)
}

// fileLines are what is known of one published file, or of an artifact without any.
func (s *scene) fileLines(r row, width int) []string {
	a, f := r.proof.artifact, r.proof.file
	var out []string
	says := func(label, what string) {
		if what != "" {
			out = append(out, hang(s.theme.dim.Render(pad(label, 10)), what, width)...)
		}
	}
	if r.detail != "" {
		out = wrapText(r.detail, width)
	}
	says("artifact", safe(a.Artifact.String()))
	if a.Published != nil {
		says("page", a.Published.URL.String())
	}
	if f == nil {
		return out
	}
	if f.Size >= 0 {
		says("size", received(release.ArtifactReading{Received: f.Size, Size: -1}))
	}
	out = append(out, wrapText(safe(f.Digest), width)...) // it says what it is, and is long
	if f.Words.IsZero() {
		return out
	}
	for _, v := range []checks.FileVerdict{checks.FileSame, checks.FileGenerated, checks.FileMoved, checks.FileModified, checks.FileExtra, checks.FileMissing} {
		if n := f.Counts[v]; n > 0 {
			says(string(v), thousands(n))
		}
	}
	says("coverage", share(f.Coverage)+" of its bytes are the commit's, or have the shape of what a build writes")
	return out
}

// share is a part of one in per cent. What is not all is never said to be.
func share(part float64) string {
	switch {
	case part >= 1:
		return "100%"
	case part > 0.999:
		return "99.9%"
	}
	return fmt.Sprintf("%.3g%%", 100*max(part, 0))
}

// link is the page of a finding's worst evidence, or of an artifact.
func (p *proof) link() string {
	switch {
	case p.finding != nil:
		return findingLink(*p.finding)
	case p.artifact.Published != nil:
		return p.artifact.Published.URL.String()
	}
	return ""
}

// telling is the row whose details are shown below: the selected one where it asks for
// something, else the finding that a stage failed by; false where there is none.
func (s *scene) telling(selected row) (row, bool) {
	if selected.asks() {
		return selected, true
	}
	f, stage := s.cause()
	for i := range s.state.Stages {
		if st := &s.state.Stages[i]; f != nil && st.Stage.Name == stage {
			return s.findingRow(st, f), true
		}
	}
	return row{}, false
}

// trouble is what stands below the tree: the end of a failed job's log, or the finding
// that a stage failed by. What is selected comes first.
func (s *releaseScreen) trouble(selected row, width, height int) []string {
	j := s.failed(selected)
	own := j != nil && selected.job == j
	if r, ok := s.telling(selected); ok && !own {
		shows := "d"
		if r.id == selected.id {
			shows = "enter"
		}
		return s.findingPane(r, width, max(5, min(height*3/5, height-6)), shows)
	}
	if j == nil || j.Log == nil {
		return nil
	}
	return s.failure(j, width, min(s.failureHeight(j), max(5, height/3)))
}

// findingPane is a finding in at most so many lines. Where there is no room for all of
// it, evidence gives way but for the worst, then why it is looked at; what was seen and
// what to do share what is left.
func (s *scene) findingPane(r row, width, height int, shows string) []string {
	f, room := *r.proof.finding, height-2
	lines := s.findingLines(f, width-4, 3, shows)
	if len(lines) > room {
		all := s.findingLines(f, width-4, 0, "")
		f.Evidence = worstFirst(f.Evidence)[:min(len(f.Evidence), 1)]
		saw, _, next := s.findingParts(f, width-4, 1, shows)
		left := max(room-1, 0) // but for the line that counts the others
		saw = saw[:min(len(saw), max(left-len(next), (left+1)/2))]
		kept := slices.Concat(saw, next[:min(len(next), left-len(saw))])
		more := s.theme.dim.Render(fmt.Sprintf("  %s; %s shows them", plural(len(all)-len(kept), "more line"), shows))
		lines = append(kept, more)
	}
	return s.proofBox(r, lines, width, min(height, len(lines)+2))
}

// detailsActs are the keys that open a finding or a file: the selected one, or the
// finding that a stage failed by.
func (m *model) detailsActs(selected row) []act {
	k := m.keys.Details
	if p := selected.proof; p != nil && !m.showsSummary() {
		b := key.NewBinding(key.WithKeys(append(k.Keys(), "enter", " ")...), key.WithHelp("enter", "details"))
		a := sets(b, func() { m.proof.show(selected.id) })
		a.main = selected.asks()
		return []act{a}
	}
	r, ok := m.telling(row{})
	if !ok {
		return nil
	}
	return []act{sets(k, func() { m.proof.show(r.id) }).first()}
}

// proofActs are the keys of such details.
func (m *model) proofActs() []act {
	s := &m.proof
	closes := key.NewBinding(key.WithKeys("esc", "enter", "d", "q"), key.WithHelp("esc", "close"))
	out := m.scrolls([]act{sets(closes, func() { s.id = "" }).first()}, &s.scroll)
	if r, ok := s.row(); ok && r.proof.link() != "" {
		out = append(out, does(m.keys.Open, func() tea.Cmd { return m.open(r.proof.link()) }))
	}
	return out
}
