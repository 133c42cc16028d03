package release

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A claimed stage whose look fails for a while is looked at again: it is taken up
// once GitHub can be read, and the watch does not wait for ever.
func TestTakenUpAfterAnOutage(t *testing.T) {
	for _, fails := range []int{1, 3} {
		p := hubPlan(t)
		h, m := newHub(t, p), &machine{}
		for _, st := range p.Stages { // the release of images was never made
			h.claimed(p, st, h.now)
		}
		h.start(p.Stages[0].Repo, "push", p.Stages[0].Tag, p.Stages[0].SHA)
		h.start(p.Stages[1].Repo, "workflow_dispatch", "main", p.Stages[1].SHA)
		e := surviving(h, m)
		q, err := e.InFlight(context.Background(), p.Repo, p.Version)
		if err != nil {
			t.Fatal(err)
		}
		left := fails
		h.noLook = func(a Artifact) error {
			if a.Kind == KindGitHubRelease && left > 0 {
				left--
				return errors.New("GitHub answered 502")
			}
			return nil
		}
		began := h.now
		ctx, cancel := context.WithCancel(context.Background())
		hung := false
		h.broken = func(int) error {
			if h.now.Sub(began) > 3*time.Hour {
				hung = true
				cancel()
			}
			return nil
		}
		err = e.Release(ctx, q, true)
		cancel()
		if err != nil || hung {
			t.Errorf("%d reads failed: %v, hint %q; hung is %v", fails, err, HintOf(err), hung)
		}
		if n := h.count(CallRelease); n != 1 {
			t.Errorf("%d reads failed: %d releases were sent", fails, n)
		}
	}
}

// A release that was taken back after its runs began is not made again: that would
// start them once more.
func TestUnpublishedReleaseIsNotMadeAgain(t *testing.T) {
	p := hubPlan(t)
	h, m := newHub(t, p), &machine{}
	if _, err := kept(t, h, p, m); err != nil {
		t.Fatal(err)
	}
	delete(h.releases, "harbour/images v20260814")
	if err := goOn(h, p, m); err != nil {
		t.Errorf("%v, hint %q", err, HintOf(err))
	}
	if n := h.count(CallRelease); n != 1 {
		t.Errorf("%d releases were sent", n)
	}
}
