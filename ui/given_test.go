package ui

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
	"twokey/release/recordtest"
)

// lastGiven is what the last check was made with.
func (h *harness) lastGiven() release.Given {
	h.t.Helper()
	if len(h.engine.given) == 0 {
		h.t.Fatal("nothing was checked")
	}
	return h.engine.given[len(h.engine.given)-1]
}

func TestWaive(t *testing.T) {
	h := judged(t, recordtest.NoGo())
	h.engine.allow["judge"] = true
	h.press("w") // ci.green can not be waived
	if h.m.dialog != nil || strings.Contains(h.m.View(), "waive") {
		t.Fatalf("what can not be waived is:\n%s", h.m.View())
	}
	h.press("down", "w")
	h.unguard()
	holds(t, h.m.View(), []string{"Waive branch.rules?", "for this release alone", "Reason: "}, []string{"y waive"})
	h.press("enter", "y") // no reason, no waiver
	if h.m.dialog == nil || h.engine.count("check") != 1 {
		t.Fatalf("waived without a reason: %v\n%s", h.engine.calls, h.m.View())
	}
	h.press("c", "tracked in #123, y", "enter")
	holds(t, h.m.View(), []string{"Reason: tracked in #123, y", "y waive"}, nil)
	h.press("y")
	want := release.Given{Waivers: []checks.Waiver{{Check: "branch.rules", Reason: text.Clean("tracked in #123, y"), Once: true}}}
	if got := h.lastGiven(); !reflect.DeepEqual(got, want) || h.engine.count("check") != 1 || h.engine.count("judge") != 1 {
		t.Errorf("%+v after %v", got, h.engine.calls)
	}
}

// What warns can be set aside as what blocks can, and what was set aside here is taken
// back with the same key; only looking again asks GitHub anything.
func TestWaiveAWarning(t *testing.T) {
	h := judged(t, recordtest.NoGo())
	h.engine.allow["judge"] = true
	h.m.preflight.selected = "version.files"
	holds(t, h.m.View(), nil, []string{"w waive"}) // which the help has
	h.press("w")
	h.unguard()
	holds(t, h.m.View(), []string{"esc not now"}, nil)
	h.press("tracked", "enter", "y")
	if got := h.lastGiven(); len(got.Waivers) != 1 || got.Waivers[0].Check != "version.files" {
		t.Fatalf("%+v", got)
	}
	h.m.preflight.selected = "version.files"
	holds(t, h.m.View(), []string{"w take back"}, nil)
	h.press("w")
	if got := h.lastGiven(); len(got.Waivers) != 0 || h.engine.count("judge") != 2 || h.engine.count("check") != 1 {
		t.Errorf("%+v after %v", got, h.engine.calls)
	}
	h.m.preflight.selected = "repo.access" // which passed
	holds(t, h.m.View(), nil, []string{"w waive", "w take back"})
}

func TestWaiveIsLeft(t *testing.T) {
	h := judged(t, recordtest.NoGo())
	h.m.preflight.selected = "version.files"
	h.press("w")
	h.unguard()
	h.press("esc")
	if h.m.dialog != nil || h.engine.count("judge") != 0 {
		t.Errorf("%v", h.engine.calls)
	}
}

func TestWaiveNotNow(t *testing.T) {
	h := judged(t, recordtest.NoGo())
	h.press("down", "w")
	h.unguard()
	h.press("because", "enter", "n")
	if h.m.dialog != nil || h.engine.count("check") != 1 || len(h.lastGiven().Waivers) != 0 {
		t.Errorf("%v", h.engine.calls)
	}
}

// withManual is a plan with a check that only a person can look at, judged as it is.
func withManual(t *testing.T, outcome checks.Outcome) *harness {
	t.Helper()
	rec := slices.Clone(recordtest.NoGo())
	for i, s := range rec {
		if done, ok := s.Event.(release.CheckDone); ok && done.Finding.ID == "branch.rules" {
			done.Finding.Outcome = outcome
			rec[i].Event = done
		}
	}
	h := judged(t, rec)
	h.engine.allow["judge"] = true
	h.m.prepared.Checks = []checks.Own{{ID: "branch.rules", Kind: checks.OwnManual, Name: "look", When: checks.Before}}
	return h
}

func TestConfirmManual(t *testing.T) {
	h := withManual(t, checks.Unknown)
	h.press(" ") // ci.green is none
	if h.engine.count("check") != 1 {
		t.Fatal("confirmed what twokey looks at by itself")
	}
	h.press("down")
	holds(t, h.m.View(), []string{"space confirm"}, nil)
	h.press(" ")
	if got := h.lastGiven(); !slices.Equal(got.Confirmed, []string{"branch.rules"}) || h.engine.count("check") != 1 || h.engine.count("judge") != 1 {
		t.Errorf("%+v after %v", got, h.engine.calls)
	}
}

func TestConfirmedIsTakenBack(t *testing.T) {
	h := withManual(t, checks.Pass)
	h.m.given.Confirmed = []string{"branch.rules"}
	h.m.preflight.selected = "branch.rules"
	holds(t, h.m.View(), []string{"space take back"}, nil)
	h.press(" ")
	if got := h.lastGiven(); len(got.Confirmed) != 0 || h.engine.count("check") != 1 || h.engine.count("judge") != 1 {
		t.Errorf("%+v after %v", got, h.engine.calls)
	}
}

// Another plan is another release: what was said on the screen does not hold for it,
// and what flags said does.
func TestGivenIsForgotten(t *testing.T) {
	flags := release.Given{Confirmed: []string{"own.manual"}}
	h := start(t, Options{Want: release.Want{Version: "2.11.6"}, Given: flags}, recordtest.NoGo(), toPreflight()...)
	if got := h.lastGiven(); !reflect.DeepEqual(got, flags) {
		t.Fatalf("%+v", got)
	}
	h.m.given = release.Given{Waivers: []checks.Waiver{{Check: "branch.rules", Once: true}}}
	h.m.planned(plannedMsg{plan: *h.m.prepared})
	if !reflect.DeepEqual(h.m.given, flags) {
		t.Errorf("%+v", h.m.given)
	}
}
