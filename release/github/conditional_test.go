package github

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/release"
)

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

// What is no JSON is not kept, though it came whole: asked again with its ETag, it
// would come back with every 304.
func TestConditionalForgetsWhatIsNotJSON(t *testing.T) {
	b := newBench(t)
	const line = "GET /user"
	b.fake.on(line, 200, `{"login":`).with("ETag", `"1"`)
	b.fake.on(line, 200, `{"login":"mara"}`).with("ETag", `"1"`)
	if _, err := b.Viewer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := b.fake.last().header.Get("If-None-Match"); e != "" {
		t.Errorf("asked again with the ETag %s of a broken answer", e)
	}
}

// A 304 where nothing is kept is asked again, without an ETag.
func TestNotModifiedWithoutAnAnswer(t *testing.T) {
	b := newBench(t)
	const line = "GET /user"
	for range maxTries {
		b.fake.on(line, 304, "").with("ETag", `"1"`)
	}
	_, err := b.Viewer(t.Context())
	wantErr(t, err, errNothingKept, "no earlier answer")
	for i, r := range b.fake.sent {
		if e := r.header.Get("If-None-Match"); e != "" {
			t.Errorf("try %d asked with the ETag %s", i+1, e)
		}
	}
	if got := b.Budget(); got.NotModified != maxTries || got.Charged != 0 {
		t.Errorf("budget is %+v", got)
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
		c.put(keptAnswer{key: key, etag: `"1"`, body: []byte("1" + strings.Repeat("0", size-1))})
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
