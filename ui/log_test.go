package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// longLog is a console with a log of n lines open, of which those in hits hold
// "needle".
func longLog(t *testing.T, n int, hits ...int) *harness {
	t.Helper()
	h := released(t, recordtest.Before(recordtest.Failed(), 395))
	h.m.watching = true
	j := h.m.failedJob()
	lines := make([]text.Safe, n)
	for i := range lines {
		lines[i] = text.Clean(fmt.Sprintf("line %d", i+1))
		if slices.Contains(hits, i+1) {
			lines[i] = text.Clean(fmt.Sprintf("line %d Needle", i+1))
		}
	}
	j.Log = &release.LogChunk{JobID: j.Job.ID, RunID: j.Job.RunID, First: 1, Total: n, Lines: lines}
	h.press("l")
	h.m.View()
	return h
}

func TestLogScrolls(t *testing.T) {
	const n = 200
	for _, tt := range []struct {
		name string
		keys []string
		top  func(height int) int
		end  bool
	}{
		{"opens at the end", nil, func(h int) int { return n - h }, true},
		{"up", []string{"up", "k"}, func(h int) int { return n - h - 2 }, false},
		{"down at the end stays", []string{"down"}, func(h int) int { return n - h }, true},
		{"up and down", []string{"up", "up", "j"}, func(h int) int { return n - h - 1 }, false},
		{"the first line", []string{"g"}, func(int) int { return 0 }, false},
		{"up from the first line", []string{"g", "up", "pgup"}, func(int) int { return 0 }, false},
		{"the last line", []string{"g", "G"}, func(h int) int { return n - h }, true},
		{"a page down", []string{"g", "pgdown"}, func(h int) int { return h }, false},
		{"a page up", []string{"pgup"}, func(h int) int { return n - 2*h }, false},
		{"space is a page", []string{"g", " ", " "}, func(h int) int { return 2 * h }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := longLog(t, n)
			asked := len(h.engine.calls)
			h.press(tt.keys...)
			view := h.m.View()
			if want := tt.top(h.m.log.height); h.m.log.top != want || h.m.log.end != tt.end {
				t.Errorf("top %d, end %v, want %d, %v", h.m.log.top, h.m.log.end, want, tt.end)
			}
			if want := fmt.Sprintf("lines %d to %d of %d", h.m.log.top+1, h.m.log.top+h.m.log.height, n); !strings.Contains(view, want) {
				t.Errorf("no %q:\n%s", want, view)
			}
			if len(h.engine.calls) != asked || !h.m.log.open {
				t.Errorf("scrolling asked %q, open = %v", h.engine.calls[asked:], h.m.log.open)
			}
		})
	}
}

func TestLogFinds(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		hit  int // from 1; 0 for none
	}{
		{"the last first", []string{"/", "needle", "enter"}, 150},
		{"in any case", []string{"/", "NEEDLE", "enter"}, 150},
		{"backwards", []string{"/", "needle", "enter", "N"}, 50},
		{"backwards around the start", []string{"/", "needle", "enter", "N", "N", "N"}, 150},
		{"forwards around the end", []string{"/", "needle", "enter", "n"}, 10},
		{"not there", []string{"/", "haystack", "enter", "n", "N"}, 0},
		{"nothing typed", []string{"/", "enter", "n", "N"}, 0},
		{"given up", []string{"/", "needle", "esc", "n"}, 0},
		{"given up, the last search stays", []string{"/", "needle", "enter", "/", "other", "esc", "N"}, 50},
		{"letters of keys are letters", []string{"/", "qlGngb?", "enter"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := longLog(t, 200, 10, 50, 150)
			asked := len(h.engine.calls)
			h.press(tt.keys...)
			view := h.m.View()
			if got := h.m.log.hit + 1; got != tt.hit {
				t.Errorf("found line %d, want %d", got, tt.hit)
			}
			if tt.hit > 0 && !strings.Contains(view, fmt.Sprintf("line %d Needle", tt.hit)) {
				t.Errorf("line %d is not in sight:\n%s", tt.hit, view)
			}
			if !h.m.log.open || h.quit || h.m.help || h.m.budget || len(h.engine.calls) != asked {
				t.Errorf("a key of the search acted: %q", h.engine.calls[asked:])
			}
		})
	}
}

func TestAJobWithoutALog(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*release.JobState)
		want string
	}{
		{"missing", func(j *release.JobState) { j.Log = &release.LogChunk{Missing: text.Clean("it has expired")} }, "no log: it has expired"},
		{"failed before it began", func(j *release.JobState) {
			j.Log = &release.LogChunk{Failed: true, Annotations: []release.Annotation{{Level: "failure", Message: text.Clean("payments have failed")}}}
		}, "no log: it failed before it began"},
		{"running", func(j *release.JobState) { j.Log, j.Job.Status, j.Job.Conclusion = nil, "in_progress", "" },
			"GitHub gives out a job's log once the job is finished."},
		{"skipped", func(j *release.JobState) { j.Log, j.Job.Conclusion = nil, release.ConclusionSkipped }, "A job that was skipped has no log."},
		{"not read yet", func(j *release.JobState) { j.Log = nil }, "The log is being read."},
		{"never ran", func(j *release.JobState) { j.Log, j.Job.Steps = nil, nil }, "no log: it failed before it began"},
		{"gone", func(j *release.JobState) { j.Job.ID = -1 }, "This job is gone: the run has a new attempt."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := longLog(t, 3)
			tt.set(h.m.failedJob())
			h.press("up", "down", "pgdown", "G", "g", "/", "x", "enter", "n", "N")
			if view := h.m.View(); !strings.Contains(view, tt.want) || strings.Contains(view, "line 1") {
				t.Errorf("no %q:\n%s", tt.want, view)
			}
			if h.press("q"); h.m.log.open || h.quit {
				t.Errorf("q: open = %v, quit = %v", h.m.log.open, h.quit)
			}
		})
	}
}

// Where no log will come, it is not said to be on its way.
func TestALogThatNeverComes(t *testing.T) {
	rejection := release.Approval{State: "rejected", By: text.Clean("mara"), Environments: []text.Safe{text.Clean("pypi")}}
	for _, tt := range []struct {
		name string
		set  func(*release.RunState, *release.JobState, *release.State)
		want string
	}{
		{"rejected", func(r *release.RunState, j *release.JobState, _ *release.State) {
			for i := range r.Jobs {
				r.Jobs[i].Job.Steps = nil
			}
			r.Run.Status, r.Run.Conclusion = release.StatusCompleted, "failure"
			r.Approvals, r.Earlier = append(r.Approvals, rejection), 0
		}, "no log: it was rejected before it began"},
		{"the watch is over", func(_ *release.RunState, _ *release.JobState, s *release.State) {
			s.Finished = &release.Finished{Outcome: release.Left}
		}, "no log: the watch ended before it was read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := longLog(t, 3)
			j := h.m.failedJob()
			j.Log = nil
			for i := range h.m.state.Stages {
				for k := range h.m.state.Stages[i].Runs {
					if r := &h.m.state.Stages[i].Runs[k]; r.Run.ID == j.Job.RunID {
						tt.set(r, j, h.m.state)
					}
				}
			}
			if view := h.m.View(); !strings.Contains(view, tt.want) || strings.Contains(view, "being read") {
				t.Errorf("no %q:\n%s", tt.want, view)
			}
		})
	}
}

// What a failed job is annotated with is shown with its log, in every size that has
// room for it, and where its end is shown.
func TestAnnotationsStandWithTheLog(t *testing.T) {
	h := longLog(t, 100)
	h.m.failedJob().Log.Annotations = []release.Annotation{
		{Level: "failure", Message: text.Clean("line 100")}, // the log says so
		{Level: "failure", Message: text.Clean("no space left"), Path: text.Clean("setup.py"), Line: 3}}
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 12}} {
		h.m.width, h.m.height = size[0], size[1]
		view := h.m.View()
		if strings.Count(view, "setup.py:3: no space left") != 1 || strings.Count(view, "failure: line 100") != 0 || !strings.Contains(view, "line 100") {
			t.Errorf("%v:\n%s", size, view)
		}
		if n := strings.Count(view, "\n") + 1; n > size[1] {
			t.Errorf("%v: %d lines", size, n)
		}
	}
	h.m.width, h.m.height = 120, 40
	h.press("q")
	if view := h.m.View(); !strings.Contains(view, "setup.py:3: no space left") {
		t.Errorf("the end of the log stands without it:\n%s", view)
	}
}

func TestLogOpensThePageOfItsJob(t *testing.T) {
	h := longLog(t, 3)
	j := h.m.failedJob()
	h.press("o")
	if j.Job.URL.IsZero() || !strings.Contains(h.m.notice, j.Job.URL.String()) {
		t.Errorf("notice %q, want %q", h.m.notice, j.Job.URL)
	}
	j.Job.ID = -1
	if h.press("o"); h.m.notice != "" {
		t.Errorf("a page of a job that is gone: %q", h.m.notice)
	}
}

func TestNoLogIsOpenedWithoutAJob(t *testing.T) {
	h := waiting(t)
	h.m.tree.cursor = "stage package"
	h.press("l")
	if h.m.log.open || !strings.Contains(h.m.View(), "there is no log to show") {
		t.Errorf("open = %v:\n%s", h.m.log.open, h.m.View())
	}
}

// A line that is longer than the screen is read to its end.
func TestLongLogLinesScrollSideways(t *testing.T) {
	h := longLog(t, 3)
	h.m.failedJob().Log.Lines[1] = text.Clean(strings.Repeat("a long line ", 20) + "that ENDS")
	for _, tt := range []struct {
		keys      []string
		has, lack string
	}{
		{nil, "line 1", "that ENDS"},
		{[]string{"right"}, "…", "line 1"},
		{[]string{"right", "right", "right", "right", "right", "right", "right"}, "that ENDS", "line 1"},
		{[]string{"left", "left", "left", "left", "left", "left", "left", "left"}, "line 1", "that ENDS"},
	} {
		h.press(tt.keys...)
		if view := h.m.View(); !strings.Contains(view, tt.has) || strings.Contains(view, tt.lack) {
			t.Errorf("%q: want %q and no %q:\n%s", tt.keys, tt.has, tt.lack, view)
		}
	}
	if h.press("/", "that ends", "enter"); !strings.Contains(h.m.View(), "that ENDS") {
		t.Errorf("a hit far to the right is not in sight:\n%s", h.m.View())
	}
	if h.m.View(); !h.m.log.open || !strings.Contains(h.m.View(), "    3  ") {
		t.Errorf("the numbers are scrolled away:\n%s", h.m.View())
	}
}

func TestShortLogLinesDoNotScrollSideways(t *testing.T) {
	h := longLog(t, 3).press("right", "right", "left")
	if view := h.m.View(); h.m.log.left != 0 || strings.Contains(view, "sideways") {
		t.Errorf("scrolled by %d:\n%s", h.m.log.left, view)
	}
}

// The search says which of how many lines it stands at.
func TestLogCountsItsHits(t *testing.T) {
	h := longLog(t, 200, 10, 50, 150).press("/", "needle", "enter")
	for _, tt := range []struct{ key, want string }{
		{"", "/needle  3 of 3"}, {"n", "/needle  1 of 3"}, {"n", "/needle  2 of 3"}, {"N", "/needle  1 of 3"}, {"N", "/needle  3 of 3"},
	} {
		if tt.key != "" {
			h.press(tt.key)
		}
		if view := h.m.View(); !strings.Contains(view, tt.want) {
			t.Errorf("after %q no %q:\n%s", tt.key, tt.want, view)
		}
	}
	if h.press("/", "haystack", "enter"); strings.Contains(h.m.View(), " of 3") || strings.Contains(h.m.View(), "n N") {
		t.Errorf("hits of an earlier search:\n%s", h.m.View())
	}
}

// Where a hit stands is told in cells, as it is drawn.
func TestColumnsOfHits(t *testing.T) {
	for _, tt := range []struct {
		line, query string
		want        int
	}{
		{"a needle", "NEEDLE", 2}, {"日本 needle", "needle", 5}, {"nothing", "needle", -1}, {"", "needle", -1},
	} {
		s := logScreen{query: tt.query}
		if got := s.column(text.Clean(tt.line)); got != tt.want {
			t.Errorf("%q in %q at %d, want %d", tt.query, tt.line, got, tt.want)
		}
	}
}

// The end of a failed job's log says which lines of how many it is.
func TestTheEndOfALogSaysWhichLines(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Failed(), 395), onRelease)
	j := m.failedJob()
	last := j.Log.First + len(j.Log.Lines) - 1
	for _, width := range []int{40, 120} { // the log itself says it, too, at every width
		m.width, m.log.open, m.log.id = width, true, j.Job.ID
		holds(t, m.View(), []string{j.Job.Name.String(), fmt.Sprintf("lines %d to %d of %d", j.Log.First, last, j.Log.Total)}, nil)
	}
	m.log.open = false
	holds(t, m.View(), []string{fmt.Sprintf("to %d of %d ┐", last, j.Log.Total)}, []string{" of 840 lines"})
}
