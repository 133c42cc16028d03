package rehearsal

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The hosts that the world itself answers for; serveHost knows the others.
const (
	apiHost = "api.github.com"
	logHost = "job-logs.rehearsal.invalid"
	// worldHost tells clients of a served world about the world.
	worldHost = "rehearsal.invalid"
)

// maxBody is the largest request body that the world reads, in bytes.
const maxBody = 4 << 20

// Request is a request that the world was asked.
type Request struct {
	At     time.Time // simulated
	Method string
	Host   string
	Path   string // with its query
	Status int    // 0 when no answer came
	// Gap tells that the rehearsal has no such endpoint, whatever GitHub has.
	Gap bool
	// Token tells whether the request carried an Authorization header.
	Token bool
	// Agent is the client, as its User-Agent header names it.
	Agent string
	// Charged tells whether the answer cost some of GitHub's rate limit: a 304 to a
	// token does not, and neither does a host that is not the API's.
	Charged bool
}

// Requests lists everything that the world was asked, in order.
func (w *World) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Request(nil), w.requests...)
}

// Transport answers requests in this process, without a socket.
func (w *World) Transport() http.RoundTripper { return transport{w} }

// transport is a World as an http.RoundTripper.
type transport struct{ world *World }

// RoundTrip answers a request. It fails for a host that the world does not have.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	in.Host = hostOf(req)
	in.RequestURI = req.URL.RequestURI()
	r := t.world.answer(in)
	if r.err != nil {
		return nil, r.err
	}
	status := strconv.Itoa(r.status) + " " + http.StatusText(r.status)
	resp := &http.Response{Status: status, StatusCode: r.status, Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Header: r.header, Request: req,
		ContentLength: int64(len(r.body)), Body: http.NoBody}
	if req.Method != http.MethodHead {
		resp.Body = io.NopCloser(r.reader())
	}
	return resp, nil
}

// Handler is the world as a server, for the clients of other processes. It takes
// the host from the Host header, or from the URL when that is absolute.
func (w *World) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		in := req.Clone(req.Context())
		in.Host = hostOf(req)
		r := w.answer(in)
		if r.err != nil {
			if r.fault {
				panic(http.ErrAbortHandler) // closes the connection without an answer
			}
			http.Error(rw, r.err.Error(), http.StatusMisdirectedRequest)
			return
		}
		for name, values := range r.header {
			rw.Header()[name] = values
		}
		rw.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
		rw.WriteHeader(r.status)
		if req.Method != http.MethodHead {
			// A body that was cut is shorter than announced, which closes the
			// connection. A client that went away needs no report.
			_, _ = io.Copy(rw, r.reader())
		}
	})
}

// hostOf is the host that a request is for, without its port.
func hostOf(req *http.Request) string {
	host := req.URL.Host
	if host == "" || req.Host != "" && !req.URL.IsAbs() {
		host = req.Host
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// reply is an answer, before it becomes a response of one kind or the other.
type reply struct {
	status int
	header http.Header
	body   []byte
	cut    bool  // the body breaks off in the middle
	err    error // no answer at all
	fault  bool  // err is one that the scenario wants
}

// Header is the reply's header.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader sets the status, once.
func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write adds to the body.
func (r *reply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, p...)
	return len(p), nil
}

// reader reads the body as the client gets it.
func (r *reply) reader() io.Reader {
	if !r.cut {
		return bytes.NewReader(r.body)
	}
	return io.MultiReader(bytes.NewReader(r.body[:len(r.body)/2]), broken{})
}

// broken is the end of a body that broke off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// answer answers a request as late as the world's latency says: half of it is the
// way there, and half the way back. Whoever hangs up on the way back does not undo
// what the request did.
func (w *World) answer(req *http.Request) *reply {
	if req.Host == worldHost {
		return w.answerSelf(req) // no part of the simulated world, so not recorded
	}
	r := &reply{header: http.Header{}}
	if r.err = readBody(req); r.err != nil {
		return r
	}
	if r.err = w.travel(req); r.err != nil {
		return r
	}
	w.answerNow(r, req)
	if err := w.travel(req); err != nil {
		r.err = err
	}
	return r
}

// travel waits for half of the latency.
func (w *World) travel(req *http.Request) error {
	if w.latency <= 0 {
		return nil
	}
	return w.clock.Sleep(req.Context(), w.latency/2)
}

// answerNow answers one request at a time, and records it.
func (w *World) answerNow(r *reply, req *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.charged = false
	if f := w.faults.next(req); !f.instead(r) {
		if r.err = w.others(req); r.err == nil {
			w.route(r, req)
		}
		r.cut = f == halfBody
		w.scenario.lose(r, req)
	}
	if r.err == nil {
		r.WriteHeader(http.StatusOK)
		if r.header.Get("Date") == "" {
			r.header.Set("Date", w.clock.Now().UTC().Format(http.TimeFormat))
		}
	}
	w.requests = append(w.requests, Request{At: w.clock.Now(), Method: req.Method,
		Host: req.Host, Path: req.URL.RequestURI(), Status: r.status, Gap: r.header.Get(gapHeader) != "",
		Token: req.Header.Get("Authorization") != "", Agent: req.UserAgent(), Charged: w.charged})
}

// others does what other people do before a request is answered.
func (w *World) others(req *http.Request) error {
	if err := w.moves.before(w, req); err != nil {
		return err
	}
	return w.rival.before(w, req)
}

// readBody reads a request's body whole, so that handlers need not fear a slow
// client while they hold the world.
func readBody(req *http.Request) error {
	if req.Body == nil {
		req.Body = http.NoBody
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	if len(body) > maxBody {
		return fmt.Errorf("the request is larger than %d bytes", maxBody)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// route finds the host that a request is for.
func (w *World) route(r *reply, req *http.Request) {
	switch {
	case req.Host == apiHost:
		w.api.ServeHTTP(r, req)
	case req.Host == logHost:
		w.serveLog(r, req)
	case req.Host == archiveHost:
		w.serveTarball(r, req)
	case !w.serveHost(r, req):
		r.err = noHost(req.Host)
	}
}

// noHost is the error of a request to a host that the rehearsal does not have, and that
// may well be there.
type noHost string

func (h noHost) Error() string { return "the rehearsal has no host " + string(h) }

// Gap tells that nothing is to be mended.
func (noHost) Gap() bool { return true }
