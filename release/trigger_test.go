package release

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"twokey/checks/text"
)

// What is sent is exactly what was said to be sent.
func TestCallsAreWhatIsSent(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, _ := engineOn(h)
	e.Emit(PlanReady{Plan: p})
	if _, _, err := e.Check(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	said := e.Calls(p)
	if len(h.calls) != 0 {
		t.Fatal("saying the calls sent some")
	}
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
	if len(said) != len(h.calls) {
		t.Fatalf("said %d calls, sent %d", len(said), len(h.calls))
	}
	for i := range said {
		got := h.calls[slices.IndexFunc(h.calls, func(c Call) bool {
			return c.Kind == said[i].Kind && c.Stage == said[i].Stage && c.Workflow == said[i].Workflow
		})]
		if said[i].Kind == CallRef { // its object exists only once the first call was answered
			got.SHA = said[i].SHA
		}
		if !reflect.DeepEqual(got, said[i]) {
			t.Errorf("said %+v\nsent %+v", said[i], got)
		}
	}
}

// The intent is on the stream, and so in the journal, before the first call that
// it holds is sent.
func TestIntentComesFirst(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	e, seen := engineOn(h)
	h.fault = func(when string, c Call) error {
		if when != "before" {
			return nil
		}
		if !slices.ContainsFunc(*seen, func(ev Event) bool {
			i, ok := ev.(Intended)
			return ok && i.Stage == c.Stage && slices.ContainsFunc(i.Calls, func(x Call) bool { return x.Kind == c.Kind })
		}) {
			t.Errorf("%s of %s was sent before it was intended", c.Kind, c.Stage)
		}
		return nil
	}
	e.Emit(PlanReady{Plan: p})
	if err := e.Release(context.Background(), p, false); err != nil {
		t.Fatal(err)
	}
}

type brokenJournal struct{}

func (brokenJournal) Append(Stamped, bool) error { return errors.New("no space left") }

// journal that breaks after n events.
type shortJournal struct{ n int }

func (j *shortJournal) Append(Stamped, bool) error {
	if j.n--; j.n < 0 {
		return errors.New("no space left")
	}
	return nil
}

// A journal that can not keep the intent means that nothing is sent.
func TestNoJournalNoCall(t *testing.T) {
	for name, j := range map[string]Journal{"from the first event": brokenJournal{}, "at the intent": &shortJournal{n: 1}} {
		t.Run(name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			e, seen := engineOn(h)
			e.ports.OpenJournal = func(Plan) (Journal, error) { return j, nil }
			e.Emit(PlanReady{Plan: p})
			if err := e.Release(context.Background(), p, false); err == nil {
				t.Error("released without a journal")
			}
			if f := last(t, *seen); f.Outcome != Failed || f.Hint.IsZero() {
				t.Errorf("finished as %+v", f)
			}
			if len(h.calls) != 0 {
				t.Errorf("sent %v", h.calls)
			}
		})
	}
}

// triggerFault is something that goes wrong while a stage is triggered, and how the
// release ends.
type triggerFault struct {
	name    string
	fault   func(h *hub, when string, c Call) error
	prepare func(h *hub)
	want    Kind
	done    bool
	says    string
	calls   int // sent for the first stage
	started int // runs in all
}

// Whatever is lost, refused or taken while claiming: each call is sent at most
// once, and what runs is counted by the hub.
func TestClaimFaults(t *testing.T) {
	someoneElse := func(h *hub, c Call) {
		h.claims[c.Repo.String()+" "+c.Ref] = Claim{Ref: c.Ref, SHA: strings.Repeat("d", 40), Object: "theirs",
			By: text.Clean("ines"), At: h.now}
	}
	checkFaults(t, []triggerFault{
		{name: "the ref is refused", calls: 2, says: "nothing was started; check what the token may do: `twokey check 2.11.6`", want: KindFailed,
			fault: at("before", CallRef, ErrForbidden)},
		{name: "the ref's answer is lost and it was created", calls: 2, done: true, started: 4,
			fault: at("after", CallRef, ErrLost)},
		{name: "the ref's request is lost", calls: 2, says: "twokey attach 2.11.6",
			fault: at("before", CallRef, ErrLost)},
		{name: "somebody else is faster", calls: 2, says: "claimed by ines",
			fault: func(h *hub, when string, c Call) error {
				if when == "before" && c.Kind == CallRef {
					someoneElse(h, c)
				}
				return nil
			}},
		{name: "the one request arrives twice", calls: 2, done: true, started: 4,
			fault: func(h *hub, when string, c Call) error {
				if when == "before" && c.Kind == CallRef {
					_, err := h.perform(c)
					return err
				}
				return nil
			}},
		{name: "somebody else claimed it before", calls: 0, says: "claimed by ines",
			prepare: func(h *hub) {
				someoneElse(h, Call{Repo: Repo{Owner: "harbour", Name: "harbour"}, Ref: "refs/tags/harbour-2.11.6"})
			}},
		{name: "the branch moved", calls: 0, want: KindNoGo, says: "moved from the checked aaaaaaa",
			prepare: func(h *hub) {
				h.branches["harbour/harbour"] = Branch{Name: "dev-v2.11", SHA: strings.Repeat("e", 40)}
			}},
	})
}

// The same holds for what starts a stage after its claim.
func TestStartFaults(t *testing.T) {
	checkFaults(t, []triggerFault{
		{name: "the dispatch's answer is lost", calls: 2, done: true, started: 4,
			fault: at("after", CallDispatch, ErrLost)},
		{name: "the dispatch's request is lost", calls: 2, says: "no run of deb.yml appeared", started: 3,
			fault: at("before", CallDispatch, ErrLost)},
		{name: "the release's answer is lost", calls: 2, done: true, started: 4,
			fault: at("after", CallRelease, ErrLost)},
		{name: "the dispatch is refused", calls: 2, says: "claimed but not started", started: 3,
			fault: at("before", CallDispatch, ErrForbidden)},
	})
}

// checkFaults releases once with each fault.
func checkFaults(t *testing.T, list []triggerFault) {
	t.Helper()
	for _, tt := range list {
		t.Run(tt.name, func(t *testing.T) {
			p := hubPlan(t)
			h := newHub(t, p)
			if tt.prepare != nil {
				tt.prepare(h)
			}
			if tt.fault != nil {
				h.fault = func(when string, c Call) error { return tt.fault(h, when, c) }
			}
			events, err := released(t, h, p)
			if (err == nil) != tt.done {
				t.Fatalf("error %v, want done %v", err, tt.done)
			}
			if err != nil && !strings.Contains(err.Error()+" "+HintOf(err), tt.says) {
				t.Errorf("error %q, hint %q, do not say %q", err, HintOf(err), tt.says)
			}
			if err != nil && KindOf(err) != tt.want {
				t.Errorf("kind %v, want %v", KindOf(err), tt.want)
			}
			last(t, events)
			sentOnce(t, h, tt.calls)
			if len(h.started) != tt.started {
				t.Errorf("%d runs started, want %d: %v", len(h.started), tt.started, h.started)
			}
		})
	}
}

// sentOnce asserts how many calls the hub got for the first stage, and that it got
// no call of any stage twice.
func sentOnce(t *testing.T, h *hub, first int) {
	t.Helper()
	n := 0
	seen := map[string]int{}
	for _, c := range h.calls {
		if c.Stage == "package" {
			n++
		}
		seen[string(c.Kind)+c.Stage+c.Workflow]++
	}
	if n != first {
		t.Errorf("%d calls for the first stage, want %d", n, first)
	}
	for k, n := range seen {
		if n > 1 {
			t.Errorf("%s was sent %d times", k, n)
		}
	}
}

func at(when string, k CallKind, err error) func(*hub, string, Call) error {
	return func(_ *hub, w string, c Call) error {
		if w == when && c.Kind == k {
			return err
		}
		return nil
	}
}

// A read that fails before a later stage is triggered does not end a release that
// is under way: nothing was sent for the stage, and the watch looks again.
func TestOutageBeforeStage(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	left := 3
	h.broken = func(int) error {
		if len(h.claims) == 1 && h.shelf[p.Stages[0].Artifacts[0].String()].Exists && left > 0 {
			left--
			return errors.New("GET /git/ref: 502 Bad Gateway")
		}
		return nil
	}
	events, err := released(t, h, p)
	if err != nil {
		t.Fatal(err)
	}
	if left != 0 || count[Retrying](events) == 0 || h.count(CallRef) != 3 {
		t.Errorf("%d faults left, %d retries said, %d claims", left, count[Retrying](events), h.count(CallRef))
	}
}

// A branch that moves after the first stage was released is a failure: no-go would
// say that nothing was started.
func TestBranchMovesBetweenStages(t *testing.T) {
	p := hubPlan(t)
	h := newHub(t, p)
	h.fault = func(string, Call) error {
		h.branches["harbour/packaging"] = Branch{Name: "main", SHA: strings.Repeat("e", 40)}
		return nil
	}
	events, err := released(t, h, p)
	if err == nil || KindOf(err) != KindFailed || strings.Contains(HintOf(err), "nothing was started") {
		t.Errorf("kind %v, hint %q, error %v", KindOf(err), HintOf(err), err)
	}
	if f := last(t, events); f.Outcome != Failed {
		t.Errorf("finished as %s", f.Outcome)
	}
}

// politeActor sends nothing for a caller that has left, as the real one.
type politeActor struct{ *hub }

func (a politeActor) Perform(ctx context.Context, c Call) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	return a.hub.Perform(ctx, c)
}

// Who leaves between a claim and what has to follow it leaves behind a stage that
// was started: nobody could start a claimed one again.
func TestLeaveWithinTrigger(t *testing.T) {
	for _, kind := range []CallKind{CallTagObject, CallRef} {
		p := hubPlan(t)
		h := newHub(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		h.fault = func(when string, c Call) error {
			if when == "after" && c.Stage == "deb" && c.Kind == kind {
				cancel()
			}
			return nil
		}
		e, seen := engineOn(h)
		e.ports.Actor = politeActor{h}
		e.Emit(PlanReady{Plan: p})
		if err := e.Release(ctx, p, false); KindOf(err) != KindLeft {
			t.Errorf("%s: error %v", kind, err)
		}
		if n := h.count(CallDispatch); n != 1 || count[Triggered](*seen) != 2 {
			t.Errorf("left after %s: %d dispatches, %d stages triggered", kind, n, count[Triggered](*seen))
		}
		cancel()
	}
}
