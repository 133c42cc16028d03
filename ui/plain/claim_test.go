package plain

import (
	"strings"
	"testing"

	"twokey/checks/text"
	"twokey/release"
)

// Of the calls that were said to be sent, one that was not done has a line of its own.
func TestACallThatWasNotDone(t *testing.T) {
	const why = "create refs/tags/v1, which claims the release: GitHub answered 422: Reference already exists"
	for _, tt := range []struct {
		name string
		of   release.Answered
		want string
	}{
		{"done", release.Answered{Stage: "package", Kind: release.CallRef}, ""},
		{"refused", release.Answered{Stage: "package", Kind: release.CallRef, Why: text.Clean(why)}, " 0:00  ✗ package  not done: " + why + "\n"},
		{"lost", release.Answered{Stage: "package", Kind: release.CallRef, Why: text.Clean(why), Lost: true}, ""},
	} {
		if got := replay(stamp(tt.of), Options{}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Whoever claimed in another session is not told of somebody else.
func TestWhoClaimedBefore(t *testing.T) {
	opened := release.Opened{Viewer: text.Clean("mara")}
	for _, tt := range []struct {
		claim release.Claimed
		want  string
	}{
		{release.Claimed{By: text.Clean("Mara"), Actor: text.Clean("mara")}, " by you (mara)"},
		{release.Claimed{By: text.Clean("mara")}, " by you (mara)"},
		{release.Claimed{By: text.Clean("mara"), Actor: text.Clean("ines")}, " by mara"},
		{release.Claimed{By: text.Clean("ines")}, " by ines"},
	} {
		tt.claim.Stage, tt.claim.Ref, tt.claim.SHA = "package", "refs/tags/v1", strings.Repeat("a", 40)
		got := replay(stamp(opened, tt.claim), Options{})
		if !strings.HasSuffix(got, "was claimed before: refs/tags/v1 @ aaaaaaa"+tt.want+"\n") {
			t.Errorf("%+v: %q", tt.claim, got)
		}
	}
}
