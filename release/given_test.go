package release

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

func TestParseWaiver(t *testing.T) {
	for in, want := range map[string]checks.Waiver{
		"branch.rules=tracked in #123": {Check: "branch.rules", Reason: text.Clean("tracked in #123"), Once: true},
		" a.b = x = y, z ":             {Check: "a.b", Reason: text.Clean("x = y, z"), Once: true},
		"a.b=\x1b[2Jred":               {Check: "a.b", Reason: text.Clean("\x1b[2Jred"), Once: true},
		"a.b":                          {}, "a.b=": {}, "a.b= ": {}, "=why": {}, "": {},
	} {
		got, err := ParseWaiver(in)
		if got != want || (err == nil) != (want.Check != "") {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
		if err != nil && (KindOf(err) != KindUsage || HintOf(err) == "") {
			t.Errorf("%q: %v, %q", in, err, HintOf(err))
		}
	}
}

// givenPlan has one check of each kind that may be confirmed or not.
func givenPlan(t *testing.T) Plan {
	p := hubPlan(t)
	p.Checks = []checks.Own{
		{ID: "own.manual", Kind: checks.OwnManual, Name: "look", When: checks.Before},
		{ID: "own.tell", Kind: checks.OwnManual, Name: "tell people", When: checks.After},
		{ID: "own.file", Kind: checks.OwnFile, Name: "a", Contains: "b", When: checks.Before},
	}
	p.Waivers = []checks.Waiver{{Check: "branch.rules", Reason: text.Clean("of the plan"), Until: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}}
	return p
}

// What is given holds from the next check on, and what is given then takes its place.
func TestGive(t *testing.T) {
	p := givenPlan(t)
	e, _ := engineOn(newHub(t, p))
	waiver := func(id string) checks.Waiver {
		return checks.Waiver{Check: id, Reason: text.Clean("of a flag"), Once: true}
	}
	finding := func() map[string]checks.Finding {
		findings, _, err := e.Check(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]checks.Finding{}
		for _, f := range findings {
			out[f.ID] = f
		}
		return out
	}
	before := finding()
	if f := before["own.manual"]; f.Outcome != checks.Unknown || before["wf.trigger"].Waiver != nil {
		t.Errorf("%+v", before)
	}
	given := Given{Waivers: []checks.Waiver{waiver("wf.trigger"), waiver("branch.rules")}, Confirmed: []string{"own.manual"}}
	e.Give(given)
	after := finding()
	if f := after["own.manual"]; f.Outcome != checks.Pass {
		t.Errorf("%+v", f)
	}
	if w := after["wf.trigger"].Waiver; w == nil || *w != waiver("wf.trigger") {
		t.Errorf("%+v", w)
	}
	if w := after["branch.rules"].Waiver; w == nil || !w.Once {
		t.Errorf("the plan's came before that of this release: %+v", w)
	}
	if len(p.Waivers) != 1 || !reflect.DeepEqual(e.given, given) {
		t.Errorf("the plan was changed: %+v", p.Waivers)
	}
	e.Give(Given{})
	if now := finding(); now["own.manual"].Outcome != checks.Unknown || now["wf.trigger"].Waiver != nil {
		t.Errorf("it still holds: %+v", now)
	}
}

// What can not be meant is refused before anything is read or told.
func TestGiveRefuses(t *testing.T) {
	for want, g := range map[string]Given{
		`waiving "tag.free": this check can not be waived`:                                {Waivers: []checks.Waiver{{Check: "tag.free", Once: true}}},
		`waiving "wf.unpined": there is no check of this id; did you mean "wf.unpinned"?`: {Waivers: []checks.Waiver{{Check: "wf.unpined", Once: true}}},
		`waiving "no.check": there is no check of this id`:                                {Waivers: []checks.Waiver{{Check: "no.check", Once: true}}},
		`confirming "own.tell": it is due after the release`:                              {Confirmed: []string{"own.tell"}},
		`confirming "own.file": twokey looks at it by itself`:                             {Confirmed: []string{"own.file"}},
		`confirming "ci.green": the plan declares no check of this id`:                    {Confirmed: []string{"own.manual", "ci.green"}},
	} {
		p := givenPlan(t)
		e, seen := engineOn(newHub(t, p))
		e.Give(g)
		findings, v, err := e.Check(t.Context(), p)
		if err == nil || !strings.Contains(err.Error(), want) || KindOf(err) != KindUsage || HintOf(err) == "" {
			t.Errorf("%v (%s), want %s", err, HintOf(err), want)
		}
		if late := strings.Contains(want, "own.tell"); late == (strings.Contains(HintOf(err), "--list") || strings.Contains(HintOf(err), "--explain") || strings.Contains(HintOf(err), "under `checks`")) ||
			late != strings.Contains(HintOf(err), "attach 2.11.6 --confirm own.tell") {
			t.Errorf("%s: the hint is %q", want, HintOf(err))
		}
		if v.Go || len(findings) > 0 || len(*seen) > 0 {
			t.Errorf("%s: judged all the same: %+v", want, findings)
		}
	}
}
