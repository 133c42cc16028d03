package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"twokey/checks/text"
	"twokey/checks/version"
)

// Unfinished is a release that was begun and of which stages were never claimed.
type Unfinished struct {
	Version string `json:"version"`
	// Stages are those that nobody started, in the plan's order.
	Stages []string `json:"stages"`
	// By and At are of the first claim.
	By text.Safe `json:"by,omitzero"`
	At time.Time `json:"at,omitzero"`
}

// begunRelease is what the claims of a line's last release say of it.
type begunRelease struct {
	// at is when the last of its stages was claimed; zero when no claim tells.
	at time.Time
	// stages are those that were claimed, at the commits of their claims; only a
	// claim that twokey made tells of others than the first.
	stages []Stage
}

// surveyUnfinished looks at the claims of each line's last release. One that can
// not be read leaves it unsure: nothing else of the survey depends on it.
func (e *Engine) surveyUnfinished(ctx context.Context, s *Survey) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.LastTag == "" {
			continue
		}
		g.Go(func() error {
			err := explain(e.lookBehind(ctx, s, l), "the claims of "+l.Last, "")
			if err != nil {
				l.Unsure = text.Clean(err.Error())
			}
			return onlyAuth(err)
		})
	}
	return g.Wait()
}

// firstOf reads the claim that a line's last release began with.
func (e *Engine) firstOf(ctx context.Context, s *Survey, l *LineSurvey) (Claim, error) {
	ref, err := s.firstRef(l.last, l.Line)
	if err != nil {
		return Claim{}, err
	}
	return e.ports.Forge.Claim(ctx, s.Repo, ref)
}

// lookBehind reads the claims of a line's last release: the first, and those of the
// other stages where its note says that there are any.
func (e *Engine) lookBehind(ctx context.Context, s *Survey, l *LineSurvey) error {
	first, err := l.first, l.firstErr
	if errors.Is(err, ErrNotFound) {
		return nil // the tag is not what begins a release
	}
	if err != nil {
		return err
	}
	l.begun = begunRelease{at: first.At}
	note, noted := readNote(first.Message)
	if !noted || note.Version != l.Last {
		return nil
	}
	file, source, _, err := e.planFile(ctx, s, first.SHA)
	if err != nil {
		return err
	}
	heads := note.heads()
	heads[s.Repo.String()] = Branch{Name: note.Line, SHA: first.SHA}
	choice := Choice{Repo: s.Repo, Version: l.last, Line: note.Line, Heads: heads, Date: note.Date, Source: source}
	p, err := MakePlan(file, choice)
	if err != nil {
		return err
	}
	p, claims, err := e.claimsOf(ctx, file, choice, p)
	if err != nil {
		return err
	}
	left := Unfinished{Version: l.Last, By: first.By, At: first.At}
	claimed := map[string]Claim{}
	for i, st := range p.Stages {
		if claims[i].Ref == "" {
			left.Stages = append(left.Stages, st.Name)
			continue
		}
		st.SHA, claimed[st.Name] = claims[i].SHA, claims[i]
		l.begun.stages = append(l.begun.stages, st)
		if claims[i].At.After(l.begun.at) {
			l.begun.at = claims[i].At
		}
	}
	if len(left.Stages) > 0 {
		l.Unfinished = &left
	}
	if err := e.surveyFailed(ctx, l, claimed); err != nil {
		return err
	}
	return e.activeElsewhere(ctx, s, l)
}

// noteUnfinished says before a release that the last one of its line was left half
// way. It does not stop the new one: what was left may be left for good.
func (e *Engine) noteUnfinished(s Survey, p Plan) {
	l, ok := s.Line(p.Line)
	switch {
	case !ok || l.Last == p.Version: // whose claims tag.free judges
	case len(l.Failed) > 0 && l.InFlight() == 0:
		e.note("%s, or leave it so", e.inWorld(e.goOn(l)))
	case l.Unfinished != nil && l.InFlight() > 0:
		e.note("%s is in flight, and nobody has started %s yet; watch it with %s", l.Last,
			strings.Join(l.Unfinished.Stages, ", "), e.anew("attach %s", l.Last))
	case l.Unfinished != nil:
		by := ""
		if !l.Unfinished.By.IsZero() {
			by = " by " + l.Unfinished.By.String()
		}
		e.note("%s was begun%s and is not finished: nobody has started %s; go on with it with %s, or leave it so",
			l.Unfinished.Version, by, strings.Join(l.Unfinished.Stages, ", "), e.anew("release %s --resume", l.Unfinished.Version))
	case !l.Unsure.IsZero():
		e.note("whether %s is finished can not be told: %s", l.Last, l.Unsure)
	}
}

// newestInFlight finds the release that goes on now: CI runs for it, it was claimed
// a moment ago, or stages of it are still to be started. Of several it is the one
// with the most runs.
func (e *Engine) newestInFlight(s Survey) (version.Version, string, error) {
	best, most := LineSurvey{}, -1
	for _, l := range s.Lines {
		if runs := l.InFlight(); (l.goesOn() || l.Unfinished != nil) && runs > most {
			best, most = l, runs
		}
	}
	if most >= 0 {
		return best.last, best.Line, nil
	}
	return version.Version{}, "", e.nothingInFlight(s)
}

// nothingInFlight is the error for whoever wants to rejoin what does not go on.
func (e *Engine) nothingInFlight(s Survey) error {
	out := &Error{Kind: KindUsage, Err: errors.New("no release is in flight, and there has been none yet"),
		Hint: "see what there is to release with " + e.anew("status")}
	if l, ok := s.Line(s.DefaultLine()); ok && l.Last != "" {
		out.Err = fmt.Errorf("no release is in flight; the newest is %s", text.Clean(l.Last))
		if !l.Unsure.IsZero() {
			out.Err = fmt.Errorf("%w, of which it can not be told: %s", out.Err, l.Unsure)
		}
		out.Hint = fmt.Sprintf("see what there is with %s, or how that one ended with %s", e.anew("status"), e.anew("attach %s", l.Last))
	}
	return out
}

// activeElsewhere adds the runs that go on for the line's last release in other
// repositories.
func (e *Engine) activeElsewhere(ctx context.Context, s *Survey, l *LineSurvey) error {
	read := map[string][]Run{}
	for _, st := range l.begun.stages {
		repo := st.Repo.String()
		if repo == s.Repo.String() {
			continue
		}
		if _, done := read[repo]; !done {
			runs, err := e.ports.Forge.Active(ctx, st.Repo)
			if err != nil {
				return err
			}
			read[repo] = runs
		}
		for _, r := range read[repo] {
			if of(st, r) {
				l.Active = append(l.Active, r)
			}
		}
	}
	return nil
}

// of tells whether a run is one of a claimed stage.
func of(st Stage, r Run) bool { return r.SHA == st.SHA && slices.Contains(st.Workflows, r.Workflow) }

// goesOn tells whether the line's last release goes on now: CI runs for it, or will in
// a moment.
func (l LineSurvey) goesOn() bool { return l.InFlight() > 0 || l.fresh }

// InFlight counts the runs that go on for the line's last release, in every
// repository that it was started in. CI of the line's head is none of them.
func (l LineSurvey) InFlight() (n int) {
	for _, r := range l.Active {
		tagged := l.LastTag != "" && r.Branch == text.Clean(l.LastTag)
		if tagged || slices.ContainsFunc(l.begun.stages, func(st Stage) bool { return of(st, r) }) {
			n++
		}
	}
	return n
}
