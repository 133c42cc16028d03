package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
	"twokey/release/recordtest"
)

func byFlag() Options { return Options{Want: release.Want{Version: "2.11.6"}} }

// way is a way through the console: what may be asked of the engine, the keys, and
// what must and must not have happened.
type way struct {
	name  string
	opts  Options
	rec   []release.Stamped
	allow []string
	keys  []string // "!" ends the guard
	calls []string // what was asked, in order
	quit  bool
	kind  release.Kind // 0: no error
}

// toPreflight is what is asked for a verdict when a flag names the version.
func toPreflight() []string { return []string{"survey", "plan  2.11.6", "check"} }

func TestWaysToTheVerdict(t *testing.T) {
	for _, tt := range []way{
		{"leave at the choice", Options{}, recordtest.Clean(), []string{"survey"},
			[]string{"q"}, []string{"survey"}, true, release.KindCancelled},
		{"choose the first version", Options{}, recordtest.Clean(), []string{"survey", "plan dev-v2.11 2.11.6", "check"},
			[]string{"enter", "enter", "enter"}, []string{"survey", "plan dev-v2.11 2.11.6", "check"}, false, release.KindCancelled},
		{"choose another line and version", Options{}, recordtest.Clean(), []string{"survey", "plan dev-v2.10 2.10.10"},
			[]string{"down", "enter", "enter"}, []string{"survey", "plan dev-v2.10 2.10.10"}, false, release.KindCancelled},
		{"type a version", Options{}, recordtest.Clean(), []string{"survey", "plan dev-v2.11 2.11.7q"},
			[]string{"enter", "down", "down", "enter", "2.11.7q", "enter"},
			[]string{"survey", "plan dev-v2.11 2.11.7q"}, false, release.KindCancelled},
		{"back from the versions to the lines", Options{}, recordtest.Clean(), []string{"survey", "plan dev-v2.10 2.10.10"},
			[]string{"enter", "esc", "down", "enter", "enter"}, []string{"survey", "plan dev-v2.10 2.10.10"}, false, release.KindCancelled},
		{"look at the plan and choose again", Options{}, recordtest.Clean(), []string{"survey", "plan dev-v2.11 2.11.6"},
			[]string{"enter", "enter", "esc"}, []string{"survey", "plan dev-v2.11 2.11.6"}, false, release.KindCancelled},
		{"leave at go", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"q"}, toPreflight(), true, release.KindCancelled},
		{"leave at no-go", byFlag(), recordtest.NoGo(), toPreflight(),
			[]string{"q"}, toPreflight(), true, release.KindNoGo},
		{"no-go can not be confirmed", byFlag(), recordtest.NoGo(), toPreflight(),
			[]string{"enter", "!", "ckan-2.11.6", "enter"}, nil, false, release.KindNoGo},
		{"check again", byFlag(), recordtest.NoGo(), toPreflight(),
			[]string{"r"}, []string{"survey", "plan  2.11.6", "check", "check"}, false, release.KindNoGo},
	} {
		t.Run(tt.name, tt.run)
	}
}

func TestWaysThroughTheConfirmation(t *testing.T) {
	once := append(toPreflight(), "release")
	for _, tt := range []way{
		{"leave at the confirmation", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "ckan-2.11.6", "ctrl+c"}, toPreflight(), true, release.KindCancelled},
		{"q is a letter at the confirmation", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "q"}, toPreflight(), false, release.KindCancelled},
		{"a wrong tag", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "ckan-2.11.5", "enter", "enter"}, toPreflight(), false, release.KindCancelled},
		{"a tag with a space", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "ckan-2.11.6 ", "enter"}, toPreflight(), false, release.KindCancelled},
		{"no tag at all", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "enter", "enter"}, toPreflight(), false, release.KindCancelled},
		{"typed before the question", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "ckan-2.11.6", "enter"}, toPreflight(), false, release.KindCancelled},
		{"back from the confirmation", byFlag(), recordtest.Clean(), toPreflight(),
			[]string{"enter", "!", "ckan-2.11.6", "esc", "enter", "!", "enter"}, toPreflight(), false, release.KindCancelled},
		{"enter twice releases once", byFlag(), recordtest.Clean(), once,
			[]string{"enter", "!", "ckan-2.11.6", "enter", "enter", "enter"}, once, false, 0},
		{"leave when it is done", byFlag(), recordtest.Clean(), once,
			[]string{"enter", "!", "ckan-2.11.6", "enter", "q"}, once, true, 0},
		{"a wrong tag, mended", byFlag(), recordtest.Clean(), once,
			[]string{"enter", "!", "ckan-2.11.7", "enter", "backspace", "6", "enter"}, once, false, 0},
		{"resume asks for the tag, too", Options{Resume: true, Want: release.Want{Version: "2.11.6"}}, recordtest.Clean(),
			[]string{"in flight 2.11.6", "check", "resume"}, []string{"enter", "!", "ckan-2.11.6", "enter"},
			[]string{"in flight 2.11.6", "check", "resume"}, false, 0},
		{"resume of what does not pass", Options{Resume: true, Want: release.Want{Version: "2.11.6"}}, recordtest.NoGo(),
			[]string{"in flight 2.11.6", "check"}, []string{"enter", "!", "ckan-2.11.6", "enter", "q"},
			[]string{"in flight 2.11.6", "check"}, true, release.KindNoGo},
		{"attach asks for nothing", Options{Attach: true}, recordtest.Clean(),
			[]string{"in flight ", "attach"}, []string{"q"}, []string{"in flight ", "attach"}, true, 0},
	} {
		t.Run(tt.name, tt.run)
	}
}

func (tt way) run(t *testing.T) {
	h := start(t, tt.opts, tt.rec, tt.allow...)
	for _, k := range tt.keys {
		if k == "!" {
			h.unguard()
			continue
		}
		h.press(k)
	}
	if tt.calls != nil && !slices.Equal(h.engine.calls, tt.calls) {
		t.Errorf("asked %q, want %q", h.engine.calls, tt.calls)
	}
	if h.quit != tt.quit {
		t.Errorf("quit = %v, want %v\n%s", h.quit, tt.quit, h.m.View())
	}
	err := h.m.result()
	if tt.kind == 0 && err != nil {
		t.Errorf("result: %v", err)
	}
	if tt.kind != 0 && (err == nil || release.KindOf(err) != tt.kind) {
		t.Errorf("result = %v, of kind %v, want kind %v", err, release.KindOf(err), tt.kind)
	}
}

// waiting is a release that waits for an approval and does not end.
func waiting(t *testing.T, allow ...string) *harness {
	t.Helper()
	h := released(t, recordtest.Before(recordtest.Clean(), 130), allow...)
	h.m.watching = true
	return h
}

func TestApprovingAsksAndOnlyYesSends(t *testing.T) {
	const review = "review package pypi approved "
	tests := []struct {
		name string
		keys []string
		want string
	}{
		{"y", []string{"a", "!", "y"}, review},
		{"n", []string{"a", "!", "n", "y"}, ""},
		{"esc", []string{"a", "!", "esc", "y"}, ""},
		{"enter is no answer", []string{"a", "!", "enter", "enter"}, ""},
		{"y in flight", []string{"a", "y", "y"}, ""},
		{"y twice", []string{"a", "!", "y", "y"}, review},
		{"a comment with a y", []string{"a", "!", "c", "say yes", "enter", "y"}, review + "say yes"},
		{"a comment that was not finished", []string{"a", "!", "c", "y"}, ""},
		{"reject", []string{"a", "!", "x", "y"}, "review package pypi rejected "},
		{"reject and back", []string{"a", "!", "x", "x", "y"}, review},
		{"ctrl+c asks about leaving instead", []string{"a", "!", "ctrl+c", "y"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := waiting(t, tt.want)
			for _, k := range tt.keys {
				if k == "!" {
					h.unguard()
					continue
				}
				h.press(k)
			}
			var got []string
			for _, c := range h.engine.calls {
				if strings.HasPrefix(c, "review") {
					got = append(got, c)
				}
			}
			if tt.want == "" && len(got) > 0 || tt.want != "" && !slices.Equal(got, []string{tt.want}) {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAGateThatOthersOpenIsNotOffered(t *testing.T) {
	h := waiting(t)
	gate := &h.m.state.Stages[0].Runs[0].Gates[0]
	gate.CanApprove = false
	h.press("a", "y")
	if h.m.dialog != nil {
		t.Error("a dialog opened for a gate that the user may not open")
	}
	view := h.m.View()
	if strings.Contains(view, "a approve") {
		t.Error("the key is offered")
	}
	h.press("a")
	if view = h.m.View(); !strings.Contains(view, "it waits for ines, ckan/release-team (team)") {
		t.Errorf("nobody is told who may approve:\n%s", view)
	}
}

func TestLeavingARelease(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		quit bool
	}{
		{"q asks", []string{"q"}, false},
		{"q and y", []string{"q", "!", "y"}, true},
		{"q and y at once", []string{"q", "y"}, false},
		{"q and n", []string{"q", "!", "n"}, false},
		{"q and enter", []string{"q", "!", "enter"}, false},
		{"ctrl+c asks", []string{"ctrl+c"}, false},
		{"ctrl+c twice", []string{"ctrl+c", "ctrl+c"}, true},
		{"ctrl+c out of the log", []string{"l", "ctrl+c", "ctrl+c"}, true},
		{"q closes the log only", []string{"l", "q"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := waiting(t)
			for _, k := range tt.keys {
				if k == "!" {
					h.unguard()
					continue
				}
				h.press(k)
			}
			if h.quit != tt.quit {
				t.Fatalf("quit = %v, want %v\n%s", h.quit, tt.quit, h.m.View())
			}
			err := h.m.result()
			if release.KindOf(err) != release.KindLeft || !strings.Contains(release.HintOf(err), "twokey attach 2.11.6") {
				t.Errorf("result = %v, hint %q", err, release.HintOf(err))
			}
		})
	}
}

func TestTheQuestionAboutLeavingSaysWhatGoesOn(t *testing.T) {
	h := waiting(t).press("q")
	for _, want := range []string{"goes on at GitHub", "twokey attach 2.11.6"} {
		if !strings.Contains(h.m.View(), want) {
			t.Errorf("the question does not say %q:\n%s", want, h.m.View())
		}
	}
}

func TestRerunAsksAndWatchesAgain(t *testing.T) {
	failed := &release.Error{Kind: release.KindFailed, Op: "release 2.11.6", Err: errors.New("stage deb failed")}
	h := prepare(t, byFlag(), recordtest.Failed(), "survey", "plan  2.11.6", "check", "release", "rerun deb", "resume")
	h.engine.errs["release"] = failed
	h.run(h.m.Init())
	h.press("enter")
	h.unguard()
	h.press("ckan-2.11.6", "enter")
	if err := h.m.result(); !errors.Is(err, failed) {
		t.Fatalf("result = %v", err)
	}
	h.press("R", "y")
	if h.engine.count("rerun deb") != 0 {
		t.Fatal("re-ran before the question could be read")
	}
	h.unguard()
	h.press("y")
	if h.engine.count("rerun deb") != 1 || h.engine.count("resume") != 1 {
		t.Fatalf("asked %q", h.engine.calls)
	}
	if h.engine.count("release") != 1 {
		t.Fatal("the release was triggered a second time")
	}
}

func TestRerunWithoutAFailureIsNotOffered(t *testing.T) {
	h := waiting(t).press("R", "y")
	if h.m.dialog != nil || strings.Contains(h.m.View(), "re-run") && h.m.notice == "" {
		t.Errorf("offered:\n%s", h.m.View())
	}
}

func TestErrorsOfTheEngine(t *testing.T) {
	boom := &release.Error{Kind: release.KindAuth, Op: "repository", Err: errors.New("no token"), Hint: "sign in"}
	t.Run("survey ends the console", func(t *testing.T) {
		h := prepare(t, Options{}, recordtest.Clean(), "survey")
		h.engine.errs["survey"] = boom
		h.run(h.m.Init())
		if err := h.m.result(); !h.quit || !errors.Is(err, boom) {
			t.Errorf("quit = %v, result = %v", h.quit, err)
		}
	})
	t.Run("a version of a flag ends it", func(t *testing.T) {
		h := prepare(t, byFlag(), recordtest.Clean(), "survey", "plan  2.11.6")
		h.engine.errs["plan  2.11.6"] = boom
		h.run(h.m.Init())
		if err := h.m.result(); !h.quit || !errors.Is(err, boom) {
			t.Errorf("quit = %v, result = %v", h.quit, err)
		}
	})
	t.Run("a version that was chosen can be chosen again", func(t *testing.T) {
		h := prepare(t, Options{}, recordtest.Clean(), "survey", "plan dev-v2.11 2.11.6")
		h.engine.errs["plan dev-v2.11 2.11.6"] = boom
		h.run(h.m.Init())
		h.press("enter", "enter")
		if h.quit || !strings.Contains(h.m.View(), "no token") || !strings.Contains(h.m.View(), "sign in") {
			t.Errorf("quit = %v\n%s", h.quit, h.m.View())
		}
	})
	t.Run("no approval", func(t *testing.T) {
		h := waiting(t, "review package pypi approved ")
		h.engine.errs["review package pypi approved "] = boom
		h.press("a")
		h.unguard()
		h.press("y")
		if !strings.Contains(h.m.View(), "no token; sign in") {
			t.Errorf("the refusal is not shown:\n%s", h.m.View())
		}
	})
}

func TestATerminalThatIsTooSmallDoesNothing(t *testing.T) {
	h := start(t, byFlag(), recordtest.Clean(), "survey", "plan  2.11.6", "check")
	h.m.Update(tea.WindowSizeMsg{Width: 20, Height: 5})
	h.press("enter")
	h.unguard()
	h.press("ckan-2.11.6", "enter", "r", "?", "d")
	if h.m.screen != onPreflight || h.m.help || h.engine.count("check") != 1 {
		t.Errorf("acted on keys that nobody could see the effect of: %q", h.engine.calls)
	}
	if got := strings.Join(strings.Fields(h.m.View()), " "); got != "needs at least 40×10, is 20×5" {
		t.Errorf("drawn: %q", got)
	}
	if h.press("q"); !h.quit {
		t.Error("q does not leave")
	}
}

func TestLogSearch(t *testing.T) {
	h := released(t, recordtest.Before(recordtest.Failed(), 395))
	h.m.watching = true
	h.press("l")
	h.m.View()
	line := func() string {
		for _, l := range strings.Split(h.m.View(), "\n") {
			if strings.Contains(l, glyphHere) {
				return strings.TrimSpace(l)
			}
		}
		return ""
	}
	h.press("/", "E", "enter")
	if got := line(); !strings.Contains(got, "838") {
		t.Errorf("the last hit is not found first: %q", got)
	}
	if h.press("n"); !strings.Contains(line(), "835") {
		t.Errorf("n does not go around: %q", line())
	}
	if h.press("N"); !strings.Contains(line(), "838") {
		t.Errorf("N does not go back: %q", line())
	}
	h.press("/", "nowhere", "enter")
	if !strings.Contains(h.m.View(), "nothing holds nowhere") {
		t.Errorf("no word about the miss:\n%s", h.m.View())
	}
	if h.press("esc"); h.m.log.open {
		t.Error("esc does not close the log")
	}
}

func TestOpeningPages(t *testing.T) {
	var opened []string
	opts := byFlag()
	opts.OpenURL = func(u string) error { opened = append(opened, u); return nil }
	h := start(t, opts, recordtest.NoGo(), "survey", "plan  2.11.6", "check")
	h.press("o")
	if !slices.Equal(opened, []string{"https://github.com/ckan/ckan/runs/7"}) {
		t.Errorf("opened %q", opened)
	}
	h.m.opts.OpenURL = nil
	if h.press("o"); !strings.Contains(h.m.View(), "https://github.com/ckan/ckan/runs/7") {
		t.Error("without a browser the address is not shown")
	}
}

func TestTheTickOnlyMovesTime(t *testing.T) {
	h := waiting(t)
	before := h.m.now
	h.m.Update(tickMsg(before.Add(10 * time.Second)))
	if got := h.m.now.Sub(before); got != 10*time.Second {
		t.Errorf("time moved by %s", got)
	}
	h.m.Update(tickMsg(before))
	if h.m.now.Before(before.Add(10 * time.Second)) {
		t.Error("time went back")
	}
}
