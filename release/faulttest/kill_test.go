package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// thorough tells whether every place is to be taken in every way.
func thorough() bool { return os.Getenv("TWOKEY_FAULTS") == "all" }

// calm releases without a fault, and gives the places of all its requests in order.
func calm(t *testing.T, dir string, s sample) []place {
	t.Helper()
	tr := newTrial(t, &tally{}, dir, s)
	var all []place
	seen := places{}
	p, err := tr.run("release", options{wire: func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		at := seen.next(req)
		resp, err := send()
		if err == nil && resp.StatusCode == http.StatusOK && req.Method == http.MethodGet {
			var body []byte
			if body, err = io.ReadAll(resp.Body); err == nil {
				at.list = emptied(body) != nil
				resp.Body = io.NopCloser(bytes.NewReader(body))
			}
		}
		all = append(all, at)
		return resp, err
	}})
	if err != nil {
		t.Fatalf("without a fault: %v (hint: %s)", err, hintOf(err))
	}
	tr.judge(p, err)
	return all
}

// watching is how many times a request is the same for a process that watches: after
// so many, only every tenth is taken unless all are.
const watching = 3

// killStages kills a release of several stages around what it sends.
func killStages(t *testing.T, c *tally, dir string, s sample) {
	for i, at := range calm(t, dir, s) {
		if !at.acts() {
			continue
		}
		for _, after := range []bool{false, true} {
			how := way{after, disk(i % int(disks)), i%2 == 1}
			t.Run(name(at, how), func(t *testing.T) {
				t.Parallel()
				kill(t, c, dir, s, at, how)
			})
		}
	}
}

// killCampaign kills a release before and after its requests, and goes on with it.
func killCampaign(t *testing.T, c *tally, dir string, s sample) {
	for i, at := range calm(t, dir, s) {
		if !thorough() && (at.nth > watching && at.nth%10 != 0 || !at.acts() && i%slower != 0) {
			continue
		}
		for k, after := range []bool{false, true} {
			if early := at.nth == 1 && !at.acts(); early && (i+k)%2 == 1 && !thorough() {
				continue // nothing has happened yet, or happens by itself
			}
			ways := []way{{after, disk(i % int(disks)), i%4 > 1}}
			if thorough() {
				ways = nil
				for d := range disks {
					ways = append(ways, way{after, d, false}, way{after, d, true})
				}
			}
			for _, how := range ways {
				t.Run(name(at, how), func(t *testing.T) {
					t.Parallel()
					kill(t, c, dir, s, at, how)
				})
			}
		}
	}
}

// way is how a process is killed, and where it is gone on with.
type way struct {
	after   bool // the world has taken the request; the answer is not read
	disk    disk
	another bool // machine, which has no record
}

// name is the name of a test.
func name(parts ...any) string {
	return strings.NewReplacer("/", "|", " ", "_").Replace(strings.Trim(fmt.Sprintln(parts...), "\n"))
}

func (h way) String() string {
	when, where := "before", "there"
	if h.after {
		when = "after"
	}
	if h.another {
		where = "elsewhere"
	}
	return fmt.Sprintf("%s, %s, %s", when, h.disk, where)
}

// kill kills a release at one place, and goes on with it.
func kill(t *testing.T, c *tally, dir string, s sample, at place, how way) {
	tr := newTrial(t, c, dir, s)
	seen := places{}
	var victim *process
	cut := func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if now := seen.next(req); now.kind != at.kind || now.nth != at.nth {
			return send()
		}
		if how.after {
			_, _ = send()
		}
		victim.kill()
		return nil, errDead
	}
	victim, _ = tr.run("release", options{wire: cut, disk: how.disk, born: func(p *process) { victim = p }})
	if victim.ctx.Err() == nil {
		t.Fatalf("it was not killed: a release does not always make this request")
	}
	c.add(&c.killed, 1)
	if how.another {
		tr.otherMachine()
	}
	p, err := tr.goOn()
	if err == nil {
		c.add(&c.finished, 1)
	} else {
		c.add(&c.stopped, 1)
	}
	tr.judge(p, err)
}
