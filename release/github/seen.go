package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"twokey/release"
)

// seen gives an answer again within the look that a request is part of, without
// asking. Only whole JSON is given again, and only what says what is there or that it
// is not; a question that is posted, and what is read as it comes, pass through.
type seen struct {
	next http.RoundTripper
	api  *url.URL
}

// seenAnswer is an answer that may be given again.
type seenAnswer struct {
	status int
	header http.Header
	body   []byte
}

func (s *seen) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if release.LookOf(ctx) == nil || req.Method != http.MethodGet || !sameHost(s.api, req.URL) || isStream(ctx) {
		return s.next.RoundTrip(req)
	}
	key := "GET " + req.Header.Get("Accept") + " " + req.URL.String()
	a, err := release.InLook(ctx, key, func() (a seenAnswer, keep bool, err error) {
		resp, err := s.next.RoundTrip(req)
		if err != nil {
			return a, false, err
		}
		defer resp.Body.Close()
		a = seenAnswer{status: resp.StatusCode, header: resp.Header}
		if a.body, err = io.ReadAll(resp.Body); err != nil {
			return a, false, err
		}
		says := a.status == http.StatusOK || a.status == http.StatusNotFound
		return a, says && len(a.body) <= maxKeptOne && json.Valid(a.body), nil
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Header: a.header.Clone(),
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req}, nil
}
