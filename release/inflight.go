package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"twokey/checks/text"
	"twokey/checks/version"
)

// InFlight makes the plan of a release that exists already, from its claims on
// GitHub: of v or, when v is empty, of the newest one that goes on; when none does,
// that is an error. It emits PlanReady. Only reads are sent.
func (e *Engine) InFlight(ctx context.Context, repo Repo, v string) (Plan, error) {
	s, err := e.Survey(ctx, repo)
	if err != nil {
		return Plan{}, err
	}
	want, line, err := e.meant(s, v)
	if err != nil {
		return Plan{}, err
	}
	claim, err := e.firstClaim(ctx, s, want, line)
	if err != nil {
		return Plan{}, err
	}
	p, err := e.replanned(ctx, s, want, line, claim)
	if err == nil {
		err = e.rests(ctx, p)
	}
	if err != nil {
		return Plan{}, err
	}
	e.planned(p)
	return p, nil
}

// replanned makes the plan of a release from the claim that it began with.
func (e *Engine) replanned(ctx context.Context, s Survey, v version.Version, line string, claim Claim) (Plan, error) {
	p, claims, err := e.planOf(ctx, s, v, line, claim)
	if err != nil {
		return Plan{}, err
	}
	return e.asClaimed(ctx, p, claims)
}

// meant finds the version that is asked for or, without one, the one in flight.
func (e *Engine) meant(s Survey, v string) (version.Version, string, error) {
	if v == "" {
		return e.newestInFlight(s)
	}
	return s.choose(Want{Version: v})
}

// firstRef is the ref that claims the stage which the release begins with.
func (s Survey) firstRef(v version.Version, line string) (string, error) {
	i := slices.IndexFunc(s.file.Stages, func(st StageSpec) bool {
		return len(st.Needs) == 0 && (st.Repo.IsZero() || st.Repo == s.Repo)
	})
	if i < 0 {
		return "", &Error{Op: "plan of " + s.Repo.String(),
			Err: errors.New("no stage in this repository starts the release, so no claim here tells of it")}
	}
	first := s.file.Stages[i]
	stage := Stage{Name: first.Name, Trigger: first.Trigger,
		Tag: Expand(first.Tag, Fields{Version: v, Line: line})}
	return stage.ClaimRef(v.String()), nil
}

// firstClaim reads the claim of the stage that the release begins with.
func (e *Engine) firstClaim(ctx context.Context, s Survey, v version.Version, line string) (Claim, error) {
	ref, err := s.firstRef(v, line)
	if err != nil {
		return Claim{}, err
	}
	claim, err := e.ports.Forge.Claim(ctx, s.Repo, ref)
	if errors.Is(err, ErrNotFound) {
		return claim, &Error{Kind: KindUsage, Op: "release " + v.String(),
			Err:  fmt.Errorf("%s does not exist in %s", text.Clean(ref), s.Repo),
			Hint: "start it with " + e.anew("release %s", v)}
	}
	return claim, explain(err, ref+" of "+s.Repo.String(), "")
}

// planOf rebuilds the plan of a claimed release: from the plan file at the claimed
// commit and, where twokey made the claim, from the note in its message. With it come
// the claims of its stages, see claimsOf.
func (e *Engine) planOf(ctx context.Context, s Survey, v version.Version, line string, claim Claim) (Plan, []Claim, error) {
	file, source, notes, err := e.planFile(ctx, &s, claim.SHA)
	if err != nil {
		return Plan{}, nil, err
	}
	note, noted := readNote(claim.Message)
	heads := note.heads()
	switch {
	case noted && note.Version == v.String():
		line = note.Line
		if err := e.heldTo(ctx, file, &s, note); err != nil {
			return Plan{}, nil, err
		}
	default:
		note = claimNote{}
		if heads, err = e.stageHeads(ctx, file, s.Repo, Fields{Version: v, Line: line}); err != nil {
			return Plan{}, nil, err
		}
		said := text.Clean("the tag was not made by twokey")
		if len(heads) > 0 {
			said = text.Cleanf("%s: the other repositories are taken at their heads", said)
		}
		notes = append(notes, said)
	}
	heads[s.Repo.String()] = Branch{Name: line, SHA: claim.SHA}
	choice := Choice{Repo: s.Repo, Version: v, Line: line, Heads: heads,
		Date: note.dateOf(claim.At), Source: source, Notes: notes}
	p, err := MakePlan(file, choice)
	if err != nil {
		return Plan{}, nil, err
	}
	p, claims, err := e.claimsOf(ctx, file, choice, p)
	if err != nil {
		return Plan{}, nil, err
	}
	e.before, e.resumed = note.beforeOf(p), nil
	e.forgetNonce()
	return p, claims, nil
}

// asClaimed gives every stage the commit that it is, or would be, released at: a
// claimed one its claim's, the others the head of their branch now, for only that
// can still be started. It remembers which stages were started.
func (e *Engine) asClaimed(ctx context.Context, p Plan, claims []Claim) (Plan, error) {
	e.started, e.claims, e.seen = map[string]bool{}, map[string]Claimed{}, nil
	e.rest, e.wanted, e.onward, e.left = map[string][]Call{}, nil, "", text.Safe{}
	p.Stages = slices.Clone(p.Stages)
	for i, c := range claims {
		st := &p.Stages[i]
		switch {
		case c.Ref == "" && st.Repo == p.Repo: // the project's own commit is the one that was tagged
		case c.Ref == "":
			head, err := e.ports.Forge.Branch(ctx, st.Repo, st.Branch)
			if err != nil {
				return p, explain(err, fmt.Sprintf("stage %s: branch %s of %s", st.Name, st.Branch, st.Repo), "")
			}
			st.SHA = head.SHA
		default:
			seen := c.seen(*st)
			if seen.Noted && st.Repo != p.Repo {
				st.SHA = c.SHA
			}
			e.started[st.Name], e.claims[st.Name] = c.SHA == st.SHA, seen
		}
	}
	return p, nil
}

// rests reads what the stages that were started still need.
func (e *Engine) rests(ctx context.Context, p Plan) (err error) {
	for _, st := range p.Stages {
		if !e.started[st.Name] {
			continue
		}
		if e.rest[st.Name], err = e.restOf(ctx, p, st, e.claims[st.Name]); err != nil {
			return err
		}
	}
	return nil
}

// heldTo holds the branches that a note names against those that the plan releases
// from. Anybody who can push can write a note, and resuming starts what it names.
func (e *Engine) heldTo(ctx context.Context, f PlanFile, s *Survey, note claimNote) error {
	wrong := func(repo Repo, branch string) error {
		return &Error{Op: "release " + note.Version,
			Err:  fmt.Errorf("its tag's note releases %s from %q, and the plan does not", repo, branch),
			Hint: "find out who made the tag; nothing was sent"}
	}
	if !lineRegexp(f.Lines).MatchString(note.Line) && !lineRegexp(s.file.Lines).MatchString(note.Line) {
		return wrong(s.Repo, note.Line)
	}
	heads := note.heads()
	for _, st := range f.Stages {
		// MakePlan holds the branches that the plan file names.
		if st.Repo.IsZero() || st.Repo.String() == s.Repo.String() || st.Branch != "" {
			continue
		}
		r, err := e.ports.Forge.Repository(ctx, st.Repo)
		if err != nil {
			return explain(err, "repository "+st.Repo.String(), "a private repository needs a token that may read it")
		}
		if head, ok := heads[st.Repo.String()]; ok && head.Name != r.DefaultBranch {
			return wrong(st.Repo, head.Name)
		}
	}
	return nil
}
