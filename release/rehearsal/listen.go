package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"twokey/release"
)

// Server serves a world to other processes.
type Server struct {
	addr string
	done chan error
}

// Addr is where the world is served, in the form that Dial takes.
func (s *Server) Addr() string { return s.addr }

// Wait returns when the server has ended: nil when that was because the context did.
func (s *Server) Wait() error { return <-s.done }

// Listen serves a world until the context ends, at "unix:PATH" or at
// "127.0.0.1:PORT", where port 0 is any that is free. The socket is its owner's
// alone, and is removed in the end. Other addresses are refused: a rehearsal is
// nobody else's business.
func Listen(ctx context.Context, addr string, w *World) (*Server, error) {
	network, at, err := parseAddr(addr)
	if err != nil {
		return nil, err
	}
	if network == "unix" {
		removeStale(ctx, at)
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, at)
	if err != nil {
		return nil, notServed(addr, err)
	}
	if network == "unix" {
		if err := os.Chmod(at, 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("close %s to others: %w", at, err), l.Close())
		}
	} else {
		addr = l.Addr().String()
	}
	s := &Server{addr: addr, done: make(chan error, 1)}
	go s.serve(ctx, l, w)
	return s, nil
}

// removeStale removes a socket that a server left behind when it was killed. Only
// a socket at which nobody answers is one: a file is somebody's, and a socket that
// takes a connection is served.
func removeStale(ctx context.Context, at string) {
	info, err := os.Lstat(at)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", at)
	switch {
	case err == nil:
		_ = conn.Close() // nothing was sent
	case errors.Is(err, syscall.ECONNREFUSED):
		_ = os.Remove(at) // else listening says what is in the way
	}
}

// notServed is the error of an address that can not be listened at: the words of
// the command line name another.
func notServed(addr string, err error) error {
	e := &release.Error{Kind: release.KindUsage, Op: "serve the rehearsal at " + addr,
		Err: errors.New(release.RootCause(err).String()), Hint: "choose another address with `--listen`"}
	if errors.Is(err, syscall.EADDRINUSE) {
		e.Err = errors.New("the address is taken")
		e.Hint = "run a command in a rehearsal that is served there with `--connect " + addr + "`, or choose another address"
	}
	return e
}

// serve answers until the context ends. Closing the listener removes its socket.
func (s *Server) serve(ctx context.Context, l net.Listener, w *World) {
	server := &http.Server{Handler: w.Handler(), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve tells what matters
	defer stop()
	err := server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	s.done <- err
}

// parseAddr reads an address of Listen's and Dial's.
func parseAddr(addr string) (network, at string, err error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok && path != "" {
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && port != "" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return "tcp", addr, nil
	}
	return "", "", &release.Error{Kind: release.KindUsage, Op: fmt.Sprintf("address %q", addr),
		Err:  errors.New("neither unix:PATH nor a port of this machine's own"),
		Hint: "name it as in `unix:/tmp/twokey.sock` or `127.0.0.1:8080`"}
}

// worldInfo is what a served world tells about itself.
type worldInfo struct {
	Now      time.Time    `json:"now"`
	Speed    float64      `json:"speed"`
	Stepping bool         `json:"stepping"`
	Repo     release.Repo `json:"repo"`
	Token    string       `json:"token"`
	Viewer   string       `json:"viewer"`
	Scenario string       `json:"scenario"`
}

// answerSelf answers for the host that tells about the world: GET /clock, and POST
// /sleep?for=DURATION, which answers when that much simulated time has passed. POST
// /idle is for a plan, see Idle; GET /root is what attestations are verified against, and
// GET /archive-key who signs the apt repositories.
func (w *World) answerSelf(req *http.Request) *reply {
	r := &reply{header: http.Header{}}
	switch req.Method + " " + req.URL.Path {
	case "POST /sleep":
		d, err := time.ParseDuration(req.URL.Query().Get("for"))
		if err != nil {
			r.WriteHeader(http.StatusBadRequest)
			return r
		}
		if r.err = w.clock.Sleep(req.Context(), d); r.err != nil {
			return r
		}
	case "POST /idle":
		w.answerIdle(req, r)
		return r
	case "GET /root":
		var raw []byte
		if raw, r.err = w.trustedRoot(); r.err == nil {
			r.header.Set("Content-Type", "application/json")
			_, r.err = r.Write(raw)
		}
		return r
	case "GET /archive-key":
		var key []byte
		if key, r.err = w.Archive(req.Context()); r.err == nil {
			r.header.Set("Content-Type", "application/json")
			r.err = json.NewEncoder(r).Encode(string(key))
		}
		return r
	case "GET /clock":
	default:
		r.WriteHeader(http.StatusNotFound)
		return r
	}
	_, stepping := w.clock.(*steppingClock)
	r.header.Set("Content-Type", "application/json")
	r.err = json.NewEncoder(r).Encode(worldInfo{Now: w.clock.Now(), Speed: w.options.Speed, Stepping: stepping,
		Repo: w.Repo(), Token: w.Token(), Viewer: w.Viewer(), Scenario: w.scenario.Name})
	return r
}
