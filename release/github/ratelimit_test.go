package github

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"twokey/release"
)

func TestRateLimits(t *testing.T) {
	reset := func(d time.Duration) string { return strconv.FormatInt(began.Add(d).Unix(), 10) }
	tests := []struct {
		name  string
		set   func(*reply)
		code  int
		body  string
		least time.Duration
	}{
		{"retry-after in seconds", func(r *reply) { r.with("Retry-After", "17") }, 403, `{"message":"slow down"}`, 17 * time.Second},
		{"retry-after as a date", func(r *reply) { r.with("Retry-After", began.Add(40*time.Second).Format(http.TimeFormat)) }, 429, ``, 40 * time.Second},
		{"retry-after of a 503", func(r *reply) { r.with("Retry-After", "9") }, 503, ``, 9 * time.Second},
		{"primary", func(r *reply) { r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", reset(50*time.Second)) },
			403, `{"message":"API rate limit exceeded for user ID 1."}`, 51 * time.Second},
		{"primary as 429", func(r *reply) { r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", reset(50*time.Second)) }, 429, ``, 51 * time.Second},
		{"primary whose window is over", func(r *reply) { r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", reset(-time.Hour)) },
			403, `{"message":"API rate limit exceeded"}`, time.Second},
		{"secondary without a time", func(*reply) {}, 403, `{"message":"You have exceeded a secondary rate limit. Please wait"}`, time.Minute},
		{"abuse detection", func(*reply) {}, 403, `{"message":"You have triggered an abuse detection mechanism"}`, time.Minute},
		{"bare 429", func(*reply) {}, 429, ``, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b.fake.on(userLine, tt.code, tt.body))
			b.fake.on(userLine, 200, `{"login":"mara"}`)
			if err := viewer(b); err != nil {
				t.Fatal(err)
			}
			if got := b.clock.total(); got < tt.least || got > tt.least+5*time.Second {
				t.Errorf("waited %s, not about %s", got, tt.least)
			}
			if b.events.types() != "read.retrying read.recovered" {
				t.Errorf("events are %q", b.events.types())
			}
		})
	}
}

// This machine's clock may be hours away from GitHub's, whose answer says what it
// thinks the time is.
func TestLimitByAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		b := newBench(t)
		b.fake.on(userLine, 403, `{"message":"API rate limit exceeded"}`).with("X-RateLimit-Remaining", "0").
			with("Date", began.Add(off).Format(http.TimeFormat)).
			with("X-RateLimit-Reset", strconv.FormatInt(began.Add(off+50*time.Second).Unix(), 10))
		b.fake.on(userLine, 200, `{"login":"mara"}`)
		if err := viewer(b); err != nil {
			t.Fatal(err)
		}
		if got := b.clock.total(); got < 50*time.Second || got > 55*time.Second {
			t.Errorf("with a host whose clock is off by %s it waited %s", off, got)
		}
	}
}

// A clock that jumps, in either direction, does not keep a limit longer than it is.
func TestLimitWhenTheClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{8 * time.Hour, -8 * time.Hour} {
		b := newBench(t)
		b.fake.on(userLine, 429, "").with("Retry-After", "1800")
		wantErr(t, viewer(b), nil, "rate limit")
		b.clock.mu.Lock()
		b.clock.now = b.clock.now.Add(jump)
		b.clock.mu.Unlock()
		b.fake.on(userLine, 200, `{"login":"mara"}`)
		if err := viewer(b); err != nil {
			t.Errorf("after a jump of %s: %v", jump, err)
		}
	}
}

// The monotonic part of a time stands still while the machine sleeps; a limit ends
// by the wall clock all the same.
func TestLimitIsOver(t *testing.T) {
	now := time.Now() // with a monotonic part
	l := &limited{since: now, until: now.Add(time.Minute)}
	for _, tt := range []struct {
		name string
		now  time.Time
		over bool
	}{
		{"at once", now, false},
		{"before its end", now.Add(59 * time.Second), false},
		{"at its end", now.Add(time.Minute), true},
		{"before its end, by the wall", now.Add(59 * time.Second).Round(0), false},
		{"hours later, by the wall", now.Add(time.Hour).Round(0), true},
		{"set back", now.Add(-time.Hour).Round(0), true},
	} {
		if got := l.over(tt.now); got != tt.over {
			t.Errorf("%s: over is %v", tt.name, got)
		}
	}
}

// A permission that is missing is no rate limit, whatever the numbers say.
func TestForbiddenIsNotALimit(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 403, `{"message":"Resource not accessible by personal access token"}`).with("X-RateLimit-Remaining", "0")
	wantErr(t, viewer(b), release.ErrForbidden)
	if b.clock.total() != 0 {
		t.Error("waited for it")
	}
}

// A limit that holds longer than patience is said at once, and until it ends no
// read asks again.
func TestLimitBeyondPatience(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 403, `{"message":"API rate limit exceeded"}`).
		with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", strconv.FormatInt(began.Add(23*time.Minute).Unix(), 10))
	wantErr(t, viewer(b), nil, "rate limit is used up until 2026-08-14 12:23:01 UTC")
	err := viewer(b)
	wantErr(t, err, nil, "rate limit is used up until 2026-08-14 12:23:01 UTC")
	if release.HintOf(err) == "" {
		t.Error("there is no hint")
	}
	if b.fake.count() != 1 || b.clock.total() != 0 {
		t.Errorf("%d requests, %s waited", b.fake.count(), b.clock.total())
	}
	_ = b.clock.Sleep(t.Context(), 24*time.Minute)
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	if err := viewer(b); err != nil {
		t.Errorf("after the limit: %v", err)
	}
}

// A pause that GitHub asks for is no limit that is used up.
func TestPauseIsCalledOne(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 429, `{"message":"You have exceeded a secondary rate limit. Please wait"}`).with("Retry-After", "7200")
	wantErr(t, viewer(b), nil, "GitHub asks for a pause until 2026-08-14 14:00:00 UTC")
}

// A limit that one read meets holds for all: nobody else runs into it.
func TestLimitHoldsForEverybody(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 429, "").with("Retry-After", "30")
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	if err := viewer(b); err != nil {
		t.Fatal(err)
	}
	hold := b.retry.holds["api.github.com"].until
	b.clock.mu.Lock()
	b.clock.now = began // as another read sees it that began at the same time
	b.clock.mu.Unlock()
	b.fake.on("GET /repos/o/r/branches?per_page=100", 200, `[]`).do = func(*http.Request) error {
		if b.clock.Now().Before(hold) {
			t.Error("sent before the limit ended")
		}
		return nil
	}
	if _, err := b.Branches(t.Context(), testRepo()); err != nil {
		t.Fatal(err)
	}
}

// What another host says about limits holds for that host: nobody is kept from
// GitHub, and nothing is said of GitHub or of a token that the host never saw.
func TestLimitHoldsForItsHostAlone(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusTooManyRequests} {
		b := newBench(t)
		b.fake.on(logLine, 302, "").with("Location", logHost)
		b.fake.on("GET "+logHost, status, "slow down").with("Retry-After", "86400")
		_, err := b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, nil, "the log of job 5 of o/r: logs.example.com asks for a pause until 2026-08-15 12:00:00 UTC")
		if hint := release.HintOf(err); hint != "wait until then" {
			t.Errorf("%d: hint %q", status, hint)
		}
		b.fake.on(userLine, 200, `{"login":"mara"}`)
		if err := viewer(b); err != nil || b.clock.total() != 0 {
			t.Errorf("%d: GitHub is read after %s: %v", status, b.clock.total(), err)
		}
		// The host itself is left alone, however its name is spelled.
		b.fake.on(logLine, 302, "").with("Location", "https://LOGS.example.com/6")
		_, err = b.Log(t.Context(), testRepo(), 5, 10)
		wantErr(t, err, nil, "logs.example.com asks for a pause")
	}
}

// A limit of GitHub's keeps nobody from another host.
func TestLimitOfGitHubHoldsForGitHubAlone(t *testing.T) {
	b := newBench(t)
	b.fake.on(logLine, 302, "").with("Location", logHost).do = func(*http.Request) error {
		b.retry.pause("api.github.com", 0, &limited{answer: &StatusError{Status: 429}, since: began, until: began.Add(time.Hour)})
		return nil
	}
	b.fake.on("GET "+logHost, 200, "one\n")
	if l, err := b.Log(t.Context(), testRepo(), 5, 10); err != nil || l.Total != 1 {
		t.Errorf("%+v, %v", l, err)
	}
	wantErr(t, viewer(b), nil, "GitHub's rate limit is used up until 2026-08-14 13:00:00 UTC")
}
