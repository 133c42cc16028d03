package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestHelp(t *testing.T) {
	for _, command := range []string{"", "release", "status", "check", "attach", "verify", "rehearse"} {
		t.Run("twokey "+command, func(t *testing.T) {
			var got opened
			cfg := config(&got, false)
			args := append(strings.Fields(command), "--help")
			if err := Run(t.Context(), cfg, args); err != nil {
				t.Fatal(err)
			}
			if got.target != nil {
				t.Error("--help opened a session")
			}
			golden(t, "help-"+command, cfg.IO.Out.(*bytes.Buffer).String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", strings.TrimSuffix(name, "-")+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update writes it):\n%s", file, got)
	}
}

// Help is read in terminals of any width; what wraps is the terminal's choice,
// but prose is ours.
func TestHelpProseFitsATerminal(t *testing.T) {
	for _, long := range []string{rootLong, releaseLong, statusLong, checkLong, attachLong, verifyLong, rehearseLong, exitCodes, environment} {
		for _, l := range strings.Split(long, "\n") {
			if w := utf8.RuneCountInString(l); w > 84 {
				t.Errorf("%d cells wide: %s", w, l)
			}
		}
	}
}
