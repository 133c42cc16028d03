package github

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"twokey/release"
)

// longestInterval bounds what a host may ask for between two looks.
const longestInterval = time.Minute

// counting counts every request to the API host, redirected ones included, and
// keeps the numbers of its rate limit. What other hosts say about limits is not
// about ours.
type counting struct {
	next          http.RoundTripper
	clock         release.Clock
	budget        *budget
	authenticated bool
}

func (c *counting) RoundTrip(req *http.Request) (*http.Response, error) {
	c.budget.sent()
	resp, err := c.next.RoundTrip(req)
	if err == nil {
		c.budget.answered(resp, c.authenticated, c.clock.Now())
	}
	return resp, err
}

// budget is what was asked of the API host and what may still be.
type budget struct {
	mu    sync.Mutex
	now   release.Budget
	reset time.Time // when the window that now.Remaining is of ends, by the host's clock
}

func newBudget() *budget {
	return &budget{now: release.Budget{Remaining: -1, Limit: -1}}
}

func (b *budget) get() release.Budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *budget) sent() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Requests++
}

// answered counts an answer. A 304 is free, but only for a request with a token.
func (b *budget) answered(resp *http.Response, authenticated bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, err := strconv.Atoi(resp.Header.Get("X-Poll-Interval")); err == nil && s >= 0 {
		b.now.PollInterval = min(time.Duration(s)*time.Second, longestInterval)
	}
	if resp.StatusCode == http.StatusNotModified {
		b.now.NotModified++
	}
	if resp.StatusCode != http.StatusNotModified || !authenticated {
		b.now.Charged++
	}
	if r := resp.Header.Get("X-Ratelimit-Resource"); r != "" && r != "core" {
		return
	}
	if resp.StatusCode == http.StatusUnauthorized && authenticated {
		return // a token that is refused is told the numbers of those without one
	}
	remaining, err1 := strconv.Atoi(resp.Header.Get("X-Ratelimit-Remaining"))
	limit, err2 := strconv.Atoi(resp.Header.Get("X-Ratelimit-Limit"))
	reset, _ := resetTime(resp.Header)
	if err1 != nil || err2 != nil || remaining < 0 || limit < 0 {
		return
	}
	switch {
	case reset.Before(b.reset):
		return // an answer of an earlier window that came late
	case reset.Equal(b.reset) && b.now.Remaining >= 0:
		// Answers overtake each other; within a window the lowest is the last.
		remaining = min(remaining, b.now.Remaining)
	case !reset.IsZero():
		b.now.Reset = here(reset, resp.Header, now).Round(0).UTC()
	}
	b.now.Remaining, b.now.Limit, b.reset = remaining, limit, reset
}

// here is a time of the host's as this machine's clock will show it: the two may be
// hours apart, and an answer says when it was given.
func here(t time.Time, h http.Header, now time.Time) time.Time {
	given, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return t
	}
	return now.Add(t.Sub(given))
}

// resetTime is when the primary limit's window ends.
func resetTime(h http.Header) (time.Time, bool) {
	s, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil || s <= 0 {
		return time.Time{}, false
	}
	return time.Unix(s, 0), true
}
