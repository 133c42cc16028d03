package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ErrReadOnly holds when a read-only client was asked to send something that is
// not a read.
var ErrReadOnly = errors.New("refused: this client only reads")

// maxQuery bounds the GraphQL documents that the guard reads.
const maxQuery = 1 << 20

// guard refuses every request but GET, HEAD and GraphQL queries. A refused request
// goes no further.
type guard struct {
	next http.RoundTripper
	api  *url.URL
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	req, err := g.admit(req)
	if err != nil {
		return nil, err
	}
	return g.next.RoundTrip(req)
}

// admit gives the request to send on. The body of a GraphQL request is read, so
// that what is sent is exactly what was looked at.
func (g *guard) admit(req *http.Request) (*http.Request, error) {
	refuse := func() (*http.Request, error) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, ErrReadOnly)
	}
	switch {
	case req.Header.Get("X-Http-Method-Override") != "":
		return refuse()
	case reads(req.Method):
		if req.Body != nil && req.Body != http.NoBody {
			return refuse()
		}
		return req, nil
	case req.Method != http.MethodPost || !sameHost(g.api, req.URL) || req.URL.Path != g.graphql() || req.Body == nil:
		return refuse()
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxQuery+1))
	if err != nil || len(body) > maxQuery || !onlyQueries(body) {
		return refuse()
	}
	_ = req.Body.Close()
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.ContentLength = int64(len(body))
	req.GetBody = nil
	return req, nil
}

// graphql is the path of the host's GraphQL API.
func (g *guard) graphql() string {
	if strings.HasSuffix(g.api.Path, "/v3/") {
		return strings.TrimSuffix(g.api.Path, "v3/") + "graphql"
	}
	return "/graphql"
}

// onlyQueries tells whether a GraphQL request body holds a document of queries and
// fragments, and nothing else. What it can not read is not one.
func onlyQueries(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	var docs []string
	for dec.More() {
		key, err := dec.Token()
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			return false
		}
		// Of two keys one server takes the first and another the last, and some
		// fold case: there has to be exactly one.
		if name, ok := key.(string); ok && strings.EqualFold(name, "query") {
			var doc string
			if json.Unmarshal(value, &doc) != nil {
				return false
			}
			docs = append(docs, doc)
		}
	}
	return json.Valid(body) && len(docs) == 1 && queryDocument(docs[0])
}

// queryDocument walks over a GraphQL document. Every definition begins outside of
// all braces and parentheses, with a word or with the brace of an unnamed query.
func queryDocument(doc string) bool {
	braces, parens, definitions := 0, 0, 0
	begins := true
	for i := 0; i < len(doc); {
		switch ch := doc[i]; {
		case ch == '#':
			i += lineLength(doc[i:])
			continue
		case ch == '"':
			n := stringLength(doc[i:])
			if n == 0 || begins { // unterminated, or a description: no query has one
				return false
			}
			i += n
			continue
		case nameByte(ch):
			word := leadingName(doc[i:])
			if begins && word != "query" && word != "fragment" {
				return false
			}
			definitions += b2i(begins)
			begins = false
			i += len(word)
			continue
		case ch == '(':
			parens++
		case ch == ')':
			parens--
		case ch == '{':
			definitions += b2i(begins)
			begins = false
			braces++
		case ch == '}':
			braces--
			begins = braces == 0 && parens == 0
		}
		if braces < 0 || parens < 0 {
			return false
		}
		i++
	}
	return definitions > 0 && begins && braces == 0 && parens == 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func nameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// leadingName is the word that s begins with.
func leadingName(s string) string {
	i := 0
	for i < len(s) && nameByte(s[i]) {
		i++
	}
	return s[:i]
}

// lineLength is the length of the comment that s begins with.
func lineLength(s string) int {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

// stringLength is the length of the string or block string that s begins with; 0
// when it does not end.
func stringLength(s string) int {
	if strings.HasPrefix(s, `"""`) {
		for i := 3; i < len(s); i++ {
			switch {
			case strings.HasPrefix(s[i:], `\"""`):
				i += 3
			case strings.HasPrefix(s[i:], `"""`):
				return i + 3
			}
		}
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n', '\r':
			return 0
		}
	}
	return 0
}
