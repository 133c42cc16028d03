package rehearsal

import (
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// fault is what happens to a request on its way.
type fault int

// The faults.
const (
	noFault fault = iota
	badGateway
	unavailable
	resetByPeer
	timedOut
	halfBody
	kindsOfFault // how many there are, with noFault
)

// faults decides which requests a fault hits. That depends on the seed, the URL and
// how often it was asked, and not on what else goes on at the same time.
type faults struct {
	share float64
	seed  int64
	asked map[string]int  // by URL
	hit   map[string]bool // whether the last request of a URL met a fault
}

func newFaults(s Scenario, seed int64) faults {
	return faults{share: s.flaky, seed: seed, asked: map[string]int{}, hit: map[string]bool{}}
}

// next is what happens to a request. Only reads are hit, and a URL never twice in a
// row, so that a client that tries again gets through.
func (f *faults) next(req *http.Request) fault {
	if f.share == 0 || req.Method != http.MethodGet && req.Method != http.MethodHead {
		return noFault
	}
	url := req.Host + req.URL.RequestURI()
	f.asked[url]++
	const parts = 10_000
	draw := idOf(f.seed, url, f.asked[url]) % parts
	hit := !f.hit[url] && float64(draw) < f.share*parts
	f.hit[url] = hit
	if !hit {
		return noFault
	}
	return fault(1 + idOf("kind", f.seed, url, f.asked[url])%int64(kindsOfFault-1))
}

// instead answers in place of the world, where the fault is one that keeps the
// request from it.
func (f fault) instead(r *reply) bool {
	switch f {
	case badGateway, unavailable:
		status := map[fault]int{badGateway: http.StatusBadGateway, unavailable: http.StatusServiceUnavailable}[f]
		r.header.Set("Content-Type", "text/html; charset=utf-8")
		r.WriteHeader(status)
		r.body = []byte("<html><title>" + http.StatusText(status) + "</title></html>\n")
	case resetByPeer:
		r.err = connectionReset()
	case timedOut:
		r.err = &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	default:
		return false
	}
	r.fault = r.err != nil
	return true
}

// connectionReset is what a client sees of a connection that breaks.
func connectionReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// lose takes the answer away from a request that has started something. A tag's
// object starts nothing: it is the ref that leads to it which does.
func (s Scenario) lose(r *reply, req *http.Request) {
	starts := req.Host == apiHost && req.Method == http.MethodPost && req.URL.Path != "/graphql" &&
		!strings.HasSuffix(req.URL.Path, "/git/tags")
	if s.unanswered && starts && r.err == nil && r.status < http.StatusMultipleChoices {
		r.err, r.fault, r.status = connectionReset(), true, 0
	}
}
