package cli

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"twokey/release"
)

func TestTerminalFollowsTheEnvironment(t *testing.T) {
	tests := []struct {
		name string
		tty  bool
		env  map[string]string
		want IO
	}{
		{"a terminal", true, nil, IO{OutTerminal: true, Width: 120, Height: 40}},
		{"a pipe", false, nil, IO{Width: 120, Height: 40, NoColor: true}},
		{"NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, IO{OutTerminal: true, Width: 120, Height: 40, NoColor: true}},
		{"CLICOLOR", true, map[string]string{"CLICOLOR": "0"}, IO{OutTerminal: true, Width: 120, Height: 40, NoColor: true}},
		{"dumb", true, map[string]string{"TERM": "dumb"}, IO{OutTerminal: true, Width: 120, Height: 40, ASCII: true, Dumb: true, NoColor: true}},
		{"C locale", true, map[string]string{"LANG": "C"}, IO{OutTerminal: true, Width: 120, Height: 40, ASCII: true}},
		{"LC_ALL decides", true, map[string]string{"LC_ALL": "C.UTF-8", "LANG": "C"}, IO{OutTerminal: true, Width: 120, Height: 40}},
		{"UTF-8 but POSIX all over", true, map[string]string{"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, IO{OutTerminal: true, Width: 120, Height: 40, ASCII: true}},
		{"forced", false, map[string]string{"GH_FORCE_TTY": "1x"}, IO{OutTerminal: true, Width: 120, Height: 40}},
		{"forced width", false, map[string]string{"GH_FORCE_TTY": "60"}, IO{OutTerminal: true, Width: 60, Height: 40}},
		{"forced share", true, map[string]string{"GH_FORCE_TTY": "50%"}, IO{OutTerminal: true, Width: 60, Height: 40}},
		{"forced nonsense", true, map[string]string{"GH_FORCE_TTY": "-3"}, IO{OutTerminal: true, Width: 120, Height: 40}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := IO{OutTerminal: tt.tty, Width: 120, Height: 40}.withEnv(func(name string) string {
				if v, ok := tt.env[name]; ok || name != "TERM" {
					return v
				}
				return "xterm-256color"
			})
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A terminal of no type may be anything, but for Windows, which has no types.
func TestDumb(t *testing.T) {
	for kind, want := range map[string]bool{"dumb": true, "": runtime.GOOS != "windows", "vt100": false, "xterm": false} {
		if got := dumb(kind); got != want {
			t.Errorf("TERM=%s is dumb: %v", kind, got)
		}
	}
}

// On a terminal that only takes lines, nothing draws, and a person is told why.
func TestDumbTerminalGetsLines(t *testing.T) {
	for _, tt := range []struct {
		args   string
		access Access
		told   bool
	}{
		{"release 1.2.3", Acts, true},
		{"", Acts, true},
		{"attach", Reads, true},
		{"release --plain", Acts, false},
		{"attach --json", Reads, false},
		{"release 1.2.3 --yes", Acts, false},
		{"status", Reads, false},
		{"rehearse", Acts, false},
	} {
		var got opened
		cfg := config(&got, true)
		cfg.IO.Dumb = true
		if err := Run(t.Context(), cfg, strings.Fields(tt.args)); !isOpened(err) {
			t.Errorf("%q ends with %v", tt.args, err)
			continue
		}
		said := cfg.IO.Err.(*bytes.Buffer).String()
		if got.console != nil || got.target.Access != tt.access || (said != "") != tt.told {
			t.Errorf("%q: console %v, access %d, says %q", tt.args, got.console != nil, got.target.Access, said)
		}
	}
}

// A test's standard input and output are no terminal, or there is one: either way
// Terminal must not fail, and a pipe has no colour.
func TestTerminal(t *testing.T) {
	got := Terminal(func(string) string { return "" })
	if got.In == nil || got.Out == nil || got.Err == nil {
		t.Errorf("something to read or write is missing: %+v", got)
	}
	if !got.OutTerminal && !got.NoColor {
		t.Error("a pipe has colour")
	}
}

// In a tiny terminal the message is short enough to stand whole above the prompt.
func TestATinyTerminalIsToldShortly(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		short         bool
	}{{20, 5, true}, {30, 5, true}, {39, 24, false}, {80, 9, false}, {20, 24, false}} {
		err := tooSmall(IO{Width: tt.width, Height: tt.height}, "twokey release")
		if short := !strings.Contains(err.Error(), "needs"); short != tt.short {
			t.Errorf("%d×%d: %v", tt.width, tt.height, err)
		}
		rows := 1 // the prompt's
		for _, l := range []string{"twokey: " + err.Error(), "hint: " + release.HintOf(err)} {
			rows += (len([]rune(l)) + tt.width - 1) / tt.width
		}
		if rows > tt.height || !strings.Contains(release.HintOf(err), "--plain") {
			t.Errorf("%d×%d: %d rows: %v, hint %q", tt.width, tt.height, rows, err, release.HintOf(err))
		}
	}
}
