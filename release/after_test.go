package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// afterPlan is the hub's plan with checks that are due after the release.
func afterPlan(t *testing.T, own ...checks.Own) Plan {
	t.Helper()
	p := hubPlan(t)
	for i := range own {
		own[i].When = checks.After
	}
	p.Checks = own
	return p
}

func docsPage() checks.Own {
	return checks.Own{ID: "own.url", Kind: checks.OwnURL, Name: "https://docs.harbour.example/", Contains: "2.11.6"}
}

func tellPeople() checks.Own {
	return checks.Own{ID: "own.tell", Kind: checks.OwnManual, Name: "Tell people"}
}

// looks are the looks at checks that are due after the release.
func looks(events []Event) (out []AfterChecked) {
	for _, e := range events {
		if a, ok := e.(AfterChecked); ok {
			out = append(out, a)
		}
	}
	return out
}

// pageFrom serves the page from a time on.
func pageFrom(h *hub, at time.Time) func(string) ([]byte, bool, error) {
	return func(string) ([]byte, bool, error) { return []byte("new in 2.11.6"), !h.now.Before(at), nil }
}

// releasedAfter releases a plan, opened as a person's session is.
func releasedAfter(h *hub, p Plan, g Given) (events []Event, err error) {
	e, seen := engineOn(h)
	e.Emit(Opened{Command: text.Clean("twokey")})
	e.Emit(PlanReady{Plan: p})
	e.Give(g)
	err = e.Release(context.Background(), p, false)
	return *seen, err
}

// A page that is built from the release is waited for, and less and less often looked
// at.
func TestAfterPageThatTakesAWhile(t *testing.T) {
	p := afterPlan(t, docsPage())
	h := newHub(t, p)
	h.page = pageFrom(h, h.now.Add(8*time.Minute))
	events, err := releasedAfter(h, p, Given{})
	if err != nil {
		t.Fatal(err)
	}
	all := looks(events)
	if len(all) != 2 || !all[0].Again || all[0].Finding.Outcome != checks.Fail || all[1].Again || all[1].Finding.Outcome != checks.Pass {
		t.Errorf("the looks are %+v", all)
	}
	if h.pagesRead > 15 {
		t.Errorf("the page was asked for %d times", h.pagesRead)
	}
	f := last(t, events)
	want := AfterEnd{Check: "own.url", Outcome: checks.Pass, Summary: all[1].Finding.Summary}
	if f.Outcome != Done || f.Unsettled() || !f.Hint.IsZero() || !f.Why.IsZero() || !slices.Equal(f.After, []AfterEnd{want}) {
		t.Errorf("it ended as %+v", f)
	}
	if !slices.ContainsFunc(events, func(e Event) bool {
		n, ok := e.(Noted)
		return ok && strings.Contains(n.Text.String(), "looked at again, for up to 15 minutes")
	}) {
		t.Error("nothing says that it is waited for")
	}
}

// What does not come is not waited for without end, and the release is out all the same.
func TestAfterPageThatDoesNotCome(t *testing.T) {
	p := afterPlan(t, docsPage(), tellPeople())
	h := newHub(t, p)
	events, err := releasedAfter(h, p, Given{})
	f := last(t, events)
	if KindOf(err) != KindAfter || f.Outcome != Done || !f.Unsettled() {
		t.Fatalf("error %v, ended as %+v", err, f)
	}
	if why := "it is released, and own.url is not as the plan asks: https://docs.harbour.example/: there is no such page"; f.Why.String() != why {
		t.Errorf("why is %q", f.Why)
	}
	for _, says := range []string{"publish the page", "nothing has to be released again: look again with `twokey attach 2.11.6`",
		"see to: Tell people; say so with `twokey attach 2.11.6 --confirm own.tell`"} {
		if !strings.Contains(f.Hint.String(), says) || HintOf(err) != f.Hint.String() {
			t.Errorf("the hint %q does not say %q", f.Hint, says)
		}
	}
	if took := h.now.Sub(time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)); took < afterPatience || took > afterPatience+8*time.Minute {
		t.Errorf("it took %s", took)
	}
	for _, st := range f.Stages {
		if st.Outcome != Done {
			t.Errorf("stage %s is %s", st.Stage, st.Outcome)
		}
	}
}

// What each check comes to, and whether the release leaves something open.
func TestAfterOutcomes(t *testing.T) {
	have := func(items ...checks.OpenItem) checks.Got[[]checks.OpenItem] {
		return checks.Have(append([]checks.OpenItem{}, items...))
	}
	draft := checks.OpenItem{Name: text.Clean("GHSA-1"), Title: text.Clean("A hole"), Draft: true}
	issue := checks.OpenItem{Name: text.Clean("#12"), Title: text.Clean("Tell packagers")}
	hidden := checks.Lack[[]checks.OpenItem](checks.Missing{Why: text.Clean("drafts are shown to administrators alone"), Needs: "administration"})
	advisories := checks.Own{ID: "own.advisories", Kind: checks.OwnAdvisories, Name: "published"}
	issues := checks.Own{ID: "own.issues-none", Kind: checks.OwnIssuesNone, Name: "label:after"}
	waived := docsPage()
	for _, tt := range []struct {
		name    string
		own     checks.Own
		open    checks.Got[[]checks.OpenItem]
		page    error
		given   Given
		outcome checks.Outcome
		kind    Kind // KindAfter, or nothing
		forYou  bool
	}{
		{name: "nothing is open", own: issues, open: have(), outcome: checks.Pass},
		{name: "an issue is open", own: issues, open: have(issue), outcome: checks.Fail, kind: KindAfter},
		{name: "a draft", own: advisories, open: have(draft), outcome: checks.Fail, kind: KindAfter},
		{name: "drafts can not be seen", own: advisories, open: hidden, outcome: checks.Unknown, kind: KindAfter},
		{name: "a page that can not be read", own: docsPage(), page: errors.New("docs answered 502"), outcome: checks.Unknown, kind: KindAfter},
		{name: "a page that is waived", own: waived, given: Given{Waivers: []checks.Waiver{{Check: "own.url", Once: true}}}, outcome: checks.Fail},
		{name: "for a person", own: tellPeople(), outcome: checks.Unknown, forYou: true},
		{name: "confirmed", own: tellPeople(), given: Given{Confirmed: []string{"own.tell"}}, outcome: checks.Pass},
	} {
		p := afterPlan(t, tt.own)
		h := newHub(t, p)
		h.open = func(checks.Own) checks.Got[[]checks.OpenItem] { return tt.open }
		h.page = func(string) ([]byte, bool, error) { return nil, false, tt.page }
		events, err := releasedAfter(h, p, tt.given)
		f := last(t, events)
		if f.Outcome != Done || len(f.After) != 1 {
			t.Errorf("%s: ended as %+v", tt.name, f)
			continue
		}
		end := f.After[0]
		if end.Outcome != tt.outcome || end.Open != (tt.kind == KindAfter) || end.ForYou != tt.forYou {
			t.Errorf("%s: it stands as %+v", tt.name, end)
		}
		if (tt.kind == KindAfter) != (err != nil) || err != nil && KindOf(err) != KindAfter {
			t.Errorf("%s: error %v", tt.name, err)
		}
		all := looks(events)
		if f := all[len(all)-1].Finding; f.Blocks() || !strings.HasPrefix(f.Why, "The project asks for this after every release") {
			t.Errorf("%s: the finding is %+v", tt.name, f)
		}
		if waits := tt.own.Kind == checks.OwnURL && len(tt.given.Waivers) == 0; (len(all) > 1) != waits {
			t.Errorf("%s: %d looks", tt.name, len(all))
		}
	}
}

// What is due after the release is no reason to stop before it, and is not looked at
// where it did not come to its end.
func TestAfterIsNotLookedAtBefore(t *testing.T) {
	p := afterPlan(t, docsPage(), tellPeople())
	h := newHub(t, p)
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	findings, _, err := e.Check(context.Background(), p)
	if err != nil || slices.ContainsFunc(findings, func(f checks.Finding) bool { return strings.HasPrefix(f.ID, "own.") }) || h.pagesRead > 0 {
		t.Errorf("error %v, %d looks, findings %+v", err, h.pagesRead, findings)
	}
	h.script = func(w string, after time.Duration) (Run, []Job, bool) { return simpleRun(w, after, "failure") }
	err = e.Release(context.Background(), p, false)
	f := last(t, *seen)
	if KindOf(err) != KindFailed || len(f.After) > 0 || len(looks(*seen)) > 0 {
		t.Errorf("error %v, ended as %+v", err, f)
	}
}

// Whoever looks at a release later sees the same, and does not wait for what would have
// come long ago.
func TestAfterFromElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name string
		ago  time.Duration
		long bool
	}{{"just now", 0, true}, {"an hour ago", time.Hour, false}, {"days ago", 72 * time.Hour, false}} {
		for _, resume := range []bool{false, true} {
			p := afterPlan(t, docsPage())
			h := newHub(t, p)
			if _, err := releasedAfter(h, p, Given{}); KindOf(err) != KindAfter {
				t.Fatal(err)
			}
			for key, c := range h.claims { // it all happened earlier
				c.At = c.At.Add(-tt.ago)
				h.claims[key] = c
			}
			h.now = h.now.Add(tt.ago - afterPatience)
			h.pagesRead = 0
			begin := h.now
			e, seen := engineOn(h)
			e.Emit(Opened{Command: text.Clean("twokey")})
			e.Emit(PlanReady{Plan: p})
			var err error
			if resume {
				err = e.Release(context.Background(), p, true)
			} else {
				err = e.Attach(context.Background(), p)
			}
			if f := last(t, *seen); KindOf(err) != KindAfter || f.Outcome != Done || !f.Unsettled() {
				t.Errorf("%s, resume %v: error %v, ended as %+v", tt.name, resume, err, f)
			}
			if waited := h.now.Sub(begin) > time.Minute; waited != tt.long {
				t.Errorf("%s, resume %v: it waited %s", tt.name, resume, h.now.Sub(begin))
			}
		}
	}
}

// What can not be seen says what its error knows to do, and names the page once.
func TestPageThatCanNotBeRead(t *testing.T) {
	p := afterPlan(t, docsPage())
	p.Checks[0].When = checks.Before
	for want, err := range map[string]error{
		"docs.harbour.example: refused|see who answers": &Error{Op: "page " + docsPage().Name, Err: &Error{Err: errors.New("docs.harbour.example: refused"), Hint: "see who answers"}},
		"no answer in time|check again in a moment":     errors.New("no answer in time"),
	} {
		h := newHub(t, p)
		h.page = func(string) ([]byte, bool, error) { return nil, false, err }
		e, _ := engineOn(h)
		e.Emit(PlanReady{Plan: p})
		findings, _, cerr := e.Check(t.Context(), p)
		i := slices.IndexFunc(findings, func(f checks.Finding) bool { return f.ID == "own.url" })
		if cerr != nil || i < 0 {
			t.Fatal(cerr)
		}
		says, next, _ := strings.Cut(want, "|")
		if f := findings[i]; f.Summary.String() != docsPage().Name+": "+says || f.Remedy != next {
			t.Errorf("%q, next %q; want %s", f.Summary, f.Remedy, want)
		}
	}
}

// Leaving while a page is waited for takes nothing back, and says what was not seen.
func TestAfterLeaving(t *testing.T) {
	p := afterPlan(t, docsPage())
	h := newHub(t, p)
	ctx, leave := context.WithCancel(context.Background())
	h.onSleep = func(h *hub) {
		if h.pagesRead > 3 {
			leave()
		}
	}
	e, seen := engineOn(h)
	e.Emit(Opened{Command: text.Clean("twokey")})
	e.Emit(PlanReady{Plan: p})
	err := e.Release(ctx, p, false)
	f := last(t, *seen)
	if KindOf(err) != KindLeft || f.Outcome != Left || f.Running || !strings.Contains(f.Why.String(), "every stage is done") ||
		f.Hint.String() != "look at it again with `twokey attach 2.11.6`" || len(f.After) != 1 || !f.After[0].Open {
		t.Errorf("error %v, ended as %+v", err, f)
	}
}

// What is confirmed has to be something that a person looks at.
func TestAttachRefusesWhatCanNotBeConfirmed(t *testing.T) {
	p := afterPlan(t, docsPage())
	h := newHub(t, p)
	e, seen := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	e.Give(Given{Confirmed: []string{"own.url"}})
	if err := e.Attach(context.Background(), p); KindOf(err) != KindUsage || len(looks(*seen)) > 0 {
		t.Errorf("error %v", err)
	}
}

// TestApplyAfterChecked holds that the last look at a check counts, and that another
// plan has none.
func TestApplyAfterChecked(t *testing.T) {
	look := func(id string, o checks.Outcome, again bool) Stamped {
		return Stamped{Event: AfterChecked{Finding: checks.Finding{ID: id, Outcome: o}, Again: again}}
	}
	var s State
	s.Apply(look("own.a", checks.Fail, true))
	before := s.After
	s.Apply(look("own.b", checks.Pass, false))
	s.Apply(look("own.a", checks.Pass, false))
	if len(s.After) != 2 || s.After[0].Finding.Outcome != checks.Pass || s.After[0].Again || s.After[1].Finding.ID != "own.b" {
		t.Errorf("the state has %+v", s.After)
	}
	if before[0].Finding.Outcome != checks.Fail {
		t.Error("a look changed what somebody had read")
	}
	if s.Apply(Stamped{Event: PlanReady{}}); s.After != nil {
		t.Errorf("another plan has %+v", s.After)
	}
}
