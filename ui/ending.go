package ui

import (
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks/text"
	"twokey/release"
)

// back is the next step after leaving: how to come back to the release, or that
// nobody can.
func (m *model) back() string {
	if line := m.command("attach"); line != "" {
		return "rejoin it with `" + line + "`"
	}
	return worldEnds
}

// worldEnds is what leaving a rehearsal means whose world is this process.
const worldEnds = "this rehearsal ends with the program, and nothing real was touched; " +
	"to leave one and come back, serve it with `twokey rehearse --listen unix:PATH`"

// broke tells whether the program ended by itself, and not because it was told to.
func broke(err error) bool {
	told := errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, tea.ErrInterrupted)
	return err != nil && (!told || errors.Is(err, tea.ErrProgramPanic))
}

// broken is the error of a console that could not be shown, or not any more.
func (m *model) broken(err error) error {
	e := &release.Error{Kind: release.KindFailed, Op: "console", Err: err,
		Hint: "nothing was sent; release without the console: `" + safe(m.state.Opened.Anew("release --plain")) + "`"}
	if m.released || m.attached {
		e.Kind, e.Hint = release.KindLeft, m.back()
		if !m.state.Opened.Ends {
			e.Hint = "the release may go on at GitHub; " + e.Hint
		}
	}
	return e
}

// end tells the stream and the terminal how it ended, where the stream does not
// know.
func (c *Console) end(m *model, e Engine) error {
	err := m.result()
	if m.state.HasPlan && m.finished() == nil {
		f := release.Finished{Outcome: outcome(err), Version: m.state.Plan.Version, Tag: m.state.Plan.Tag}
		if err != nil {
			f.Why, f.Hint = text.Clean(err.Error()), text.Clean(release.HintOf(err))
		}
		e.Emit(f)
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		p.write(c.opts.Out)
	}
	for _, l := range m.lastLines(err) {
		if c.opts.ASCII {
			l = toASCII(l)
		}
		fmt.Fprintln(c.opts.Out, l)
	}
	return err
}

// outcome is how a console ended, by what it comes to.
func outcome(err error) release.Outcome {
	switch release.KindOf(err) {
	case release.KindNoGo:
		return release.NoGo
	case release.KindCancelled:
		return release.Cancelled
	case release.KindLeft:
		return release.Left
	case release.KindAfter:
		return release.Done
	}
	if err == nil {
		return release.Done
	}
	return release.Failed
}

// lastLines stay behind on the terminal when the screen is gone: how it ended and
// what is published where. Who asked for the console shows its error, with the way
// on, below them.
func (m *model) lastLines(err error) []string {
	width := max(m.width, minWidth)
	var out []string
	switch {
	case m.fatal != nil: // nothing is drawn any more by what may have broken
	case (m.released || m.attached) && m.finished() != nil:
		m.summary.whole = true
		out = m.summary.body(width)
		if err == nil && !m.finished().Hint.IsZero() {
			out = append(out, m.summary.steps(*m.finished(), width)...)
		}
		if m.summary.record != "" {
			out = append(out, m.theme.dim.Render("Record  "+safe(m.summary.record)))
		}
	case release.KindOf(err) == release.KindNoGo:
		out = m.preflight.stopped(width)
	}
	return out
}

// stopped are the verdict and what stands in the way, each with what to do.
func (s *preflightScreen) stopped(width int) []string {
	out := s.verdict(width)
	for _, c := range s.ordered() {
		if f := c.Finding; f != nil && f.Blocks() {
			out = append(out, clip("  "+s.theme.finding(f).String()+"  "+s.theme.strong.Render(safe(f.ID))+"  "+f.Summary.String(), width))
			out = append(out, hang("    "+s.theme.dim.Render("fix  "), f.Remedy, width)...)
		}
	}
	return out
}

// result is what the console comes to, once it has ended; nil when the release is
// done.
func (m *model) result() error {
	version := safe(m.state.Plan.Version)
	f := m.state.Finished
	switch {
	case m.fatal != nil:
		return m.fatal
	case m.released || m.attached:
		return m.afterwards(version)
	case m.state.Judged && !m.state.Verdict.Go:
		again := "look again with `" + safe(m.state.Opened.Anew("check "+m.state.Plan.Args())) + "`"
		if m.confirm.onward != "" { // looking again changes nothing
			again = safe(m.confirm.onward)
		}
		return &release.Error{Kind: release.KindNoGo, Op: "preflight of " + version, Err: errors.New("no-go"),
			Hint: m.sentNothing("see to what stands above, then go on with", again)}
	case f != nil && f.Outcome == release.Done:
		return nil
	}
	what := "left before anything was started"
	if m.confirm.resume {
		what = "left before anything more was started"
	}
	return &release.Error{Kind: release.KindCancelled, Err: errors.New(what), Hint: m.sentNothing("go on with", "")}
}

// sentNothing is the next step of who left before the key was turned: of a release
// that was begun before, how to go on with it, which only --resume does; else fresh.
func (m *model) sentNothing(begun, fresh string) string {
	what := "nothing was sent"
	if m.confirm.resume {
		what, fresh = "this session sent nothing", ""
		if line := m.command("release", "--resume"); line != "" {
			fresh = begun + " `" + line + "`"
		}
	}
	if fresh == "" {
		return what
	}
	return what + "; " + fresh
}

// afterwards is how a release that was begun, or attached to, was left. What the
// engine says of it counts more than what was seen.
func (m *model) afterwards(version string) error {
	_, told := errors.AsType[*release.Error](m.err)
	switch {
	case told:
		return m.err
	case m.err == nil && !m.watching:
		return nil
	}
	return &release.Error{Kind: release.KindLeft, Op: "release " + version,
		Err: errors.New("not watched any more"), Hint: m.back()}
}
