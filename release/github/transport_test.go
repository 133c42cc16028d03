package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twokey/release"
)

// The guard is the last word on read-only: a refused request reaches nothing.
func TestReadOnlyRefusesEveryOtherMethod(t *testing.T) {
	graphql := func(doc string) string { return fmt.Sprintf(`{"query":%q}`, doc) }
	tests := []struct {
		name, method, url, body string
		header                  string
		allowed                 bool
	}{
		{"get", "GET", "/repos/o/r", "", "", true},
		{"head", "HEAD", "/repos/o/r", "", "", true},
		{"post", "POST", "/repos/o/r/git/refs", `{}`, "", false},
		{"post without body", "POST", "/repos/o/r/actions/runs/1/cancel", "", "", false},
		{"put", "PUT", "/repos/o/r", `{}`, "", false},
		{"patch", "PATCH", "/repos/o/r", `{}`, "", false},
		{"delete", "DELETE", "/repos/o/r/git/refs/tags/v1", "", "", false},
		{"options", "OPTIONS", "/repos/o/r", "", "", false},
		{"connect", "CONNECT", "/repos/o/r", "", "", false},
		{"trace", "TRACE", "/repos/o/r", "", "", false},
		{"lower case post", "post", "/repos/o/r/git/refs", `{}`, "", false},
		{"unknown method", "MKCOL", "/repos/o/r", "", "", false},
		{"get with a body", "GET", "/repos/o/r", `{}`, "", false},
		{"get that overrides its method", "GET", "/repos/o/r", "", "DELETE", false},
		{"query", "POST", "/graphql", graphql(`query { viewer { login } }`), "", true},
		{"unnamed query", "POST", "/graphql", graphql(`{ viewer { login } }`), "", true},
		{"query with fragment", "POST", "/graphql", graphql("fragment F on User { login }\nquery Q($a: Int = 1) { viewer { ...F } }"), "", true},
		{"mutation", "POST", "/graphql", graphql(`mutation { deleteRef(input: {refId: "x"}) { clientMutationId } }`), "", false},
		{"query, then mutation", "POST", "/graphql", graphql("query { a }\nmutation { b }"), "", false},
		{"graphql on another path", "POST", "/repos/o/r/graphql", graphql(`{ a }`), "", false},
		{"graphql on another host", "POST", "https://example.com/graphql", graphql(`{ a }`), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, readOnly)
			if tt.allowed {
				b.fake.on(tt.method+" "+tt.url, 200, `{}`)
			}
			url := tt.url
			if strings.HasPrefix(url, "/") {
				url = apiHost + url
			}
			var body io.Reader
			if tt.body != "" {
				body = strings.NewReader(tt.body)
			}
			req, err := http.NewRequest(tt.method, url, body)
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != "" {
				req.Header.Set("X-HTTP-Method-Override", tt.header)
			}
			resp, err := b.transport.RoundTrip(req)
			if tt.allowed {
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if got := b.fake.last().body; got != tt.body {
					t.Errorf("sent %q, looked at %q", got, tt.body)
				}
				return
			}
			if !errors.Is(err, ErrReadOnly) {
				t.Errorf("error is %v", err)
			}
			if b.fake.count() != 0 {
				t.Errorf("sent %v", b.fake.lines())
			}
		})
	}
}

func TestReadOnlyHasNoActor(t *testing.T) {
	if _, err := newBench(t, readOnly).Actor(); err == nil {
		t.Error("a read-only client gives an actor")
	}
	// An actor made in spite of that gets nowhere, and its request is not lost.
	b := newBench(t, readOnly)
	_, err := (&actor{b.Client}).Perform(t.Context(), refCall())
	wantErr(t, err, ErrReadOnly)
	if errors.Is(err, release.ErrLost) {
		t.Error("a refused request counts as lost")
	}
}

func TestQueryDocument(t *testing.T) {
	tests := []struct {
		doc  string
		want bool
	}{
		{`{a}`, true},
		{`query{a}`, true},
		{`query Q { a(b: {c: [1, {d: "}"}]}) }`, true},
		{"# mutation\nquery { a }", true},
		{`query { a(s: "mutation { x }") }`, true},
		{`query { a(s: """ " } \""" mutation """) }`, true},
		{`query { mutation }`, true}, // a field of that name
		{"{a} {b}", true},
		{"{a} # mutation { b }", true},
		{``, false},
		{`# nothing`, false},
		{`mutation{a}`, false},
		{`mutation`, false},
		{`subscription { a }`, false},
		{"{a}\nmutation{b}", false},
		{"# query\rmutation { a }", false},
		{`query { a } fragment F on T { b } mutation { c }`, false},
		{`{a`, false},
		{`{a}}`, false},
		{`{a} (`, false},
		{`query { a(s: "x) }`, false},
		{`"""description""" mutation { a }`, false},
		{`type T { a: Int }`, false},
		{`query ($s: S = "}") { a } mutation { b }`, false},
	}
	for _, tt := range tests {
		if got := queryDocument(tt.doc); got != tt.want {
			t.Errorf("queryDocument(%q) = %v", tt.doc, got)
		}
	}
}

func TestOnlyQueries(t *testing.T) {
	tests := map[string]bool{
		`{"query":"{a}"}`: true,
		`{"query":"{a}","variables":{"query":"mutation"}}`:   true,
		`{"query":"{a}","query":"mutation{b}"}`:              false,
		`{"query":"mutation{b}","query":"{a}"}`:              false,
		`{"query":"{a}","Query":"mutation{b}"}`:              false,
		`{"query":"{a}","qu\u0065ry":"mutation{b}"}`:         false,
		`{"variables":{}}`:                                   false,
		`[{"query":"{a}"}]`:                                  false,
		`{"query":{"a":1}}`:                                  false,
		`{"query":"{a}"} {"query":"mutation{b}"}`:            false,
		`{"query":"{a}"`:                                     false,
		``:                                                   false,
		`{"query":"\u006dutation { a }"}`:                    false,
		`{"query":"{a}","operationName":"x","extensions":1}`: true,
	}
	for body, want := range tests {
		if got := onlyQueries([]byte(body)); got != want {
			t.Errorf("onlyQueries(%s) = %v", body, got)
		}
	}
}

// Whatever a document holds, the guard neither panics nor lets a definition
// through that begins with another word.
func FuzzQueryDocument(f *testing.F) {
	for _, s := range []string{`{a}`, `query{a(b:"\"}")}`, `mutation{a}`, `"""`, `#`, `query($a:T={b:1}){c}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if queryDocument(doc) && queryDocument(doc+"\nmutation { a }") {
			t.Errorf("a mutation after %q is let through", doc)
		}
	})
}

func TestHeaders(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /user", 200, `{"login":"mara"}`)
	if _, err := b.Viewer(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := b.fake.last().header
	for name, want := range map[string]string{
		"Authorization": "token " + testToken, "User-Agent": "twokey/1.2.3",
		"Accept": "application/vnd.github+json", "X-Github-Api-Version": "2022-11-28",
	} {
		if h.Get(name) != want {
			t.Errorf("%s is %q", name, h.Get(name))
		}
	}
}

func TestAnonymousSendsNoToken(t *testing.T) {
	b := newBench(t, anonymous)
	b.fake.on("GET /repos/o/r/branches?per_page=100", 200, `[]`)
	if _, err := b.Branches(t.Context(), testRepo()); err != nil {
		t.Fatal(err)
	}
	if _, found := b.fake.last().header["Authorization"]; found {
		t.Error("an anonymous client sends an Authorization header")
	}
}

// No answer of GitHub's, whatever it holds, makes a read send the token to another
// host.
func TestTokenNeverLeaves(t *testing.T) {
	targets := []string{
		"https://logs.example.com/x", "https://github.com/x", "https://uploads.github.com/x",
		"https://api.github.com.example.com/x", "https://api.github.com:8443/x", "//example.com/x",
		"https://x.api.github.com/x",
	}
	for _, to := range targets {
		t.Run(to, func(t *testing.T) {
			b := newBench(t)
			b.fake.on("GET /repos/o/r/actions/jobs/5/logs", 302, "").with("Location", to)
			want := to
			if strings.HasPrefix(to, "//") {
				want = "https:" + to
			}
			b.fake.on("GET "+want, 200, "hello\n")
			l, err := b.Log(t.Context(), testRepo(), 5, 10)
			if err != nil || l.Total != 1 {
				t.Fatal(l, err)
			}
			for name, values := range b.fake.last().header {
				if name == "Authorization" || strings.Contains(strings.Join(values, " "), testToken) {
					t.Errorf("%s went to %s", name, to)
				}
			}
		})
	}
}

// A request that carries a token of its own is stripped on its way to another host.
func TestStripped(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET https://example.com/x", 200, "")
	req, _ := http.NewRequest("GET", "https://example.com/x", nil)
	for _, name := range []string{"Authorization", "Cookie", "If-None-Match", "X-GitHub-Api-Version"} {
		req.Header.Set(name, testToken)
	}
	resp, err := b.transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for name, values := range b.fake.last().header {
		if strings.Contains(strings.Join(values, " "), testToken) {
			t.Errorf("%s was sent", name)
		}
	}
}

func TestJSONIsNotReadFromAnotherHost(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r", 302, "").with("Location", "https://example.com/repos/o/r")
	_, err := b.Repository(t.Context(), testRepo())
	wantErr(t, err, nil, "redirected to example.com")
}

func TestRedirectWithinTheHost(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/branches/main", 301, `{"message":"Moved Permanently"}`).with("Location", "https://api.github.com/repositories/1/branches/main")
	b.fake.on("GET /repositories/1/branches/main", 200, `{"name":"main","commit":{"sha":"`+shaA+`"}}`)
	got, err := b.Branch(t.Context(), testRepo(), "main")
	if err != nil || got.SHA != shaA {
		t.Fatal(got, err)
	}
	if b.fake.last().header.Get("Authorization") == "" {
		t.Error("the second request had no token")
	}
	if n := b.Budget().Requests; n != 2 {
		t.Errorf("counted %d requests", n)
	}
}

func TestRedirectsEnd(t *testing.T) {
	b := newBench(t)
	for range maxRedirects + 1 {
		b.fake.on("GET /repos/o/r", 302, "").with("Location", "/repos/o/r")
	}
	_, err := b.Repository(t.Context(), testRepo())
	wantErr(t, err, errRedirects)
	if n := b.fake.count(); n != maxRedirects+1 {
		t.Errorf("sent %d requests", n)
	}
}

func TestBadRedirects(t *testing.T) {
	for _, to := range []string{"", "http://api.github.com/x", "ftp://example.com/x", "https://user:pw@example.com/", "https:///x", "%zz"} {
		b := newBench(t)
		r := b.fake.on("GET /repos/o/r/actions/jobs/5/logs", 302, "")
		if to != "" {
			r.with("Location", to)
		}
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, errTarget)
		if n := b.fake.count(); n != 1 {
			t.Errorf("%q: sent %d requests", to, n)
		}
	}
}

func TestConditional(t *testing.T) {
	b := newBench(t)
	const line = "GET /repos/o/r/branches/main"
	old := `{"name":"main","commit":{"sha":"` + shaA + `"}}`
	b.fake.on(line, 200, old).with("ETag", `W/"1"`).with("X-RateLimit-Remaining", "4999").with("X-RateLimit-Limit", "5000")
	b.fake.on(line, 304, "").with("X-RateLimit-Remaining", "4999").with("X-RateLimit-Limit", "5000")
	b.fake.on(line, 200, strings.Replace(old, shaA, shaB, 1)).with("ETag", `W/"2"`)
	b.fake.on(line, 304, "")
	for i, want := range []struct{ sha, etag string }{{shaA, ""}, {shaA, `W/"1"`}, {shaB, `W/"1"`}, {shaB, `W/"2"`}} {
		got, err := b.Branch(t.Context(), testRepo(), "main")
		if err != nil || got.SHA != want.sha {
			t.Fatalf("read %d: %v, %v", i, got, err)
		}
		if e := b.fake.last().header.Get("If-None-Match"); e != want.etag {
			t.Errorf("read %d asked with ETag %q, not %q", i, e, want.etag)
		}
	}
	want := release.Budget{Requests: 4, Charged: 2, NotModified: 2, Remaining: 4999, Limit: 5000}
	if got := b.Budget(); got != want {
		t.Errorf("budget is %+v", got)
	}
}

// A list's later pages come with the links of the stored answer.
func TestConditionalKeepsLinks(t *testing.T) {
	b := newBench(t)
	const first, second = "GET /repos/o/r/tags?per_page=100", "GET /repos/o/r/tags?per_page=100&page=2"
	tag := func(name string) string { return `[{"name":"` + name + `","commit":{"sha":"` + shaA + `"}}]` }
	link := `<` + apiHost + `/repos/o/r/tags?per_page=100&page=2>; rel="next"`
	b.fake.on(first, 200, tag("v1")).with("ETag", `"1"`).with("Link", link)
	b.fake.on(second, 200, tag("v2")).with("ETag", `"2"`)
	b.fake.on(first, 304, "")
	b.fake.on(second, 304, "")
	for range 2 {
		tags, err := b.Tags(t.Context(), testRepo(), "v")
		if err != nil || len(tags) != 2 {
			t.Fatal(tags, err)
		}
	}
}

func TestConditionalKeepsOnlyWholeGoodAnswers(t *testing.T) {
	b := newBench(t)
	const line = "GET /repos/o/r/branches/main"
	good := `{"name":"main","commit":{"sha":"` + shaA + `"}}`
	b.fake.on(line, 404, `{"message":"Not Found"}`).with("ETag", `"1"`)
	b.fake.on(line, 200, good[:20]).with("ETag", `"2"`).breaks(io.ErrUnexpectedEOF)
	b.fake.on(line, 200, good) // no ETag
	b.fake.on(line, 200, good)
	_, err := b.Branch(t.Context(), testRepo(), "main")
	wantErr(t, err, release.ErrNotFound)
	for range 2 {
		if _, err := b.Branch(t.Context(), testRepo(), "main"); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range b.fake.sent {
		if e := r.header.Get("If-None-Match"); e != "" {
			t.Errorf("asked with ETag %q", e)
		}
	}
}

// Two tokens never share an answer.
func TestConditionalIsPerToken(t *testing.T) {
	f := newFake(t)
	a := newConditional(f, newBench(t).api, "token a")
	const line = "GET /x"
	f.on(line, 200, `{}`).with("ETag", `"1"`)
	f.on(line, 200, `{}`)
	ask := func(rt http.RoundTripper) {
		req, _ := http.NewRequest("GET", apiHost+"/x", nil)
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	ask(a)
	a.owner = "token b"
	ask(a)
	if e := f.last().header.Get("If-None-Match"); e != "" {
		t.Errorf("the other token asked with ETag %q", e)
	}
}

func TestConditionalIsBounded(t *testing.T) {
	c := newConditional(nil, nil, "")
	put := func(key string, size int) {
		c.put(keptAnswer{key: key, etag: `"1"`, body: make([]byte, size)})
	}
	put("huge", maxKeptOne+1)
	if _, found := c.get("huge"); found {
		t.Error("an answer beyond the bound is kept")
	}
	n := maxKept/maxKeptOne + 3
	for i := range n {
		put(fmt.Sprint(i), maxKeptOne)
		c.get("0") // used again and again
	}
	if c.size > maxKept || len(c.kept) != c.order.Len() || c.size != len(c.kept)*maxKeptOne {
		t.Errorf("%d bytes in %d answers are kept", c.size, len(c.kept))
	}
	if _, found := c.get("0"); !found {
		t.Error("the answer that is used most was forgotten")
	}
	if _, found := c.get("1"); found {
		t.Error("the answer that was used least is kept")
	}
	put("0", 10)
	put("0", 20)
	if k, _ := c.get("0"); len(k.body) != 20 {
		t.Error("an answer was not replaced")
	}
}

func TestBudget(t *testing.T) {
	numbers := func(remaining, reset, resource string) http.Header {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", "5000")
		h.Set("X-RateLimit-Remaining", remaining)
		h.Set("X-RateLimit-Reset", reset)
		h.Set("X-RateLimit-Resource", resource)
		return h
	}
	b := newBudget()
	if got := b.get(); got.Remaining != -1 || got.Limit != -1 {
		t.Errorf("a new budget claims to know %+v", got)
	}
	steps := []struct {
		name   string
		h      http.Header
		remain int
	}{
		{"first", numbers("4990", "2000", "core"), 4990},
		{"overtaken", numbers("4995", "2000", "core"), 4990},
		{"another resource", numbers("3", "2000", "search"), 4990},
		{"no numbers", http.Header{}, 4990},
		{"nonsense", numbers("-5", "2000", "core"), 4990},
		{"lower", numbers("4980", "2000", "core"), 4980},
		{"next window", numbers("5000", "3000", "core"), 5000},
		{"late answer of the last window", numbers("4979", "2000", "core"), 5000},
	}
	for _, s := range steps {
		b.answered(&http.Response{StatusCode: 200, Header: s.h}, true)
		if got := b.get().Remaining; got != s.remain {
			t.Errorf("after %s: %d remain, not %d", s.name, got, s.remain)
		}
	}
	b.answered(&http.Response{StatusCode: 304, Header: http.Header{}}, false)
	if got := b.get(); got.Charged != len(steps)+1 || got.NotModified != 1 {
		t.Errorf("an anonymous 304 costs as well: %+v", got)
	}
}

func TestBudgetIgnoresOtherHosts(t *testing.T) {
	b := newBench(t)
	b.fake.on("GET /repos/o/r/actions/jobs/5/logs", 302, "").with("Location", "https://logs.example.com/5")
	b.fake.on("GET https://logs.example.com/5", 200, "x").with("X-RateLimit-Remaining", "1").with("X-RateLimit-Limit", "2")
	if _, err := b.Log(t.Context(), testRepo(), 5, 10); err != nil {
		t.Fatal(err)
	}
	if got := b.Budget(); got.Requests != 1 || got.Remaining != -1 {
		t.Errorf("budget is %+v", got)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	b := newBench(t)
	r := b.fake.on("GET /repos/o/r", 200, "")
	r.stream = func(*http.Request) io.Reader { return io.LimitReader(zeros{}, jsonBytes+10) }
	_, err := b.Repository(t.Context(), testRepo())
	wantErr(t, err, errTooLarge)
	if b.fake.count() != 1 {
		t.Error("an answer that is too large was asked for again")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestLimitedBody(t *testing.T) {
	for _, tt := range []struct {
		size int
		ok   bool
	}{{0, true}, {9, true}, {10, true}, {11, false}, {1000, false}} {
		ctx, cancel := context.WithCancel(t.Context())
		b := &limitedBody{body: io.NopCloser(bytes.NewReader(make([]byte, tt.size))), ctx: ctx, cancel: cancel, left: 10}
		got, err := io.ReadAll(b)
		if tt.ok != (err == nil) || len(got) > 10 {
			t.Errorf("%d bytes: read %d, %v", tt.size, len(got), err)
		}
		b.Close()
		if ctx.Err() == nil {
			t.Error("closing leaves the context")
		}
	}
}

// A host that never answers is given up after a time, and asked again.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		hang := func(req *http.Request) error { <-req.Context().Done(); return req.Context().Err() }
		b.fake.on("GET /user", 200, "").do = hang
		b.fake.on("GET /user", 200, `{"login":"mara"}`)
		start := time.Now()
		if _, err := b.Viewer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != jsonTime {
			t.Errorf("gave up after %s", d)
		}
		if ev, ok := b.events.got[0].(release.Retrying); !ok || !strings.Contains(ev.Cause.String(), "no answer in time (30s)") {
			t.Errorf("first event is %+v", b.events.got[0])
		}
	})
}

func TestTimeoutInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.fake.on("GET /user", 200, "").stream = func(req *http.Request) io.Reader {
			return readerFunc(func([]byte) (int, error) { <-req.Context().Done(); return 0, req.Context().Err() })
		}
		b.fake.on("GET /user", 200, `{"login":"mara"}`)
		if _, err := b.Viewer(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Without a transport of its own a client goes where gh goes: here, to the socket
// that gh's configuration names.
func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "s") // short: a socket's path has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	withConfig(t, "http_unix_socket: "+path+"\n")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host+r.URL.Path+" "+r.Header.Get("Authorization"))
		if strings.HasSuffix(r.URL.Path, "/logs") {
			http.Redirect(w, r, "https://logs.example.com/1", http.StatusFound)
			return
		}
		io.WriteString(w, "a line\n")
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	c, err := New(Options{Token: testToken, Clock: newClock(), UserAgent: "twokey/1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Log(t.Context(), testRepo(), 1, 5)
	if err != nil || got.Total != 1 {
		t.Fatal(got, err)
	}
	want := []string{"api.github.com/repos/o/r/actions/jobs/1/logs token " + testToken, "logs.example.com/1 "}
	if fmt.Sprint(hosts) != fmt.Sprint(want) {
		t.Errorf("the socket saw %q", hosts)
	}
}
