package ui

import (
	"twokey/checks"
	"twokey/release"
	"twokey/ui/plain"
)

// after are the checks that are due after the release, each with what was seen and with
// what to do where it is not as the plan wants it.
func (s *scene) after(width int) []string {
	var out []string
	for _, a := range s.state.After {
		m := s.theme.after(a, s.state.Plan)
		out = append(out, hang(m.style.Render(m.glyph)+" "+s.theme.strong.Render(safe(a.Finding.ID))+"  "+m.style.Render(m.word)+"  ",
			a.Finding.Summary.String(), width)...)
	}
	return out
}

// afterRows are the same checks as rows of the tree.
func (s *scene) afterRows() []row {
	var out []row
	for _, a := range s.state.After {
		out = append(out, row{level: ofStage, id: "after " + a.Finding.ID, name: safe(a.Finding.ID), aside: "after the release",
			mark: s.theme.after(a, s.state.Plan), detail: a.Finding.Summary.String()})
	}
	return out
}

// awaiting holds when every stage is done, and a check that is due after the release is
// not looked at to the end.
func (s *scene) awaiting() bool {
	for _, st := range s.state.Stages {
		if st.Status != release.StageDoneOK {
			return false
		}
	}
	for _, own := range s.state.Plan.Checks {
		if own.When == checks.After {
			return true
		}
	}
	return false
}

// after is what a check that is due after the release comes to.
func (t theme) after(a release.AfterChecked, p release.Plan) mark {
	word := plain.AfterWord(a, p)
	switch word {
	case "waiting":
		return mark{glyphQueued, word, t.active}
	case "for you":
		return mark{glyphAside, word, t.warn}
	case "fail":
		return mark{glyphFail, word, t.fail}
	}
	return t.finding(&a.Finding)
}
