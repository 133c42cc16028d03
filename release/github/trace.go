package github

import (
	"net/http"
	"net/url"
	"strconv"

	"twokey/checks/text"
	"twokey/release"
)

// traced tells of every request. It stands next to the network, so that it sees each
// try and each redirect; what it tells holds no header, and nothing of what another
// host's address is signed with.
type traced struct {
	next  http.RoundTripper
	clock release.Clock
	api   *url.URL
	tell  func(release.Request)
}

// trace wraps next, unless nobody is to be told.
func (o Options) trace(next http.RoundTripper, api *url.URL) http.RoundTripper {
	if o.Trace == nil {
		return next
	}
	return &traced{next, o.Clock, api, o.Trace}
}

func (t *traced) RoundTrip(req *http.Request) (*http.Response, error) {
	began := t.clock.Now()
	resp, err := t.next.RoundTrip(req)
	r := release.Request{Method: req.Method, Path: text.Clean(req.URL.RequestURI()),
		Began: began, Took: t.clock.Now().Sub(began), Remaining: -1}
	if !sameHost(t.api, req.URL) {
		r.Host, r.Path = text.Clean(req.URL.Host), text.Clean(req.URL.Path)
	}
	if err != nil {
		r.Why = text.Clean(err.Error())
		t.tell(r)
		return nil, err
	}
	r.Status = resp.StatusCode
	if n, err := strconv.Atoi(resp.Header.Get("X-Ratelimit-Remaining")); err == nil && r.Host.IsZero() {
		r.Remaining = n
	}
	t.tell(r)
	return resp, nil
}
