package ui

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// Every conclusion that GitHub documents, and those that it does not.
func TestConclusionsInWords(t *testing.T) {
	th := testTheme(false)
	for _, tt := range []struct {
		conclusion, glyph, word string
		stops                   bool
	}{
		{release.ConclusionSuccess, glyphPass, "done", false},
		{release.ConclusionSkipped, glyphAside, "skipped", false},
		{release.ConclusionNeutral, glyphAside, "neutral", false},
		{release.ConclusionCancelled, glyphFail, "cancelled", true},
		{release.ConclusionGone, glyphFail, "gone", true},
		{"failure", glyphFail, "failed", true},
		{"timed_out", glyphFail, "timed out", true},
		{"action_required", glyphFail, "not a success", true},
		{"startup_failure", glyphFail, "not a success", true},
		{"stale", glyphFail, "not a success", true},
		{"Success", glyphFail, "not a success", true},
		{"x\x1b[2J", glyphFail, "not a success", true},
		{"", glyphUnknown, "unknown", false}, // not over: neither a success nor a failure
	} {
		t.Run(tt.conclusion, func(t *testing.T) {
			m := th.work(release.StatusCompleted, tt.conclusion)
			if m.glyph != tt.glyph || m.word != tt.word {
				t.Errorf("%s %s, want %s %s", m.glyph, m.word, tt.glyph, tt.word)
			}
			if failedWord(tt.conclusion) != tt.stops {
				t.Errorf("stops a release: %v, want %v", !tt.stops, tt.stops)
			}
			if m.glyph == glyphPass && tt.conclusion != release.ConclusionSuccess {
				t.Error("drawn as a success")
			}
			for _, status := range []string{"queued", "in_progress", "waiting", "pending", "requested", "?"} {
				if m := th.work(status, tt.conclusion); m.glyph == glyphPass || m.glyph == glyphFail {
					t.Errorf("a %s run is drawn as over: %s", status, m)
				}
			}
		})
	}
}

func TestFindingsInWords(t *testing.T) {
	th := testTheme(false)
	waiver := &checks.Waiver{Reason: text.Clean("known")}
	finding := func(o checks.Outcome, s checks.Severity, w *checks.Waiver) *checks.Finding {
		return &checks.Finding{Outcome: o, Severity: s, Waiver: w}
	}
	for _, tt := range []struct {
		name    string
		finding *checks.Finding
		word    string
		rank    int
	}{
		{"a block", finding(checks.Fail, checks.SeverityBlock, nil), "block", 0},
		{"unknown that blocks", finding(checks.Unknown, checks.SeverityBlock, nil), "unknown", 1},
		{"an outcome that nobody knows", finding("maybe", checks.SeverityBlock, nil), "block", 1},
		{"unknown", finding(checks.Unknown, checks.SeverityWarn, nil), "unknown", 2},
		{"not done", nil, "checking", 3},
		{"a warning", finding(checks.Warn, checks.SeverityBlock, nil), "warn", 4},
		{"a failure that only warns", finding(checks.Fail, checks.SeverityWarn, nil), "warn", 4},
		{"what is for information", finding(checks.Warn, checks.SeverityInfo, nil), "info", 5},
		{"waived", finding(checks.Fail, checks.SeverityBlock, waiver), "waived", 6},
		{"unknown and waived", finding(checks.Unknown, checks.SeverityBlock, waiver), "waived", 6},
		{"a pass", finding(checks.Pass, checks.SeverityBlock, nil), "pass", 7},
		{"a pass that has a waiver", finding(checks.Pass, checks.SeverityBlock, waiver), "pass", 7},
		{"not applicable", finding(checks.NotApplicable, checks.SeverityBlock, nil), "n/a", 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if m := th.finding(tt.finding); m.word != tt.word {
				t.Errorf("%s, want %s", m.word, tt.word)
			}
			if got := rank(tt.finding); got != tt.rank {
				t.Errorf("rank %d, want %d", got, tt.rank)
			}
		})
	}
	for o, word := range map[checks.Outcome]string{checks.Pass: "pass", checks.Fail: "fail", checks.Warn: "warn",
		checks.Unknown: "unknown", checks.NotApplicable: "n/a", "maybe": "unknown"} {
		if m := th.outcome(o); m.word != word {
			t.Errorf("evidence %s: %s, want %s", o, m.word, word)
		}
	}
}

func TestEveryEndHasItsHeadline(t *testing.T) {
	for _, tt := range []struct {
		outcome release.Outcome
		want    string
	}{
		{release.Done, "✓ DONE  ckan-2.11.6 is released"},
		{release.Failed, "✗ FAILED  ckan-2.11.6  5 of 5 artifacts published"},
		{release.NoGo, "✗ NO-GO  ckan-2.11.6  5 of 5 artifacts published"},
		{release.Cancelled, "– CANCELLED  ckan-2.11.6  5 of 5 artifacts published"},
		{release.Left, "! NOT WATCHED  ckan-2.11.6  5 of 5 artifacts published"},
		{"what nobody knows", "✗ FAILED  ckan-2.11.6  5 of 5 artifacts published"},
	} {
		t.Run(string(tt.outcome), func(t *testing.T) {
			m := replay(t, recordtest.Clean(), onRelease)
			m.state.Finished.Outcome = tt.outcome
			view := m.View()
			if !strings.Contains(view, tt.want) {
				t.Errorf("no %q:\n%s", tt.want, view)
			}
			if tt.outcome != release.Done && strings.Contains(view, "is released") {
				t.Error("it says that it is released")
			}
			if m.summaryOff = true; !strings.Contains(m.View(), strings.SplitN(tt.want, "  ", 2)[0]) {
				t.Errorf("the tree says another outcome:\n%s", m.View())
			}
		})
	}
}

// What a release that is done did not look at is no reason why it failed.
func TestADoneReleaseSaysWhatWasNotLookedAt(t *testing.T) {
	m := replay(t, recordtest.Clean(), onRelease)
	m.state.Finished.Why = text.Clean("the plan names no artifact: nothing that is published was looked at")
	holds(t, m.View(), []string{"✓ DONE", "Note  the plan names no artifact: nothing"}, []string{"Why  "})
	m.state.Finished.Outcome = release.Failed
	holds(t, m.View(), []string{"✗ FAILED", "Why   the plan names"}, []string{"Note  "})
}

func TestAnEndThatNobodySaw(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
	m.Update(releasedMsg{&release.Error{Kind: release.KindLeft, Op: "release", Err: errors.New("no network"), Hint: "attach it"}})
	view := m.View()
	for _, want := range []string{"NOT WATCHED", "may go on at GitHub", "no network", "attach it"} {
		if !strings.Contains(view, want) {
			t.Errorf("no %q:\n%s", want, view)
		}
	}
	m.state.Acting = false
	if view = m.View(); strings.Contains(view, "may go on") {
		t.Errorf("nothing was sent, and it is said to go on:\n%s", view)
	}
}

func TestTheBudgetInWords(t *testing.T) {
	for _, tt := range []struct {
		budget release.Budget
		want   string
	}{
		{release.Budget{}, "0 requests, 0 charged, 0 not modified"},
		{release.Budget{Requests: 1, Charged: 1, Remaining: -1, Limit: -1}, "1 request, 1 charged, 0 not modified"},
		{release.Budget{Requests: 1234, Charged: 234, NotModified: 1000, Remaining: 4766, Limit: 5000},
			"1,234 requests, 234 charged, 1,000 not modified, 4,766 of 5,000 left"},
		{release.Budget{Requests: 9, Remaining: 0, Limit: 60}, "9 requests, 0 charged, 0 not modified, 0 of 60 left"},
	} {
		if got := budget(tt.budget); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	h := waiting(t)
	asked := len(h.engine.calls)
	for _, shown := range []bool{true, false} {
		if h.press("b"); strings.Contains(h.m.View(), " charged, ") != shown {
			t.Errorf("shown: %v\n%s", !shown, h.m.View())
		}
	}
	if len(h.engine.calls) != asked {
		t.Errorf("asked %q", h.engine.calls[asked:])
	}
}

// The help closes by the keys that say so, and no other key acts through it.
func TestTheHelpCloses(t *testing.T) {
	for _, scene := range []string{"plan-choice", "preflight-go", "confirm", "release-approval", "log"} {
		for _, closes := range []string{"esc", "q", "enter"} {
			m := scenes()[scene](t)
			on, log := m.screen, m.log.open
			for _, k := range []string{"?", "a", "r", closes} {
				if cmd := pressOn(m, k); cmd != nil || m.screen != on || m.log.open != log || m.dialog != nil {
					t.Errorf("%s: %s acted through the help", scene, k)
				}
				if m.help != (k != closes) {
					t.Errorf("%s: after %s it is open: %v", scene, k, m.help)
				}
			}
		}
	}
}

func TestTheTickTellsTheEnginesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &work{ctx: t.Context(), engine: &fakeEngine{t: t}}
		began := time.Now()
		msg, ok := w.tick()().(tickMsg)
		if !ok || !time.Time(msg).Equal(recordtest.Start()) {
			t.Errorf("told %v", msg)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("after %s", took)
		}
	})
}

func TestAConsoleDrawsOnStandardOutput(t *testing.T) {
	if c := New(Options{}); c.opts.Out == nil || c.queue == nil {
		t.Error("nowhere to draw")
	}
	var out strings.Builder
	if c := New(Options{Out: &out}); c.opts.Out != &out || out.Len() > 0 {
		t.Error("another output, or drawn before it runs")
	}
}
