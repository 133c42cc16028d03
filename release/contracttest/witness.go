package contracttest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
)

// Transport holds every exchange that goes over next with one of hosts against the
// contract.
func (l *Ledger) Transport(t Errors, next http.RoundTripper, apiHosts ...string) http.RoundTripper {
	return witness{ledger: l, t: t, next: next, hosts: apiHosts}
}

// witness is a transport that looks at what passes.
type witness struct {
	ledger *Ledger
	t      Errors
	next   http.RoundTripper
	hosts  []string
}

// RoundTrip passes a request on, and its answer back.
func (w witness) RoundTrip(req *http.Request) (*http.Response, error) {
	if !slices.Contains(w.hosts, req.URL.Hostname()) {
		w.ledger.other(req.URL.Hostname())
		return w.next.RoundTrip(req)
	}
	x := Exchange{Method: req.Method, URL: req.URL, Sent: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		x.Body = body
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		w.ledger.Hold(w.t, x)
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), end{err}))
	if err == nil {
		x.Status, x.Got, x.Answer = resp.StatusCode, resp.Header, answer
	}
	w.ledger.Hold(w.t, x)
	return resp, nil
}

// end is the end of a body, which may have broken off.
type end struct{ err error }

func (e end) Read([]byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return 0, io.EOF
}

// Handler holds every exchange of a server for one of hosts against the contract.
func (l *Ledger) Handler(t Errors, next http.Handler, apiHosts ...string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if !slices.Contains(apiHosts, req.Host) {
			l.other(req.Host)
			next.ServeHTTP(rw, req)
			return
		}
		x := Exchange{Method: req.Method, URL: req.URL, Sent: req.Header.Clone()}
		var err error
		if x.Body, err = io.ReadAll(req.Body); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(x.Body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, req)
		if size := answer.Header().Get("Content-Length"); size == "" || size == strconv.Itoa(answer.Body.Len()) {
			x.Status, x.Got, x.Answer = answer.Code, answer.Header(), answer.Body.Bytes()
		} // else the world breaks off on purpose
		l.Hold(t, x)
		for name, values := range answer.Header() {
			rw.Header()[name] = values
		}
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes()) // a client that went away needs no report
	})
}

// other counts a request to a host that the contract is not about.
func (l *Ledger) other(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.elsewhere[host]++
}
