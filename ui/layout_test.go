package ui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

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
