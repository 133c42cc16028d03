package github

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"twokey/release"
)

// traces collects what a client tells of its requests.
type traces struct {
	mu    sync.Mutex
	lines []string
}

func (o *traces) trace(r release.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, r.String())
}

// Every request is told, each try, redirect and 304 of it; no secret is.
func TestTrace(t *testing.T) {
	var o traces
	b := newBench(t, func(opts *Options) { opts.Trace = o.trace })
	const line = "GET /repos/o/r/branches/main"
	b.fake.on(line, 0, "").fail(errors.New("connection reset by peer"))
	b.fake.on(line, 200, `{"name":"main","commit":{"sha":"`+shaA+`"}}`).with("ETag", `"1"`).with("X-RateLimit-Remaining", "4999")
	b.fake.on(line, 304, "").with("X-RateLimit-Remaining", "4999")
	b.fake.on("GET /repos/o/r/actions/jobs/5/logs", 302, "").with("Location", "https://logs.example.com/a/5?sig=SECRET").with("X-RateLimit-Remaining", "4998")
	b.fake.on("GET https://logs.example.com/a/5?sig=SECRET", 200, "x").with("X-RateLimit-Remaining", "1")
	for range 2 {
		if _, err := b.Branch(t.Context(), testRepo(), "main"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Log(t.Context(), testRepo(), 5, 10); err != nil {
		t.Fatal(err)
	}
	const want = `GET /repos/o/r/branches/main no answer in 0s: api.github.com: connection reset by peer
GET /repos/o/r/branches/main 200 0ms 4999 left
GET /repos/o/r/branches/main 304 0ms 4999 left
GET /repos/o/r/actions/jobs/5/logs 302 0ms 4998 left
GET logs.example.com/a/5 200 0ms`
	got := strings.Join(o.lines, "\n")
	if got != want {
		t.Errorf("told\n%s", got)
	}
	if all := fmt.Sprint(o.lines); strings.Contains(all, testToken) || strings.Contains(all, "SECRET") {
		t.Errorf("a secret was told: %s", all)
	}
}

// What acts counts together with what reads, and waits for the same rate limit: they
// are one program with one token.
func TestClientsBeside(t *testing.T) {
	b := newBench(t, readOnly)
	acts, err := New(Options{Host: "github.com", Token: testToken, Transport: b.fake, Clock: b.clock, Beside: b.Client})
	if err != nil {
		t.Fatal(err)
	}
	b.fake.on("GET /user", 200, `{"login":"mara"}`)
	b.fake.on("POST /repos/o/r/git/refs", 201, `{"ref":"refs/tags/v1","object":{"type":"commit","sha":"`+shaA+`"}}`)
	if err := viewer(b); err != nil {
		t.Fatal(err)
	}
	actor, err := acts.Actor()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := actor.Perform(t.Context(), release.Call{Kind: release.CallRef, Repo: testRepo(), Ref: "refs/tags/v1", SHA: shaA}); err != nil {
		t.Fatal(err)
	}
	if got := b.Budget(); got.Requests != 2 || got != acts.Budget() {
		t.Errorf("the one counts %+v, the other %+v", got, acts.Budget())
	}
	if _, err := b.Actor(); err == nil {
		t.Error("the client that only reads has an actor")
	}
}
