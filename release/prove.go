package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// proofPause lies between two readings of what was published, where the first could not
// see all of it.
const proofPause = 30 * time.Second

// prove holds what a stage has published against its commit, and ends the stage: as done
// where that is what it should be. Else it failed, and what needs it is not started:
// nothing is built on an artifact that nobody can account for.
func (w *watch) prove(ctx context.Context, st StageState) error {
	name, s := st.Stage.Name, w.stages[st.Stage.Name]
	if w.e.ports.Artifacts == nil || len(st.Artifacts) == 0 {
		w.e.ports.Stream.Emit(StageDone{Stage: name, Outcome: Done})
		return nil
	}
	if !s.proved.IsZero() && w.now.Sub(s.proved) < proofPause {
		return nil
	}
	s.proved = w.now
	if w.held == nil {
		w.held = w.e.inspect(w.plan)
	}
	findings, err := w.held.stage(ctx, st.Stage)
	if err != nil {
		return err
	}
	worst, blocked := blocking(findings)
	switch {
	case !blocked:
		w.e.ports.Stream.Emit(StageDone{Stage: name, Outcome: Done})
	case worst.Outcome == checks.Unknown && !w.patienceOver(st):
		w.e.note("stage %s: what it published could not be seen whole; looking again: %s", name, worst.Summary)
	case s.doubted == "" && (worst.ID == "art.digest" || worst.ID == "art.trace"):
		// What came may have been a proxy's page, or half of it: a second reading tells.
		s.doubted = worst.ID
		w.e.note("stage %s: %s: reading what it published once more, to be certain", name, worst.ID)
	default:
		s.err = &unproven{worst}
		w.fail(name, text.Cleanf("%s: %s", worst.ID, worst.Summary))
	}
	return nil
}

// blocking is the finding that stops a release: what is surely wrong before what nobody
// could see.
func blocking(findings []checks.Finding) (checks.Finding, bool) {
	var worst *checks.Finding
	for i, f := range findings {
		if f.Blocks() && (worst == nil || worst.Outcome == checks.Unknown && f.Outcome == checks.Fail) {
			worst = &findings[i]
		}
	}
	if worst == nil {
		return checks.Finding{}, false
	}
	return *worst, true
}

// unproven is the error of a stage whose artifacts are not what they should be.
type unproven struct{ finding checks.Finding }

// Error names the check, and what it saw.
func (u *unproven) Error() string { return fmt.Sprintf("%s: %s", u.finding.ID, u.finding.Summary) }

// Proof is what holding a release against its commits gave.
type Proof struct {
	Stage    string           `json:"stage"`
	Files    []ArtifactTraced `json:"artifacts"`
	Findings []checks.Finding `json:"findings"`
	// NotStarted holds of a stage that nobody has started: there is nothing to judge yet.
	NotStarted bool `json:"not_started,omitempty"`
}

// Verify reads what a release published and holds it against its commits: of a release
// that is named by its version or tag, or of the newest one; of all stages, or of one. It
// only reads, and emits what it finds. That something is not as it should be is an answer, no error.
func (e *Engine) Verify(ctx context.Context, repo Repo, v, stage string) (Plan, []Proof, error) {
	if e.ports.Artifacts == nil {
		return Plan{}, nil, &Error{Op: "verify", Err: errors.New("this session can not read what was published")}
	}
	ctx = e.lookFor(ctx, "verify")
	p, err := e.released(ctx, repo, v)
	if err != nil {
		return p, nil, err
	}
	if err := p.hasStage(stage); err != nil {
		return p, nil, err
	}
	held := e.inspect(p)
	var out []Proof
	for _, st := range p.Stages {
		if stage != "" && st.Name != stage || len(st.Artifacts) == 0 {
			continue
		}
		if e.neverStarted(st) {
			out = append(out, Proof{Stage: st.Name, Files: []ArtifactTraced{}, Findings: []checks.Finding{}, NotStarted: true})
			continue
		}
		findings, err := held.stage(ctx, st)
		if err != nil {
			return p, out, explain(err, "verifying "+p.Version, "")
		}
		out = append(out, Proof{Stage: st.Name, Files: e.tracesOf(st.Name), Findings: findings})
	}
	e.budget(true)
	if len(out) == 0 {
		return p, out, &Error{Op: "verify " + p.Version, Err: errors.New("the plan names nothing that is published"),
			Hint: "say under `publishes` in " + PlanFileName + " what each stage publishes"}
	}
	return p, out, nil
}

// neverStarted tells whether a stage of a release that was found is surely one that nobody
// has started. Only a release that twokey began says so: what somebody tagged by hand may
// have been started in ways that no claim tells of, and is judged by what is published.
func (e *Engine) neverStarted(st Stage) bool {
	if _, claimed := e.claims[st.Name]; claimed {
		return false
	}
	for _, c := range e.claims {
		if c.Noted {
			return true
		}
	}
	return false
}

// tracesOf are the traces of a stage, as they were told.
func (e *Engine) tracesOf(stage string) []ArtifactTraced {
	out := []ArtifactTraced{}
	e.ports.Stream.View(func(s *State) {
		for _, st := range s.Stages {
			for _, a := range st.Artifacts {
				if st.Stage.Name == stage && a.Trace != nil {
					out = append(out, *a.Trace)
				}
			}
		}
	})
	return out
}

// hasStage refuses a stage that the plan does not have; an empty name stands for all.
func (p Plan) hasStage(stage string) error {
	if _, ok := p.Stage(stage); ok || stage == "" {
		return nil
	}
	return &Error{Kind: KindUsage, Op: fmt.Sprintf("stage %q", text.Clean(stage)), Err: errors.New("the plan has no such stage"),
		Hint: "its stages are " + text.Join(text.CleanAll(stageNames(p)), ", ").String()}
}

func stageNames(p Plan) []string {
	var out []string
	for _, st := range p.Stages {
		out = append(out, st.Name)
	}
	return out
}
