package release

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A look gives again what was read in it, to whoever asks in it, also meanwhile; what
// may not be given again is read by each.
func TestLook(t *testing.T) {
	l := NewLook(time.Now())
	var reads atomic.Int32
	ask := func(ctx context.Context, key string, keep bool) (int, error) {
		return InLook(ctx, key, func() (int, bool, error) { return int(reads.Add(1)), keep, nil })
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if v, err := ask(l.With(t.Context()), "kept", true); v != 1 || err != nil {
				t.Error(v, err)
			}
		})
	}
	wg.Wait()
	for want := 2; want < 4; want++ {
		if v, err := ask(l.With(t.Context()), "not kept", false); v != want || err != nil {
			t.Error(v, err)
		}
	}
	if v, _ := ask(NewLook(time.Now()).With(t.Context()), "kept", true); v != 4 {
		t.Errorf("another look was given %d", v)
	}
	if v, _ := ask(t.Context(), "kept", true); v != 5 {
		t.Errorf("without a look %d was given", v)
	}
	failed := errors.New("it failed")
	if _, err := InLook(l.With(t.Context()), "fails", func() (int, bool, error) { return 7, true, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if v, err := ask(l.With(t.Context()), "fails", true); v != 6 || err != nil {
		t.Errorf("after a failure: %d, %v", v, err)
	}
}

// Who waits for another's answer does not wait longer than its own context.
func TestLookWaitsNoLongerThanItsReader(t *testing.T) {
	l := NewLook(time.Now())
	reading, end := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = InLook(l.With(context.Background()), "slow", func() (int, bool, error) {
			close(reading)
			<-end
			return 1, true, nil
		})
	}()
	<-reading
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := InLook(l.With(ctx), "slow", func() (int, bool, error) { return 2, true, nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(end)
}

// looking is a hub that takes down the look of each read of a branch.
type looking struct {
	*hub
	looks []*Look
}

func (l *looking) Branch(ctx context.Context, r Repo, name string) (Branch, error) {
	l.looks = append(l.looks, LookOf(ctx))
	return l.hub.Branch(ctx, r, name)
}

// A survey, a plan and its checks are one look; what is done again is another, and so
// is what is done late. What triggers a stage is part of none.
func TestLooks(t *testing.T) {
	h := newHub(t, hubPlan(t))
	e, _ := engineOn(h)
	forge := &looking{hub: h}
	e.ports.Forge = forge
	begin := func(done string) *Look { return LookOf(e.lookFor(t.Context(), done)) }
	first := begin("survey")
	if begin("plan") != first || begin("check") != first || begin("plan of another line") != first {
		t.Error("one look is several")
	}
	second := begin("check")
	if second == first || begin("plan") != second {
		t.Error("what is done again is not seen anew")
	}
	if err := h.Sleep(t.Context(), lookTime); err != nil {
		t.Fatal(err)
	}
	if begin("check") == second {
		t.Error("a look lasts for ever")
	}
	e.look = NewLook(h.Now().Add(time.Hour))
	if late := e.look; begin("check") == late {
		t.Error("a look of the future is seen")
	}
	if err := e.lookAgain(t.Context(), Stage{Repo: Repo{Owner: "o", Name: "r"}, Branch: "main"}, ""); len(forge.looks) != 1 || forge.looks[0] != nil {
		t.Error(forge.looks, err)
	}
}
