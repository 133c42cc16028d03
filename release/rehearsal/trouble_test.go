package rehearsal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// asking sends a request with a token of the world's, for tests of what goes wrong
// on the way: it fails on nothing.
func (w *World) asking(ctx context.Context, t testing.TB, method, path, body, token string) (int, http.Header, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+apiHost+"/repos/"+w.Repo().String()+path, strings.NewReader(body))
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.Transport().RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header, err
}

// tryTag asks for a tag on a branch's head.
func (w *World) tryTag(t testing.TB, branch, name string) (int, http.Header, error) {
	t.Helper()
	head, ok := w.repos[0].git.branch(branch)
	if !ok {
		t.Fatalf("no branch %s", branch)
	}
	return w.asking(t.Context(), t, "POST", "/git/refs", `{"ref": "refs/tags/`+name+`", "sha": "`+head.String()+`"}`, w.Token())
}

func TestLostAnswers(t *testing.T) {
	w := sampleWorld(t, "lost-answer")
	head, _ := w.repos[0].git.branch("dev-v2.11")
	object := `{"tag": "x", "message": "x", "type": "commit", "object": "` + head.String() + `"}`
	if status, _, err := w.asking(t.Context(), t, "POST", "/git/tags", object, w.Token()); err != nil || status != 201 {
		t.Errorf("an object that starts nothing: %d, %v", status, err)
	}
	for _, tt := range []struct{ path, body string }{
		{"/git/refs", `{"ref": "refs/tags/harbour-2.11.6", "sha": "` + head.String() + `"}`},
		{"/releases", `{"tag_name": "harbour-2.11.6", "target_commitish": "dev-v2.11"}`},
	} {
		if status, _, err := w.asking(t.Context(), t, "POST", tt.path, tt.body, w.Token()); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %d, %v", tt.path, status, err)
		}
		// It has acted: GitHub answers that it is there.
		if status, _, err := w.asking(t.Context(), t, "POST", tt.path, tt.body, w.Token()); err != nil || status != 422 {
			t.Errorf("%s again: %d, %v", tt.path, status, err)
		}
	}
	if f := w.Facts(); len(f.Tags) != 1 || len(f.Releases) != 1 {
		t.Errorf("%d tags, %d releases", len(f.Tags), len(f.Releases))
	}
}

func TestScarceLimits(t *testing.T) {
	w := sampleWorld(t, "rate-limited")
	s := w.scenario.scarce
	read := func() (int, http.Header) {
		t.Helper()
		status, h, err := w.asking(t.Context(), t, "GET", "", "", w.Token())
		check(t, err)
		return status, h
	}
	status, h := read()
	if status != 200 || h.Get("X-RateLimit-Remaining") != "4999" {
		t.Fatalf("before anything has begun: %d, %v", status, h)
	}
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	pass(t, w, s.pauseAfter)
	if status, h = read(); status != 429 || h.Get("Retry-After") != "45" {
		t.Errorf("the secondary limit: %d, Retry-After %q", status, h.Get("Retry-After"))
	}
	pass(t, w, s.pause)
	left := s.left
	for range int(s.drain/time.Second) + 20 {
		pass(t, w, time.Second)
		status, h = read()
		n, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
		if check(t, err); n > left || status == 403 && n > 0 {
			t.Fatalf("%d are left after %d: %d", n, left, status)
		}
		left = n
	}
	if status != 403 || left != 0 {
		t.Fatalf("the primary limit: %d with %d left", status, left)
	}
	pass(t, w, s.window)
	if status, h = read(); status != 200 || h.Get("X-RateLimit-Remaining") != "4999" {
		t.Errorf("in the next window: %d, %v", status, h)
	}
}

func TestTokenExpires(t *testing.T) {
	w := sampleWorld(t, "expired-token")
	first := w.Token()
	status := func(token string) int {
		t.Helper()
		status, _, err := w.asking(t.Context(), t, "GET", "", "", token)
		check(t, err)
		return status
	}
	pass(t, w, time.Hour)
	if status(first) != 200 || status(freshToken) != 401 {
		t.Fatal("before anything has begun another token is good")
	}
	tag(t, w, "harbour", "dev-v2.11", "harbour-2.11.6")
	if status(first) != 200 {
		t.Error("the token is gone at once")
	}
	pass(t, w, w.scenario.expires)
	if second := w.Token(); second == first || status(first) != 401 || status(second) != 200 {
		t.Errorf("the first token: %d, the second: %d", status(first), status(second))
	}
}

// The other maintainer claims at the last moment, and goes on to the end by herself.
func TestRival(t *testing.T) {
	w := sampleWorld(t, "two-maintainers")
	if status, _, err := w.tryTag(t, "dev-v2.11", "harbour-2.11.6"); err != nil || status != 422 {
		t.Fatalf("the claim: %d, %v", status, err)
	}
	for range 60 { // she acts when the world is asked something
		pass(t, w, time.Minute)
		_, _, err := w.asking(t.Context(), t, "GET", "", "", w.Token())
		check(t, err)
	}
	f := w.Facts()
	if len(f.Tags) != 3 || len(f.Releases) != 1 || len(f.Runs) != 8 {
		t.Errorf("there are %+v", f)
	}
	for _, made := range append(append(f.Tags, f.Releases...), f.Runs...) {
		if made.By != otherUser {
			t.Errorf("%s is by %s", made.Name, made.By)
		}
	}
	if got := len(published(w, "2.11.6")); got == 0 {
		t.Error("nothing is published")
	}
	if head, _ := w.repos[0].git.branch("dev-v2.11"); f.Tags[0].SHA != head.String() {
		t.Error("she released another commit")
	}
}

// Every answer takes as long as the scenario says, and those to requests that leave
// together come together.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sampleWorld(t, "slow")
		began := w.Clock().Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if status, _, err := w.asking(t.Context(), t, "GET", "", "", token); err != nil || status != 200 {
					t.Errorf("%d, %v", status, err)
				}
			})
		}
		all.Wait()
		if took := w.Clock().Now().Sub(began); took != w.scenario.latency {
			t.Errorf("eight answers took %s", took)
		}
	})
}

// Who hangs up while the answer is under way has acted.
func TestLatencyHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{Scenario: "slow", Speed: 1, Stepping: true})
		check(t, err)
		head, _ := w.repos[0].git.branch("dev-v2.11")
		for made, at := range []time.Duration{w.latency / 4, w.latency * 3 / 4} {
			ctx, cancel := context.WithTimeout(t.Context(), at)
			_, _, err = w.asking(ctx, t, "POST", "/git/refs", `{"ref": "refs/tags/harbour-2.11.6", "sha": "`+head.String()+`"}`, token)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || len(w.Facts().Tags) != made {
				t.Errorf("after %s: %v, %d tags", at, err, len(w.Facts().Tags))
			}
		}
	})
}
