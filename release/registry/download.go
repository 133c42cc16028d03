package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"twokey/checks/text"
)

const (
	// maxFile bounds a published file.
	maxFile = 8 << 30
	// idleTime is how long a place may send nothing in the middle of a file.
	idleTime = time.Minute
	// maxBreaks is how often in a row a file may break off with less than headway
	// bytes more.
	maxBreaks = 5
	headway   = 1 << 20
)

// errStalled is why a download was broken off that had stopped by itself.
var errStalled = errors.New("nothing came for a minute")

// download reads a published file from its first byte to its last. Where it breaks off,
// it goes on from there: with the same file, or not at all.
type download struct {
	s    *Shelf
	ctx  context.Context
	what text.Safe
	from *url.URL
	// door is what lets anybody into a registry; nil for other places.
	door http.RoundTripper
	// size is the whole file's, once it is known; -1 before, and where nobody tells.
	size int64
	// same is what says, of the rest, that it is of the same file: a strong entity tag,
	// or a date; empty where the place tells neither.
	same string
	pos  int64
	body io.ReadCloser
	stop context.CancelCauseFunc // ends the request that body is of
	idle *time.Timer
	// breaks are those since less than headway bytes, and brokeAt is where the last was.
	breaks  int
	brokeAt int64
	ended   bool
}

// fetch begins to read a file. The first request is sent with the first read.
func (s *Shelf) fetch(ctx context.Context, what text.Safe, address string) (*download, error) {
	u, err := webURL(address)
	if err != nil {
		return nil, misnamed(err)
	}
	return &download{s: s, ctx: ctx, what: what, from: u, size: -1}, nil
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	for !d.ended {
		if d.body == nil {
			if err := d.open(); err != nil {
				return 0, err
			}
			continue
		}
		// What is done with the file in between takes the time that it takes.
		d.idle.Reset(idleTime)
		n, err := d.body.Read(p)
		d.idle.Stop()
		d.pos += int64(n)
		switch {
		case err == io.EOF && d.size >= 0 && d.pos < d.size:
			err = &temporary{err: fmt.Errorf("%s: it broke off after %d of %d bytes", text.Clean(d.from.Host), d.pos, d.size)}
		case err == io.EOF:
			d.ended = true
			d.close()
			return n, nil
		case err == nil && d.size >= 0 && d.pos > d.size:
			d.close()
			return n, fmt.Errorf("%s sent more than the %d bytes that it announced", text.Clean(d.from.Host), d.size)
		}
		if err != nil {
			if err = d.broke(err); err != nil {
				return n, err
			}
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// broke ends a request that failed. It gives the error unless another may go on.
func (d *download) broke(err error) error {
	if cause := context.Cause(d.ctx); cause != nil {
		d.close()
		return cause
	}
	d.close()
	if d.pos-d.brokeAt >= headway {
		d.breaks = 0
	}
	d.brokeAt = d.pos
	later, ok := errors.AsType[*temporary](err)
	switch d.breaks++; {
	case !ok:
		return err
	case d.breaks > maxBreaks:
		return hinted(fmt.Errorf("%w: it breaks off again and again", err), "see whether it is up, then try again")
	}
	// The next request is the second try of this one: it waits, and says why.
	first := true
	return d.s.again(d.ctx, d.what, func(ctx context.Context) error {
		if first {
			first = false
			return later
		}
		return d.request(ctx)
	})
}

// open sends the first request.
func (d *download) open() error { return d.s.again(d.ctx, d.what, d.request) }

// request asks for the file from where it broke off.
func (d *download) request(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	idle := time.AfterFunc(idleTime, func() { stop(errStalled) })
	w := d.s.wire(maxFile)
	w.plain = d.from.Scheme == "http"
	header := []string{"Accept-Encoding", "identity"}
	if d.pos > 0 {
		// A layer is named after its digest, and held against it; any other file could be
		// another one by now.
		if d.same == "" && d.door == nil {
			idle.Stop()
			stop(nil)
			return hinted(fmt.Errorf("%s: it broke off, and nothing tells whether the rest is still of the same file", text.Clean(d.from.Host)), "try again")
		}
		header = append(header, "Range", fmt.Sprintf("bytes=%d-", d.pos))
		header = d.ifSame(header)
	}
	resp, err := w.send(w.with(ctx), d.client(w), http.MethodGet, d.from.String(), header...)
	if err == nil {
		err = d.accept(resp)
		if err != nil {
			resp.Body.Close()
		}
	}
	idle.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = &temporary{err: fmt.Errorf("%s: %w", text.Clean(d.from.Host), errStalled)}
		}
		stop(nil)
		return err
	}
	d.body, d.stop, d.idle = &stalling{resp.Body, ctx, d.from.Host}, stop, idle
	return nil
}

// ifSame adds to headers that a part is only wanted of the same file.
func (d *download) ifSame(header []string) []string {
	if d.same == "" {
		return header
	}
	return append(header, "If-Range", d.same)
}

// validator is what an answer has to tell its file from a later one. A weak tag does not.
func validator(h http.Header) string {
	if etag := h.Get("ETag"); strings.HasPrefix(etag, `"`) {
		return etag
	}
	at := h.Get("Last-Modified")
	if _, err := http.ParseTime(at); err != nil || h.Get("ETag") != "" {
		return ""
	}
	return at
}

// client sends the requests of one try.
func (d *download) client(w *wire) *http.Client {
	c := w.client(false)
	if d.door != nil {
		c.Transport = d.door
	}
	return c
}

// accept judges the answer to a request for the file, or for the rest of it.
func (d *download) accept(resp *http.Response) error {
	host := text.Clean(d.from.Host)
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("%s sent it encoded as %q, though it was not to", host, text.Clean(e))
	}
	switch {
	case resp.StatusCode == http.StatusOK && d.pos == 0:
		d.same, d.size = validator(resp.Header), resp.ContentLength
		return nil
	case resp.StatusCode == http.StatusOK:
		return hinted(fmt.Errorf("%s: it broke off, and can not be gone on with: the place begins it anew, or it has changed", host), "try again")
	case resp.StatusCode == http.StatusPartialContent && d.pos > 0:
		if from, _, ok := d.part(resp); !ok || from != d.pos {
			return changed(host)
		}
		return nil
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && d.pos > 0:
		return hinted(fmt.Errorf("%s: it ends after %d of the %d bytes that it announced", host, d.pos, d.size), "look at where it is published")
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return hinted(answered(resp), "it is listed, and is not there: look again in a while")
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return hinted(forbidden{answered(resp)}, "the file has to be readable by everybody")
	}
	return hinted(answered(resp), "open %s and see what it says", d.from.Redacted())
}

// changed is the error of a file that is another one in the middle than it was at first.
func changed(host text.Safe) error {
	return hinted(fmt.Errorf("%s: it changed while it was read", host), "try again")
}

// part says which part of the file an answer holds, up to before to. It is not ok where it
// is of another file.
func (d *download) part(resp *http.Response) (from, to int64, ok bool) {
	from, to, size, err := contentRange(resp.Header.Get("Content-Range"))
	if err != nil || d.size >= 0 && size != d.size {
		return 0, 0, false
	}
	now := validator(resp.Header)
	return from, to, d.same == "" || now == "" || now == d.same
}

// rangeForm is the form of Content-Range (RFC 9110, section 14.4) where all is told.
var rangeForm = regexp.MustCompile(`^bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})$`)

// contentRange reads bytes FROM-LAST/SIZE; to is behind the last one.
func contentRange(s string) (from, to, size int64, err error) {
	m := rangeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, 0, fmt.Errorf("%q is no range", text.Clean(s))
	}
	var n [3]int64
	for i := range n {
		n[i], _ = strconv.ParseInt(m[i+1], 10, 64) // 18 digits fit
	}
	if n[1] < n[0] || n[1] >= n[2] {
		return 0, 0, 0, fmt.Errorf("%q is no range: out of order", text.Clean(s))
	}
	return n[0], n[1] + 1, n[2], nil
}

// close ends the request that goes on.
func (d *download) close() {
	if d.body != nil {
		d.idle.Stop()
		d.body.Close()
		d.stop(nil)
		d.body = nil
	}
}

// stalling is a body whose request is ended when nothing comes.
type stalling struct {
	io.ReadCloser
	ctx  context.Context
	host string
}

// Read implements io.Reader.
func (b *stalling) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errStalled) {
		err = &temporary{err: fmt.Errorf("%s: %w", text.Clean(b.host), errStalled)}
	}
	return n, err
}

// span reads a part of the file beside the download. Without ranges its place gives none:
// it does not know how to, or it is another file by now.
func (d *download) span(from, to int64) (part []byte, ranges bool, err error) {
	host := text.Clean(d.from.Host)
	err = d.s.try(d.ctx, d.what, func(ctx context.Context) error {
		w := d.s.wire(to - from)
		w.plain = d.from.Scheme == "http"
		header := d.ifSame([]string{"Accept-Encoding", "identity", "Range", fmt.Sprintf("bytes=%d-%d", from, to-1)})
		resp, err := w.send(ctx, w.client(false), http.MethodGet, d.from.String(), header...)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if ranges = resp.StatusCode == http.StatusPartialContent; !ranges {
			return nil
		}
		if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
			return fmt.Errorf("%s sent a part of it encoded as %q, though it was not to", host, text.Clean(e))
		}
		at, end, ok := d.part(resp)
		switch {
		case !ok:
			return changed(host)
		case at != from || end != to:
			return fmt.Errorf("%s gave another part of it than it was asked for", host)
		}
		part = make([]byte, to-from)
		if _, err = io.ReadFull(resp.Body, part); err == io.EOF || err == io.ErrUnexpectedEOF {
			return &temporary{err: fmt.Errorf("%s: it broke off", host)}
		}
		return err
	})
	return part, ranges, err
}
