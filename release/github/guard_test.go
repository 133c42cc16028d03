package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/release"
)

// The guard is the last word on read-only: a refused request reaches nothing.
// rawRequest is a request as no part of the client makes one. The API host may be left
// out of the URL, and override claims that another method is meant.
func rawRequest(t *testing.T, method, url, body, override string) *http.Request {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = apiHost + url
	}
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, from)
	if err != nil {
		t.Fatal(err)
	}
	if override != "" {
		req.Header.Set("X-HTTP-Method-Override", override)
	}
	return req
}

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
		{"subscription", "POST", "/graphql", graphql(`subscription { a }`), "", false},
		{"mutation behind a comment", "POST", "/graphql", graphql("# query { a }\nmutation { b }"), "", false},
		{"mutation after a comment that a carriage return ends", "POST", "/graphql", graphql("query { a } # x\rmutation { b }"), "", false},
		{"mutation behind a byte order mark and commas", "POST", "/graphql", graphql("\ufeff,,mutation { b }"), "", false},
		{"mutation behind a fragment", "POST", "/graphql", graphql("fragment F on User { login }\nmutation { b }"), "", false},
		{"subscription among several", "POST", "/graphql", graphql("query A { a } query B { b } subscription C { c }"), "", false},
		{"mutation after a string with a brace", "POST", "/graphql", graphql(`query { a(b: "{") } mutation { c }`), "", false},
		{"mutation after a block string", "POST", "/graphql", graphql(`query { a(b: """ \""" { """) } mutation { c }`), "", false},
		{"two queries", "POST", "/graphql", graphql("query A { mutation } query B { subscription }"), "", true},
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
			resp, err := b.transport.RoundTrip(rawRequest(t, tt.method, tt.url, tt.body, tt.header))
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
