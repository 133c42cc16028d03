package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"twokey/release"
)

// dialTimeout bounds how long a served world may take to say that it is there.
const dialTimeout = 5 * time.Second

// Remote is a world that another process serves.
type Remote struct {
	transport http.RoundTripper
	info      worldInfo
	clock     release.Clock
}

// Dial connects to a world that is served at an address of Listen's.
func Dial(addr string) (*Remote, error) {
	network, at, err := parseAddr(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, network, at) }
	r := &Remote{transport: rerouted{&http.Transport{DialContext: dial}}}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	if r.info, err = askWorld[worldInfo](ctx, r.transport, http.MethodGet, "/clock", nil); err != nil {
		return nil, &release.Error{Op: "connect to the rehearsal at " + addr, Err: err,
			Hint: "start it with `twokey rehearse --listen " + addr + "`"}
	}
	r.transport = rerouted{&http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := dial(ctx, "", "")
		if err != nil && ctx.Err() == nil {
			err = &net.OpError{Op: "dial", Net: network, Err: goneError(addr)}
		}
		return c, err
	}}}
	if r.info.Stepping {
		r.clock = &remoteClock{transport: r.transport, last: r.info.Now}
	} else {
		r.clock = newClock(r.info.Now, r.info.Speed, false)
	}
	return r, nil
}

// goneError says that a world which was served at an address is there no longer. What
// the system says of it, such as that a file is missing, would be said of GitHub.
type goneError string

func (e goneError) Error() string { return "nobody serves the rehearsal at " + string(e) + " any more" }

// Transport sends requests for any host to the world.
func (r *Remote) Transport() http.RoundTripper { return r.transport }

// Clock is the world's time.
func (r *Remote) Clock() release.Clock { return r.clock }

// Repo is the repository that the rehearsal releases.
func (r *Remote) Repo() release.Repo { return r.info.Repo }

// Token is the token that the world's GitHub knows.
func (r *Remote) Token() string { return r.info.Token }

// Viewer is the login that the token belongs to.
func (r *Remote) Viewer() string { return r.info.Viewer }

// Scenario is the name of what goes wrong in the world.
func (r *Remote) Scenario() string { return r.info.Scenario }

// rerouted sends every request over plain HTTP to where its transport dials. To the
// caller it was answered at the URL that it asked for.
type rerouted struct{ to *http.Transport }

// RoundTrip sends one request.
func (t rerouted) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Scheme = "http"
	if out.Host == "" {
		out.Host = req.URL.Host
	}
	resp, err := t.to.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	resp.Request = req
	return resp, nil
}

// askWorld asks a served world about itself.
func askWorld[T any](ctx context.Context, t http.RoundTripper, method, path string, body []byte) (T, error) {
	var info T
	req, err := http.NewRequestWithContext(ctx, method, "http://"+worldHost+path, bytes.NewReader(body))
	if err != nil {
		return info, err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return info, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return info, fmt.Errorf("what answers there is no rehearsal: HTTP %d", resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil {
		return info, fmt.Errorf("what answers there is no rehearsal: %w", err)
	}
	return info, nil
}

// remoteClock is the clock of a world whose time steps. Only the world knows who
// sleeps, so the sleeping is done there.
type remoteClock struct {
	transport http.RoundTripper
	mu        sync.Mutex
	last      time.Time // the newest time that the world told
}

// Now is the world's time; the last one known when the world does not answer.
func (c *remoteClock) Now() time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	info, err := askWorld[worldInfo](ctx, c.transport, http.MethodGet, "/clock", nil)
	if err != nil {
		info = worldInfo{} // before the last one, which is then the answer
	}
	return c.note(info.Now)
}

// Sleep waits until d has passed in the world, or for the end of the context.
func (c *remoteClock) Sleep(ctx context.Context, d time.Duration) error {
	info, err := askWorld[worldInfo](ctx, c.transport, http.MethodPost, "/sleep?for="+url.QueryEscape(d.String()), nil)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("wait in the rehearsal: %w", err)
	}
	c.note(info.Now)
	return nil
}

// note keeps the newest time and gives it.
func (c *remoteClock) note(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.After(c.last) {
		c.last = now
	}
	return c.last
}
