package contracttest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"twokey/release/contracttest"
)

// album keeps the exchanges that tests went through, one of each kind.
type album struct {
	mu   sync.Mutex
	kept map[string]contracttest.Exchange // by operation, status, and names in the query and the body
}

// keep keeps an exchange unless there is one like it.
func (a *album) keep(c *contracttest.Contract, x contracttest.Exchange) {
	o := c.Find(x.Method, x.URL)
	if o == nil {
		return
	}
	var body map[string]any
	_ = json.Unmarshal(x.Body, &body) // none, or none that is an object
	key := fmt.Sprint(o, x.Status, slices.Sorted(maps.Keys(x.URL.Query())), slices.Sorted(maps.Keys(body)))
	a.mu.Lock()
	defer a.mu.Unlock()
	if old, found := a.kept[key]; !found || len(old.Answer) < len(x.Answer) {
		a.kept[key] = x
	}
}

// exchanges are what is in the album, in order.
func (a *album) exchanges() []contracttest.Exchange {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []contracttest.Exchange
	for _, key := range slices.Sorted(maps.Keys(a.kept)) {
		out = append(out, a.kept[key])
	}
	return out
}

// camera keeps what passes in an album.
type camera struct {
	album *album
	next  http.RoundTripper
}

// RoundTrip passes a request on. An answer that breaks off is not kept.
func (c camera) RoundTrip(req *http.Request) (*http.Response, error) {
	x := contracttest.Exchange{Method: req.Method, URL: req.URL, Sent: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		x.Body = body
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := c.next.RoundTrip(req)
	if err != nil || req.URL.Hostname() != theWorld {
		return resp, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), cut{err}))
	kind := resp.Header.Get("Content-Type")
	if described, failed := described(); failed == nil && err == nil && (kind == "" || strings.HasPrefix(kind, "application/json")) {
		x.Status, x.Got, x.Answer = resp.StatusCode, resp.Header, answer
		c.album.keep(described, x)
	}
	return resp, nil
}

// cut is the end of a body.
type cut struct{ err error }

func (c cut) Read([]byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	return 0, io.EOF
}
