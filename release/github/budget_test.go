package github

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

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
		b.answered(&http.Response{StatusCode: 200, Header: s.h}, true, began)
		if got := b.get().Remaining; got != s.remain {
			t.Errorf("after %s: %d remain, not %d", s.name, got, s.remain)
		}
	}
	b.answered(&http.Response{StatusCode: 304, Header: http.Header{}}, false, began)
	if got := b.get(); got.Charged != len(steps)+1 || got.NotModified != 1 {
		t.Errorf("an anonymous 304 costs as well: %+v", got)
	}
}

// A token that is refused is told the numbers of whoever has none.
func TestBudgetOfARefusedToken(t *testing.T) {
	h := http.Header{}
	b := newBudget()
	for _, tt := range []struct {
		status           int
		limit, remaining string
	}{{200, "5000", "4990"}, {401, "60", "58"}} {
		h.Set("X-RateLimit-Limit", tt.limit)
		h.Set("X-RateLimit-Remaining", tt.remaining)
		h.Set("X-RateLimit-Reset", strconv.FormatInt(began.Add(time.Hour).Unix(), 10))
		b.answered(&http.Response{StatusCode: tt.status, Header: h}, true, began)
	}
	if got := b.get(); got.Remaining != 4990 || got.Limit != 5000 {
		t.Errorf("%d of %d are left", got.Remaining, got.Limit)
	}
}

// When the limit begins again is told by this machine's clock, whatever GitHub's
// says; and the interval that a host asks for is kept to, within reason.
func TestBudgetTellsWhen(t *testing.T) {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "10")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(began.Add(3*time.Hour).Unix(), 10))
	b := newBudget()
	b.answered(&http.Response{StatusCode: 200, Header: h}, true, began)
	if got := b.get().Reset; !got.Equal(began.Add(3 * time.Hour)) {
		t.Errorf("without a date it begins again at %s", got)
	}
	h.Set("Date", began.Add(2*time.Hour).Format(http.TimeFormat))
	h.Set("X-Poll-Interval", "7")
	b = newBudget()
	b.answered(&http.Response{StatusCode: 200, Header: h}, true, began)
	if got := b.get().Reset; !got.Equal(began.Add(time.Hour)) {
		t.Errorf("with a host two hours ahead it begins again at %s", got)
	}
	for said, want := range map[string]time.Duration{"7": 7 * time.Second, "86400": time.Minute, "-1": time.Minute, "x": time.Minute, "": time.Minute, "0": 0} {
		b.now.PollInterval = time.Minute
		h.Set("X-Poll-Interval", said)
		b.answered(&http.Response{StatusCode: 304, Header: h}, true, began)
		if got := b.get().PollInterval; got != want {
			t.Errorf("an interval of %q is %s", said, got)
		}
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
