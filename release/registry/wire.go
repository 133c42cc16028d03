package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxRequests bounds what one try may send, redirects and the steps to an
	// anonymous token included: not every client here bounds its redirects.
	maxRequests = 20
	// maxRedirects bounds the redirects of one request.
	maxRedirects = 5
	// maxDrain is how much of an unwanted body is read, to keep the connection.
	maxDrain = 64 << 10
)

// errRefused is the error of a request that must not be sent.
var errRefused = errors.New("refused")

// temporary is an error that another try may mend.
type temporary struct {
	err   error
	after time.Duration // that the place asks to wait; 0 when it does not say
}

func (e *temporary) Error() string { return e.err.Error() }
func (e *temporary) Unwrap() error { return e.err }

// wire is the transport of one try: every request that a try sends goes through it,
// whichever client sends it.
type wire struct {
	next  http.RoundTripper
	clock release.Clock
	agent string
	trace func(release.Request)
	plain bool  // http may be asked, too
	limit int64 // of a body, in bytes
	sent  atomic.Int32
	last  http.Header // of the last answer that was no error
}

// wire makes the transport of one try.
func (s *Shelf) wire(limit int64) *wire {
	return &wire{next: s.o.Transport, clock: s.o.Clock, agent: s.o.UserAgent, trace: s.o.Trace, limit: limit}
}

// wireKey is where a context has its wire.
type wireKey struct{}

// with is ctx for requests of this try that a client of several tries sends.
func (w *wire) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, wireKey{}, w)
}

// wires is the transport of a client of several tries.
type wires struct{}

// RoundTrip implements http.RoundTripper.
func (wires) RoundTrip(req *http.Request) (*http.Response, error) {
	w, ok := req.Context().Value(wireKey{}).(*wire)
	if !ok {
		return nil, fmt.Errorf("%w: it is part of no try", errRefused)
	}
	return w.RoundTrip(req)
}

// RoundTrip implements http.RoundTripper. An answer that says to come back later
// is an error, so that no client takes it for the last word.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && (!w.plain || req.URL.Scheme != "http") {
		return nil, fmt.Errorf("%w: %s would be asked without encryption", errRefused, text.Clean(req.URL.Host))
	}
	if w.sent.Add(1) > maxRequests {
		return nil, fmt.Errorf("%w: %s does not stop redirecting", errRefused, text.Clean(req.URL.Host))
	}
	req = req.Clone(req.Context())
	if w.agent != "" {
		req.Header.Set("User-Agent", w.agent)
	}
	began := w.clock.Now()
	resp, err := w.next.RoundTrip(req)
	w.tell(req, resp, err, began)
	if err != nil {
		return nil, broken(req.URL.Host, err)
	}
	resp.Request = req // not every transport does so, and errors name the host
	if isBusy(resp.StatusCode) {
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
		resp.Body.Close()
		return nil, &temporary{answered(resp), retryAfter(resp.Header, w.clock.Now())}
	}
	resp.Body = &body{resp.Body, req.URL.Host, w.limit}
	w.last = resp.Header
	return resp, nil
}

// tell tells of a request, without what an address may be signed with.
func (w *wire) tell(req *http.Request, resp *http.Response, err error, began time.Time) {
	if w.trace == nil {
		return
	}
	r := release.Request{Method: req.Method, Host: text.Clean(req.URL.Host), Path: text.Clean(req.URL.Path),
		Began: began, Took: w.clock.Now().Sub(began), Remaining: -1}
	if err != nil {
		r.Why = text.Clean(broken(req.URL.Host, err).Error())
	} else {
		r.Status = resp.StatusCode
	}
	w.trace(r)
}

// isBusy holds for answers that may be another one a little later.
func isBusy(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests ||
		status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
}

// answered is an answer as an error: which place said what.
func answered(resp *http.Response) error {
	return fmt.Errorf("%s answered %d %s", text.Clean(resp.Request.URL.Host), resp.StatusCode, http.StatusText(resp.StatusCode))
}

// broken is the error of an exchange that did not come to its end. Another try may
// mend it, unless the machine has no such host or must not trust it.
func broken(host string, err error) error {
	wrapped := fmt.Errorf("%s: %w", text.Clean(host), brief{err})
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return hinted(wrapped, "see whether the name is right and can be looked up from here")
	}
	if gap, ok := errors.AsType[interface {
		error
		Gap() bool
	}](err); ok && gap.Gap() {
		return hinted(wrapped, "nothing to mend: the host may well be there, and the rehearsal does not have it")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return hinted(wrapped, "do not go on until you know who answers for %s", host)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		wrapped = fmt.Errorf("%s: no answer in time", text.Clean(host))
	}
	return &temporary{err: wrapped}
}

// retryAfter reads how long the place asks to wait: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// body is a response's body, bounded, whose reading can break as a request can.
type body struct {
	io.ReadCloser
	host string
	left int64
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%s answered more than twokey reads", text.Clean(b.host))
	}
	if err != nil && err != io.EOF {
		err = broken(b.host, err)
	}
	return n, err
}

// client is an http.Client over a wire. Redirects are bounded, and never lead from
// https to http; with sameHost they stay where they began.
func (w *wire) client(sameHost bool) *http.Client {
	return &http.Client{Transport: w, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		from, to := via[len(via)-1].URL, req.URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: more than %d redirects", errRefused, maxRedirects)
		case from.Scheme == "https" && to.Scheme != "https":
			return fmt.Errorf("%w: it redirects from https to %s", errRefused, text.Clean(to.Scheme))
		case sameHost && to.Host != via[0].URL.Host:
			return fmt.Errorf("%w: it redirects to %s", errRefused, text.Clean(to.Host))
		}
		return nil
	}}
}

// send sends a request without a body. Errors name the place, never the whole URL:
// a redirect's may hold a signature.
func (w *wire) send(ctx context.Context, client *http.Client, method, address string, header ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, misnamed(err)
	}
	// What a cache in between knows may be older than the release.
	req.Header.Set("Cache-Control", "no-cache")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		if err = u.Err; errors.Is(err, errRefused) {
			err = hinted(fmt.Errorf("%s: %w", text.Clean(req.URL.Host), err), "see where the URL leads, and name that place in the plan")
		}
	}
	return resp, err
}
