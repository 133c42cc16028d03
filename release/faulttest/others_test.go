package faulttest

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// What people do, and what they and GitHub do in the middle of a release.

// killBefore kills the program before its request leaves.
func killBefore() fault {
	return fault{name: "killed before", kills: true, answer: func(h *hit) (*http.Response, error, bool) {
		h.p.kill()
		return nil, errDead, true
	}}
}

// killAfter kills it when the world has taken the request; the answer is never read.
func killAfter() fault {
	return fault{name: "killed after", kills: true, answer: func(h *hit) (*http.Response, error, bool) {
		_, _ = h.send()
		h.p.kill()
		return nil, errDead, true
	}}
}

// leaveBefore is Ctrl-C before a request leaves.
func leaveBefore() fault {
	return fault{name: "left before", answer: func(h *hit) (*http.Response, error, bool) {
		h.p.leave()
		resp, err := h.send()
		return resp, err, true
	}}
}

// leaveAfter is Ctrl-C while its answer comes.
func leaveAfter() fault {
	return fault{name: "left after", answer: func(h *hit) (*http.Response, error, bool) {
		resp, err := h.send()
		h.p.leave()
		return resp, err, true
	}}
}

// lostAfter loses the answer to what was done.
func lostAfter() fault {
	return fault{name: "reset after", answer: after(func(h *hit) (*http.Response, error, bool) { return nil, reset(), true })}
}

// otherCommands are whole commands of somebody else's, before a request leaves: of
// another maintainer, or of the same one on another machine or in a second terminal.
// Some stop half way, and end when the first has ended.
func otherCommands() []fault {
	return []fault{
		other("ines releases", somebody{command: "release", other: true}),
		other("a resume in another terminal", somebody{command: "resume", here: true}),
		other("ines resumes", somebody{command: "resume", other: true}),
		other("a resume on another machine", somebody{command: "resume"}),
		other("half a release of ines'", somebody{command: "release", other: true, half: "POST api.github.com/repos/harbour/ships/git/refs"}),
		other("half a resume in another terminal", somebody{command: "resume", here: true, half: "GET api.github.com/repos/harbour/ships/commits/SHA/check-runs"}),
		other("half a resume on another machine", somebody{command: "resume", half: "GET api.github.com/repos/harbour/ships/actions/runs"}),
	}
}

// somebody is who runs a command while another one runs.
type somebody struct {
	command string
	other   bool // maintainer
	here    bool // on the same machine
	// half is the kind of request before which they are slow: it leaves when the first
	// command has ended. Empty: they end before it goes on.
	half string
}

// other lets somebody run a command before a request leaves.
func other(name string, who somebody) fault {
	return fault{name: name, pardon: bound, answer: func(h *hit) (*http.Response, error, bool) {
		o := options{other: who.other, home: h.tr.home(), pardon: bound}
		if !who.here {
			o.home = h.tr.t.TempDir()
		}
		slow, go_, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		waits := who.half != ""
		o.wire = func(_ *process, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
			if waits && kindOf(req) == who.half {
				waits = false
				close(slow)
				<-go_
			}
			return send()
		}
		go func() {
			defer close(ended)
			p, err := h.tr.run(who.command, o)
			if err != nil {
				h.tr.checkWords(err, len(p.sent) > 0 && len(h.tr.count()) > 0)
			} else {
				h.tr.checkState(p)
			}
		}()
		select {
		case <-slow:
		case <-ended:
		}
		h.p.after = append(h.p.after, func() { close(go_); <-ended })
		resp, err := h.send()
		return resp, err, true
	}}
}

// strangerDispatches lets another maintainer dispatch the workflow of the release by
// hand, for reasons of her own.
func strangerDispatches() fault {
	return fault{name: "a stranger dispatches", answer: func(h *hit) (*http.Response, error, bool) {
		_, token := h.tr.w.Other()
		h.tr.dispatch(token, "harbour/ships", "deploy.yml", "release/1.1", map[string]string{"version": "1.0.9"})
		h.tr.strangers["run deploy.yml"]++
		resp, err := h.send()
		return resp, err, true
	}}
}

// dispatch starts a workflow by hand.
func (tr *trial) dispatch(token, repo, workflow, ref string, inputs map[string]string) {
	tr.t.Helper()
	body, err := json.Marshal(map[string]any{"ref": ref, "inputs": inputs})
	check(tr.t, err)
	req, err := http.NewRequest(http.MethodPost, "https://api.github.com/repos/"+repo+"/actions/workflows/"+workflow+"/dispatches", bytes.NewReader(body))
	check(tr.t, err)
	req.Header.Set("Authorization", "token "+token)
	resp, err := tr.w.Transport().RoundTrip(req)
	check(tr.t, err)
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		tr.t.Errorf("a dispatch of %s by hand is answered with %s", workflow, resp.Status)
	}
}
