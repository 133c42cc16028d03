package release

import (
	"context"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
)

// deaf is a forge that nobody may ask anything.
type deaf struct {
	Forge
	t *testing.T
}

func (d deaf) Fill(_ context.Context, _ Plan, _ *checks.Snapshot, _ func(checks.Part)) error {
	d.t.Error("asked once more")
	return nil
}

// What is given is judged from what was read, event for event as a check tells it, and
// nobody is asked.
func TestJudgeAgain(t *testing.T) {
	p := givenPlan(t)
	e, seen := engineOn(newHub(t, p))
	first, _, err := e.Check(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	e.ports.Forge = deaf{e.ports.Forge, t}
	told := len(*seen)
	e.Give(Given{Confirmed: []string{"own.manual"}, Waivers: []checks.Waiver{{Check: "wf.trigger", Reason: text.Clean("known"), Once: true}}})
	again, v, err := e.JudgeAgain(p)
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{}
	for i, f := range again {
		if f.ID != first[i].ID && f.ID != "plan.waivers" {
			t.Fatalf("%s stands where %s did", f.ID, first[i].ID)
		}
		if f.Outcome != first[i].Outcome || f.Waiver != nil && first[i].Waiver == nil {
			changed[f.ID] = string(f.Outcome)
		}
	}
	if changed["own.manual"] != "pass" || again[slices.IndexFunc(again, func(f checks.Finding) bool { return f.ID == "wf.trigger" })].Waiver == nil {
		t.Errorf("what was given changed %v", changed)
	}
	delete(changed, "own.manual")
	delete(changed, "wf.trigger")
	if len(changed) > 0 {
		t.Errorf("and so did %v", changed)
	}
	kinds := map[string]int{}
	for _, ev := range (*seen)[told:] {
		kinds[ev.Type()]++
	}
	if n := len(again); kinds["check.started"] != n || kinds["check.done"] != n || kinds["check.verdict"] != 1 || len(kinds) != 3 {
		t.Errorf("told %v of %d checks", kinds, n)
	}
	if (*seen)[len(*seen)-1].(Judged).Verdict != v {
		t.Error("the last event is another verdict")
	}
}

func TestJudgeAgainRefuses(t *testing.T) {
	p := givenPlan(t)
	e, seen := engineOn(newHub(t, p))
	if _, v, err := e.JudgeAgain(p); err == nil || v.Go || !strings.Contains(err.Error(), "it was not checked") {
		t.Errorf("what nobody read: %v", err)
	}
	if _, _, err := e.Check(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	other := p
	other.SHA = strings.Repeat("b", 40)
	told := len(*seen)
	if _, v, err := e.JudgeAgain(other); err == nil || v.Go {
		t.Errorf("another commit: %v", err)
	}
	e.Give(Given{Confirmed: []string{"no.check"}})
	if _, _, err := e.JudgeAgain(p); KindOf(err) != KindUsage {
		t.Errorf("what can not be meant: %v", err)
	}
	if len(*seen) != told {
		t.Errorf("told %d events all the same", len(*seen)-told)
	}
}
