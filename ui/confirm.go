package ui

import (
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"twokey/release"
	"twokey/ui/plain"
)

// confirmScreen shows the calls that will be sent, and takes the tag, typed
// exactly, as the maintainer's key. Where a release is gone on with and nothing is
// left to send, there is no key to turn: enter watches it.
type confirmScreen struct {
	*scene
	calls  []release.Call
	resume bool            // a release that was begun is gone on with
	begun  []release.Begun // its stages that were started before
	onward string          // how to go on with one that was begun, and is begun again
	input  textinput.Model
	wrong  bool // what was entered is not the tag
	scroll scroller
	guard  guard
}

// right tells whether the tag stands there, exactly, or nothing has to.
func (s *confirmScreen) right() bool {
	return s.onlyWatches() || s.tag() != "" && s.input.Value() == s.tag()
}

// onlyWatches holds when no call is left to send.
func (s *confirmScreen) onlyWatches() bool { return s.asked().OnlyWatches() }

// asked is what the person says yes to.
func (s *confirmScreen) asked() plain.Question {
	q := plain.Question{Plan: s.state.Plan, Calls: s.calls, Resume: s.resume, Begun: s.begun}
	for _, c := range s.state.Checks {
		if c.Finding != nil {
			q.Findings = append(q.Findings, *c.Finding)
		}
	}
	return q
}

// enterIs is what enter does, in a word or two.
func (s *confirmScreen) enterIs() string {
	switch {
	case s.onlyWatches():
		return "watch"
	case s.resume:
		return "go on"
	}
	return "release"
}

// Render draws the calls, what they publish, and the question at the bottom,
// which never scrolls away.
func (s *confirmScreen) Render(width, height int) string {
	t := s.theme
	ask := []string{"", s.question(width)}
	switch {
	case s.wrong:
		ask = append(ask, hang(t.warn.Render(glyphWarn)+" ", "That is not the tag. Type "+s.tag()+" exactly, or esc to go back.", width)...)
	case s.resume:
		ask = append(ask, t.dim.Render(clip("This session has sent nothing so far.", width)))
	default:
		ask = append(ask, t.dim.Render(clip("Nothing has been sent so far.", width)))
	}
	lines := s.body(width)
	shown := s.scroll.show(t, lines, max(height-len(ask), 0))
	return strings.Join(fit(append(shown, ask...), width, height), "\n")
}

func (s *confirmScreen) question(width int) string {
	label := "Type the tag to release it: "
	switch {
	case s.onlyWatches():
		return clip(s.theme.strong.Render("Press enter to watch it to its end."), width)
	case width < narrow:
		label = "Type the tag: "
	case s.resume:
		label = "Type the tag to go on with it: "
	}
	hint := ""
	if s.input.Value() == "" {
		hint = s.theme.dim.Render(s.tag())
	}
	return clip(s.theme.strong.Render(label)+typed(s.input)+hint, width)
}

func (s *confirmScreen) body(width int) []string {
	t, q := s.theme, s.asked()
	name := q.Name()
	out := wrapText(name+" "+q.From(), width)
	if rest, ok := strings.CutPrefix(out[0], name); ok {
		out[0] = t.strong.Render(name) + rest
	}
	for _, l := range q.Doubts() {
		out = append(out, hang(t.warn.Render(glyphWarn)+" ", l, width)...)
	}
	if s.resume {
		out = append(append(out, s.startedBefore(width)...), "")
	}
	for _, l := range wrapText(q.Sends(), width) {
		out = append(out, t.dim.Render(l))
	}
	if q.OnlyWatches() {
		return out
	}
	stage := ""
	for _, c := range s.calls {
		if c.Stage != stage {
			stage = c.Stage
			out = append(out, s.stageHead(c, width)...)
		}
		out = append(out, s.call(c, width)...)
	}
	out = append(out, "", t.dim.Render("What can not be undone:"))
	for _, l := range q.Irreversible() {
		out = append(out, hang("  "+t.warn.Render(glyphWarn)+" ", l, width)...)
	}
	head, artifacts := q.Publishes()
	out = append(out, "")
	for _, l := range wrapText(head, width) {
		out = append(out, t.dim.Render(l))
	}
	for _, a := range artifacts {
		out = append(out, hang("  ", a, width)...)
	}
	return out
}

// startedBefore says who started what and when, and what of it is published.
func (s *confirmScreen) startedBefore(width int) []string {
	t := s.theme
	out := []string{t.dim.Render("Started before:")}
	for _, b := range s.begun {
		st, _ := s.state.Plan.Stage(b.Stage)
		head := "  " + t.strong.Render(safe(b.Stage))
		if width >= narrow {
			head += "  " + t.dim.Render(st.Repo.String())
		}
		head += "  " + plain.StartedBy(b.Claim, width >= narrow)
		out = append(out, clip(head, width))
		for _, a := range b.Artifacts {
			m := t.artifact(a)
			if m.glyph == glyphFail { // its runs may go on
				m.glyph, m.style = glyphQueued, t.dim
			}
			out = append(out, hang("    "+m.style.Render(pad(m.glyph+" "+m.word, artifactWord))+" ", safe(a.Artifact.String()), width)...)
		}
	}
	return out
}

// callsBelow is what the requests of a repository have in common. It stands once,
// above them.
func callsBelow(c release.Call) string { return "POST /repos/" + c.Repo.String() + "/" }

func (s *confirmScreen) stageHead(c release.Call, width int) []string {
	name, after := "  "+s.theme.strong.Render(safe(c.Stage))+"  ", s.after(c.Stage)
	if one := name + callsBelow(c) + "…" + s.theme.dim.Render(after); ansi.StringWidth(one) <= width {
		return []string{one}
	}
	return append([]string{clip(name+s.theme.dim.Render(strings.TrimSpace(after)), width)}, hang("    ", callsBelow(c)+"…", width)...)
}

// after says what a stage is started after. What was started before and is all
// published holds nothing up any more, unless a run of it has failed.
func (s *confirmScreen) after(stage string) string {
	st, _ := s.state.Plan.Stage(stage)
	var open []string
	for _, need := range st.Needs {
		if !s.asked().Published(need) {
			open = append(open, safe(need))
		}
	}
	switch {
	case len(open) == 0 && s.resume:
		return "  now"
	case len(open) == 0:
		return ""
	}
	return "  once " + listed(open) + " " + are(len(open)) + " done"
}

// call is one call: the rest of its request, and beside or below it what it does.
func (s *confirmScreen) call(c release.Call, width int) []string {
	req, what := safe(c.Request()), s.theme.dim.Render(c.What().String())
	if rest, ok := strings.CutPrefix(req, callsBelow(c)); ok {
		req = "…/" + rest
	}
	if width < narrow || ansi.StringWidth(req) > 24 && width < wide {
		out := hang("    ", req, width)
		for _, l := range hang("      ", c.What().String(), width) {
			out = append(out, s.theme.dim.Render(l))
		}
		return out
	}
	return []string{clip("    "+pad(req, max(13, min(ansi.StringWidth(req), width/2)))+"  "+what, width)}
}

// typed is the text of an input and its cursor, which is drawn as a glyph: reverse
// video is not there in every terminal.
func typed(in textinput.Model) string {
	r := []rune(in.Value())
	at := min(in.Position(), len(r))
	cursor := ""
	if in.Focused() {
		cursor = glyphCursor
	}
	return safe(string(r[:at])) + cursor + safe(string(r[at:]))
}

// newInput makes an input that does not blink: nothing moves that does not matter.
func newInput(limit int) textinput.Model {
	in := textinput.New()
	in.CharLimit = limit
	in.Prompt = ""
	in.Focus()
	return in
}

// openConfirm shows what will be sent. Keys that were typed ahead do not count.
func (m *model) openConfirm() tea.Cmd {
	m.screen = onConfirm
	m.confirm.input.SetValue("")
	m.confirm.wrong, m.confirm.scroll = false, scroller{}
	return m.confirm.guard.close(m.nextGuard())
}

// typed takes a key of the tag.
func (s *confirmScreen) typed(k tea.KeyMsg) {
	if !s.onlyWatches() {
		s.wrong = false
		s.input, _ = s.input.Update(k)
	}
}

// confirmed releases when the tag stands there, and says so when it does not.
func (m *model) confirmed() tea.Cmd {
	if !m.confirm.right() {
		m.confirm.wrong = true
		return nil
	}
	return m.release(m.confirm.resume)
}
