package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// confirmScreen shows the calls that will be sent, and takes the tag, typed
// exactly, as the maintainer's key. Where a release is gone on with and nothing is
// left to send, there is no key to turn: enter watches it.
type confirmScreen struct {
	*scene
	calls  []release.Call
	resume bool            // a release that was begun is gone on with
	begun  []release.Begun // its stages that were started before
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
func (s *confirmScreen) onlyWatches() bool { return s.resume && len(s.calls) == 0 }

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
	t, p := s.theme, s.state.Plan
	what := "Release "
	if s.resume {
		what = "Go on with "
	}
	name := what + safe(p.Project+" "+p.Version)
	out := wrapText(name+" from "+safe(p.Line)+" @ "+brief(p.SHA), width)
	if rest, ok := strings.CutPrefix(out[0], name); ok {
		out[0] = t.strong.Render(name) + rest
	}
	if s.resume {
		out = append(append(out, s.startedBefore(width)...), "")
	}
	if s.onlyWatches() {
		left := "Every stage was started. Nothing is left to send."
		if !slices.ContainsFunc(p.Stages, func(st release.Stage) bool { return !s.isPublished(st.Name) }) {
			left = "All of it is published. Nothing is left to send."
		}
		return append(out, t.dim.Render(clip(left, width)))
	}
	sent := fmt.Sprintf("These %d calls are sent, and no others:", len(s.calls))
	if len(s.calls) == 1 {
		sent = "This call is sent, and no other:"
	}
	out = append(out, t.dim.Render(clip(sent, width)))
	stage := ""
	for _, c := range s.calls {
		if c.Stage != stage {
			stage = c.Stage
			out = append(out, s.stageHead(c, width)...)
		}
		out = append(out, s.call(c, width)...)
	}
	toStart := s.toStart()
	out = append(out, "", t.dim.Render("What can not be undone:"))
	for _, l := range irreversible(toStart) {
		out = append(out, hang("  "+t.warn.Render(glyphWarn)+" ", l, width)...)
	}
	out = append(out, "", t.dim.Render("Published, once CI has built it:"))
	for _, st := range toStart {
		for _, a := range st.Artifacts {
			out = append(out, hang("  ", safe(a.String()), width)...)
		}
	}
	return out
}

// toStart are the stages that the calls start.
func (s *confirmScreen) toStart() []release.Stage {
	var out []release.Stage
	for _, st := range s.state.Plan.Stages {
		if slices.ContainsFunc(s.calls, func(c release.Call) bool { return c.Stage == st.Name }) {
			out = append(out, st)
		}
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
		if !b.Claim.By.IsZero() {
			head += "  by " + b.Claim.By.String()
		}
		if !b.Claim.At.IsZero() && width >= narrow {
			head += b.Claim.At.UTC().Format(" on 2006-01-02 15:04 UTC")
		}
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
	out := hang(name, callsBelow(c)+"…", width)
	for _, l := range hang("     ", strings.TrimSpace(after), width) {
		out = append(out, s.theme.dim.Render(l))
	}
	return out
}

// after says what a stage is started after. What was started before and is all
// published holds nothing up any more, unless a run of it has failed.
func (s *confirmScreen) after(stage string) string {
	st, _ := s.state.Plan.Stage(stage)
	var open []string
	for _, need := range st.Needs {
		if !s.isPublished(need) {
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

// isPublished tells whether a stage was started before and all of it is published.
func (s *confirmScreen) isPublished(stage string) bool {
	i := slices.IndexFunc(s.begun, func(b release.Begun) bool { return b.Stage == stage })
	return i >= 0 && !slices.ContainsFunc(s.begun[i].Artifacts, func(a release.ArtifactState) bool { return a.Published == nil })
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

// irreversible says what no later call takes back, for what stages publish.
func irreversible(stages []release.Stage) []string {
	has := map[release.ArtifactKind]bool{}
	mutable := false
	for _, st := range stages {
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
