package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/cli/go-gh/v2/pkg/api"
)

// maxRedirects bounds the redirects that one read follows.
const maxRedirects = 5

// nowhere is a host that no request is for (RFC 2606), see bases.
const nowhere = "none.invalid"

// bases makes the two innermost transports: one that adds the token to requests
// for host, and one that has no token to add. go-gh insists on a token, so the
// second is bound to a host that can not exist. Debug logging by GH_DEBUG is off:
// it would write what GitHub says to the terminal as it stands.
func bases(host, token string, base http.RoundTripper) (with, without http.RoundTripper, err error) {
	client := func(host, token string) (http.RoundTripper, error) {
		c, err := api.NewHTTPClient(api.ClientOptions{
			Host: host, AuthToken: token, Transport: base,
			SkipDefaultHeaders: true, LogIgnoreEnv: true,
		})
		if err != nil {
			return nil, fmt.Errorf("make an HTTP client for %s: %w", host, err)
		}
		return network{c.Transport}, nil
	}
	without, err = client(nowhere, "none")
	if err != nil || token == "" {
		return without, without, err
	}
	with, err = client(host, token)
	return with, without, err
}

// hosts sends what is for the API host with the token, and everything else
// without. It follows the redirects of a read within the API host; a redirect to
// any other host is an answer that the caller has to ask for on purpose.
type hosts struct {
	api   *url.URL
	home  http.RoundTripper // to the API host, with the token
	other http.RoundTripper // to any other host
}

// errRedirects holds for a chain of redirects that does not end.
var errRedirects = errors.New("too many redirects")

// errTarget holds for a redirect that must not be followed.
var errTarget = errors.New("redirected to a place that is not followed")

func (h *hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameHost(h.api, req.URL) {
		return h.other.RoundTrip(stripped(req))
	}
	for range maxRedirects + 1 {
		// go-gh writes the token into the request's own headers.
		req = req.Clone(req.Context())
		resp, err := h.home.RoundTrip(req)
		if err != nil || !reads(req.Method) || !redirects(resp.StatusCode) {
			return resp, err
		}
		next, err := target(resp, req.URL)
		if err != nil {
			return nil, errors.Join(err, resp.Body.Close())
		}
		if !sameHost(h.api, next) {
			return resp, nil
		}
		discard(resp)
		req = req.Clone(req.Context())
		req.URL, req.Host = next, ""
	}
	return nil, errRedirects
}

// stripped is a request without anything that only the API host may see. A
// redirected request has no token in the first place; this holds when somebody
// builds one that has.
func stripped(req *http.Request) *http.Request {
	req = req.Clone(req.Context())
	for _, name := range []string{"Authorization", "Cookie", "X-Github-Api-Version", "If-None-Match"} {
		req.Header.Del(name)
	}
	return req
}

// target is where a redirect leads: to https, or to where plain http leads
// already, without a user or a fragment.
func target(resp *http.Response, from *url.URL) (*url.URL, error) {
	u, err := from.Parse(resp.Header.Get("Location"))
	switch {
	case err != nil || resp.Header.Get("Location") == "":
		return nil, fmt.Errorf("%w: there is no readable target", errTarget)
	case u.Scheme != "https" && u.Scheme != from.Scheme, u.User != nil, u.Hostname() == "":
		return nil, fmt.Errorf("%w: it is not https", errTarget)
	}
	u.Fragment = ""
	return u, nil
}

// redirects tells whether a status sends a read elsewhere.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// reads tells whether a method only reads.
func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// sameHost tells whether u is on the API host: same scheme, name and port.
func sameHost(api, u *url.URL) bool {
	return u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host)
}

// discard reads a little of an answer that nobody wants, so that its connection
// can be used again, and closes it.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	_ = resp.Body.Close()
}
