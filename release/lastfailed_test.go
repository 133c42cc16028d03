package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// stopped is a hub on which the first stage was claimed an hour ago, and its run has
// ended as a conclusion says.
func stopped(t *testing.T, p Plan, conclusion string) *hub {
	h := newHub(t, p)
	st, at := p.Stages[0], h.now.Add(-time.Hour)
	h.claimed(p, st, at)
	h.listed = []Run{{ID: 5, Number: 3, Attempt: 1, Workflow: "pypi.yml", Event: "push", SHA: st.SHA, Branch: text.Clean(st.Tag),
		Created: at, Status: StatusCompleted, Conclusion: conclusion, URL: text.Clean("https://example.org/5")}}
	return h
}

// rejectedBy is the same, ended by somebody at its gate.
func rejectedBy(t *testing.T, p Plan, who string) *hub {
	h := stopped(t, p, conclusionFailure)
	h.jobs = map[int64][]Job{5: {{ID: 50, Status: StatusCompleted, Conclusion: conclusionFailure}}}
	h.answers = []Approval{{By: text.Clean(who), State: "rejected", Environments: text.CleanAll([]string{"pypi"})}}
	return h
}

// failedCase is a hub after a release, and what its survey says of failures.
type failedCase struct {
	name       string
	hub        *hub
	change     func(*hub)
	says, next string // next is told to mara
	unsure     bool
}

// check looks at the hub and holds what the survey says against the case.
func (tt failedCase) check(t *testing.T) {
	t.Helper()
	if tt.change != nil {
		tt.change(tt.hub)
	}
	l := surveyed(t, tt.hub)
	if got := l.Failure().String(); !strings.Contains(got, tt.says) || (got == "") != (tt.says == "") || l.Unsure.IsZero() == tt.unsure {
		t.Errorf("%s: %q, unsure %q", tt.name, got, l.Unsure)
	}
	if tt.says == "" {
		return
	}
	if what, args := l.AfterFailure(text.Clean("mara")); what+" "+args != tt.next || l.Failed[0].URL.String() != "https://example.org/5" {
		t.Errorf("%s: next is %q %q, at %q", tt.name, what, args, l.Failed[0].URL)
	}
	if len(tt.hub.calls) != 0 {
		t.Errorf("%s: looking sent %v", tt.name, tt.hub.calls)
	}
}

func TestSurveyFailed(t *testing.T) {
	p := hubPlan(t)
	for _, tt := range []failedCase{
		{name: "failed", hub: stopped(t, p, conclusionFailure), says: "stage package: pypi.yml #3 ended as failure",
			next: "see why with attach 2.11.6"},
		{name: "succeeded", hub: stopped(t, p, ConclusionSuccess)},
		{name: "run again", hub: stopped(t, p, ""), change: func(h *hub) { h.listed[0].Status = "queued" }},
		{name: "another commit's", hub: stopped(t, p, conclusionFailure), change: func(h *hub) { h.listed[0].Branch = text.Clean("dev-v2.11") }},
		{name: "another stage came after", hub: stopped(t, p, conclusionFailure),
			change: func(h *hub) { h.claimed(p, p.Stages[1], h.now) }},
		{name: "rejected", hub: rejectedBy(t, p, "ines"), says: "stage package: ines rejected pypi",
			next: "once ines agrees, go on with release 2.11.6 --resume --rerun-failed"},
		{name: "rejected by whoever asks", hub: rejectedBy(t, p, "mara"), says: "mara rejected pypi",
			next: "to release after all, go on with release 2.11.6 --resume --rerun-failed"},
		{name: "rejected, and another workflow goes on", hub: rejectedBy(t, p, "ines"), says: "ines rejected pypi",
			change: func(h *hub) {
				h.active = map[string][]Run{"harbour/harbour": {{ID: 6, Workflow: "github.yml", SHA: p.SHA, Branch: text.Clean(p.Tag)}}}
			}, next: "see why with attach 2.11.6"},
		{name: "a gate that was rejected, and a step that failed", hub: rejectedBy(t, p, "ines"), change: func(h *hub) {
			h.jobs[5][0].Steps = []Step{{Number: 1, Conclusion: conclusionFailure}}
		}, says: "ended as failure", next: "see why with attach 2.11.6"},
		{name: "out of sight", hub: stopped(t, p, conclusionFailure), unsure: true, change: func(h *hub) {
			h.broken = func(n int) error {
				if n > 9 { // the survey's other reads come before
					return ErrForbidden
				}
				return nil
			}
		}},
	} {
		tt.check(t)
	}
}

// Runs that succeeded are no success while what they publish is not there.
func TestSurveyNotPublished(t *testing.T) {
	p := hubPlan(t)
	both := func(h *hub) { // the stage's other run has succeeded, too
		other := h.listed[0]
		other.ID, other.Workflow = 6, "github.yml"
		h.listed = append(h.listed, other)
	}
	for _, tt := range []failedCase{
		{name: "nothing is published", hub: stopped(t, p, ConclusionSuccess), change: both,
			says: "stage package: the runs succeeded, and 1 of 1 artifacts are not published: pypi harbour 2.11.6", next: "see why with attach 2.11.6"},
		{name: "published", hub: stopped(t, p, ConclusionSuccess), change: func(h *hub) {
			both(h)
			h.shelf["pypi harbour 2.11.6"] = checks.Published{Exists: true}
		}},
		{name: "just over", hub: stopped(t, p, ConclusionSuccess), change: func(h *hub) {
			both(h)
			h.listed[1].Updated = h.now.Add(-time.Minute)
		}},
		{name: "one of the runs never came", hub: stopped(t, p, ConclusionSuccess)},
		{name: "the registry is out of sight", hub: stopped(t, p, ConclusionSuccess), unsure: true, change: func(h *hub) {
			both(h)
			h.noLook = func(Artifact) error { return ErrForbidden }
		}},
	} {
		tt.check(t)
	}
}

// A version that was begun before can not be begun: whoever tries is told how to go
// on with it, by every finding that stands in the way.
func TestOnward(t *testing.T) {
	p := hubPlan(t)
	fresh := newHub(t, p)
	fresh.claimed(p, p.Stages[0], fresh.now)
	running := stopped(t, p, "")
	running.listed[0].Status = "in_progress"
	running.active = map[string][]Run{"harbour/harbour": {running.listed[0]}}
	over := stopped(t, p, ConclusionSuccess)
	for _, st := range p.Stages {
		over.claimed(p, st, over.now.Add(-time.Hour))
	}
	for _, tt := range []struct {
		name    string
		hub     *hub
		version string
		want    string
	}{
		{"claimed a moment ago", fresh, "2.11.6", "2.11.6 is in flight: watch it with `twokey attach 2.11.6`"},
		{"CI runs", running, "2.11.6", "2.11.6 is in flight: watch it with `twokey attach 2.11.6`"},
		{"stages are left", stopped(t, p, ConclusionSuccess), "2.11.6",
			"2.11.6 was begun, and nobody has started deb and images: go on with it with `twokey release 2.11.6 --resume`"},
		{"failed", stopped(t, p, conclusionFailure), "2.11.6",
			"2.11.6 failed: stage package: pypi.yml #3 ended as failure; see why with `twokey attach 2.11.6`"},
		{"rejected", rejectedBy(t, p, "ines"), "2.11.6",
			"2.11.6 failed: stage package: ines rejected pypi; once ines agrees, go on with `twokey release 2.11.6 --resume --rerun-failed`"},
		{"over", over, "2.11.6", ""},
		{"another version", fresh, "2.11.7", ""},
	} {
		e, _ := engineOn(tt.hub)
		e.Emit(Opened{Command: text.Clean("twokey -R o/r")})
		tt.want = strings.ReplaceAll(tt.want, "`twokey ", "`twokey -R o/r ")
		s, err := e.Survey(context.Background(), p.Repo)
		if err != nil {
			t.Fatal(err)
		}
		q, err := e.Plan(context.Background(), s, Want{Version: tt.version})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Onward(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		findings, v, err := e.Check(context.Background(), q)
		if err != nil || v.Go {
			t.Errorf("%s: %v, %+v", tt.name, err, v)
		}
		for _, f := range findings {
			if tt.want != "" && f.Blocks() != (f.Remedy == tt.want) {
				t.Errorf("%s: %s (blocks: %v) says %q", tt.name, f.ID, f.Blocks(), f.Remedy)
			}
		}
		if _, err := e.InFlight(context.Background(), p.Repo, "2.11.6"); err != nil || e.Onward() != "" {
			t.Errorf("%s: gone on with, %v, it still says %q", tt.name, err, e.Onward())
		}
	}
}

// The next version's maintainer is told how the last one failed.
func TestFailedIsNoted(t *testing.T) {
	p := hubPlan(t)
	e, seen := engineOn(rejectedBy(t, p, "ines"))
	s, err := e.Survey(context.Background(), p.Repo)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Plan(context.Background(), s, Want{Version: "2.11.7"}); err != nil {
		t.Fatal(err)
	}
	const want = "2.11.6 failed: stage package: ines rejected pypi; once ines agrees, go on with `twokey release 2.11.6 --resume --rerun-failed`, or leave it so"
	if !slices.ContainsFunc(*seen, func(ev Event) bool { n, ok := ev.(Noted); return ok && n.Text.String() == want }) {
		t.Errorf("it is not said: %v", *seen)
	}
}

// Where nothing is left to send there is no start that a check could stop: what is
// begun is watched to its end, whatever is not green by now.
func TestNothingLeftToSendIsNotStopped(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	if _, err := released(t, h, p); err != nil {
		t.Fatal(err)
	}
	sent := len(h.calls)
	e, seen := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	findings, v, err := e.Check(context.Background(), q) // of which hub answers next to nothing
	if err != nil || !v.Go || v.Unknown == 0 {
		t.Errorf("%v, %+v", err, v)
	}
	for _, f := range findings {
		if f.Severity == checks.SeverityBlock {
			t.Errorf("%s still blocks", f.ID)
		}
	}
	if count[Noted](*seen) != 1 {
		t.Errorf("%d notes, want one", count[Noted](*seen))
	}
	if err := e.Release(context.Background(), q, true); err != nil || len(h.calls) != sent {
		t.Errorf("%v, sent %v", err, h.calls[sent:])
	}
	if f := last(t, *seen); f.Outcome != Done {
		t.Errorf("finished as %+v", f)
	}

	tag := "harbour/harbour " + p.Stages[0].ClaimRef(p.Version)
	noted, byHand := h.claims[tag], h.claims[tag]
	byHand.Message = "2.11.6" // nobody has judged what it leads to
	h.claims[tag] = byHand
	if q, err = e.InFlight(context.Background(), p.Repo, p.Version); err != nil {
		t.Fatal(err)
	}
	if _, v, _ = e.Check(context.Background(), q); v.Go {
		t.Errorf("with a tag made by hand it goes: %+v", v)
	}
	h.claims[tag] = noted

	delete(h.claims, "harbour/packaging "+p.Stages[1].ClaimRef(p.Version)) // one is left to start
	if q, err = e.InFlight(context.Background(), p.Repo, p.Version); err != nil {
		t.Fatal(err)
	}
	if _, v, _ = e.Check(context.Background(), q); v.Go {
		t.Errorf("with a stage to start it goes: %+v", v)
	}
}

// What nobody was told is not sent: a GitHub release that was there when the calls
// were shown, and is gone when the stage is taken up, stays gone.
func TestReleaseThatGoesAwayIsNotMadeAgain(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	if _, err := released(t, h, p); err != nil {
		t.Fatal(err)
	}
	sent := len(h.calls)
	e, _ := engineOn(h)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	clear(h.releases)
	_ = e.Release(context.Background(), q, true)
	if len(h.calls) != sent {
		t.Errorf("sent %v", h.calls[sent:])
	}
}
