package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
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
	answers    bool // it can be turned into a rejection, and takes a comment
	reject     bool
	comment    textinput.Model
	commenting bool
}

// Render draws the dialog over the middle of the screen below it.
func (d *dialog) Render(t theme, below []string, width, height int) string {
	w := min(width-2, 72)
	var lines []string
	for _, l := range d.lines {
		lines = append(lines, wrapText(l, w-4)...)
	}
	title, yes := d.title, d.yesIs
	if d.reject {
		title, yes = strings.Replace(title, "Approve", "Reject", 1), "reject"
	}
	if d.answers {
		comment := t.dim.Render("none")
		if d.commenting || d.comment.Value() != "" {
			comment = typed(d.comment)
		}
		lines = append(lines, "", "Comment: "+comment)
	}
	lines = append(lines, "", d.answersLine(t, yes))
	h := min(len(lines)+2, height)
	if over := len(lines) - (h - 2); over > 0 { // the answers stay
		lines = append(lines[:len(lines)-1-over:len(lines)-1-over], lines[len(lines)-1])
	}
	box := t.box(t.strong.Render(title), "", lines, w, h)
	return strings.Join(overlay(below, box, (width-w)/2, (height-h)/2, width), "\n")
}

func (d *dialog) answersLine(t theme, yes string) string {
	if d.commenting {
		return t.strong.Render("enter") + t.dim.Render(" done with the comment")
	}
	parts := []string{t.strong.Render("y") + " " + yes, t.strong.Render("n") + " not now"}
	if d.answers {
		other := "reject instead"
		if d.reject {
			other = "approve instead"
		}
		parts = append(parts, t.strong.Render("c")+" comment", t.strong.Render("x")+" "+other)
	}
	return strings.Join(parts, t.dim.Render(" "+glyphDot+" "))
}

// ask opens a dialog.
func (m *model) ask(d *dialog) tea.Cmd {
	m.dialog = d
	return d.guard.close(m.nextGuard())
}

// keysDialog acts on a key while a dialog is open. Only y says yes; enter does
// not, for it is the key that people press without reading.
func (m *model) keysDialog(k tea.KeyMsg) tea.Cmd {
	d := m.dialog
	switch {
	case d.guard.closed():
	case d.commenting && key.Matches(k, m.keys.Next, m.keys.Back):
		d.commenting = false
		d.comment.Blur()
	case d.commenting:
		d.comment, _ = d.comment.Update(k)
	case key.Matches(k, m.keys.Yes):
		m.dialog = nil
		return d.yes(d)
	case key.Matches(k, m.keys.No):
		m.dialog = nil
	case d.answers && key.Matches(k, m.keys.Comment):
		d.commenting = true
		d.comment.Focus()
	case d.answers && key.Matches(k, m.keys.Reject):
		d.reject = !d.reject
	}
	return nil
}

// askApprove asks whether to answer a gate.
func (m *model) askApprove() tea.Cmd {
	r, ok := m.tree.gate()
	switch {
	case !ok:
		m.notice = "Nothing waits for an approval."
		return nil
	case !r.gate.CanApprove:
		m.notice = fmt.Sprintf("You may not approve %s; it waits for %s.", r.gate.Environment, who(r.gate.Reviewers))
		return nil
	}
	gate, stage, run := *r.gate, r.stage, r.run.Run
	call := release.Call{Kind: release.CallReview, Repo: m.repoOf(stage), RunID: run.ID}
	d := &dialog{
		title: fmt.Sprintf("Approve %s?", gate.Environment), yesIs: "approve", answers: true, comment: newInput(200),
		lines: []string{
			fmt.Sprintf("%s #%d of stage %s waits for %s.", safe(run.Workflow), run.Number, safe(stage), gate.Environment),
			"May approve: " + who(gate.Reviewers),
			"Sends: " + safe(call.Request()),
		},
	}
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

// askRerun asks whether to run failed jobs again.
func (m *model) askRerun() tea.Cmd {
	r, ok := m.tree.failedRun()
	if !ok {
		m.notice = "No run has failed and ended; there is nothing to re-run."
		return nil
	}
	stage, run := r.stage, r.run.Run
	call := release.Call{Kind: release.CallRerunFailed, Repo: m.repoOf(stage), RunID: run.ID}
	return m.ask(&dialog{
		title: "Re-run the failed jobs?", yesIs: "re-run",
		lines: []string{
			fmt.Sprintf("The failed jobs of %s #%d, stage %s, run again on GitHub.", safe(run.Workflow), run.Number, safe(stage)),
			"What they published before they failed is still published.",
			"Sends: " + safe(call.Request()),
		},
		yes: func(*dialog) tea.Cmd { return m.rerun(stage, run.ID) },
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
