package checks

import (
	"slices"
	"time"

	"twokey/checks/text"
)

// planWaivers shows the plan's waivers and tells which of them set nothing aside:
// one that has ended, or that no check goes by. It only warns, since such a waiver
// lets nothing through.
func planWaivers() Check {
	return Check{
		ID:       "plan.waivers",
		Title:    "Waivers are in force",
		Why:      "A waiver that nobody takes away hides what it was for, and one that has ended stops a release by surprise.",
		Looks:    "The waivers in twokey.yml: that the check of each is made and can be waived, and that its last day is not over.",
		Factor:   People,
		Severity: SeverityWarn,
		Remedy:   "take the waiver out of twokey.yml, or mend what it is for",
		Judge:    judgeWaivers,
		NoWaiver: true,
	}
}

func judgeWaivers(s *Snapshot) Result {
	var t tally
	for _, w := range s.Subject.Waivers {
		e := Evidence{What: text.Clean(w.Check), Outcome: Warn}
		problem := Unwaivable(s.Subject, w.Check)
		switch {
		case problem != "":
			e.Saw = text.Cleanf("waives nothing: %s", problem)
			t.add(e, "take the waiver out of twokey.yml and mend what it is for, or correct the id: `twokey check --list` has them all")
		case !w.holds(s.Taken):
			e.Saw = text.Cleanf("waives nothing since %s, its last day: %s", day(w.Until), w.Reason)
			t.add(e, "mend what it is for and take it out of twokey.yml, or give it a new day")
		default:
			t.pass(e.What, text.Cleanf("waived %s: %s", w.End(), w.Reason), text.Safe{})
		}
	}
	return t.result(text.Cleanf("%s in force", plural(len(s.Subject.Waivers), "waiver")))
}

// holds tells whether the waiver is in force; it is on its whole last day, in UTC.
func (w Waiver) holds(now time.Time) bool {
	return w.Once || now.Before(w.Until.AddDate(0, 0, 1))
}

// Unwaivable says why a waiver for a subject sets nothing aside, whatever its day; empty
// when it does.
func Unwaivable(sub Subject, id string) string {
	all := slices.Concat(For(sub), ForAfter(sub), ForPublished())
	i := slices.IndexFunc(all, func(c Check) bool { return c.ID == id })
	switch {
	case i < 0:
		return "there is no check of this id"
	case all[i].NoWaiver:
		return "this check can not be waived"
	}
	return ""
}

// waiverFor finds the waiver that is in force for a check.
func waiverFor(c Check, waivers []Waiver, now time.Time) *Waiver {
	if c.NoWaiver {
		return nil
	}
	for _, w := range waivers {
		if w.Check == c.ID && w.holds(now) {
			return &w
		}
	}
	return nil
}
