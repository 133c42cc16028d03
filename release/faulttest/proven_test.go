package faulttest

import (
	"net/http"
	"strings"
	"testing"
)

// A release dies after its claim, before the dispatch was even said to be sent. The
// records of that machine prove it, so that --resume has to send the dispatch there;
// its own record must not stand in the way.
func TestProvenDispatchIsSent(t *testing.T) {
	tr := newTrial(t, &tally{}, clone(t), samples()[2])
	var victim *process
	claimed := false
	cut := func(req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		if claimed {
			victim.kill()
			return nil, errDead
		}
		resp, err := send()
		claimed = req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/git/refs")
		return resp, err
	}
	_, err := tr.run("release", options{wire: cut, disk: wholeLines, born: func(p *process) { victim = p }})
	if err == nil || tr.count()["run deploy.yml"] != 0 {
		t.Fatalf("it was to die: %v, %v", err, tr.count())
	}
	if _, err := tr.run("resume", options{}); err != nil {
		t.Errorf("%v (hint %s)", err, hintOf(err))
	}
	if n := tr.count()["run deploy.yml"]; n != 1 {
		t.Errorf("%d dispatches were sent", n)
	}
}
