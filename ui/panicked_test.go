package ui

import (
	"bytes"
	"context"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
)

// Wherever the console panics it ends in order, and says how the release stands; the
// first fault is the one that is told.
func TestPanics(t *testing.T) {
	for _, tt := range []struct {
		name string
		met  func(guarded) (tea.Cmd, *panicked)
	}{
		{"a message", func(g guarded) (tea.Cmd, *panicked) {
			g.tick = nil
			_, cmd := g.Update(tickMsg{})
			return cmd, nil
		}},
		{"drawing", func(g guarded) (tea.Cmd, *panicked) {
			var pushed tea.Msg
			g.work.push = func(m tea.Msg) { pushed = m }
			g.confirm.scene = nil
			if drawn := g.View(); drawn != "" {
				t.Errorf("half drawn: %q", drawn)
			}
			p, _ := pushed.(*panicked)
			_, cmd := g.Update(pushed)
			return cmd, p
		}},
		{"a command", func(g guarded) (tea.Cmd, *panicked) {
			var pushed tea.Msg
			g.work.push = func(m tea.Msg) { pushed = m }
			if msg := g.work.do(func(context.Context) tea.Msg { panic("gone\x1b[2J") })(); msg != nil {
				t.Errorf("the command itself gives %v", msg)
			}
			p, _ := pushed.(*panicked)
			_, cmd := g.Update(pushed)
			return cmd, p
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := confirming(t)
			m.width, m.height = 80, 24
			g := guarded{m}
			cmd, p := tt.met(g)
			if cmd == nil || cmd() != tea.Quit() {
				t.Error("it does not end")
			}
			first := m.fatal
			if first == nil || !strings.Contains(first.Error(), "it panicked: ") || strings.Contains(safe(first.Error()), "\x1b") {
				t.Fatalf("fatal is %v", first)
			}
			if !strings.Contains(release.HintOf(first), "nothing was sent") {
				t.Errorf("hint %q", release.HintOf(first))
			}
			if g.View() != "" {
				t.Error("what broke is drawn again")
			}
			g.Update(&panicked{value: "another"})
			if m.fatal != first {
				t.Errorf("told of is %v", m.fatal)
			}
			if p == nil {
				return
			}
			var out bytes.Buffer
			p.write(&out)
			if !strings.Contains(out.String(), "ui/") || strings.ContainsAny(out.String(), "\t\x1b") {
				t.Errorf("where it happened:\n%s", out.String())
			}
		})
	}
}
