package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/cli/go-gh/v2/pkg/auth"
	"github.com/peterhellberg/link"

	"twokey/checks/text"
	"twokey/release"
)

// What every request to the API host says.
const (
	acceptJSON = "application/vnd.github+json"
	apiVersion = "2022-11-28"
)

// maxPages bounds how many pages one list may have. A list is never cut short
// silently: longer is an error.
const maxPages = 100

// errStrange holds for an answer that is not about what was asked.
var errStrange = errors.New("not what was asked for")

// errNotJSON holds for an answer that is no JSON, or half of it.
var errNotJSON = errors.New("the answer is not whole JSON")

// query is one thing to read.
type query struct {
	what string // for people: "branch main of o/r"
	url  string
	err  error // why it can not be asked
	// body is a question that is posted, as the other API has it; nil for all else.
	body []byte
	// tries is how often it is asked at most, for what can be had in another way; 0 is
	// as often as any read.
	tries int
}

// host is who is asked: a name and a port, however they are spelled.
func (q query) host() string {
	u, err := url.Parse(q.url)
	if err != nil {
		return "" // nothing is sent there
	}
	return strings.ToLower(u.Host)
}

// ask makes a query for a path below a repository. Each segment is escaped, so
// that a slash within one stays in it.
func (c *Client) ask(what string, repo release.Repo, params url.Values, segments ...string) query {
	u, err := c.repoURL(repo, params, segments...)
	return query{what: what + " of " + repo.String(), url: u, err: err}
}

// repoURL is the address of something in a repository.
func (c *Client) repoURL(repo release.Repo, params url.Values, segments ...string) (string, error) {
	if repo.Host != "" && auth.NormalizeHostname(repo.Host) != c.host {
		return "", fmt.Errorf("%s is on %s, and this client is for %s", repo, repo.Host, c.host)
	}
	return c.address(params, append([]string{"repos", repo.Owner, repo.Name}, segments...)...)
}

// address is an address at the API host.
func (c *Client) address(params url.Values, segments ...string) (string, error) {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", fmt.Errorf("%q can not be part of an address", s)
		}
		escaped[i] = url.PathEscape(s)
	}
	address := c.api.String() + strings.Join(escaped, "/")
	if len(params) > 0 {
		address += "?" + params.Encode()
	}
	return address, nil
}

// elsewhere is an answer that sends the reader to another host.
type elsewhere struct{ to *url.URL }

func (e *elsewhere) Error() string { return "redirected to " + e.host().String() }

// host is the host's name, which an answer may spell in any way.
func (e *elsewhere) host() text.Safe { return text.Clean(e.to.Hostname()) }

// read sends a query until there is an answer, and has it consumed. consume may be
// called again when it fails with a fault.
func (c *Client) read(ctx context.Context, q query, consume func(*http.Response) error) error {
	err := q.err
	if err == nil {
		err = c.retry.run(ctx, q, func() error { return c.attempt(ctx, q, consume) })
	}
	if e, ok := err.(*elsewhere); ok && isStream(ctx) {
		return e
	}
	return c.explain(q.what, err)
}

// attempt sends a query once.
func (c *Client) attempt(ctx context.Context, q query, consume func(*http.Response) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	method, body := http.MethodGet, io.Reader(nil)
	if q.body != nil {
		method, body = http.MethodPost, bytes.NewReader(q.body)
	}
	req, err := c.request(ctx, method, q.url, body)
	if err != nil {
		return err
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return &fault{err}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		return consume(resp)
	case redirects(resp.StatusCode):
		to, err := target(resp, req.URL)
		if err != nil {
			return err
		}
		return &elsewhere{to}
	}
	s := c.refusal(resp, req.URL)
	if l, ok := limitOf(s, resp.Header, c.retry.clock.Now()); ok {
		return l
	}
	if s.cut != nil {
		return &fault{s.cut}
	}
	return s
}

// request makes a request, with GitHub's headers when it is for GitHub.
func (c *Client) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.userAgent)
	if sameHost(c.api, req.URL) {
		req.Header.Set("Accept", acceptJSON)
		req.Header.Set("X-Github-Api-Version", apiVersion)
	}
	return req, nil
}

// stream reads an answer as it comes, here or on the one host that GitHub sends the
// reader to, which gets no token. consume begins anew when it is called again.
func (c *Client) stream(ctx context.Context, q query, consume func(*http.Response) error) error {
	ctx = asStream(ctx)
	err := c.read(ctx, q, consume)
	if e, ok := errors.AsType[*elsewhere](err); ok {
		err = c.read(ctx, query{what: q.what, url: e.to.String()}, consume)
	}
	if e, ok := errors.AsType[*elsewhere](err); ok {
		err = c.explain(q.what, fmt.Errorf("%w: from there to %s", errTarget, e.host()))
	}
	return err
}

// get reads one JSON answer.
func get[T any](ctx context.Context, c *Client, q query) (T, http.Header, error) {
	var value T
	var header http.Header
	err := c.read(ctx, q, func(resp *http.Response) error {
		header = resp.Header
		var err error
		value, err = decode[T](resp.Body)
		return err
	})
	return value, header, err
}

// decode reads JSON. Text that is no JSON, or half of one, is a fault: something
// between here and GitHub cut it short. JSON of another shape is an answer to
// something else.
func decode[T any](r io.Reader) (T, error) {
	var value T
	body, err := io.ReadAll(r)
	if err != nil {
		return value, &fault{err}
	}
	err = json.Unmarshal(body, &value)
	if _, broken := errors.AsType[*json.SyntaxError](err); broken {
		return value, &fault{fmt.Errorf("%w: %w", errNotJSON, err)}
	}
	if err != nil {
		return value, fmt.Errorf("the answer is %w: %w", errStrange, err)
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && v.IsNil() {
		return value, fmt.Errorf("null, where a list belongs, is %w", errStrange)
	}
	return value, nil
}

// hasLists is an error unless a page holds every list that is read off it. An answer
// without its list is no empty list: nothing could be seen.
func hasLists(page any) error {
	v := reflect.ValueOf(page)
	if v.Kind() != reflect.Struct {
		return nil
	}
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.IsNil() {
			return fmt.Errorf("an answer without its list is %w", errStrange)
		}
	}
	return nil
}

// oneOrMany is an answer that is either one thing or a list of them.
type oneOrMany[T any] struct {
	one  T
	many []T
	list bool
}

// UnmarshalJSON reads either form.
func (o *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	if o.list = len(b) > 0 && b[0] == '['; o.list {
		return json.Unmarshal(b, &o.many)
	}
	return json.Unmarshal(b, &o.one)
}

// pages reads every page of a list, one after the other.
func pages[T any](ctx context.Context, c *Client, q query, each func(T) error) error {
	seen := map[string]bool{}
	for range maxPages {
		seen[q.url] = true
		page, header, err := get[T](ctx, c, q)
		if err == nil {
			err = c.explain(q.what, hasLists(page))
		}
		if err == nil {
			err = c.explain(q.what, each(page))
		}
		if err != nil {
			return err
		}
		next := link.ParseHeader(header)["next"]
		if next == nil {
			return nil
		}
		u, err := url.Parse(next.URI)
		if err != nil || !sameHost(c.api, u) || seen[next.URI] {
			return c.explain(q.what, fmt.Errorf("the next page is %w", errStrange))
		}
		q.url = next.URI
	}
	return c.explain(q.what, fmt.Errorf("there are more than %d pages", maxPages))
}

// perPage are the parameters of a list, with as many entries a page as GitHub gives.
func perPage(pairs ...string) url.Values {
	v := url.Values{"per_page": {"100"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// validSHA tells whether s is an object's name: 40 hexadecimal digits, or 64 in
// repositories that use SHA-256.
func validSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// checkSHA is an error unless s is an object's name.
func checkSHA(what, s string) error {
	if !validSHA(s) {
		return fmt.Errorf("%s is %w: %q is not a SHA", what, errStrange, clip(s))
	}
	return nil
}

// checkID is an error unless id is one that GitHub gives.
func checkID(what string, id int64) error {
	if id <= 0 {
		return fmt.Errorf("%s is %w: %d is not an ID", what, errStrange, id)
	}
	return nil
}

// clip shortens what an error quotes.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
