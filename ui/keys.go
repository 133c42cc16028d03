package ui

import (
	"slices"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// keyMap is every key there is. Which of them act, and what they are called there,
// the acts of a screen say.
type keyMap struct {
	Move, Scroll, Page, Ends, Sideways     key.Binding // pairs: back and on
	Next, Back, Again, Details, Open, Plan key.Binding
	Confirm, Waive                         key.Binding
	Approve, Rerun, Log, Fold, Tab, Watch  key.Binding
	Search, Hits                           key.Binding
	Yes, No, Comment, Reject               key.Binding
	Budget, Help, Leave, Interrupt         key.Binding
}

func newKeyMap() keyMap {
	bind := func(show, what string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, what))
	}
	return keyMap{
		Move: bind("↑↓", "move", "up", "k", "down", "j"), Scroll: bind("↑↓", "scroll", "up", "k", "down", "j"),
		Page: bind("pgup pgdn", "page", "pgup", "ctrl+b", "pgdown", "ctrl+f", " "),
		Ends: bind("g G", "first, last line", "g", "home", "G", "end"), Sideways: bind("←→", "sideways", "left", "h", "right"),
		Next: bind("enter", "go on", "enter"), Back: bind("esc", "back", "esc"),
		Again: bind("r", "check again", "r"), Details: bind("d", "details", "d", "right"),
		Confirm: bind("space", "confirm", " "), Waive: bind("w", "waive", "w"),
		Open: bind("o", "open page", "o"), Plan: bind("p", "plan", "p"),
		Approve: bind("a", "approve", "a"), Rerun: bind("R", "re-run failed", "R"),
		Log: bind("l", "log", "l"), Fold: bind("enter", "fold", "enter", " "),
		Tab: bind("tab", "other view", "tab"), Watch: bind("w", "watch again", "w"),
		Search: bind("/", "search", "/"), Hits: bind("n N", "next, previous hit", "n", "N"),
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

// bottomLines name the keys that act, the most useful first. The main ones are
// there at any width, on as many lines as they take; others where there is room.
func (t theme) bottomLines(acts []act, width int) []string {
	shown := make([]bool, len(acts))
	for i, a := range acts {
		shown[i] = a.main
	}
	set := func() []string {
		var some []act
		for i, a := range acts {
			if shown[i] {
				some = append(some, a)
			}
		}
		return t.flow(some, width)
	}
	lines := set()
	for i := range acts {
		if shown[i] || acts[i].rare {
			continue
		}
		shown[i] = true
		if more := set(); len(more) > len(lines) {
			shown[i] = false
		} else {
			lines = more
		}
	}
	return lines
}

// flow sets keys one after the other, on as many lines as they take.
func (t theme) flow(acts []act, width int) []string {
	parts := make([]string, len(acts))
	for i, a := range acts {
		parts[i] = t.strong.Render(a.Help().Key) + " " + t.dim.Render(a.Help().Desc)
	}
	return t.runOn(parts, width)
}

// helpLines is the help: every key of the screen, in columns where they fit, else
// below each other.
func (t theme) helpLines(acts []act, width int) []string {
	h := help.New()
	none := lipgloss.Style{}
	h.Styles = help.Styles{FullKey: none, FullDesc: none, FullSeparator: none}
	if t.strong.style != nil {
		h.Styles.FullKey = *t.strong.style
	}
	var all []key.Binding
	for _, a := range acts {
		all = append(all, a.Binding)
	}
	for rows := max(6, (len(all)+2)/3); rows < len(all); rows++ {
		lines := splitLines(h.FullHelpView(slices.Collect(slices.Chunk(all, rows))))
		if !slices.ContainsFunc(lines, func(l string) bool { return ansi.StringWidth(l) > width }) {
			return lines
		}
	}
	return splitLines(h.FullHelpView([][]key.Binding{all}))
}
