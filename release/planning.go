package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks/text"
	"twokey/checks/version"
)

// Plan makes the plan for what is wanted and emits PlanReady. Nothing is
// judged yet but what makes a plan impossible: a version that is none, a line
// that does not exist, a head that is not Want.SHA.
func (e *Engine) Plan(ctx context.Context, s Survey, w Want) (Plan, error) {
	v, line, err := s.choose(w)
	if err != nil {
		return Plan{}, e.hintInWorld(err)
	}
	ctx = e.lookFor(ctx, "plan "+line+" "+v.String())
	head, err := e.ports.Forge.Branch(ctx, s.Repo, line)
	if err != nil {
		return Plan{}, explain(err, fmt.Sprintf("branch %s of %s", line, s.Repo), "")
	}
	if err := expectSHA(w.SHA, head); err != nil {
		return Plan{}, err
	}
	file, source, notes, err := e.planFile(ctx, &s, head.SHA)
	if err != nil {
		return Plan{}, err
	}
	heads, date, err := e.headsAndDate(ctx, file, s.Repo, Fields{Version: v, Line: line})
	if err != nil {
		return Plan{}, err
	}
	heads[s.Repo.String()] = head
	p, err := MakePlan(file, Choice{Repo: s.Repo, Version: v, Line: line, Heads: heads,
		Date: date, Source: source, Notes: notes})
	if err != nil {
		return Plan{}, err
	}
	e.before, e.resumed, e.started = nil, nil, nil
	e.rest, e.wanted = nil, nil
	e.forgetNonce()
	e.planned(p)
	if e.ports.Remark != nil {
		if words := e.ports.Remark(p); words != "" {
			e.note("%s", words)
		}
	}
	e.begunBefore(s, p)
	e.left = leftOpen(s, p)
	e.noteUnfinished(s, p)
	e.budget(true)
	return p, nil
}

// choose finds the version and the line that are wanted.
func (s Survey) choose(w Want) (version.Version, string, error) {
	line := w.Line
	if line == "" {
		line = s.DefaultLine()
	}
	if w.Version == "" {
		return s.chooseBump(line, w.Bump)
	}
	v, err := version.Parse(s.file.Scheme, strings.TrimSpace(w.Version))
	if of, ok := version.FromTag(s.file.Tag, s.file.Scheme, w.Version); ok && err != nil {
		return v, "", &Error{Kind: KindUsage, Op: fmt.Sprintf("version %q", text.Clean(w.Version)),
			Err: errors.New("that is the tag; the version is " + of.String()), Hint: "name it " + of.String()}
	}
	if err != nil {
		return v, "", &Error{Kind: KindUsage, Err: err,
			Hint: fmt.Sprintf("%s releases %s versions; suggested: %s", s.Repo, s.file.Scheme, s.suggestion(line))}
	}
	if w.Line == "" {
		for _, l := range s.Lines {
			if onLine(s.file.Lines, v, l.Line) {
				return v, l.Line, nil
			}
		}
		return v, "", &Error{Kind: KindUsage, Op: "version " + v.String(),
			Err:  fmt.Errorf("no release line %s", Expand(s.file.Lines, Fields{Version: v})),
			Hint: "the lines are " + s.lineNames()}
	}
	if _, ok := s.Line(line); !ok {
		return v, "", s.noLine(line)
	}
	return v, line, nil
}

// chooseBump is the version that a bump gives on a line; without a bump, the
// line's next patch. Nobody named it, so that it is none that needs a second thought.
func (s Survey) chooseBump(line string, bump version.Bump) (version.Version, string, error) {
	l, ok := s.Line(line)
	if !ok {
		return version.Version{}, "", s.noLine(line)
	}
	if bump == "" {
		bump = version.Patch
	}
	if err := s.bumpHeld(l, bump); err != nil {
		return version.Version{}, "", err
	}
	next, ok := l.Suggested[bump]
	if !ok {
		return version.Version{}, "", &Error{Kind: KindUsage, Op: fmt.Sprintf("--bump %s on %s", bump, line),
			Err:  fmt.Errorf("%s leads off the line", bump),
			Hint: "choose another --line, or name the version; suggested: " + s.suggestion(line)}
	}
	v, err := version.Parse(s.file.Scheme, next)
	return v, line, err
}

func (s Survey) noLine(line string) error {
	return &Error{Kind: KindUsage, Op: fmt.Sprintf("line %q", text.Clean(line)),
		Err: errors.New("not a release line"), Hint: "the lines are " + s.lineNames()}
}

func (s Survey) lineNames() string {
	var names []text.Safe
	for _, l := range s.Lines {
		names = append(names, text.Clean(l.Line))
	}
	return text.Join(names, ", ").String()
}

// suggestion is the next patch of a line.
func (s Survey) suggestion(line string) string {
	l, ok := s.Line(line)
	if !ok || l.Suggested[version.Patch] == "" {
		return "none"
	}
	return l.Suggested[version.Patch]
}

// expectSHA holds the head against the SHA that the caller expects; seven digits
// or more of it are enough.
func expectSHA(want string, head Branch) error {
	if want == "" {
		return nil
	}
	want = strings.ToLower(want)
	hex := !strings.ContainsFunc(want, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
	switch {
	case !hex || len(want) < 7:
		return &Error{Kind: KindUsage, Op: fmt.Sprintf("--expect-sha %q", text.Clean(want)),
			Err: errors.New("not a commit SHA of 7 digits or more")}
	case !strings.HasPrefix(head.SHA, want):
		return &Error{Kind: KindUsage, Op: "--expect-sha " + want,
			Err:  fmt.Errorf("the head of %s is %s", head.Name, head.SHA),
			Hint: "look at what was added, then release the commit that you have reviewed"}
	}
	return nil
}

// headsAndDate reads the branches and heads of the other repositories, and which date is
// free, at the same time.
func (e *Engine) headsAndDate(ctx context.Context, f PlanFile, own Repo, fields Fields) (map[string]Branch, string, error) {
	var date string
	var dateErr error
	var wg sync.WaitGroup
	wg.Go(func() { date, dateErr = e.freeDate(ctx, f, own, fields.Version) })
	heads, err := e.stageHeads(ctx, f, own, fields)
	wg.Wait()
	return heads, date, cmp.Or(err, dateErr)
}

// stageHeads reads the branch and head of every other repository of the plan.
func (e *Engine) stageHeads(ctx context.Context, f PlanFile, own Repo, fields Fields) (map[string]Branch, error) {
	heads := map[string]Branch{}
	var specs []StageSpec
	for _, st := range f.Stages {
		if _, seen := heads[st.Repo.String()]; !seen && !st.Repo.IsZero() && st.Repo.String() != own.String() {
			heads[st.Repo.String()] = Branch{}
			specs = append(specs, st)
		}
	}
	found := make([]Branch, len(specs))
	g, ctx := errgroup.WithContext(ctx)
	for i, st := range specs {
		g.Go(func() (err error) {
			found[i], err = e.stageHead(ctx, st.Repo, Expand(st.Branch, fields))
			return explain(err, fmt.Sprintf("stage %s: repository %s", st.Name, st.Repo),
				"check `repo` in "+PlanFileName+"; a private repository needs a token that may read it")
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, st := range specs {
		heads[st.Repo.String()] = found[i]
	}
	return heads, nil
}

// stageHead reads a branch, the default one when no name is given.
func (e *Engine) stageHead(ctx context.Context, repo Repo, branch string) (Branch, error) {
	if branch == "" {
		r, err := e.ports.Forge.Repository(ctx, repo)
		if err != nil {
			return Branch{}, err
		}
		branch = r.DefaultBranch
	}
	return e.ports.Forge.Branch(ctx, repo, branch)
}

// maxDates is how many tags of one day there may be: a date has two digits for them.
const maxDates = 100

// freeDate is what {date} stands for: today, and where a stage's tag of today is
// taken (two lines are often released on one day), today with .1, .2 and so on.
func (e *Engine) freeDate(ctx context.Context, f PlanFile, own Repo, v version.Version) (string, error) {
	today := DateOf(e.ports.Clock.Now())
	var dated []StageSpec
	for _, st := range f.Stages {
		if strings.Contains(st.Tag, "{date}") {
			dated = append(dated, st)
		}
	}
	taken := make([][]Tag, len(dated))
	for i, st := range dated {
		repo := st.Repo
		if repo.IsZero() {
			repo = own
		}
		before, _, _ := strings.Cut(st.Tag, "{date}")
		tags, err := e.ports.Forge.Tags(ctx, repo, Expand(before, Fields{Version: v})+today)
		if err != nil {
			return "", explain(err, "tags of "+repo.String(), "")
		}
		taken[i] = tags
	}
	for n := range maxDates {
		date := today
		if n > 0 {
			date = fmt.Sprintf("%s.%d", today, n)
		}
		free := true
		for i, st := range dated {
			tag := Expand(st.Tag, Fields{Version: v, Date: date})
			free = free && !slices.ContainsFunc(taken[i], func(t Tag) bool { return t.Name == tag })
		}
		if free {
			return date, nil
		}
	}
	return "", &Error{Kind: KindFailed, Op: "{date} " + today, Err: errors.New("a hundred tags of today exist")}
}
