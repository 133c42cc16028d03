package plain

import "twokey/checks"

// glyphs are one cell wide in every font. Each repeats a word that stands beside
// it.
type glyphs struct {
	pass, fail, warn, unknown, running, waiting, gate, send, note string
}

// glyphsFor are the glyphs, or their twins in ASCII.
func glyphsFor(ascii bool) glyphs {
	if ascii {
		return glyphs{
			pass: "+", fail: "x", warn: "!", unknown: "?", running: "*", waiting: ".",
			gate: "#", send: ">", note: "-",
		}
	}
	return glyphs{
		pass: "✓", fail: "✗", warn: "!", unknown: "?", running: "●", waiting: "◌",
		gate: "◆", send: "→", note: "·",
	}
}

// Glyph is the glyph of an outcome, or its twin in ASCII.
func Glyph(o checks.Outcome, ascii bool) string { return glyphsFor(ascii).outcome(o) }

// Waiting is the glyph of what nobody has started.
func Waiting(ascii bool) string { return glyphsFor(ascii).waiting }

// Standing is what a finding means for the release, in a word: "block",
// "unknown", "warn", "info", "waived", "pass" or "n/a". The words are those that
// a verdict counts.
func Standing(f checks.Finding) string {
	switch {
	case f.Outcome == checks.Pass:
		return "pass"
	case f.Outcome == checks.NotApplicable:
		return "n/a"
	case f.Waiver != nil:
		return "waived"
	case f.Outcome == checks.Unknown:
		return "unknown"
	case f.Blocks():
		return "block"
	case f.Severity == checks.SeverityInfo:
		return "info"
	}
	return "warn"
}

func (g glyphs) standing(word string) string {
	switch word {
	case "pass":
		return g.pass
	case "n/a", "waived", "info":
		return g.note
	case "unknown":
		return g.unknown
	case "block":
		return g.fail
	}
	return g.warn
}

func (g glyphs) outcome(o checks.Outcome) string {
	switch o {
	case checks.Pass:
		return g.pass
	case checks.Fail:
		return g.fail
	case checks.Warn:
		return g.warn
	case checks.NotApplicable:
		return g.note
	}
	return g.unknown
}

// conclusion is GitHub's word for how a run, job or step ended, in ours. What
// GitHub may say one day and we do not know is not a success.
func (g glyphs) conclusion(c string) (glyph, word string) {
	switch c {
	case "success":
		return g.pass, "done"
	case "neutral", "skipped":
		return g.note, c
	case "failure":
		return g.fail, "failed"
	case "timed_out":
		return g.fail, "timed out"
	case "startup_failure":
		return g.fail, "could not start"
	case "":
		return g.unknown, "ended without a conclusion"
	}
	return g.fail, cut(c)
}
