package ui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
)

// screen is where the person is on the path.
type screen int

// The screens. The end of a release is shown over the last one.
const (
	onPlan screen = iota
	onPreflight
	onConfirm
	onRelease
)

// model is the console's one tea.Model. The state of the release changes only by
// events; everything else here is what the person selected, and which call of the
// engine goes on. Update does no I/O: it returns commands.
type model struct {
	*scene
	opts Options
	work *work
	keys keyMap

	width, height int
	footHeight    int // lines of the last frame's foot
	screen        screen
	plan          planScreen
	preflight     preflightScreen
	confirm       confirmScreen
	tree          releaseScreen
	log           logScreen
	proof         proofScreen
	summary       summaryScreen
	dialog        *dialog

	help       bool // the help overlay is open
	planOpen   bool // the plan is shown over the screen
	helpAt     scroller
	planAt     scroller
	shown      bool // the plan is shown before its checks
	budget     bool // the bottom shows the budget
	summaryOff bool // the tree is shown though the release is over
	notice     string
	guards     int // how many guards there were

	busy     bool           // a call of the engine goes on that keys wait for
	watching bool           // Release or Attach goes on
	released bool           // Release was called in this session
	err      error          // what the last Release or Attach said
	fatal    error          // what makes the console pointless
	prepared *release.Plan  // the plan that the engine made last
	given    release.Given  // what is said about its checks
	reruns   map[int64]int  // the attempts of runs that were sent to run again
	attached bool           // watching what this session did not start
	tick     func() tea.Cmd // asks for the time again
}

func newModel(opts Options, t theme, w *work) *model {
	s := &scene{theme: t, state: new(release.State), now: w.engine.Now()}
	m := &model{scene: s, opts: opts, work: w, keys: newKeyMap(), tick: w.tick, reruns: map[int64]int{}}
	m.given = opts.Given
	m.plan = planScreen{scene: s, input: newInput(64)}
	m.preflight = preflightScreen{scene: s}
	m.confirm = confirmScreen{scene: s, input: newInput(128), resume: opts.Resume}
	m.tree = releaseScreen{scene: s, folds: map[string]bool{}}
	m.log = logScreen{scene: s, input: newInput(128), hit: -1}
	m.proof = proofScreen{scene: s}
	m.summary = summaryScreen{scene: s}
	return m
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	if m.opts.Attach || m.opts.Resume {
		m.screen, m.busy = onRelease, true
		return tea.Batch(m.tick(), m.work.inFlight(m.opts.Repo, m.opts.Want.Version))
	}
	return tea.Batch(m.tick(), m.survey())
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		return m, m.key(msg)
	case tickMsg:
		// What was running when the watch ended is not known to run any longer.
		if t := time.Time(msg); t.After(m.now) && m.finished() == nil {
			m.now = t
		}
		return m, m.tick()
	case guardMsg:
		m.confirm.guard.open(msg)
		if m.dialog != nil {
			m.dialog.guard.open(msg)
		}
	case eventsMsg:
		m.apply(msg)
	default:
		return m, m.answer(msg)
	}
	return m, nil
}

// answer takes what a call of the engine gave.
func (m *model) answer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case surveyedMsg:
		return m.surveyed(msg)
	case plannedMsg:
		return m.planned(msg)
	case inFlightMsg:
		return m.rejoined(msg)
	case checkedMsg:
		m.busy = false
		if msg.err != nil {
			return m.fail(msg.err)
		}
		m.confirm.calls, m.confirm.begun, m.confirm.onward = msg.calls, msg.begun, msg.onward
		m.preflight.settle()
	case releasedMsg:
		m.watching, m.err, m.summary.err = false, msg.err, msg.err
		clear(m.reruns)
		if m.opts.Record != nil {
			m.summary.record = m.opts.Record()
		}
	case actedMsg:
		m.notice = msg.done
		if msg.err != nil {
			m.notice = failed(msg.err)
		}
	case reranMsg:
		return m.reran(msg)
	case openedMsg:
		if msg.err != nil {
			m.notice = failed(msg.err)
		}
	}
	return nil
}

// failed is an error and its hint in one line.
func failed(err error) string {
	s := glyphFail + " " + safe(err.Error())
	if h := release.HintOf(err); h != "" {
		s += "; " + safe(h)
	}
	return s
}

// fail ends the console: it can do nothing without what failed.
func (m *model) fail(err error) tea.Cmd {
	m.fatal = err
	return tea.Quit
}

// key acts on a key. What it may do, the acts of the place say; what is no key
// there is text, where text is taken.
func (m *model) key(k tea.KeyMsg) tea.Cmd {
	m.notice = ""
	switch {
	case key.Matches(k, m.keys.Interrupt):
		return m.leave()
	case m.tooSmall() && (m.dialog == nil || !m.dialog.leaving):
		if key.Matches(k, m.keys.Leave) {
			return m.leave()
		}
		return nil // nothing is acted on that can not be seen
	case m.guarded():
		return nil
	}
	for _, a := range m.acts() {
		if key.Matches(k, a.Binding) {
			return a.do(k)
		}
	}
	if !m.typed(k) {
		m.notice = m.whyNot(k)
	}
	return nil
}

// guarded holds while a question that has just been asked takes no answer.
func (m *model) guarded() bool {
	if m.dialog != nil {
		return m.dialog.guard.closed()
	}
	return m.screen == onConfirm && m.confirm.guard.closed()
}

// typed gives a key to the text that is being typed, if there is one.
func (m *model) typed(k tea.KeyMsg) bool {
	switch {
	case m.dialog != nil:
		if m.dialog.commenting {
			m.dialog.comment, _ = m.dialog.comment.Update(k)
		}
		return m.dialog.commenting
	case m.help || !m.typing():
		return false
	case m.log.open:
		m.log.input, _ = m.log.input.Update(k)
	case m.screen == onConfirm:
		m.confirm.typed(k)
	default:
		m.plan.typed(k)
	}
	return true
}

// typing holds while letters are text, not keys.
func (m *model) typing() bool {
	if m.log.open {
		return m.log.searching
	}
	return m.screen == onConfirm || m.screen == onPlan && m.plan.typing && !m.busy && !m.shown
}

// nextGuard is a number that no guard had before.
func (m *model) nextGuard() int {
	m.guards++
	return m.guards
}

// over holds when the engine has said how it ended and nothing goes on.
func (m *model) over() bool {
	if m.watching {
		return false
	}
	return m.finished() != nil || m.err != nil
}

func (m *model) showsSummary() bool { return m.screen == onRelease && m.over() && !m.summaryOff }
