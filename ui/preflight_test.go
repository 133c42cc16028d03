package ui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// judged is a console that stands at the verdict of a record.
func judged(t *testing.T, rec []release.Stamped) *harness {
	t.Helper()
	return start(t, byFlag(), rec, toPreflight()...)
}

func TestTheWorstFindingComesFirst(t *testing.T) {
	h := judged(t, recordtest.NoGo())
	var got []string
	last := -1
	for _, c := range h.m.preflight.ordered() {
		r := rank(c.Finding)
		if r < last {
			t.Errorf("%s stands below a lesser one", c.Started.ID)
		}
		last = r
		got = append(got, c.Started.ID)
	}
	if want := []string{"ci.green", "branch.rules", "version.files", "gov.satisfiable"}; !slices.Equal(got[:4], want) {
		t.Errorf("%q, want %q", got[:4], want)
	}
	if f := h.m.preflight.finding(); f == nil || f.ID != "ci.green" {
		t.Errorf("the worst is not selected: %v", f)
	}
	if first := h.m.state.Checks[0].Started.ID; first != "repo.access" {
		t.Errorf("drawing changed the state: %s", first)
	}
}

func TestMovingThroughTheFindings(t *testing.T) {
	for _, tt := range []struct {
		name     string
		keys     []string
		selected string
	}{
		{"down", []string{"down"}, "branch.rules"},
		{"j and k", []string{"j", "j", "k"}, "branch.rules"},
		{"up from the first", []string{"up"}, "ci.green"},
		{"down and up", []string{"down", "down", "up", "up", "up"}, "ci.green"},
		{"down from the last", strings.Split(strings.Repeat("down ", 40)+"up", " "), "tag.version"},
		{"scrolling the details selects nothing else", []string{"down", "d", "down", "up", "down"}, "branch.rules"},
		{"nor does closing them", []string{"down", "d", "esc"}, "branch.rules"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := judged(t, recordtest.NoGo())
			h.press(tt.keys...)
			if f := h.m.preflight.finding(); f == nil || f.ID != tt.selected {
				t.Errorf("selected %v, want %s\n%s", f, tt.selected, h.m.View())
			}
			if !slices.Equal(h.engine.calls, toPreflight()) || h.m.screen != onPreflight {
				t.Errorf("moving asked %q", h.engine.calls)
			}
		})
	}
}

func TestKeysOfThePreflight(t *testing.T) {
	again := append(toPreflight(), "check")
	for _, tt := range []struct {
		name     string
		rec      []release.Stamped
		keys     []string
		calls    []string
		on       screen
		expanded bool
	}{
		{"details", recordtest.NoGo(), []string{"d"}, toPreflight(), onPreflight, true},
		{"details and back", recordtest.NoGo(), []string{"d", "d"}, toPreflight(), onPreflight, false},
		{"esc closes the details first", recordtest.NoGo(), []string{"d", "esc"}, toPreflight(), onPreflight, false},
		{"esc goes to the choice", recordtest.NoGo(), []string{"esc"}, toPreflight(), onPlan, false},
		{"enter on a no-go shows details", recordtest.NoGo(), []string{"enter"}, toPreflight(), onPreflight, true},
		{"enter twice on a no-go", recordtest.NoGo(), []string{"enter", "enter"}, toPreflight(), onPreflight, false},
		{"enter on a go", recordtest.Clean(), []string{"enter"}, toPreflight(), onConfirm, false},
		{"check again", recordtest.NoGo(), []string{"r"}, again, onPreflight, false},
		{"check again closes the details", recordtest.NoGo(), []string{"d", "r"}, again, onPreflight, false},
		{"keys of other screens", recordtest.NoGo(), []string{"a", "R", "w", "y", "x", "c", "/", "n", "tab"}, toPreflight(), onPreflight, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := start(t, byFlag(), tt.rec, tt.calls...)
			h.press(tt.keys...)
			if !slices.Equal(h.engine.calls, tt.calls) {
				t.Errorf("asked %q, want %q", h.engine.calls, tt.calls)
			}
			if h.m.screen != tt.on || h.m.preflight.expanded != tt.expanded || h.m.dialog != nil || h.quit {
				t.Errorf("screen %d, expanded %v, want %d, %v\n%s", h.m.screen, h.m.preflight.expanded, tt.on, tt.expanded, h.m.View())
			}
		})
	}
}

// Before there is a verdict only what looks may be done.
func TestNothingActsBeforeTheVerdict(t *testing.T) {
	for _, busy := range []bool{true, false} {
		h := judged(t, recordtest.Clean())
		h.m.busy = busy
		h.m.state.Judged = busy // an earlier verdict while it is checked again, or none
		h.press("enter", "r", "esc")
		h.unguard()
		h.press("ckan-2.11.6", "enter")
		if h.m.screen != onPreflight || !slices.Equal(h.engine.calls, toPreflight()) {
			t.Errorf("busy %v: screen %d, asked %q", busy, h.m.screen, h.engine.calls)
		}
		if line := lastLine(h.m.View()); strings.Contains(line, "confirm") || strings.Contains(line, "check again") {
			t.Errorf("busy %v: offered: %s", busy, line)
		}
	}
}

func lastLine(view string) string {
	lines := strings.Split(view, "\n")
	return lines[len(lines)-1]
}

func TestThePreflightWithoutAnyCheck(t *testing.T) {
	m := prepare(t, Options{}, nil).m
	m.screen = onPreflight
	for _, k := range []string{"down", "up", "d", "down", "o", "d"} {
		m.Update(keyMsgs(k)[0])
		m.View()
	}
	if m.preflight.selected != "" || m.preflight.finding() != nil || m.preflight.link() != "" {
		t.Errorf("selected %q", m.preflight.selected)
	}
}

func TestThePageIsThatOfTheWorstEvidence(t *testing.T) {
	page := func(o checks.Outcome, url string) checks.Evidence {
		return checks.Evidence{Outcome: o, URL: text.Clean(url)}
	}
	for _, tt := range []struct {
		name     string
		evidence []checks.Evidence
		want     string
	}{
		{"none", nil, "There is no page for this."},
		{"none with a page", []checks.Evidence{page(checks.Fail, "")}, "There is no page for this."},
		{"a pass only", []checks.Evidence{page(checks.Pass, "https://a")}, "https://a"},
		{"the failure", []checks.Evidence{page(checks.Pass, "https://a"), page(checks.Warn, "https://b"),
			page(checks.Fail, "https://c"), page(checks.Unknown, "https://d")}, "https://c"},
		{"unknown before a warning", []checks.Evidence{page(checks.Warn, "https://a"), page(checks.Unknown, "https://b")}, "https://b"},
		{"the first of two", []checks.Evidence{page(checks.Fail, "https://a"), page(checks.Fail, "https://b")}, "https://a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := judged(t, recordtest.NoGo())
			h.m.preflight.finding().Evidence = tt.evidence
			if h.press("o"); h.m.notice != tt.want {
				t.Errorf("%q, want %q", h.m.notice, tt.want)
			}
		})
	}
}

func TestThePlanLiesOverTheScreen(t *testing.T) {
	for _, closes := range []string{"esc", "p", "q"} {
		h := judged(t, recordtest.NoGo())
		h.m.Update(tea.WindowSizeMsg{Width: 80, Height: 14})
		h.press("p", "down", "down", "up", "r", "enter", "d")
		if !h.m.planOpen || h.m.planAt.at != 1 || h.m.preflight.expanded {
			t.Errorf("open %v, at %d", h.m.planOpen, h.m.planAt.at)
		}
		h.press("up", "up", "up")
		if view := h.m.View(); h.m.planAt.at != 0 || !strings.Contains(view, "ckan 2.11.6 from dev-v2.11") {
			t.Errorf("at %d:\n%s", h.m.planAt.at, view)
		}
		h.press("down", closes)
		if h.m.planOpen || h.quit || h.m.screen != onPreflight || !slices.Equal(h.engine.calls, toPreflight()) {
			t.Errorf("%s: open %v, quit %v, asked %q", closes, h.m.planOpen, h.quit, h.engine.calls)
		}
	}
}

// What was not found is not counted, and what does not apply is no pass. Where the
// counts do not fit beside the verdict they stand below it, whole.
func TestTheVerdictCounts(t *testing.T) {
	for _, tt := range []struct {
		verdict checks.Verdict
		want    string
	}{
		{checks.Verdict{Go: true, Pass: 14}, "✓ GO  14 pass"},
		{checks.Verdict{Go: true, Pass: 14, NotApplicable: 3}, "✓ GO  14 pass · 3 n/a"},
		{checks.Verdict{Go: true, Unknown: 1, Pass: 14}, "! GO  1 unknown · 14 pass"},
		{checks.Verdict{Go: true, Warn: 1, Pass: 14}, "! GO  1 warn · 14 pass"},
		{checks.Verdict{Block: 1, Unknown: 2, Warn: 3, Waived: 4, Pass: 5, NotApplicable: 6},
			"✗ NO-GO  1 block · 2 unknown · 3 warn · 4 waived · 5 pass · 6 n/a"},
	} {
		m := replay(t, recordtest.Before(recordtest.NoGo(), 4.9), onPreflight)
		m.state.Verdict = tt.verdict
		for _, w := range []int{40, 60, 80, 200} {
			m.Update(tea.WindowSizeMsg{Width: w, Height: 24})
			all := strings.Join(strings.FieldsFunc(m.View(), func(r rune) bool { return r == '\n' || r == ' ' }), " ")
			all = strings.Replace(all, " 0:03", "", 1)
			for _, count := range strings.Split(strings.SplitN(tt.want, "  ", 2)[1], " · ") {
				if !strings.Contains(all, count) {
					t.Errorf("%d: no %q:\n%s", w, count, m.View())
				}
			}
			if w >= 80 && !strings.Contains(m.View(), tt.want) || strings.Contains(all, " 0 ") {
				t.Errorf("%d: no %q, or a zero:\n%s", w, tt.want, m.View())
			}
		}
	}
}

// A plan names its own checks, and may do it at length: the ends of two names tell
// them apart, and the pane has the whole of one.
func TestLongIDsOfOwnChecks(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 3), onPreflight)
	const long = "own.the-changelog-of-the-documentation-names-the-version"
	for _, id := range []string{long + "-in-english", long + "-in-french"} {
		emit(m, release.CheckStarted{ID: id, Title: "The changelog names it", Severity: checks.SeverityBlock},
			release.CheckDone{Finding: checks.Finding{ID: id, Title: "The changelog names it", Severity: checks.SeverityBlock,
				Outcome: checks.Fail, Summary: text.Clean("2.11.6 is not on the page"), Remedy: "publish the page"}})
	}
	emit(m, release.Judged{})
	for _, size := range [][2]int{{80, 24}, {120, 40}, {160, 40}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		holds(t, m.View(), []string{"english", "french", "2.11.6 is not on the page", "publish the page", "─ " + long + "-in-english"}, nil)
	}
}
