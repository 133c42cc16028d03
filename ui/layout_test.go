package ui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"twokey/release/recordtest"
)

// A line is broken at its spaces: a tag, a path or an address only where it is longer
// than a line by itself.
func TestWrapText(t *testing.T) {
	for _, tt := range []struct {
		s     string
		width int
		want  []string
	}{
		{"", 10, nil},
		{"short", 0, nil},
		{"short", 10, []string{"short"}},
		{"type ckan-2.11.6 exactly", 14, []string{"type", "ckan-2.11.6", "exactly"}},
		{"type ckan-2.11.6 exactly", 16, []string{"type ckan-2.11.6", "exactly"}},
		{"at /a/very/long/path here", 8, []string{"at /a/ve", "ry/long/", "path", "here"}},
		{"  two spaces stay", 20, []string{"  two spaces stay"}},
		{"from dev-v2.11 @ 4f2c9ab", 18, []string{"from dev-v2.11", "@ 4f2c9ab"}},
		{"@ 4f2c9ab @", 20, []string{"@ 4f2c9ab @"}},
		{"日本 日本", 5, []string{"日本", "日本"}},
	} {
		got := wrapText(tt.s, tt.width)
		if !slices.Equal(got, tt.want) {
			t.Errorf("wrapText(%q, %d) = %q, want %q", tt.s, tt.width, got, tt.want)
		}
		for _, l := range got {
			if ansi.StringWidth(l) > tt.width {
				t.Errorf("wrapText(%q, %d): %q is wider", tt.s, tt.width, l)
			}
		}
	}
}

// Where there is height enough, nothing that is to be read is cut at forty columns.
func TestNothingIsCutAtFortyColumns(t *testing.T) {
	for _, name := range []string{"plan-choice", "plan-unfinished", "plan-shown", "preflight-detail", "confirm", "confirm-resume",
		"approve-dialog", "reject-dialog", "rerun-dialog", "leave-dialog", "done", "failed", "lost", "help", "help-on-log"} {
		m := places()[name](t)
		m.Update(tea.WindowSizeMsg{Width: minWidth, Height: 200})
		for _, l := range strings.Split(m.View(), "\n") {
			if l = strings.TrimRight(l, " │┐"); strings.HasSuffix(l, "…") && !strings.HasSuffix(l, "/…") && !strings.Contains(l, glyphFail+" failed") &&
				!strings.Contains(l, "##") && !strings.Contains(l, "  83") {
				t.Errorf("%s: %q is cut", name, l)
			}
		}
	}
}

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		s     string
		width int
		want  string
	}{
		{"build", 12, "build"},
		{"build / harbour on Ubuntu 24.04", 31, "build / harbour on Ubuntu 24.04"},
		{"build / harbour on Ubuntu 24.04", 20, "build … Ubuntu 24.04"},
		{"build / harbour on Ubuntu 24.04", 8, "build /…"},
		{"build", 0, ""},
		{"建設 / 港湾 on Ubuntu 24.04", 14, ""},
	} {
		got := middle(tt.s, tt.width)
		if w := ansi.StringWidth(got); w > tt.width {
			t.Errorf("middle(%q, %d) is %d cells wide: %q", tt.s, tt.width, w, got)
		}
		if tt.want != "" && got != tt.want {
			t.Errorf("middle(%q, %d) = %q, want %q", tt.s, tt.width, got, tt.want)
		}
	}
}

// Around a dialog stands what can be read, and nothing that is cut from what it hides.
func TestOver(t *testing.T) {
	lines := []string{"a", "b", "c", "d", "e", "f", "g"}
	for x, want := range map[int]string{0: "a||box||||", 2: "a||  box||e|f|g"} {
		if got := strings.Join(over(lines, []string{"box"}, x, 5), "|"); got != want {
			t.Errorf("over at %d: %q, want %q", x, got, want)
		}
	}
	if lines[2] != "c" {
		t.Error("the screen below is changed")
	}
}

// A long name and its commit are whole at forty columns.
func TestThePlansNameIsWhole(t *testing.T) {
	m := replay(t, recordtest.Before(recordtest.Clean(), 5), onPreflight)
	p := m.state.Plan
	p.Project = "harbour-base"
	if got := m.planLines(p, 38); got[0] != "harbour-base 2.11.6 from dev-v2.11" || got[1] != "@ 4f2c9ab" {
		t.Errorf("%q", got[:2])
	}
}

// What is longer than a line is cut, so that no address goes on in the next one.
func TestNoAddressIsBroken(t *testing.T) {
	m := replay(t, recordtest.Clean(), onRelease)
	m.summary.record = "/home/mara/.local/state/twokey/rehearsal/ckan-ckan-2.11.6.jsonl"
	for _, size := range [][2]int{{minWidth, 60}, {60, 60}, {80, 60}, {120, 60}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		view := m.View()
		for _, want := range []string{".jsonl", "tag/ckan-2.11.6", "2.11-jammy_amd64.deb", "/ckan/2.11.6/"} {
			if !strings.Contains(view, want) {
				t.Errorf("%v: no %q in one piece:\n%s", size, want, view)
			}
		}
		if whole := strings.Contains(view, m.summary.record); whole != (size[0] >= 80) {
			t.Errorf("%v: the record is whole: %v\n%s", size, whole, view)
		}
	}
}
