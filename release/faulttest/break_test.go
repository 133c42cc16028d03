package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"twokey/release"
)

// fault is something that can happen to a request. A fault of a read is met by one
// request, by several in a row, or by all from one on.
type fault struct {
	name string
	// answer takes the world's place, or changes what it answers. It is false for a
	// request that the fault can not happen to.
	answer func(h *hit) (*http.Response, error, bool)
	// for lists only
	lists bool
	// once holds for what nobody would go through twice.
	once bool
	// blind holds for what hides the runs of the release.
	blind bool
	// kills holds for what ends the program.
	kills bool
	// pardon is how much longer it lets a release take.
	pardon time.Duration
}

// hit is one request that meets a fault.
type hit struct {
	req   *http.Request
	send  func() (*http.Response, error)
	clock *crookedClock
	p     *process
	tr    *trial
}

// faultsOf are the faults that a request can meet.
func faultsOf(at place) []fault {
	if at.acts() {
		return actFaults()
	}
	return readFaults()
}

// readFaults are the faults of a request that only reads.
func readFaults() []fault {
	return []fault{
		status("500", 500, `{"message": "Server Error"}`),
		status("502", 502, "<html><title>502</title></html>"),
		status("503", 503, "<html><title>503</title></html>"),
		status("429, come back in 7 s", 429, `{"message": "Too many requests"}`, "Retry-After", "7"),
		status("429", 429, `{"message": "Too many requests"}`),
		status("403 secondary limit", 403, `{"message": "You have exceeded a secondary rate limit."}`),
		{name: "403 limit used up", pardon: time.Hour, answer: func(h *hit) (*http.Response, error, bool) {
			reset := strconv.FormatInt(h.clock.Now().Add(40*time.Minute).Unix(), 10)
			return reply(h.req, 403, `{"message": "API rate limit exceeded"}`, "X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", reset), nil, true
		}},
		status("401", 401, `{"message": "Bad credentials"}`),
		{name: "reset", answer: func(h *hit) (*http.Response, error, bool) { return nil, reset(), true }},
		{name: "half a body", answer: halfBody},
		status("invalid JSON", 200, `{"total_count": 3, "workflow_runs": [{"id"`),
		{name: "empty list", answer: emptyList, lists: true, blind: true},
		{name: "runs of another commit", answer: otherCommit, lists: true, blind: true},
		{name: "a page fails", answer: pageFails, lists: true},
		{name: "304 to nothing", answer: notModified},
		{name: "redirect loop", answer: func(h *hit) (*http.Response, error, bool) {
			return reply(h.req, 302, "", "Location", h.req.URL.String()), nil, true
		}},
		{name: "clock 8 h ahead", answer: jump(8 * time.Hour), pardon: 8 * time.Hour},
		{name: "clock 1 h back", answer: jump(-time.Hour), pardon: 2 * time.Hour},
		{name: "asleep for 8 h", answer: asleep, pardon: 9 * time.Hour, once: true},
	}
}

// actFaults are the faults of a request that acts. They are met once.
func actFaults() []fault {
	return []fault{
		{name: "reset before", answer: func(h *hit) (*http.Response, error, bool) { return nil, reset(), true }},
		{name: "reset after", answer: after(func(h *hit) (*http.Response, error, bool) { return nil, reset(), true })},
		status("500 before", 500, `{"message": "Server Error"}`),
		{name: "502 after", answer: after(status("", 502, "<html><title>502</title></html>").answer)},
		{name: "half a body after", answer: halfBody},
		{name: "invalid JSON after", answer: after(status("", 201, `{"ref": "refs/`).answer)},
		{name: "202 after", answer: after(status("", 202, "{}").answer)},
		status("422 exists", 422, `{"message": "Reference already exists"}`),
		status("422 exists, in an error", 422, `{"message": "Validation Failed", "errors": [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]}`),
		{name: "422 exists after", answer: after(status("", 422, `{"message": "Reference already exists"}`).answer)},
		status("403", 403, `{"message": "Resource not accessible by personal access token"}`),
		status("403 secondary limit", 403, `{"message": "You have exceeded a secondary rate limit."}`),
		status("404", 404, `{"message": "Not Found"}`),
		status("401", 401, `{"message": "Bad credentials"}`),
		status("429", 429, `{"message": "Too many requests"}`, "Retry-After", "7"),
		status("429 of a gateway", 429, "<html><title>429</title></html>", "Retry-After", "7"),
		{name: "429 of a gateway, after", answer: after(status("", 429, "<html><title>429</title></html>", "Retry-After", "7").answer)},
		gateway(status("403 of a gateway", 403, `{"message": "Forbidden"}`)),
		gateway(fault{name: "403 of a gateway, after", answer: after(status("", 403, `{"message": "Forbidden"}`).answer)}),
		gateway(fault{name: "404 of a gateway, after", answer: after(status("", 404, `{"message": "Not Found"}`).answer)}),
		gateway(fault{name: "422 of a gateway, after", answer: after(status("", 422, `{"message": "Validation Failed"}`).answer)}),
		gateway(fault{name: "JSON 429 of a gateway, after", answer: after(status("", 429, `{"message": "Too many requests"}`, "Retry-After", "7").answer)}),
		{name: "redirect", answer: func(h *hit) (*http.Response, error, bool) {
			return reply(h.req, 307, "", "Location", h.req.URL.String()), nil, true
		}},
		{name: "asleep for 8 h", answer: asleep, pardon: 9 * time.Hour, once: true},
		{name: "asleep for 8 h after", answer: after(asleep), pardon: 9 * time.Hour},
	}
}

// status answers in the world's place.
func status(name string, code int, body string, header ...string) fault {
	return fault{name: name, answer: func(h *hit) (*http.Response, error, bool) {
		return reply(h.req, code, body, header...), nil, true
	}}
}

// reply is an answer that the world did not give. A host that writes JSON says so.
func reply(req *http.Request, code int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"text/html"}}
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("X-Github-Request-Id", "FAULT:1")
	}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{Status: strconv.Itoa(code) + " " + http.StatusText(code), StatusCode: code, Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Header: h, Request: req, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
}

// gateway takes the number that GitHub gives an answer from one that it did not give.
func gateway(f fault) fault {
	answer := f.answer
	f.answer = func(h *hit) (*http.Response, error, bool) {
		resp, err, met := answer(h)
		if err == nil {
			resp.Header.Del("X-Github-Request-Id")
		}
		return resp, err, met
	}
	return f
}

// after lets the world act first.
func after(then func(*hit) (*http.Response, error, bool)) func(*hit) (*http.Response, error, bool) {
	return func(h *hit) (*http.Response, error, bool) {
		resp, err := h.send()
		if err != nil {
			return resp, err, false
		}
		resp.Body.Close()
		return then(h)
	}
}

func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// halfBody breaks the answer off in the middle. One that has no body, because the
// client has it already or never asked for it, breaks off before it begins.
func halfBody(h *hit) (*http.Response, error, bool) {
	resp, err := h.send()
	if err != nil {
		return resp, err, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) == 0 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF), true
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), cutOff{}))
	return resp, nil, true
}

// notModified says that an answer did not change to somebody who has none.
func notModified(h *hit) (*http.Response, error, bool) {
	if h.req.Header.Get("If-None-Match") != "" {
		resp, err := h.send()
		return resp, err, false
	}
	return reply(h.req, http.StatusNotModified, ""), nil, true
}

// cutOff is the end of a body that broke off.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// emptyList empties the list that the world answers with, ETag and all.
func emptyList(h *hit) (*http.Response, error, bool) {
	h.req.Header.Del("If-None-Match")
	resp, err := h.send()
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err, false
	}
	empty := emptied(body)
	out := reply(h.req, http.StatusOK, string(empty), "ETag", `W/"empty"`)
	return out, nil, true
}

// headSHA is the commit of a listed run.
var headSHA = regexp.MustCompile(`"head_sha": ?"[0-9a-f]+"`)

// otherCommit makes the listed runs those of another commit, as if GitHub had not
// looked at which were asked for.
func otherCommit(h *hit) (*http.Response, error, bool) {
	h.req.Header.Del("If-None-Match")
	resp, err := h.send()
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err, false
	}
	other := headSHA.ReplaceAll(body, []byte(`"head_sha":"`+strings.Repeat("c", 40)+`"`))
	return reply(h.req, http.StatusOK, string(other), "ETag", `W/"other"`), nil, !bytes.Equal(other, body)
}

// emptied is a list without what it lists, or nil when it is none.
func emptied(body []byte) []byte {
	var object map[string]any
	if bytes.HasPrefix(body, []byte("[")) {
		return []byte("[]")
	}
	if json.Unmarshal(body, &object) != nil || object["total_count"] == nil {
		return nil
	}
	object["total_count"] = 0
	for name, value := range object {
		if _, ok := value.([]any); ok {
			object[name] = []any{}
		}
	}
	out, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return out
}

// pageFails cuts a list into pages of one, and lets the second fail.
func pageFails(h *hit) (*http.Response, error, bool) {
	q := h.req.URL.Query()
	if q.Get("page") != "" {
		return reply(h.req, 502, "<html><title>502</title></html>"), nil, true
	}
	q.Set("per_page", "1")
	h.req.URL.RawQuery = q.Encode()
	h.req.Header.Del("If-None-Match")
	resp, err := h.send()
	return resp, err, false
}

// crookedClock is a clock that somebody may set.
type crookedClock struct {
	release.Clock
	off atomic.Int64
}

// Now is the time that the machine takes it to be.
func (c *crookedClock) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.off.Load())) }

// jump sets the clock, of this machine alone.
func jump(by time.Duration) func(*hit) (*http.Response, error, bool) {
	return func(h *hit) (*http.Response, error, bool) {
		h.clock.off.Store(int64(by))
		resp, err := h.send()
		return resp, err, true
	}
}

// asleep closes the laptop: hours later the connection is gone.
func asleep(h *hit) (*http.Response, error, bool) {
	if err := h.clock.Clock.Sleep(context.Background(), 8*time.Hour); err != nil {
		return nil, err, true
	}
	return nil, reset(), true
}
