package release

import (
	"context"
	"errors"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/version"
)

// Ports are what the engine needs of the world.
type Ports struct {
	Forge Forge
	Shelf Shelf
	// Actor is nil where twokey only reads.
	Actor  Actor
	Clock  Clock
	Stream *Stream
	// OpenJournal opens the journal of a plan that is about to be released.
	OpenJournal func(Plan) (Journal, error)
}

// Engine takes a release from its survey to its last artifact. It never asks:
// each phase is a call, and the caller decides whether to make the next one.
//
//	Survey → Plan → Check → Release
//	                     ↘ Attach
type Engine struct {
	ports Ports
}

// NewEngine makes an engine over ports.
func NewEngine(p Ports) *Engine { return &Engine{ports: p} }

// Survey is what there is to release: the lines, their last versions and what
// could come next.
type Survey struct {
	Repo   Repo
	Facts  checks.Repo
	Viewer checks.Viewer
	// Lines are the release lines, newest version first.
	Lines []LineSurvey
	// Source says where the plan file comes from, as in Plan.Source.
	Source string
}

// LineSurvey is one release line.
type LineSurvey struct {
	Line string
	Head string // SHA
	// Last is the line's last version and LastTag its tag; empty before the first.
	Last    string
	LastTag string
	// Commits since LastTag; -1 when not known.
	Commits int
	// Suggested is the version for each bump that makes sense, and Default the
	// one to take when nobody says otherwise.
	Suggested map[version.Bump]string
	Default   version.Bump
	// Active are the runs on the line's head or last tag that go on now.
	Active []Run
}

// Want is what the caller wants to release.
type Want struct {
	Version string       // exact; or
	Bump    version.Bump // a bump of the line's last version; or neither: the default
	Line    string       // empty: the line that fits Version, else the default line
	SHA     string       // the head that the caller expects; empty: any
}

// Survey reads the repository's lines, tags and plan.
func (e *Engine) Survey(ctx context.Context, repo Repo) (Survey, error) {
	return Survey{}, errors.ErrUnsupported
}

// Plan makes the plan for what is wanted and emits PlanReady. Nothing is
// judged yet but what makes a plan impossible: an unknown version or line, a
// head that is not Want.SHA.
func (e *Engine) Plan(ctx context.Context, s Survey, w Want) (Plan, error) {
	return Plan{}, errors.ErrUnsupported
}

// Check reads a snapshot for the plan and judges it, emitting CheckStarted,
// CheckDone and Judged. It only fails when ctx ends; no-go is an answer.
func (e *Engine) Check(ctx context.Context, p Plan) ([]checks.Finding, checks.Verdict, error) {
	return nil, checks.Verdict{}, errors.ErrUnsupported
}

// Calls are the mutating calls that releasing the plan would send, in the order
// of its stages. Nothing is sent.
func (e *Engine) Calls(p Plan) []Call { return nil }

// Release claims, triggers, watches and verifies every stage of the plan, and
// emits Finished. The caller has seen Check's verdict. A stage whose claim exists
// already at the planned commit is watched, not triggered again, when resume is
// set; else it is an error.
//
// When ctx ends, the remote release goes on: the error's kind is KindLeft.
func (e *Engine) Release(ctx context.Context, p Plan, resume bool) error {
	return errors.ErrUnsupported
}

// InFlight makes the plan of a release that exists already, from its claims on
// GitHub: of version, or of the newest one when version is empty. It emits
// PlanReady. Only reads are sent.
func (e *Engine) InFlight(ctx context.Context, repo Repo, version string) (Plan, error) {
	return Plan{}, errors.ErrUnsupported
}

// Attach watches a release that exists already to its end, sending only reads.
// Stages that nobody triggered are reported, not triggered.
func (e *Engine) Attach(ctx context.Context, p Plan) error { return errors.ErrUnsupported }

// Review answers gates of a run: state is "approved" or "rejected". It acts.
func (e *Engine) Review(ctx context.Context, stage string, runID int64, gates []Gate, state, comment string) error {
	return errors.ErrUnsupported
}

// RerunFailed re-runs the failed jobs of a run. It acts.
func (e *Engine) RerunFailed(ctx context.Context, stage string, runID int64) error {
	return errors.ErrUnsupported
}

// Emit puts an event of the caller's into the stream: Opened, or a Finished with
// no-go or cancelled.
func (e *Engine) Emit(ev Event) { e.ports.Stream.Emit(ev) }

// Now is the engine's time.
func (e *Engine) Now() time.Time { return e.ports.Clock.Now() }

// note emits a remark.
func (e *Engine) note(format string, args ...any) {
	e.ports.Stream.Emit(Noted{Text: text.Cleanf(format, args...)})
}
