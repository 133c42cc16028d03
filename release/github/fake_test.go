package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cli/go-gh/v2/pkg/config"

	"twokey/release"
)

const (
	testToken = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
	apiHost   = "https://api.github.com"
	shaA      = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB      = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	shaC      = "cccccccccccccccccccccccccccccccccccccccc"
)

func testRepo() release.Repo { return release.Repo{Owner: "o", Name: "r"} }

// fake answers requests that a test expects, each as often as it was told to. Any
// other request fails the test, and so does an answer that nobody asked for.
type fake struct {
	t  *testing.T
	mu sync.Mutex
	// replies by "METHOD URL", where the API host is left out of the URL.
	replies map[string][]*reply
	sent    []request
	// batches holds where the test answers questions about many things. Elsewhere they
	// are refused and no part of what was sent: all is then read one by one.
	batches bool
}

// refusedBatch is how GitHub answers a question that the token may not ask.
func refusedBatch(req *http.Request) *http.Response {
	const said = `{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by personal access token"}]}`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(said)), ContentLength: -1, Request: req, ProtoMajor: 1, ProtoMinor: 1}
}

// request is a request as it arrived.
type request struct {
	line   string
	header http.Header
	body   string
}

// reply is one answer.
type reply struct {
	status int
	header http.Header
	body   string
	err    error                         // instead of an answer
	cut    error                         // after the body, instead of its end
	do     func(*http.Request) error     // before answering
	stream func(*http.Request) io.Reader // instead of body
	// strange is why the answer is not one that GitHub describes.
	strange string
}

func newFake(t *testing.T) *fake {
	f := &fake{t: t, replies: map[string][]*reply{}}
	t.Cleanup(func() {
		for line, left := range f.replies {
			if len(left) > 0 {
				t.Errorf("%d more of %q expected", len(left), line)
			}
		}
	})
	return f
}

// on expects a request once more and gives its answer, which the caller may change.
func (f *fake) on(line string, status int, body string) *reply {
	r := &reply{status: status, header: http.Header{}, body: body}
	if strings.HasPrefix(strings.TrimSpace(body), "{") || strings.HasPrefix(strings.TrimSpace(body), "[") {
		r.header.Set("Content-Type", "application/json; charset=utf-8")
		r.header.Set("X-Github-Request-Id", "FAKE:1") // GitHub numbers every answer
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replies[line] = append(f.replies[line], r)
	return r
}

// with sets a header of the answer.
func (r *reply) with(name, value string) *reply {
	r.header.Set(name, value)
	return r
}

// fail makes the request fail without an answer.
func (r *reply) fail(err error) *reply {
	r.err = err
	return r
}

// odd says why the answer is not one that GitHub describes.
func (r *reply) odd(why string) *reply {
	r.strange = why
	return r
}

// breaks ends the body with an error.
func (r *reply) breaks(err error) *reply {
	r.cut = err
	return r
}

var errUnexpected = fmt.Errorf("unexpected request: %w", errTarget) // which nothing retries

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	line := req.Method + " " + req.URL.String()
	if path, ok := strings.CutPrefix(req.URL.String(), apiHost+"/"); ok {
		line = req.Method + " /" + path
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	f.mu.Lock()
	f.sent = append(f.sent, request{line, req.Header.Clone(), string(body)})
	left := f.replies[line]
	if !f.batches && bytes.Contains(body, []byte(`"query":"query Several(`)) {
		f.sent = f.sent[:len(f.sent)-1]
		f.mu.Unlock()
		return refusedBatch(req), nil
	}
	if len(left) == 0 {
		f.mu.Unlock()
		f.t.Errorf("unexpected request %s %s", line, body)
		return nil, errUnexpected
	}
	r := left[0]
	f.replies[line] = left[1:]
	f.mu.Unlock()
	f.hold(req, body, r)
	if r.do != nil {
		if err := r.do(req); err != nil {
			return nil, err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	var from io.Reader = strings.NewReader(r.body)
	if r.stream != nil {
		from = r.stream(req)
	}
	if r.cut != nil {
		from = io.MultiReader(from, failing{r.cut})
	}
	return &http.Response{StatusCode: r.status, Header: r.header.Clone(), Body: io.NopCloser(from),
		ContentLength: -1, Request: req, ProtoMajor: 1, ProtoMinor: 1}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// lines are the requests that arrived, in order.
func (f *fake) lines() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, r := range f.sent {
		out = append(out, r.line)
	}
	return out
}

func (f *fake) count() int { return len(f.lines()) }

// last is the request that arrived last.
func (f *fake) last() request {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sent) == 0 {
		f.t.Fatal("no request arrived")
	}
	return f.sent[len(f.sent)-1]
}

// clock is a clock whose time passes only in Sleep.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

var began = time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC)

func newClock() *clock { return &clock{now: began} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *clock) total() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.Sub(began)
}

// events collects what a client emits.
type events struct {
	mu  sync.Mutex
	got []release.Event
}

func (e *events) emit(ev release.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, ev)
}

func (e *events) types() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b bytes.Buffer
	for _, ev := range e.got {
		b.WriteString(ev.Type() + " ")
	}
	return strings.TrimSpace(b.String())
}

// bench is a client on a fake host.
type bench struct {
	*Client
	fake   *fake
	clock  *clock
	events *events
}

// newBench makes a client; change may change its options first.
func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	withConfig(t, "")
	b := &bench{fake: newFake(t), clock: newClock(), events: &events{}}
	o := Options{Host: "github.com", Token: testToken, Transport: b.fake, Clock: b.clock,
		Emit: b.events.emit, UserAgent: "twokey/1.2.3", Seed: 7}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Client = c
	return b
}

// withConfig gives go-gh a configuration; it reads the real one only once in a
// process.
func withConfig(t *testing.T, yaml string) {
	t.Helper()
	old := config.Read
	config.Read = func(*config.Config) (*config.Config, error) { return config.ReadFromString(yaml), nil }
	t.Cleanup(func() { config.Read = old })
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN",
		"GH_HOST", "GH_REPO", "GH_DEBUG", "CODESPACES"} {
		t.Setenv(name, "")
	}
	t.Setenv("GH_PATH", "/nonexistent/gh")
}

func anonymous(o *Options) { o.Token = "" }
func readOnly(o *Options)  { o.ReadOnly = true }

// wantErr fails unless err is target and says all of words.
func wantErr(t *testing.T, err, target error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if target != nil && !errors.Is(err, target) {
		t.Errorf("error %q is not %q", err, target)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), testToken) {
		t.Errorf("error %q holds the token", err)
	}
}
