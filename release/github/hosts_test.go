package github

import (
	"net/http"
	"strings"
	"testing"
)

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

// A redirect may name a host in any way: what is told of it is clean.
func TestRedirectToAHostileName(t *testing.T) {
	const hostLine = "GET https://logs.example.com/5"
	for _, tt := range []struct{ to, name string }{
		{"https://a%C2%9Bb.example/x", "a<U+009B>b.example"},
		{"https://a%E2%80%AEb.example/x", "a<U+202E>b.example"},
		{"https://a\u202eb.example/x", "a<U+202E>b.example"},
	} {
		b := newBench(t)
		b.fake.on("GET /repos/o/r", 302, "").with("Location", tt.to)
		_, err := b.Repository(t.Context(), testRepo())
		wantErr(t, err, nil, "redirected to "+tt.name)
		b.fake.on(logLine, 302, "").with("Location", "https://logs.example.com/5")
		b.fake.on(hostLine, 302, "").with("Location", tt.to)
		_, onward := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, onward, errTarget, "from there to "+tt.name)
		if strings.ContainsAny(err.Error()+onward.Error(), "\u009b\u202e") {
			t.Errorf("%q: the errors %q and %q are raw", tt.to, err, onward)
		}
	}
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
