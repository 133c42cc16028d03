package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

func TestTypingAVersion(t *testing.T) {
	const typedPlan = "plan dev-v2.11 2.11.7"
	toInput := []string{"enter", "down", "down", "enter"}
	for _, tt := range []struct {
		name  string
		keys  []string
		plan  string // what was asked for; empty: nothing
		typed string
	}{
		{"enter on nothing", []string{"enter", "enter"}, "", ""},
		{"spaces are nothing", []string{"   ", "enter"}, "", "   "},
		{"esc", []string{"2.11.7", "esc"}, "", "2.11.7"},
		{"esc and again begins anew", []string{"9", "esc", "enter"}, "", ""},
		{"spaces around it", []string{" 2.11.7 ", "enter"}, typedPlan, " 2.11.7 "},
		{"mended", []string{"2.11.8", "backspace", "7", "enter"}, typedPlan, "2.11.7"},
		{"keys are letters", []string{"qrbpojk"}, "", "qrbpojk"},
		{"the plan is shown, letters are keys again", []string{"2.11.7", "enter", "j", "k", "x"}, typedPlan, "2.11.7"},
		{"back from the plan to what was typed", []string{"2.11.7", "enter", "esc"}, typedPlan, "2.11.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := start(t, Options{}, recordtest.Clean(), "survey", tt.plan)
			h.press(append(slices.Clone(toInput), tt.keys...)...)
			want := []string{"survey"}
			if tt.plan != "" {
				want = append(want, tt.plan)
			}
			if !slices.Equal(h.engine.calls, want) {
				t.Errorf("asked %q, want %q", h.engine.calls, want)
			}
			if got := h.m.plan.input.Value(); got != tt.typed {
				t.Errorf("typed %q, want %q", got, tt.typed)
			}
			if h.quit || h.m.help || h.m.budget || h.m.planOpen || h.m.screen != onPlan {
				t.Errorf("a letter acted:\n%s", h.m.View())
			}
		})
	}
}

// The plan of a typed version scrolls like any other, and opens at its top later.
func TestTheShownPlanScrolls(t *testing.T) {
	h := start(t, Options{}, recordtest.Clean(), "survey", "plan dev-v2.11 2.11.7", "check")
	h.m.Update(tea.WindowSizeMsg{Width: 80, Height: 12})
	h.press("enter", "down", "down", "enter", "2.11.7", "enter", "down", "j", "k", "down")
	if h.m.View(); h.m.planAt.at != 2 {
		t.Errorf("scrolled to %d", h.m.planAt.at)
	}
	h.press("enter", "p")
	if !h.m.planOpen || h.m.planAt.at != 0 {
		t.Errorf("open %v, at %d", h.m.planOpen, h.m.planAt.at)
	}
	if !slices.Equal(h.engine.calls, []string{"survey", "plan dev-v2.11 2.11.7", "check"}) {
		t.Errorf("asked %q", h.engine.calls)
	}
}

func TestChoosingALine(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		line int
		bump int
		deep bool
	}{
		{"up from the first", []string{"up"}, 0, 0, false},
		{"down from the last", []string{"down", "down", "down"}, 1, 0, false},
		{"esc at the lines stays", []string{"esc", "esc"}, 0, 0, false},
		{"deep", []string{"enter"}, 0, 0, true},
		{"down to the typed one", []string{"enter", "down", "down", "down", "down"}, 0, 2, true},
		{"another line begins at its first version", []string{"enter", "down", "esc", "down"}, 1, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := start(t, Options{}, recordtest.Clean(), "survey")
			h.press(tt.keys...)
			if s := h.m.plan; s.line != tt.line || s.bump != tt.bump || s.deep != tt.deep {
				t.Errorf("line %d, version %d, deep %v", s.line, s.bump, s.deep)
			}
			if len(h.engine.calls) != 1 || h.quit {
				t.Errorf("asked %q", h.engine.calls)
			}
		})
	}
}

func TestReadingTheLinesAgain(t *testing.T) {
	h := start(t, Options{}, recordtest.Clean(), "survey").press("r")
	if h.engine.count("survey") != 2 || len(h.engine.calls) != 2 {
		t.Errorf("asked %q", h.engine.calls)
	}
	h.m.busy = true
	if h.press("r", "enter", "down"); len(h.engine.calls) != 2 || h.m.plan.line != 0 || h.m.plan.deep {
		t.Errorf("acted while it reads: %q", h.engine.calls)
	}
}

// A repository without a release line, and one before its survey, offer nothing.
func TestNothingToChoose(t *testing.T) {
	h := start(t, Options{}, recordtest.Clean(), "survey")
	h.m.plan.surveyed(release.Survey{Repo: h.m.opts.Repo}, release.Want{})
	for range 2 {
		h.press("enter", "down", "enter", "2", "enter", "esc")
		if w, ok := h.m.plan.want(); ok || len(h.engine.calls) != 1 {
			t.Errorf("want %+v, asked %q", w, h.engine.calls)
		}
		if h.m.plan.survey != nil && !strings.Contains(h.m.View(), "no release line") {
			t.Errorf("not said:\n%s", h.m.View())
		}
		h.m.plan.survey = nil
	}
}

func TestAProblemGoesWithTheNextKeyThatMatters(t *testing.T) {
	h := prepare(t, Options{}, recordtest.Clean(), "survey", "plan dev-v2.11 1")
	h.engine.errs["plan dev-v2.11 1"] = &release.Error{Kind: release.KindUsage, Op: "version 1", Err: errors.New("is below 2.11.5")}
	h.run(h.m.Init())
	h.press("enter", "down", "down", "enter", "1", "enter")
	if !strings.Contains(h.m.View(), "is below 2.11.5") || h.quit {
		t.Fatalf("the problem is not shown:\n%s", h.m.View())
	}
	if h.press("2"); strings.Contains(h.m.View(), "is below") || h.m.plan.input.Value() != "12" {
		t.Errorf("the problem is still shown:\n%s", h.m.View())
	}
}

// The table of lines gives each column what stands in it: at forty columns a tag of
// the usual length is whole, and what is too long is cut in its middle.
func TestTheTableOfLines(t *testing.T) {
	for _, tt := range []struct {
		line, last string
		running    bool
		want       string
	}{
		{"dev-v2.11", "harbour-2.11.5", false, "▸ dev-v2.11 harbour-2.11.5 41 commits"},
		{"dev-v2.11", "harbour-2.11.5", true, "▸ dev-v2.11 harbour-2.11.5 ● in flight"},
		{"maintenance/version-2.11", "harbour-2.11.5", false, "▸ mai…n-2.11 harbour-2.11.5 41 commits"},
		{"maintenance/version-2.11", "the-harbour-project-2.11.5", false, "▸ mai…n-2.11 the-…ct-2.11.5 41 commits"},
	} {
		h := start(t, Options{}, recordtest.Clean(), "survey")
		l := &h.m.plan.survey.Lines[0]
		l.Line, l.LastTag = tt.line, tt.last
		if tt.running {
			l.Active = []release.Run{{Branch: text.Clean(tt.last)}}
		}
		h.m.width = minWidth
		holds(t, h.m.View(), []string{tt.want}, nil)
	}
}
