package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/checks/trace/archive"
	"twokey/release"
)

func wheelFile() release.File {
	return release.File{Name: "ckan-2.11.6-py3-none-any.whl", Form: checks.FormWheel, Size: -1}
}

func TestReadWheel(t *testing.T) {
	large, small, many := wheelOf(t, 5, 200_000), wheelOf(t, 3, 100), wheelOf(t, 3000, 10)
	tail := func(b []byte) string { return fmt.Sprintf("bytes=%d-%d", len(b)-tailStep, len(b)-1) }
	tests := []struct {
		name    string
		content []byte
		spoil   func(n int, resp *http.Response)
		ranges  []string // nil: any
		files   int
	}{
		{"large", large, nil, []string{"", tail(large)}, 5},
		{"small", small, nil, []string{"", fmt.Sprintf("bytes=0-%d", len(small)-1)}, 3},
		{"of a long directory", many, nil, nil, 3000},
		{"breaks off in the middle", large, func(n int, resp *http.Response) {
			if n == 1 {
				cut(resp, 500_000)
			}
		}, []string{"", tail(large), "bytes=500000-"}, 5},
		{"breaks off in the end that was read ahead", large, func(n int, resp *http.Response) {
			if n == 1 {
				cut(resp, int64(len(large)-10))
			}
		}, []string{"", tail(large), fmt.Sprintf("bytes=%d-", len(large)-10)}, 5},
		{"its end breaks off", large, func(n int, resp *http.Response) {
			if n == 2 {
				cut(resp, 100)
			}
		}, []string{"", tail(large), tail(large)}, 5},
		{"its end is short", large, func(n int, resp *http.Response) {
			if n == 2 {
				resp.Body = io.NopCloser(io.LimitReader(resp.Body, 100))
			}
		}, []string{"", tail(large), tail(large)}, 5},
		{"no ranges", large, func(n int, resp *http.Response) {
			if n == 2 {
				resp.StatusCode, resp.Body = 200, io.NopCloser(bytes.NewReader(large))
			}
		}, []string{"", tail(large)}, 5},
		{"length not told", large, func(_ int, resp *http.Response) { resp.ContentLength = -1 }, []string{""}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &depot{content: tt.content, spoil: tt.spoil}
			w := depotWorld(t, d)
			r := w.read(t, wheelFile())
			if r.isWhole(t, tt.content); r.err != nil || r.files != tt.files {
				t.Errorf("%+v", r)
			}
			if tt.ranges != nil && !slices.Equal(d.ranges(), tt.ranges) || len(d.sent) > 4 {
				t.Errorf("asked for %q, want %q", d.ranges(), tt.ranges)
			}
			for _, req := range d.sent[1:] {
				if req.Header.Get("If-Range") != `"one"` {
					t.Errorf("a part is asked for with %v", req.Header)
				}
			}
		})
	}
}

// wheelRefusals are what a place may do to a wheel of two steps and more.
func wheelRefusals(content []byte) []readRefusal {
	second := func(do func(resp *http.Response)) func(int, *http.Response) {
		return func(n int, resp *http.Response) {
			if n == 2 {
				do(resp)
			}
		}
	}
	// other gives another byte in the part, which no sum of the directory is about: the
	// time in the first entry.
	other := func(resp *http.Response) {
		b := bytes.Clone(content[len(content)-tailStep:])
		b[bytes.Index(b, []byte("PK\x01\x02"))+12] ^= 1
		resp.Body = io.NopCloser(bytes.NewReader(b))
	}
	size := len(content)
	return []readRefusal{
		{"another end than came", depot{spoil: second(other)}, nil, "its end changed while it was read", 2, false},
		{"an end of nothing", depot{spoil: second(func(resp *http.Response) { resp.Body = io.NopCloser(bytes.NewReader(make([]byte, tailStep))) })},
			nil, "its end changed while it was read", 2, false},
		{"another length", depot{spoil: second(header("Content-Range", fmt.Sprintf("bytes %d-%d/%d", size-tailStep, size-1, size+1)))},
			nil, "it changed while it was read", 2, false},
		{"another tag", depot{spoil: second(header("ETag", `"two"`))}, nil, "it changed while it was read", 2, false},
		{"another part", depot{spoil: second(header("Content-Range", fmt.Sprintf("bytes 0-%d/%d", tailStep-1, size)))}, nil, "gave another part", 2, false},
		{"a shorter part", depot{spoil: second(header("Content-Range", fmt.Sprintf("bytes %d-%d/%d", size-tailStep, size-2, size)))}, nil, "gave another part", 2, false},
		{"an encoded part", depot{spoil: second(header("Content-Encoding", "gzip"))}, nil, `a part of it encoded as "gzip"`, 2, false},
		{"ranges once only", depot{spoil: func(n int, resp *http.Response) {
			if n > 2 {
				resp.StatusCode = 200
			}
		}}, nil, "gave a part of it, and then did not", 3, false},
	}
}

func TestReadWheelRefuses(t *testing.T) {
	content := wheelOf(t, 3, 200_000)
	for _, tt := range wheelRefusals(content) {
		t.Run(tt.name, func(t *testing.T) {
			d := &depot{content: content, spoil: tt.depot.spoil}
			if tt.name == "ranges once only" {
				d.content = wheelOf(t, 3000, 10)
			}
			r := depotWorld(t, d).read(t, wheelFile())
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) || text.Clean(r.err.Error()).String() != r.err.Error() {
				t.Fatalf("error %v, want %q", r.err, tt.want)
			}
			if _, ok := errors.AsType[*archive.Refused](r.err); ok {
				t.Error("the wheel is said to be at fault")
			}
			if len(d.sent) != tt.sent || len(r.got.Digests) > 0 && !r.wholeAnyway() {
				t.Errorf("asked for %q, received %+v", d.ranges(), r.got)
			}
		})
	}
}

// wholeAnyway holds where all came before it was known that something is wrong.
func (r reading) wholeAnyway() bool { return strings.Contains(r.err.Error(), "its end changed") }

// TestReadWheelTooLarge holds that a wheel which would have to be held in memory is not,
// and has a digest.
func TestReadWheelTooLarge(t *testing.T) {
	content := make([]byte, maxWhole+10)
	d := &depot{content: content, spoil: func(_ int, resp *http.Response) { resp.ContentLength = -1 }}
	r := depotWorld(t, d).read(t, wheelFile())
	r.isWhole(t, content)
	if !errors.Is(r.err, errUnseen) || r.files > 0 || release.HintOf(r.err) == "" {
		t.Errorf("%+v", r)
	}
}

// TestReadWheelRefused holds that a wheel with something behind it is at fault itself.
func TestReadWheelRefused(t *testing.T) {
	content := append(wheelOf(t, 3, 200_000), "and more"...)
	r := depotWorld(t, &depot{content: content}).read(t, wheelFile())
	r.isWhole(t, content)
	if _, ok := errors.AsType[*archive.Refused](r.err); !ok || r.files > 0 {
		t.Errorf("%+v", r)
	}
}
