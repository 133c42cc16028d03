// Package github reads and changes a release on GitHub, over go-gh.
//
// Everything that is read goes through [Client], which retries reads, asks again
// only for what changed, and counts what it asks. Everything that changes anything
// goes through the [release.Actor] that Client.Actor gives, which sends each
// request once and never again. The two share one transport, built in layers, from
// the outside in:
//
//	guard        read-only refuses what is not a read
//	seen         what was read in a look is not asked for again in it
//	conditional  ETags: an answer that did not change is free
//	limits       a time and a size for each answer
//	hosts        follows redirects by hand; only the API host gets the token
//	counting     counts requests and keeps the rate limit's numbers
//	trace        tells of each request, when somebody wants to see them
//	network      what the network says, in few words
//	go-gh        the token, and the way to the network or to gh's unix socket
//
// Retries stand outside of the transport, in [Client.read], because an answer that
// breaks off halfway has to be asked for again as well, and so that no layer can
// ever repeat a request that acts.
package github

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/cli/go-gh/v2/pkg/config"

	"twokey/checks/text"
	"twokey/release"
)

// maxInFlight bounds the requests that are under way at the same time. GitHub
// allows 100 for one user, whom twokey shares with everything else they run.
const maxInFlight = 10

// Options are what a Client needs of its surroundings.
type Options struct {
	// Host is the code host; empty for github.com.
	Host string
	// Token authenticates; empty reads as anybody may.
	Token string
	// Transport carries the requests; nil for go-gh's own, which honours the
	// http_unix_socket of gh's configuration.
	Transport http.RoundTripper
	// Clock tells the time of rate limits and waits between tries.
	Clock release.Clock
	// ReadOnly makes the transport refuse every request that is not a read.
	ReadOnly bool
	// Emit is told of Retrying and Recovered, from any goroutine; it may be nil.
	Emit func(release.Event)
	// Trace is told of every request, from any goroutine; it may be nil.
	Trace func(release.Request)
	// Beside is a client with the same token whose budget this one shares; nil for
	// none.
	Beside *Client
	// UserAgent is this program's name and version, such as "twokey/1.2.3".
	UserAgent string
	// Seed makes the jitter of waiting times repeatable.
	Seed int64
}

// Client reads a code host; it implements [release.Forge].
type Client struct {
	host      string   // github.com
	api       *url.URL // of the REST API, ending in a slash
	token     string
	userAgent string
	readOnly  bool
	transport http.RoundTripper
	budget    *budget
	retry     *retrier
	slots     chan struct{} // one for each request that may be under way
	compared  comparisons
}

var _ release.Forge = (*Client)(nil)

// New makes a client. It sends nothing.
func New(o Options) (*Client, error) {
	if o.Clock == nil {
		return nil, errors.New("a GitHub client needs a clock")
	}
	host := o.Host
	if host == "" {
		host = "github.com"
	}
	api, err := apiURL(host)
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		api.Host = configuredHost(host, api.Host)
	}
	c := &Client{
		host: auth.NormalizeHostname(host), api: api, token: o.Token,
		userAgent: o.UserAgent, readOnly: o.ReadOnly,
		budget: newBudget(), retry: newRetrier(o.Clock, o.Emit, o.Seed),
		slots: make(chan struct{}, maxInFlight),
	}
	if o.Beside != nil {
		c.budget, c.retry, c.slots = o.Beside.budget, o.Beside.retry, o.Beside.slots
	}
	c.transport, err = c.layers(o)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// layers builds the transport, from the inside out.
func (c *Client) layers(o Options) (http.RoundTripper, error) {
	withToken, without, err := bases(c.host, o.Token, o.Transport)
	if err != nil {
		return nil, err
	}
	owner := sha256.Sum256([]byte(o.Token))
	home := &counting{next: o.trace(withToken, c.api), clock: o.Clock, budget: c.budget, authenticated: o.Token != ""}
	var t http.RoundTripper = &hosts{api: c.api, home: home, other: o.trace(without, c.api)}
	t = &limits{next: t}
	t = newConditional(t, c.api, string(owner[:]))
	t = &seen{next: t, api: c.api}
	if o.ReadOnly {
		t = &guard{next: t, api: c.api}
	}
	return t, nil
}

// apiURL is where a host's REST API is. A port is refused: go-gh would never send
// the token there.
func apiURL(host string) (*url.URL, error) {
	name := auth.NormalizeHostname(host)
	raw := "https://api." + name + "/"
	switch {
	case auth.IsEnterprise(name):
		raw = "https://" + name + "/api/v3/"
	case name == "github.localhost":
		raw = "http://api." + name + "/"
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(host, "/?#@: ") {
		return nil, &release.Error{Kind: release.KindUsage, Op: fmt.Sprintf("host %q", text.Clean(host)),
			Err: errors.New("not a host name"), Hint: "set GH_HOST to a name such as github.example.com"}
	}
	return u, nil
}

// configuredHost is the API host that gh's configuration gives for a host, or
// usual. go-gh sends the token there as well.
func configuredHost(host, usual string) string {
	cfg, err := config.Read(nil)
	if err != nil {
		return usual
	}
	name, err := cfg.Get([]string{"hosts", auth.NormalizeHostname(host), "api_host"})
	if err != nil || name == "" {
		return usual
	}
	return name
}

// Budget is what has been asked of the API host so far.
func (c *Client) Budget() release.Budget { return c.budget.get() }

// Actor gives what changes things on the host. A read-only client has none.
func (c *Client) Actor() (release.Actor, error) {
	if c.readOnly {
		return nil, errors.New("this client only reads")
	}
	return &actor{c}, nil
}
