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
		met  func(*testing.T, guarded) (tea.Cmd, *panicked)
	}{
		{"a message", panicInUpdate}, {"drawing", panicInView}, {"a command", panicInCommand},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := confirming(t)
			m.width, m.height = 80, 24
			g := guarded{m}
			cmd, p := tt.met(t, g)
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

// panicInUpdate gives what follows a panic over a message, and no more: it is met
// where it happens.
func panicInUpdate(_ *testing.T, g guarded) (tea.Cmd, *panicked) {
	g.tick = nil
	_, cmd := g.Update(tickMsg{})
	return cmd, nil
}

func panicInView(t *testing.T, g guarded) (tea.Cmd, *panicked) {
	return pushedBy(g, func() {
		g.confirm.scene = nil
		if drawn := g.View(); drawn != "" {
			t.Errorf("half drawn: %q", drawn)
		}
	})
}

func panicInCommand(t *testing.T, g guarded) (tea.Cmd, *panicked) {
	return pushedBy(g, func() {
		if msg := g.work.do(func(context.Context) tea.Msg { panic("gone\x1b[2J") })(); msg != nil {
			t.Errorf("the command itself gives %v", msg)
		}
	})
}

// pushedBy gives what follows a panic that is met outside of Update, and so has to be
// pushed to the console.
func pushedBy(g guarded, broken func()) (tea.Cmd, *panicked) {
	var pushed tea.Msg
	g.work.push = func(m tea.Msg) { pushed = m }
	broken()
	p, _ := pushed.(*panicked)
	_, cmd := g.Update(pushed)
	return cmd, p
}
