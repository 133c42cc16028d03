package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// act is one key that acts here and now. The bottom line, the help and the answers
// of a dialog are made of acts, and so is what a key does: nothing is named that
// does nothing, and nothing acts that is not named.
type act struct {
	key.Binding
	do   func(tea.KeyMsg) tea.Cmd
	main bool // the bottom line has it at any width
	rare bool // only the help names it
}

// does is an act that asks for something.
func does(b key.Binding, f func() tea.Cmd) act {
	return act{Binding: b, do: func(tea.KeyMsg) tea.Cmd { return f() }}
}

// sets is an act that changes what is shown.
func sets(b key.Binding, f func()) act {
	return act{Binding: b, do: func(tea.KeyMsg) tea.Cmd { f(); return nil }}
}

// moves is an act of a pair of keys, of which the first goes back.
func moves(b key.Binding, f func(by int)) act {
	return act{Binding: b, do: func(k tea.KeyMsg) tea.Cmd { f(direction(k)); return nil }}
}

// direction is where a key of a pair goes: -1 back, 1 on.
func direction(k tea.KeyMsg) int {
	switch k.String() {
	case "up", "k", "pgup", "ctrl+b", "home", "g", "left", "h", "N":
		return -1
	}
	return 1
}

func (a act) as(what string) act {
	a.Binding = as(a.Binding, what)
	return a
}

// first marks what the screen is there for.
func (a act) first() act {
	a.main = true
	return a
}

// seldom leaves the bottom line to keys that more people look for.
func (a act) seldom() act {
	a.rare = true
	return a
}

// acts are the keys that act now, from the innermost thing that is open.
func (m *model) acts() []act {
	if m.dialog != nil {
		return m.dialogActs(m.dialog)
	}
	if m.help {
		return m.helpActs()
	}
	return m.placeActs()
}

// placeActs are the keys of the place that the help is about.
func (m *model) placeActs() []act {
	switch {
	case m.log.open && m.log.searching:
		return m.searchActs()
	case m.log.open:
		return append(m.logActs(), m.helpAct())
	case m.proof.open():
		return append(m.proofActs(), m.helpAct())
	case m.planOpen:
		return append(m.planOpenActs(), m.helpAct())
	case m.screen == onConfirm:
		return append(m.confirmActs(), m.helpAct(), does(m.keys.Interrupt, m.leave).first())
	case m.screen == onPlan && m.typing():
		return append(m.choiceActs(), m.helpAct(), does(m.keys.Interrupt, m.leave).first())
	case m.screen == onPlan:
		return m.atTheEnd(m.choiceActs())
	case m.screen == onPreflight:
		return m.atTheEnd(m.preflightActs())
	}
	return m.atTheEnd(m.releaseActs())
}

// atTheEnd adds the keys of every screen.
func (m *model) atTheEnd(acts []act) []act {
	leave := does(m.keys.Leave, m.leave).first()
	switch {
	case m.screen != onRelease || !m.watching || m.width < narrow:
	case m.state.Opened.Ends:
		leave = leave.as("leave (it ends)")
	default:
		leave = leave.as("leave (it goes on)")
	}
	return append(acts, sets(m.keys.Budget, func() { m.budget = !m.budget }), m.helpAct(), leave)
}

func (m *model) helpAct() act { return sets(m.keys.Help, m.openHelp).first() }

func (m *model) openHelp() { m.help, m.helpAt = true, scroller{} }

// scrolls adds the keys that scroll when there is more than is seen.
func (m *model) scrolls(acts []act, s *scroller) []act {
	if s.last == 0 {
		return acts
	}
	b, page, ends := m.keys.Scroll, pages(m.keys), m.keys.Ends
	if m.typing() { // letters are text
		b.SetKeys("up", "down")
		page.SetKeys("pgup", "pgdown")
		ends.SetKeys("home", "end")
		ends.SetHelp("home end", "first, last line")
	}
	return append(acts, moves(b, s.move), moves(page, s.page).seldom(), moves(ends, s.end).seldom())
}

func (m *model) helpActs() []act {
	closes := key.NewBinding(key.WithKeys("esc", "?", "q", "enter"), key.WithHelp("esc", "close"))
	return m.scrolls([]act{sets(closes, func() { m.help = false }).first()}, &m.helpAt)
}

// planOpenActs are the keys while the plan lies over the screen.
func (m *model) planOpenActs() []act {
	closes := key.NewBinding(key.WithKeys("esc", "p", "q"), key.WithHelp("esc", "close"))
	return m.scrolls([]act{sets(closes, func() { m.planOpen = false }).first()}, &m.planAt)
}

func (m *model) planAct() act {
	return sets(m.keys.Plan, func() { m.planOpen, m.planAt = true, scroller{} })
}

// choiceActs are the keys of the plan screen.
func (m *model) choiceActs() []act {
	k, s := m.keys, &m.plan
	next, back := does(k.Next, m.nextChoice).first(), sets(k.Back, s.back)
	switch {
	case m.busy || s.survey == nil:
		return nil
	case m.shown:
		out := []act{does(as(k.Next, "check it"), m.check).first()}
		return append(m.scrolls(out, &m.planAt), sets(as(k.Back, "choose again"), func() { m.shown = false }))
	case s.typing:
		if _, ok := s.want(); ok {
			return []act{next.as("plan it"), back}
		}
		return []act{back}
	}
	var out []act
	if len(s.survey.Lines) > 0 {
		out = append(out, next.as(s.nextIs()))
	}
	if s.many() {
		out = append(out, moves(k.Move, s.move))
	}
	if s.canBack() {
		out = append(out, back)
	}
	return append(out, does(as(k.Again, "read again"), m.survey))
}

// preflightActs are the keys of the preflight screen. Before there is a verdict
// only what looks may be done.
func (m *model) preflightActs() []act {
	k, s := m.keys, &m.preflight
	judged := m.state.Judged && !m.busy
	details, also := k.Details, judged && !m.state.Verdict.Go
	if also { // there is nothing to confirm
		details = key.NewBinding(key.WithKeys(append(k.Details.Keys(), "enter")...), key.WithHelp("enter", "details"))
	}
	var out []act
	if judged && m.state.Verdict.Go {
		out = append(out, does(as(k.Next, "confirm"), m.openConfirm).first())
	}
	switch {
	case len(m.state.Checks) == 0:
	case s.expanded:
		details.SetKeys(append(details.Keys(), "esc")...)
		details.SetHelp("esc", "close")
		out = append(m.scrolls(out, &s.scroll), sets(details, s.toggle).first())
	default:
		if len(m.state.Checks) > 1 {
			out = append(out, moves(k.Move, s.move), moves(pages(k), s.page).seldom(), moves(k.Ends, s.end).seldom())
		}
		d := sets(details, s.toggle)
		d.main = also
		out = append(out, d)
	}
	if judged {
		out = append(append(out, m.givenActs()...), does(k.Again, m.check))
	}
	if s.link() != "" {
		out = append(out, does(k.Open, func() tea.Cmd { return m.open(s.link()) }))
	}
	if m.state.HasPlan {
		out = append(out, m.planAct())
	}
	if judged && m.plan.survey != nil && !s.expanded {
		out = append(out, sets(as(k.Back, "choose again"), func() { m.screen = onPlan }))
	}
	return out
}

// pages are the keys that go on by what is seen, where space does something else.
func pages(k keyMap) key.Binding {
	b := k.Page
	b.SetKeys("pgup", "ctrl+b", "pgdown", "ctrl+f")
	return b
}

// confirmActs are the keys of the confirm screen; all others are the tag's.
func (m *model) confirmActs() []act {
	out := []act{does(as(m.keys.Next, m.confirm.enterIs()), m.confirmed).first(),
		sets(m.keys.Back, func() { m.screen = onPreflight }).first()}
	return m.scrolls(out, &m.confirm.scroll)
}

// releaseActs are the keys of the release screen and of its summary.
func (m *model) releaseActs() []act {
	k := m.keys
	rows := m.tree.tree(m.tree.height)
	selected := m.tree.of(rows)
	var out []act
	if r, ok := m.tree.gate(selected); ok && r.gate.CanApprove {
		out = append(out, does(k.Approve, m.askApprove).first())
	}
	if r, ok := m.tree.failedRun(selected); ok && !m.rerunning(r) {
		out = append(out, does(k.Rerun, m.askRerun).first())
	}
	if m.canWatch() {
		out = append(out, does(k.Watch, m.watchAgain).first())
	}
	job := m.tree.job(selected)
	if m.showsSummary() {
		job = m.failedJob()
	}
	var log []act
	if job != nil {
		log = []act{sets(k.Log, func() { m.log.show(job) })}
		log[0].main = job == m.failedJob()
	}
	details := m.detailsActs(selected)
	switch {
	case m.showsSummary():
		out = m.scrolls(append(append(append(out, details...), log...), m.otherView("tree")), &m.summary.scroll)
	case len(details) > 0:
		out = append(append(append(out, details...), m.treeActs(rows)...), log...)
	case job == m.failedJob():
		out = append(append(out, log...), m.treeActs(rows)...)
	default:
		out = append(append(out, m.treeActs(rows)...), log...)
	}
	if m.state.HasPlan {
		out = append(out, m.planAct())
	}
	return out
}

// otherView is the key between the summary and the tree.
func (m *model) otherView(what string) act {
	return sets(as(m.keys.Tab, what), func() { m.summaryOff = !m.summaryOff })
}

// treeActs are the keys of the tree alone, whose rows are these.
func (m *model) treeActs(rows []row) []act {
	k, s := m.keys, &m.tree
	var out []act
	if m.over() {
		out = append(out, m.otherView("summary"))
	}
	if len(rows) == 0 {
		return out
	}
	if len(rows) > 1 {
		out = append(out, moves(k.Move, s.move))
	}
	r := s.of(rows)
	if r.foldable || r.level == ofJob && r.job != nil && len(r.job.Job.Steps) > 0 {
		out = append(out, sets(k.Fold, s.fold))
	}
	if url := s.link(r); url != "" {
		out = append(out, does(k.Open, func() tea.Cmd { return m.open(url) }))
	}
	if s.cursor != "" {
		out = append(out, sets(as(k.Back, "follow again"), func() { s.cursor = "" }))
	}
	return out
}

// whyNot says why a key that acts at other times does nothing now.
func (m *model) whyNot(k tea.KeyMsg) string {
	if m.dialog != nil || m.help || m.log.open || m.proof.open() || m.planOpen {
		return ""
	}
	switch on := m.screen; {
	case on >= onPreflight && on != onConfirm && key.Matches(k, m.keys.Open):
		return "There is no page for this."
	case on != onRelease:
	case key.Matches(k, m.keys.Approve):
		return m.whyNoApproval()
	case key.Matches(k, m.keys.Rerun):
		return m.whyNoRerun()
	case key.Matches(k, m.keys.Log):
		return "No job is selected, and none has failed; there is no log to show."
	}
	return ""
}
