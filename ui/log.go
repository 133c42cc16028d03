package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"twokey/checks/text"
	"twokey/release"
)

// logScreen shows the end of one job's log.
type logScreen struct {
	*scene
	open   bool
	id     int64 // the job's
	top    int   // the first line that is shown, from 0
	end    bool  // stay at the end
	height int   // lines that were shown last
	left   int   // cells that are scrolled away at the left
	width  int   // cells of a line that were shown last

	searching bool
	input     textinput.Model
	query     string
	hit       int // the line of the current hit, from 0; -1 for none
}

// show opens the log of a job, at its end.
func (s *logScreen) show(j *release.JobState) {
	s.open, s.id, s.end, s.left, s.hit, s.query, s.searching = true, j.Job.ID, true, 0, -1, "", false
}

// job finds the job whose log is shown; a new attempt has taken it away when it
// is nil.
func (s *logScreen) job() *release.JobState {
	for _, st := range s.state.Stages {
		for _, r := range st.Runs {
			for i := range r.Jobs {
				if r.Jobs[i].Job.ID == s.id {
					return &r.Jobs[i]
				}
			}
		}
	}
	return nil
}

// lines is the number of lines that there are to show.
func (s *logScreen) lines() int {
	if j := s.job(); j != nil && j.Log != nil {
		return len(j.Log.Lines)
	}
	return 0
}

// scroll moves by lines; moving away from the end stops following it.
func (s *logScreen) scroll(by int) {
	last := max(0, s.lines()-s.height)
	if s.end {
		s.top = last
	}
	s.top = min(max(s.top+by, 0), last)
	s.end = s.top == last
}

// sideways moves by half of what is seen of a line, as far as the longest goes.
func (s *logScreen) sideways(by int) {
	s.left = min(max(s.left+by*max(s.width/2, 1), 0), s.rightmost())
}

// rightmost is how far lines can be scrolled to the left.
func (s *logScreen) rightmost() int {
	longest := 0
	if j := s.job(); j != nil && j.Log != nil {
		for _, l := range j.Log.Lines {
			longest = max(longest, ansi.StringWidth(l.String()))
		}
	}
	return max(0, longest-s.width)
}

// hits are the lines that hold the query.
func (s *logScreen) hits() []int {
	j := s.job()
	if j == nil || j.Log == nil || s.query == "" {
		return nil
	}
	var out []int
	for i, l := range j.Log.Lines {
		if s.column(l) >= 0 {
			out = append(out, i)
		}
	}
	return out
}

// column is the cell at which a line holds the query, in any case; -1 for nowhere.
func (s *logScreen) column(line text.Safe) int {
	low := strings.ToLower(line.String())
	if at := strings.Index(low, strings.ToLower(s.query)); at >= 0 {
		return ansi.StringWidth(low[:at])
	}
	return -1
}

// find goes to the next line, forward or backward, that holds the query, around
// the ends, and scrolls so that it is seen.
func (s *logScreen) find(by int) {
	hits := s.hits()
	if len(hits) == 0 {
		s.hit = -1
		return
	}
	at := slices.Index(hits, s.hit)
	if at < 0 && by > 0 {
		at = len(hits) - 1 // the next is the first
	}
	at = (max(at, 0) + by + len(hits)) % len(hits)
	s.hit, s.end = hits[at], false
	s.top = min(max(s.hit-s.height/2, 0), max(0, s.lines()-s.height))
	if from := s.column(s.job().Log.Lines[s.hit]); from < s.left || from+ansi.StringWidth(s.query) > s.left+s.width {
		s.left = min(max(from-s.width/4, 0), s.rightmost())
	}
}

// Render draws the log, with a line for the search below it.
func (s *logScreen) Render(width, height int) string {
	t, j := s.theme, s.job()
	if j == nil {
		return strings.Join(fit([]string{"This job is gone: the run has a new attempt."}, width, height), "\n")
	}
	m := t.work(j.Job.Status, j.Job.Conclusion)
	head := m.String() + "  " + t.strong.Render(j.Job.Name.String())
	remarks := s.remarks(j)
	if why := s.none(j); why != "" {
		return strings.Join(fit(slices.Concat([]string{clip(head, width), ""}, wrapText(why, width), remarks), width, height), "\n")
	}
	if height < logHeight+len(remarks) {
		remarks = nil
	}
	s.height, s.width = max(height-3-len(remarks), 1), max(width-logNumber, 1)
	s.scroll(0)
	s.sideways(0)
	to := min(s.top+s.height, len(j.Log.Lines))
	right := linesOf(j.Log, s.top, to)
	foot := s.found()
	if width < narrow { // the head has no room beside the name
		if foot == "" {
			foot = t.dim.Render(right)
		}
		right = ""
	}
	out := append([]string{spread(head, t.dim.Render(right), width)}, remarks...)
	for i := s.top; i < to; i++ {
		out = append(out, clip(t.logLine(j.Log.First+i, j.Log.Lines[i], s.left, i == s.hit), width))
	}
	out = fit(out, width, height-1)
	return strings.Join(append(out, clip(foot, width)), "\n")
}

// linesOf says which lines of a log are shown: those kept from index from up to to.
func linesOf(log *release.LogChunk, from, to int) string {
	return fmt.Sprintf("lines %s to %s of %s", thousands(log.First+from), thousands(log.First+to-1), thousands(log.Total))
}

// missing says why a job that is over has no log; empty when it has one.
func (s *scene) missing(j *release.JobState) string {
	switch {
	case !j.Log.Missing.IsZero():
		return "no log: " + j.Log.Missing.String()
	case len(j.Log.Lines) == 0 && len(j.Log.Annotations) > 0:
		return "no log: it failed before it began"
	}
	return ""
}

// none says why there is no log to show.
func (s *logScreen) none(j *release.JobState) string {
	switch {
	case j.Log != nil:
		return s.missing(j)
	case j.Job.Status != release.StatusCompleted:
		return "GitHub gives out a job's log once the job is finished."
	case j.Job.Conclusion == release.ConclusionSkipped:
		return "A job that was skipped has no log."
	case j.Job.NeverRan() && s.rejected(j.Job.RunID):
		return "no log: it was rejected before it began"
	case j.Job.NeverRan():
		return "no log: it failed before it began"
	case s.finished() != nil:
		return "no log: the watch ended before it was read"
	}
	return "The log is being read."
}

// rejected tells whether a run ended because somebody rejected what it waited for.
func (s *scene) rejected(run int64) bool {
	for _, st := range s.state.Stages {
		for i := range st.Runs {
			if st.Runs[i].Run.ID == run {
				return st.Runs[i].Rejected()
			}
		}
	}
	return false
}

// found is the search: what is typed, or what was found.
func (s *logScreen) found() string {
	switch {
	case s.searching:
		return s.theme.strong.Render("/") + typed(s.input)
	case s.query == "":
		return ""
	case s.hit < 0:
		return s.theme.warn.Render(glyphWarn + " nothing holds " + safe(s.query))
	}
	hits := s.hits()
	return s.theme.dim.Render(fmt.Sprintf("/%s  %s of %s", safe(s.query),
		thousands(slices.Index(hits, s.hit)+1), thousands(len(hits))))
}

// logActs are the keys of the log.
func (m *model) logActs() []act {
	k, s := m.keys, &m.log
	closes := key.NewBinding(key.WithKeys("esc", "l", "q"), key.WithHelp("esc", "close"))
	out := []act{sets(closes, func() { s.open = false }).first()}
	if s.hit >= 0 {
		out = append(out, moves(k.Hits, s.find))
	}
	if s.lines() > s.height {
		out = append(out, moves(k.Scroll, s.scroll))
	}
	if s.lines() > 0 {
		out = append(out, sets(k.Search, func() { s.searching = true; s.input.SetValue("") }))
	}
	if s.rightmost() > 0 {
		out = append(out, moves(k.Sideways, s.sideways))
	}
	if s.lines() > s.height {
		out = append(out, moves(k.Page, func(by int) { s.scroll(by * s.height) }),
			moves(k.Ends, func(by int) { s.scroll(by * s.lines()) }))
	}
	if j := s.job(); j != nil && !j.Job.URL.IsZero() {
		out = append(out, does(k.Open, func() tea.Cmd { return m.open(j.Job.URL.String()) }))
	}
	return out
}

// searchActs are the keys of the search; all others are the query's.
func (m *model) searchActs() []act {
	s := &m.log
	return []act{
		sets(as(m.keys.Next, "find"), func() {
			s.searching, s.query, s.hit = false, s.input.Value(), -1
			s.find(-1) // the end of a log is where the trouble is
		}).first(),
		sets(as(m.keys.Back, "cancel"), func() { s.searching = false }).first(),
		does(m.keys.Interrupt, m.leave),
	}
}

// failedJob is the first job that did not succeed; nil when there is none.
func (s *scene) failedJob() *release.JobState {
	for _, st := range s.state.Stages {
		for _, r := range st.Runs {
			for i := range r.Jobs {
				if failedWord(r.Jobs[i].Job.Conclusion) {
					return &r.Jobs[i]
				}
			}
		}
	}
	return nil
}

// maxRemarks is how many annotations of a job are shown, and logHeight from where on
// there is room for them above a log.
const (
	maxRemarks = 3
	logHeight  = 6
)

// remarks are what a failed job is annotated with beyond what its log says.
func (s *scene) remarks(j *release.JobState) []string {
	if j.Log == nil {
		return nil
	}
	all := j.Log.Remarks()
	var out []string
	for _, r := range all[:min(len(all), maxRemarks)] {
		out = append(out, s.theme.fail.Render(glyphFail)+" "+r.String())
	}
	return out
}

// failureHeight is how much room the end of a failed job's log takes at most.
func (s *scene) failureHeight(j *release.JobState) int {
	return len(j.Log.Lines) + len(s.remarks(j)) + 2
}

// failure is the end of a failed job's log, and what it is annotated with.
func (s *scene) failure(j *release.JobState, width, height int) []string {
	t, log := s.theme, j.Log
	title := t.fail.Render(glyphFail+" failed") + " " + j.Job.Name.String()
	for _, st := range j.Job.Steps {
		if failedWord(st.Conclusion) && width >= narrow { // else it stands above, in full
			title += t.dim.Render(" › ") + stepName(st)
			break
		}
	}
	lines := s.remarks(j)
	if why := s.missing(j); why != "" {
		return t.box(title, "", append([]string{why}, lines...), width, min(3+len(lines), max(height, 3)))
	}
	lines = lines[:min(len(lines), max((height-2)/3, 0))] // most of the room is the log's
	n := min(len(log.Lines), height-2-len(lines))
	for i := len(log.Lines) - n; i < len(log.Lines); i++ {
		lines = append(lines, t.logLine(log.First+i, log.Lines[i], 0, false))
	}
	right := ""
	if n > 0 {
		right = t.dim.Render(linesOf(log, len(log.Lines)-n, len(log.Lines)))
	}
	return t.box(title, right, lines, width, height)
}

// logNumber is the width of what stands before a line of a log.
const logNumber = 8

// logLine is a line of a log with its number, from a cell on. Lines that GitHub marks as errors
// carry a sign, for colour alone says nothing.
func (t theme) logLine(n int, line text.Safe, from int, hit bool) string {
	number := t.dim.Render(fmt.Sprintf("%5d", n))
	l := line.String()
	bad := strings.Contains(l, "##[error]")
	if from > 0 {
		l = ansi.TruncateLeft(l, from+1, "…")
	}
	switch {
	case hit:
		return t.title.Render(glyphHere) + number + "  " + t.strong.Render(l)
	case bad:
		return t.fail.Render(glyphWarn) + number + "  " + t.fail.Render(l)
	default:
		return " " + number + "  " + l
	}
}
