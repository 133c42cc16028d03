package actions

import (
	"testing"

	"github.com/rhysd/actionlint"
)

func TestMayRun(t *testing.T) {
	for _, c := range []struct {
		condition string
		event     Event
		want      bool
	}{
		{"", EventPush, true},
		{"github.event_name == 'push'", EventPush, true},
		{"github.event_name == 'release'", EventPush, false},
		{"${{ github.event_name == 'release' }}", EventRelease, true},
		{"github.event_name != 'pull_request' && github.repository == 'o/r'", EventPush, true},
		{"github.event_name != 'push' && success()", EventPush, false},
		{"github.event_name == 'release' || github.ref == 'x'", EventPush, true},
		{"github.repository == 'O/R'", EventPush, true},
		{"github.repository == 'fork/r'", EventPush, false},
		{"startsWith(github.ref, 'refs/tags/')", EventPush, true},
		{"startsWith(github.ref, 'refs/tags/')", EventDispatch, false},
		{"startsWith(github.ref, 'refs/heads/')", EventRelease, false},
		{"github.ref == 'refs/heads/main'", EventPush, false},
		{"github.ref == 'refs/heads/main'", EventDispatch, true},
		{"github.ref_name == 'main'", EventPush, false},
		{"github.event.action == 'published'", EventRelease, true},
		{"github.event.action == 'deleted'", EventRelease, false},
		{"false", EventPush, false},
		{"needs.build.outputs.x == 'y'", EventPush, true},
	} {
		if got := MayRun(&actionlint.String{Value: c.condition}, c.event, "o/r"); got != c.want {
			t.Errorf("%q on %s: %v", c.condition, c.event, got)
		}
	}
	if !MayRun(nil, EventPush, "o/r") {
		t.Error("no condition does not run")
	}
}
