package registry

import (
	"context"
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

func sdistFile() release.File { return release.File{Form: checks.FormSdist, Size: -1} }

func TestReadWhole(t *testing.T) {
	content := sdistOf(t, 300_000)
	d := &depot{content: content}
	w := depotWorld(t, d)
	f := sdistFile()
	f.Size, f.Digests = int64(len(content)), []checks.Said{{Digest: "md5:x"}, {Digest: "blake2b:x"}}
	r := w.read(t, f)
	r.isWhole(t, content)
	if r.err != nil || r.files != 1 || r.bytes != 300_000 {
		t.Errorf("%+v", r)
	}
	if len(r.got.Digests) != 2 || r.got.Digests[1].Digest != md5Of(content) {
		t.Errorf("digests %+v", r.got.Digests)
	}
	if len(d.sent) != 1 || d.ranges()[0] != "" || w.story() != "" {
		t.Errorf("asked for %q, told %s", d.ranges(), w.story())
	}
}

// TestReadGoesOn holds that a file that breaks off is gone on with, in the open.
func TestReadGoesOn(t *testing.T) {
	content := sdistOf(t, 300_000)
	at := map[string]string{"Last-Modified": "Fri, 14 Aug 2026 11:30:00 GMT"}
	tests := []struct {
		name   string
		header map[string]string
		spoil  func(n int, resp *http.Response)
		ranges []string
		same   string
	}{
		{"in the middle", nil, func(n int, resp *http.Response) {
			if n == 1 {
				cut(resp, 100_000)
			}
		}, []string{"", "bytes=100000-"}, `"one"`},
		{"before anything came", nil, func(n int, resp *http.Response) {
			if n == 1 {
				cut(resp, 0)
			}
		}, []string{"", ""}, ""},
		{"twice, by its date", at, func(n int, resp *http.Response) {
			if n < 3 {
				cut(resp, 100_000)
			}
		}, []string{"", "bytes=100000-", "bytes=200000-"}, at["Last-Modified"]},
		{"it ends before its end", nil, func(n int, resp *http.Response) {
			if n == 1 {
				resp.Body = io.NopCloser(io.LimitReader(resp.Body, 7))
			}
		}, []string{"", "bytes=7-"}, `"one"`},
		{"the place is busy then", nil, func(n int, resp *http.Response) {
			if n == 1 {
				cut(resp, 100_000)
			}
			if n == 2 {
				resp.StatusCode = 503
			}
		}, []string{"", "bytes=100000-", "bytes=100000-"}, `"one"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &depot{content: content, header: tt.header, spoil: tt.spoil}
			w := depotWorld(t, d)
			r := w.read(t, sdistFile())
			if r.isWhole(t, content); r.err != nil || r.bytes != 300_000 {
				t.Errorf("%+v", r)
			}
			if !slices.Equal(d.ranges(), tt.ranges) || d.sent[len(d.sent)-1].Header.Get("If-Range") != tt.same {
				t.Errorf("asked for %q, %q", d.ranges(), d.sent[len(d.sent)-1].Header.Get("If-Range"))
			}
			if n := len(tt.ranges) - 1; len(w.clock.slept) != n || strings.Count(w.story(), "retry") != n || !strings.HasSuffix(w.story(), "recovered") {
				t.Errorf("slept %v, told %s", w.clock.slept, w.story())
			}
		})
	}
}

// readRefusal is what is wrong with a place, and what is said of it.
type readRefusal struct {
	name  string
	depot depot
	file  func(*release.File)
	want  string
	sent  int  // requests
	whole bool // its digest is known
}

// then breaks the first answer off, and makes something of the next.
func then(next func(resp *http.Response)) func(int, *http.Response) {
	return func(n int, resp *http.Response) {
		if n == 1 {
			cut(resp, 50_000)
		} else {
			next(resp)
		}
	}
}

func always(do func(resp *http.Response)) func(int, *http.Response) {
	return func(_ int, resp *http.Response) { do(resp) }
}

func status(code int) func(int, *http.Response) {
	return always(func(resp *http.Response) { resp.StatusCode = code })
}

func header(key, value string) func(*http.Response) {
	return func(resp *http.Response) { resp.Header.Set(key, value) }
}

func readRefusals(size int) []readRefusal {
	none := map[string]string{}
	return []readRefusal{
		{"changed in the middle", depot{spoil: then(func(resp *http.Response) { resp.StatusCode = 200 })}, nil, "begins it anew, or it has changed", 2, false},
		{"another tag", depot{spoil: then(header("ETag", `"two"`))}, nil, "it changed while it was read", 2, false},
		{"another length", depot{spoil: then(header("Content-Range", "bytes 50000-60000/60001"))}, nil, "it changed while it was read", 2, false},
		{"another place in it", depot{spoil: then(header("Content-Range", fmt.Sprintf("bytes 0-%d/%d", size-1, size)))}, nil, "it changed while it was read", 2, false},
		{"no range", depot{spoil: then(header("Content-Range", "bytes */\x1b"))}, nil, "it changed while it was read", 2, false},
		{"gone in the middle", depot{spoil: then(func(resp *http.Response) { resp.StatusCode = 404 })}, nil, "answered 404", 2, false},
		{"ends in the middle", depot{spoil: then(func(resp *http.Response) { resp.StatusCode = 416 })}, nil, "it ends after 50000 of the", 2, false},
		{"neither tag nor date", depot{header: none, spoil: then(func(*http.Response) {})}, nil, "nothing tells whether the rest", 1, false},
		{"a weak tag", depot{header: map[string]string{"ETag": `W/"x"`, "Last-Modified": "Fri, 14 Aug 2026 11:30:00 GMT"}, spoil: then(func(*http.Response) {})}, nil, "nothing tells whether", 1, false},
		{"breaks off again and again", depot{spoil: always(func(resp *http.Response) { cut(resp, 10) })}, nil, "again and again", 6, false},
		{"compressed on the way", depot{spoil: always(header("Content-Encoding", "gzip"))}, nil, `sent it encoded as "gzip"`, 1, false},
		{"not there, though listed", depot{spoil: status(404)}, nil, "answered 404", 1, false},
		{"forbidden", depot{spoil: status(403)}, nil, "answered 403", 1, false},
		{"a part that nobody asked for", depot{spoil: status(206)}, nil, "answered 206", 1, false},
		{"down", depot{spoil: status(502)}, nil, "(5 tries)", 5, false},
		{"longer than announced", depot{spoil: always(func(resp *http.Response) { resp.ContentLength -= 9 })}, nil, "more than the", 1, false},
		{"longer than listed", depot{}, func(f *release.File) { f.Size = int64(size - 1) }, "longer than the", 1, false},
		{"longer than listed, length not told", depot{spoil: always(func(resp *http.Response) { resp.ContentLength = -1 })},
			func(f *release.File) { f.Size = 10 }, "longer than the 10 bytes", 1, false},
		{"shorter than listed", depot{}, func(f *release.File) { f.Size = int64(size + 1) }, "is listed with", 1, true},
		{"a hostile name", depot{spoil: status(404)}, func(f *release.File) { f.Name = "\x1b]0;x\x07\u202eckan" }, "answered 404", 1, false},
		{"down to http", depot{spoil: always(func(resp *http.Response) {
			resp.StatusCode = 302
			resp.Header.Set("Location", "http://files.example/x")
		})}, nil, "it redirects from https to http", 1, false},
	}
}

func TestReadRefuses(t *testing.T) {
	content := sdistOf(t, 100_000)
	for _, tt := range readRefusals(len(content)) {
		t.Run(tt.name, func(t *testing.T) {
			d := &depot{content: content, header: tt.depot.header, spoil: tt.depot.spoil}
			f := sdistFile()
			if tt.file != nil {
				tt.file(&f)
			}
			r := depotWorld(t, d).read(t, f)
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) || !strings.HasPrefix(r.err.Error(), "read ") {
				t.Fatalf("error %v, want %q", r.err, tt.want)
			}
			if said := r.err.Error() + release.HintOf(r.err); text.Clean(said).String() != said || release.HintOf(r.err) == "" && tt.sent > 0 && !strings.Contains(said, "more than") && !strings.Contains(said, "encoded") {
				t.Errorf("error %q, hint %q", r.err, release.HintOf(r.err))
			}
			if _, ok := errors.AsType[*archive.Refused](r.err); ok {
				t.Error("the file is said to be at fault")
			}
			if len(d.sent) != tt.sent {
				t.Errorf("asked for %q", d.ranges())
			}
			if tt.whole {
				r.isWhole(t, content)
			} else if len(r.got.Digests) > 0 {
				t.Errorf("a part has the digests %+v", r.got.Digests)
			}
		})
	}
}

// TestReadRefusedIsReadToItsEnd holds that also what nobody should unpack has a digest.
func TestReadRefusedIsReadToItsEnd(t *testing.T) {
	for form, content := range map[checks.Form][]byte{
		checks.FormSdist: append([]byte("this is no tarball"), noise(200_000)...), checks.FormDeb: noise(100_000),
		checks.FormWheel: noise(400_000),
	} {
		r := depotWorld(t, &depot{content: content}).read(t, release.File{Form: form, Size: -1})
		r.isWhole(t, content)
		if _, ok := errors.AsType[*archive.Refused](r.err); !ok || r.files != 0 {
			t.Errorf("%s: %+v", form, r)
		}
	}
	for _, form := range []checks.Form{checks.FormSdist, checks.FormWheel, checks.FormDeb} {
		r := depotWorld(t, &depot{}).read(t, release.File{Form: form, Size: -1})
		if r.isWhole(t, nil); r.err == nil {
			t.Errorf("an empty %s is read", form)
		}
	}
	content := noise(1000)
	r := depotWorld(t, &depot{content: content}).read(t, release.File{Form: checks.FormOther, Size: -1})
	if r.isWhole(t, content); r.err != nil || r.files != 0 {
		t.Errorf("%+v", r)
	}
}

func TestReadEndsWithItsVisit(t *testing.T) {
	stop := errors.New("enough")
	f := sdistFile()
	f.Address = depotAt
	got, err := depotWorld(t, &depot{content: sdistOf(t, 2_000_000)}).Read(t.Context(), f, func(archive.Member, io.Reader) error { return stop }, nil)
	if !errors.Is(err, stop) || got.Size > 1_000_000 || len(got.Digests) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &depot{content: sdistOf(t, 300_000), spoil: always(func(resp *http.Response) { cut(resp, 100_000) })}
	got, err = depotWorld(t, d).Read(ctx, f, func(archive.Member, io.Reader) error { cancel(stop); return nil }, nil)
	if !errors.Is(err, stop) && !errors.Is(err, context.Canceled) || len(d.sent) != 1 || len(got.Digests) > 0 {
		t.Errorf("%+v, %v after %d requests", got, err, len(d.sent))
	}
}

func TestReadAddresses(t *testing.T) {
	for _, at := range []string{"", "file:///etc/passwd", "ftp://h/x", "https://mara:secret@h/x", "https:///x", "%zz\x1b"} {
		s := New(Options{Transport: asked(func(req *http.Request) (*http.Response, error) {
			t.Errorf("%s was asked", req.URL)
			return nil, errors.New("no")
		})})
		got, err := s.Read(t.Context(), release.File{Name: "x", Form: checks.FormSdist, Address: at, Size: -1}, nil, nil)
		if err == nil || got.Size != 0 || strings.Contains(err.Error(), "secret") || text.Clean(err.Error()).String() != err.Error() {
			t.Errorf("%q: %+v, %v", at, got, err)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-0/1", "bytes 5-2/9", "bytes */9", "bytes 0-1/*", "bytes -1-2/3", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		from, to, size, err := contentRange(s)
		if err != nil {
			return
		}
		if from < 0 || to <= from || size < to {
			t.Errorf("%q is %d to %d of %d", s, from, to, size)
		}
	})
}
