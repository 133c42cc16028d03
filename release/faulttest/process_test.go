package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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

// wire carries one request: send gives it to the world, and may be left out.
type wire func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error)

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

	ctx  context.Context
	kill context.CancelFunc

	// deadline is when it has gone on for so long that it would go on for ever.
	deadline time.Time
	overdue  atomic.Bool
	killed   bool // before its end

	sending sync.Mutex // one request at a time, so that kills hit the same ones each time
	mu      sync.Mutex
	told    []release.Stamped
	journal *keptJournal // of the release that it makes; nil until then
}

// options are what may differ between processes.
type options struct {
	home    string // where records are kept
	version string
	wire    wire // nil: nothing fails
	clock   release.Clock
	disk    disk // what a kill leaves of the record
	// pardon is how much longer than usual it may take.
	pardon time.Duration
	// born is told of the process before it does anything.
	born func(*process)
}

// newProcess starts a program in a world, as main does with no flags but --yes.
func newProcess(t *testing.T, w *rehearsal.World, o options) *process {
	t.Helper()
	p := &process{world: w, version: o.version, wire: o.wire, disk: o.disk,
		deadline: w.Clock().Now().Add(bound + o.pardon)}
	p.ctx, p.kill = context.WithCancel(context.Background())
	t.Cleanup(p.kill)
	if p.clock = o.clock; p.clock == nil {
		p.clock = w.Clock()
	}
	mortal := mortalClock{p.clock, p}
	p.records = record.NewKeeper(home(o.home), true, mortal)
	g := github.Options{Host: w.Repo().Host, Transport: p, Clock: mortal, Token: w.Token(), UserAgent: "twokey/test", Emit: p.emit, ReadOnly: true}
	reads, err := github.New(g)
	check(t, err)
	g.ReadOnly = false
	acts, err := github.New(g)
	check(t, err)
	actor, err := acts.Actor()
	check(t, err)
	shelf := registry.New(registry.Options{Transport: p, Clock: mortal, Emit: p.emit, UserAgent: g.UserAgent, Releases: reads.Release})
	p.stream = release.NewStream(mortal, p.tell)
	p.engine = release.NewEngine(release.Ports{Forge: reads, Shelf: shelf, Actor: actor, Clock: mortal, Stream: p.stream,
		Recall:      p.records.Recall,
		OpenJournal: p.keeper(p.records.Open)})
	if o.born != nil {
		o.born(p)
	}
	p.engine.Emit(release.Opened{Repo: w.Repo(), Viewer: text.Clean(w.Viewer()), Twokey: "test", Command: text.Clean("twokey")})
	return p
}

// home is the environment of somebody whose records are kept in dir.
func home(dir string) func(string) string {
	return func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }
}

// release is `twokey release VERSION --yes`.
func (p *process) release() error {
	s, err := p.engine.Survey(p.ctx, p.world.Repo())
	if err != nil {
		return err
	}
	plan, err := p.engine.Plan(p.ctx, s, release.Want{Version: p.version})
	if err != nil {
		return err
	}
	return p.judged(plan, false)
}

// resume is `twokey release VERSION --resume --yes`.
func (p *process) resume() error {
	plan, err := p.engine.InFlight(p.ctx, p.world.Repo(), p.version)
	if err != nil {
		return err
	}
	return p.judged(plan, true)
}

// judged releases a plan if the verdict is go.
func (p *process) judged(plan release.Plan, resume bool) error {
	_, verdict, err := p.engine.Check(p.ctx, plan)
	switch {
	case err != nil:
		return err
	case !verdict.Go:
		return &release.Error{Kind: release.KindNoGo, Op: "preflight of " + plan.Version, Err: errors.New("no-go"),
			Hint: "nothing was sent; do what stands below each finding, then check again with `twokey check " + plan.Version + "`"}
	}
	return p.engine.Release(p.ctx, plan, resume)
}

// attach is `twokey attach VERSION`.
func (p *process) attach() error {
	plan, err := p.engine.InFlight(p.ctx, p.world.Repo(), p.version)
	if err != nil {
		return err
	}
	return p.engine.Attach(p.ctx, plan)
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
	send := func() (*http.Response, error) { return p.world.Transport().RoundTrip(req) }
	if p.wire == nil {
		return send()
	}
	resp, err := p.wire(req, send)
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

// disk is what a kill leaves of the record that was being written.
type disk int

// The disks.
const (
	wholeLines disk = iota // every line that was written
	tornLine               // and half of the next one
	onlySynced             // no more than was synced: the machine died, too
	disks
)

func (d disk) String() string {
	return [...]string{"whole lines", "a torn line", "synced lines only"}[d]
}

// keptJournal is the record of a process that may be killed.
type keptJournal struct {
	*record.Journal
	p    *process
	torn bool

	synced int64 // bytes that a sync put on disk
}

// keeper opens records that end with the process.
func (p *process) keeper(open func(release.Plan) (release.Journal, error)) func(release.Plan) (release.Journal, error) {
	return func(plan release.Plan) (release.Journal, error) {
		j, err := open(plan)
		if err != nil {
			return nil, err
		}
		k := &keptJournal{Journal: j.(*record.Journal), p: p}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.journal = k
		return k, nil
	}
}

// Append writes an event while the process lives.
func (k *keptJournal) Append(s release.Stamped, sync bool) error {
	if k.p.ctx.Err() != nil {
		if k.p.disk == tornLine && !k.torn {
			k.torn = true
			return errors.Join(errDead, k.tear(s))
		}
		return errDead
	}
	err := k.Journal.Append(s, sync)
	if err == nil && sync {
		k.synced, err = size(k.Path())
	}
	return err
}

// tear writes half of an event's line.
func (k *keptJournal) tear(s release.Stamped) error {
	line, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(k.Path(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(line[:len(line)/2])
	return errors.Join(err, f.Close())
}

// end leaves the records as a process leaves them that ends: it holds none any more.
func (p *process) end() error {
	err := p.records.Close()
	if p.journal == nil {
		return err
	}
	dead := p.ctx.Err() != nil
	err = errors.Join(err, p.journal.Close())
	if dead && p.disk == onlySynced {
		err = errors.Join(err, os.Truncate(p.journal.Path(), p.journal.synced))
	}
	return err
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// recorded is a record as it stands on disk, and what its events make of a state.
func recorded(path string) (events []release.Stamped, state release.State, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, state, err
	}
	defer f.Close()
	events, err = record.Read(f)
	if err != nil && !errors.Is(err, record.ErrTorn) {
		return events, state, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range events {
		state.Apply(s)
	}
	return events, state, nil
}

var _ io.Closer = (*keptJournal)(nil)
