package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twokey/release"
)

// retryCase is what a place answers in order, and what is told of it.
type retryCase struct {
	name    string
	answers []answer
	story   string
	fails   string        // part of the error
	least   time.Duration // of the first wait
}

func retryCases() []retryCase {
	ok := answer{status: 404}
	dns := &net.DNSError{Err: "no such host", Name: "packaging.ckan.org", IsNotFound: true}
	slow := &net.DNSError{Err: "i/o timeout", Name: "packaging.ckan.org", IsTimeout: true}
	cert := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	after := func(status int, v string) answer {
		return answer{status: status, header: map[string]string{"Retry-After": v}}
	}
	return []retryCase{
		{"works", []answer{ok}, "", "", 0},
		{"503 once", []answer{{status: 503}, ok},
			"retry 2: packaging.ckan.org answered 503 Service Unavailable; recovered", "", 0},
		{"429, twice", []answer{{status: 429}, {status: 429}, ok},
			"retry 2: packaging.ckan.org answered 429 Too Many Requests; " +
				"retry 3: packaging.ckan.org answered 429 Too Many Requests; recovered", "", 0},
		{"reset", []answer{{err: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}, ok},
			"retry 2: packaging.ckan.org: connection reset by peer; recovered", "", 0},
		{"end", []answer{{err: io.EOF}, ok}, "retry 2: packaging.ckan.org: EOF; recovered", "", 0},
		{"name server slow", []answer{{err: slow}, ok},
			"retry 2: packaging.ckan.org: i/o timeout; recovered", "", 0},
		{"told to wait", []answer{after(503, "90"), ok},
			"retry 2: packaging.ckan.org answered 503 Service Unavailable; recovered", "", 90 * time.Second},
		{"told to wait until", []answer{after(429, now.Add(2*time.Minute).Format(http.TimeFormat)), ok},
			"retry 2: packaging.ckan.org answered 429 Too Many Requests; recovered", "", 2 * time.Minute},
		{"told to wait until the past", []answer{after(429, now.Add(-time.Hour).Format(http.TimeFormat)), ok},
			"retry 2: packaging.ckan.org answered 429 Too Many Requests; recovered", "", 0},
		{"told nonsense", []answer{after(429, "-5"), ok},
			"retry 2: packaging.ckan.org answered 429 Too Many Requests; recovered", "", 0},
		{"recovers to a refusal", []answer{{status: 500}, {status: 451}},
			"retry 2: packaging.ckan.org answered 500 Internal Server Error; recovered", "answered 451", 0},
		{"told to wait for hours", []answer{after(429, "7200")}, "", "answered 429", 0},
		{"down", []answer{{status: 502}}, strings.Join([]string{
			"retry 2: packaging.ckan.org answered 502 Bad Gateway", "retry 3: packaging.ckan.org answered 502 Bad Gateway",
			"retry 4: packaging.ckan.org answered 502 Bad Gateway", "retry 5: packaging.ckan.org answered 502 Bad Gateway"}, "; "),
			"packaging.ckan.org answered 502 Bad Gateway (5 tries)", 0},
		{"no such host", []answer{{err: dns}}, "", "no such host", 0},
		{"not to be trusted", []answer{{err: cert}}, "", "certificate", 0},
		{"hostile error", []answer{{err: errors.New("\x1b]0;pwned\x07boom")}, ok}, "retry 2: packaging.ckan.org: boom; recovered", "", 0},
	}
}

func TestRetry(t *testing.T) {
	for _, tt := range retryCases() {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, map[string][]answer{"HEAD " + debAt: tt.answers})
			p, err := w.Look(context.Background(), debArtifact(debAt))
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("error %v, want %q", err, tt.fails)
				}
			} else if err != nil || p.Exists {
				t.Errorf("%+v, %v", p, err)
			}
			if got := w.story(); got != tt.story {
				t.Errorf("events\n%s\nwant\n%s", got, tt.story)
			}
			if len(w.clock.slept) > 0 && w.clock.slept[0] < tt.least {
				t.Errorf("waited %s, want %s", w.clock.slept[0], tt.least)
			}
			if len(w.clock.slept) != strings.Count(tt.story, "retry") || len(w.places.sent) != len(w.clock.slept)+1 {
				t.Errorf("%d waits, %d requests", len(w.clock.slept), len(w.places.sent))
			}
		})
	}
}

func TestRetryWaitsGrowAndAreBounded(t *testing.T) {
	w := newWorld(t, map[string][]answer{"HEAD " + debAt: {{status: 502}}})
	_, err := w.Look(context.Background(), debArtifact(debAt))
	if release.HintOf(err) == "" {
		t.Error("no hint")
	}
	for i, d := range w.clock.slept {
		mid := time.Second << i
		if d < mid*3/4 || d > mid*5/4 {
			t.Errorf("wait %d is %s, want about %s", i+1, d, mid)
		}
	}
	again := newWorld(t, map[string][]answer{"HEAD " + debAt: {{status: 502}}})
	_, _ = again.Look(context.Background(), debArtifact(debAt))
	for i, d := range again.clock.slept {
		if d != w.clock.slept[i] {
			t.Errorf("the same seed gives another wait: %s, %s", d, w.clock.slept[i])
		}
	}
}

// A read that was given up leaves trouble standing, which the next good one takes
// back; nothing is taken back twice.
func TestGivenUpThenWell(t *testing.T) {
	down := answer{status: 502}
	w := newWorld(t, map[string][]answer{"HEAD " + debAt: {down, down, down, down, down, {status: 404}}})
	if _, err := w.Look(t.Context(), debArtifact(debAt)); err == nil || strings.Contains(w.story(), "recovered") {
		t.Errorf("%v, events %s", err, w.story())
	}
	for range 2 {
		if _, err := w.Look(t.Context(), debArtifact(debAt)); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Count(w.story(), "recovered") != 1 {
		t.Errorf("events %s", w.story())
	}
}

func TestRetryEndsWithTheContext(t *testing.T) {
	stop := errors.New("nobody watches")
	ctx, cancel := context.WithCancelCause(context.Background())
	w := newWorld(t, map[string][]answer{"HEAD " + debAt: {{status: 502}}})
	emit := w.Shelf.o.Emit
	w.Shelf.o.Emit = func(e release.Event) { emit(e); cancel(stop) }
	_, err := w.Look(ctx, debArtifact(debAt))
	if !errors.Is(err, context.Canceled) && !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if len(w.places.sent) != 1 {
		t.Errorf("%d requests", len(w.places.sent))
	}
}

// silent is a place that never answers.
type silent struct{}

func (silent) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestSilentPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []release.Event
		s := New(Options{Transport: silent{}, Emit: func(e release.Event) { events = append(events, e) }})
		began := time.Now()
		p, err := s.Look(context.Background(), debArtifact(debAt))
		isRefused(t, p, err, "packaging.ckan.org: no answer in time (5 tries)")
		if d := time.Since(began); d < 5*tryTime || d > 6*tryTime {
			t.Errorf("it took %s", d)
		}
		if len(events) != 4 {
			t.Errorf("%d events", len(events))
		}
	})
}

func TestSilentPlaceAndAnEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := New(Options{Transport: silent{}}).Look(ctx, debArtifact(debAt))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
