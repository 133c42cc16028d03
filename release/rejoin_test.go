package release

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// dispatchedStage is a claimed stage with a dispatch, and a run that it may have
// started.
func dispatchedStage(t *testing.T) (StageState, Run) {
	p := hubPlan(t)
	at := time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)
	st := StageState{Stage: p.Stages[1], Claim: &Claimed{At: at, Noted: true, Nonce: "0123456789abcdef", Actor: text.Clean("mara")},
		Trigger: &Triggered{Stage: "deb"}}
	return st, Run{ID: 5, Workflow: "deb.yml", Event: "workflow_dispatch", SHA: st.Stage.SHA, Branch: text.Clean("main"),
		Actor: text.Clean("mara"), Created: at.Add(time.Second)}
}

// Of two dispatches, the hint for the one whose run did not appear does not speak of
// the other's run; and where its own run is known it does not say to start another.
func TestUnseenHintIsOfItsOwnDispatch(t *testing.T) {
	st, _ := dispatchedStage(t)
	st.Stage.Workflows = []string{"deb.yml", "tell.yml"}
	st.Trigger = &Triggered{Stage: "deb", RunIDs: map[string]int64{"tell.yml": 7}, URL: text.Clean("https://github.com/hub/packaging/actions/runs/7")}
	e := NewEngine(Ports{Stream: NewStream(SystemClock{})})
	e.Emit(Opened{Command: text.Clean("twokey")})
	w := &watch{e: e, plan: hubPlan(t)}
	for workflow, want := range map[string]struct{ says, never string }{
		"deb.yml":  {"gh workflow run deb.yml", "actions/runs/7"},
		"tell.yml": {"actions/runs/7", "gh workflow run"},
	} {
		hint := w.unseenHint(st, workflow)
		if !strings.Contains(hint, want.says) || strings.Contains(hint, want.never) || !strings.Contains(hint, "`twokey attach ") {
			t.Errorf("%s: the hint is %q", workflow, hint)
		}
	}
}

// Which runs may be a dispatch's: one that GitHub named, one that shows the nonce, or
// one of whoever claimed. More than one is ambiguous.
func TestDispatchedRuns(t *testing.T) {
	st, good := dispatchedStage(t)
	edited := func(id int64, edit func(*Run)) Run {
		r := good
		r.ID = id
		edit(&r)
		return r
	}
	ines := func(r *Run) { r.Actor = text.Clean("ines") }
	shown := func(r *Run) { r.Title = text.Clean("Release 0123456789abcdef") }
	nonced := st
	nonced.Stage.NonceInput = "twokey"
	named := st
	named.Trigger = &Triggered{Stage: "deb", RunID: 7}
	for _, tt := range []struct {
		name string
		st   StageState
		runs []Run
		want []int64
	}{
		{"the only one", st, []Run{good}, []int64{5}},
		{"before the claim", st, []Run{edited(4, func(r *Run) { r.Created = st.Claim.At.Add(-time.Hour) })}, nil},
		{"on another branch", st, []Run{edited(4, func(r *Run) { r.Branch = text.Clean("next") })}, nil},
		{"of another commit", st, []Run{edited(4, func(r *Run) { r.SHA = strings.Repeat("f", 40) })}, nil},
		{"beside somebody else's", st, []Run{good, edited(6, ines)}, []int64{5}},
		{"only somebody else's", st, []Run{edited(6, ines)}, []int64{6}},
		{"two of the same person", st, []Run{good, edited(6, func(*Run) {})}, []int64{5, 6}},
		{"named", named, []Run{good, edited(7, ines)}, []int64{7}},
		{"named and not there", named, []Run{good}, nil},
		{"shows the nonce", nonced, []Run{good, edited(6, shown)}, []int64{6}},
		{"shows the nonce, by hand", nonced, []Run{good, edited(6, func(r *Run) { shown(r); ines(r) })}, []int64{6}},
		{"shows no nonce", nonced, []Run{good}, nil},
		{"two show the nonce", nonced, []Run{edited(6, shown), edited(7, shown)}, []int64{6, 7}},
	} {
		var got []int64
		seen := tt.st
		for _, r := range ours(tt.st, tt.runs) {
			got = append(got, r.ID)
			seen.Runs = append(seen.Runs, RunState{Run: r})
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: runs %v, want %v", tt.name, got, tt.want)
		}
		if amb := len(seen.ambiguous()) > 0; amb != (len(tt.want) > 1) {
			t.Errorf("%s: ambiguous %v", tt.name, amb)
		}
	}
}

// Two runs that a lost dispatch may have started are reported with their addresses;
// the stage is not done, and nothing is sent again.
func TestAmbiguousDispatch(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.fault = func(when string, c Call) error {
		if when == "after" && c.Kind == CallDispatch {
			h.listed = append(h.listed, Run{ID: 99, Number: 8, Attempt: 1, Workflow: "deb.yml", Event: "workflow_dispatch", SHA: c.SHA,
				Branch: text.Clean("main"), Created: h.now, Status: "queued", URL: text.Clean("https://hub.example/runs/99")})
			h.listed[0].SHA = p.Stages[1].SHA
			return ErrLost
		}
		return nil
	}
	events, err := released(t, h, p)
	if err == nil || !strings.Contains(err.Error(), "2 runs of deb.yml may be this release's") {
		t.Fatalf("error %v", err)
	}
	if hint := HintOf(err); !strings.Contains(hint, "https://hub.example/runs/99") || !strings.Contains(hint, "nothing is started again") {
		t.Errorf("hint %q", hint)
	}
	if f := last(t, events); f.Outcome != Failed || h.count(CallDispatch) != 1 {
		t.Errorf("%s after %d dispatches", f.Outcome, h.count(CallDispatch))
	}
}

// The claim's nonce is what the dispatch is given, also by hand.
func TestNonceIsSent(t *testing.T) {
	p := hubPlan(t)
	p.Stages[1].NonceInput, p.Stages[1].Inputs = "twokey", map[string]string{"note": "it's out"}
	e, _ := engineOn(newHub(t, p))
	var nonce string
	for _, c := range e.Calls(p) {
		if n, ok := readNote(c.Message); ok {
			nonce = n.Nonce
		}
		if c.Kind == CallDispatch && (nonce == "" || c.Inputs["twokey"] != nonce || c.Inputs["note"] != "it's out") {
			t.Errorf("the inputs are %v, the nonce is %q", c.Inputs, nonce)
		}
	}
	want := `gh workflow run deb.yml --repo harbour/packaging --ref main -f 'note=it'\''s out' -f twokey=` + nonce
	if got := p.Stages[1].byHand("deb.yml", nonce); got != want {
		t.Errorf("by hand:\n%s\n%s", got, want)
	}
}

// rival acts as the hub does, and lets somebody else act at a moment of its own.
type rival struct {
	*hub
	at   CallKind
	when string
	act  func()
}

func (r *rival) Perform(ctx context.Context, c Call) (Receipt, error) {
	now := func(when string) {
		if act := r.act; act != nil && c.Stage == "package" && c.Kind == r.at && when == r.when {
			r.act = nil
			act()
		}
	}
	now("before")
	out, err := r.hub.Perform(ctx, c)
	now("after")
	return out, err
}

// A claim that is there before ours is a release that goes on only where that is
// certain: a twokey made it for this version and commit a moment ago, or its runs are
// not over.
func TestTakenInFlight(t *testing.T) {
	mine := func(p Plan) string { return noteOf(p, nil).message(p, p.Stages[0]) }
	for _, tt := range []struct {
		name    string
		age     time.Duration
		message func(p Plan) string
		sha     string
		runs    bool
		want    Kind
	}{
		{name: "a moment ago", age: time.Minute, message: mine, want: KindLeft},
		{name: "long ago", age: time.Hour, message: mine, want: KindFailed},
		{name: "long ago, and it runs", age: time.Hour, message: mine, runs: true, want: KindLeft},
		{name: "by hand", age: time.Minute, want: KindFailed},
		{name: "by hand, and it runs", age: time.Minute, runs: true, want: KindLeft},
		{name: "at another commit", age: time.Minute, message: mine, sha: strings.Repeat("d", 40), runs: true, want: KindFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			c := Claim{Ref: "refs/tags/harbour-2.11.6", SHA: cmp.Or(tt.sha, p.SHA), Object: "theirs", By: text.Clean("ines"), At: h.now.Add(-tt.age)}
			if tt.message != nil {
				c.Message = tt.message(p)
			}
			h.claims["harbour/harbour "+c.Ref] = c
			if tt.runs {
				h.start(p.Repo, "push", "harbour-2.11.6", p.SHA)
				h.now = h.now.Add(10 * time.Second) // GitHub shows it by then
			}
			events, err := released(t, h, p)
			f := last(t, events)
			if KindOf(err) != tt.want || !strings.Contains(fmt.Sprint(err), "claimed by ines") || !strings.Contains(HintOf(err), "`twokey attach 2.11.6`") {
				t.Errorf("error %v, kind %v, hint %q", err, KindOf(err), HintOf(err))
			}
			if left := tt.want == KindLeft; (f.Outcome == Left) != left || f.Running != left || len(h.calls) > 0 {
				t.Errorf("it ends with %+v, sent %v", f, h.calls)
			}
		})
	}
}

// Of two who release the same version one wins, whenever the other comes in and
// whatever commit that one has. Whoever loses is told who has it, since when, and how
// to watch; nothing but a tag object that no ref leads to is theirs.
func TestTwoMaintainers(t *testing.T) {
	for _, same := range []bool{true, false} {
		for _, tt := range []struct {
			at   CallKind
			when string
			wins bool // the first one
		}{
			{CallTagObject, "before", false}, {CallTagObject, "after", false}, {CallRef, "before", false}, {CallRef, "after", true},
		} {
			p := hubPlan(t)
			h := newHub(t, p)
			q := hubPlan(t)
			if !same {
				q.SHA = strings.Repeat("e", 40)
				q.Stages[0].SHA = q.SHA
			}
			var second error
			first, _ := engineOn(h)
			first.ports.Actor = &rival{hub: h, at: tt.at, when: tt.when, act: func() {
				if !same { // somebody pushed meanwhile
					h.branches["harbour/harbour"] = Branch{Name: "dev-v2.11", SHA: q.SHA}
				}
				other, _ := engineOn(h)
				other.Emit(PlanReady{Plan: q})
				second = other.Release(context.Background(), q, false)
			}}
			first.Emit(PlanReady{Plan: p})
			err := first.Release(context.Background(), p, false)
			won, lost := second, err
			if tt.wins {
				won, lost = err, second
			}
			if won != nil || lost == nil {
				t.Errorf("%s %s, same %v: the winner has %v, the loser %v", tt.when, tt.at, same, won, lost)
				continue
			}
			if !strings.Contains(lost.Error(), "claimed by mara on 2026-08-14 09:00 UTC") || !strings.Contains(HintOf(lost), "`twokey attach 2.11.6`") {
				t.Errorf("%s %s, same %v: error %v, hint %q", tt.when, tt.at, same, lost, HintOf(lost))
			}
			// At the same commit the release goes on without whoever lost.
			if (KindOf(lost) == KindLeft) != same || strings.Contains(HintOf(lost), "another commit") == same {
				t.Errorf("%s %s, same %v: kind %v, hint %q", tt.when, tt.at, same, KindOf(lost), HintOf(lost))
			}
			triggeredOnce(t, h)
		}
	}
}
