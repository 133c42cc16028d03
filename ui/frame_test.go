package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// No line is wider than the terminal and no frame is higher, at any size.
func TestFramesFitEverySize(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: left out with -short")
	}
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			m := scene(t)
			for w := 20; w <= 200; w += 9 {
				for h := 5; h <= 60; h += 5 {
					m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					checkFits(t, m.View(), w, h)
				}
			}
		})
	}
}

func checkFits(t *testing.T, view string, w, h int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > h {
		t.Fatalf("%d×%d: %d lines", w, h, len(lines))
	}
	for _, l := range lines {
		if n := ansi.StringWidth(l); n > w {
			t.Fatalf("%d×%d: a line of %d cells: %q", w, h, n, l)
		}
	}
}

// Columns are laid out to fit, not cut at the edge: the right edge of boxes and the
// durations are whole at every width that is drawn.
func TestColumnsAreNotCutAtTheEdge(t *testing.T) {
	m := scenes()["release-failed"](t)
	for w := minWidth; w <= 200; w++ {
		m.Update(tea.WindowSizeMsg{Width: w, Height: 30})
		for _, l := range strings.Split(m.View(), "\n") {
			l = strings.TrimRight(l, " ")
			if strings.Contains(l, "┌") && !strings.HasSuffix(l, "┐") {
				t.Fatalf("%d: the box is cut: %q", w, l)
			}
			if strings.Contains(l, " done ") && w < wide && !strings.ContainsAny(l[len(l)-1:], "0123456789") {
				t.Fatalf("%d: the duration is cut: %q", w, l)
			}
		}
	}
}

func TestNothingRawReachesTheFrame(t *testing.T) {
	for name, scene := range scenes() {
		m := scene(t)
		m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
		for _, r := range m.View() {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%s: %U in the frame", name, r)
			}
		}
	}
}

// What a plan or an engine's error says was not made safe where it was read.
func TestPlanAndErrorsAreCleaned(t *testing.T) {
	const evil = "x\x1b]0;owned\x07\x1b[2J\u202e"
	m := replay(t, recordtest.Before(recordtest.Clean(), 5), onPreflight)
	p := m.state.Plan
	p.Line, p.Tag, p.Project, p.Source = evil, evil, evil, evil
	p.Stages[0].Name, p.Stages[0].Workflows = evil, []string{evil}
	p.Stages[0].Artifacts[0].Name = evil
	m.Update(eventsMsg{{Seq: 99, Time: m.now, Event: release.PlanReady{Plan: p}}})
	m.confirm.calls = []release.Call{{Kind: release.CallDispatch, Stage: evil, Repo: p.Repo, Ref: evil, Workflow: evil}}
	m.notice = failed(&release.Error{Op: evil, Hint: evil})
	m.plan.problem = &release.Error{Op: evil, Hint: evil}
	m.plan.surveyed(release.Survey{Lines: []release.LineSurvey{{Line: evil, LastTag: evil}}, Source: evil}, release.Want{})
	m.plan.problem = &release.Error{Op: evil, Hint: evil}
	for _, on := range []screen{onPlan, onPreflight, onConfirm, onRelease} {
		m.screen = on
		for _, open := range []bool{false, true} {
			m.planOpen = open
			if v := m.View(); strings.ContainsAny(v, "\x1b\x07\u202e") {
				t.Fatalf("screen %d lets raw text through: %q", on, v)
			}
		}
	}
}

func TestStateIsAGlyphAndAWord(t *testing.T) {
	view := scenes()["release-failed"](t).View()
	for _, want := range []string{"✓ ", "done", "● ", "running", "✗ ", "failed in Build package"} {
		if !strings.Contains(view, want) {
			t.Errorf("no %q in\n%s", want, view)
		}
	}
}

// A retried read is said in words, with what comes next.
func TestTroubleIsShownAndGoes(t *testing.T) {
	if v := scenes()["release-retry"](t).View(); !strings.Contains(v, "GitHub answered 502; trying again in 4s (attempt 3)") {
		t.Errorf("the retry is not shown:\n%s", v)
	}
	if v := scenes()["release-midway"](t).View(); strings.Contains(v, "502") {
		t.Errorf("the retry is still shown:\n%s", v)
	}
}

func TestGlyphsAreOneCellWideAndHaveTwins(t *testing.T) {
	for _, g := range []string{glyphPass, glyphFail, glyphWarn, glyphUnknown, glyphRunning, glyphQueued, glyphGate,
		glyphAside, glyphHere, glyphDot, glyphCursor, "━", "─", "│", "┌", "┐", "└", "┘", "├", "…", "↑", "↓", "×", "›"} {
		if n := ansi.StringWidth(g); n != 1 {
			t.Errorf("%s is %d cells wide", g, n)
		}
		if got := toASCII(g); len(got) != 1 || got == "?" && g != "?" {
			t.Errorf("the twin of %s is %q", g, got)
		}
	}
}

func TestToASCIIKeepsWidthsAndColours(t *testing.T) {
	for _, tt := range [][2]string{
		{"plain", "plain"}, {"\x1b[1;31m✗ no\x1b[0m", "\x1b[1;31mx no\x1b[0m"},
		{"日本", "????"}, {"é", "?"}, {"", ""},
	} {
		if got := toASCII(tt[0]); got != tt[1] {
			t.Errorf("toASCII(%q) = %q, want %q", tt[0], got, tt[1])
		}
	}
}

// The colours are there when the terminal has them, and say nothing by themselves.
func TestColoursOnlyRepeatTheWords(t *testing.T) {
	m := scenes()["preflight-no-go"](t)
	bare := m.View()
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.ANSI)
	m.theme = newTheme(r, false)
	coloured := m.View()
	if !strings.Contains(coloured, "\x1b[") {
		t.Error("no colour in a terminal that has them")
	}
	if strings.Contains(bare, "\x1b") {
		t.Error("colour in a terminal that has none")
	}
	if ansi.Strip(coloured) != bare {
		t.Error("the frame says something else in colour")
	}
}

func TestNothingHasBegun(t *testing.T) {
	m := prepare(t, Options{}, nil).m
	for _, on := range []screen{onPlan, onPreflight, onConfirm, onRelease} {
		m.screen = on
		for _, w := range []int{40, 80, 120, 200} {
			m.Update(tea.WindowSizeMsg{Width: w, Height: 24})
			checkFits(t, m.View(), w, 24)
		}
	}
	m.Update(tea.WindowSizeMsg{})
	if got := m.View(); got != "" {
		t.Errorf("without a size: %q", got)
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", -time.Second: "0:00", 59 * time.Second: "0:59", 61 * time.Second: "1:01",
		time.Hour + 2*time.Minute + 3*time.Second: "1:02:03",
	} {
		if got := lasted(d); got != want {
			t.Errorf("lasted(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestSpreadKeepsTheRightSide(t *testing.T) {
	for _, tt := range []struct {
		left, right string
		width       int
		want        string
	}{
		{"left", "REHEARSAL", 20, "left       REHEARSAL"},
		{"a long left side", "REHEARSAL", 20, "a long le… REHEARSAL"},
		{"left", "REHEARSAL", 8, "REHEARS…"},
		{"left", "", 3, "le…"},
	} {
		if got := spread(tt.left, tt.right, tt.width); got != tt.want {
			t.Errorf("spread(%q, %q, %d) = %q, want %q", tt.left, tt.right, tt.width, got, tt.want)
		}
	}
}

func TestWindowHoldsTheSelectedLine(t *testing.T) {
	for n := range 40 {
		for height := 1; height < 20; height++ {
			for at := range n {
				from, to := window(n, height, at)
				if at < from || at >= to || to-from > height || from < 0 || to > n {
					t.Fatalf("window(%d, %d, %d) = %d, %d", n, height, at, from, to)
				}
			}
		}
	}
}

// A list that is not seen whole says so, and never in place of the selected row.
func TestAListSaysWhatIsNotSeen(t *testing.T) {
	row := func(i int) string { return fmt.Sprint("row ", i) }
	for _, tt := range []struct {
		n, height, at int
		want          string
	}{
		{6, 6, 0, "row 0|row 1|row 2|row 3|row 4|row 5"},
		{9, 6, 0, "row 0|row 1|row 2|row 3|row 4|  … 4 below"},
		{9, 6, 4, "  … 2 above|row 2|row 3|row 4|row 5|  … 3 below"},
		{9, 6, 8, "  … 4 above|row 4|row 5|row 6|row 7|row 8"},
		{9, 3, 0, "row 0|row 1|row 2"},
	} {
		if got := strings.Join(testTheme(false).around(tt.n, tt.height, tt.at, row), "|"); got != tt.want {
			t.Errorf("around(%d, %d, %d) = %s, want %s", tt.n, tt.height, tt.at, got, tt.want)
		}
	}
}

// many is a release with n jobs in one run.
func many(tb testing.TB, n int) *model {
	m := newModel(Options{}, testTheme(false), &work{engine: &fakeEngine{}})
	m.Update(eventsMsg(recordtest.Before(recordtest.Clean(), 40)))
	var es []release.Stamped
	for i := range n {
		es = append(es, release.Stamped{Seq: uint64(1000 + i), Time: m.now, Event: release.JobChanged{Stage: "package",
			Job: release.Job{ID: int64(5000 + i), RunID: 9001, Name: text.Cleanf("matrix (%d)", i), Status: "in_progress", Started: m.now}}})
	}
	m.Update(eventsMsg(es))
	m.screen, m.watching = onRelease, true
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	return m
}

func TestManyJobsScroll(t *testing.T) {
	m := many(t, 256)
	m.View()
	for range 400 {
		m.Update(keyMsgs("down")[0])
		if v := m.View(); strings.Count(v, glyphHere) != 1 {
			t.Fatalf("the selected row is not shown once:\n%s", v)
		}
	}
	checkFits(t, m.View(), 120, 40)
}

func BenchmarkView(b *testing.B) {
	m := many(b, 100)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.View()
	}
}

// The budget stands at the right of the last remark, where there is room for both.
func TestBudgetInTheStatusBar(t *testing.T) {
	h := released(t, recordtest.Before(recordtest.Failed(), 395))
	h.m.watching = true
	const want = "41 requests · 6 charged · 4,994 left"
	for _, tt := range []struct {
		width int
		note  string
		shown bool
	}{{120, "", true}, {80, "", true}, {59, "", false}, {120, "a remark", true}, {80, strings.Repeat("long ", 12), false}} {
		h.m.width, h.m.height, h.m.state.Notes = tt.width, 24, nil
		if tt.note != "" {
			h.m.state.Notes, h.m.noted = text.CleanAll([]string{tt.note}), h.m.now
		}
		if view := h.m.View(); strings.Contains(view, want) != tt.shown || !strings.Contains(view, strings.TrimSpace(tt.note)) {
			t.Errorf("%d cells with %q:\n%s", tt.width, tt.note, view)
		}
	}
}

// A wait is told in whole seconds: nobody reads its nanoseconds.
func TestRetryingRounds(t *testing.T) {
	got := retrying(release.Retrying{What: text.Clean("the watch"), Cause: text.Clean("x"), Attempt: 2, Wait: 438994124840})
	if got != "the watch: x; trying again in 7m19s (attempt 2)" {
		t.Errorf("%q", got)
	}
}
