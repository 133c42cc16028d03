package github

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"twokey/release"
)

const refLine, tagLine = "GET /repos/o/r/git/ref/tags/v1", "GET /repos/o/r/git/tags/"

// refJSON is the tag v1, and what it points to.
func refJSON(kind, sha string) string {
	return fmt.Sprintf(`{"ref":"refs/tags/v1","object":{"type":%q,"sha":%q}}`, kind, sha)
}

// tagJSON is a tag object, and what it points to.
func tagJSON(sha, kind, target string) string {
	return fmt.Sprintf(`{"tag":"v1","sha":%q,"message":"hello\nthere","tagger":{"name":"Mara\u001b[2J","email":"m@x","date":"2026-08-14T10:00:00Z"},
		"object":{"type":%q,"sha":%q}}`, sha, kind, target)
}

func TestClaim(t *testing.T) {
	t.Run("commit", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, refJSON("commit", shaA))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaA || !c.At.IsZero() || !c.By.IsZero() {
			t.Error(c, err)
		}
	})
	t.Run("annotated", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, refJSON("tag", shaB))
		b.fake.on(tagLine+shaB, 200, tagJSON(shaB, "commit", shaA))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaB || c.Message != "hello\nthere" || c.At.Hour() != 10 {
			t.Error(c, err)
		}
		if strings.Contains(c.By.String(), "\x1b") || !strings.HasPrefix(c.By.String(), "Mara") {
			t.Errorf("by %q", c.By)
		}
	})
	t.Run("nested", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, refJSON("tag", shaB))
		b.fake.on(tagLine+shaB, 200, tagJSON(shaB, "tag", shaC))
		b.fake.on(tagLine+shaC, 200, strings.Replace(tagJSON(shaC, "commit", shaA), "hello", "inner", 1))
		c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		if err != nil || c.SHA != shaA || c.Object != shaB || strings.HasPrefix(c.Message, "inner") {
			t.Error(c, err)
		}
	})
	t.Run("circular", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 200, refJSON("tag", shaB))
		for range maxNested {
			b.fake.on(tagLine+shaB, 200, tagJSON(shaB, "tag", shaB))
		}
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, nil, "tag objects in a row")
	})
	t.Run("our own ref", func(t *testing.T) {
		b := newBench(t)
		b.fake.on("GET /repos/o/r/git/ref/twokey/deb/1.0", 200, strings.Replace(refJSON("commit", shaA), "tags/v1", "twokey/deb/1.0", 1))
		if c, err := b.Claim(t.Context(), testRepo(), "refs/twokey/deb/1.0"); err != nil || c.SHA != shaA {
			t.Error(c, err)
		}
	})
}

func TestClaimThatIsAbsent(t *testing.T) {
	t.Run("absent", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(refLine, 404, `{"message":"Not Found"}`)
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, release.ErrNotFound)
	})
	t.Run("list of an older server", func(t *testing.T) {
		const older = "servers of before 2020 answer with a list"
		b := newBench(t)
		b.fake.on(refLine, 200, "["+strings.Replace(refJSON("commit", shaB), "v1", "v1.1", 1)+"]").odd(older)
		_, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
		wantErr(t, err, release.ErrNotFound)
		b.fake.on(refLine, 200, "["+strings.Replace(refJSON("commit", shaB), "v1", "v1.1", 1)+","+refJSON("commit", shaA)+"]").odd(older)
		if c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1"); err != nil || c.SHA != shaA {
			t.Error(c, err)
		}
	})
}

// A claim that can not be understood must not look like no claim.
func TestClaimThatIsStrange(t *testing.T) {
	for name, answer := range map[string]string{
		"another ref": strings.Replace(refJSON("commit", shaA), "v1", "v2", 1), "no object": `{"ref":"refs/tags/v1"}`,
		"another in a list": "[" + strings.Replace(refJSON("commit", shaA), "v1", "w1", 1) + "]",
		"a tree":            refJSON("tree", shaA), "bad SHA": refJSON("commit", "abc"), "a word": `"x"`, "null": `null`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(refLine, 200, answer).odd("none of them is the ref")
			c, err := b.Claim(t.Context(), testRepo(), "refs/tags/v1")
			if err == nil || errors.Is(err, release.ErrNotFound) {
				t.Error(c, err)
			}
		})
	}
}

func TestClaimOfABadName(t *testing.T) {
	for _, name := range []string{"tags/v1", "refs/", "refs/tags/", "refs/tags/../heads/main", "v1", ""} {
		b := newBench(t)
		if _, err := b.Claim(t.Context(), testRepo(), name); err == nil || b.fake.count() != 0 {
			t.Errorf("%q: %v; sent %v", name, err, b.fake.lines())
		}
	}
}
