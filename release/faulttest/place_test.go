package faulttest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// place is one request of a release: the nth one of its kind.
type place struct {
	kind string // method, host and path, with what differs between releases left out
	nth  int
	list bool // it is answered with a list; known of the places of a whole release
}

// acts tells whether the request could change anything.
func (p place) acts() bool { return strings.HasPrefix(p.kind, http.MethodPost) }

// runs tells whether the request is how a watch learns of runs.
func (p place) runs() bool { return strings.HasSuffix(p.kind, "/actions/runs") }

func (p place) String() string { return fmt.Sprintf("%s (%d)", p.kind, p.nth) }

// Numbers and digests differ from one release to the next.
var (
	digits = regexp.MustCompile(`\d{6,}`)
	digest = regexp.MustCompile(`[0-9a-f]{40}`)
)

// kindOf is the kind of a request.
func kindOf(req *http.Request) string {
	u := *req.URL
	q := url.Values{}
	for _, name := range []string{"status", "event"} {
		if v := u.Query().Get(name); v != "" {
			q.Set(name, v)
		}
	}
	u.RawQuery = q.Encode()
	s := req.Method + " " + u.Host + u.RequestURI()
	return digits.ReplaceAllString(digest.ReplaceAllString(s, "SHA"), "ID")
}

// places tells the requests of one process apart. It is used by one request at a time.
type places map[string]int

// next is the place of a request.
func (p places) next(req *http.Request) place {
	k := kindOf(req)
	p[k]++
	return place{kind: k, nth: p[k]}
}
