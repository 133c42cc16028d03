package plain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// stage writes what happens to a stage as a whole.
func (p *Printer) stage(at time.Time, e release.Event, s *release.State) {
	switch e := e.(type) {
	case release.Intended:
		p.line(at, p.glyphs.send, cut(e.Stage), fmt.Sprintf("sending %d calls", len(e.Calls)))
		for _, c := range e.Calls {
			p.more(fmt.Sprintf("%s  (%s)", clip(c.What()), cut(c.Request())))
		}
	case release.Claimed:
		p.claimed(at, e, s.Opened.Viewer)
	case release.Answered: // of one that was lost a remark tells what is known
		if !e.Why.IsZero() && !e.Lost {
			p.line(at, p.glyphs.fail, cut(e.Stage), "not done: "+clip(e.Why))
		}
	case release.Triggered:
		words := "was triggered before"
		if e.Mine {
			words = "triggered"
		}
		p.line(at, p.glyphs.running, cut(e.Stage), fmt.Sprintf("%s (%s)%s", words, e.Trigger, link(e.URL)))
	case release.StageDone:
		p.stageDone(at, e)
	case release.ArtifactFound:
		p.line(at, p.glyphs.pass, cut(e.Stage), "published: "+artifact(e.Artifact.String(), e.Published.URL))
	case release.ArtifactMissing:
		glyph, words := p.glyphs.fail, "not published"
		if e.Unseen {
			glyph, words = p.glyphs.unknown, "not looked at"
		}
		p.line(at, glyph, cut(e.Stage), fmt.Sprintf("%s: %s: %s", words, cut(e.Artifact.String()), clip(e.Why)))
	case release.ArtifactTraced:
		p.traced(at, e)
	case release.ArtifactsChecked:
		p.artifactsChecked(at, e)
	}
}

// traced tells of each of an artifact's files what the commit says of it.
func (p *Printer) traced(at time.Time, e release.ArtifactTraced) {
	for _, l := range tracedLines(e) {
		glyph := p.glyphs.note
		if l.unseen {
			glyph = p.glyphs.unknown
		}
		p.line(at, glyph, cut(e.Stage), l.words)
	}
}

// Traced is what the commit says of each of an artifact's files, a line each.
func Traced(e release.ArtifactTraced, ascii bool) []string {
	var out []string
	g := glyphsFor(ascii)
	for _, l := range tracedLines(e) {
		glyph := g.note
		if l.unseen {
			glyph = g.unknown
		}
		out = append(out, glyph+" "+l.words)
	}
	return clean(out)
}

// tracedLine is one published file in words.
type tracedLine struct {
	words  string
	unseen bool // nothing is known of it
}

func tracedLines(e release.ArtifactTraced) []tracedLine {
	var out []tracedLine
	if !e.Why.IsZero() {
		out = append(out, tracedLine{fmt.Sprintf("%s: not read: %s", cut(e.Artifact.String()), clip(e.Why)), true})
	}
	for _, f := range e.Files {
		name := clip(f.Name)
		if f.Form == checks.FormImage {
			name = cut(e.Artifact.String()) + " " + name
		}
		if f.Words.IsZero() {
			out = append(out, tracedLine{fmt.Sprintf("%s: not traced: %s", name, clip(f.Why)), true})
			continue
		}
		out = append(out, tracedLine{fmt.Sprintf("%s: %s", name, clip(f.Words)), false})
	}
	return out
}

// artifactsChecked tells a judgement of what a stage published, with everything that is
// not as it should be.
func (p *Printer) artifactsChecked(at time.Time, e release.ArtifactsChecked) {
	word := Standing(e.Finding)
	p.line(at, p.glyphs.standing(word), cut(e.Stage), fmt.Sprintf("%-7s  %-17s  %s", word, e.Finding.ID, clip(e.Finding.Summary)))
	if word == "pass" || word == "n/a" {
		return
	}
	for _, l := range NewListing([]checks.Finding{e.Finding}, p.opts.ASCII).Finding(e.Finding)[1:] {
		p.more(l)
	}
}

func (p *Printer) claimed(at time.Time, e release.Claimed, viewer text.Safe) {
	words := fmt.Sprintf("claimed %s @ %s", cut(e.Ref), short(e.SHA))
	if !e.Mine {
		words = fmt.Sprintf("was claimed before: %s @ %s", cut(e.Ref), short(e.SHA))
		switch {
		case e.ByViewer(viewer):
			words += " by you (" + clip(viewer) + ")"
		case !e.By.IsZero():
			words += " by " + clip(e.By)
		}
		if !e.At.IsZero() {
			words += e.At.UTC().Format(" at 2006-01-02 15:04 UTC")
		}
	}
	p.line(at, p.glyphs.running, cut(e.Stage), words)
}

func (p *Printer) stageDone(at time.Time, e release.StageDone) {
	glyph, words := p.outcome(e.Outcome), "stage "+string(e.Outcome)
	if !e.Why.IsZero() {
		words += ": " + clip(e.Why)
	}
	p.line(at, glyph, cut(e.Stage), words)
}

// outcome is the glyph of an outcome.
func (p *Printer) outcome(o release.Outcome) string {
	switch o {
	case release.Done:
		return p.glyphs.pass
	case release.Cancelled, release.Left:
		return p.glyphs.note
	}
	return p.glyphs.fail
}

// finished writes the end: how it ended, each stage, each artifact, what to do.
func (p *Printer) finished(at time.Time, e release.Finished, s *release.State) {
	words := Ending(e, s.Opened.Ends, len(e.Waiting) > 0)
	if name := cmp.Or(e.Tag, e.Version); name != "" {
		words += "  " + cut(name)
	}
	if !e.Why.IsZero() {
		words += "  " + clip(e.Why)
	}
	glyph := p.outcome(e.Outcome)
	if e.Outcome == release.Done && e.Unsettled() {
		glyph = p.glyphs.warn
	}
	p.line(at, glyph, "release", words)
	for _, st := range e.Stages {
		p.stageEnd(st, s)
	}
	for _, end := range e.After {
		p.afterEnd(end)
	}
	for _, next := range NextSteps(e) {
		p.more("next: " + next.Clip(maxNext).String())
	}
}

// NextSteps are what is to be done after a release, in the order in which it is done.
func NextSteps(e release.Finished) []text.Safe {
	switch {
	case len(e.Next) > 0:
		return e.Next
	case e.Hint.IsZero():
		return nil
	}
	return []text.Safe{e.Hint}
}

// Ending is how a release ended, in capitals. One that nobody watches any more goes
// on where CI does: not in a world that ends with the session, and not where nothing
// runs. Waiting holds when nobody has started all of its stages.
func Ending(e release.Finished, ends, waiting bool) string {
	switch {
	case slices.Contains([]release.Outcome{release.Done, release.NoGo, release.Cancelled}, e.Outcome):
		return strings.ToUpper(string(e.Outcome))
	case e.Outcome != release.Left: // and what nobody knows is no better
		return strings.ToUpper(string(release.Failed))
	case ends:
		return "LEFT"
	case e.Running:
		return "GOES ON"
	case waiting:
		return "STOPPED HALF WAY"
	}
	return "NOT WATCHED"
}

// unproven is said of what is out, and is not known to be what it should be.
const unproven = "published, and unproven"

// NotStarted is said of a stage that nobody has started when the release is over.
const NotStarted = "not started"

func (p *Printer) stageEnd(end release.StageEnd, s *release.State) {
	glyph, words := p.glyphs.waiting, string(end.State)
	switch {
	case end.Outcome != "":
		glyph, words = p.outcome(end.Outcome), string(end.Outcome)
	case end.State == release.StageWaiting:
		words = NotStarted
	default:
		glyph = p.glyphs.running
	}
	for _, st := range s.Stages {
		if st.Stage.Name == end.Stage && !st.Began.IsZero() && !st.Ended.IsZero() {
			words += " in " + Clock(st.Ended.Sub(st.Began))
		}
	}
	p.more(fmt.Sprintf("%s %-*s  %s  %s", glyph, p.column, cut(end.Stage), cut(end.Repo), words))
	for _, a := range end.Found {
		glyph, words := p.glyphs.pass, "published"
		switch {
		case !a.Found && !a.Looked:
			glyph, words = p.glyphs.unknown, "not looked at"
		case !a.Found:
			glyph, words = p.glyphs.fail, "not published"
		case a.Unproven && a.TakeBack == "":
			glyph, words = p.glyphs.unknown, unproven
		case a.Unproven:
			glyph, words = p.glyphs.fail, unproven
		}
		p.more(fmt.Sprintf("  %s %s: %s", glyph, words, artifact(a.Artifact, a.URL)))
	}
}

// artifact is an artifact and where to look at it, where its name does not say so.
func artifact(name string, url text.Safe) string {
	if strings.Contains(name, url.String()) {
		return cut(name)
	}
	return cut(name) + link(url)
}

// link is an address at the end of a line, whole: one that is cut leads nowhere.
func link(url text.Safe) string {
	if url.IsZero() {
		return ""
	}
	return "  " + url.String()
}
