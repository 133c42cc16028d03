package ui

import (
	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// keyMap is every key that acts. The bottom line and the help overlay are made
// from it, so that neither can name a key that does nothing.
type keyMap struct {
	Up, Down, Top, Bottom, PageUp, PageDown key.Binding
	Next, Back, Again, Details, Open, Plan  key.Binding
	Approve, Rerun, Log, Fold, Tab, Watch   key.Binding
	Search, NextHit, PrevHit                key.Binding
	Yes, No, Comment, Reject                key.Binding
	Budget, Help, Leave, Interrupt          key.Binding
}

func newKeyMap() keyMap {
	bind := func(show, what string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, what))
	}
	return keyMap{
		Up: bind("↑", "up", "up", "k"), Down: bind("↑↓", "move", "down", "j"),
		Top: bind("g", "first line", "g", "home"), Bottom: bind("G", "last line", "G", "end"),
		PageUp: bind("pgup", "page up", "pgup", "ctrl+b"), PageDown: bind("pgdn", "page down", "pgdown", "ctrl+f", " "),
		Next: bind("enter", "go on", "enter"), Back: bind("esc", "back", "esc"),
		Again: bind("r", "check again", "r"), Details: bind("d", "details", "d", "right", "l"),
		Open: bind("o", "open page", "o"), Plan: bind("p", "plan", "p"),
		Approve: bind("a", "approve", "a"), Rerun: bind("R", "re-run failed", "R"),
		Log: bind("l", "log", "l"), Fold: bind("enter", "fold", "enter", " "),
		Tab: bind("tab", "other view", "tab"), Watch: bind("w", "watch again", "w"),
		Search: bind("/", "search", "/"), NextHit: bind("n", "next hit", "n"), PrevHit: bind("N", "previous hit", "N"),
		Yes: bind("y", "yes", "y", "Y"), No: bind("n", "no", "n", "N", "esc", "q"),
		Comment: bind("c", "comment", "c"), Reject: bind("x", "reject instead", "x"),
		Budget: bind("b", "budget", "b"), Help: bind("?", "help", "?"),
		Leave: bind("q", "leave", "q"), Interrupt: bind("ctrl+c", "leave", "ctrl+c"),
	}
}

// as is a binding under another description.
func as(b key.Binding, what string) key.Binding {
	b.SetHelp(b.Help().Key, what)
	return b
}

// bottomLine names the keys that act now, as many as fit; the last two, help and
// leave, are always among them.
func (t theme) bottomLine(keys []key.Binding, width int) string {
	const sep = " · "
	show := func(b key.Binding) string {
		return t.strong.Render(b.Help().Key) + " " + t.dim.Render(b.Help().Desc)
	}
	tail := ""
	n := max(len(keys)-2, 0)
	for i, b := range keys[n:] {
		if i > 0 {
			tail += t.dim.Render(sep)
		}
		tail += show(b)
	}
	line := ""
	for _, b := range keys[:n] {
		next := line + show(b) + t.dim.Render(sep)
		if ansi.StringWidth(next)+ansi.StringWidth(tail) > width {
			break
		}
		line = next
	}
	return clip(line+tail, width)
}

// helpLines is the help overlay: every key of the screen, in columns where they
// fit, else below each other.
func (t theme) helpLines(groups [][]key.Binding, width int) []string {
	h := help.New()
	none := lipgloss.Style{}
	h.Styles = help.Styles{FullKey: none, FullDesc: none, FullSeparator: none}
	if t.strong.style != nil {
		h.Styles.FullKey = *t.strong.style
	}
	all := splitLines(h.FullHelpView(groups))
	for _, l := range all {
		if ansi.StringWidth(l) > width {
			return t.helpColumn(groups, width)
		}
	}
	return all
}

func (t theme) helpColumn(groups [][]key.Binding, width int) []string {
	var out []string
	for _, g := range groups {
		for _, b := range g {
			out = append(out, clip(t.strong.Render(pad(b.Help().Key, 6))+" "+b.Help().Desc, width))
		}
	}
	return out
}
