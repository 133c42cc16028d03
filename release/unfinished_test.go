package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
)

// surveyed surveys the only line of the hub.
func surveyed(t *testing.T, h *hub) LineSurvey {
	t.Helper()
	e, _ := engineOn(h)
	s, err := e.Survey(context.Background(), Repo{Owner: "harbour", Name: "harbour"})
	if err != nil {
		t.Fatal(err)
	}
	return s.Lines[0]
}

// A release that was left half way is seen by whoever looks at its line.
func TestSurveyUnfinished(t *testing.T) {
	p := hubPlan(t)
	at := time.Date(2026, 8, 14, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		prepare func(h *hub)
		want    []string
		unsure  bool
	}{
		{"no release yet", func(*hub) {}, nil, false},
		{"the first stage alone", func(h *hub) { h.claimed(p, p.Stages[0], at) }, []string{"deb", "images"}, false},
		{"all but one", func(h *hub) { h.claimed(p, p.Stages[0], at); h.claimed(p, p.Stages[2], at) }, []string{"deb"}, false},
		{"all", func(h *hub) {
			for _, st := range p.Stages {
				h.claimed(p, st, at)
			}
		}, nil, false},
		{"made by hand", func(h *hub) {
			h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA, At: at, Message: "2.11.6"}
		}, nil, false},
		{"a note of another version", func(h *hub) {
			h.claimed(p, p.Stages[0], at)
			c := h.claims["harbour/harbour refs/tags/harbour-2.11.6"]
			c.Message = strings.ReplaceAll(c.Message, "2.11.6", "2.11.4")
			h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = c
		}, nil, false},
		{"out of sight", func(h *hub) {
			h.claimed(p, p.Stages[0], at)
			h.broken = func(n int) error {
				if n > 5 { // the survey's other reads come before
					return errors.New("502 Bad Gateway")
				}
				return nil
			}
		}, nil, true},
	} {
		h := newHub(t, p)
		tt.prepare(h)
		l := surveyed(t, h)
		var got []string
		if l.Unfinished != nil {
			got = l.Unfinished.Stages
			if l.Unfinished.Version != "2.11.6" || l.Unfinished.By.String() != "ines" || !l.Unfinished.At.Equal(at) {
				t.Errorf("%s: %+v", tt.name, *l.Unfinished)
			}
		}
		if !slices.Equal(got, tt.want) || l.Unsure.IsZero() == tt.unsure {
			t.Errorf("%s: unfinished %q, unsure %q", tt.name, got, l.Unsure)
		}
		if len(h.calls) != 0 {
			t.Errorf("%s: looking sent %v", tt.name, h.calls)
		}
	}
}

// A release goes on wherever a stage of it runs, and CI of the line is none of it.
func TestSurveyInFlight(t *testing.T) {
	p := hubPlan(t)
	deb, image := p.Stages[1], p.Stages[2]
	h := newHub(t, p)
	for _, st := range p.Stages {
		h.claimed(p, st, h.now)
	}
	h.active = map[string][]Run{
		"harbour/harbour": {{ID: 1, Workflow: "test.yml", SHA: p.SHA, Branch: text.Clean("dev-v2.11")},
			{ID: 2, Workflow: "pypi.yml", SHA: p.SHA, Branch: text.Clean(p.Tag)}},
		"harbour/packaging": {{ID: 3, Workflow: deb.Workflows[0], SHA: deb.SHA}, {ID: 4, Workflow: "test.yml", SHA: deb.SHA}},
		"harbour/images":    {{ID: 5, Workflow: image.Workflows[0], SHA: p.SHA}},
	}
	l := surveyed(t, h)
	var ids []int64
	for _, r := range l.Active {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []int64{1, 2, 3}) || l.InFlight() != 2 {
		t.Errorf("active %v, %d in flight", ids, l.InFlight())
	}
}

// A release was claimed a moment ago, or not: the date of a tag that somebody made by
// hand may lie a year ahead, and does not keep its release in flight until then.
func TestSurveyFresh(t *testing.T) {
	p := hubPlan(t)
	for age, want := range map[time.Duration]bool{
		runPatience - time.Second: true, runPatience: false, -time.Minute: true, -365 * 24 * time.Hour: false,
	} {
		h := newHub(t, p)
		h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA, At: h.now.Add(-age), Message: "2.11.6"}
		if l := surveyed(t, h); l.fresh != want {
			t.Errorf("claimed %s ago: fresh %v", age, l.fresh)
		}
	}
}

// A refused token ends the survey: nothing that it says could be believed.
func TestSurveyRefused(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.claimed(p, p.Stages[0], h.now)
	h.broken = func(n int) error {
		if n > 5 {
			return ErrUnauthorized
		}
		return nil
	}
	e, _ := engineOn(h)
	if _, err := e.Survey(context.Background(), p.Repo); KindOf(err) != KindAuth {
		t.Errorf("error %v", err)
	}
}

// Whoever releases the next version is told what was left of the last one, and is
// not stopped by it.
func TestReleaseBesideUnfinished(t *testing.T) {
	p := hubPlan(t)
	const left = "nobody has started deb, images; go on with it with `twokey release 2.11.6 --resume`"
	const flying = "nobody has started deb, images yet; watch it with `twokey attach 2.11.6`"
	for _, tt := range []struct {
		version string
		runs    bool
		want    string
	}{{"2.11.7", false, left}, {"2.11.7", true, flying}, {"2.11.6", false, ""}, {"2.11.6", true, ""}} {
		h := newHub(t, p)
		h.claimed(p, p.Stages[0], h.now)
		if tt.runs {
			h.active = map[string][]Run{"harbour/harbour": {{ID: 5, Branch: text.Clean(p.Tag), Status: "queued"}}}
		}
		e, seen := engineOn(h)
		s, err := e.Survey(context.Background(), p.Repo)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Plan(context.Background(), s, Want{Version: tt.version}); err != nil {
			t.Fatalf("%s: %v", tt.version, err)
		}
		told := ""
		for i, ev := range *seen {
			if n, ok := ev.(Noted); ok && count[PlanReady]((*seen)[:i]) == 1 {
				told += n.Text.String()
			}
		}
		if (told == "") != (tt.want == "") || !strings.Contains(told, tt.want) {
			t.Errorf("%s, runs %v: told %q", tt.version, tt.runs, told)
		}
	}
}

// Without a version attach takes what goes on, and says so when nothing does.
func TestInFlight(t *testing.T) {
	p := hubPlan(t)
	all := func(h *hub, ago time.Duration) {
		for _, st := range p.Stages {
			h.claimed(p, st, h.now.Add(-ago))
		}
	}
	run := func(st Stage) []Run {
		return []Run{{ID: 5, Workflow: st.Workflows[0], SHA: st.SHA, Branch: text.Clean(st.Tag), Status: "in_progress"}}
	}
	for _, tt := range []struct {
		name    string
		prepare func(h *hub)
		want    string // in the error; empty when there is a plan
	}{
		{"no release yet", func(*hub) {}, "no release is in flight, and there has been none yet"},
		{"claimed a moment ago", func(h *hub) { all(h, time.Minute) }, ""},
		{"over", func(h *hub) { all(h, time.Hour) }, "no release is in flight; the newest is 2.11.6"},
		{"over, while CI tests the line", func(h *hub) {
			all(h, time.Hour)
			h.active = map[string][]Run{"harbour/harbour": {{ID: 5, Workflow: "test.yml", SHA: p.SHA, Branch: text.Clean("dev-v2.11"), Status: "queued"}}}
		}, "no release is in flight"},
		{"its first stage runs", func(h *hub) {
			all(h, time.Hour)
			h.active = map[string][]Run{"harbour/harbour": run(p.Stages[0])}
		}, ""},
		{"a stage elsewhere runs", func(h *hub) {
			all(h, time.Hour)
			h.active = map[string][]Run{"harbour/images": run(p.Stages[2])}
		}, ""},
		{"stages are left to start", func(h *hub) { h.claimed(p, p.Stages[0], h.now.Add(-time.Hour)) }, ""},
		{"made by hand, long ago", func(h *hub) {
			h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA, At: h.now.AddDate(0, -2, 0)}
		}, "no release is in flight; the newest is 2.11.6"},
		{"made by hand, and it runs", func(h *hub) {
			h.claims["harbour/harbour refs/tags/harbour-2.11.6"] = Claim{Ref: "refs/tags/harbour-2.11.6", SHA: p.SHA}
			h.active = map[string][]Run{"harbour/harbour": run(p.Stages[0])}
		}, ""},
	} {
		h := newHub(t, p)
		tt.prepare(h)
		e, _ := engineOn(h)
		q, err := e.InFlight(context.Background(), p.Repo, "")
		switch {
		case tt.want == "" && (err != nil || q.Version != "2.11.6"):
			t.Errorf("%s: plan of %q, error %v", tt.name, q.Version, err)
		case tt.want != "" && (KindOf(err) != KindUsage || !strings.Contains(err.Error(), tt.want) || !strings.Contains(HintOf(err), "`twokey status`")):
			t.Errorf("%s: error %v, hint %q", tt.name, err, HintOf(err))
		}
	}
}
