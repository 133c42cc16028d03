package checks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// august is a day of the month in which the clean snapshot was taken, on the 14th
// at half past nine in the morning, UTC.
func august(d int) time.Time { return time.Date(2026, 8, d, 0, 0, 0, 0, time.UTC) }

func TestWaivers(t *testing.T) {
	fails := func(*checks.Snapshot) checks.Result { return checks.Result{Outcome: checks.Fail} }
	for _, tt := range []struct {
		name   string
		check  checks.Check
		waiver checks.Waiver
		want   bool
	}{
		{"holds until later", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.b", Until: august(31)}, true},
		{"holds on its last day", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.b", Until: august(14)}, true},
		{"ended yesterday", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.b", Until: august(13)}, false},
		{"has no end written", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.b"}, false},
		{"holds for this release", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.b", Once: true}, true},
		{"can not be waived once", checks.Check{ID: "a.b", Judge: fails, NoWaiver: true}, checks.Waiver{Check: "a.b", Once: true}, false},
		{"is for another check", checks.Check{ID: "a.b", Judge: fails}, checks.Waiver{Check: "a.c", Until: august(31)}, false},
		{"can not be waived", checks.Check{ID: "a.b", Judge: fails, NoWaiver: true}, checks.Waiver{Check: "a.b", Until: august(31)}, false},
		{"is not needed", checks.Check{ID: "a.b", Judge: func(*checks.Snapshot) checks.Result {
			return checks.Result{Outcome: checks.Pass}
		}}, checks.Waiver{Check: "a.b", Until: august(31)}, false},
	} {
		s := clean()
		s.Subject.Waivers = []checks.Waiver{{Check: "x.y", Until: august(31)}, tt.waiver}
		tt.check.Severity = checks.SeverityBlock
		f := checks.Run(tt.check, s)
		if (f.Waiver != nil) != tt.want {
			t.Errorf("%s: waiver is %v", tt.name, f.Waiver)
		}
		if tt.want && f.Blocks() {
			t.Errorf("%s: it blocks all the same", tt.name)
		}
	}
}

// TestWhatCanNotBeWaived lists what no plan file can set aside.
func TestWhatCanNotBeWaived(t *testing.T) {
	var got []string
	for _, c := range checks.All() {
		if c.NoWaiver {
			got = append(got, c.ID)
		}
	}
	if want := []string{"ref.line", "tag.free", "ci.green"}; !slices.Equal(got, want) {
		t.Errorf("not to be waived are %q, want %q", got, want)
	}
}

// TestWaiverEnds holds the last minute of a waiver's last day.
func TestWaiverEnds(t *testing.T) {
	c := checks.Check{ID: "a.b", Severity: checks.SeverityBlock,
		Judge: func(*checks.Snapshot) checks.Result { return checks.Result{Outcome: checks.Unknown} }}
	s := clean()
	s.Subject.Waivers = []checks.Waiver{{Check: "a.b", Until: august(14)}}
	for at, want := range map[time.Time]bool{
		august(15).Add(-time.Second): true, august(15): false,
		august(15).In(time.FixedZone("east", 14*3600)): false, // the day is UTC's everywhere
		{}: true,
	} {
		s.Taken = at
		if f := checks.Run(c, s); (f.Waiver != nil) != want {
			t.Errorf("at %v: waiver is %v", at, f.Waiver)
		}
	}
}

// TestPlanWaivers holds that a waiver which sets nothing aside is said.
func TestPlanWaivers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		waiver checks.Waiver
		want   checks.Outcome
		says   string
		fix    string
	}{
		{"in force", checks.Waiver{Check: "branch.rules", Until: august(14)}, checks.Pass, "1 waiver in force", ""},
		{"ended", checks.Waiver{Check: "branch.rules", Until: august(13)}, checks.Warn,
			"branch.rules: waives nothing since 2026-08-13, its last day: later", "give it a new day"},
		{"of no check", checks.Waiver{Check: "branch.rule", Until: august(31)}, checks.Warn,
			"branch.rule: waives nothing: there is no check of this id", "correct the id"},
		{"of a check that can not be waived", checks.Waiver{Check: "tag.free", Until: august(31)}, checks.Warn,
			"tag.free: waives nothing: this check can not be waived", "mend what it is for"},
		{"of itself", checks.Waiver{Check: "plan.waivers", Until: august(31)}, checks.Warn, "can not be waived", ""},
		{"of an own check", checks.Waiver{Check: "own.manual", Until: august(31)}, checks.Pass, "1 waiver in force", ""},
		{"of one that is due after the release", checks.Waiver{Check: "own.tell", Until: august(31)}, checks.Pass, "1 waiver in force", ""},
		{"an attack", checks.Waiver{Check: "\x1b[2Ja\u202e", Until: august(31)}, checks.Warn, "a<U+202E>: waives nothing", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withOwn()
			tt.waiver.Reason = text.Clean("later")
			s.Subject.Waivers = []checks.Waiver{tt.waiver}
			f := runOwn(t, s, "plan.waivers")
			c := verdictCase{want: tt.want, says: tt.says, fix: tt.fix}
			c.hold(t, f)
			if f.Blocks() || f.Waiver != nil {
				t.Errorf("it blocks: %v, with the waiver %v", f.Blocks(), f.Waiver)
			}
		})
	}
}

// TestPlanWaiversShowsThemAll holds that each waiver is shown, in force or not.
func TestPlanWaiversShowsThemAll(t *testing.T) {
	s := clean()
	s.Subject.Waivers = []checks.Waiver{
		{Check: "branch.rules", Until: august(31), Reason: text.Clean("tracked in #1")},
		{Check: "repo.access", Until: august(1), Reason: text.Clean("tracked in #2")},
	}
	f := runOwn(t, s, "plan.waivers")
	if f.Outcome != checks.Warn || !shows(f, "branch.rules: waived until 2026-08-31: tracked in #1") ||
		!shows(f, "repo.access: waives nothing since 2026-08-01, its last day: tracked in #2") {
		t.Errorf("%s: %+v", f.Outcome, f.Evidence)
	}
}

func TestUnwaivable(t *testing.T) {
	s := withOwn()
	for id, want := range map[string]string{
		"branch.rules": "", "own.manual": "", "tag.free": "can not be waived", "ci.green": "can not be waived",
		"ref.line": "can not be waived", "no.check": "no check of this id", "": "no check of this id",
	} {
		if got := checks.Unwaivable(s.Subject, id); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
}

func TestWaiverEnd(t *testing.T) {
	if got := (checks.Waiver{Until: august(31)}).End(); got != "until 2026-08-31" {
		t.Error(got)
	}
	if got := (checks.Waiver{Once: true}).End(); got != "for this release" {
		t.Error(got)
	}
}
