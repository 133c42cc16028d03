package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	// maxBreaks is how often in a row a file may break off without a byte more.
	maxBreaks = 5
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
	etag string // strong; empty for none
	pos  int64
	body io.ReadCloser
	stop context.CancelCauseFunc // ends the request that body is of
	idle *time.Timer
	// breaks are those in a row without a byte in between.
	breaks int
	ended  bool
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
		n, err := d.body.Read(p)
		d.pos += int64(n)
		if n > 0 {
			d.breaks = 0
			d.idle.Reset(idleTime)
		}
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
	later, ok := errors.AsType[*temporary](err)
	if d.breaks++; !ok || d.breaks > maxBreaks {
		return err
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
		header = append(header, "Range", fmt.Sprintf("bytes=%d-", d.pos))
		if d.etag != "" {
			header = append(header, "If-Range", d.etag)
		}
	}
	resp, err := w.send(w.with(ctx), d.client(w), http.MethodGet, d.from.String(), header...)
	if err == nil {
		err = d.accept(resp)
		if err != nil {
			resp.Body.Close()
		}
	}
	if err != nil {
		idle.Stop()
		stop(nil)
		return err
	}
	d.body, d.stop, d.idle = &stalling{resp.Body, ctx}, stop, idle
	return nil
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
	etag := resp.Header.Get("ETag")
	switch {
	case resp.StatusCode == http.StatusOK && d.pos == 0:
		d.etag, d.size = "", resp.ContentLength
		if strings.HasPrefix(etag, `"`) {
			d.etag = etag
		}
		return nil
	case resp.StatusCode == http.StatusOK:
		return hinted(fmt.Errorf("%s: it broke off, and can not be gone on with: the place begins it anew, or it has changed", host), "try again")
	case resp.StatusCode == http.StatusPartialContent && d.pos > 0:
		from, size, err := contentRange(resp.Header.Get("Content-Range"))
		if err != nil || from != d.pos || d.size >= 0 && size != d.size || d.etag != "" && etag != "" && etag != d.etag {
			return hinted(fmt.Errorf("%s: it changed while it was read", host), "try again")
		}
		return nil
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return hinted(answered(resp), "it is listed, and is not there: look again in a while")
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return hinted(forbidden{answered(resp)}, "the file has to be readable by everybody")
	}
	return hinted(answered(resp), "open %s and see what it says", d.from.Redacted())
}

// contentRange reads bytes FROM-TO/SIZE.
func contentRange(s string) (from, size int64, err error) {
	span, ok := strings.CutPrefix(s, "bytes ")
	part, all, ok2 := strings.Cut(span, "/")
	first, last, ok3 := strings.Cut(part, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, fmt.Errorf("%q is no range", text.Clean(s))
	}
	from, err = strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	size, err3 := strconv.ParseInt(all, 10, 64)
	if err = errors.Join(err, err2, err3); err != nil || from < 0 || to < from || to >= size {
		return 0, 0, fmt.Errorf("%q is no range: %w", text.Clean(s), errors.Join(err, errors.New("out of order")))
	}
	return from, size, nil
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
	ctx context.Context
}

// Read implements io.Reader.
func (b *stalling) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errStalled) {
		err = &temporary{err: errStalled}
	}
	return n, err
}

// span reads a part of the file beside the download.
func (d *download) span(from, to int64) (part []byte, ranges bool, err error) {
	err = d.s.try(d.ctx, d.what, func(ctx context.Context) error {
		w := d.s.wire(to - from)
		w.plain = d.from.Scheme == "http"
		header := []string{"Accept-Encoding", "identity", "Range", fmt.Sprintf("bytes=%d-%d", from, to-1)}
		if d.etag != "" {
			header = append(header, "If-Range", d.etag)
		}
		resp, err := w.send(ctx, w.client(false), http.MethodGet, d.from.String(), header...)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if ranges = resp.StatusCode == http.StatusPartialContent; !ranges {
			return nil
		}
		at, size, err := contentRange(resp.Header.Get("Content-Range"))
		if err != nil || at != from || size != d.size {
			return hinted(fmt.Errorf("%s: it changed while it was read", text.Clean(d.from.Host)), "try again")
		}
		part = make([]byte, to-from)
		_, err = io.ReadFull(resp.Body, part)
		return err
	})
	return part, ranges, err
}
