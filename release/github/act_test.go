package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"twokey/release"
)

func refCall() release.Call {
	return release.Call{Kind: release.CallRef, Repo: testRepo(), Ref: "refs/tags/v1", SHA: shaB}
}

// calls is one of every kind, with the request and the answer that belong to it.
func calls() []struct {
	call   release.Call
	line   string
	body   string
	status int
	answer string
	want   release.Receipt
} {
	r := testRepo()
	return []struct {
		call   release.Call
		line   string
		body   string
		status int
		answer string
		want   release.Receipt
	}{
		{release.Call{Kind: release.CallTagObject, Repo: r, Ref: "v1", SHA: shaA, Message: "m\n\nclaim"}, "POST /repos/o/r/git/tags",
			`{"tag":"v1","message":"m\n\nclaim","object":"` + shaA + `","type":"commit"}`, 201,
			`{"sha":"` + shaB + `","tag":"v1","object":{"type":"commit","sha":"` + shaA + `"},"tagger":{"date":"2026-08-14T10:00:00Z"}}`,
			release.Receipt{SHA: shaB, At: time.Date(2026, 8, 14, 10, 0, 0, 0, time.UTC)}},
		{refCall(), "POST /repos/o/r/git/refs", `{"ref":"refs/tags/v1","sha":"` + shaB + `"}`, 201,
			`{"ref":"refs/tags/v1","object":{"type":"tag","sha":"` + shaB + `"}}`, release.Receipt{SHA: shaB}},
		{release.Call{Kind: release.CallRelease, Repo: r, Ref: "v1", SHA: shaA, Title: "v1", Message: "notes", Prerelease: true}, "POST /repos/o/r/releases",
			`{"tag_name":"v1","target_commitish":"` + shaA + `","name":"v1","body":"notes","draft":false,"prerelease":true,"make_latest":"legacy"}`, 201,
			`{"tag_name":"v1","html_url":"https://github.com/o/r/releases/tag/v1"}`, release.Receipt{}},
		{release.Call{Kind: release.CallDispatch, Repo: r, Ref: "main", Workflow: "p.yml", Inputs: map[string]string{"a": "b"}},
			"POST /repos/o/r/actions/workflows/p.yml/dispatches", `{"ref":"main","inputs":{"a":"b"},"return_run_details":true}`, 200,
			`{"workflow_run_id":42,"html_url":""}`, release.Receipt{RunID: 42}},
		{release.Call{Kind: release.CallReview, Repo: r, RunID: 7, Environments: []int64{3}, State: "approved", Comment: "ok"},
			"POST /repos/o/r/actions/runs/7/pending_deployments", `{"environment_ids":[3],"state":"approved","comment":"ok"}`, 200, `[]`, release.Receipt{}},
		{release.Call{Kind: release.CallRerunFailed, Repo: r, RunID: 7}, "POST /repos/o/r/actions/runs/7/rerun-failed-jobs", `{}`, 201, `{}`, release.Receipt{}},
		{release.Call{Kind: release.CallCancel, Repo: r, RunID: 7}, "POST /repos/o/r/actions/runs/7/cancel", ``, 202, `{}`, release.Receipt{}},
	}
}

func perform(t *testing.T, b *bench, call release.Call) (release.Receipt, error) {
	t.Helper()
	a, err := b.Actor()
	if err != nil {
		t.Fatal(err)
	}
	return a.Perform(t.Context(), call)
}

func TestPerform(t *testing.T) {
	for _, tt := range calls() {
		t.Run(string(tt.call.Kind), func(t *testing.T) {
			b := newBench(t)
			b.fake.on(tt.line, tt.status, tt.answer)
			got, err := perform(t, b, tt.call)
			if err != nil {
				t.Fatal(err)
			}
			got.URL = release.Receipt{}.URL
			if got != tt.want {
				t.Errorf("receipt is %+v", got)
			}
			sent := b.fake.last()
			if sent.body != tt.body {
				t.Errorf("sent %s\nnot  %s", sent.body, tt.body)
			}
			// What is sent is what the confirm screen prints.
			if sent.line != tt.call.Request() {
				t.Errorf("sent %q, and people were told %q", sent.line, tt.call.Request())
			}
			if _, found := sent.header["Idempotency-Key"]; found {
				t.Error("net/http repeats requests with an Idempotency-Key")
			}
			if sent.header.Get("If-None-Match") != "" || (sent.header.Get("Content-Type") == "application/json") != (tt.body != "") {
				t.Errorf("headers are %v", sent.header)
			}
		})
	}
}

// Whatever goes wrong, a request that acts is sent once; and where it may have
// acted, the error says that its answer was lost.
func TestPerformSendsOnce(t *testing.T) {
	faults := []struct {
		name string
		set  func(*fake, string)
		lost bool
		want error
	}{
		{"reset", func(f *fake, l string) { f.on(l, 0, "").fail(&net.OpError{Op: "read", Err: syscall.ECONNRESET}) }, true, nil},
		{"EOF", func(f *fake, l string) { f.on(l, 0, "").fail(io.EOF) }, true, nil},
		{"time-out", func(f *fake, l string) { f.on(l, 0, "").fail(context.DeadlineExceeded) }, true, nil},
		{"cancelled", func(f *fake, l string) { f.on(l, 0, "").fail(context.Canceled) }, true, nil},
		{"http2", func(f *fake, l string) { f.on(l, 0, "").fail(errors.New("http2: server sent GOAWAY")) }, true, nil},
		{"500", func(f *fake, l string) { f.on(l, 500, `{"message":"oops"}`) }, true, nil},
		{"502", func(f *fake, l string) { f.on(l, 502, "<html>") }, true, nil},
		{"503 with retry-after", func(f *fake, l string) { f.on(l, 503, "").with("Retry-After", "1") }, true, nil},
		{"504", func(f *fake, l string) { f.on(l, 504, "") }, true, nil},
		{"408", func(f *fake, l string) { f.on(l, 408, "") }, true, nil},
		{"strange success", func(f *fake, l string) { f.on(l, 206, `{}`).odd("half a success") }, true, nil},
		{"refused", func(f *fake, l string) { f.on(l, 0, "").fail(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}) }, false, nil},
		{"no such host", func(f *fake, l string) { f.on(l, 0, "").fail(&net.DNSError{Err: "no such host"}) }, false, nil},
		{"401", func(f *fake, l string) { f.on(l, 401, `{"message":"Bad credentials"}`) }, false, release.ErrUnauthorized},
		{"403", func(f *fake, l string) { f.on(l, 403, `{"message":"Resource not accessible"}`) }, false, release.ErrForbidden},
		{"404", func(f *fake, l string) { f.on(l, 404, `{"message":"Not Found"}`) }, false, release.ErrNotFound},
		{"409", func(f *fake, l string) { f.on(l, 409, `{"message":"Conflict"}`) }, false, nil},
		{"422", func(f *fake, l string) { f.on(l, 422, `{"message":"Validation Failed"}`) }, false, nil},
		{"429", func(f *fake, l string) { f.on(l, 429, `{"message":"Too many requests"}`).with("Retry-After", "1") }, false, nil},
		{"403 in JSON of a gateway", func(f *fake, l string) { f.on(l, 403, `{"message":"blocked"}`).with("X-Github-Request-Id", "") }, true, nil},
		{"404 in JSON of a gateway", func(f *fake, l string) { f.on(l, 404, `{"error":"no route"}`).with("X-Github-Request-Id", "") }, true, nil},
		{"429 in JSON of a gateway", func(f *fake, l string) {
			f.on(l, 429, `{"error":"slow down"}`).with("Retry-After", "1").with("X-Github-Request-Id", "")
		}, true, nil},
		{"429 of a gateway", func(f *fake, l string) { f.on(l, 429, ``).with("Retry-After", "1") }, true, nil},
		{"403 secondary limit", func(f *fake, l string) { f.on(l, 403, `{"message":"You have exceeded a secondary rate limit"}`) }, false, nil},
		{"307", func(f *fake, l string) {
			f.on(l, 307, ``).with("Location", "https://api.github.com/repositories/1/git/refs")
		}, false, nil},
		{"302 elsewhere", func(f *fake, l string) { f.on(l, 302, ``).with("Location", "https://example.com/") }, false, nil},
	}
	for _, tt := range calls() {
		for _, fault := range faults {
			t.Run(string(tt.call.Kind)+"/"+fault.name, func(t *testing.T) {
				b := newBench(t)
				fault.set(b.fake, tt.line)
				_, err := perform(t, b, tt.call)
				wantErr(t, err, fault.want)
				if errors.Is(err, release.ErrLost) != fault.lost {
					t.Errorf("lost is %v: %v", !fault.lost, err)
				}
				if n := b.fake.count(); n != 1 {
					t.Errorf("sent %d times", n)
				}
				if b.clock.total() != 0 || b.events.types() != "" {
					t.Errorf("waited %s, events %q", b.clock.total(), b.events.types())
				}
			})
		}
	}
}

// A success whose answer is cut or strange has acted: it is lost, not failed.
func TestPerformLosesBadAnswers(t *testing.T) {
	tests := []struct {
		name   string
		kind   release.CallKind
		answer string
		cut    error
	}{
		{"half", release.CallRef, `{"ref":"refs/ta`, io.ErrUnexpectedEOF},
		{"cut cleanly", release.CallRef, `{"ref":"refs/ta`, nil},
		{"another ref", release.CallRef, `{"ref":"refs/tags/v2","object":{"sha":"` + shaB + `"}}`, nil},
		{"another object", release.CallRef, `{"ref":"refs/tags/v1","object":{"sha":"` + shaC + `"}}`, nil},
		{"empty", release.CallTagObject, ``, nil},
		{"bad SHA", release.CallTagObject, `{"sha":"../../x","tag":"v1","object":{"sha":"` + shaA + `"}}`, nil},
		{"another commit", release.CallTagObject, `{"sha":"` + shaB + `","tag":"v1","object":{"sha":"` + shaC + `"}}`, nil},
		{"another release", release.CallRelease, `{"tag_name":"v2"}`, nil},
		{"a draft", release.CallRelease, `{"tag_name":"v1","draft":true}`, nil},
		{"bad run", release.CallDispatch, `{"workflow_run_id":-1}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			for _, c := range calls() {
				if c.call.Kind == tt.kind {
					b.fake.on(c.line, c.status, tt.answer).cut = tt.cut
					_, err := perform(t, b, c.call)
					wantErr(t, err, release.ErrLost)
				}
			}
		})
	}
}

func TestPerformExists(t *testing.T) {
	tests := []struct {
		kind   release.CallKind
		answer string
	}{
		{release.CallRef, `{"message":"Reference already exists","documentation_url":"x","status":"422"}`},
		{release.CallRelease, `{"message":"Validation Failed","errors":[{"resource":"Release","code":"already_exists","field":"tag_name"}]}`},
	}
	for _, tt := range tests {
		for _, c := range calls() {
			if c.call.Kind != tt.kind {
				continue
			}
			b := newBench(t)
			b.fake.on(c.line, 422, tt.answer)
			_, err := perform(t, b, c.call)
			wantErr(t, err, release.ErrExists)
			if errors.Is(err, release.ErrLost) {
				t.Errorf("%s counts as lost", tt.kind)
			}
		}
	}
}

func TestDispatchWithoutDetails(t *testing.T) {
	call := release.Call{Kind: release.CallDispatch, Repo: testRepo(), Ref: "main", Workflow: "p.yml"}
	const line = "POST /repos/o/r/actions/workflows/p.yml/dispatches"
	const refused = `{"message":"Invalid request.\n\n\"return_run_details\" is not a permitted key."}`

	t.Run("204", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 204, "")
		if got, err := perform(t, b, call); err != nil || got.RunID != 0 {
			t.Error(got, err)
		}
	})
	t.Run("200 without a body", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 200, "")
		if got, err := perform(t, b, call); err != nil || got.RunID != 0 {
			t.Error(got, err)
		}
	})
	t.Run("a server that does not know the key", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 400, refused)
		b.fake.on(line, 204, "")
		if _, err := perform(t, b, call); err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(b.fake.last().body), &body); err != nil || len(body) != 1 || body["ref"] != "main" {
			t.Errorf("the second request was %s", b.fake.last().body)
		}
	})
	t.Run("and whose second answer is lost", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 400, refused)
		b.fake.on(line, 502, "")
		_, err := perform(t, b, call)
		wantErr(t, err, release.ErrLost)
	})
	t.Run("and that refuses again", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 400, refused)
		b.fake.on(line, 400, refused)
		if _, err := perform(t, b, call); err == nil {
			t.Error("no error")
		}
	})
	t.Run("an answer that nobody knows to be GitHub's", func(t *testing.T) {
		b := newBench(t)
		r := b.fake.on(line, 400, refused)
		r.header.Del("X-Github-Request-Id")
		r.odd("a gateway wrote it")
		_, err := perform(t, b, call)
		wantErr(t, err, release.ErrLost)
		if n := b.fake.count(); n != 1 {
			t.Errorf("it was sent %d times", n)
		}
	})
	t.Run("another 400", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 400, `{"message":"Problems parsing JSON: return_run_details"}`)
		if _, err := perform(t, b, call); err == nil {
			t.Error("no error")
		}
	})
	t.Run("an answer that may have acted", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(line, 502, refused)
		_, err := perform(t, b, call)
		wantErr(t, err, release.ErrLost)
	})
}

// What can be seen to be wrong is not sent.
func TestPerformRefusesNonsense(t *testing.T) {
	r := testRepo()
	tooMany := map[string]string{}
	for i := range maxInputs + 1 {
		tooMany[fmt.Sprint(i)] = "x"
	}
	nonsense := map[string]release.Call{
		"no kind":              {Repo: r},
		"unknown kind":         {Kind: "delete-repository", Repo: r},
		"ref without SHA":      {Kind: release.CallRef, Repo: r, Ref: "refs/tags/v1"},
		"ref with placeholder": {Kind: release.CallRef, Repo: r, Ref: "refs/tags/v1", SHA: "<the tag object above>"},
		"ref with short SHA":   {Kind: release.CallRef, Repo: r, Ref: "refs/tags/v1", SHA: "abc1234"},
		"ref that is a tag":    {Kind: release.CallRef, Repo: r, Ref: "v1", SHA: shaA},
		"tag without message":  {Kind: release.CallTagObject, Repo: r, Ref: "v1", SHA: shaA},
		"tag without name":     {Kind: release.CallTagObject, Repo: r, SHA: shaA, Message: "m"},
		"release without tag":  {Kind: release.CallRelease, Repo: r, SHA: shaA},
		"dispatch of nothing":  {Kind: release.CallDispatch, Repo: r, Ref: "main"},
		"dispatch upwards":     {Kind: release.CallDispatch, Repo: r, Ref: "main", Workflow: ".."},
		"too many inputs":      {Kind: release.CallDispatch, Repo: r, Ref: "main", Workflow: "p.yml", Inputs: tooMany},
		"review without state": {Kind: release.CallReview, Repo: r, RunID: 1, Environments: []int64{1}},
		"review of nothing":    {Kind: release.CallReview, Repo: r, RunID: 1, State: "approved"},
		"review of run 0":      {Kind: release.CallReview, Repo: r, Environments: []int64{1}, State: "approved"},
		"review of gate 0":     {Kind: release.CallReview, Repo: r, RunID: 1, Environments: []int64{0}, State: "approved"},
		"re-run of run 0":      {Kind: release.CallRerunFailed, Repo: r},
		"cancel of run -1":     {Kind: release.CallCancel, Repo: r, RunID: -1},
		"no repository":        {Kind: release.CallCancel, RunID: 1},
		"another host":         {Kind: release.CallCancel, RunID: 1, Repo: release.Repo{Host: "ghe.example.com", Owner: "o", Name: "r"}},
	}
	for name, call := range nonsense {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			_, err := perform(t, b, call)
			wantErr(t, err, nil)
			if errors.Is(err, release.ErrLost) || b.fake.count() != 0 {
				t.Errorf("%v; sent %v", err, b.fake.lines())
			}
		})
	}
}

func TestPerformAfterTheEnd(t *testing.T) {
	b := newBench(t)
	a, _ := b.Actor()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Perform(ctx, refCall())
	wantErr(t, err, context.Canceled)
	if errors.Is(err, release.ErrLost) || b.fake.count() != 0 {
		t.Errorf("%v; sent %v", err, b.fake.lines())
	}
}

func TestAnonymousActorIsRefusedByGitHub(t *testing.T) {
	b := newBench(t, anonymous)
	b.fake.on("POST /repos/o/r/git/refs", 401, `{"message":"Requires authentication"}`)
	_, err := perform(t, b, refCall())
	wantErr(t, err, release.ErrUnauthorized)
	if release.KindOf(err) != release.KindAuth {
		t.Error("it is no question of authentication")
	}
}

// net/http itself sends some requests again when a connection that it kept turns
// out to be dead. Over a real connection that dies after the request, a request
// that acts arrives once.
func TestNetHTTPDoesNotRepeat(t *testing.T) {
	var acts atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, `{"login":"mara"}`)
			return
		}
		io.Copy(io.Discard, r.Body)
		acts.Add(1)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}))
	t.Cleanup(srv.Close)
	to := strings.TrimPrefix(srv.URL, "http://")
	for _, tt := range calls() {
		base := &http.Transport{}
		b := newBench(t, func(o *Options) {
			o.Transport = rerouted{base, to}
		})
		acts.Store(0)
		// The connection is one that was used before: only then net/http repeats.
		if err := viewer(b); err != nil {
			t.Fatal(err)
		}
		_, err := perform(t, b, tt.call)
		wantErr(t, err, release.ErrLost)
		if n := acts.Load(); n != 1 {
			t.Errorf("%s arrived %d times", tt.call.Kind, n)
		}
		base.CloseIdleConnections()
	}
}

// rerouted sends every request to one address, in plain HTTP.
type rerouted struct {
	next http.RoundTripper
	to   string
}

func (r rerouted) RoundTrip(req *http.Request) (*http.Response, error) {
	// A shallow copy keeps GetBody as it is: that is what is tested.
	c := *req
	u := *req.URL
	u.Scheme, u.Host = "http", r.to
	c.URL = &u
	resp, err := r.next.RoundTrip(&c)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}
