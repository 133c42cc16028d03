package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"twokey/checks/text"
	"twokey/release"
)

// errNoToken is ErrNoToken for what GitHub tells nobody without a token.
type errNoToken struct{}

func (errNoToken) Error() string { return "GitHub answers this only with a token" }
func (errNoToken) Unwrap() error { return release.ErrNoToken }

// graphqlError is one or more errors in an answer of GitHub's other API, which says
// 200 all the same.
type graphqlError struct {
	kind    string // GitHub's, of the first; empty for most
	message text.Safe
}

func (e *graphqlError) Error() string { return e.message.String() }

// graphql asks GitHub's other API. The document is a query, and nothing else is sent:
// it may be asked again as any read. An answer with an error is an error, whatever
// else it holds: what is missing of it would look like nothing being there.
func graphql[T any](ctx context.Context, c *Client, what, doc string, variables map[string]any) (T, error) {
	var value T
	if c.token == "" {
		return value, c.explain(what, errNoToken{})
	}
	if !queryDocument(doc) {
		return value, c.explain(what, ErrReadOnly)
	}
	body, err := json.Marshal(map[string]any{"query": doc, "variables": variables})
	q := query{what: what, url: c.graphqlURL(), err: err, body: body}
	err = c.read(ctx, q, func(resp *http.Response) error {
		var err error
		value, err = graphqlData[T](resp.Body)
		return err
	})
	return value, err
}

// graphqlData is the data of an answer that is whole.
func graphqlData[T any](r io.Reader) (T, error) {
	var value T
	answer, err := decode[struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"errors"`
	}](r)
	if err != nil {
		return value, err
	}
	if len(answer.Errors) > 0 {
		first := answer.Errors[0]
		message := text.Clean(clip(first.Message))
		if message.IsZero() {
			message = text.Clean("GitHub answered with an error")
		}
		return value, &graphqlError{kind: first.Type, message: message}
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return value, fmt.Errorf("an answer without data is %w", errStrange)
	}
	dec := json.NewDecoder(bytes.NewReader(answer.Data))
	dec.DisallowUnknownFields() // only what was asked for is answered
	if err := dec.Decode(&value); err != nil {
		return value, fmt.Errorf("the answer is %w: %w", errStrange, err)
	}
	return value, nil
}

// graphqlParts is the data of an answer whose parts each stand for themselves, and the
// names of those that something is said against.
func graphqlParts[T any](r io.Reader) (value T, failed []string, err error) {
	answer, err := decode[struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
			Path    []any  `json:"path"`
		} `json:"errors"`
	}](r)
	if err != nil {
		return value, nil, err
	}
	for _, e := range answer.Errors {
		part := ""
		if len(e.Path) > 0 {
			part, _ = e.Path[0].(string)
		}
		if part == "" {
			return value, nil, &graphqlError{kind: e.Type, message: text.Clean(clip(e.Message))}
		}
		failed = append(failed, part)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return value, nil, fmt.Errorf("an answer without data is %w", errStrange)
	}
	if err := json.Unmarshal(answer.Data, &value); err != nil {
		return value, nil, fmt.Errorf("the answer is %w: %w", errStrange, err)
	}
	return value, failed, nil
}

// graphqlURL is where the other API is.
func (c *Client) graphqlURL() string {
	u := *c.api
	u.Path = (&guard{api: c.api}).graphql()
	return u.String()
}

// refusedToken tells whether GitHub refused because of what the token may do.
func (e *graphqlError) refusedToken() bool {
	return e.kind == "FORBIDDEN" || e.kind == "NOT_FOUND" || strings.HasPrefix(e.kind, "INSUFFICIENT_")
}
