package plain

import (
	"fmt"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// before writes what happens before anything is sent: the plan and its checks.
func (p *Printer) before(at time.Time, e release.Event) {
	switch e := e.(type) {
	case release.Opened:
		p.opened(at, e)
	case release.PlanReady:
		p.plan(at, e.Plan)
	case release.CheckDone:
		p.finding(at, e.Finding)
	case release.Judged:
		p.verdict(at, e.Verdict)
	case release.CallsReady:
		p.calls(at, e.Calls)
	case release.Noted:
		p.line(at, p.glyphs.note, "note", e.Text.Clip(maxNext).String())
	}
}

func (p *Printer) opened(at time.Time, e release.Opened) {
	words := []string{e.Repo.String()}
	if e.Repo.Host != "" {
		words[0] = e.Repo.Host + "/" + words[0]
	}
	if !e.Viewer.IsZero() {
		words = append(words, "as "+clip(e.Viewer))
	}
	if e.ReadOnly {
		words = append(words, "read-only")
	}
	if e.Rehearsal {
		words = append(words, "REHEARSAL "+clip(e.Scenario))
	}
	p.line(at, p.glyphs.note, "twokey", strings.Join(words, "  "))
}

// plan writes the plan, a line for each stage, and what was assumed.
func (p *Printer) plan(at time.Time, plan release.Plan) {
	p.listing = NewListing(nil, p.opts.ASCII)
	for _, st := range plan.Stages {
		p.column = max(p.column, min(len(cut(st.Name)), 16))
	}
	p.line(at, p.glyphs.note, "plan", fmt.Sprintf("%s  %s @ %s  %s",
		cut(plan.Tag), cut(plan.Line), short(plan.SHA), Origin(plan)))
	for _, st := range plan.Stages {
		words := fmt.Sprintf("stage %s  %s @ %s  %s", cut(st.Name), cut(st.Repo.String()), short(st.SHA), st.Trigger)
		if st.Tag != "" {
			words += " " + cut(st.Tag)
		}
		words += "  starts " + cut(strings.Join(st.Workflows, ", "))
		if len(st.Needs) > 0 {
			words += "  needs " + cut(strings.Join(st.Needs, ", "))
		}
		p.more(words)
		for _, a := range st.Artifacts {
			p.more("  publishes " + cut(a.String()))
		}
	}
	for _, l := range Assumed(plan) {
		p.more(l)
	}
	for _, todo := range plan.Afterwards() {
		p.more("after the release: " + clip(todo))
	}
}

// Origin says where a plan comes from.
func Origin(plan release.Plan) string {
	if plan.Source == "discovered" {
		return "discovered, without a " + release.PlanFileName
	}
	return "from " + cut(plan.Source)
}

// Assumed is what a plan assumes, a line each.
func Assumed(plan release.Plan) []string {
	var out []string
	for _, n := range plan.Notes {
		out = append(out, "assumed: "+clip(n))
	}
	return out
}

// finding writes a finding, and what to do where it did not pass.
func (p *Printer) finding(at time.Time, f checks.Finding) {
	word := Standing(f)
	p.line(at, p.glyphs.standing(word), "check", fmt.Sprintf("%-7s  %-17s  %s", word, f.ID, clip(f.Summary)))
	lines := reasons(f)
	if by := p.listing.saidBy(f); by != "" && by != f.ID && f.Waiver == nil {
		lines = asAbove(f, by)
	}
	for _, l := range lines {
		p.more(l)
	}
}

// blocks says why what nobody saw stops a release.
const blocks = "this blocks the release: unknown is not a pass"

// reasons are the lines below a finding that did not pass: why it matters for
// the release and the next step.
func reasons(f checks.Finding) []string {
	var out []string
	if f.Blocks() && f.Outcome == checks.Unknown {
		out = append(out, blocks)
	}
	if f.Waiver != nil {
		out = append(out, fmt.Sprintf("waived %s: %s", f.Waiver.End(), clip(f.Waiver.Reason)))
	} else if f.Remedy != "" {
		out = append(out, "next: "+long(text.Clean(f.Remedy)))
	}
	return out
}

// Factor is what a check is about, by number and name.
func Factor(f checks.Factor) string { return string(f) + " " + f.Name() }

// clean is rule 7 for lines that are not written by a Printer.
func clean(lines []string) []string {
	for i, l := range lines {
		lines[i] = text.Clean(l).String()
	}
	return lines
}

// Counts are a verdict's numbers in words, those that are not zero. What does not
// apply is counted apart: it is no pass.
func Counts(v checks.Verdict, ascii bool) string {
	var words []string
	for _, c := range []struct {
		n    int
		word string
	}{{v.Block, "block"}, {v.Unknown, "unknown"}, {v.Warn, "warn"}, {v.Info, "info"}, {v.Waived, "waived"}, {v.Pass, "pass"},
		{v.NotApplicable, "n/a"}} {
		if c.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	if ascii {
		return strings.Join(words, ", ")
	}
	return strings.Join(words, " · ")
}

// GoWord is a verdict in a word.
func GoWord(v checks.Verdict) string {
	if v.Go {
		return "GO"
	}
	return "NO-GO"
}

// Clear tells whether a verdict is go and nothing is left open: what nobody looked
// at, or what warns, is no plain go.
func Clear(v checks.Verdict) bool { return v.Go && v.Unknown == 0 && v.Warn == 0 }

func (p *Printer) verdict(at time.Time, v checks.Verdict) {
	glyph := p.glyphs.fail
	switch {
	case Clear(v):
		glyph = p.glyphs.pass
	case v.Go:
		glyph = p.glyphs.warn
	}
	p.line(at, glyph, "verdict", GoWord(v)+"  "+Counts(v, p.opts.ASCII))
}

// calls writes what a dry run would have sent.
func (p *Printer) calls(at time.Time, calls []release.Call) {
	p.line(at, p.glyphs.note, "dry run", fmt.Sprintf("nothing was sent; releasing would send %d calls, in this order where one stage needs another:", len(calls)))
	for _, c := range calls {
		p.call(c)
	}
}

// call writes a mutating call: what it does, and the request.
func (p *Printer) call(c release.Call) {
	p.more(fmt.Sprintf("%s  %s", cut(c.Stage), clip(c.What())))
	p.more("  " + cut(c.Request()))
	for _, l := range callDetails(c) {
		p.more("    " + l)
	}
}

// callDetails are the fields of the request's body, whole.
func callDetails(c release.Call) []string {
	var out []string
	for _, f := range c.Fields() {
		label := f.Name + ": "
		for i, l := range text.Lines(f.Value) {
			switch {
			case i == 0:
				out = append(out, label+l.String())
			case !l.IsZero():
				out = append(out, strings.Repeat(" ", len(label))+l.String())
			}
		}
	}
	return out
}
