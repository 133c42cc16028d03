package release

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/attest"
	"twokey/checks/version"
)

// Ports are what the engine needs of the world.
type Ports struct {
	Forge Forge
	Shelf Shelf
	// Commits and Artifacts read what is held against each other once a stage has
	// published. Without them nothing is, which is for tests alone.
	Commits   Commits
	Artifacts Artifacts
	// Root is what attestations are verified against; nil is the one that twokey comes
	// with.
	Root func() (*attest.Root, error)
	// Actor is nil where twokey only reads.
	Actor  Actor
	Clock  Clock
	Stream *Stream
	// Random is what the nonces of claims are drawn from; nil: the system's own
	// source. Two sessions must never have the same.
	Random io.Reader
	// Recall reads the records of this machine that tell of the claim with a nonce,
	// in the order in which they began. With hold, sessions that are over stay so.
	// nil remembers nothing.
	Recall func(p Plan, nonce string, hold bool) ([]Session, error)
	// Look is what was read on the way to an engine; nil: nothing.
	Look *Look
	// Remark is what the world has to say of a plan; nil or empty: nothing.
	Remark func(Plan) string
	// OpenJournal opens the journal of a plan of which something is about to be sent;
	// nil keeps none.
	OpenJournal func(Plan) (Journal, error)
}

// Engine takes a release from its survey to its last artifact. It never asks:
// each phase is a call, and the caller decides whether to make the next one.
//
//	Survey → Plan → Check → Release
//	InFlight → Attach
//
// One phase runs at a time; Review, RerunFailed and Emit may be called meanwhile.
type Engine struct {
	ports Ports
	// before are the digests under mutable names before the release, by
	// Artifact.String(); nil until they were read. See baseline.
	before map[string]string
	// resumed are the same digests of stages that a resumed release starts, where
	// before does not tell them. They are no part of what was shown to be sent.
	resumed map[string]string
	// started are the stages that were claimed before this session, at the planned
	// commit; nil for a release that begins here.
	started map[string]bool
	// claims are those of the same stages, and seen is what Check saw under each
	// artifact's name, by stage; both are for Begun.
	claims map[string]Claimed
	seen   [][]checks.Got[checks.Published]
	// rest are the calls that the same stages still need: each certainly never acted.
	rest map[string][]Call
	// wanted are the re-runs that were asked for with the release.
	wanted []wantedRerun
	// onward is how to go on with the planned release, which was begun before; empty
	// for one that begins here.
	onward string
	// looked is what the last Check read; nil until one read all that it wanted.
	looked *checks.Snapshot
	// given is what whoever releases says about the checks.
	given Given
	// left says that the release before the planned one is not over; zero for others.
	left text.Safe
	// budgetAt is when the budget was last told.
	budgetAt time.Time

	// sending is held shared while a call is sent, and alone while a plan ends the
	// record of another: no call leaves between two records.
	sending   sync.RWMutex
	recording sync.Mutex // held while a journal is opened

	mu     sync.Mutex
	unkept bool               // it was said that the journal can not be written
	wake   context.CancelFunc // ends the pause between two rounds
	nonce  string             // of this session's claims; empty until it was drawn
	poked  bool               // since the last pause began
	reruns map[int64]rerun    // the last re-run that was asked for, by run
	look   *Look              // the one that goes on
}

// NewEngine makes an engine over ports.
func NewEngine(p Ports) *Engine { return &Engine{ports: p, look: p.Look, reruns: map[int64]rerun{}} }

// Want is what the caller wants to release.
type Want struct {
	Version string       // exact; or
	Bump    version.Bump // a bump of the line's last version; or neither: the next patch
	Line    string       // empty: the line that fits Version, else the default line
	SHA     string       // the head that the caller expects; empty: any
}

// Review answers gates of a run: state is "approved" or "rejected". It acts.
func (e *Engine) Review(ctx context.Context, stage string, runID int64, gates []Gate, state, comment string) error {
	c := Call{Kind: CallReview, Stage: stage, RunID: runID, State: state, Comment: comment}
	for _, g := range gates {
		c.Environments = append(c.Environments, g.EnvironmentID)
	}
	return e.act(ctx, c, "answering the gate")
}

// act sends one call that a person asked for, in the stage's repository, and lets
// the watch look at once.
func (e *Engine) act(ctx context.Context, c Call, what string) error {
	if e.ports.Actor == nil {
		return &Error{Op: what, Err: errors.New("this session only reads"), Hint: e.back("act from a session of your own:", "attach")}
	}
	found := false
	var plan Plan
	e.ports.Stream.View(func(s *State) {
		plan = s.Plan
		for _, st := range s.Stages {
			if st.Stage.Name == c.Stage {
				c.Repo, found = st.Stage.Repo, true
			}
		}
	})
	if !found {
		return &Error{Op: what, Err: errors.New("there is no stage " + c.Stage)}
	}
	err := e.recorded(ctx, plan, c)
	e.poke()
	return explain(err, what, "look at the run before you try again")
}

// recorded sends a call of a session that may only have read so far.
func (e *Engine) recorded(ctx context.Context, p Plan, c Call) error {
	e.sending.RLock()
	defer e.sending.RUnlock()
	if err := e.record(p); err != nil {
		return err
	}
	_, err := e.sendNow(ctx, "", c)
	return err
}

// planned emits PlanReady, once nothing is being sent for an earlier plan.
func (e *Engine) planned(p Plan) {
	e.sending.Lock()
	defer e.sending.Unlock()
	e.ports.Stream.Emit(PlanReady{Plan: p})
}

// record opens the journal of a plan, unless it is open: nothing is sent that is not
// said there before.
func (e *Engine) record(p Plan) error {
	e.recording.Lock()
	defer e.recording.Unlock()
	if e.ports.OpenJournal == nil || e.ports.Stream.Recorded() {
		return nil
	}
	j, err := e.ports.OpenJournal(p)
	if err == nil {
		err = e.ports.Stream.Record(j)
		e.toldUnkept(false)
	}
	if err != nil {
		return &Error{Op: "journal", Err: err, Hint: "nothing was sent; the journal needs a writable state directory"}
	}
	return nil
}

// Emit puts an event of the caller's into the stream: Opened, or a Finished with
// no-go or cancelled.
func (e *Engine) Emit(ev Event) { e.ports.Stream.Emit(ev) }

// Now is the engine's time.
func (e *Engine) Now() time.Time { return e.ports.Clock.Now() }

// Budget is what has been asked of the code host so far.
func (e *Engine) Budget() Budget { return e.ports.Forge.Budget() }

// note emits a remark.
func (e *Engine) note(format string, args ...any) {
	e.ports.Stream.Emit(Noted{Text: text.Cleanf(format, args...)})
}

// budget tells what was asked of the code host: at most every ten seconds, for it
// changes with every request, or now.
func (e *Engine) budget(now bool) {
	t := e.ports.Clock.Now()
	if since := t.Sub(e.budgetAt); !now && since >= 0 && since < 10*time.Second {
		return
	}
	b := e.ports.Forge.Budget()
	same := false
	e.ports.Stream.View(func(s *State) { same = s.Budget == b })
	if !same {
		e.ports.Stream.Emit(BudgetChanged{Budget: b})
	}
	e.budgetAt = t
}

// sleep waits for d, for a poke, or for the end of ctx, whose error it gives. A poke
// that came since the last sleep counts: what it is about was not looked at yet.
func (e *Engine) sleep(ctx context.Context, d time.Duration) (poked bool, err error) {
	pause, wake := context.WithCancel(ctx)
	defer wake()
	e.mu.Lock()
	e.wake = wake
	if e.poked {
		wake()
	}
	e.mu.Unlock()
	_ = e.ports.Clock.Sleep(pause, d) // ends early when poked
	e.mu.Lock()
	defer e.mu.Unlock()
	poked, e.poked, e.wake = e.poked, false, nil
	return poked, context.Cause(ctx)
}

// poke ends the pause between two rounds: a person acted and wants to see it.
func (e *Engine) poke() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.poked = true
	if e.wake != nil {
		e.wake()
	}
}
