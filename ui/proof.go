package ui

import (
	"fmt"
	"slices"
	"strings"

	"twokey/checks"
	"twokey/release"
)

// proof is what a row says of what a stage published: the finding of a check, or one
// file, or an artifact of which no file is known yet.
type proof struct {
	finding  *checks.Finding
	artifact release.ArtifactState
	file     *release.FileTrace
}

// asks tells whether a row is a finding that asks for something.
func (r row) asks() bool {
	return r.proof != nil && r.proof.finding != nil && !passes(*r.proof.finding)
}

// proofRows are what is known of what a stage published: the findings that ask for
// something, then the files, then the findings that passed.
func (s *scene) proofRows(st *release.StageState) []row {
	var bad, good []row
	for i := range st.Findings {
		r := s.findingRow(st, &st.Findings[i])
		if passes(st.Findings[i]) {
			r.quiet = true
			good = append(good, r)
			continue
		}
		bad = append(bad, r)
	}
	slices.SortStableFunc(bad, func(a, b row) int { return rank(a.proof.finding) - rank(b.proof.finding) })
	for _, a := range st.Artifacts {
		bad = append(bad, s.artifactRows(st, a)...)
	}
	return append(bad, good...)
}

func (s *scene) findingRow(st *release.StageState, f *checks.Finding) row {
	return row{level: ofProof, id: "finding " + st.Stage.Name + " " + f.ID, name: safe(f.ID), stage: st.Stage.Name,
		mark: s.theme.finding(f), detail: f.Summary.String(), proof: &proof{finding: f}}
}

// artifactRows are the files of an artifact. While they are read there is one row for
// all of them, which says how far that is.
func (s *scene) artifactRows(st *release.StageState, a release.ArtifactState) []row {
	base := row{level: ofProof, stage: st.Stage.Name, proof: &proof{artifact: a}, name: safe(a.Artifact.String()),
		id: "artifact " + st.Stage.Name + " " + a.Artifact.String()}
	t := a.Trace
	switch {
	case t == nil && st.Status != release.StageVerifying:
		return nil
	case t == nil:
		return []row{s.toRead(base, st, a)}
	case !t.Why.IsZero():
		base.mark, base.detail = mark{glyphUnknown, "not read", s.theme.unknown}, "not read: "+t.Why.String()
		return []row{base}
	case len(t.Files) == 0:
		base.mark = mark{glyphAside, "no files", s.theme.dim}
		return []row{base}
	}
	var out []row
	for i := range t.Files {
		f, r := &t.Files[i], base
		r.id = "file " + st.Stage.Name + " " + a.Artifact.String() + " " + f.Name.String()
		r.name, r.aside = f.Name.String(), safe(string(a.Artifact.Kind))
		if f.Form == checks.FormImage { // its name is the platform alone
			r.name, r.aside = safe(a.Artifact.String())+" "+f.Name.String(), ""
		}
		r.proof = &proof{artifact: a, file: f}
		r.mark, r.detail = s.theme.traced(*f, accounted(*st)), tracedWords(*f)
		out = append(out, r)
	}
	return out
}

// toRead is the row of an artifact that is not held against its commit yet.
func (s *scene) toRead(r row, st *release.StageState, a release.ArtifactState) row {
	t := s.theme
	switch reading := st.Reading; {
	case reading != nil && reading.Artifact.String() == a.Artifact.String():
		r.name = reading.File.String()
		r.mark, r.detail = mark{glyphRunning, "reading", t.active}, "reading "+received(*reading)
	case a.Published != nil:
		r.mark = t.artifact(a)
	case !a.Missing.IsZero():
		r.mark, r.detail = t.artifact(a), a.Missing.String()
	default:
		r.mark = mark{glyphQueued, "not there yet", t.dim}
	}
	return r
}

// reading is the file of a stage that is being read; nil while none is.
func reading(st *release.StageState) *release.ArtifactReading {
	if st.Status != release.StageVerifying {
		return nil
	}
	return st.Reading
}

// readingIn says in so many cells which file is read and how far: it is the name that
// gives way.
func readingIn(r release.ArtifactReading, width int) string {
	so := "  " + received(r)
	if rate := "  " + amount(r.Rate) + "/s"; r.Rate > 0 && width-len("reading "+so+rate) >= shortestName {
		so += rate
	}
	room := width - len("reading "+so)
	if room < 4 {
		return "reading" + so[1:]
	}
	return "reading " + middle(r.File.String(), room) + so
}

// shortestName is how much of a file's name is to be seen before the rate is.
const shortestName = 16

// amount is a number of bytes as people read it.
func amount(n int64) string { return received(release.ArtifactReading{Received: n, Size: -1}) }

// received is how much of a file has been read, and of how much where that is told.
func received(r release.ArtifactReading) string {
	unit, div, digits := "B", 1.0, 0
	switch n := max(r.Received, r.Size); {
	case n >= 1000*1000:
		unit, div, digits = "MB", 1e6, 1
	case n >= 1000:
		unit, div, digits = "kB", 1e3, 1
	}
	in := func(n int64) string { return fmt.Sprintf("%.*f", digits, float64(max(n, 0))/div) }
	if r.Size < max(r.Received, 0) { // nobody told, or not the truth
		return in(r.Received) + " " + unit
	}
	return fmt.Sprintf("%s of %s %s", in(r.Received), in(r.Size), unit)
}

// accounted holds when everything in the files of a stage was judged and nothing about
// them asks for anything: what is not in git there is known.
func accounted(st release.StageState) bool {
	return len(st.Findings) > 0 && !slices.ContainsFunc(st.Findings, func(f checks.Finding) bool { return !passes(f) })
}

// differs tells whether a file holds what its commit does not.
func differs(f release.FileTrace) bool {
	return f.Counts[checks.FileModified]+f.Counts[checks.FileExtra] > 0
}

// traced is what the commit says of a published file.
func (t theme) traced(f release.FileTrace, accounted bool) mark {
	switch {
	case f.Words.IsZero() && f.Form == checks.FormOther: // nobody meant to look into it
		return mark{glyphAside, "not traced", t.dim}
	case f.Words.IsZero():
		return mark{glyphUnknown, "not traced", t.unknown}
	case differs(f) && !accounted:
		return mark{glyphWarn, "traced", t.warn}
	}
	return mark{glyphPass, "traced", t.pass}
}

// tracedWords are a file's trace, or why there is none.
func tracedWords(f release.FileTrace) string {
	switch {
	case differs(f) && !f.Words.IsZero():
		return "traced " + counted([]release.FileTrace{f})
	case !f.Words.IsZero():
		return f.Words.String()
	case f.Why.IsZero():
		return "not traced"
	}
	return "not traced: " + f.Why.String()
}

// cause is the finding that a stage failed by, and the stage; nil when none did.
func (s *scene) cause() (*checks.Finding, string) {
	for i := range s.state.Stages {
		st := &s.state.Stages[i]
		for k := range st.Findings {
			f := &st.Findings[k]
			if f.Blocks() && strings.HasPrefix(st.Why.String(), safe(f.ID)+": ") {
				return f, st.Stage.Name
			}
		}
	}
	return nil, ""
}
