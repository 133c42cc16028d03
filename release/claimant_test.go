package release

import (
	"testing"

	"twokey/checks/text"
)

// Whoever releases from two places at once is told that both are theirs.
func TestWhoHasTheClaim(t *testing.T) {
	note := func(by string) string {
		return claimNote{V: 1, Version: "2.11.6", Line: "dev-v2.11", Date: "20260814", By: by}.message(Plan{Project: "harbour", Version: "2.11.6"}, Stage{})
	}
	for _, tt := range []struct {
		viewer, by, message, want string
	}{
		{"mara", "Mara Lind", note("mara"), "you (mara), in another session,"},
		{"mara", "mara", "", "you (mara), in another session,"},
		{"mara", "mara", note("ines"), "mara"},
		{"mara", "ines", note("ines"), "ines"},
		{"mara", "", "", "somebody"},
		{"", "", "", "somebody"},
		{"", "mara", "", "mara"},
	} {
		e, _ := engineOn(newHub(t, hubPlan(t)))
		e.Emit(Opened{Viewer: text.Clean(tt.viewer)})
		if got := e.claimant(Claim{By: text.Clean(tt.by), Message: tt.message}); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}
