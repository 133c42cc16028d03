package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"twokey/checks/text"
)

// A stage's tag need not name the version: two lines that are released on one day
// share the day's tags. So a claim is this release's only where its note does not say
// that it is another's, whatever its name and its commit are.

// owns tells whether a claim can be one of the plan's: it has no note, as what was
// made by hand has none, or the note of this project and version.
func (p Plan) owns(c Claim) bool {
	note, noted := readNote(c.Message)
	if !noted {
		return true
	}
	_, own := note.heads()[p.Repo.String()]
	return own && note.Version == p.Version
}

// foreign is the error for a claim of another release that has the name of ours.
// Nothing was started. Going on takes the next tag of the day, where the tag has one.
func (e *Engine) foreign(p Plan, st Stage, c Claim) error {
	note, _ := readNote(c.Message)
	whose := "another project's release of " + note.Version
	if _, own := note.heads()[p.Repo.String()]; own {
		whose = "the release of " + note.Version
	}
	by := ""
	if !c.By.IsZero() {
		by = ", by " + c.By.String()
	}
	hint := "was not started, and can not be while the plan gives two releases the same tag: put {version} into it"
	if strings.Contains(st.Tag, p.Date) {
		hint = "was not started; " + e.back("take the next tag of the day with", "release %s --resume", p.Version)
	}
	return &idle{&Error{Op: text.Clean(c.Ref).String(), Err: takenError("it is that of " + whose + by),
		Hint: "stage " + st.Name + " " + hint}}
}

// dated gives each stage of a claimed release the tag of the day that is its own: the
// next one, where another release has the one of the plan's date.
func (e *Engine) dated(ctx context.Context, f PlanFile, c Choice, p Plan) (Plan, error) {
	for i := range p.Stages {
		for n := 1; ; n++ {
			next := c
			if next.Date = laterDate(c.Date, n); next.Date == "" {
				break
			}
			q, err := MakePlan(f, next)
			if err != nil {
				return p, err
			}
			if st := p.Stages[i]; q.Stages[i].ClaimRef(p.Version) == st.ClaimRef(p.Version) {
				break // no date in it: there is no other
			}
			there, err := e.ports.Forge.Claim(ctx, p.Stages[i].Repo, p.Stages[i].ClaimRef(p.Version))
			if err != nil && !errors.Is(err, ErrNotFound) {
				return p, explain(err, fmt.Sprintf("stage %s: %s", p.Stages[i].Name, p.Stages[i].ClaimRef(p.Version)), "")
			}
			if err != nil || p.owns(there) {
				break
			}
			p.Stages[i] = q.Stages[i]
		}
	}
	return p, nil
}

// laterDate is the n-th after what {date} stands for; empty when the day has no more.
func laterDate(date string, n int) string {
	day, last := date, 0
	if _, err := fmt.Sscanf(date, "%8s.%d", &day, &last); err != nil {
		last = 0
	}
	if last+n >= maxDates {
		return ""
	}
	return fmt.Sprintf("%s.%d", day, last+n)
}
