package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks/text"
	"twokey/checks/version"
	"twokey/release"
)

// planScreen is where the line and the version are chosen, and the plan is shown.
type planScreen struct {
	*scene
	survey  *release.Survey // nil while it is read
	reading string          // what is read now; empty when nothing is
	problem error           // why there is no plan for the last choice
	line    int             // which line is chosen
	bump    int             // which of versions() is chosen
	deep    bool            // the versions have the keys, not the lines
	typing  bool
	input   textinput.Model
}

// choice is a version that can be chosen; the last one is the typed one.
type choice struct {
	bump    version.Bump
	version string
	begun   *release.Unfinished // the release that is gone on with; nil: a new one
	running int                 // runs of the release that is watched; 0: none goes on
	failure text.Safe           // how the release failed that is looked at; empty: it did not
}

// surveyed takes the survey in and chooses the default.
func (s *planScreen) surveyed(sv release.Survey, want release.Want) {
	s.survey, s.reading, s.problem = &sv, "", nil
	name := want.Line
	if name == "" {
		name = sv.DefaultLine()
	}
	s.line = max(0, slices.IndexFunc(sv.Lines, func(l release.LineSurvey) bool { return l.Line == name }))
	s.bump, s.deep, s.typing = 0, len(sv.Lines) == 1, false
}

// choices are the versions of the chosen line: the release that runs now, that failed
// or that stopped half way first, and the typed one at the end. Of one that runs, watching
// comes before going on with it: whoever released it may still be there.
func (s *planScreen) choices() []choice {
	var out []choice
	if l, ok := s.chosen(); ok {
		if n := l.InFlight(); n > 0 || len(l.Failed) > 0 {
			out = append(out, choice{version: l.Last, running: n, failure: l.Failure()})
		}
		if u := l.Unfinished; u != nil {
			out = append(out, choice{version: u.Version, begun: u})
		}
		for _, b := range []version.Bump{version.Patch, version.Minor, version.Major, version.Pre} {
			if v := l.Suggested[b]; v != "" {
				out = append(out, choice{bump: b, version: v})
			}
		}
	}
	return append(out, choice{})
}

func (s *planScreen) chosen() (release.LineSurvey, bool) {
	if s.survey == nil || s.line >= len(s.survey.Lines) {
		return release.LineSurvey{}, false
	}
	return s.survey.Lines[s.line], true
}

// want is what the choice asks for; false while nothing is chosen.
func (s *planScreen) want() (release.Want, bool) {
	l, ok := s.chosen()
	if !ok {
		return release.Want{}, false
	}
	w := release.Want{Line: l.Line, Version: s.choices()[s.bump].version}
	if s.typing {
		w.Version = strings.TrimSpace(s.input.Value())
	}
	return w, w.Version != ""
}

// begun is the unfinished release that is chosen; nil when another version is.
func (s *planScreen) begun() *release.Unfinished {
	if _, ok := s.chosen(); !ok || s.typing {
		return nil
	}
	return s.choices()[s.bump].begun
}

// watched is the version of the release in flight, or that failed, that is chosen;
// empty when something else is.
func (s *planScreen) watched() string {
	if _, ok := s.chosen(); !ok || s.typing {
		return ""
	}
	if c := s.choices()[s.bump]; c.running > 0 || !c.failure.IsZero() {
		return c.version
	}
	return ""
}

// move goes up or down in what has the keys.
func (s *planScreen) move(by int) {
	if s.survey == nil || s.typing {
		return
	}
	if s.deep {
		s.bump = min(max(s.bump+by, 0), len(s.choices())-1)
		return
	}
	s.line = min(max(s.line+by, 0), max(len(s.survey.Lines)-1, 0))
	s.bump = 0
}

// next goes one step deeper; true when a version is chosen.
func (s *planScreen) next() bool {
	switch {
	case s.survey == nil || len(s.survey.Lines) == 0:
		return false
	case !s.deep:
		s.deep = true
		return false
	case !s.typing && s.bump == len(s.choices())-1:
		s.typing = true
		s.input.SetValue("")
		return false
	}
	_, ok := s.want()
	return ok
}

// back undoes one step, if there is one.
func (s *planScreen) back() {
	s.problem = nil
	switch {
	case s.typing:
		s.typing = false
	case s.deep && s.survey != nil && len(s.survey.Lines) > 1:
		s.deep = false
	}
}

// Render draws the choice, or what is being read for it.
func (s *planScreen) Render(width, height int) string {
	var out []string
	switch {
	case s.reading != "":
		out = append(out, s.theme.active.Render(glyphRunning+" reading")+"  "+safe(s.reading))
	case s.survey == nil:
	case len(s.survey.Lines) == 0:
		out = append(out, s.theme.warn.Render(glyphWarn+" no release line")+"  in "+s.survey.Repo.String())
		out = append(out, wrapText("A release line is a branch that releases are made from; twokey.yml names them.", width)...)
	default:
		out = s.choice(width)
	}
	if s.problem != nil {
		out = append(append(out, ""), s.trouble(s.problem, width)...)
	}
	return strings.Join(fit(out, width, height), "\n")
}

func (s *planScreen) choice(width int) []string {
	t := s.theme
	source := "plan: " + safe(s.survey.Source)
	out := []string{spread(t.strong.Render("Release from"), t.dim.Render(source), width)}
	out = append(out, s.lines(width)...)
	if n := s.survey.Older; n > 0 {
		out = append(out, t.dim.Render("  and "+plural(n, "older line")))
	}
	l, _ := s.chosen()
	out = append(out, "", t.strong.Render("Version")+t.dim.Render(" of "+safe(l.Line)))
	for i, c := range s.choices() {
		out = append(out, s.versionRow(i, c, width)...)
	}
	if len(s.survey.Notes) > 0 {
		out = append(out, "")
		for _, n := range s.survey.Notes {
			out = append(out, hang(t.dim.Render(glyphDot+" "), n.String(), width)...)
		}
	}
	return out
}

// versionRow is one version that can be chosen.
func (s *planScreen) versionRow(i int, c choice, width int) []string {
	label := func(name, v string) string {
		if s.deep && i == s.bump {
			return s.theme.strong.Render(glyphHere + " " + pad(name, 7) + v)
		}
		return "  " + pad(name, 7) + v
	}
	v := safe(c.version)
	switch {
	case c.running > 0:
		return []string{clip(label("attach", v+"  ")+s.theme.active.Render("in flight: watch it"), width)}
	case !c.failure.IsZero():
		return s.reasoned(label("attach", v+"  "), "failed: "+c.failure.String(), s.theme.fail, width)
	case c.begun != nil:
		return s.reasoned(label("resume", v+"  "), unfinished(*c.begun), s.theme.warn, width)
	case c.version != "":
		return []string{clip(label(string(c.bump), v), width)}
	case s.typing:
		return []string{clip(label("other", typed(s.input)), width)}
	}
	return []string{clip(label("other", s.theme.dim.Render("type a version")), width)}
}

// reasoned is a version with what is to be said of it, in a style.
func (s *planScreen) reasoned(label, words string, style paint, width int) []string {
	out := hang(label, words, width)
	for j, l := range out {
		rest := strings.TrimPrefix(l, label)
		out[j] = l[:len(l)-len(rest)] + style.Render(rest)
	}
	return out
}

// unfinished says what is left of a release, and who began it when.
func unfinished(u release.Unfinished) string {
	var names []string
	for _, st := range u.Stages {
		names = append(names, safe(st))
	}
	s := fmt.Sprintf("%s %s not started", listed(names), are(len(names)))
	if !u.By.IsZero() {
		s += "; begun by " + u.By.String()
	}
	if !u.At.IsZero() {
		s += u.At.UTC().Format(", 2006-01-02")
	}
	return s
}

// many holds when there is more than one thing to choose from.
func (s *planScreen) many() bool {
	if s.deep {
		return len(s.choices()) > 1
	}
	return len(s.survey.Lines) > 1
}

// canBack holds when there is a step, or a problem, to undo.
func (s *planScreen) canBack() bool {
	return s.problem != nil || s.typing || s.deep && len(s.survey.Lines) > 1
}

// nextIs is what enter does, in words.
func (s *planScreen) nextIs() string {
	switch {
	case !s.deep:
		return "choose"
	case s.bump == len(s.choices())-1:
		return "type a version"
	case s.watched() != "":
		return "watch it"
	case s.begun() != nil:
		return "go on with it"
	}
	return "plan it"
}

// typed takes a key of a version.
func (s *planScreen) typed(k tea.KeyMsg) {
	s.input, _ = s.input.Update(k)
	s.problem = nil
}

// nextChoice goes one step deeper, and makes the plan at the last one.
func (m *model) nextChoice() tea.Cmd {
	if v := m.plan.watched(); m.plan.deep && v != "" {
		return m.join(v)
	}
	if u := m.plan.begun(); m.plan.deep && u != nil {
		return m.resume(u.Version)
	}
	if !m.plan.next() {
		return nil
	}
	w, _ := m.plan.want()
	w.SHA = m.opts.Want.SHA
	return m.makePlan(w)
}

// trouble is an error and its next step.
func (s *scene) trouble(err error, width int) []string {
	out := hang(s.theme.fail.Render(glyphFail+" failed "), safe(err.Error()), width)
	if h := release.HintOf(err); h != "" {
		out = append(out, hang(s.theme.dim.Render("  next   "), safe(h), width)...)
	}
	return out
}
