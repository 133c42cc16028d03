package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// confirmScreen shows the calls that will be sent, and takes the tag, typed
// exactly, as the maintainer's key.
type confirmScreen struct {
	*scene
	calls  []release.Call
	input  textinput.Model
	wrong  bool // what was entered is not the tag
	scroll int
	guard  guard
}

// right tells whether the tag stands there, exactly.
func (s *confirmScreen) right() bool {
	return s.tag() != "" && s.input.Value() == s.tag()
}

// Render draws the calls, what they publish, and the question at the bottom,
// which never scrolls away.
func (s *confirmScreen) Render(width, height int) string {
	t := s.theme
	ask := []string{"", s.question(width)}
	if s.wrong {
		ask = append(ask, t.warn.Render(clip(glyphWarn+" That is not the tag. Type "+s.tag()+" exactly, or esc to go back.", width)))
	} else {
		ask = append(ask, t.dim.Render(clip("Nothing has been sent so far.", width)))
	}
	lines := s.body(width)
	room := max(height-len(ask), 0)
	s.scroll = min(s.scroll, max(0, len(lines)-room))
	shown := fit(lines[s.scroll:], width, min(room, len(lines)))
	if hidden := len(lines) - s.scroll - len(shown); hidden > 0 && len(shown) > 0 {
		shown[len(shown)-1] = t.dim.Render(fmt.Sprintf("  … %s below: ↓", plural(hidden+1, "line")))
	}
	return strings.Join(fit(append(shown, ask...), width, height), "\n")
}

func (s *confirmScreen) question(width int) string {
	label := "Type the tag to release it: "
	if width < narrow {
		label = "Type the tag: "
	}
	hint := ""
	if s.input.Value() == "" {
		hint = s.theme.dim.Render(s.tag())
	}
	return clip(s.theme.strong.Render(label)+typed(s.input)+hint, width)
}

func (s *confirmScreen) body(width int) []string {
	t, p := s.theme, s.state.Plan
	out := []string{clip(t.strong.Render("Release "+safe(p.Project+" "+p.Version))+
		" from "+safe(p.Line)+" @ "+brief(p.SHA), width)}
	out = append(out, t.dim.Render(clip(fmt.Sprintf("These %d calls are sent, and no others:", len(s.calls)), width)))
	stage := ""
	for _, c := range s.calls {
		if c.Stage != stage {
			stage = c.Stage
			out = append(out, s.stageHead(c, width))
		}
		out = append(out, s.call(c, width)...)
	}
	out = append(out, "", t.dim.Render("What can not be undone:"))
	for _, l := range irreversible(p) {
		out = append(out, hang("  "+t.warn.Render(glyphWarn)+" ", l, width)...)
	}
	out = append(out, "", t.dim.Render("Published, once CI has built it:"))
	for _, st := range p.Stages {
		for _, a := range st.Artifacts {
			out = append(out, clip("  "+safe(a.String()), width))
		}
	}
	return out
}

// callsBelow is what the requests of a repository have in common. It stands once,
// above them.
func callsBelow(c release.Call) string { return "POST /repos/" + c.Repo.String() + "/" }

func (s *confirmScreen) stageHead(c release.Call, width int) string {
	head := "  " + s.theme.strong.Render(safe(c.Stage)) + "  " + callsBelow(c) + "…"
	if st, ok := s.state.Plan.Stage(c.Stage); ok && len(st.Needs) > 0 {
		head += s.theme.dim.Render("  once " + safe(strings.Join(st.Needs, " and ")) + " is done")
	}
	return clip(head, width)
}

// call is one call: the rest of its request, and beside or below it what it does.
func (s *confirmScreen) call(c release.Call, width int) []string {
	req, what := safe(c.Request()), s.theme.dim.Render(c.What().String())
	if rest, ok := strings.CutPrefix(req, callsBelow(c)); ok {
		req = "…/" + rest
	}
	if width < narrow || ansi.StringWidth(req) > 24 && width < wide {
		return []string{clip("    "+req, width), clip("      "+what, width)}
	}
	return []string{clip("    "+pad(req, max(13, min(ansi.StringWidth(req), width/2)))+"  "+what, width)}
}

// irreversible says what no later call takes back, for what the plan publishes.
func irreversible(p release.Plan) []string {
	has := map[release.ArtifactKind]bool{}
	mutable := false
	for _, st := range p.Stages {
		for _, a := range st.Artifacts {
			has[a.Kind] = true
			mutable = mutable || a.Mutable
		}
	}
	out := []string{"A tag that was fetched stays where it was fetched; twokey never moves or deletes one."}
	if has[release.KindPyPI] {
		out = append(out, "A version on PyPI can be yanked, but never uploaded again.")
	}
	if mutable {
		out = append(out, "What has no version in its name replaces the earlier release there.")
	}
	return out
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
	m.confirm.wrong, m.confirm.scroll = false, 0
	return m.confirm.guard.close(m.nextGuard())
}

// keysConfirm acts on a key of the confirm screen.
func (m *model) keysConfirm(k tea.KeyMsg) tea.Cmd {
	s := &m.confirm
	switch {
	case s.guard.closed():
		return nil
	case key.Matches(k, m.keys.Back):
		m.screen = onPreflight
	case k.Type == tea.KeyUp:
		s.scroll = max(0, s.scroll-1)
	case k.Type == tea.KeyDown:
		s.scroll++
	case key.Matches(k, m.keys.Next) && s.right():
		return m.release(false)
	case key.Matches(k, m.keys.Next):
		s.wrong = true
	default:
		s.wrong = false
		s.input, _ = s.input.Update(k)
	}
	return nil
}
