package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

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

	searching bool
	input     textinput.Model
	query     string
	hit       int // the line of the current hit, from 0; -1 for none
}

// show opens the log of a job, at its end.
func (s *logScreen) show(j *release.JobState) {
	s.open, s.id, s.end, s.hit, s.query, s.searching = true, j.Job.ID, true, -1, "", false
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

// find goes to the next line, forward or backward, that holds the query, around
// the ends.
func (s *logScreen) find(by int) {
	j, n := s.job(), s.lines()
	if j == nil || n == 0 || s.query == "" {
		return
	}
	at := s.hit
	if at < 0 && by < 0 {
		at = n
	}
	for range n {
		at = ((at+by)%n + n) % n
		if strings.Contains(strings.ToLower(j.Log.Lines[at].String()), strings.ToLower(s.query)) {
			s.hit, s.end = at, false
			s.top = min(max(at-s.height/2, 0), max(0, n-s.height))
			return
		}
	}
	s.hit = -1
}

// Render draws the log, with a line for the search below it.
func (s *logScreen) Render(width, height int) string {
	t, j := s.theme, s.job()
	if j == nil {
		return strings.Join(fit([]string{"This job is gone: the run has a new attempt."}, width, height), "\n")
	}
	m := t.work(j.Job.Status, j.Job.Conclusion)
	head := m.String() + "  " + t.strong.Render(j.Job.Name.String())
	if why := s.none(j); why != "" {
		return strings.Join(fit([]string{clip(head, width), "", why}, width, height), "\n")
	}
	s.height = max(height-3, 1)
	s.scroll(0)
	to := min(s.top+s.height, len(j.Log.Lines))
	right := fmt.Sprintf("lines %s to %s of %s", thousands(j.Log.First+s.top), thousands(j.Log.First+to-1), thousands(j.Log.Total))
	if width < narrow {
		right = fmt.Sprintf("%d/%d", j.Log.First+to-1, j.Log.Total)
	}
	out := []string{spread(head, t.dim.Render(right), width)}
	for i := s.top; i < to; i++ {
		out = append(out, clip(t.logLine(j.Log.First+i, j.Log.Lines[i], i == s.hit), width))
	}
	out = fit(out, width, height-1)
	return strings.Join(append(out, clip(s.found(), width)), "\n")
}

// none says why there is no log to show.
func (s *logScreen) none(j *release.JobState) string {
	switch {
	case j.Log != nil && !j.Log.Missing.IsZero():
		return "no log: " + j.Log.Missing.String()
	case j.Log != nil:
		return ""
	case j.Job.Status != release.StatusCompleted:
		return "GitHub gives out a job's log once the job is finished."
	case j.Job.Conclusion == release.ConclusionSkipped:
		return "A job that was skipped has no log."
	}
	return "The log is being read."
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
	return s.theme.dim.Render("/" + safe(s.query) + "  n next, N previous")
}

// keysLog acts on a key while a log is open.
func (m *model) keysLog(k tea.KeyMsg) tea.Cmd {
	s := &m.log
	switch {
	case s.searching:
		s.search(k, m.keys)
	case key.Matches(k, m.keys.Back, m.keys.Log):
		s.open = false
	case key.Matches(k, m.keys.Up):
		s.scroll(-1)
	case key.Matches(k, m.keys.Down):
		s.scroll(1)
	case key.Matches(k, m.keys.PageUp):
		s.scroll(-s.height)
	case key.Matches(k, m.keys.PageDown):
		s.scroll(s.height)
	case key.Matches(k, m.keys.Top):
		s.scroll(-s.lines())
	case key.Matches(k, m.keys.Bottom):
		s.scroll(s.lines())
	case key.Matches(k, m.keys.Search):
		s.searching = true
		s.input.SetValue("")
	case key.Matches(k, m.keys.NextHit):
		s.find(1)
	case key.Matches(k, m.keys.PrevHit):
		s.find(-1)
	case key.Matches(k, m.keys.Open):
		if j := s.job(); j != nil {
			return m.open(j.Job.URL.String())
		}
	}
	return nil
}

// search takes a key of the query.
func (s *logScreen) search(k tea.KeyMsg, keys keyMap) {
	switch {
	case key.Matches(k, keys.Back):
		s.searching = false
	case key.Matches(k, keys.Next):
		s.searching, s.query, s.hit = false, s.input.Value(), -1
		s.find(-1) // the end of a log is where the trouble is
	default:
		s.input, _ = s.input.Update(k)
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

// failure is the end of a failed job's log.
func (s *scene) failure(j *release.JobState, width, height int) []string {
	t, log := s.theme, j.Log
	title := t.fail.Render(glyphFail+" failed") + " " + j.Job.Name.String()
	for _, st := range j.Job.Steps {
		if failedWord(st.Conclusion) {
			title += t.dim.Render(" › ") + st.Name.String()
			break
		}
	}
	if !log.Missing.IsZero() {
		return t.box(title, "", []string{"no log: " + log.Missing.String()}, width, 3)
	}
	n := min(len(log.Lines), height-2)
	var lines []string
	for i := len(log.Lines) - n; i < len(log.Lines); i++ {
		lines = append(lines, t.logLine(log.First+i, log.Lines[i], false))
	}
	right := t.dim.Render(fmt.Sprintf("of %s lines %s l log", thousands(log.Total), glyphDot))
	return t.box(title, right, lines, width, height)
}

// logLine is a line of a log with its number. Lines that GitHub marks as errors
// carry a sign, for colour alone says nothing.
func (t theme) logLine(n int, line text.Safe, hit bool) string {
	number := t.dim.Render(fmt.Sprintf("%5d", n))
	switch l := line.String(); {
	case hit:
		return t.title.Render(glyphHere) + number + "  " + t.strong.Render(l)
	case strings.Contains(l, "##[error]"):
		return t.fail.Render(glyphWarn) + number + "  " + t.fail.Render(l)
	default:
		return " " + number + "  " + l
	}
}
