package release

import (
	"testing"
	"time"

	"twokey/checks/text"
)

func TestRequestInOneLine(t *testing.T) {
	for want, r := range map[string]Request{
		"GET /repos/o/r 304 87ms 4987 left":       {Method: "GET", Path: text.Clean("/repos/o/r"), Status: 304, Took: 87 * time.Millisecond, Remaining: 4987},
		"HEAD ghcr.io/v2/o/r 200 1500ms":          {Method: "HEAD", Host: text.Clean("ghcr.io"), Path: text.Clean("/v2/o/r"), Status: 200, Took: 1500 * time.Millisecond, Remaining: -1},
		"GET /user no answer in 3s: no such host": {Method: "GET", Path: text.Clean("/user"), Took: 3 * time.Second, Why: text.Clean("no such host"), Remaining: -1},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestBudgetInOneLine(t *testing.T) {
	reset := time.Date(2026, 8, 14, 14, 5, 0, 0, time.UTC)
	for want, b := range map[string]Budget{
		"57 requests, 21 charged, 36 not modified; 4987 of 5000 left until 14:05 UTC": {Requests: 57, Charged: 21, NotModified: 36, Remaining: 4987, Limit: 5000, Reset: reset},
		"2 requests, 2 charged, 0 not modified":                                       {Requests: 2, Charged: 2, Remaining: -1, Limit: -1},
	} {
		if got := b.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
