package github

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twokey/release"
)

func TestAnswersAreBounded(t *testing.T) {
	b := newBench(t)
	r := b.fake.on("GET /repos/o/r", 200, "")
	r.stream = func(*http.Request) io.Reader { return io.LimitReader(zeros{}, jsonBytes+10) }
	_, err := b.Repository(t.Context(), testRepo())
	wantErr(t, err, errTooLarge)
	if b.fake.count() != 1 {
		t.Error("an answer that is too large was asked for again")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestLimitedBody(t *testing.T) {
	for _, tt := range []struct {
		size int
		ok   bool
	}{{0, true}, {9, true}, {10, true}, {11, false}, {1000, false}} {
		ctx, cancel := context.WithCancel(t.Context())
		b := &limitedBody{body: io.NopCloser(bytes.NewReader(make([]byte, tt.size))), ctx: ctx, cancel: cancel, left: 10}
		got, err := io.ReadAll(b)
		if tt.ok != (err == nil) || len(got) > 10 {
			t.Errorf("%d bytes: read %d, %v", tt.size, len(got), err)
		}
		b.Close()
		if ctx.Err() == nil {
			t.Error("closing leaves the context")
		}
	}
}

// A host that never answers is given up after a time, and asked again.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		hang := func(req *http.Request) error { <-req.Context().Done(); return req.Context().Err() }
		b.fake.on("GET /user", 200, "").do = hang
		b.fake.on("GET /user", 200, `{"login":"mara"}`)
		start := time.Now()
		if _, err := b.Viewer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != jsonTime {
			t.Errorf("gave up after %s", d)
		}
		if ev, ok := b.events.got[0].(release.Retrying); !ok || !strings.Contains(ev.Cause.String(), "no answer in time (30s)") {
			t.Errorf("first event is %+v", b.events.got[0])
		}
	})
}

func TestTimeoutInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.fake.on("GET /user", 200, "").stream = func(req *http.Request) io.Reader {
			return readerFunc(func([]byte) (int, error) { <-req.Context().Done(); return 0, req.Context().Err() })
		}
		b.fake.on("GET /user", 200, `{"login":"mara"}`)
		if _, err := b.Viewer(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
