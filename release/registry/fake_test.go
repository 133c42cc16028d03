package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

var _ release.Shelf = (*Shelf)(nil)

// now is the fake clock's time at first.
var now = time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC)

// clock is a clock whose time passes only in Sleep, at once.
type clock struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (c *clock) Now() time.Time { return now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// answer is what a fake place says to one request.
type answer struct {
	status int
	header map[string]string
	body   string
	length int64 // of a HEAD; 0 is the length of body, -1 is not told
	err    error // instead of an answer
	broken error // after body
}

// places is a strict fake of the world: each request has its answers, in order, of
// which the last one stays. Any other request fails the test.
type places struct {
	t       *testing.T
	answers map[string][]answer // by "METHOD URL"

	mu   sync.Mutex
	sent []*http.Request
}

func (p *places) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, req)
	if req.Method != http.MethodGet && req.Method != http.MethodHead || req.Body != nil {
		p.t.Errorf("%s %s is no read", req.Method, req.URL)
	}
	key := req.Method + " " + req.URL.String()
	queue := p.answers[key]
	if len(queue) == 0 {
		p.t.Errorf("nobody expected %s", key)
		return nil, errors.New("no such place")
	}
	a := queue[0]
	if len(queue) > 1 {
		p.answers[key] = queue[1:]
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.response(req), nil
}

func (a answer) response(req *http.Request) *http.Response {
	resp := &http.Response{
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(len(a.body)), Body: http.NoBody,
	}
	for k, v := range a.header {
		resp.Header.Set(k, v)
	}
	if a.length != 0 {
		resp.ContentLength = a.length
	}
	if req.Method == http.MethodGet {
		var r io.Reader = strings.NewReader(a.body)
		if a.broken != nil {
			r = io.MultiReader(r, failing{a.broken})
		}
		resp.Body = io.NopCloser(r)
	}
	return resp
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// requests are the requests that were sent, as "METHOD URL".
func (p *places) requests() []string {
	var out []string
	for _, r := range p.sent {
		out = append(out, r.Method+" "+r.URL.String())
	}
	return out
}

// world is a Shelf over fake places.
type world struct {
	*Shelf
	places *places
	clock  *clock
	mu     sync.Mutex
	events []release.Event
}

func newWorld(t *testing.T, answers map[string][]answer) *world {
	w := &world{places: &places{t: t, answers: answers}, clock: &clock{}}
	w.Shelf = New(Options{
		Transport: w.places, Clock: w.clock, UserAgent: "twokey/test", Seed: 1,
		Emit: func(e release.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	})
	return w
}

// story is the events in short.
func (w *world) story() string {
	var parts []string
	for _, e := range w.events {
		switch e := e.(type) {
		case release.Retrying:
			parts = append(parts, fmt.Sprintf("retry %d: %s", e.Attempt, e.Cause))
		case release.Recovered:
			parts = append(parts, "recovered")
		default:
			parts = append(parts, e.Type())
		}
	}
	return strings.Join(parts, "; ")
}

// isRefused fails the test unless err is an error of Look that says want, has a
// hint, is safe to show and comes with nothing that looks like an answer.
func isRefused(t *testing.T, p checks.Published, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, but %+v; want %q", p, want)
	}
	if p != (checks.Published{}) {
		t.Errorf("an error comes with %+v", p)
	}
	said := err.Error()
	if !strings.Contains(said, want) || !strings.HasPrefix(said, "look for ") {
		t.Errorf("error %q, want %q", said, want)
	}
	if text.Clean(said).String() != said || text.Clean(release.HintOf(err)).String() != release.HintOf(err) {
		t.Errorf("not safe to show: %q, %q", said, release.HintOf(err))
	}
	if release.HintOf(err) == "" {
		t.Errorf("%q has no hint", said)
	}
}
