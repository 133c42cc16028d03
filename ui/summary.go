package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/release"
)

// summaryScreen shows how a release ended and what is published where.
type summaryScreen struct {
	*scene
	err    error  // what the engine said, when that is more than the outcome
	record string // where the record is kept; empty when it is not known
	scroll int
}

// ending is how a release ended.
func (t theme) ending(o release.Outcome) mark {
	switch o {
	case release.Done:
		return mark{glyphPass, "DONE", t.pass}
	case release.NoGo:
		return mark{glyphFail, "NO-GO", t.fail}
	case release.Cancelled:
		return mark{glyphAside, "CANCELLED", t.warn}
	case release.Left:
		return mark{glyphRunning, "GOES ON", t.active}
	}
	return mark{glyphFail, "FAILED", t.fail}
}

// Render draws the outcome, the stages with their artifacts, and what to do next.
func (s *summaryScreen) Render(width, height int) string {
	foot := s.next(width)
	if len(foot) > height/2 {
		foot = foot[:max(height/2, 0)]
	}
	body := s.body(width)
	room := max(height-len(foot), 0)
	s.scroll = min(s.scroll, max(0, len(body)-room))
	body = body[s.scroll:]
	if len(body) > room && room > 0 {
		hidden := len(body) - room + 1
		body = append(body[:room-1:room-1], s.theme.dim.Render(fmt.Sprintf("  … %s below: ↓", plural(hidden, "line"))))
	}
	out := append(body, foot...)
	if j := s.failedJob(); j != nil && j.Log != nil && height-len(out) >= 5 {
		out = append(append(out, ""), s.failure(j, width, min(len(j.Log.Lines)+2, height-len(out)-1))...)
	}
	return strings.Join(fit(out, width, height), "\n")
}

func (s *summaryScreen) body(width int) []string {
	t := s.theme
	out := []string{s.headline(width), ""}
	for _, st := range s.state.Stages {
		m := t.stage(st.Status)
		head := m.style.Render(m.glyph) + " " + t.strong.Render(safe(st.Stage.Name))
		if width >= narrow {
			head += "  " + t.dim.Render(st.Stage.Repo.String())
		}
		out = append(out, spread(head+"  "+m.style.Render(m.word), t.dim.Render(since(st.Began, st.Ended, s.now)), width))
		if !st.Why.IsZero() {
			out = append(out, hang("    ", st.Why.String(), width)...)
		}
		for _, a := range st.Artifacts {
			out = append(out, s.artifact(a, width)...)
		}
	}
	return out
}

// headline is the outcome in one line.
func (s *summaryScreen) headline(width int) string {
	t, f := s.theme, s.finished()
	took := t.dim.Render(since(s.began(), s.ended(), s.now))
	if f == nil {
		what := "  " + s.tag()
		if s.state.Acting {
			what += " may go on at GitHub"
		}
		return spread(t.warn.Render(glyphWarn+" NOT WATCHED")+what, took, width)
	}
	what := s.tag() + " is released"
	if f.Outcome != release.Done {
		what = s.tag()
		if n, all := s.found(); all > 0 {
			what += fmt.Sprintf("  %d of %s published", n, plural(all, "artifact"))
		}
	}
	return spread(t.ending(f.Outcome).String()+"  "+what, took, width)
}

// found counts the artifacts that are published.
func (s *summaryScreen) found() (n, all int) {
	for _, st := range s.state.Stages {
		for _, a := range st.Artifacts {
			all++
			if a.Published != nil {
				n++
			}
		}
	}
	return n, all
}

// artifact says whether one artifact is there, and where.
func (s *summaryScreen) artifact(a release.ArtifactState, width int) []string {
	t, m := s.theme, s.theme.artifact(a)
	where := a.Missing.String()
	if a.Published != nil {
		where = a.Published.URL.String()
	}
	if where == a.Artifact.Name { // a URL says where it is by itself
		where = ""
	}
	line := "    " + m.style.Render(pad(m.glyph+" "+m.word, artifactWord)) + " " + safe(a.Artifact.String())
	if where == "" {
		return []string{clip(line, width)}
	}
	if one := line + "  " + t.dim.Render(where); ansi.StringWidth(one) <= width {
		return []string{one}
	}
	return []string{clip(line, width), clip(strings.Repeat(" ", artifactWord+5)+t.dim.Render(where), width)}
}

// next says why it ended so and what to do now.
func (s *summaryScreen) next(width int) []string {
	t, f := s.theme, s.finished()
	out := []string{""}
	switch {
	case f != nil:
		if !f.Why.IsZero() {
			out = append(out, hang(t.fail.Render("Why   "), f.Why.String(), width)...)
		}
		out = append(out, hang(t.strong.Render("Next  "), f.Hint.String(), width)...)
	case s.err != nil:
		out = append(out, hang(t.fail.Render("Why   "), safe(s.err.Error()), width)...)
		out = append(out, hang(t.strong.Render("Next  "), safe(release.HintOf(s.err)), width)...)
	}
	if s.record != "" {
		out = append(out, clip(t.dim.Render("Record  "+safe(s.record)), width))
	}
	return out
}
