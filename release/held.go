package release

import (
	"errors"
	"fmt"
	"time"

	"twokey/checks/text"
	"twokey/checks/version"
)

// Held says why a bump gives the line no version to release: its last release is not
// over, or a bump would release that release's commit once more under another version.
// It is empty where a bump gives one. A version that somebody names is released all
// the same, and a check warns of it.
func (l LineSurvey) Held(b version.Bump) text.Safe {
	why, _ := l.held(b, text.Safe{})
	return text.Clean(why)
}

// held is Held with the next step, for whoever asks.
func (l LineSurvey) held(b version.Bump, viewer text.Safe) (why, hint string) {
	next := "name the version"
	if v := l.Suggested[b]; v != "" {
		next += ": `twokey release " + v + "`"
	}
	none := fmt.Sprintf("%s has no commit since %s", l.Line, l.Last)
	switch state := l.notOver(); {
	case l.LastTag == "":
		return "", ""
	case dated(l.last):
		return fmt.Sprintf("the versions of %s are dates; the last is %s", l.Line, l.Last), "name the version: no bump gives the next date"
	case l.goesOn():
		return state, fmt.Sprintf("watch it with `twokey attach %s`, or %s", l.Last, next)
	case len(l.Failed) > 0 && (l.Commits == 0 || l.Unfinished != nil):
		what, args := l.AfterFailure(viewer)
		if l.Commits == 0 {
			state = none + "; " + state
		}
		return state, fmt.Sprintf("%s `twokey %s`, or %s", what, args, next)
	case l.Unfinished != nil:
		return state, fmt.Sprintf("go on with it with `twokey release %s --resume`, or %s", l.Last, next)
	case l.Commits == 0 && (b == version.Pre || !l.last.Prerelease()):
		// What was tried as a pre-release is often released from its very commit.
		return none, "to release that commit once more, " + next
	}
	return "", ""
}

// notOver says of the line's last release that it goes on, failed, or was left half
// way; empty when nothing of the kind is known.
func (l LineSurvey) notOver() string {
	switch {
	case l.goesOn():
		return l.Last + " is in flight"
	case len(l.Failed) > 0:
		return text.Cleanf("%s failed: %s", l.Last, l.Failure()).String()
	case l.Unfinished != nil:
		return fmt.Sprintf("%s is not finished: nobody has started %s", l.Last, inWords(l.Unfinished.Stages))
	}
	return ""
}

// bumpHeld is the error for whoever lets a bump choose the version of a line where
// none may be guessed; nil elsewhere.
func (s Survey) bumpHeld(l LineSurvey, b version.Bump) error {
	why, hint := l.held(b, s.Viewer.Login)
	if why == "" {
		return nil
	}
	return &Error{Kind: KindUsage, Err: errors.New(text.Clean(why).String()), Hint: hint}
}

// leftOpen says that the release before a planned one is not over; zero when nothing
// of the kind is known.
func leftOpen(s Survey, p Plan) text.Safe {
	l, ok := s.Line(p.Line)
	if !ok || l.Last == p.Version {
		return text.Safe{}
	}
	return text.Clean(l.notOver())
}

// dated tells whether a version begins with a day, as 20260814 does: the next one is
// then a matter of the calendar and not of counting.
func dated(v version.Version) bool {
	day, err := time.Parse("20060102", v.Part(0))
	return err == nil && day.Year() >= 1990 && day.Year() < 2100
}
