package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The bounds of one answer. Logs, trees and archives are read as they come; everything
// else is held in memory whole.
const (
	jsonTime  = 30 * time.Second
	jsonBytes = 32 << 20
	logTime   = 5 * time.Minute
	logBytes  = 512 << 20
)

// errTooLarge holds for an answer that is larger than anything that twokey asks for.
var errTooLarge = errors.New("the answer is too large")

// errTimeout holds for an answer that did not come in time.
var errTimeout = errors.New("no answer in time")

// limits bounds the time and the size of each answer, its body included. The time
// is real time, not the clock's: it is about the network.
type limits struct {
	next http.RoundTripper
}

func (l *limits) RoundTrip(req *http.Request) (*http.Response, error) {
	limit, size := jsonTime, int64(jsonBytes)
	if isStream(req.Context()) {
		limit, size = logTime, logBytes
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), limit, errTimeout)
	resp, err := l.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		err = timeoutOr(ctx, err, limit)
		cancel()
		return nil, err
	}
	resp.Body = &limitedBody{body: resp.Body, ctx: ctx, cancel: cancel, left: size, limit: limit}
	return resp, nil
}

// timeoutOr names the time-out when it is what ended the request.
func timeoutOr(ctx context.Context, err error, limit time.Duration) error {
	if errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%w (%s)", errTimeout, limit)
	}
	return err
}

// limitedBody fails once more than left bytes were read or the time is up.
type limitedBody struct {
	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelFunc
	left   int64
	limit  time.Duration
}

func (b *limitedBody) Read(p []byte) (int, error) {
	// One byte more than allowed tells a large answer from one that just fits.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLarge
	}
	if err != nil && err != io.EOF {
		err = timeoutOr(b.ctx, err, b.limit)
	}
	return n, err
}

func (b *limitedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}

// streamKey marks the context of a request for a log.
type streamKey struct{}

// asStream marks requests whose answer is read as it comes.
func asStream(ctx context.Context) context.Context {
	return context.WithValue(ctx, streamKey{}, true)
}

func isStream(ctx context.Context) bool { return ctx.Value(streamKey{}) != nil }
