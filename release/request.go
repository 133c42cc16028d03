package release

import (
	"fmt"
	"slices"
	"time"

	"twokey/checks/text"
)

// Request is one request that was sent, redirects and tries included, for whoever
// wants to see each. Nothing in it is secret.
type Request struct {
	Method string
	Host   text.Safe // empty for the code host's API
	// Path has its query for the code host's API alone: other hosts are given
	// addresses that are signed there.
	Path      text.Safe
	Status    int       // 0 without an answer
	Why       text.Safe // why there was none
	Began     time.Time // when it was sent
	Took      time.Duration
	Remaining int // of the rate limit; -1 when the answer does not say
}

// String is the request in one line.
func (r Request) String() string {
	s := fmt.Sprintf("%s %s%s ", r.Method, r.Host, r.Path)
	if r.Status == 0 {
		return s + fmt.Sprintf("no answer in %s: %s", r.Took.Round(time.Millisecond), r.Why)
	}
	s += fmt.Sprintf("%d %dms", r.Status, r.Took.Milliseconds())
	if r.Remaining >= 0 {
		s += fmt.Sprintf(" %d left", r.Remaining)
	}
	return s
}

// Rounds is how many of the requests follow one another, at least: the longest chain of
// which each was sent when the one before was answered. That many round trips are waited
// for, however many requests go out at a time.
func Rounds(rs []Request) int {
	sorted := slices.Clone(rs)
	slices.SortStableFunc(sorted, func(a, b Request) int { return a.Began.Add(a.Took).Compare(b.Began.Add(b.Took)) })
	n := 0
	var began, ended time.Time
	for _, r := range sorted {
		if n == 0 || !r.Began.Before(ended) && r.Began.After(began) {
			n, began, ended = n+1, r.Began, r.Began.Add(r.Took)
		}
	}
	return n
}

// String is the budget in one line.
func (b Budget) String() string {
	s := fmt.Sprintf("%d requests, %d charged, %d not modified", b.Requests, b.Charged, b.NotModified)
	if b.Limit > 0 {
		s += fmt.Sprintf("; %d of %d left", b.Remaining, b.Limit)
	}
	if !b.Reset.IsZero() {
		s += " until " + b.Reset.UTC().Format("15:04 UTC")
	}
	return s
}
