package github

import (
	"bytes"
	"container/list"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// The bounds of what is remembered, in bytes of answers.
const (
	maxKept    = 48 << 20
	maxKeptOne = 4 << 20
)

// errNothingKept holds for a 304 to a request that named no earlier answer, as a
// proxy in between may send. It is asked again; that request names none either.
var errNothingKept = errors.New("not modified, but there is no earlier answer")

// conditional asks again with the ETag of the last answer, and gives that answer
// when GitHub says 304: with a token that costs nothing of the rate limit.
//
// Its key holds the token's hash, since ETags are per token, and the Accept
// header, since it chooses between forms of an answer. It reads JSON answers
// whole, and remembers only whole JSON: a broken answer would come back with every
// 304, however often it is asked for again.
//
// It is in memory only. A watch asks for the same few addresses over and over, for
// as long as it runs, and one that begins later asks for each of them once. That is
// not worth keeping answers of private repositories on disk.
type conditional struct {
	next  http.RoundTripper
	api   *url.URL
	owner string // hash of the token

	mu    sync.Mutex
	kept  map[string]*list.Element // of keptAnswer
	order *list.List               // the one used last in front
	size  int
}

// keptAnswer is an answer that may be given again.
type keptAnswer struct {
	key    string
	etag   string
	header http.Header
	body   []byte
}

func newConditional(next http.RoundTripper, api *url.URL, owner string) *conditional {
	return &conditional{next: next, api: api, owner: owner,
		kept: map[string]*list.Element{}, order: list.New()}
}

func (c *conditional) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || !sameHost(c.api, req.URL) || isStream(req.Context()) {
		return c.next.RoundTrip(req)
	}
	key := strings.Join([]string{c.owner, req.Header.Get("Accept"), req.URL.String()}, "\x00")
	old, found := c.get(key)
	if found {
		req = req.Clone(req.Context())
		req.Header.Set("If-None-Match", old.etag)
	}
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if found && resp.StatusCode == http.StatusNotModified {
		discard(resp)
		return old.again(resp), nil
	}
	if resp.StatusCode == http.StatusNotModified {
		discard(resp)
		return nil, errNothingKept
	}
	if resp.StatusCode != http.StatusOK {
		return resp, nil
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	c.put(keptAnswer{key, resp.Header.Get("ETag"), resp.Header.Clone(), body})
	return resp, nil
}

// again is the answer as it was given before, with the newer rate-limit numbers.
func (k keptAnswer) again(notModified *http.Response) *http.Response {
	h := k.header.Clone()
	for name, values := range notModified.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			h[name] = values
		}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: notModified.Proto,
		ProtoMajor: notModified.ProtoMajor, ProtoMinor: notModified.ProtoMinor,
		Header: h, Body: io.NopCloser(bytes.NewReader(k.body)), ContentLength: int64(len(k.body)),
		Request: notModified.Request,
	}
}

func (c *conditional) get(key string) (keptAnswer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.kept[key]
	if !found {
		return keptAnswer{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(keptAnswer), true
}

// put remembers an answer that has an ETag and is not too large, and forgets those
// that were not used for longest.
func (c *conditional) put(k keptAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, found := c.kept[k.key]; found {
		c.forget(e)
	}
	if k.etag == "" || len(k.body) > maxKeptOne || !json.Valid(k.body) {
		return
	}
	c.kept[k.key] = c.order.PushFront(k)
	c.size += len(k.body)
	for c.size > maxKept {
		c.forget(c.order.Back())
	}
}

func (c *conditional) forget(e *list.Element) {
	k := c.order.Remove(e).(keptAnswer)
	delete(c.kept, k.key)
	c.size -= len(k.body)
}
