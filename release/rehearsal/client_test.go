package rehearsal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"twokey/release/contracttest"
)

// client asks a world's GitHub, with the token.
type client struct {
	t     *testing.T
	world *World
}

// got is an answer.
type got struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	text   string
	body   any
}

// sample is a client of the embedded sample, whose time steps as fast as it can.
func sample(t *testing.T, scenario string) client {
	t.Helper()
	w, err := New(Options{Scenario: scenario, Speed: -1})
	check(t, err)
	return client{t, w}
}

// repo is the path of the released repository.
func (c client) repo() string { return "/repos/" + c.world.Repo().String() }

// send sends a request to api.github.com, unless the URL names another host.
func (c client) send(method, url string, body any, header ...string) got {
	c.t.Helper()
	if !strings.HasPrefix(url, "https://") {
		url = "https://" + apiHost + url
	}
	var sent io.Reader
	if body != nil {
		sent = bytes.NewReader(encodeJSON(body))
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, sent)
	check(c.t, err)
	if req.URL.Host == apiHost {
		req.Header.Set("Authorization", "Bearer "+c.world.Token())
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.world.Transport().RoundTrip(req)
	check(c.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	check(c.t, err)
	if req.URL.Host == apiHost {
		x := contracttest.Exchange{Method: method, URL: req.URL, Sent: req.Header, Status: resp.StatusCode,
			Got: resp.Header, Answer: text, Refused: resp.StatusCode >= http.StatusBadRequest}
		if body != nil {
			x.Body = encodeJSON(body)
			x.Sent.Set("Content-Type", "application/json")
		}
		contract.Hold(c.t, x)
	}
	g := got{t: c.t, what: method + " " + url, status: resp.StatusCode, header: resp.Header, text: string(text)}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		check(c.t, json.Unmarshal(text, &g.body))
	}
	return g
}

func (c client) get(url string, header ...string) got {
	c.t.Helper()
	return c.send(http.MethodGet, url, nil, header...)
}

func (c client) post(url string, body any) got {
	c.t.Helper()
	return c.send(http.MethodPost, url, body)
}

// want holds the answer against a status.
func (g got) want(status int) got {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("%s: HTTP %d, want %d: %s", g.what, g.status, status, g.text)
	}
	return g
}

// at is a value within the answer, by names and indices. It fails where there is
// none.
func (g got) at(path ...any) any {
	g.t.Helper()
	v := g.body
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if v, ok = m[step]; !ok {
				g.t.Fatalf("%s: no %v in %s", g.what, path, g.text)
			}
		case int:
			l, ok := v.([]any)
			if !ok || step >= len(l) {
				g.t.Fatalf("%s: no %v in %s", g.what, path, g.text)
			}
			v = l[step]
		}
	}
	return v
}

// list are the elements of a list within the answer.
func (g got) list(path ...any) []any {
	g.t.Helper()
	l, ok := g.at(path...).([]any)
	if !ok {
		g.t.Fatalf("%s: %v is no list in %s", g.what, path, g.text)
	}
	return l
}

// each are the values that a key has in the elements of a list.
func (g got) each(key string, path ...any) string {
	g.t.Helper()
	var all []string
	for _, e := range g.list(path...) {
		all = append(all, plain(e.(map[string]any)[key]))
	}
	return strings.Join(all, " ")
}

// plain writes a JSON value as it is, numbers without exponents.
func plain(v any) string {
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprint(v)
}

// release makes the tag of the sample's next release as twokey does, and gives the
// commit.
func (c client) release(tag, line string) string {
	c.t.Helper()
	sha := plain(c.get(c.repo()+"/git/ref/heads/"+line).want(200).at("object", "sha"))
	made := c.post(c.repo()+"/git/tags", fields{"tag": tag, "message": tag, "object": sha, "type": "commit"}).want(201)
	c.post(c.repo()+"/git/refs", fields{"ref": "refs/tags/" + tag, "sha": made.at("sha")}).want(201)
	return sha
}
