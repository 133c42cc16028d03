package faulttest

import (
	"net/http"
	"strings"
	"testing"
)

// A release dies after a claim, before the dispatch that follows was even said to be
// sent. The records of that machine prove it, so that --resume has to send the dispatch
// there; its own record, which tells of the claims before it by then, must not stand in
// the way.
func TestProvenDispatchIsSent(t *testing.T) {
	const two = "version: 1\nproject: ships\nlines: release/{major}.{minor}\ntag: ships-{version}\nstages:\n" +
		"  - name: package\n    trigger: tag\n    workflows: [publish.yml]\n    publishes: [{pypi: ships}]\n" +
		"  - name: deploy\n    needs: [package]\n    trigger: dispatch\n    workflows: [deploy.yml]\n" +
		"    inputs: {version: '{version}'}\n    publishes: [{image: 'docker.io/harbour/ships:{version}'}]\n"
	dir := clone(t)
	for _, s := range []sample{samples()[2], {name: "a tag, then a dispatch", version: "1.1.0", plan: two, stages: 2,
		whole: map[string]int{"tag ships-1.1.0": 1, "run publish.yml": 1, "claim 1.1.0": 1, "run deploy.yml": 1}}} {
		tr := newTrial(t, &tally{}, dir, s)
		claims := 0
		cut := func(p *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
			if claims == s.stages {
				p.kill()
				return nil, errDead
			}
			resp, err := send()
			if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/git/refs") {
				claims++
			}
			return resp, err
		}
		_, err := tr.run("release", options{wire: cut, disk: wholeLines})
		if err == nil || claims != s.stages || tr.count()["run deploy.yml"] != 0 {
			t.Fatalf("%s: it was to die: %v, %v", s.name, err, tr.count())
		}
		if _, err := tr.run("resume", options{}); err != nil {
			t.Errorf("%s: %v (hint %s)", s.name, err, hintOf(err))
		}
		if n := tr.count()["run deploy.yml"]; n != 1 {
			t.Errorf("%s: %d dispatches were sent", s.name, n)
		}
	}
}
