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
			d := r.pause("api.github.com", step, errors.New("x"))
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
