package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

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

// claimsOf reads the claims of a plan's stages; that of a stage which has none is
// empty. A stage whose tag of the day another release has gets the next one.
func (e *Engine) claimsOf(ctx context.Context, f PlanFile, c Choice, p Plan) (Plan, []Claim, error) {
	stages, claims := make([]Stage, len(p.Stages)), make([]Claim, len(p.Stages))
	g, ctx := errgroup.WithContext(ctx)
	for i := range p.Stages {
		g.Go(func() (err error) {
			stages[i], claims[i], err = e.claimOf(ctx, f, c, p, i)
			return err
		})
	}
	err := g.Wait()
	p.Stages = stages
	return p, claims, err
}

// claimOf reads the claim of the plan's i-th stage, and gives the stage the tag that is
// its own.
func (e *Engine) claimOf(ctx context.Context, f PlanFile, c Choice, p Plan, i int) (Stage, Claim, error) {
	st := p.Stages[i]
	for n := 1; ; n++ {
		there, err := e.ports.Forge.Claim(ctx, st.Repo, st.ClaimRef(p.Version))
		switch {
		case errors.Is(err, ErrNotFound):
			return st, Claim{}, nil
		case err != nil:
			return st, Claim{}, explain(err, fmt.Sprintf("stage %s: %s", st.Name, st.ClaimRef(p.Version)), "")
		case p.owns(there):
			return st, there, nil
		}
		next := c
		if next.Date = laterDate(c.Date, n); next.Date == "" {
			return st, Claim{}, nil
		}
		q, err := MakePlan(f, next)
		if err != nil {
			return st, Claim{}, err
		}
		if q.Stages[i].ClaimRef(p.Version) == st.ClaimRef(p.Version) { // no date in it: there is no other
			return st, Claim{}, nil
		}
		st = q.Stages[i]
	}
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
