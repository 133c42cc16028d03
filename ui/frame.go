package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"

	"twokey/release"
)

// View implements tea.Model: it is a function of the state, what is selected, the
// size and the time, and of nothing else. (It keeps how much it could show, for
// the keys that page.) No line is wider than the terminal and there are no more
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
	foot := []string{m.news(inner), m.theme.bottomLine(m.active(), inner)}
	out = append(out, strings.Split(m.body(inner, m.height-len(out)-len(foot)), "\n")...)
	out = append(out, foot...)
	for i := range out {
		out[i] = " " + out[i]
	}
	return out
}

// body is the screen, with the dialog over it when there is one.
func (m *model) body(width, height int) string {
	screen := m.pane(width, height)
	if m.dialog == nil {
		return screen
	}
	return m.dialog.Render(m.theme, strings.Split(screen, "\n"), width, height)
}

// pane is the screen, or the pane that covers it.
func (m *model) pane(width, height int) string {
	switch {
	case m.help:
		lines := append([]string{m.theme.strong.Render("Keys"), ""}, m.theme.helpLines(m.allKeys(), width)...)
		return strings.Join(fit(lines, width, height), "\n")
	case m.log.open:
		return m.log.Render(width, height)
	case m.planOpen || m.screen == onPlan && m.shown:
		lines := m.planLines(m.state.Plan, width)
		m.planAt = min(m.planAt, max(0, len(lines)-height))
		return strings.Join(fit(lines[m.planAt:], width, height), "\n")
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
	var right []string
	if o.Rehearsal {
		word := "REHEARSAL"
		if s := o.Scenario.String(); s != "" && width >= narrow {
			word += " " + clip(s, 16)
		}
		right = append(right, t.warn.Render(word))
	}
	if o.ReadOnly && (width >= narrow || !o.Rehearsal) {
		right = append(right, t.warn.Render("READ-ONLY"))
	}
	if !o.Viewer.IsZero() && width >= narrow {
		right = append(right, "as "+clip(o.Viewer.String(), 20))
	}
	return spread(left, strings.Join(right, t.dim.Render(" "+glyphDot+" ")), width)
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
	case m.verifying():
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

// news is what happens besides: a read that fails, an answer to a key, the budget,
// or the engine's last remark.
func (m *model) news(width int) string {
	t := m.theme
	switch n := len(m.state.Notes); {
	case m.state.Trouble != nil:
		return clip(t.warn.Render(glyphWarn+" "+retrying(*m.state.Trouble)), width)
	case m.notice != "":
		return clip(m.notice, width)
	case m.budget:
		return clip(t.dim.Render(budget(m.state.Budget)), width)
	case n > 0 && m.screen != onPlan:
		return clip(t.dim.Render(glyphDot+" "+m.state.Notes[n-1].String()), width)
	}
	return ""
}

// retrying says which read failed and when it is tried again.
func retrying(r release.Retrying) string {
	return fmt.Sprintf("%s: %s; trying again in %s (attempt %d)", r.What, r.Cause, r.Wait, r.Attempt)
}

// budget says what was asked of GitHub and what may still be.
func budget(b release.Budget) string {
	s := fmt.Sprintf("%s, %s charged, %s not modified", plural(b.Requests, "request"), thousands(b.Charged), thousands(b.NotModified))
	if b.Limit > 0 {
		s += fmt.Sprintf(", %s of %s left", thousands(b.Remaining), thousands(b.Limit))
	}
	return s
}

// active are the keys that act now, the most useful first; help and leave are the
// last two.
func (m *model) active() []key.Binding {
	k := m.keys
	tail := []key.Binding{k.Help, k.Leave}
	switch {
	case m.dialog != nil:
		return []key.Binding{k.Yes, as(k.No, "not now")}
	case m.help:
		return []key.Binding{as(k.Back, "close")}
	case m.log.open && m.log.searching:
		return []key.Binding{as(k.Next, "find"), as(k.Back, "cancel")}
	case m.log.open:
		return []key.Binding{k.Down, k.Search, k.NextHit, k.Bottom, k.Open, as(k.Back, "close"), k.Help}
	case m.planOpen:
		return []key.Binding{k.Down, as(k.Back, "close"), k.Help}
	case m.screen == onPlan:
		return append(m.planKeys(), tail...)
	case m.screen == onPreflight:
		return append(m.preflightKeys(), tail...)
	case m.screen == onConfirm:
		return []key.Binding{as(k.Next, m.confirm.enterIs()), as(k.Down, "scroll"), as(k.Back, "back"), as(k.Interrupt, "leave")}
	}
	tail[1] = k.Leave
	if m.watching {
		tail[1] = as(k.Leave, "leave (it goes on)")
		if m.state.Opened.Ends {
			tail[1] = as(k.Leave, "leave (it ends)")
		}
	}
	return append(m.releaseKeys(), tail...)
}

func (m *model) planKeys() []key.Binding {
	k := m.keys
	switch {
	case m.busy:
		return nil
	case m.shown:
		return []key.Binding{as(k.Next, "check it"), as(k.Down, "scroll"), as(k.Back, "choose again")}
	case m.plan.typing:
		return []key.Binding{as(k.Next, "plan it"), k.Back}
	case m.plan.deep:
		return []key.Binding{k.Down, as(k.Next, "plan it"), k.Back, as(k.Again, "read again")}
	}
	return []key.Binding{k.Down, as(k.Next, "choose"), as(k.Again, "read again")}
}

func (m *model) preflightKeys() []key.Binding {
	k := m.keys
	out := []key.Binding{k.Down}
	switch {
	case m.preflight.expanded:
		out = []key.Binding{as(k.Down, "scroll"), as(k.Back, "close")}
	case !m.state.Judged || m.busy:
	case m.state.Verdict.Go:
		out = append(out, as(k.Next, "confirm"), k.Again)
	default:
		out = append(out, k.Again)
	}
	out = append(out, k.Details, k.Open, k.Plan)
	if m.state.Judged && !m.busy && m.plan.survey != nil && !m.preflight.expanded {
		out = append(out, k.Back)
	}
	return out
}

func (m *model) releaseKeys() []key.Binding {
	k := m.keys
	var out []key.Binding
	if r, ok := m.tree.gate(); ok && r.gate.CanApprove {
		out = append(out, k.Approve)
	}
	if _, ok := m.tree.failedRun(); ok {
		out = append(out, k.Rerun)
	}
	if m.canWatch() {
		out = append(out, k.Watch)
	}
	if m.over() {
		what := "tree"
		if m.summaryOff {
			what = "summary"
		}
		out = append(out, as(k.Tab, what))
	}
	if m.showsSummary() {
		return append(out, as(k.Down, "scroll"))
	}
	return append(out, k.Down, k.Fold, k.Log, k.Open, k.Budget, k.Plan)
}

// allKeys are the keys of the help overlay: those of the screen, then those that
// act everywhere.
func (m *model) allKeys() [][]key.Binding {
	k := m.keys
	every := []key.Binding{k.Plan, k.Budget, k.Help, k.Leave, k.Interrupt}
	switch {
	case m.log.open:
		return [][]key.Binding{
			{as(k.Down, "up, down"), k.Top, k.Bottom, k.PageUp, k.PageDown},
			{k.Search, k.NextHit, k.PrevHit, k.Open, as(k.Back, "close")},
			{k.Help, as(k.Leave, "close"), k.Interrupt},
		}
	case m.screen == onPlan:
		return [][]key.Binding{{as(k.Down, "move"), k.Next, k.Back, as(k.Again, "read again")}, every[1:]}
	case m.screen == onPreflight:
		return [][]key.Binding{{as(k.Down, "move"), as(k.Next, "confirm, on GO"), k.Details, k.Again, k.Open, k.Back}, every}
	}
	return [][]key.Binding{
		{as(k.Down, "move"), k.Fold, as(k.Back, "follow again"), k.Log, k.Open, k.Tab},
		{k.Approve, k.Rerun, k.Watch}, every,
	}
}
