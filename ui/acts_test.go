package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
	"twokey/release/recordtest"
)

// places are all places of the console with keys of their own: those that have
// golden frames, and what lies over or beside them.
func places() map[string]func(*testing.T) *model {
	out := scenes()
	after := func(scene string, keys ...string) func(*testing.T) *model {
		first := scenes()[scene]
		return func(t *testing.T) *model {
			m := first(t)
			for _, k := range keys {
				pressOn(m, k)
			}
			return m
		}
	}
	out["help-on-log"] = after("log", "?")
	out["help-on-confirm"] = after("confirm", "?")
	out["plan-open"] = after("preflight-go", "p")
	out["plan-versions"] = after("plan-choice", "enter")
	out["plan-typing"] = after("plan-choice", "enter", "down", "down", "enter", "2")
	out["plan-typing-nothing"] = after("plan-choice", "enter", "down", "down", "enter")
	out["preflight-go-detail"] = after("preflight-go", "d")
	out["log-searching"] = after("log", "/", "E")
	out["log-found"] = after("log", "/", "E", "enter")
	out["release-moved"] = after("release-midway", "up", "up")
	out["tainted-tree"] = after("tainted", "tab")
	out["tainted-tree-detail"] = after("tainted", "tab", "enter")
	out["failed-tree"] = after("failed", "tab")
	out["rerun-dialog"] = after("failed", "R")
	out["comment"] = after("approve-dialog", "c", "x")
	out["reject-dialog"] = after("approve-dialog", "x")
	out["leave-dialog"] = func(t *testing.T) *model {
		m := scenes()["release-midway"](t)
		m.released = true
		pressOn(m, "q")
		return m
	}
	out["lost"] = func(t *testing.T) *model {
		m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
		m.prepared, m.released = &m.state.Plan, true
		m.Update(releasedMsg{&release.Error{Kind: release.KindLeft, Op: "release"}})
		return m
	}
	return out
}

// pressOn sends one key to a model, after every guard.
func pressOn(m *model, k string) (cmd tea.Cmd) {
	m.confirm.guard = guard{}
	if m.dialog != nil {
		m.dialog.guard = guard{}
	}
	for _, msg := range keyMsgs(k) {
		_, cmd = m.Update(msg)
	}
	return cmd
}

// everyKey is every key that a person may press.
func everyKey() []string {
	out := []string{"enter", "esc", "up", "down", "left", "right", "home", "end", "tab", "pgup", "pgdown", "ctrl+b", "ctrl+f", "backspace"}
	for r := ' '; r <= '~'; r++ {
		out = append(out, string(r))
	}
	return append(out, "é", "日")
}

// where is the place of the console, without what is typed there.
func where(m *model) string {
	dialog := ""
	if d := m.dialog; d != nil {
		dialog = fmt.Sprint(d.title, d.reject, d.commenting)
	}
	return fmt.Sprint(m.screen, dialog, m.help, m.planOpen, m.shown, m.budget, m.summaryOff, m.busy, m.watching,
		m.plan.typing, m.plan.deep, m.log.open, m.log.searching, m.proof.id, m.preflight.expanded, m.tree.cursor)
}

// A key that is named acts, and a key that is not named does nothing but say why.
func TestKeysActWhereTheyAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: left out with -short")
	}
	for name, place := range places() {
		t.Run(name, func(t *testing.T) {
			for _, size := range [][2]int{{80, 24}, {minWidth, 12}} {
				seen := func(m *model) string { m.notice = ""; return m.View() + where(m) }
				fresh := func() *model {
					m := place(t)
					m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					pressOn(m, "\x00") // no key: it opens the guards
					m.View()
					return m
				}
				acted := map[string]bool{}
				m := fresh()
				before, at := seen(m), where(m)
				for _, k := range everyKey() {
					named, text := "", m.typing() || m.dialog != nil && m.dialog.commenting
					for _, a := range m.acts() {
						if key.Matches(keyMsgs(k)[0], a.Binding) {
							named = a.Help().Key
						}
					}
					if named == "" && size[0] == minWidth {
						continue // what does nothing does so at every size
					}
					cmd := pressOn(m, k)
					noticed := m.notice != "" // an address is shown where there is no browser
					changed := cmd != nil || seen(m) != before || named != "" && noticed
					now := where(m)
					switch {
					case named != "":
						acted[named] = acted[named] || changed
					case text && (cmd != nil || now != at):
						t.Errorf("%v: %q is text, and acted", size, k)
					case !text && changed:
						t.Errorf("%v: %q is not named, and acted", size, k)
					}
					if changed {
						m = fresh()
					}
				}
				for _, a := range fresh().acts() {
					if k := a.Help().Key; !acted[k] && k != "ctrl+c" {
						t.Errorf("%v: %s %s is named, and does nothing", size, k, a.Help().Desc)
					}
				}
			}
		})
	}
}

// The help names the keys of the screen below it, each once, and no others.
func TestTheHelpNamesTheKeysOfItsScreen(t *testing.T) {
	for name, place := range places() {
		m := place(t)
		if m.dialog != nil || m.help || m.log.searching {
			continue // they have no help: all their keys are seen
		}
		m.Update(tea.WindowSizeMsg{Width: 200, Height: 40})
		m.View()
		acts := m.acts()
		pressOn(m, "?")
		view := m.View()
		for _, a := range acts {
			if want := a.Help().Desc; strings.Count(view, want) == 0 {
				t.Errorf("%s: no %q:\n%s", name, want, view)
			}
		}
		if got := len(m.placeActs()); got != len(acts) {
			t.Errorf("%s: %d keys, of which the help names %d", name, len(acts), got)
		}
	}
}

// The key that a screen is there for is on the bottom line at every width, before
// the help and the way out.
func TestTheMainKeyIsNamedAtEveryWidth(t *testing.T) {
	for name, want := range map[string][]string{
		"plan-choice": {"enter choose"}, "plan-shown": {"enter check it"}, "plan-typing": {"enter plan it"},
		"preflight-go": {"enter confirm"}, "preflight-no-go": {"enter details"}, "confirm": {"enter release", "esc back"},
		"release-approval": {"a approve"}, "failed": {"R re-run failed", "l log"}, "lost": {"a approve", "w watch again"},
		"log": {"esc close"}, "help": {"esc close"}, "log-searching": {"enter find", "esc cancel"},
		"approve-dialog": {"y approve", "n not now", "c comment", "x reject instead"}, "comment": {"enter done with the comment"},
		"rerun-dialog": {"y re-run", "n not now"}, "leave-dialog": {"y leave", "n not now"},
	} {
		for _, w := range []int{40, 47, 60, 80, 120, 200} {
			m := places()[name](t)
			m.Update(tea.WindowSizeMsg{Width: w, Height: 20})
			view := m.View()
			keys := slices.Clone(want)
			if m.dialog == nil && !m.help && !m.log.open {
				keys = append(keys, "? help", " leave")
			}
			at := -1
			for _, k := range keys {
				i := strings.LastIndex(view, k)
				if i < 0 || i < at {
					t.Errorf("%s at %d: no %q in its place:\n%s", name, w, k, view)
				}
				at = i
			}
		}
	}
}

// The keys of a dialog are named once, in the dialog.
func TestADialogNamesItsKeysOnce(t *testing.T) {
	for _, name := range []string{"approve-dialog", "reject-dialog", "rerun-dialog", "leave-dialog"} {
		m := places()[name](t)
		for _, w := range []int{40, 80, 200} {
			m.Update(tea.WindowSizeMsg{Width: w, Height: 24})
			if view := m.View(); strings.Count(view, "not now") != 1 || strings.TrimSpace(lastLine(view)) != "" {
				t.Errorf("%s at %d:\n%s", name, w, view)
			}
		}
	}
}

// No piece of the screen below stands beside a dialog.
func TestNothingStandsBesideADialog(t *testing.T) {
	for _, name := range []string{"approve-dialog", "rerun-dialog", "leave-dialog"} {
		m := places()[name](t)
		for w := minWidth; w <= 200; w += 8 {
			m.Update(tea.WindowSizeMsg{Width: w, Height: 24})
			in := false
			for _, l := range strings.Split(m.View(), "\n") {
				in = in || strings.Contains(l, "?") && strings.HasPrefix(strings.TrimSpace(l), "┌")
				if l = strings.TrimSpace(l); in && !(strings.HasPrefix(l, "│") || strings.HasPrefix(l, "┌") || strings.HasPrefix(l, "└")) ||
					in && !(strings.HasSuffix(l, "│") || strings.HasSuffix(l, "┐") || strings.HasSuffix(l, "┘")) {
					t.Fatalf("%s at %d: %q:\n%s", name, w, l, m.View())
				}
				in = in && !strings.HasPrefix(l, "└")
			}
		}
	}
}
