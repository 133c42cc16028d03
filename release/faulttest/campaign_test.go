package faulttest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

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

// faultCampaign breaks the answers to the requests of a release: each kind of request
// in every way, and the later ones of a kind in some. known are the kinds that other
// campaigns have broken in every way.
func faultCampaign(t *testing.T, c *tally, dir string, s sample, known map[string]bool) {
	all := calm(t, dir, s)
	for i, at := range all {
		if at.nth > watching && !thorough() {
			continue
		}
		faults := readFaults()
		if at.acts() {
			faults = actFaults()
		}
		for k, f := range faults {
			spans := []span{once, several, forGood}
			if at.acts() || f.once {
				spans = spans[:1]
			}
			if f.lists && !at.list || !at.acts() && !thorough() && (i+k)%every(at, known) != 0 {
				continue
			}
			for n, long := range spans {
				if len(spans) > 1 && (i+k/2)%len(spans) != n && !f.lists && !thorough() {
					continue
				}
				t.Run(name(at, f.name, long), func(t *testing.T) {
					t.Parallel()
					breaks(t, c, dir, s, at, f, long)
				})
			}
		}
	}
	for _, at := range all {
		known[at.kind] = true
	}
}

// every is of how many reads one is broken in each way: a read that another campaign
// has broken already, or that this one breaks earlier, less often.
func every(at place, known map[string]bool) int {
	if at.nth > 1 || known[at.kind] {
		return 24 * slower
	}
	return 4 * slower
}

// breaks releases while requests meet a fault, and goes on where that stops.
func breaks(t *testing.T, c *tally, dir string, s sample, at place, f fault, long span) {
	tr := newTrial(t, c, dir, s)
	seen, met := places{}, 0
	clock := &crookedClock{Clock: tr.w.Clock()}
	broken := func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		now := seen.next(req)
		if now.kind != at.kind || now.nth < at.nth || met >= int(long) {
			return send()
		}
		resp, err, hit := f.answer(&hit{req, send, clock})
		if hit {
			met++
		}
		return resp, err
	}
	p, err := tr.run("release", options{wire: broken, clock: clock, pardon: f.pardon})
	if met == 0 {
		t.Skipf("no request met it: %v", err)
	}
	c.add(&c.injected, 1)
	if err == nil {
		c.add(&c.finished, 1)
		if strings.HasSuffix(at.kind, "/actions/runs") && f.name == "empty list" && long == forGood {
			t.Error("it ends well, and no run was ever seen")
		}
		tr.judge(p, nil)
		return
	}
	c.add(&c.stopped, 1)
	tr.checkWords(err, len(tr.count()) > 0)
	tr.checkRecords(p)
	p, err = tr.goOn()
	if err != nil {
		t.Logf("and stays so: %v (hint: %s)", err, hintOf(err))
	}
	tr.judge(p, err)
}
