package cli

import (
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// IO is where a command reads and writes, and what is known of it.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal, OutTerminal and ErrTerminal tell whether a person is at the other
	// end.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width and Height are the terminal's, in cells; 0 when not known.
	Width, Height int
	NoColor       bool
	ASCII         bool // the terminal can not show more
	Dumb          bool // the terminal can not be drawn on: it only takes lines
}

// Terminal is the process's own IO, by gh's conventions: GH_FORCE_TTY takes the
// output for a terminal, and may give its width in cells or in percent; NO_COLOR
// and CLICOLOR=0 turn colour off.
func Terminal(getenv func(string) string) IO {
	t := IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, InTerminal: term.IsTerminal(int(os.Stdin.Fd()))}
	t.OutTerminal, t.ErrTerminal = term.IsTerminal(int(os.Stdout.Fd())), term.IsTerminal(int(os.Stderr.Fd()))
	if t.OutTerminal {
		if w, h, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
			t.Width, t.Height = w, h
		}
	}
	return t.withEnv(getenv)
}

// plainLocale tells whether the locale is set to one that has ASCII alone. Where
// none is set, as in most containers, the terminal is taken to know more.
func plainLocale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // the first that is set decides
		if v := getenv(name); v != "" {
			return v == "C" || v == "POSIX"
		}
	}
	return false
}

// dumb tells whether a terminal of that type takes lines alone. Windows sets no
// type; elsewhere a terminal without one, as of a serial line, may be anything.
func dumb(kind string) bool { return kind == "dumb" || kind == "" && runtime.GOOS != "windows" }

// withEnv is what the environment says of the terminal.
func (t IO) withEnv(getenv func(string) string) IO {
	if force := getenv("GH_FORCE_TTY"); force != "" {
		t.OutTerminal = true
		percent, isPercent := strings.CutSuffix(force, "%")
		switch n, err := strconv.Atoi(percent); {
		case err != nil || n <= 0:
		case isPercent:
			t.Width = t.Width * n / 100
		default:
			t.Width = n
		}
	}
	t.Dumb = dumb(getenv("TERM"))
	t.NoColor = !t.OutTerminal || t.Dumb || getenv("NO_COLOR") != "" || getenv("CLICOLOR") == "0"
	t.ASCII = getenv("TERM") == "dumb" || plainLocale(getenv)
	return t
}
