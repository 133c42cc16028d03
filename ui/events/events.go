// Package events writes a release as JSON lines, for scripts.
//
// Output rules:
//
//  1. One event, one line, one JSON object; nothing else is ever on the stream.
//  2. A line is written whole, as soon as its event happens.
//  3. The last line is the last event. A release that came to an end, whatever
//     the end, says so in a "release.finished".
//  4. Every line has the same envelope:
//     {"v":1,"seq":…,"time":…,"type":"check.done","data":{…}}. v goes up when the
//     meaning of something changes; new fields and types may come without it.
//
// The types and the fields of their data, in the order of a release:
//
//	release.opened     repo, viewer, rehearsal, scenario, read_only, twokey, command, ends_with_process
//	plan.ready         plan
//	check.started      id, title, severity, factor
//	check.done         finding
//	check.verdict      verdict
//	plan.calls         calls
//	stage.intended     stage, calls
//	call.sending       stage, nonce, call
//	call.answered      stage, nonce, kind, workflow, sha, run_id, why, lost
//	stage.claimed      stage, ref, sha, by, at, mine, noted, nonce, actor
//	stage.triggered    stage, trigger, run_id, run_ids, url, mine, by, workflows
//	run.found          stage, run
//	run.changed        stage, run
//	job.changed        stage, job
//	step.changed       stage, run_id, job_id, step
//	log.chunk          stage, run_id, job_id, job, lines, first, total, failed, missing, annotations
//	approval.needed    stage, run_id, gate
//	approval.given     stage, run_id, approval
//	read.retrying      what, cause, attempt, wait_ns
//	read.recovered     what
//	artifact.found     stage, artifact, published
//	artifact.missing   stage, artifact, why, unseen
//	artifact.reading   stage, artifact, file, received, size, rate
//	artifact.traced    stage, artifact, files, why
//	artifact.checked   stage, finding
//	stage.done         stage, outcome, why
//	after.checked      finding, again
//	budget.changed     budget
//	note               text
//	release.finished   outcome, why, hint, next, version, tag, stages, waiting, running, after
package events

import (
	"fmt"
	"io"

	"twokey/release"
)

// Options are what a Writer can be told.
type Options struct {
	// Broken is called once, with the first error of writing; nothing is written
	// after it. A reader that went away must not end the process: the caller
	// stops watching, and the remote release goes on.
	Broken func(error)
}

// Writer writes each event that it is handed as one line of JSON.
type Writer struct {
	w      io.Writer
	opts   Options
	broken bool
}

// New makes a Writer onto w.
func New(w io.Writer, opts Options) *Writer { return &Writer{w: w, opts: opts} }

// Handle is a [release.Handler].
func (w *Writer) Handle(st release.Stamped, _ *release.State) {
	if w.broken {
		return
	}
	if err := w.write(st); err != nil {
		w.broken = true
		if w.opts.Broken != nil {
			w.opts.Broken(err)
		}
	}
}

// write writes one line with one call, so that no reader sees half of it.
func (w *Writer) write(st release.Stamped) error {
	// Not json.Marshal: it would escape <, > and &, which is for HTML.
	line, err := st.MarshalJSON()
	if err != nil {
		return fmt.Errorf("event %d, %s: %w", st.Seq, st.Event.Type(), err)
	}
	_, err = w.w.Write(append(line, '\n'))
	return err
}
