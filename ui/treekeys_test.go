package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

const (
	github  = "https://github.com/ckan/ckan"
	noPage  = "There is no page for this."
	pypiRun = github + "/actions/runs/9001"
)

func TestThePageOfWhatIsSelected(t *testing.T) {
	for _, tt := range []struct{ cursor, want string }{
		{"stage package", github + "/tree/ckan-2.11.6"},
		{"stage deb", noPage}, // not triggered yet
		{"run 9001", pypiRun},
		{"gate 9001 pypi", pypiRun},
		{"job 901", pypiRun + "/job/901"},
		{"", pypiRun}, // follows: the gate
		{"a row that went away", pypiRun},
	} {
		t.Run(tt.cursor, func(t *testing.T) {
			var opened []string
			h := waiting(t)
			asked := len(h.engine.calls)
			h.m.tree.cursor = tt.cursor
			if h.press("o"); h.m.notice != tt.want {
				t.Errorf("without a browser: %q, want %q", h.m.notice, tt.want)
			}
			h.m.opts.OpenURL = func(string) error { return nil }
			h.m.work.openURL = func(u string) error { opened = append(opened, u); return errors.New("no browser") }
			h.press("o")
			switch {
			case tt.want == noPage && len(opened) > 0, tt.want != noPage && !slices.Equal(opened, []string{tt.want}):
				t.Errorf("opened %q, want %q", opened, tt.want)
			case tt.want != noPage && !strings.Contains(h.m.notice, "no browser"):
				t.Errorf("the browser's error is not shown: %q", h.m.notice)
			}
			if len(h.engine.calls) != asked || h.m.tree.cursor != tt.cursor {
				t.Errorf("opening a page asked %q", h.engine.calls[asked:])
			}
		})
	}
}

// ids are the rows of the tree as it is drawn.
func ids(m *model) (out []string) {
	m.View()
	for _, r := range m.tree.tree(m.tree.height) {
		out = append(out, r.id)
	}
	return out
}

func TestFolding(t *testing.T) {
	for _, tt := range []struct {
		name      string
		cursor    string
		keys      []string
		has, lack []string
	}{
		{"a stage", "stage package", []string{"enter"}, []string{"stage package", "stage deb"}, []string{"run 9001", "job 901"}},
		{"a stage and back", "stage package", []string{"enter", " "}, []string{"run 9001", "job 901"}, nil},
		{"a job shows its steps", "job 901", []string{"enter"}, []string{"step 901.1", "run 9002"}, nil},
		{"a job and back", "job 901", []string{"enter", "enter"}, []string{"job 901"}, []string{"step 901.1"}},
		{"one job at a time", "job 901", []string{"enter", "down", "down", "down", "down", "down", "down", "down", "enter"},
			[]string{"job 901", "step 903.1"}, []string{"step 901.1"}},
		{"a run does not fold", "run 9001", []string{"enter"}, []string{"run 9001", "job 901"}, nil},
		{"a gate does not fold", "gate 9001 pypi", []string{"enter"}, []string{"gate 9001 pypi", "job 901"}, nil},
		{"a stage without runs does not fold", "stage deb", []string{"enter"}, []string{"stage deb", "stage docker"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := waiting(t)
			h.m.View()
			asked := len(h.engine.calls)
			h.m.tree.cursor = tt.cursor
			h.press(tt.keys...)
			got := ids(h.m)
			for _, id := range tt.has {
				if !slices.Contains(got, id) {
					t.Errorf("no %s in %q", id, got)
				}
			}
			for _, id := range tt.lack {
				if slices.Contains(got, id) {
					t.Errorf("%s is shown in %q", id, got)
				}
			}
			if len(h.engine.calls) != asked || h.m.dialog != nil {
				t.Errorf("folding asked %q", h.engine.calls[asked:])
			}
		})
	}
}

func TestEscFollowsAgain(t *testing.T) {
	h := waiting(t).press("up", "up")
	if h.m.View(); h.m.tree.cursor == "" {
		t.Fatal("nothing is selected")
	}
	if h.press("esc"); h.m.tree.cursor != "" || h.m.tree.selected().gate == nil || h.quit {
		t.Errorf("selected %q, quit %v", h.m.tree.selected().id, h.quit)
	}
}

func TestATreeWithoutRows(t *testing.T) {
	h := prepare(t, Options{Attach: true}, nil)
	h.m.screen = onRelease
	h.press("up", "down", "enter", "l", "o", "a", "R", "w", "tab", "esc")
	if h.m.View(); h.m.tree.cursor != "" || h.m.log.open || h.m.dialog != nil || len(h.engine.calls) > 0 {
		t.Errorf("cursor %q, asked %q", h.m.tree.cursor, h.engine.calls)
	}
}

func TestWhichGateIsAskedFor(t *testing.T) {
	gate := func(name string, may bool) release.Gate {
		return release.Gate{Environment: text.Clean(name), CanApprove: may,
			Reviewers: []checks.Reviewer{{Name: text.Clean("ines")}}}
	}
	for _, tt := range []struct {
		name   string
		gates  []release.Gate
		cursor string
		title  string // of the dialog; empty: none opens
		notice string
	}{
		{"none", nil, "", "", "Nothing waits for an approval."},
		{"one", []release.Gate{gate("pypi", true)}, "", "Approve pypi?", ""},
		{"of others", []release.Gate{gate("pypi", false)}, "", "", "You may not approve pypi; it waits for ines."},
		{"the one that may be approved", []release.Gate{gate("signing", false), gate("pypi", true)}, "", "Approve pypi?", ""},
		{"that one from elsewhere", []release.Gate{gate("signing", false), gate("pypi", true)}, "job 901", "Approve pypi?", ""},
		{"the first of two", []release.Gate{gate("pypi", true), gate("docs", true)}, "job 901", "Approve pypi?", ""},
		{"the selected one", []release.Gate{gate("pypi", true), gate("docs", true)}, "gate 9001 docs", "Approve docs?", ""},
		{"the selected one is of others", []release.Gate{gate("signing", false), gate("pypi", true)}, "gate 9001 signing", "",
			"You may not approve signing; it waits for ines."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := waiting(t)
			asked := len(h.engine.calls)
			h.m.state.Stages[0].Runs[0].Gates = tt.gates
			h.m.tree.cursor = tt.cursor
			h.m.View()
			offered := strings.Contains(lastLine(h.m.View()), "a approve")
			h.press("a")
			title := ""
			if h.m.dialog != nil {
				title = h.m.dialog.title
			}
			if title != tt.title || h.m.notice != tt.notice {
				t.Errorf("dialog %q, notice %q, want %q, %q", title, h.m.notice, tt.title, tt.notice)
			}
			if offered != (tt.title != "") {
				t.Errorf("offered: %v", offered)
			}
			if len(h.engine.calls) != asked {
				t.Errorf("asking a person asked %q", h.engine.calls[asked:])
			}
		})
	}
}

func TestWhichRunIsRunAgain(t *testing.T) {
	for _, tt := range []struct {
		status, conclusion string
		offered            bool
	}{
		{release.StatusCompleted, "failure", true},
		{release.StatusCompleted, "timed_out", true},
		{release.StatusCompleted, release.ConclusionCancelled, true},
		{release.StatusCompleted, release.ConclusionGone, false},
		{release.StatusCompleted, release.ConclusionSuccess, false},
		{release.StatusCompleted, release.ConclusionSkipped, false},
		{"in_progress", "failure", false},
		{"in_progress", "", false},
	} {
		for _, cursor := range []string{"", "run 9001", "stage docker"} {
			t.Run(tt.status+" "+tt.conclusion+" "+cursor, func(t *testing.T) {
				h := waiting(t)
				asked := len(h.engine.calls)
				run := &h.m.state.Stages[0].Runs[0].Run
				run.Status, run.Conclusion = tt.status, tt.conclusion
				h.m.tree.cursor = cursor
				shown := strings.Contains(lastLine(h.m.View()), "R re-run")
				h.press("R")
				if (h.m.dialog != nil) != tt.offered || shown != tt.offered || (h.m.notice == "") != tt.offered {
					t.Errorf("dialog %v, key shown %v, notice %q, want %v", h.m.dialog != nil, shown, h.m.notice, tt.offered)
				}
				if len(h.engine.calls) != asked {
					t.Errorf("asked %q before anyone said yes", h.engine.calls[asked:])
				}
			})
		}
	}
}

func TestTheEndHasTwoViews(t *testing.T) {
	h := failedRelease(t)
	asked := len(h.engine.calls)
	for _, tt := range []struct {
		keys    []string
		summary bool
	}{
		{[]string{"tab"}, false}, {[]string{"up", "down", "esc"}, false}, {[]string{"tab"}, true},
		{[]string{"down", "down", "up", "up", "up"}, true},
	} {
		h.press(tt.keys...)
		if view := h.m.View(); h.m.showsSummary() != tt.summary || strings.Contains(view, "Next  ") != tt.summary {
			t.Errorf("%q: summary %v\n%s", tt.keys, h.m.showsSummary(), view)
		}
	}
	if h.m.summary.scroll.at != 0 || len(h.engine.calls) != asked || h.quit {
		t.Errorf("scrolled to %d, asked %q", h.m.summary.scroll.at, h.engine.calls[asked:])
	}
	running := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	if running.Update(keyMsgs("tab")[0]); running.summaryOff {
		t.Error("a release that goes on has a summary to turn off")
	}
}
