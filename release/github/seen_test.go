package github

import (
	"net/http"
	"strings"
	"testing"

	"twokey/release"
)

// In a look an address is asked once, whether something is there or not. Nothing else
// is given again, and outside of a look everything is asked.
func TestSeen(t *testing.T) {
	const line, none = "GET /repos/o/r/branches/main", "GET /repos/o/r/git/ref/tags/none"
	answer := `{"name":"main","commit":{"sha":"` + shaA + `"}}`
	b := newBench(t)
	b.fake.on(line, 200, answer)
	b.fake.on(none, 404, `{"message":"Not Found"}`)
	look := release.NewLook(b.clock.Now())
	for range 3 {
		if got, err := b.Branch(look.With(t.Context()), testRepo(), "main"); err != nil || got.SHA != shaA {
			t.Error(got, err)
		}
		_, err := b.Claim(look.With(t.Context()), testRepo(), "refs/tags/none")
		wantErr(t, err, release.ErrNotFound)
	}
	for range 2 {
		b.fake.on(line, 200, strings.Replace(answer, shaA, shaB, 1))
		if got, err := b.Branch(t.Context(), testRepo(), "main"); err != nil || got.SHA != shaB {
			t.Error("without a look:", got, err)
		}
	}
	b.fake.on(line, 200, answer)
	if _, err := b.Branch(release.NewLook(b.clock.Now()).With(t.Context()), testRepo(), "main"); err != nil {
		t.Error("in another look:", err)
	}
}

// What GitHub refuses, and what is no whole answer, is asked again.
func TestSeenKeepsOnlyWhatIsSo(t *testing.T) {
	const line = "GET /repos/o/r/branches/main"
	for _, first := range []struct {
		status int
		body   string
	}{{401, `{"message":"Bad credentials"}`}, {403, `{"message":"no"}`}, {404, "<p>a proxy</p>"}, {502, "{}"}, {200, `{"name":`}} {
		b := newBench(t)
		b.fake.on(line, first.status, first.body)
		b.fake.on(line, 200, `{"name":"main","commit":{"sha":"`+shaA+`"}}`)
		ctx := release.NewLook(b.clock.Now()).With(t.Context())
		for range 2 {
			_, _ = b.Branch(ctx, testRepo(), "main")
		}
		if n := b.fake.count(); n != 2 {
			t.Errorf("%d %s: asked %d times", first.status, first.body, n)
		}
	}
}

// A read that comes in pieces is no look's.
func TestSeenLetsStreamsPass(t *testing.T) {
	b := newBench(t)
	ctx := release.NewLook(b.clock.Now()).With(t.Context())
	for range 2 {
		b.fake.on(treeLine("r", shaA), http.StatusOK, treeAnswer("100644 a 1 "+shaB))
		if _, err := b.tree(ctx, testRepo(), shaA, true); err != nil {
			t.Error(err)
		}
	}
}
