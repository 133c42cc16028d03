package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twokey/checks"
	"twokey/release"
)

// traces are what the commit says of an artifact's files: in one line where there is
// nothing else to say of several, else a line for each.
func (s *summaryScreen) traces(st release.StageState, a release.ArtifactState, width int) []string {
	t := a.Trace
	switch {
	case t == nil:
		return nil
	case !t.Why.IsZero():
		return s.proofLine(mark{glyphUnknown, "not read", s.theme.unknown}, t.Why.String(), width)
	}
	differing := func(f release.FileTrace) bool { return s.theme.traced(f, accounted(st)).glyph != glyphPass }
	if len(t.Files) > 0 && !slices.ContainsFunc(t.Files, differing) {
		return s.proofLine(mark{glyphPass, "traced", s.theme.pass}, counted(t.Files), width)
	}
	var out []string
	for _, f := range t.Files {
		what := f.Why.String()
		if !f.Words.IsZero() {
			what = counted([]release.FileTrace{f})
		}
		out = append(out, s.proofLine(s.theme.traced(f, accounted(st)), f.Name.String()+": "+what, width)...)
	}
	return out
}

// counted says by verdict what is in files, and how much of them was found in their
// commit where that is not nearly all: of several, of the one with the least. What the
// commit does not have comes first: the end of a line may be cut.
func counted(files []release.FileTrace) string {
	var parts []string
	for _, v := range []checks.FileVerdict{checks.FileExtra, checks.FileModified, checks.FileSame, checks.FileMoved, checks.FileGenerated} {
		n := 0
		for _, f := range files {
			n += f.Counts[v]
		}
		if n > 0 {
			parts = append(parts, thousands(n)+" "+string(v))
		}
	}
	least := 1.0
	for _, f := range files {
		if !differs(f) { // else it is said already what was not found
			least = min(least, f.Coverage)
		}
	}
	if least < nearlyAll {
		parts = append(parts, "coverage "+share(least))
	}
	out := strings.Join(parts, ", ")
	if len(files) > 1 {
		out = plural(len(files), "file") + ": " + out
	}
	return out
}

// nearlyAll is the coverage from which on nobody has to be told of it.
const nearlyAll = 0.99

// proofLine is a line below an artifact, in the columns of its own.
func (s *summaryScreen) proofLine(m mark, what string, width int) []string {
	label := "    " + m.style.Render(pad(m.glyph+" "+m.word, artifactWord)) + " "
	if width < narrow { // there is no room for a column of words
		label, what = "      "+m.style.Render(m.glyph)+" ", m.word+" "+what
	}
	if !s.whole {
		what = middles(what, width-ansi.StringWidth(label))
	}
	return hang(label, what, width)
}

// unsettled are the findings about what a stage published that ask for something, each
// with what to do. What stands at the foot of the summary is not said twice.
func (s *summaryScreen) unsettled(st release.StageState, width int) []string {
	worst, stage := s.cause()
	var out []string
	for _, r := range s.proofRows(&st) {
		f := r.proof.finding
		if f == nil || passes(*f) {
			continue
		}
		what := safe(f.ID) + "  " + f.Summary.String()
		if worst != nil && worst.ID == f.ID && stage == st.Stage.Name && !s.whole { // its words stand at the foot
			out = append(out, clip(strings.Join(s.proofLine(r.mark, what, 10*width), ""), width))
			continue
		}
		out = append(out, s.proofLine(r.mark, what, width)...)
		if next := s.todo(*f); next != "" && !s.atFoot(next) {
			indent := strings.Repeat(" ", artifactWord+5)
			if width < narrow {
				indent = strings.Repeat(" ", 8)
			}
			out = append(out, hang(indent+s.theme.dim.Render("Next  "), next, width)...)
		}
	}
	return out
}

// atFoot tells whether the end of the release names the same next step.
func (s *summaryScreen) atFoot(next string) bool {
	f := s.finished()
	return f != nil && next != "" && strings.Contains(f.Hint.String(), next) // beside those of others
}

// why says why a stage failed, where none of the findings below it does.
func (s *summaryScreen) why(st release.StageState, width int) []string {
	if f, stage := s.cause(); st.Why.IsZero() || f != nil && stage == st.Stage.Name {
		return nil
	}
	return hang("    ", st.Why.String(), width)
}

// trouble is what stands at the end of the summary where there is room: the finding that
// a stage failed by, or the end of the log of a failed job. The next step stands above.
func (s *summaryScreen) trouble(width, room int) []string {
	if r, ok := s.telling(row{}); ok {
		f := *r.proof.finding
		if s.atFoot(s.todo(f)) {
			f.Remedy, r.proof = "", &proof{finding: &f}
		}
		return s.findingPane(r, width, room, "d")
	}
	if j := s.failedJob(); j != nil && j.Log != nil {
		return s.failure(j, width, min(s.failureHeight(j), room))
	}
	return nil
}
