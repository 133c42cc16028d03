package ui

import (
	"twokey/checks"
	"twokey/release"
	"twokey/ui/plain"
)

// after are the checks that are due after the release, each with what was seen: those
// that are not as the plan wants them apart from those that are.
func (s *scene) after(width int) (open, settled []string) {
	for _, a := range s.state.After {
		m := s.theme.after(a, s.state.Plan)
		lines := hang(m.style.Render(m.glyph)+" "+s.theme.strong.Render(safe(a.Finding.ID))+"  "+m.style.Render(m.word)+"  ",
			a.Finding.Summary.String(), width)
		if passes(a.Finding) {
			settled = append(settled, lines...)
		} else {
			open = append(open, lines...)
		}
	}
	return open, settled
}

// afterRows are the same checks as rows of the tree.
func (s *scene) afterRows() []row {
	var out []row
	for _, a := range s.state.After {
		r := row{level: ofStage, id: afterID(a), name: safe(a.Finding.ID), aside: "after the release",
			mark: s.theme.after(a, s.state.Plan), detail: a.Finding.Summary.String()}
		if len(a.Finding.Evidence) == 1 { // what it is about is known
			r.detail = a.Finding.Evidence[0].Saw.String()
		}
		out = append(out, r)
	}
	return out
}

// afterID is the ID of the row of a check that is due after the release.
func afterID(a release.AfterChecked) string { return "after " + a.Finding.ID }

// afterLink is the page that such a row is about; empty for other rows.
func (s *scene) afterLink(r row) string {
	for _, a := range s.state.After {
		for _, e := range a.Finding.Evidence {
			if r.id == afterID(a) && !e.URL.IsZero() {
				return e.URL.String()
			}
		}
	}
	return ""
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
