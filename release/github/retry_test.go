package github

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"twokey/release"
)

const userLine = "GET /user"

func viewer(b *bench) error {
	_, err := b.Viewer(context.Background())
	return err
}

// Every fault that may pass is tried again, and its end is told.
func TestRetriesWhatMayPass(t *testing.T) {
	const good = `{"login":"mara"}`
	faults := map[string]func(*fake){
		"500":              func(f *fake) { f.on(userLine, 500, `{"message":"oops"}`) },
		"502 html":         func(f *fake) { f.on(userLine, 502, "<html>Bad Gateway</html>") },
		"503":              func(f *fake) { f.on(userLine, 503, "") },
		"504":              func(f *fake) { f.on(userLine, 504, "") },
		"408":              func(f *fake) { f.on(userLine, 408, "") },
		"429":              func(f *fake) { f.on(userLine, 429, "").with("Retry-After", "4") },
		"304 to nothing":   func(f *fake) { f.on(userLine, 304, "").with("ETag", `"1"`) },
		"reset":            func(f *fake) { f.on(userLine, 0, "").fail(&net.OpError{Op: "read", Err: syscall.ECONNRESET}) },
		"refused":          func(f *fake) { f.on(userLine, 0, "").fail(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}) },
		"no such host":     func(f *fake) { f.on(userLine, 0, "").fail(&net.DNSError{Err: "no such host", IsNotFound: true}) },
		"unexpected EOF":   func(f *fake) { f.on(userLine, 0, "").fail(io.ErrUnexpectedEOF) },
		"http2":            func(f *fake) { f.on(userLine, 0, "").fail(errors.New("http2: server sent GOAWAY")) },
		"half a body":      func(f *fake) { f.on(userLine, 200, good[:5]).breaks(io.ErrUnexpectedEOF) },
		"half a refusal":   func(f *fake) { f.on(userLine, 404, `{"message":"Not`).breaks(io.ErrUnexpectedEOF) },
		"body cut cleanly": func(f *fake) { f.on(userLine, 200, good[:5]) },
		"empty body":       func(f *fake) { f.on(userLine, 200, "") },
		"a login page":     func(f *fake) { f.on(userLine, 200, "<html>Sign in to the Wi-Fi</html>") },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			fault(b.fake)
			fault(b.fake)
			b.fake.on(userLine, 200, good)
			if err := viewer(b); err != nil {
				t.Fatal(err)
			}
			if got := b.events.types(); got != "read.retrying read.retrying read.recovered" {
				t.Errorf("events are %q", got)
			}
			first := b.events.got[0].(release.Retrying)
			if first.Attempt != 2 || first.Wait <= 0 || first.What.String() != "whose token this is" || first.Cause.IsZero() {
				t.Errorf("first event is %+v", first)
			}
			if second := b.events.got[1].(release.Retrying); second.Attempt != 3 || second.Wait <= first.Wait {
				t.Errorf("waits %s, then %s", first.Wait, second.Wait)
			}
		})
	}
}

// What will not pass is asked once.
func TestDoesNotRetryWhatIsFinal(t *testing.T) {
	tests := []struct {
		name string
		set  func(*fake)
		want error
	}{
		{"401", func(f *fake) { f.on(userLine, 401, `{"message":"Bad credentials"}`) }, release.ErrUnauthorized},
		{"403", func(f *fake) { f.on(userLine, 403, `{"message":"Resource not accessible by personal access token"}`) }, release.ErrForbidden},
		{"404", func(f *fake) { f.on(userLine, 404, `{"message":"Not Found"}`) }, release.ErrNotFound},
		{"410", func(f *fake) { f.on(userLine, 410, `{"message":"Gone"}`) }, release.ErrNotFound},
		{"422", func(f *fake) { f.on(userLine, 422, `{"message":"Validation Failed"}`) }, nil},
		{"501", func(f *fake) { f.on(userLine, 501, ``) }, nil},
		{"204", func(f *fake) { f.on(userLine, 204, ``) }, nil},
		{"another shape", func(f *fake) { f.on(userLine, 200, `[1]`).odd("no user") }, errStrange},
		{"no login", func(f *fake) { f.on(userLine, 200, `{}`) }, errStrange},
		{"a certificate that does not hold", func(f *fake) {
			f.on(userLine, 0, "").fail(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b.fake)
			wantErr(t, viewer(b), tt.want, "whose token this is")
			if b.fake.count() != 1 || b.clock.total() != 0 || b.events.types() != "" {
				t.Errorf("%d requests, %s waited, events %q", b.fake.count(), b.clock.total(), b.events.types())
			}
		})
	}
}

func TestGivesUp(t *testing.T) {
	b := newBench(t)
	for range maxTries {
		b.fake.on(userLine, 502, "")
	}
	wantErr(t, viewer(b), nil, "whose token this is: GitHub answered 502")
	if got := b.clock.total(); got > patience || got < 20*time.Second {
		t.Errorf("waited %s in all", got)
	}
	if got := b.events.types(); strings.Contains(got, "recovered") || strings.Count(got, "retrying") != maxTries-1 {
		t.Errorf("events are %q", got)
	}
	// The next read that succeeds takes the trouble back, though it was not retried.
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	for range 2 {
		if err := viewer(b); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.events.types(); strings.Count(got, "read.recovered") != 1 {
		t.Errorf("events are %q", got)
	}
}

// Trouble that was said is taken back by the next read that goes well, also where
// the answer that ended it was a strange one.
func TestTroubleIsTakenBack(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 502, "")
	b.fake.on(userLine, 200, `[1]`).odd("no user")
	wantErr(t, viewer(b), errStrange)
	if got := b.events.types(); got != "read.retrying" {
		t.Errorf("events are %q", got)
	}
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	if err := viewer(b); err != nil || b.events.types() != "read.retrying read.recovered" {
		t.Errorf("%v, events %q", err, b.events.types())
	}
}

// What nobody was told of is not taken back: a limit that is said at once.
func TestNoTroubleWithoutARetry(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 429, "").with("Retry-After", "7200")
	wantErr(t, viewer(b), nil, "rate limit")
	_ = b.clock.Sleep(t.Context(), 3*time.Hour)
	b.fake.on(userLine, 200, `{"login":"mara"}`)
	if err := viewer(b); err != nil || b.events.types() != "" {
		t.Errorf("%v, events %q", err, b.events.types())
	}
}

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
	hold := b.retry.hold.until
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

func TestRetryStopsWithTheContext(t *testing.T) {
	b := newBench(t)
	why := errors.New("the person left")
	ctx, cancel := context.WithCancelCause(t.Context())
	b.fake.on(userLine, 502, "").do = func(*http.Request) error { cancel(why); return nil }
	_, err := b.Viewer(ctx)
	wantErr(t, err, why)
	_, err = b.Viewer(ctx)
	wantErr(t, err, why)
	if b.fake.count() != 1 {
		t.Errorf("sent %d requests", b.fake.count())
	}
}

func TestPauseIsRepeatable(t *testing.T) {
	waits := func(seed int64) string {
		r := newRetrier(newClock(), nil, seed)
		var out []time.Duration
		for step := time.Second; step < time.Minute; step *= 2 {
			d := r.pause(step, errors.New("x"))
			if d < step || d > step+step/2 {
				t.Errorf("a step of %s waits %s", step, d)
			}
			out = append(out, d)
		}
		return fmt.Sprint(out)
	}
	if waits(1) != waits(1) {
		t.Error("the same seed waits differently")
	}
	if waits(1) == waits(2) {
		t.Error("two seeds wait alike")
	}
}

// However many read at once, no more than maxInFlight requests are under way.
func TestInFlight(t *testing.T) {
	b := newBench(t)
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	var once sync.Once
	const n = 3 * maxInFlight
	for range n {
		b.fake.on(userLine, 200, `{"login":"mara"}`).do = func(*http.Request) error {
			mu.Lock()
			now++
			most = max(most, now)
			if now == maxInFlight {
				once.Do(func() { close(full) })
			}
			mu.Unlock()
			<-full
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		}
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := viewer(b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most != maxInFlight {
		t.Errorf("%d requests were under way at once", most)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		set    func(*reply)
		code   int
		kind   release.Kind
		hint   string
	}{
		{"bad token", nil, nil, 401, release.KindAuth, "gh auth login"},
		{"permission", nil, func(r *reply) { r.with("X-Accepted-GitHub-Permissions", "contents=read") }, 403, release.KindFailed, "the token needs contents=read"},
		{"single sign-on", nil, func(r *reply) { r.with("X-GitHub-SSO", "required; url=https://github.com/orgs/o/sso") }, 403, release.KindAuth, "single sign-on"},
		{"anonymous limit", anonymous, func(r *reply) {
			r.with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", strconv.FormatInt(began.Add(time.Hour).Unix(), 10))
		}, 429, release.KindFailed, "GH_TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var opts []func(*Options)
			if tt.change != nil {
				opts = append(opts, tt.change)
			}
			b := newBench(t, opts...)
			r := b.fake.on("GET /repos/o/r", tt.code, `{"message":"no"}`)
			if tt.set != nil {
				tt.set(r)
			}
			_, err := b.Repository(t.Context(), testRepo())
			wantErr(t, err, nil, "the settings of o/r")
			if release.KindOf(err) != tt.kind || !strings.Contains(release.HintOf(err), tt.hint) {
				t.Errorf("kind %d, hint %q", release.KindOf(err), release.HintOf(err))
			}
		})
	}
}

// What GitHub says in a refusal is shown, and can not reach the terminal raw.
func TestRefusalsAreClean(t *testing.T) {
	b := newBench(t)
	b.fake.on(userLine, 422, `{"message":"no\u001b[2J","errors":[{"code":"custom","message":"tag\u202e"},"plain",7]}`).odd("a user has no errors")
	err := viewer(b)
	wantErr(t, err, nil, "no", "tag<U+202E>", "plain")
	if strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("error %q is raw", err)
	}
}
