package release

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"twokey/checks"
	"twokey/checks/text"
)

// Check reads a snapshot for the plan and judges it, emitting CheckStarted,
// CheckDone and Judged. Each check is judged as soon as what it needs has been
// read; findings come in the order of the list, so that two runs over the same
// world say the same. It fails when ctx ends, and when what was given can not be meant; no-go
// is an answer.
func (e *Engine) Check(ctx context.Context, p Plan) ([]checks.Finding, checks.Verdict, error) {
	ctx = e.lookFor(ctx, "check "+p.Line+" "+p.Version)
	e.looked = nil
	subject := e.subject(p)
	if err := e.give(&subject, e.started != nil); err != nil {
		return nil, checks.Judge(nil), e.hintInWorld(err)
	}
	snap := &checks.Snapshot{Subject: subject, Taken: e.ports.Clock.Now(),
		Stages: make([]checks.StageFacts, len(p.Stages))}
	if snap.Subject.Started() {
		snap.OnLine, snap.OwnJobs = e.onLine(ctx, p), e.ownJobs(ctx, p)
	}
	j := e.judge(snap)
	parts := make(chan checks.Part, 2*len(checks.Parts()))
	failed := make(chan error, 1)
	go func() {
		failed <- e.read(ctx, p, snap, func(part checks.Part) { parts <- part })
		close(parts)
	}()
	read := map[checks.Part]bool{}
	for part := range parts {
		read[part] = true
		j.run(func(c checks.Check) bool {
			return !slices.ContainsFunc(c.Needs, func(n checks.Part) bool { return !read[n] })
		})
	}
	if err := <-failed; err != nil {
		return j.findings, checks.Judge(nil), explain(err, "reading "+p.Repo.String(), "")
	}
	e.looked = snap
	v := j.end()
	e.budget(true)
	return j.findings, v, nil
}

// JudgeAgain judges what the last Check read of the plan once more, by what was given
// since, and emits what Check does. It asks nobody anything. It fails when no Check read
// this plan to its end, and when what was given can not be meant.
func (e *Engine) JudgeAgain(p Plan) ([]checks.Finding, checks.Verdict, error) {
	subject := e.subject(p)
	if err := e.give(&subject, e.started != nil); err != nil {
		return nil, checks.Judge(nil), e.hintInWorld(err)
	}
	if e.looked == nil || e.looked.Subject.Repo != subject.Repo || e.looked.Subject.SHA != subject.SHA || e.looked.Subject.Version != subject.Version {
		return nil, checks.Judge(nil), &Error{Op: "judging " + p.Version + " again", Err: errors.New("it was not checked"), Hint: "check it first"}
	}
	snap := *e.looked
	snap.Subject = subject
	j := e.judge(&snap)
	v := j.end()
	return j.findings, v, nil
}

// judging is the judgement of one snapshot, check by check.
type judging struct {
	e        *Engine
	snap     *checks.Snapshot
	all      []checks.Check
	findings []checks.Finding
}

// judge begins to judge a snapshot.
func (e *Engine) judge(snap *checks.Snapshot) *judging {
	j := &judging{e: e, snap: snap, all: checks.For(snap.Subject)}
	for _, c := range j.all {
		e.ports.Stream.Emit(CheckStarted{ID: c.ID, Title: c.Title, Severity: c.Severity, Factor: c.Factor})
	}
	return j
}

// run judges the checks that are ready, up to the first that is not.
func (j *judging) run(ready func(checks.Check) bool) {
	for len(j.findings) < len(j.all) && ready(j.all[len(j.findings)]) {
		f := checks.Run(j.all[len(j.findings)], j.snap)
		f.Remedy = j.e.inWorld(f.Remedy)
		j.findings = append(j.findings, f)
		j.e.ports.Stream.Emit(CheckDone{Finding: f})
	}
}

// end judges what is left, and says go or no-go. A part that nobody reported was not
// read: its checks are unknown.
func (j *judging) end() checks.Verdict {
	j.run(func(checks.Check) bool { return true })
	v := checks.Judge(j.findings)
	j.e.ports.Stream.Emit(Judged{Verdict: v})
	if sub := j.snap.Subject; sub.OnlyWatches && v.Warn+v.Unknown > 0 {
		j.e.note("nothing is left to send, so that no check stops the watch of %s", sub.Version)
	}
	return v
}

// subject is what is judged, with the stages that were started before.
func (e *Engine) subject(p Plan) checks.Subject {
	s := p.Subject()
	s.Onward, s.Left = e.onward, e.left
	s.OnlyWatches = e.onlyWatches(p)
	for i := range s.Stages {
		s.Stages[i].Started = e.started[s.Stages[i].Name]
	}
	return s
}

// onlyWatches tells whether nothing is left to send for a release that twokey began,
// so that it was judged before. A tag that somebody made by hand is judged now.
func (e *Engine) onlyWatches(p Plan) bool {
	byHand := func(st Stage) bool { return !e.claims[st.Name].Noted }
	return e.started != nil && len(e.Calls(p)) == 0 && !slices.ContainsFunc(p.Stages, byHand)
}

// missing is why something could not be read, and the next step where the error knows
// one.
func missing(err error) checks.Missing {
	return checks.Missing{Why: text.Clean(err.Error()), Next: cmp.Or(HintOf(err), checks.TryAgain)}
}

// onLine tells whether the released commit is one of the line's: it has no commit
// that the line does not have.
func (e *Engine) onLine(ctx context.Context, p Plan) checks.Got[bool] {
	ahead, err := e.ports.Forge.Ahead(ctx, p.Repo, p.Line, p.SHA)
	if err != nil {
		return checks.Lack[bool](missing(err))
	}
	return checks.Have(ahead == 0)
}

// ownJobs are the jobs of the runs that the started stages began at the released
// commit, by their IDs. It takes a request for each of these runs, of which there are
// few.
func (e *Engine) ownJobs(ctx context.Context, p Plan) checks.Got[[]int64] {
	own, err := e.ownRuns(ctx, p)
	if err != nil {
		return checks.Lack[[]int64](missing(err))
	}
	ids := []int64{}
	for _, r := range own {
		jobs, err := e.ports.Forge.Jobs(ctx, p.Repo, r.ID)
		if err != nil {
			return checks.Lack[[]int64](missing(err))
		}
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
	}
	return checks.Have(ids)
}

// ownRuns are the runs that the started stages began at the released commit.
func (e *Engine) ownRuns(ctx context.Context, p Plan) ([]Run, error) {
	runs, err := e.ports.Forge.Runs(ctx, p.Repo, p.SHA)
	if err != nil {
		return nil, err
	}
	var own []Run
	for _, st := range p.Stages {
		c, claimed := e.claims[st.Name]
		if !claimed || !e.started[st.Name] || st.Repo != p.Repo || st.SHA != p.SHA {
			continue
		}
		own = append(own, ours(StageState{Stage: st, Claim: &c}, runs)...)
	}
	return own, nil
}

// read fills the snapshot: the forge its parts, the shelf what is published.
func (e *Engine) read(ctx context.Context, p Plan, snap *checks.Snapshot, done func(checks.Part)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return e.ports.Forge.Fill(ctx, p, snap, done) })
	g.Go(func() error {
		published := e.published(ctx, p)
		e.seen = published
		if e.started == nil { // else what stands there may be this release's own
			e.before = baseline(p, published)
		}
		for i := range published {
			snap.Stages[i].Published = published[i]
		}
		done(checks.PartPublished)
		return ctx.Err()
	})
	g.Go(func() error {
		snap.OwnPages = e.pages(ctx, p, func(own checks.Own) bool { return own.When != checks.After })
		done(checks.PartPages)
		return ctx.Err()
	})
	return g.Wait()
}

// published looks at what stands under each artifact's name, by stage.
func (e *Engine) published(ctx context.Context, p Plan) [][]checks.Got[checks.Published] {
	out := make([][]checks.Got[checks.Published], len(p.Stages))
	var wg sync.WaitGroup
	for i, st := range p.Stages {
		out[i] = make([]checks.Got[checks.Published], len(st.Artifacts))
		for k, a := range st.Artifacts {
			wg.Go(func() {
				pub, err := e.ports.Shelf.Look(ctx, a)
				if err != nil {
					out[i][k] = checks.Lack[checks.Published](missing(err))
					return
				}
				pub.Artifact, pub.Mutable = text.Clean(a.String()), a.Mutable
				out[i][k] = checks.Have(pub)
			})
		}
	}
	wg.Wait()
	return out
}

// pages reads the pages that those of the plan's own checks are about which are due.
func (e *Engine) pages(ctx context.Context, p Plan, due func(checks.Own) bool) []checks.Got[checks.Page] {
	out := make([]checks.Got[checks.Page], len(p.Checks))
	var wg sync.WaitGroup
	for i, own := range p.Checks {
		if own.Kind != checks.OwnURL || !due(own) {
			continue
		}
		wg.Go(func() {
			content, found, err := e.ports.Shelf.Page(ctx, own.Name)
			if named, ok := errors.AsType[*Error](err); ok && named.Hint == "" && named.Err != nil { // the check names the page
				err = named.Err
			}
			if err != nil {
				out[i] = checks.Lack[checks.Page](missing(err))
				return
			}
			out[i] = checks.Have(checks.Page{Absent: !found, Holds: bytes.Contains(content, []byte(own.Contains))})
		})
	}
	wg.Wait()
	return out
}
