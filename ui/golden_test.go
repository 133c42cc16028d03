package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"twokey/release"
	"twokey/release/recordtest"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// scenes are the places of the console that have golden frames.
func scenes() map[string]func(*testing.T) *model {
	at := func(rec func() []release.Stamped, seconds float64) func(*testing.T) *model {
		return func(t *testing.T) *model { return replay(t, recordtest.Before(rec(), seconds), onRelease) }
	}
	return map[string]func(*testing.T) *model{
		"plan-choice": func(t *testing.T) *model {
			return start(t, Options{}, recordtest.Clean(), "survey").m
		},
		"plan-shown": func(t *testing.T) *model {
			return start(t, Options{}, recordtest.Clean(), "survey", "plan dev-v2.11 2.11.6").press("enter", "enter").m
		},
		"plan-unfinished":   func(t *testing.T) *model { return unfinishedLine(t).press("enter").m },
		"preflight-running": func(t *testing.T) *model { return replay(t, recordtest.Before(recordtest.Clean(), 3), onPreflight) },
		"preflight-go":      func(t *testing.T) *model { return replay(t, recordtest.Before(recordtest.Clean(), 5), onPreflight) },
		"preflight-no-go":   func(t *testing.T) *model { return replay(t, recordtest.Before(recordtest.NoGo(), 4.9), onPreflight) },
		"preflight-detail": func(t *testing.T) *model {
			m := replay(t, recordtest.Before(recordtest.NoGo(), 4.9), onPreflight)
			m.preflight.expanded = true
			return m
		},
		"confirm":          func(t *testing.T) *model { return confirming(t) },
		"confirm-resume":   func(t *testing.T) *model { return resuming(t, false, "package").m },
		"release-start":    at(recordtest.Clean, 29),
		"release-retry":    at(recordtest.Clean, 63),
		"release-approval": at(recordtest.Clean, 130),
		"release-midway":   at(recordtest.Clean, 300),
		"release-failed":   at(recordtest.Failed, 395),
		"release-verify":   at(recordtest.Clean, 432),
		"release-after":    at(recordtest.Clean, 442),
		"release-reading":  at(recordtest.Clean, 438.1),
		"release-tainted":  at(recordtest.Tainted, 224.5),
		"tainted-reading":  at(recordtest.Tainted, 222.7),
		"tainted-detail":   func(t *testing.T) *model { m := at(recordtest.Tainted, 224.5)(t); pressOn(m, "d"); return m },
		"tainted-file": func(t *testing.T) *model {
			m := at(recordtest.Tainted, 224.5)(t)
			m.tree.cursor = "file package pypi ckan 2.11.6 ckan-2.11.6.tar.gz"
			pressOn(m, "enter")
			return m
		},
		"tainted": at(recordtest.Tainted, 1000),
		"approve-dialog": func(t *testing.T) *model {
			m := replay(t, recordtest.Before(recordtest.Clean(), 130), onRelease)
			m.Update(keyMsgs("a")[0])
			return m
		},
		"log": func(t *testing.T) *model {
			m := replay(t, recordtest.Before(recordtest.Failed(), 395), onRelease)
			m.Update(keyMsgs("l")[0])
			return m
		},
		"help":   func(t *testing.T) *model { m := at(recordtest.Clean, 300)(t); m.help = true; return m },
		"done":   at(recordtest.Clean, 1000),
		"failed": at(recordtest.Failed, 1000),
	}
}

// replay is a console that saw a part of a record and then stands still.
func replay(t *testing.T, rec []release.Stamped, on screen) *model {
	t.Helper()
	m := prepare(t, Options{}, nil).m
	m.screen = on
	m.watching = on == onRelease
	m.Update(eventsMsg(rec))
	m.prepared = &m.state.Plan
	if m.state.Finished != nil {
		m.watching, m.summary.record = false, "~/.local/state/twokey/ckan-ckan-2.11.6.jsonl"
	}
	return m
}

func confirming(t *testing.T) *model {
	m := replay(t, recordtest.Before(recordtest.Clean(), 5), onConfirm)
	m.confirm.calls = recordtest.Calls()
	return m
}

func TestGoldenFrames(t *testing.T) {
	for name, scene := range scenes() {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 20}} {
			file := fmt.Sprintf("%s-%dx%d.golden", name, size[0], size[1])
			t.Run(file, func(t *testing.T) {
				m := scene(t)
				m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				golden(t, file, frameText(m))
			})
		}
	}
}

func TestGoldenFramesInASCII(t *testing.T) {
	for _, name := range []string{"preflight-no-go", "release-failed", "failed", "release-tainted", "tainted"} {
		t.Run(name, func(t *testing.T) {
			m := scenes()[name](t)
			m.theme.ascii = true
			got := frameText(m)
			if !isASCII(got) {
				t.Error("the frame holds more than ASCII")
			}
			golden(t, name+"-ascii.golden", got)
		})
	}
}

// frameText is the frame without the spaces at the ends of its lines.
func frameText(m *model) string {
	lines := strings.Split(m.View(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is drawn differently now; look at it, then run go test ./ui -update\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}
