package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/release"
	"twokey/ui/plain"
)

// summaryScreen shows how a release ended and what is published where.
type summaryScreen struct {
	*scene
	whole  bool   // addresses are not cut: the terminal wraps what it keeps
	err    error  // what the engine said, when that is more than the outcome
	record string // where the record is kept; empty when it is not known
	scroll scroller
}

// Render draws the outcome, the stages with their artifacts, and what to do next.
func (s *summaryScreen) Render(width, height int) string {
	foot := s.next(width)
	body := s.body(width)
	if len(foot) > height/2 { // what to do next comes before what is published
		n := len(s.headline(width))
		body, foot = slices.Concat(body[:n], foot, body[n:]), nil
	}
	body = s.scroll.show(s.theme, body, max(height-len(foot), 0))
	out := append(body, foot...)
	if room := height - len(out) - 1; room >= 4 {
		out = append(append(out, ""), s.trouble(width, room)...)
	}
	return strings.Join(fit(out, width, height), "\n")
}

func (s *summaryScreen) body(width int) []string {
	t := s.theme
	out := append(s.headline(width), "")
	open, settled := s.after(width)
	out = append(out, open...)
	for _, st := range s.state.Stages {
		m := t.stage(st.Status)
		if st.Status == release.StageWaiting {
			m.word = plain.NotStarted
		}
		head := m.style.Render(m.glyph) + " " + t.strong.Render(safe(st.Stage.Name))
		if width >= narrow {
			head += "  " + t.dim.Render(st.Stage.Repo.String())
		}
		out = append(out, spread(head+"  "+m.style.Render(m.word), t.dim.Render(since(st.Began, st.Ended, s.now)), width))
		out = append(append(out, s.why(st, width)...), s.unsettled(st, width)...)
		out = append(out, s.artifacts(st, width)...)
	}
	return append(out, settled...)
}

// artifacts are those of a stage. What was never started published nothing that
// anybody has to look for by its name.
func (s *summaryScreen) artifacts(st release.StageState, width int) []string {
	var out []string
	if n := len(st.Artifacts); st.Claim == nil && n > 1 && !lookedAt(st) {
		return append(out, clip(s.mark(release.ArtifactState{})+plural(n, "artifact"), width))
	}
	for _, a := range st.Artifacts {
		out = append(append(out, s.artifact(a, width)...), s.traces(st, a, width)...)
	}
	return out
}

// lookedAt tells whether anybody looked for an artifact of a stage, or tried to.
func lookedAt(st release.StageState) bool {
	return slices.ContainsFunc(st.Artifacts, func(a release.ArtifactState) bool { return a.Published != nil || !a.Missing.IsZero() })
}

// standing is how an artifact stands: at the end also whether it is what it should be.
func (s *scene) standing(a release.ArtifactState) mark {
	switch line := s.unproven(a); {
	case line == nil:
		return s.theme.artifact(a)
	case line.TakeBack == "":
		return mark{glyphUnknown, "unproven", s.theme.unknown}
	}
	return mark{glyphFail, "unproven", s.theme.fail}
}

// unproven is what the end says of an artifact that is published and unproven; nil for
// any other.
func (s *scene) unproven(a release.ArtifactState) *release.ArtifactLine {
	f := s.finished()
	if f == nil {
		return nil
	}
	for _, st := range f.Stages {
		for i, line := range st.Found {
			if line.Unproven && line.Artifact == a.Artifact.String() {
				return &st.Found[i]
			}
		}
	}
	return nil
}

// mark begins the line of an artifact.
func (s *scene) mark(a release.ArtifactState) string {
	m := s.standing(a)
	return "    " + m.style.Render(pad(m.glyph+" "+m.word, artifactWord)) + " "
}

// headline is the outcome in one line, or more where it does not fit.
func (s *summaryScreen) headline(width int) []string {
	took := s.theme.dim.Render(since(s.began(), s.ended(), s.now))
	outcome, what := s.outcome()
	if ansi.StringWidth(outcome+"  "+what+" "+took) <= width {
		return []string{spread(outcome+"  "+what, took, width)}
	}
	return append([]string{spread(outcome, took, width)}, wrapText(what, width)...)
}

// outcome is how it ended, and what there is to say of it.
func (s *summaryScreen) outcome() (outcome, what string) {
	t, f := s.theme, s.finished()
	what = s.tag()
	if f == nil {
		if s.state.Acting && !s.state.Opened.Ends {
			what += " may go on at GitHub"
		}
		return t.warn.Render(glyphWarn + " NOT WATCHED"), what
	}
	switch names, n := s.neverStarted(); {
	case f.Outcome == release.Done:
		what += " is released"
	case s.began().IsZero():
		what += "  nothing was started"
	case f.Outcome == release.Left && n > 0 && !f.Running && !s.state.Opened.Ends:
		what += "  " + names + " " + were(n) + " not started"
	default:
		what += "  " + s.published()
	}
	return s.ending(f).String(), what
}

// ending is how a release ended, in the words of every renderer.
func (s *scene) ending(f *release.Finished) mark {
	t := s.theme
	_, waiting := s.neverStarted()
	m := mark{glyphFail, plain.Ending(*f, s.state.Opened.Ends, waiting > 0), t.fail}
	switch {
	case f.Outcome == release.Done && f.Unsettled():
		m.glyph, m.style = glyphWarn, t.warn
	case f.Outcome == release.Done:
		m.glyph, m.style = glyphPass, t.pass
	case f.Outcome == release.Cancelled, f.Outcome == release.Left && s.state.Opened.Ends:
		m.glyph, m.style = glyphAside, t.warn
	case f.Outcome == release.Left && f.Running:
		m.glyph, m.style = glyphRunning, t.active
	case f.Outcome == release.Left:
		m.glyph, m.style = glyphWarn, t.warn
	}
	return m
}

// published counts the artifacts that are published, those of them that are unproven, and
// those that nobody looked at: these may be there or not.
func (s *scene) published() string {
	n, all, unproven, unseen, tried := 0, 0, 0, 0, false
	for _, st := range s.state.Stages {
		for _, a := range st.Artifacts {
			all++
			switch {
			case a.Published != nil:
				n++
			case !a.Looked():
				unseen++
				tried = tried || a.Unseen
			}
			if s.unproven(a) != nil {
				unproven++
			}
		}
	}
	switch {
	case all == 0:
		return ""
	case unseen == all && !tried:
		return plural(all, "artifact") + " not looked at yet"
	}
	out := fmt.Sprintf("%d of %s published", n, plural(all, "artifact"))
	if unproven > 0 {
		out += fmt.Sprintf(", %d unproven", unproven)
	}
	if unseen > 0 {
		out += fmt.Sprintf(", %d not looked at", unseen)
	}
	return out
}

// artifact says whether one artifact is there, and where.
func (s *summaryScreen) artifact(a release.ArtifactState, width int) []string {
	where := a.Missing.String()
	if a.Published != nil {
		where = a.Published.URL.String()
	}
	if where == a.Artifact.Name { // a URL says where it is by itself
		where = ""
	}
	line := s.mark(a) + safe(a.Artifact.String())
	if one := line + "  " + s.theme.dim.Render(where); where != "" && ansi.StringWidth(one) <= width {
		return []string{one}
	}
	indent := strings.Repeat(" ", artifactWord+5)
	if s.whole && width < narrow { // no column of words: what is whole is long enough
		m := s.standing(a)
		line, indent = "    "+m.String()+" "+safe(a.Artifact.String()), "      "
	}
	if s.whole {
		if where == "" {
			return []string{line}
		}
		return []string{line, indent + s.theme.dim.Render(where)}
	}
	out := []string{s.mark(a) + middle(safe(a.Artifact.String()), width-ansi.StringWidth(indent))}
	if width < narrow { // there is no room for a column of words
		m := s.standing(a)
		indent = strings.Repeat(" ", 6)
		out = hang("    "+m.style.Render(m.glyph)+" ", middles(m.word+" "+safe(a.Artifact.String()), width-6), width)
	}
	for _, l := range hang(indent, middles(where, width-ansi.StringWidth(indent)), width) {
		out = append(out, s.theme.dim.Render(l))
	}
	return out
}

// next says why it ended so and what to do now.
func (s *summaryScreen) next(width int) []string {
	t, f := s.theme, s.finished()
	out := []string{""}
	switch {
	case f != nil:
		why := t.fail.Render("Why   ")
		if f.Outcome == release.Done { // what was not looked at
			why = t.warn.Render("Note  ")
		}
		if !f.Why.IsZero() {
			out = append(out, hang(why, f.Why.String(), width)...)
		}
		out = append(out, s.steps(*f, width)...)
	case s.err != nil:
		out = append(out, hang(t.fail.Render("Why   "), safe(s.err.Error()), width)...)
		out = append(out, hang(t.strong.Render("Next  "), safe(release.HintOf(s.err)), width)...)
	}
	return append(out, s.recorded(width)...)
}

// steps are what to do now, each on lines of its own.
func (s *summaryScreen) steps(f release.Finished, width int) []string {
	var out []string
	label, steps := s.theme.strong.Render("Next  "), plain.NextSteps(f)
	for _, step := range steps {
		if len(steps) > 1 {
			label += "- "
		}
		out = append(out, hang(label, step.String(), width)...)
		label = "      "
	}
	return out
}

// recorded says where the record is: its path is never broken, for half of one leads
// nowhere. Whole it stands behind when the console is left.
func (s *summaryScreen) recorded(width int) []string {
	label, path := s.theme.dim.Render("Record  "), safe(s.record)
	switch {
	case s.record == "":
		return nil
	case ansi.StringWidth(label+path) <= width:
		return []string{label + path}
	}
	return []string{strings.TrimRight(label, " "), "  " + middle(path, width-2)}
}
