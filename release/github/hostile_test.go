package github

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"twokey/checks"
	"twokey/release"
)

// oneAnswer gives the same answer to everything, and counts.
type oneAnswer struct {
	status int
	header http.Header
	body   func() io.Reader

	mu   sync.Mutex
	sent []*http.Request
}

func (a *oneAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.sent = append(a.sent, req)
	a.mu.Unlock()
	return &http.Response{StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(a.body()),
		ContentLength: -1, Request: req, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// answering is an oneAnswer of 200 and JSON, by its header.
func answering(body string) *oneAnswer {
	return &oneAnswer{status: 200, header: http.Header{"Content-Type": {"application/json"}},
		body: func() io.Reader { return strings.NewReader(body) }}
}

// read is one thing that a client reads, as anything.
type read struct {
	name string
	do   func(context.Context, *Client) (any, error)
	// list holds where an empty list is an answer.
	list bool
}

// everyRead is every read of a Forge but the log, which is no JSON, and the snapshot.
func everyRead() []read {
	r := testRepo()
	return []read{
		{"viewer", func(ctx context.Context, c *Client) (any, error) { return c.Viewer(ctx) }, false},
		{"repository", func(ctx context.Context, c *Client) (any, error) { return c.Repository(ctx, r) }, false},
		{"branches", func(ctx context.Context, c *Client) (any, error) { return c.Branches(ctx, r) }, true},
		{"branch", func(ctx context.Context, c *Client) (any, error) { return c.Branch(ctx, r, "main") }, false},
		{"tags", func(ctx context.Context, c *Client) (any, error) { return c.Tags(ctx, r, "v") }, true},
		{"file", func(ctx context.Context, c *Client) (any, error) { return c.File(ctx, r, shaA, "f") }, false},
		{"workflows", func(ctx context.Context, c *Client) (any, error) { return c.Workflows(ctx, r, shaA) }, true},
		{"ahead", func(ctx context.Context, c *Client) (any, error) { return c.Ahead(ctx, r, "a", "b") }, false},
		{"claim", func(ctx context.Context, c *Client) (any, error) { return c.Claim(ctx, r, "refs/tags/v1") }, false},
		{"runs", func(ctx context.Context, c *Client) (any, error) { return c.Runs(ctx, r, shaA) }, false},
		{"active", func(ctx context.Context, c *Client) (any, error) { return c.Active(ctx, r) }, false},
		{"jobs", func(ctx context.Context, c *Client) (any, error) { return c.Jobs(ctx, r, 5) }, false},
		{"gates", func(ctx context.Context, c *Client) (any, error) { return c.Gates(ctx, r, 5) }, true},
		{"approvals", func(ctx context.Context, c *Client) (any, error) { return c.Approvals(ctx, r, 5) }, true},
		{"release", func(ctx context.Context, c *Client) (any, error) { return c.Release(ctx, r, "v1") }, false},
		{"check runs", func(ctx context.Context, c *Client) (any, error) { return c.checkRuns(ctx, r, shaA) }, false},
		{"statuses", func(ctx context.Context, c *Client) (any, error) { return c.statuses(ctx, r, shaA) }, false},
		{"environment", func(ctx context.Context, c *Client) (any, error) { return c.environment(ctx, r, "pypi") }, false},
		{"workflow states", func(ctx context.Context, c *Client) (any, error) { return c.workflowStates(ctx, r) }, false},
	}
}

// An answer of another shape than was asked for is an error in every read, and never
// an empty list: whatever could not be seen is unknown.
func TestHostileAnswers(t *testing.T) {
	bodies := map[string]string{
		"null": `null`, "nothing in it": `{}`, "a string": `"x"`, "a number": `7`, "true": `true`,
		"an empty list": `[]`, "a list of null": `[null]`, "a list of nothing": `[{}]`, "a list of lists": `[[]]`,
		"something else": `{"login":7,"name":[],"sha":{},"id":"x"}`,
		"null within":    `{"login":null,"object":null,"commit":null,"workflow_runs":null,"jobs":null,"check_runs":null,"statuses":null,"workflows":null}`,
		"a page":         `<!DOCTYPE html><html>Sign in</html>`,
		"half of it":     `{"workflow_runs":[{"id":5,"head_sha":"` + shaA,
		"nothing":        ``,
		"deep":           strings.Repeat(`[`, 20000),
		"binary":         "\x1f\x8b\x00\xff",
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			for _, r := range everyRead() {
				b := newBench(t, func(o *Options) { o.Transport = answering(body) })
				v, err := r.do(t.Context(), b.Client)
				empty := r.list && body == `[]` || r.name == "approvals" && strings.HasPrefix(body, `[`) && json.Valid([]byte(body))
				switch {
				case err == nil && !empty:
					t.Errorf("%s is taken for %+v", r.name, v)
				case err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == utf8.RuneError }):
					t.Errorf("%s: the error is raw: %q", r.name, err)
				// Servers of old answer a ref that is not there with those that begin so.
				case errors.Is(err, release.ErrNotFound) && !(r.name == "claim" && body == `[]`):
					t.Errorf("%s: what is strange is taken for absent: %v", r.name, err)
				}
			}
		})
	}
}

// Only GitHub knows what is not there: a gateway's own page of 404 is no fact, nor is
// its 401 about the token, and whether a request that acts passed it is not known.
func TestForeignRefusals(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410, 422} {
		for _, r := range everyRead() {
			a := answering("<html>nginx</html>")
			a.status = status
			b := newBench(t, func(o *Options) { o.Transport = a })
			v, err := r.do(t.Context(), b.Client)
			if err == nil {
				t.Errorf("%d: %s is taken for %+v", status, r.name, v)
			}
			for _, word := range []error{release.ErrNotFound, release.ErrForbidden, release.ErrUnauthorized, release.ErrExists} {
				if errors.Is(err, word) {
					t.Errorf("%d: %s is %v: %v", status, r.name, word, err)
				}
			}
			sent := map[string]bool{} // a read may ask several things at the same time, but none twice
			for _, req := range a.sent {
				sent[req.URL.String()] = true
			}
			if len(sent) == 0 || len(a.sent) != len(sent) || !strings.Contains(release.HintOf(err), "proxy") {
				t.Errorf("%d: %s: %d requests, %d of them different, hint %q", status, r.name, len(a.sent), len(sent), release.HintOf(err))
			}
		}
		b := newBench(t)
		b.fake.on(calls()[1].line, status, "<html>nginx</html>")
		if _, err := perform(t, b, refCall()); !errors.Is(err, release.ErrLost) {
			t.Errorf("%d to a request that acts: %v", status, err)
		}
	}
}

// endless is a body that never ends, of which it counts what was read.
type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	*e.read += len(p)
	return len(p), nil
}

// A body that does not end is read up to a bound, and not asked for again.
func TestEndlessAnswer(t *testing.T) {
	for _, status := range []int{200, 404} {
		read := 0
		a := &oneAnswer{status: status, header: http.Header{}, body: func() io.Reader { return endless{&read} }}
		b := newBench(t, func(o *Options) { o.Transport = a })
		_, err := b.Repository(t.Context(), testRepo())
		if err == nil || len(a.sent) != 1 || read > 2*jsonBytes {
			t.Errorf("%d: %v after %d requests and %d MB", status, err, len(a.sent), read>>20)
		}
	}
}

// A list that is shorter than its answers say is not whole, and what it lacks may
// have failed.
func TestShortListsOfCI(t *testing.T) {
	run := `{"name":"x","head_sha":"` + shaA + `","status":"completed","conclusion":"success"}`
	for _, tt := range []struct {
		name, runs, statuses string
		whole                bool
	}{
		{"whole", `{"total_count":1,"check_runs":[` + run + `]}`, `{"sha":"` + shaA + `","total_count":0,"statuses":[]}`, true},
		{"a check run less", `{"total_count":2,"check_runs":[` + run + `]}`, `{"sha":"` + shaA + `","total_count":0,"statuses":[]}`, false},
		{"a status less", `{"total_count":1,"check_runs":[` + run + `]}`, `{"sha":"` + shaA + `","total_count":1,"statuses":[]}`, false},
		{"no check runs told", `{"total_count":0}`, `{"sha":"` + shaA + `","statuses":[{"context":"a","state":"success"}]}`, false},
		{"no statuses told", `{"total_count":1,"check_runs":[` + run + `]}`, `{"sha":"` + shaA + `"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, func(o *Options) {
				o.Transport = byPath{"/check-runs": answering(tt.runs), "/status": answering(tt.statuses)}
			})
			f := newFilling(b, fillPlan())
			f.ci(t.Context())
			if got, ok := f.snap.CI.Get(); ok != tt.whole {
				t.Errorf("it is %+v, %+v", got, f.snap.CI)
			}
		})
	}
}

// byPath chooses an answer by the end of the path.
type byPath map[string]*oneAnswer

func (b byPath) RoundTrip(req *http.Request) (*http.Response, error) {
	for suffix, a := range b {
		if strings.HasSuffix(req.URL.Path, suffix) {
			return a.RoundTrip(req)
		}
	}
	return nil, errUnexpected
}

// Protection that does not say what it allows is not taken to forbid it.
func TestProtectionThatSaysNothing(t *testing.T) {
	for _, body := range []string{`{}`, `{"allow_force_pushes":{"enabled":false}}`, `{"allow_deletions":{"enabled":false}}`} {
		b := newBench(t)
		b.fake.on(branchLine, 200, branchJSON(true, ""))
		b.fake.on(rulesLine, 200, `[]`)
		b.fake.on(protectionLine, 200, body)
		f := newFilling(b, fillPlan())
		f.rules(t.Context())
		r, ok := f.snap.Rules.Get()
		if !ok || r.Classic != checks.Hidden || r.ForcePush == checks.Yes && r.Deletion == checks.Yes || r.ChecksKnown {
			t.Errorf("%s is %+v", body, r)
		}
	}
}

// No answer that is the same for everything leads to a go.
func TestHostileSnapshotIsNoGo(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `[]`, `[null]`, `[{}]`, `<html>`, ``} {
		b := newBench(t, func(o *Options) { o.Transport = answering(body) })
		plan := threeStages()
		snap := &checks.Snapshot{}
		if err := b.Fill(t.Context(), plan, snap, func(checks.Part) {}); err != nil {
			t.Fatal(err)
		}
		for _, got := range []bool{told(snap.CI), told(snap.Rules)} {
			if got {
				t.Errorf("%q: CI %+v, rules %+v", body, snap.CI, snap.Rules)
			}
		}
		for _, st := range snap.Stages {
			for _, w := range st.Workflows {
				if facts, ok := w.Get(); ok && (facts.Starts || facts.Exists) {
					t.Errorf("%q: workflow %+v", body, facts)
				}
			}
			for _, e := range st.Environments {
				if told(e) {
					t.Errorf("%q: environment %+v", body, e)
				}
			}
		}
	}
}

func told[T any](g checks.Got[T]) bool { _, ok := g.Get(); return ok }
