package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
	"twokey/release/recordtest"
)

// failedRelease is a console whose release failed and is not watched any more.
func failedRelease(t *testing.T, allow ...string) *harness {
	t.Helper()
	h := prepare(t, byFlag(), recordtest.Failed(), append(allow, "survey", "plan  2.11.6", "check", "release")...)
	h.engine.errs["release"] = &release.Error{Kind: release.KindFailed, Op: "release 2.11.6", Err: errors.New("stage deb failed")}
	h.run(h.m.Init())
	h.press("enter")
	h.unguard()
	h.press("ckan-2.11.6", "enter")
	if !h.m.over() || h.engine.count("release") != 1 {
		t.Fatalf("not failed: %q\n%s", h.engine.calls, h.m.View())
	}
	return h
}

func TestWhatARerunLeadsTo(t *testing.T) {
	refused := &release.Error{Op: "re-running the failed jobs", Err: errors.New("GitHub says 403"), Hint: "wait a minute"}
	for _, tt := range []struct {
		name     string
		watching bool // the watch goes on
		attached bool // what this session did not start
		err      error
		want     string // the call that follows
		notice   string
	}{
		{"refused after the end", false, false, refused, "", "GitHub says 403; wait a minute"},
		{"refused while it is watched", true, false, refused, "", "GitHub says 403; wait a minute"},
		{"while it is watched", true, false, nil, "", "The failed jobs run again."},
		{"after the end", false, false, nil, "resume", ""},
		{"after the end of what is attached to", false, true, nil, "attach", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := failedRelease(t, "rerun deb", tt.want)
			h.engine.block["resume"], h.engine.block["attach"] = false, false
			h.engine.errs["rerun deb"] = tt.err
			h.m.watching = tt.watching
			h.m.released, h.m.attached = !tt.attached, tt.attached
			before := len(h.engine.calls)
			h.press("R")
			h.unguard()
			h.press("y")
			want := []string{"rerun deb"}
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if got := h.engine.calls[before:]; !slices.Equal(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}
			if !strings.Contains(h.m.notice, tt.notice) || tt.notice == "" && h.m.notice != "" {
				t.Errorf("notice %q, want %q", h.m.notice, tt.notice)
			}
			if h.m.busy || h.quit {
				t.Errorf("busy = %v, quit = %v", h.m.busy, h.quit)
			}
		})
	}
}

// What failed before a re-run is not shown as the end of what goes on.
func TestAnEarlierFailureIsNotTheEndOfTheNextWatch(t *testing.T) {
	h := failedRelease(t)
	h.m.watchAgain() // its command is not run: the watch goes on
	if h.m.over() {
		t.Error("the watch is over before it began")
	}
	view := h.m.View()
	for _, not := range []string{"FAILED", "Why ", "watch again"} {
		if strings.Contains(view, not) {
			t.Errorf("%q is shown while the release is watched again:\n%s", not, view)
		}
	}
	if !strings.Contains(view, "RELEASING") && !strings.Contains(view, "VERIFYING") {
		t.Errorf("nothing says that it goes on:\n%s", view)
	}
	left := &release.Error{Kind: release.KindLeft, Op: "release 2.11.6", Err: errors.New("no longer watched"), Hint: "attach"}
	h.m.Update(releasedMsg{left})
	if view = h.m.View(); !strings.Contains(view, "NOT WATCHED") || strings.Contains(view, "FAILED") {
		t.Errorf("the earlier failure is shown as the end:\n%s", view)
	}
	if err := h.m.result(); !errors.Is(err, left) {
		t.Errorf("result = %v", err)
	}
}

// What another maintainer was faster with is hers to go on with.
func TestWatchAgainOfSomebodyElsesReleaseOnlyAttaches(t *testing.T) {
	h := failedRelease(t, "attach")
	h.engine.block["attach"] = false
	taken := fmt.Errorf("claimed by ines: %w", release.ErrExists)
	h.m.Update(releasedMsg{&release.Error{Kind: release.KindLeft, Op: "release 2.11.6", Err: taken, Hint: "attach"}})
	before := len(h.engine.calls)
	h.press("w")
	if got := h.engine.calls[before:]; !slices.Equal(got, []string{"attach"}) {
		t.Errorf("asked %q, want to attach only", got)
	}
}

func TestWatchAgainOnlyAfterTheWatchWasLost(t *testing.T) {
	for _, tt := range []struct {
		name string
		kind release.Kind
		want int
	}{
		{"lost", release.KindLeft, 1},
		{"failed", release.KindFailed, 0},
		{"no token", release.KindAuth, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := failedRelease(t)
			if tt.want > 0 {
				h.engine.allow["resume"] = true
			}
			h.m.Update(releasedMsg{&release.Error{Kind: tt.kind, Op: "release", Err: errors.New("the end")}})
			h.press("w")
			if got := h.engine.count("resume"); got != tt.want || h.engine.count("release") != 1 {
				t.Errorf("asked %q", h.engine.calls)
			}
		})
	}
}

// A dialog that can not be seen takes no answer, but the one about leaving, which
// is drawn at every size.
func TestADialogThatIsNotSeenTakesNoAnswer(t *testing.T) {
	h := waiting(t)
	h.press("a")
	h.unguard()
	h.m.Update(tea.WindowSizeMsg{Width: 20, Height: 5})
	h.press("x", "y", "enter")
	if len(h.guards) != 2 || h.m.dialog == nil || h.m.dialog.reject {
		t.Fatalf("an unseen dialog took an answer: %q", h.engine.calls)
	}
	h.press("q")
	if got := strings.Join(strings.Fields(h.m.View()), " "); got != "Leave? It goes on at GitHub. y/n" {
		t.Errorf("drawn: %q", got)
	}
	if h.press("y"); h.quit {
		t.Error("left before the question could be read")
	}
	h.unguard()
	if h.press("y"); !h.quit {
		t.Error("y does not leave")
	}
}

func TestAConsoleThatCanNotBeShown(t *testing.T) {
	boom := errors.New("no terminal")
	for _, tt := range []struct {
		name               string
		released, attached bool
		kind               release.Kind
		hint               string
	}{
		{"before anything was sent", false, false, release.KindFailed, "twokey release --plain"},
		{"while a release goes on", true, false, release.KindLeft, "twokey attach 2.11.6"},
		{"while attached", false, true, release.KindLeft, "twokey attach 2.11.6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
			m.released, m.attached = tt.released, tt.attached
			err := m.broken(boom)
			if !errors.Is(err, boom) || release.KindOf(err) != tt.kind || !strings.Contains(release.HintOf(err), tt.hint) {
				t.Errorf("%v, kind %v, hint %q", err, release.KindOf(err), release.HintOf(err))
			}
			if tt.kind == release.KindLeft && strings.Contains(release.HintOf(err), "twokey release") {
				t.Errorf("the hint would release it again: %q", release.HintOf(err))
			}
		})
	}
}

// While GitHub does not show the new attempt, the run is not offered again: a second
// R and y send nothing.
func TestARunThatIsBeingRerunIsNotOfferedAgain(t *testing.T) {
	h := failedRelease(t, "rerun deb")
	h.m.watching = true
	again := func() {
		h.press("R")
		h.unguard()
		h.press("y")
	}
	again()
	again()
	if h.engine.count("rerun deb") != 1 || h.m.dialog != nil {
		t.Fatalf("asked %q, dialog %v", h.engine.calls, h.m.dialog != nil)
	}
	if h.press("R"); h.m.dialog != nil || h.m.notice != "publish.yml #96 is being re-run." {
		t.Errorf("dialog %v, notice %q", h.m.dialog != nil, h.m.notice)
	}
	if line := lastLine(h.m.View()); strings.Contains(line, "re-run") {
		t.Errorf("offered: %s", line)
	}
	r, _ := h.m.tree.failedRun(h.m.tree.selected())
	r.run.Run.Attempt++ // it failed once more
	if h.press("R"); h.m.dialog == nil {
		t.Error("the next attempt can not be re-run")
	}
}

func TestARerunThatWasRefusedIsOfferedAgain(t *testing.T) {
	h := failedRelease(t, "rerun deb")
	h.m.watching = true
	h.engine.errs["rerun deb"] = errors.New("refused")
	for range 2 {
		h.press("R")
		h.unguard()
		h.press("y")
	}
	if h.engine.count("rerun deb") != 2 {
		t.Errorf("asked %q", h.engine.calls)
	}
}
