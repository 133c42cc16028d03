package faulttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"twokey/release"
)

// thorough tells whether every place is to be taken in every way.
func thorough() bool { return os.Getenv("TWOKEY_FAULTS") == "all" }

// span is how many requests in a row meet a fault.
type span int

// The spans.
const (
	once    span = 1
	several span = 8
	forGood span = 1 << 30
)

func (s span) String() string {
	switch s {
	case once:
		return "once"
	case forGood:
		return "for good"
	}
	return fmt.Sprintf("%d times", int(s))
}

// trouble is a fault that requests of a process meet, from a place on.
type trouble struct {
	at   place
	f    fault
	long span
}

// scene is one command, in a process of its own, and what happens to it.
type scene struct {
	command   string // release, resume or attach
	elsewhere bool   // on a machine that has no record of the release
	disk      disk   // what is left of its record if it dies
	dies      int    // with the n-th event that has to be on disk; 0: with none
	meets     []trouble
	given     bool // it is how a trial begins, and not what it is about
}

// script is what happens in one trial. Where its scenes end, a person goes on as the
// program says.
type script struct {
	name   string
	lag    time.Duration // how long after its start a run is listed
	scenes []scene
}

// play makes a trial of a script.
func play(t *testing.T, c *tally, dir string, s sample, what script) {
	tr := newTrial(t, c, dir, s)
	tr.lag = what.lag
	var p *process
	var err error
	for _, sc := range what.scenes {
		var met int
		if p, met, err = tr.meet(sc); met == 0 && (len(sc.meets) > 0 || sc.dies > 0) {
			c.add(&c.missed, 1)
			if len(what.scenes) == 1 {
				t.Skipf("no request met it: %v", err)
			}
		}
		if err == nil {
			break
		}
		if !p.killed && !errors.Is(err, context.Canceled) && release.KindOf(err) != release.KindCancelled {
			tr.checkWords(err, len(p.sent) > 0 && len(tr.count()) > 0)
			tr.checkRecords(p)
		}
	}
	if err != nil {
		p, err = tr.goOn()
	}
	if err == nil {
		c.add(&c.finished, 1)
	} else {
		c.add(&c.stopped, 1)
	}
	tr.judge(p, err)
}

// meet plays a scene, and tells how many requests met something in it.
func (tr *trial) meet(sc scene) (p *process, met int, err error) {
	tr.t.Helper()
	if sc.elsewhere {
		tr.otherMachine()
	}
	clock := &crookedClock{Clock: tr.w.Clock()}
	o := options{disk: sc.disk, dies: sc.dies, clock: clock}
	seen, hits := places{}, make([]int, len(sc.meets))
	for _, m := range sc.meets {
		o.pardon = max(o.pardon, m.f.pardon)
	}
	o.wire = func(p *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		now := seen.next(req)
		for i, m := range sc.meets {
			if now.kind != m.at.kind || now.nth < m.at.nth || hits[i] >= int(m.long) {
				continue
			}
			resp, err, hit := m.f.answer(&hit{req, send, clock, p, tr})
			if hit {
				hits[i]++
			}
			return resp, err
		}
		return send()
	}
	p, err = tr.run(sc.command, o)
	for _, then := range p.after {
		then()
	}
	for i, m := range sc.meets {
		if hits[i] > 0 {
			met++
			tr.tally.count(m.f)
		}
		if err == nil && m.f.blind && m.long == forGood && hits[i] > 0 && m.at.runs() {
			tr.t.Errorf("%s ends well, and no run of the release was ever seen", sc.command)
		}
	}
	if sc.dies > 0 && p.killed {
		met++
		if !sc.given {
			tr.tally.add(&tr.tally.killed, 1)
		}
	}
	if p.asked.Err() != nil && !p.killed && met == 1 { // nothing else ended it
		tr.checkLeaving(p, err)
	}
	return p, met, err
}

// checkLeaving wants whoever leaves to be told that they did, unless all was over; and
// that nothing was sent only if nothing was.
func (tr *trial) checkLeaving(p *process, err error) {
	tr.t.Helper()
	cut := errors.Is(err, context.Canceled) || release.KindOf(err) == release.KindCancelled
	switch {
	case err == nil || release.KindOf(err) == release.KindLeft:
	case !cut:
		tr.t.Errorf("somebody leaves, and it ends with kind %v: %v", release.KindOf(err), err)
	case len(p.sent) > 0:
		tr.t.Errorf("somebody leaves, it is said that nothing was started, and %q were sent", p.sent)
	}
}
