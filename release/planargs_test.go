package release

import (
	"testing"

	"twokey/checks/version"
)

// A command line that is offered leads to the line that was meant.
func TestTheArgsOfAPlan(t *testing.T) {
	for _, tt := range []struct{ lines, line, version, want string }{
		{"dev-v{major}.{minor}", "dev-v2.11", "2.11.6", "2.11.6"},
		{"dev-v{major}.{minor}", "dev-v2.10", "2.11.6", "2.11.6 --line dev-v2.10"},
		{"main", "main", "2.11.6", "2.11.6"},
		{"main", "it's;main", "2.11.6", `2.11.6 --line 'it'\''s;main'`},
		{"main", "", "2.11.6", "2.11.6"},
	} {
		p := Plan{Scheme: version.PEP440, Version: tt.version, Line: tt.line, Lines: tt.lines}
		if got := p.Args(); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.line, tt.lines, got, tt.want)
		}
	}
}
