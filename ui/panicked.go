package ui

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// panicked is a panic of the console. It is met here and not by Bubble Tea, which
// would end by force, without waiting for the one who reads the keys.
type panicked struct {
	value any
	stack []byte
}

// met makes a panicked of what was recovered. It belongs into the deferred function,
// where the stack still leads to the fault.
func met(value any) *panicked { return &panicked{value, debug.Stack()} }

// Error says what the panic was about.
func (p *panicked) Error() string { return fmt.Sprintf("it panicked: %v", p.value) }

// write writes where it happened, for whoever looks into it.
func (p *panicked) write(w io.Writer) {
	for l := range strings.Lines(string(p.stack)) {
		fmt.Fprintln(w, safe(strings.TrimRight(strings.ReplaceAll(l, "\t", "  "), "\n")))
	}
}

// guarded is the console's model, whose panics end the console and not the program:
// the terminal is given back as ever, and the person is told how the release stands.
type guarded struct{ *model }

// Update takes a message, or the end.
func (g guarded) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			cmd = g.over(met(r))
		}
	}()
	if p, ok := msg.(*panicked); ok {
		return g, g.over(p)
	}
	_, cmd = g.model.Update(msg)
	return g, cmd
}

// View draws the console, as long as it can be drawn.
func (g guarded) View() (drawn string) {
	defer func() {
		if r := recover(); r != nil {
			drawn = ""
			g.work.push(met(r))
		}
	}()
	if g.fatal != nil {
		return ""
	}
	return g.model.View()
}

// over ends the console. The first panic is the one to tell of: what it left half
// done may be why there are others.
func (g guarded) over(p *panicked) tea.Cmd {
	if g.fatal == nil {
		return g.fail(g.broken(p))
	}
	return tea.Quit
}
