package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

// maxDebBody bounds what is read of a .deb: one byte is asked for, and a server
// that does not know ranges sends them all.
const maxDebBody = 4 << 10

// etagForm is the form of entity tags that are worth showing.
var etagForm = regexp.MustCompile(`^"([A-Za-z0-9._+/=:-]{1,128})"$`)

// deb looks whether there is a file at the artifact's URL.
func (s *Shelf) deb(ctx context.Context, a release.Artifact, p *checks.Published) error {
	u, err := webURL(a.Name)
	if err != nil {
		return misnamed(err)
	}
	p.URL = text.Clean(u.String())
	w := s.wire(maxDebBody)
	w.plain = u.Scheme == "http"
	client := w.client(false)
	resp, err := w.send(ctx, client, http.MethodHead, u.String())
	if err != nil {
		return err
	}
	resp.Body.Close()
	size := resp.ContentLength
	if needsRange(resp) {
		if resp, size, err = w.firstByte(ctx, client, u.String()); err != nil {
			return err
		}
	}
	return debAnswer(resp, size, p)
}

// webURL reads an address as a plan names it, which a plan file may hold anything in.
func webURL(name string) (*url.URL, error) {
	u, err := url.Parse(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", name)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is no http or https URL", name)
	case u.User != nil:
		return nil, errors.New("the URL holds a user name or a password")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// needsRange holds when the answer to a HEAD does not tell whether there is a file:
// some places do not know HEAD, others sign their URLs for GET alone.
func needsRange(head *http.Response) bool {
	switch head.StatusCode {
	case http.StatusOK:
		return head.ContentLength <= 0
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// firstByte asks for the file's first byte, and gives the size of the whole: -1
// when it is not told but there is a byte.
func (w *wire) firstByte(ctx context.Context, client *http.Client, address string) (*http.Response, int64, error) {
	resp, err := w.send(ctx, client, http.MethodGet, address, "Range", "bytes=0-0")
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
		n, err := io.ReadFull(resp.Body, make([]byte, 1))
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		if n == 0 {
			return resp, 0, nil
		}
		return resp, -1, nil
	}
	return resp, 0, nil
}

// debAnswer says what an answer means. Only a file that is there and holds
// something exists, and only "not found" means that there is none.
func debAnswer(resp *http.Response, size int64, p *checks.Published) error {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable: // the last: not one byte
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return hinted(forbidden{answered(resp)},
			"the file has to be readable by everybody; some object stores answer this for a file that does not exist, until listing is allowed")
	default:
		return hinted(answered(resp), "open %s and see what it says", p.URL)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return hinted(fmt.Errorf("%s answered with a web page, not with a file", text.Clean(resp.Request.URL.Host)),
			"open the URL: it may be an error page that says it is none")
	}
	if p.Exists = size != 0; !p.Exists {
		return nil
	}
	if at, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		p.Updated = at.UTC()
	}
	if m := etagForm.FindStringSubmatch(strings.TrimSpace(resp.Header.Get("ETag"))); m != nil {
		p.Digest = "etag:" + m[1]
	}
	return nil
}
