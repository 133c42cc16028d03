package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
)

// The width of a dialog, and the least that has to be left beside it: with less it
// has the whole width.
const (
	dialogWidth  = 72
	dialogMargin = 8
)

// guardTime is how long a dialog takes no keys after it opened: what was typed
// for the screen below it must not answer it.
const guardTime = 300 * time.Millisecond

// guard holds keys off until a message says that the time is over.
type guard struct{ id int }

// guardMsg ends the guard with its number.
type guardMsg int

// close holds keys off from now on; id is new each time.
func (g *guard) close(id int) tea.Cmd {
	g.id = id
	return tea.Tick(guardTime, func(time.Time) tea.Msg { return guardMsg(id) })
}

// open lets keys through if it is still the same guard.
func (g *guard) open(id guardMsg) {
	if g.id == int(id) {
		g.id = 0
	}
}

func (g guard) closed() bool { return g.id != 0 }

// dialog asks one question over the screen below it.
type dialog struct {
	title string
	lines []string
	yes   func(*dialog) tea.Cmd
	yesIs string // what y does, in a word
	guard guard
	// leaving marks the question that ctrl+c answers, too.
	leaving bool
	// Of an approval:
	own        bool // the run is the person's own: approving it is no second key
	answers    bool // it can be turned into a rejection, and takes a comment
	reject     bool
	comment    textinput.Model
	commenting bool
	// reason holds for a question that is answered with yes only when the comment says
	// why.
	reason bool
}

// Render draws the dialog over the middle of the screen below it.
//
// What is below shows above and below the dialog only: pieces of it at the sides
// would be cut words.
func (d *dialog) Render(t theme, acts []act, below []string, width, height int) string {
	w := min(width, dialogWidth)
	if w > width-dialogMargin {
		w = width
	}
	var lines []string
	for _, l := range d.lines {
		lines = append(lines, wrapText(l, w-4)...)
	}
	title := d.title
	switch {
	case d.reject:
		title = strings.Replace(title, "Approve", "Reject", 1)
		lines = append(lines, wrapText("A rejection fails the run.", w-4)...)
	case d.own:
		lines = append(lines, wrapText("You started this run: your own approval is no second key.", w-4)...)
	}
	if d.answers || d.reason {
		label, comment := "Comment: ", t.dim.Render("none")
		if d.reason {
			label = "Reason: "
		}
		if d.commenting || d.comment.Value() != "" {
			comment = typed(d.comment)
		}
		lines = append(append(lines, ""), hang(label, comment, w-4)...)
	}
	answers := append([]string{""}, t.flow(acts, w-4)...)
	room := max(height-2-len(answers), 0)
	if len(lines) > room { // what is said matters more than the space around it
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	}
	lines = append(lines[:min(len(lines), room)], answers...) // the answers stay
	box := t.box(t.strong.Render(title), "", lines, w, len(lines)+2)
	return strings.Join(over(below, box, (width-w)/2, height), "\n")
}

// ask opens a dialog.
func (m *model) ask(d *dialog) tea.Cmd {
	m.dialog = d
	return d.guard.close(m.nextGuard())
}

// dialogActs are the answers to a dialog. Only y says yes; enter does not, for it is
// the key that people press without reading.
func (m *model) dialogActs(d *dialog) []act {
	k := m.keys
	if d.commenting {
		done := key.NewBinding(key.WithKeys("enter", "esc"), key.WithHelp("enter", "done with the comment"))
		if d.reason {
			done = as(done, "done with the reason")
		}
		stop := func() { d.commenting = false; d.comment.Blur() }
		if d.reason { // without one there is nothing to answer
			done.SetKeys("enter")
			return []act{sets(done, stop), sets(as(k.Back, "not now"), func() { m.dialog = nil })}
		}
		return []act{sets(done, stop)}
	}
	yes, other := d.yesIs, "reject instead"
	if d.reject {
		yes, other = "reject", "approve instead"
	}
	var out []act
	if !d.reason || strings.TrimSpace(d.comment.Value()) != "" {
		out = append(out, does(as(k.Yes, yes), func() tea.Cmd { m.dialog = nil; return d.yes(d) }))
	}
	out = append(out, sets(as(k.No, "not now"), func() { m.dialog = nil }))
	if d.reason {
		out = append(out, sets(as(k.Comment, "write the reason"), func() { d.commenting = true; d.comment.Focus() }))
	}
	if d.answers {
		out = append(out, sets(k.Comment, func() { d.commenting = true; d.comment.Focus() }),
			sets(as(k.Reject, other), func() { d.reject = !d.reject }))
	}
	return out
}

// whyNoApproval says why there is nothing to approve.
func (m *model) whyNoApproval() string {
	r, ok := m.tree.gate(m.tree.selected())
	if !ok {
		return "Nothing waits for an approval."
	}
	return fmt.Sprintf("You may not approve %s; it waits for %s.", r.gate.Environment, m.mayApprove(*r.gate, r.run.Run))
}

// askApprove asks whether to answer a gate.
func (m *model) askApprove() tea.Cmd {
	r, _ := m.tree.gate(m.tree.selected())
	gate, stage, run := *r.gate, r.stage, r.run.Run
	call := release.Call{Kind: release.CallReview, Repo: m.repoOf(stage), RunID: run.ID}
	d := &dialog{
		title: fmt.Sprintf("Approve %s?", gate.Environment), yesIs: "approve", answers: true, comment: newInput(200),
		lines: []string{
			fmt.Sprintf("%s #%d of stage %s waits for %s.", safe(run.Workflow), run.Number, safe(stage), gate.Environment),
			"Reviewers: " + m.mayApprove(gate, run),
			"Sends: " + safe(call.Request()),
		},
	}
	d.own = m.isViewer(run.Actor)
	d.comment.Blur()
	d.yes = func(d *dialog) tea.Cmd {
		state := "approved"
		if d.reject {
			state = "rejected"
		}
		return m.work.review(stage, run.ID, gate, state, strings.TrimSpace(d.comment.Value()))
	}
	return m.ask(d)
}

// whyNoRerun says why there is nothing to re-run.
func (m *model) whyNoRerun() string {
	r, ok := m.tree.failedRun(m.tree.selected())
	if !ok {
		return "No run has failed and ended; there is nothing to re-run."
	}
	return fmt.Sprintf("%s #%d is being re-run.", safe(r.run.Run.Workflow), r.run.Run.Number)
}

// askRerun asks whether to run failed jobs again.
func (m *model) askRerun() tea.Cmd {
	r, _ := m.tree.failedRun(m.tree.selected())
	stage, run := r.stage, r.run.Run
	call := release.Call{Kind: release.CallRerunFailed, Repo: m.repoOf(stage), RunID: run.ID}
	return m.ask(&dialog{
		title: "Re-run the failed jobs?", yesIs: "re-run",
		lines: []string{
			fmt.Sprintf("The failed jobs of %s #%d, stage %s, run again on GitHub.", safe(run.Workflow), run.Number, safe(stage)),
			"What they published before they failed is still published.",
			"Sends: " + safe(call.Request()),
		},
		yes: func(*dialog) tea.Cmd { return m.rerun(stage, run) },
	})
}

// askLeave says what leaving means while a release goes on.
func (m *model) askLeave() tea.Cmd {
	d := &dialog{title: "Leave the release?", yesIs: "leave", leaving: true,
		yes: func(*dialog) tea.Cmd { return tea.Quit }}
	names, n := m.neverStarted()
	attach := "  " + m.command("attach")
	switch {
	case m.state.Opened.Ends:
		d.title = "Leave the rehearsal?"
		d.lines = []string{
			"It ends with this program: there is nothing to come back to, and nothing real was touched.",
			"To leave one and come back, serve it:",
			"  twokey rehearse --listen unix:PATH",
		}
	case n > 0:
		d.lines = []string{
			"What CI has begun goes on at GitHub. Watch it again:", attach,
			fmt.Sprintf("%s %s not started yet, and CI does not do that by itself. Go on with it later:", names, are(n)),
			"  " + m.command("release", "--resume"),
		}
	default:
		d.lines = []string{"Every stage is started, and goes on at GitHub. Watch it again:", attach}
	}
	return m.ask(d)
}

// repoOf is the repository of a stage.
func (m *model) repoOf(stage string) release.Repo {
	st, _ := m.scene.state.Plan.Stage(stage)
	return st.Repo
}

func splitLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
