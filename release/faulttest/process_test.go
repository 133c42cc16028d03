package faulttest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
	"twokey/release/github"
	"twokey/release/record"
	"twokey/release/registry"
	"twokey/release/rehearsal"
)

// errDead is what a process that was killed gets from everything it tries.
var errDead = errors.New("the process is dead")

// wire carries one request of a process: send gives it to the world, and may be left
// out.
type wire func(p *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error)

// process is one run of the program: everything that main makes for a command, and
// what it needs to die. Once it was killed nothing that it still tries has an effect.
type process struct {
	engine  *release.Engine
	stream  *release.Stream
	world   *rehearsal.World
	version string
	clock   release.Clock
	wire    wire
	disk    disk
	records *record.Keeper

	ctx  context.Context // until it is killed
	kill context.CancelFunc
	// asked ends when whoever sits before it wants to leave.
	asked context.Context
	leave context.CancelFunc

	// deadline is when it has gone on for so long that it would go on for ever.
	deadline time.Time
	overdue  atomic.Bool
	killed   bool     // before its end
	after    []func() // what others do once it has ended

	sending sync.Mutex // one request at a time, so that kills hit the same ones each time
	mu      sync.Mutex
	told    []release.Stamped
	dies    int          // with this event that has to be on disk; 0: with none
	sent    []string     // that could change anything, and reached the world
	journal *keptJournal // of the release that it makes; nil until then
}

// options are what may differ between processes.
type options struct {
	home    string // where records are kept
	version string
	wire    wire // nil: nothing fails
	clock   release.Clock
	disk    disk // what a kill leaves of the record
	dies    int  // with the n-th event that has to be on disk; 0: with none
	other   bool // maintainer
	// pardon is how much longer than usual it may take.
	pardon time.Duration
	// lag is how long after its start a run is listed.
	lag time.Duration
}

// newProcess starts a program in a world, as main does with no flags but --yes.
func newProcess(t *testing.T, w *rehearsal.World, o options) *process {
	t.Helper()
	p := &process{world: w, version: o.version, wire: o.wire, disk: o.disk, dies: o.dies,
		deadline: w.Clock().Now().Add(bound + o.pardon)}
	if o.lag > 0 {
		p.wire = late(o.lag, o.wire)
	}
	p.ctx, p.kill = context.WithCancel(context.Background())
	p.asked, p.leave = context.WithCancel(p.ctx)
	t.Cleanup(p.kill)
	viewer, token := w.Viewer(), w.Token()
	if o.other {
		viewer, token = w.Other()
	}
	if p.clock = o.clock; p.clock == nil {
		p.clock = w.Clock()
	}
	mortal := mortalClock{p.clock, p}
	p.records = record.NewKeeper(home(o.home), true, mortal)
	g := github.Options{Host: w.Repo().Host, Transport: p, Clock: mortal, Token: token, UserAgent: "twokey/test", Emit: p.emit, ReadOnly: true}
	reads, err := github.New(g)
	check(t, err)
	g.ReadOnly = false
	acts, err := github.New(g)
	check(t, err)
	actor, err := acts.Actor()
	check(t, err)
	shelf := registry.New(registry.Options{Transport: p, Clock: mortal, Emit: p.emit, UserAgent: g.UserAgent, Releases: reads.Release, Assets: reads.Assets})
	p.stream = release.NewStream(mortal, p.tell)
	p.engine = release.NewEngine(release.Ports{Forge: reads, Commits: reads, Shelf: shelf, Artifacts: shelf, Root: w.Root, Actor: actor, Clock: mortal, Stream: p.stream,
		Recall:      p.records.Recall,
		OpenJournal: p.keeper(p.records.Open)})
	p.engine.Emit(release.Opened{Repo: w.Repo(), Viewer: text.Clean(viewer), Twokey: "test", Command: text.Clean("twokey")})
	return p
}

// home is the environment of somebody whose records are kept in dir.
func home(dir string) func(string) string {
	return func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }
}

// release is `twokey release VERSION --yes`.
func (p *process) release() error {
	s, err := p.engine.Survey(p.asked, p.world.Repo())
	if err != nil {
		return err
	}
	plan, err := p.engine.Plan(p.asked, s, release.Want{Version: p.version})
	if err != nil {
		return err
	}
	return p.judged(plan, false)
}

// resume is `twokey release VERSION --resume --yes`.
func (p *process) resume() error {
	plan, err := p.engine.InFlight(p.asked, p.world.Repo(), p.version)
	if err != nil {
		return err
	}
	return p.judged(plan, true)
}

// judged releases a plan if the verdict is go.
func (p *process) judged(plan release.Plan, resume bool) error {
	_, verdict, err := p.engine.Check(p.asked, plan)
	switch {
	case err != nil:
		return err
	case !verdict.Go:
		return &release.Error{Kind: release.KindNoGo, Op: "preflight of " + plan.Version, Err: errors.New("no-go"),
			Hint: "nothing was sent; do what stands below each finding, then check again with `twokey check " + plan.Version + "`"}
	}
	return p.engine.Release(p.asked, plan, resume)
}

// attach is `twokey attach VERSION`.
func (p *process) attach() error {
	plan, err := p.engine.InFlight(p.asked, p.world.Repo(), p.version)
	if err != nil {
		return err
	}
	return p.engine.Attach(p.asked, plan)
}

// emit takes the events of the adapters.
func (p *process) emit(ev release.Event) {
	if p.engine != nil {
		p.engine.Emit(ev)
	}
}

// tell remembers every event that the process saw while it lived.
func (p *process) tell(s release.Stamped, _ *release.State) {
	if p.ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, s)
	if p.dies > 0 && mustBeSynced(s.Event) {
		if p.dies--; p.dies == 0 {
			p.kill()
		}
	}
}

// state is what the process has seen of its release.
func (p *process) state() (out release.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.told {
		out.Apply(s)
	}
	return out
}

// RoundTrip sends a request over the wire. A dead process sends none, and what the
// world answers to one that died meanwhile is never read.
func (p *process) RoundTrip(req *http.Request) (*http.Response, error) {
	p.sending.Lock()
	defer p.sending.Unlock()
	if !p.alive() {
		return nil, errDead
	}
	send := func() (*http.Response, error) {
		reads := req.Method == http.MethodGet || req.Method == http.MethodHead || req.URL.Path == "/graphql"
		if !reads && req.Context().Err() == nil {
			p.sent = append(p.sent, req.Method+" "+req.URL.RequestURI())
		}
		return p.world.Transport().RoundTrip(req)
	}
	if p.wire == nil {
		return send()
	}
	resp, err := p.wire(p, req, send)
	if p.ctx.Err() != nil { // it was killed meanwhile
		return nil, errDead
	}
	return resp, err
}

// alive tells whether the process may go on, and ends one that does so for ever.
func (p *process) alive() bool {
	if p.ctx.Err() == nil && p.world.Clock().Now().After(p.deadline) {
		p.overdue.Store(true)
		p.kill()
	}
	return p.ctx.Err() == nil
}

// mortalClock is a clock on which a dead process can not sleep: it would move the
// time of the world.
type mortalClock struct {
	release.Clock
	p *process
}

// Sleep waits while the process lives.
func (c mortalClock) Sleep(ctx context.Context, d time.Duration) error {
	if !c.p.alive() {
		return errDead
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.p.ctx, func() { cancel(errDead) })()
	return c.Clock.Sleep(ctx, d)
}
