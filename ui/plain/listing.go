package plain

import (
	"fmt"

	"twokey/checks"
	"twokey/checks/text"
)

// maxFinding is the longest that a piece of a finding may get, in cells. A line that
// somebody is to paste is worth nothing when it is cut.
const maxFinding = 2000

func long(t text.Safe) string { return t.Clip(maxFinding).String() }

// Listing writes findings at length, one after the other.
type Listing struct {
	glyphs glyphs
	ids    int               // the width of the column of IDs
	said   map[string]string // what was seen of something unknown, and the first check that said it
}

// NewListing makes a listing of the findings that are about to be written.
func NewListing(findings []checks.Finding, ascii bool) *Listing {
	l := &Listing{glyphs: glyphsFor(ascii), said: map[string]string{}}
	for _, f := range findings {
		l.ids = max(l.ids, min(len(f.ID), 30))
	}
	return l
}

// Finding is a finding, a line each: what it means, what was seen of what did not pass,
// why it matters, and what to do. What another check said already of what it could not
// see is said once.
func (l *Listing) Finding(f checks.Finding) []string {
	word := Standing(f)
	out := []string{fmt.Sprintf("%s %-7s  %-*s  %s", l.glyphs.standing(word), word, l.ids, f.ID, long(f.Summary))}
	if word == "pass" || word == "n/a" {
		return clean(out)
	}
	if by := l.saidBy(f); by != "" && f.Waiver == nil {
		for _, line := range asAbove(f, by) {
			out = append(out, "    "+line)
		}
		return clean(out)
	}
	seen := open(f.Evidence)
	together, unnamed := checks.Together(seen)
	told := map[string]bool{f.Remedy: true}
	for _, e := range together {
		if told[e.Remedy] { // what to do is said once of all that it is to be done about
			e.Remedy = ""
		}
		told[e.Remedy] = true
		out = append(out, l.evidence(e, f.Summary.String())...)
	}
	if unnamed > 0 {
		out = append(out, "    "+everyFile)
	}
	out = append(out, "    why: "+long(text.Clean(f.Why)))
	for _, r := range reasons(f) {
		out = append(out, "    "+r)
	}
	return clean(out)
}

// everyFile is said below what was said of several files at once.
const everyFile = "every file stands in --json, and `verify --explain FILE` shows one"

// asAbove are the lines below a finding of which another check said everything.
func asAbove(f checks.Finding, by string) []string {
	out := []string{"as above, at " + by}
	if f.Blocks() {
		out = append(out, blocks)
	}
	return out
}

// open is the evidence that did not pass.
func open(list []checks.Evidence) []checks.Evidence {
	var out []checks.Evidence
	for _, e := range list {
		if e.Outcome != checks.Pass && e.Outcome != checks.NotApplicable {
			out = append(out, e)
		}
	}
	return out
}

// evidence is one thing that was seen, but for what the finding says already.
func (l *Listing) evidence(e checks.Evidence, said string) []string {
	var out []string
	words := e.What.String()
	if !e.Saw.IsZero() {
		words += ": " + e.Saw.String()
	}
	switch {
	case words != said:
		out = append(out, fmt.Sprintf("    %s %s%s", l.glyphs.outcome(e.Outcome), long(text.Clean(words)), link(e.URL)))
	case !e.URL.IsZero():
		out = append(out, "    see "+e.URL.String())
	}
	if e.Place != nil && !e.Place.Text.IsZero() {
		out = append(out, fmt.Sprintf("        %d | %s", e.Place.Line, clip(e.Place.Text)))
	}
	if e.Remedy != "" {
		out = append(out, "        next: "+long(text.Clean(e.Remedy)))
	}
	return out
}

// saidBy is the check that said all of what a finding could not see, and its next step,
// before; empty where something is new.
func (l *Listing) saidBy(f checks.Finding) string {
	by := ""
	for _, e := range open(f.Evidence) {
		key := string(e.Outcome) + "\x00" + e.What.String() + "\x00" + e.Saw.String() + "\x00" + f.Remedy + e.Remedy
		first := l.said[key]
		if first == "" && e.Outcome == checks.Unknown {
			l.said[key] = f.ID
		}
		if first == "" || by != "" && by != first {
			by = "\x00"
			continue
		}
		by = first
	}
	if by == "\x00" {
		return ""
	}
	return by
}
