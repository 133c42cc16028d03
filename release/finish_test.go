package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// Whoever reads the end of a release that was left can tell whether CI goes on,
// and which stages it will never start by itself.
func TestEndTellsWhatGoesOn(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	naps := 0
	h.onSleep = func(*hub) {
		if naps++; naps == 3 {
			cancel()
		}
	}
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(ctx, p, false)
	f := last(t, *seen)
	if f.Outcome != Left || !f.Running || !slices.Equal(f.Waiting, []string{"deb", "images"}) {
		t.Errorf("left as %+v", f)
	}
	h.onSleep = nil
	second, seen := engineOn(h)
	q, err := second.InFlight(context.Background(), p.Repo, "2.11.6")
	if err != nil {
		t.Fatal(err)
	}
	_ = second.Attach(context.Background(), q)
	if f := last(t, *seen); f.Outcome != Left || f.Running || !slices.Equal(f.Waiting, []string{"deb", "images"}) {
		t.Errorf("attached, it ends as %+v", f)
	}
	events, err := released(t, newHub(t, p), p)
	if f := last(t, events); err != nil || f.Running || f.Waiting != nil {
		t.Errorf("%v, done as %+v", err, f)
	}
}

// Who leaves is told what CI carries on with and what it never starts, and is led
// back only where there is a way back.
func TestLeavingSaysWhatGoesOn(t *testing.T) {
	p := hubPlan(t)
	tests := []struct {
		name     string
		opened   Opened
		claims   int // that there are when it is left
		say, not []string
	}{
		{"in the first stage", Opened{}, 1, []string{"CI goes on with package; rejoin it with `twokey attach 2.11.6`",
			"deb and images are started only by `twokey release 2.11.6 --resume`"}, []string{"the release goes on"}},
		{"in the last stages", Opened{Command: text.Clean("twokey -R harbour/harbour")}, 3,
			[]string{"the release goes on; rejoin it with `twokey -R harbour/harbour attach 2.11.6`"}, []string{"--resume", "started only"}},
		{"in a world that ends", Opened{Command: text.Clean("twokey rehearse"), Ends: true}, 1,
			[]string{"this rehearsal ends with the program, and nothing real was touched"}, []string{"goes on", "attach", "--resume"}},
	}
	for _, tt := range tests {
		h := newHub(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		h.onSleep = func(h *hub) {
			if len(h.claims) == tt.claims {
				cancel()
			}
		}
		e, seen := engineOn(h)
		e.Emit(tt.opened)
		e.Emit(PlanReady{Plan: p})
		err := e.Release(ctx, p, false)
		f := last(t, *seen)
		if KindOf(err) != KindLeft || f.Hint.String() != HintOf(err) {
			t.Fatalf("%s: error %v, hint %q", tt.name, err, f.Hint)
		}
		for _, say := range tt.say {
			if !strings.Contains(f.Hint.String(), say) {
				t.Errorf("%s: the hint is %q, without %q", tt.name, f.Hint, say)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(f.Hint.String(), not) {
				t.Errorf("%s: the hint is %q, with %q", tt.name, f.Hint, not)
			}
		}
	}
}

// A failure in a world that ends sends nobody back to it.
func TestFailureInAWorldThatEnds(t *testing.T) {
	p := hubPlan(t)
	for _, ends := range []bool{false, true} {
		h := newHub(t, p)
		h.script = func(w string, after time.Duration) (Run, []Job, bool) { return simpleRun(w, after, "failure") }
		e, _ := engineOn(h)
		e.Emit(Opened{Ends: ends})
		e.Emit(PlanReady{Plan: p})
		hint := HintOf(e.Release(context.Background(), p, false))
		if strings.Contains(hint, "attach") == ends || strings.Contains(hint, "nothing real was touched") != ends {
			t.Errorf("ends %v: the hint is %q", ends, hint)
		}
	}
}

// A refusal's own hint says what is wrong, and not how to come back to the release
// that it stopped half way.
func TestRefusalLeadsBack(t *testing.T) {
	refused := &Error{Op: "dispatch", Err: ErrForbidden, Hint: "wait until then"}
	for _, tt := range []struct {
		kind CallKind
		back bool
	}{{CallTagObject, false}, {CallDispatch, true}} {
		p := hubPlan(t)
		h := newHub(t, p)
		fault := at("before", tt.kind, refused)
		h.fault = func(when string, c Call) error { return fault(h, when, c) }
		_, err := released(t, h, p)
		hint := HintOf(err)
		if !strings.HasPrefix(hint, "wait until then") || strings.Contains(hint, "`twokey release 2.11.6 --resume`") != tt.back {
			t.Errorf("%s is refused: hint %q", tt.kind, hint)
		}
	}
}

// A release that is done says that nobody looked at what it published, where the plan
// names nothing to look at; one of which all is named says nothing of the kind.
func TestDoneWithoutArtifacts(t *testing.T) {
	p := hubPlan(t)
	for i := range p.Stages {
		p.Stages[i].Artifacts = nil
	}
	events, err := released(t, newHub(t, p), p)
	if f := last(t, events); err != nil || f.Outcome != Done ||
		f.Why.String() != "the plan names no artifact: nothing that is published was looked at" {
		t.Errorf("%v, finished as %+v", err, f)
	}
	p = hubPlan(t)
	p.Stages[0].Artifacts = nil
	events, err = released(t, newHub(t, p), p)
	if f := last(t, events); err != nil || f.Outcome != Done || !f.Why.IsZero() {
		t.Errorf("%v, with artifacts finished as %+v", err, f)
	}
}
