package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// errKilled is what a killed process gets from everything that it tries.
var errKilled = errors.New("killed")

// machine keeps the records of the sessions on one computer.
type machine struct {
	sessions []*recorded
	// suspended holds when none of them has ended, though nothing is heard of it.
	suspended bool
}

// recorded is a session's record.
type recorded struct{ events []Stamped }

// recall is the form that Ports.Recall has.
func (m *machine) recall(_ Plan, nonce string, _ bool) ([]Session, error) {
	var out []Session
	for _, r := range m.sessions {
		for _, ev := range r.events {
			if s, ok := ev.Event.(Sending); ok && s.Nonce == nonce {
				out = append(out, Session{Events: r.events, Over: !m.suspended})
				break
			}
		}
	}
	return out, nil
}

// mortal is a process that is killed at one of its steps: when it writes its record,
// or when it sends a call, each before it has happened or after.
type mortal struct {
	*hub
	record *recorded
	cancel context.CancelFunc
	// at is the step at which it dies, 0 for never; steps are those that it made.
	at    int
	steps []string
	dead  bool
}

// step tells whether the process is alive at one more step.
func (m *mortal) step(format string, args ...any) bool {
	if m.dead {
		return false
	}
	m.steps = append(m.steps, fmt.Sprintf(format, args...))
	if len(m.steps) == m.at {
		m.dead = true
		m.cancel()
	}
	return !m.dead
}

// Append keeps what is about triggers; nothing else matters here.
func (m *mortal) Append(s Stamped, sync bool) error {
	switch s.Event.(type) {
	case Intended, Sending, Answered:
		if !sync {
			return errors.New("it is not on disk when it is needed")
		}
	case Claimed, Triggered:
	default:
		return nil
	}
	if !m.step("before %s is kept", describeEvent(s.Event)) {
		return errKilled
	}
	m.record.events = append(m.record.events, s)
	if !m.step("after %s is kept", describeEvent(s.Event)) {
		return errKilled
	}
	return nil
}

// describeEvent names an event and what it is about.
func describeEvent(ev Event) string {
	switch ev := ev.(type) {
	case Intended:
		return ev.Type() + " of " + ev.Stage
	case Sending:
		return fmt.Sprintf("%s %s of %s", ev.Type(), ev.Call.Kind, ev.Stage)
	case Answered:
		return fmt.Sprintf("%s %s of %s", ev.Type(), ev.Kind, ev.Stage)
	case Claimed:
		return ev.Type() + " of " + ev.Stage
	case Triggered:
		return ev.Type() + " of " + ev.Stage
	}
	return ev.Type()
}

// Perform sends a call while the process lives.
func (m *mortal) Perform(ctx context.Context, c Call) (Receipt, error) {
	if !m.step("before %s of %s arrives", c.Kind, c.Stage) {
		return Receipt{}, errKilled
	}
	r, err := m.hub.Perform(ctx, c)
	if !m.step("after %s of %s has acted", c.Kind, c.Stage) {
		return Receipt{}, errKilled
	}
	return r, err
}

// killed runs a release that dies at a step, and gives the steps that it made.
func killed(h *hub, p Plan, on *machine, at int) []string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m := &mortal{hub: h, record: &recorded{}, cancel: cancel, at: at}
	on.sessions = append(on.sessions, m.record)
	e, _ := engineOn(h)
	e.ports.Actor, e.ports.OpenJournal = m, func(Plan) (Journal, error) { return m, nil }
	e.Emit(PlanReady{Plan: p})
	_ = e.Release(ctx, p, false)
	return m.steps
}

// goOn is what people do who find a release half way: `release --resume`, and from
// the start where there is nothing to go on with.
func goOn(h *hub, p Plan, on *machine) error {
	e := surviving(h, on)
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if KindOf(err) == KindUsage && err != nil {
		e.Emit(PlanReady{Plan: p})
		return e.Release(context.Background(), p, false)
	}
	if err != nil {
		return err
	}
	return e.Release(context.Background(), q, true)
}

// watchOn is `attach`.
func watchOn(h *hub, p Plan, on *machine) error {
	e := surviving(h, on)
	e.ports.Actor = nil
	q, err := e.InFlight(context.Background(), p.Repo, p.Version)
	if err != nil {
		return err
	}
	return e.Attach(context.Background(), q)
}

// surviving is an engine on a machine, with a record of its own.
func surviving(h *hub, on *machine) *Engine {
	e, _ := engineOn(h)
	if on == nil {
		return e
	}
	m := &mortal{hub: h, record: &recorded{}, cancel: func() {}}
	e.ports.Recall = on.recall
	e.ports.OpenJournal = func(Plan) (Journal, error) {
		on.sessions = append(on.sessions, m.record)
		return m, nil
	}
	return e
}

// crash is one way in which a release is gone on with after its process died.
type crash struct {
	name string
	on   func(*machine) *machine // where; nil: where no record is
	// stuck tells of a step whether what it leaves behind can not be told from a
	// dispatch that was lost.
	stuck func(step string) bool
}

// dispatchLeft holds for steps that leave a claimed stage behind of which the
// dispatch did not arrive, though its record says that it left.
func dispatchLeft(step string) bool {
	return step == "after call.sending dispatch of deb is kept" || step == "before dispatch of deb arrives"
}

// undispatchedAt holds for the steps after deb was claimed and before its dispatch.
func undispatchedAt(step string) bool {
	switch step {
	case "after create-ref of deb has acted", "before call.answered create-ref of deb is kept",
		"after call.answered create-ref of deb is kept", "before stage.claimed of deb is kept",
		"after stage.claimed of deb is kept", "before call.sending dispatch of deb is kept":
		return true
	}
	return dispatchLeft(step)
}

// For every step of a release at which its process can die, and for each way to go
// on: what was sent is sent once, and either the release is done or the one safe next
// action is said. That action is then taken.
func TestKilledAtEveryStep(t *testing.T) {
	p := hubPlan(t)
	all := killed(newHub(t, p), p, &machine{}, 0)
	if len(all) < 48 {
		t.Fatalf("only %d steps: %q", len(all), all)
	}
	ways := []crash{
		{"on the same machine", func(m *machine) *machine { return m }, dispatchLeft},
		{"on another machine", func(*machine) *machine { return &machine{} }, undispatchedAt},
		{"without records", func(*machine) *machine { return nil }, undispatchedAt},
		{"beside a suspended one", func(m *machine) *machine { m.suspended = true; return m }, undispatchedAt},
	}
	for at, step := range all {
		for _, way := range ways {
			t.Run(step+"/"+way.name, func(t *testing.T) {
				h := newHub(t, p)
				m := &machine{}
				killed(h, p, m, at+1)
				err := goOn(h, p, way.on(m))
				if stuck := way.stuck(step); stuck != (err != nil) {
					t.Fatalf("error %v, hint %q, want stuck %v", err, HintOf(err), stuck)
				}
				switch {
				case err != nil && strings.Contains(HintOf(err), "another session on this machine is at it"):
					if !m.suspended || strings.Contains(HintOf(err), "gh workflow run") { // it may yet send it
						t.Errorf("hint %q", HintOf(err))
					}
					m.suspended = false
					if err := goOn(h, p, m); err != nil {
						t.Errorf("once that is closed: %v, hint %q", err, HintOf(err))
					}
				case err != nil:
					byHand(t, h, p, err)
				}
				triggeredOnce(t, h)
			})
		}
	}
}

// byHand does what a hint says to do about a dispatch that can not be told from one
// that was lost.
func byHand(t *testing.T, h *hub, p Plan, err error) {
	t.Helper()
	const line = "gh workflow run deb.yml --repo harbour/packaging --ref main"
	if !strings.Contains(HintOf(err), "`"+line+"`") || !strings.Contains(HintOf(err), "`twokey attach 2.11.6`") {
		t.Fatalf("hint %q", HintOf(err))
	}
	h.start(p.Stages[1].Repo, "workflow_dispatch", "main", p.Stages[1].SHA)
	if err := goOn(h, p, &machine{}); err != nil {
		t.Errorf("after it was started by hand: %v, hint %q", err, HintOf(err))
	}
	if err := watchOn(h, p, nil); err != nil {
		t.Errorf("attached after it was started by hand: %v, hint %q", err, HintOf(err))
	}
}

// triggeredOnce asserts that everything was started, and started once. The hub
// itself refuses a second start of a run.
func triggeredOnce(t *testing.T, h *hub) {
	t.Helper()
	if len(h.started) != 4 || len(h.claims) != 3 || len(h.releases) != 1 {
		t.Errorf("%d runs, %d claims, %d releases", len(h.started), len(h.claims), len(h.releases))
	}
	if n := h.count(CallDispatch); n > 1 {
		t.Errorf("%d dispatches were sent", n)
	}
}

// Whoever only watches what a killed process left is told how it stands, and what
// goes on with it: never an action that could start anything a second time.
func TestAttachAtEveryStep(t *testing.T) {
	p := hubPlan(t)
	for at, step := range killed(newHub(t, p), p, &machine{}, 0) {
		t.Run(step, func(t *testing.T) {
			h := newHub(t, p)
			m := &machine{}
			killed(h, p, m, at+1)
			sent := len(h.calls)
			err := watchOn(h, p, m)
			if err != nil && HintOf(err) == "" {
				t.Errorf("%v, and nothing to do about it", err)
			}
			if undispatchedAt(step) && !dispatchLeft(step) && !strings.Contains(HintOf(err), "`twokey release 2.11.6 --resume`") {
				t.Errorf("the dispatch was never sent, and the hint is %q", HintOf(err))
			}
			if len(h.calls) != sent {
				t.Errorf("attaching sent %v", h.calls[sent:])
			}
		})
	}
}
