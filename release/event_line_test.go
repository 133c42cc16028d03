package release

import (
	"strings"
	"testing"

	"twokey/checks/text"
)

// A hint names the way back into the same world, or none where there is none.
func TestOpenedLine(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opened Opened
		want   string
	}{
		{"a record of before the command was told", Opened{}, "twokey attach 2.11.6"},
		{"the real world", Opened{Command: text.Clean("twokey")}, "twokey attach 2.11.6"},
		{"a world served by another process", Opened{Command: text.Clean("twokey rehearse --connect unix:w.sock")},
			"twokey rehearse --connect unix:w.sock attach 2.11.6"},
		{"a world of this process", Opened{Command: text.Clean("twokey rehearse"), Ends: true}, ""},
	} {
		if got := tt.opened.Line("attach 2.11.6"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := tt.opened.Anew("status"); !strings.HasPrefix(got, "twokey ") || !strings.HasSuffix(got, " status") {
			t.Errorf("%s: %q does not lead into a world like it", tt.name, got)
		}
	}
}
