package release

import (
	"context"
	"strings"
	"testing"
	"time"
)

// limited makes the first n calls of a kind meet a rate limit that is over after
// pause, and notes when each left.
func limited(h *hub, kind CallKind, n int, pause time.Duration) *[]time.Time {
	var left []time.Time
	h.fault = func(when string, c Call) error {
		if when != "before" || c.Kind != kind {
			return nil
		}
		left = append(left, h.now)
		if len(left) > n {
			return nil
		}
		return passing{h.now.Add(pause)}
	}
	return &left
}

// What a rate limit refused was certainly not done: it is sent again when that is
// over, and not before. What was accepted is never sent again, but for the tag object,
// which is nothing until a ref leads to it.
func TestPutOff(t *testing.T) {
	const pause = 45 * time.Second
	for _, kind := range []CallKind{CallTagObject, CallRef, CallRelease, CallDispatch} {
		t.Run(string(kind), func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			left := limited(h, kind, 2, pause)
			events, err := released(t, h, p)
			if err != nil || last(t, events).Outcome != Done {
				t.Fatalf("it ends with %v, hint %q", err, HintOf(err))
			}
			if len(h.started) != 4 || len(h.claims) != 3 || len(h.releases) != 1 {
				t.Errorf("%d runs, %d claims, %d releases", len(h.started), len(h.claims), len(h.releases))
			}
			if n := len(*left); n < 3 || (*left)[1].Sub((*left)[0]) < pause || (*left)[2].Sub((*left)[1]) < pause {
				t.Errorf("sent at %v", *left)
			}
			for k, want := range map[CallKind]int{CallTagObject: 3, CallRef: 3, CallRelease: 1, CallDispatch: 1} {
				switch {
				case k == kind:
					want = len(*left)
				case k == CallTagObject && kind == CallRef:
					want = len(*left)
				}
				if n := h.count(k); n != want {
					t.Errorf("%s was sent %d times, want %d", k, n, want)
				}
			}
		})
	}
}

// A tag object of which nobody knows whether it is there claims nothing: another is
// made, and only that one is ever claimed with.
func TestLostTagObject(t *testing.T) {
	for _, tt := range []struct {
		when  string
		lost  int
		done  bool
		stage string
	}{{"before", 1, true, "package"}, {"after", 2, true, "package"}, {"after", 1, true, "deb"}, {"after", 1 << 30, false, "package"}, {"before", 1 << 30, false, "deb"}} {
		p := hubPlan(t)
		h := newHub(t, p)
		n := 0
		h.fault = func(when string, c Call) error {
			if when != tt.when || c.Kind != CallTagObject || c.Stage != tt.stage {
				return nil
			}
			if n++; n > tt.lost {
				return nil
			}
			return ErrLost
		}
		began := h.now
		events, err := released(t, h, p)
		f := last(t, events)
		if (err == nil) != tt.done {
			t.Errorf("%+v: %v, hint %q", tt, err, HintOf(err))
		}
		if tt.done {
			triggeredOnce(t, h)
			continue
		}
		if len(f.Waiting) == 0 || f.Waiting[0] != tt.stage || n > 10 || h.now.Sub(began) > 10*time.Minute {
			t.Errorf("%+v: ends with %+v after %d objects and %s", tt, f, n, h.now.Sub(began))
		}
		if n := h.count(CallRef); n != len(h.claims) || tt.stage == "package" && n > 0 {
			t.Errorf("%+v: %d claims were sent, %d are there", tt, n, len(h.claims))
		}
		want := "nothing was started; try again"
		if tt.stage == "deb" {
			want = "`twokey release 2.11.6 --resume`"
		}
		if !strings.Contains(HintOf(err), want) {
			t.Errorf("%+v: hint %q", tt, HintOf(err))
		}
	}
}

// A limit that does not end ends the release, as any outage does.
func TestPutOffForGood(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	began := h.now
	left := limited(h, CallDispatch, 1<<30, time.Minute)
	_, err := released(t, h, p)
	if KindOf(err) != KindFailed || !strings.Contains(HintOf(err), "`twokey release 2.11.6 --resume`") {
		t.Errorf("it ends with %v, hint %q", err, HintOf(err))
	}
	if took := h.now.Sub(began); took < outagePatience || took > 2*outagePatience || len(*left) > 70 {
		t.Errorf("given up after %s, sent %d times", took, len(*left))
	}
}

// Whoever leaves meanwhile is told what was not started, and what of it is.
func TestLeavePutOff(t *testing.T) {
	for _, tt := range []struct {
		kind  CallKind
		stage string
		want  Kind
		says  string
	}{
		{CallTagObject, "package", KindCancelled, "nothing was started"},
		{CallRef, "package", KindCancelled, "nothing was started"},
		{CallRef, "deb", KindLeft, "deb and images are started only by `twokey release 2.11.6 --resume`"},
	} {
		p := hubPlan(t)
		h := newHub(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		h.fault = func(when string, c Call) error {
			if when != "before" || c.Kind != tt.kind || c.Stage != tt.stage {
				return nil
			}
			cancel()
			return passing{h.now.Add(time.Minute)}
		}
		e, _ := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		err := e.Release(ctx, p, false)
		if KindOf(err) != tt.want || !strings.Contains(err.Error()+HintOf(err), tt.says) {
			t.Errorf("%s of %s: %v, hint %q", tt.kind, tt.stage, err, HintOf(err))
		}
		cancel()
	}
}

// What was checked is looked at again after the pause, too.
func TestMovedWhilePutOff(t *testing.T) {
	for kind, want := range map[CallKind]Kind{CallRef: KindNoGo, CallDispatch: KindFailed} {
		p := hubPlan(t)
		h := newHub(t, p)
		h.fault = func(when string, c Call) error {
			if when != "before" || c.Kind != kind {
				return nil
			}
			h.branches[c.Repo.String()] = Branch{Name: h.branches[c.Repo.String()].Name, SHA: strings.Repeat("e", 40)}
			return passing{h.now.Add(time.Minute)}
		}
		events, err := released(t, h, p)
		if KindOf(err) != want || !strings.Contains(err.Error(), "moved from the checked") {
			t.Errorf("%s: %v, hint %q", kind, err, HintOf(err))
		}
		if n := h.count(kind); n != 1 {
			t.Errorf("%s: sent %d times", kind, n)
		}
		if f := last(t, events); kind == CallRef && (f.Outcome != NoGo || len(f.Waiting) != 3) {
			t.Errorf("%s: ends with %+v", kind, f)
		}
	}
}
