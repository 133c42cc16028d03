package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// View implements tea.Model: it is a function of the state, what is selected, the
// size and the time, and of nothing else. (It keeps how much it could show, for
// the keys that page and scroll.) No line is wider than the terminal and there are no more
// lines than it has.
func (m *model) View() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	var lines []string
	if m.tooSmall() {
		lines = m.smallFrame()
	} else {
		lines = m.frame()
	}
	lines = fit(lines, m.width, m.height)
	if m.theme.ascii {
		for i := range lines {
			lines[i] = toASCII(lines[i])
		}
	}
	return strings.Join(lines, "\n")
}

func (m *model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// smallFrame says that there is no room, and still lets a person leave.
func (m *model) smallFrame() []string {
	if m.dialog != nil && m.dialog.leaving {
		what := "It goes on at GitHub."
		if m.state.Opened.Ends {
			what = "The rehearsal ends."
		}
		return wrapText("Leave? "+what+" y/n", m.width)
	}
	return wrapText(fmt.Sprintf("needs at least %d×%d, is %d×%d", minWidth, minHeight, m.width, m.height), m.width)
}

// frame is the whole console: who and what, the path, the screen, what is
// happening, and the keys.
func (m *model) frame() []string {
	inner := m.width - 2
	out := []string{m.header(inner), m.path(inner)}
	if m.height >= short {
		out = append(out, "")
	}
	body := m.body(inner, m.height-len(out)-m.footHeight)
	// What scrolls is known once it is drawn, and only then which keys act.
	foot := m.foot(inner)
	if len(foot) != m.footHeight {
		m.footHeight = len(foot)
		body = m.body(inner, m.height-len(out)-len(foot))
		if again := m.foot(inner); len(again) == len(foot) { // what scrolls may be another
			foot = again
		}
	}
	out = append(out, strings.Split(body, "\n")...)
	out = append(out, foot...)
	for i := range out {
		out[i] = " " + out[i]
	}
	return out
}

// foot is what happens besides, and the keys. A dialog names its keys itself, where
// the eye is.
func (m *model) foot(width int) []string {
	if m.dialog != nil {
		return append(m.news(width), "")
	}
	return append(m.news(width), m.theme.bottomLines(m.acts(), width)...)
}

// body is the screen, with the dialog over it when there is one.
func (m *model) body(width, height int) string {
	screen := m.pane(width, height)
	if m.dialog == nil {
		return screen
	}
	return m.dialog.Render(m.theme, m.acts(), strings.Split(screen, "\n"), width, height)
}

// pane is the screen, or the pane that covers it.
func (m *model) pane(width, height int) string {
	switch {
	case m.help:
		acts := append(m.placeActs(), does(m.keys.Interrupt, m.leave))
		if m.typing() { // it is among them
			acts = acts[:len(acts)-1]
		}
		lines := m.theme.helpLines(acts, width)
		room := height - 2
		shown := m.helpAt.show(m.theme, lines, room)
		return strings.Join(fit(append([]string{m.theme.strong.Render("Keys"), ""}, shown...), width, height), "\n")
	case m.log.open:
		return m.log.Render(width, height)
	case m.proof.open():
		return m.proof.Render(width, height)
	case m.planOpen || m.screen == onPlan && m.shown:
		return strings.Join(fit(m.planAt.show(m.theme, m.planLines(m.state.Plan, width), height), width, height), "\n")
	case m.screen == onPlan:
		return m.plan.Render(width, height)
	case m.screen == onPreflight:
		return m.preflight.Render(width, height)
	case m.screen == onConfirm:
		return m.confirm.Render(width, height)
	case m.busy && !m.state.HasPlan:
		line := m.theme.active.Render(glyphRunning+" reading") + "  which release is in flight"
		return strings.Join(fit([]string{line}, width, height), "\n")
	case m.showsSummary():
		return m.summary.Render(width, height)
	}
	return m.tree.Render(width, height)
}

// header says what is released by whom, and whether it is real.
func (m *model) header(width int) string {
	t, o, p := m.theme, m.state.Opened, m.state.Plan
	repo := o.Repo
	if repo.IsZero() {
		repo = m.opts.Repo
	}
	left := t.title.Render("twokey") + t.dim.Render(" "+glyphDot+" ") + repo.String()
	if m.state.HasPlan && width >= narrow {
		left += t.dim.Render(" "+glyphDot+" ") + safe(p.Line) + t.dim.Render(" @ "+brief(p.SHA))
	}
	whole := m.who(width, clip(o.Scenario.String(), 16))
	if ansi.StringWidth(left)+1+ansi.StringWidth(whole) > width { // the commit comes before the scenario
		whole = m.who(width, "")
	}
	return spread(left, whole, width)
}

// who says whether it is real, in which scenario, and who releases.
func (m *model) who(width int, scenario string) string {
	t, o := m.theme, m.state.Opened
	var right []string
	if o.Rehearsal {
		word := "REHEARSAL"
		if scenario != "" && width >= narrow {
			word += " " + scenario
		}
		right = append(right, t.warn.Render(word))
	}
	if o.ReadOnly && (width >= narrow || !o.Rehearsal) {
		right = append(right, t.warn.Render("READ-ONLY"))
	}
	if !o.Viewer.IsZero() && width >= narrow {
		right = append(right, "as "+clip(o.Viewer.String(), 20))
	}
	return strings.Join(right, t.dim.Render(" "+glyphDot+" "))
}

// path is the one path of a release, with the place on it in capitals.
func (m *model) path(width int) string {
	t := m.theme
	steps := []string{"plan", "preflight", "confirm", "release", "verify", "record"}
	at := int(m.screen)
	switch {
	case m.screen != onRelease:
	case m.over():
		at = 5
	case m.verifying() || m.awaiting():
		at = 4
	}
	from, to := 0, len(steps)
	if width < narrow {
		from = min(max(at-1, 0), len(steps)-3)
		to = from + 3
	}
	var parts []string
	for i := from; i < to; i++ {
		switch {
		case i == at:
			parts = append(parts, t.title.Render(strings.ToUpper(steps[i])))
		case i < at:
			parts = append(parts, steps[i])
		default:
			parts = append(parts, t.dim.Render(steps[i]))
		}
	}
	line := strings.Join(parts, t.dim.Render(" ── "))
	if width < narrow {
		return spread(line, t.dim.Render(fmt.Sprintf("%d/%d", at+1, len(steps))), width)
	}
	if !m.state.HasPlan {
		return clip(line, width)
	}
	return spread(line, t.strong.Render(m.tag()), width)
}

// newsLines is how much room an answer may take.
const newsLines = 3

// news is what happens besides: a read that fails, an answer to a key, the budget,
// or the engine's last remark.
func (m *model) news(width int) []string {
	t := m.theme
	says := func(paint paint, s string) []string {
		lines := fit(wrapText(s, width), width, min(len(wrapText(s, width)), newsLines))
		for i := range lines {
			lines[i] = paint.Render(lines[i])
		}
		return lines
	}
	switch note := m.remark(); {
	case m.state.Trouble != nil:
		return says(t.warn, glyphWarn+" "+retrying(*m.state.Trouble))
	case m.notice != "":
		return says(paint{}, m.notice)
	case m.budget:
		return says(t.dim, budget(m.state.Budget))
	case ansi.StringWidth(note) > width:
		return says(t.dim, note)
	default:
		return []string{m.beside(t.dim.Render(note), width)}
	}
}

// noteTime is how long the engine's last remark stands. Older, it may not be true
// any more.
const noteTime = 2 * time.Minute

// remark is the engine's last one; empty when there is none that is fresh. What was
// remarked on the way is over with the release.
func (m *model) remark() string {
	n := len(m.state.Notes)
	if n == 0 || m.screen == onPlan || m.finished() != nil || m.now.Sub(m.noted) >= noteTime {
		return ""
	}
	return glyphDot + " " + m.state.Notes[n-1].String()
}

// beside puts the budget at the right of a remark, where there is room for both.
func (m *model) beside(left string, width int) string {
	b := m.state.Budget
	if m.screen != onRelease || width < narrow || b.Requests == 0 {
		return clip(left, width)
	}
	right := fmt.Sprintf("%s %s %s charged", plural(b.Requests, "request"), glyphDot, thousands(b.Charged))
	if b.Limit > 0 {
		right += fmt.Sprintf(" %s %s left", glyphDot, thousands(b.Remaining))
	}
	if ansi.StringWidth(left)+ansi.StringWidth(right)+2 > width {
		return clip(left, width)
	}
	return spread(left, m.theme.dim.Render(right), width)
}

// retrying says which read failed and when it is tried again.
func retrying(r release.Retrying) string {
	return fmt.Sprintf("%s: %s; trying again in %s (attempt %d)", r.What, r.Cause, r.Wait.Round(time.Second), r.Attempt)
}

// budget says what was asked of GitHub and what may still be.
func budget(b release.Budget) string {
	s := fmt.Sprintf("%s, %s charged, %s not modified", plural(b.Requests, "request"), thousands(b.Charged), thousands(b.NotModified))
	if b.Limit > 0 {
		s += fmt.Sprintf(", %s of %s left", thousands(b.Remaining), thousands(b.Limit))
	}
	if !b.Reset.IsZero() {
		s += b.Reset.UTC().Format(" until 15:04 UTC")
	}
	return s
}
