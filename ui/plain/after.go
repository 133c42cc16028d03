package plain

import (
	"fmt"
	"slices"
	"time"

	"twokey/checks"
	"twokey/release"
)

// afterChecked writes a look at a check that is due after the release, and what to do
// where it is not as the plan wants it.
func (p *Printer) afterChecked(at time.Time, e release.AfterChecked, plan release.Plan) {
	word, f := AfterWord(e, plan), e.Finding
	p.line(at, p.glyphs.after(word), "after", fmt.Sprintf("%-7s  %-17s  %s", word, cut(f.ID), clip(f.Summary)))
	switch {
	case e.Again: // nobody has to do anything yet
	case f.Waiver != nil:
		p.more(fmt.Sprintf("waived %s: %s", f.Waiver.End(), clip(f.Waiver.Reason)))
	case f.Remedy != "":
		p.more("next: " + cut(f.Remedy))
	}
}

// AfterWord is what a check that is due after the release comes to, in a word: "pass",
// "fail", "unknown", "warn", "waived" or "n/a"; "waiting" where it is looked at again,
// and "for you" where only a person can look, and nobody has said so yet.
func AfterWord(e release.AfterChecked, plan release.Plan) string {
	f := e.Finding
	manual := slices.ContainsFunc(plan.Checks, func(o checks.Own) bool { return o.ID == f.ID && o.Kind == checks.OwnManual })
	switch {
	case e.Again:
		return "waiting"
	case f.Waiver != nil && f.Outcome != checks.Pass:
		return "waived"
	case manual && f.Outcome == checks.Unknown:
		return "for you"
	case f.Outcome == checks.Fail:
		return "fail"
	}
	return Standing(f)
}

func (g glyphs) after(word string) string {
	switch word {
	case "waiting":
		return g.waiting
	case "for you":
		return g.note
	case "fail":
		return g.fail
	}
	return g.standing(word)
}

// afterEnd writes how a check that was due after the release stood at the end.
func (p *Printer) afterEnd(end release.AfterEnd) {
	word, glyph := string(end.Outcome), p.glyphs.outcome(end.Outcome)
	switch {
	case end.ForYou:
		word, glyph = "for you", p.glyphs.note
	case !end.Open && (end.Outcome == checks.Fail || end.Outcome == checks.Unknown):
		word, glyph = "waived", p.glyphs.note
	}
	p.more(fmt.Sprintf("%s after: %s: %s: %s", glyph, word, cut(end.Check), clip(end.Summary)))
}
