package release

import (
	"context"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/checks/version"
)

// lastOf is a line whose last release is last, with so many commits since.
func lastOf(t *testing.T, scheme version.Scheme, last string, commits int) LineSurvey {
	t.Helper()
	f := PlanFile{Lines: "main", Tag: "v{version}", Scheme: scheme}
	lines, _, err := surveyLines(f, []Branch{{Name: "main", SHA: "1"}}, []Tag{{Name: "v" + last}})
	if err != nil {
		t.Fatal(err)
	}
	lines[0].Commits = commits
	return lines[0]
}

// A bump names no version where somebody has to think first.
func TestHeld(t *testing.T) {
	left := &Unfinished{Version: "1.2.3", Stages: []string{"deb"}}
	broke := []FailedStage{{Stage: "package", Why: text.Clean("it broke")}}
	tests := []struct {
		name      string
		last      string
		commits   int
		bump      version.Bump
		change    func(*LineSurvey)
		why, hint string // empty: not held
	}{
		{name: "new commits", last: "1.2.3", commits: 2},
		{name: "not known how many", last: "1.2.3", commits: -1},
		{name: "none", last: "1.2.3", why: "main has no commit since 1.2.3", hint: "once more, name the version: `twokey release 1.2.4`"},
		{name: "none, to a minor", last: "1.2.3", bump: version.Minor, why: "no commit since 1.2.3", hint: "`twokey release 1.3.0`"},
		{name: "none since a candidate", last: "1.2.3-rc.1"},
		{name: "none since a candidate, for another", last: "1.2.3-rc.1", bump: version.Pre, why: "no commit", hint: "`twokey release 1.2.3-rc.2`"},
		{name: "runs", last: "1.2.3", commits: 2, change: func(l *LineSurvey) { l.Active = []Run{{Branch: text.Clean("v1.2.3")}} },
			why: "1.2.3 is in flight", hint: "watch it with `twokey attach 1.2.3`, or name the version: `twokey release 1.2.4`"},
		{name: "CI of the line runs", last: "1.2.3", commits: 2, change: func(l *LineSurvey) { l.Active = []Run{{Branch: text.Clean("main")}} }},
		{name: "claimed a moment ago", last: "1.2.3", change: func(l *LineSurvey) { l.fresh = true }, why: "1.2.3 is in flight", hint: "attach 1.2.3"},
		{name: "a candidate that runs", last: "1.2.3-rc.1", change: func(l *LineSurvey) { l.fresh = true }, why: "1.2.3-rc.1 is in flight", hint: "`twokey release 1.2.3`"},
		{name: "unfinished", last: "1.2.3", commits: 2, change: func(l *LineSurvey) { l.Unfinished = left },
			why: "1.2.3 is not finished: nobody has started deb", hint: "`twokey release 1.2.3 --resume`, or name the version: `twokey release 1.2.4`"},
		{name: "failed, and unfinished", last: "1.2.3", commits: 2, change: func(l *LineSurvey) { l.Unfinished, l.Failed = left, broke },
			why: "1.2.3 failed: stage package: it broke", hint: "see why with `twokey attach 1.2.3`, or name"},
		{name: "failed", last: "1.2.3", change: func(l *LineSurvey) { l.Failed = broke },
			why: "main has no commit since 1.2.3; 1.2.3 failed: stage package: it broke", hint: "`twokey attach 1.2.3`, or name the version: `twokey release 1.2.4`"},
		{name: "rejected", last: "1.2.3", change: func(l *LineSurvey) {
			l.Failed, l.Unfinished = []FailedStage{{Stage: "package", RejectedBy: text.Clean("ines")}}, left
		}, why: "1.2.3 failed", hint: "once ines agrees, go on with `twokey release 1.2.3 --resume --rerun-failed`, or name the version: `twokey release 1.2.4`"},
		{name: "failed, and mended since", last: "1.2.3", commits: 1, change: func(l *LineSurvey) { l.Failed = broke }},
	}
	for _, tt := range tests {
		l := lastOf(t, version.SemVer, tt.last, tt.commits)
		if tt.change != nil {
			tt.change(&l)
		}
		if tt.bump == "" {
			tt.bump = version.Patch
		}
		s := Survey{Lines: []LineSurvey{l}, file: PlanFile{Lines: "main", Scheme: version.SemVer}}
		_, _, err := s.choose(Want{Bump: tt.bump})
		switch {
		case tt.why == "" && (err != nil || !l.Held(tt.bump).IsZero()):
			t.Errorf("%s: %v, held %q", tt.name, err, l.Held(tt.bump))
		case tt.why == "":
		case err == nil || KindOf(err) != KindUsage || !strings.Contains(err.Error(), tt.why) || !strings.Contains(HintOf(err), tt.hint):
			t.Errorf("%s: %v, hint %q", tt.name, err, HintOf(err))
		case l.Held(tt.bump).String() != err.Error():
			t.Errorf("%s: held %q and the error %q", tt.name, l.Held(tt.bump), err)
		}
		if _, _, err := s.choose(Want{Version: "1.2.4"}); err != nil {
			t.Errorf("%s: a named version is refused: %v", tt.name, err)
		}
	}
}

// No arithmetic gives the version after a day.
func TestDatesAreNotCounted(t *testing.T) {
	for last, want := range map[string]bool{"20260615": true, "20260615.1": true, "2026.6.15": false, "20261315": false,
		"12345678": false, "202606": false, "1.20260615": false} {
		l := lastOf(t, version.PEP440, last, 3)
		if got := l.Suggested[version.Patch] == ""; got != want || l.Held(version.Patch).IsZero() == want {
			t.Errorf("%s: suggested %v, held %q", last, l.Suggested, l.Held(version.Patch))
		}
	}
	l := lastOf(t, version.PEP440, "20260615", 3)
	if why, hint := l.held(version.Patch, text.Safe{}); !strings.Contains(why, "dates") || !strings.HasPrefix(hint, "name the version") {
		t.Errorf("held %q, hint %q", why, hint)
	}
}

// A release that went out once is not followed by another of the same commit that
// nobody named, and a named one is warned of.
func TestBumpOfTheSameCommit(t *testing.T) {
	p := hubPlan(t)
	for _, tt := range []struct {
		name  string
		still bool
		ago   time.Duration
		left  int // stages that nobody started
		says  string
	}{
		{"over", false, time.Hour, 0, ""},
		{"over, and nothing new", true, time.Hour, 0, "has no commit since 2.11.6"},
		{"a moment ago", false, time.Minute, 0, "2.11.6 is in flight"},
		{"left half way", false, time.Hour, 1, "2.11.6 is not finished: nobody has started images"},
	} {
		h := newHub(t, p)
		h.still = tt.still
		for _, st := range p.Stages[:len(p.Stages)-tt.left] {
			h.claimed(p, st, h.now.Add(-tt.ago))
		}
		e, seen := engineOn(h)
		s, err := e.Survey(context.Background(), p.Repo)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Plan(context.Background(), s, Want{Bump: version.Patch})
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := count[PlanReady](*seen); tt.says != "" && got != 0 || len(h.calls) != 0 {
			t.Errorf("%s: %d plans, sent %v", tt.name, got, h.calls)
		}
		named, err := e.Plan(context.Background(), s, Want{Version: "2.11.7"})
		if err != nil {
			t.Fatalf("%s: named, %v", tt.name, err)
		}
		left := e.subject(named).Left.String()
		if open := tt.says != "" && !tt.still; open != (left != "") || open && !strings.Contains(left, tt.says) {
			t.Errorf("%s: the checks are told %q", tt.name, left)
		}
		if _, err := e.InFlight(context.Background(), p.Repo, "2.11.6"); err != nil || !e.subject(p).Left.IsZero() {
			t.Errorf("%s: gone on with, %v, left %q", tt.name, err, e.subject(p).Left)
		}
	}
}
