// Package plain shows a release as lines of text, for pipes, CI logs and screen
// readers.
//
// Output rules:
//
//  1. One change, one line, written whole and never touched again: no colour, no
//     cursor movement, no line that redraws itself.
//  2. A line is: the time since the beginning, a glyph, what it is about, what
//     happened to it. The words alone say everything; the glyph only repeats it.
//  3. A line that is indented belongs to the line above it: what to do about a
//     finding, the end of a failed job's log, an artifact of a stage.
//  4. What needs nobody has no line: queued jobs, steps that go well, budgets,
//     each call of those that were said to be sent, unless it was not done.
//  5. What failed shows why at once: the step, and the last lines of the job's log.
//  6. What waits for a person says for whom, and how to answer.
//  7. Whatever comes from outside is cleaned and cut before it is written, even
//     where its type says that it has been.
//  8. A line that can not be written ends the watching, never the release.
package plain

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// logLines is how many lines of a failed job's log are shown: enough for the
// error and what led to it, few enough to read.
const logLines = 12

// remarkLines is how many annotations of a failed job are shown, the worst first.
const remarkLines = 3

// The longest that a piece of text from outside may get, in cells.
const (
	maxText = 200  // names, summaries, reasons
	maxNext = 4000 // what holds a command line: one that is cut does something else
	maxLog  = 400  // a line of a log
)

// Options are what a Printer can be told.
type Options struct {
	// ASCII keeps to the glyphs of ASCII.
	ASCII bool
	// Broken is called once, with the first error of writing; nothing is written
	// after it. A reader that went away must not end the process: the caller
	// stops watching, and the remote release goes on.
	Broken func(error)
}

// Printer writes a line for each change that it is handed.
type Printer struct {
	w      io.Writer
	glyphs glyphs
	opts   Options

	buf    bytes.Buffer // the lines of one event
	broken bool
	began  time.Time
	said   map[int64]string // what was last said of a run or a job, by its ID
	runs   map[int64]string // how a run is called
	column int              // width of the second column

	lasting bool     // it was told that an outage lasts
	listing *Listing // what findings said already
}

// New makes a Printer onto w.
func New(w io.Writer, opts Options) *Printer {
	return &Printer{
		w: w, opts: opts, glyphs: glyphsFor(opts.ASCII),
		said: map[int64]string{}, runs: map[int64]string{}, column: len("verdict"), listing: NewListing(nil, opts.ASCII),
	}
}

// Handle is a [release.Handler].
func (p *Printer) Handle(st release.Stamped, s *release.State) {
	if p.broken {
		return
	}
	p.buf.Reset()
	p.began = s.Began
	p.event(st, s)
	if p.buf.Len() == 0 {
		return
	}
	// One write for each event, so that lines of two writers do not mix.
	if _, err := p.w.Write(p.buf.Bytes()); err != nil {
		p.broken = true
		if p.opts.Broken != nil {
			p.opts.Broken(err)
		}
	}
}

// event hands the event to the function that knows its kind.
func (p *Printer) event(st release.Stamped, s *release.State) {
	switch e := st.Event.(type) {
	case release.Opened, release.PlanReady, release.CheckDone, release.Judged,
		release.CallsReady, release.Noted:
		p.before(st.Time, e)
	case release.Intended, release.Claimed, release.Triggered, release.StageDone,
		release.ArtifactFound, release.ArtifactMissing, release.ArtifactTraced, release.ArtifactsChecked, release.Answered:
		p.stage(st.Time, e, s)
	case release.AfterChecked:
		p.afterChecked(st.Time, e, s.Plan)
	case release.RunFound, release.RunChanged, release.JobChanged, release.StepChanged,
		release.LogChunk:
		p.run(st.Time, e, s)
	case release.ApprovalNeeded:
		p.approvalNeeded(st.Time, e, s)
	case release.Approved:
		p.approved(st.Time, e)
	case release.Retrying:
		p.retrying(st.Time, e, s)
	case release.Recovered:
		if s.Trouble == nil {
			p.lasting = false
			p.line(st.Time, p.glyphs.pass, "retry", clip(e.What)+": all is well")
		}
	case release.Finished:
		p.finished(st.Time, e, s)
	case release.CheckStarted, release.BudgetChanged, release.Sending: // rule 4
	}
}

// line writes one line: time, glyph, subject, words.
func (p *Printer) line(at time.Time, glyph, subject, words string) {
	p.put(fmt.Sprintf("%5s  %s %-*s  %s", Clock(at.Sub(p.began)), glyph, p.column, subject, words))
}

// more writes a line that belongs to the one above.
func (p *Printer) more(words string) { p.put(strings.Repeat(" ", 9) + words) }

// put writes one line, cleaned as a whole: rule 7.
func (p *Printer) put(line string) {
	p.buf.WriteString(strings.TrimRight(text.Clean(line).String(), " "))
	p.buf.WriteByte('\n')
}

// Clock is a time span as people read it on a clock: 0:07, 1:04, 1:02:10.
func Clock(d time.Duration) string {
	s := int(max(d, 0).Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// clip cuts text from outside to what a line can hold.
func clip(t text.Safe) string { return t.Clip(maxText).String() }

// cut cleans and cuts a string that did not come as a Safe.
func cut(s string) string { return clip(text.Clean(s)) }

// short is the usual seven digits of a SHA.
func short(sha string) string { return sha[:min(7, len(sha))] }
