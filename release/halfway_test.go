package release

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A stage that has its claim, and not the GitHub release that starts it, is gone on
// with by resuming. Attach says so, however long ago it was claimed.
func TestAttachToHalfAStage(t *testing.T) {
	for _, ago := range []time.Duration{time.Minute, 8 * time.Hour} {
		p := hubPlan(t)
		h := newHub(t, p)
		fault := at("before", CallRelease, ErrForbidden)
		h.fault = func(when string, c Call) error { return fault(h, when, c) }
		if _, err := released(t, h, p); err == nil {
			t.Fatal("the release of the last stage was refused, and it ends well")
		}
		h.fault, h.now = nil, h.now.Add(ago)
		e, _ := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		err = e.Attach(context.Background(), q)
		if hint := HintOf(err); !strings.Contains(hint, "stage images (create the GitHub release") ||
			!strings.Contains(hint, "`twokey release 2.11.6 --resume`") {
			t.Errorf("after %s it ends with %v, hint %q", ago, err, hint)
		}
		if n := h.count(CallRelease); n != 1 {
			t.Errorf("after %s: %d requests for the release", ago, n)
		}
	}
}
