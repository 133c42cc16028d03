package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"twokey/checks"
	"twokey/checks/trace/archive"
	"twokey/release"
)

// hanging is a body that says nothing more, until its request is ended.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// TestReadStalls holds that a place that falls silent in the middle is asked for the
// rest.
func TestReadStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := sdistOf(t, 300_000)
		d := &depot{content: content, spoil: func(n int, resp *http.Response) {
			if n == 1 {
				resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 100_000), hanging{resp.Request.Context()}))
			}
		}}
		w := depotWorld(t, d)
		began := time.Now()
		r := w.read(t, sdistFile())
		if r.isWhole(t, content); r.err != nil || len(d.sent) != 2 || d.ranges()[1] != "bytes=100000-" {
			t.Errorf("%+v, asked for %q", r, d.ranges())
		}
		if took := time.Since(began); took != idleTime {
			t.Errorf("it took %s", took)
		}
		if w.story() != "retry 2: files.example: nothing came for a minute; recovered" {
			t.Errorf("told %s", w.story())
		}
	})
}

// TestReadOfASilentPlace holds that a place which never answers is given up.
func TestReadOfASilentPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Transport: silent{}})
		began := time.Now()
		_, err := s.Read(t.Context(), release.File{Name: "x", Form: checks.FormSdist, Address: depotAt, Size: -1}, nil, nil)
		if err == nil || !strings.Contains(err.Error(), "files.example: nothing came for a minute (5 tries)") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took < maxTries*idleTime || took > (maxTries+1)*idleTime {
			t.Errorf("it took %s", took)
		}
	})
}

// TestReadTakesItsTime holds that neither a download of hours nor a slow look at it is
// taken for silence.
func TestReadTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := sdistOf(t, 3_000_000)
		d := &depot{content: content, spoil: func(_ int, resp *http.Response) {
			resp.Body = io.NopCloser(&slow{resp.Body, resp.Request.Context(), 50 * time.Second})
		}}
		w := depotWorld(t, d)
		f := sdistFile()
		f.Address = depotAt
		began := time.Now()
		got, err := w.Read(t.Context(), f, func(_ archive.Member, r io.Reader) error {
			for {
				time.Sleep(2 * idleTime)
				if _, err := io.CopyN(io.Discard, r, 1_000_000); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		}, nil)
		if err != nil || got.Size != int64(len(content)) || len(d.sent) != 1 || w.story() != "" {
			t.Errorf("%+v, %v, asked for %q, told %s", got, err, d.ranges(), w.story())
		}
		if took := time.Since(began); took < 20*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// slow waits before every read, unless its request is ended.
type slow struct {
	io.Reader
	ctx  context.Context
	wait time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(s.wait):
		return s.Reader.Read(p)
	}
}

// TestReadFromAServer reads over a real connection, which the server closes in the
// middle.
func TestReadFromAServer(t *testing.T) {
	for form, content := range map[checks.Form][]byte{checks.FormSdist: sdistOf(t, 3_000_000), checks.FormWheel: wheelOf(t, 5, 600_000)} {
		var asked, cuts atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			asked.Add(1)
			w.Header().Set("ETag", `"one"`)
			if req.Header.Get("Range") == "" && cuts.Add(1) == 1 {
				w.Header().Set("Content-Length", strconv.Itoa(len(content)))
				_, _ = w.Write(content[:len(content)/2])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			http.ServeContent(w, req, "x", time.Time{}, bytes.NewReader(content))
		}))
		w := &world{clock: &clock{}}
		w.Shelf = New(Options{Clock: w.clock, Emit: func(e release.Event) { w.events = append(w.events, e) }})
		seen := int64(0)
		got, err := w.Read(t.Context(), release.File{Name: "x", Form: form, Address: server.URL + "/x", Size: int64(len(content))},
			func(_ archive.Member, r io.Reader) error {
				n, err := io.Copy(io.Discard, r)
				seen += n
				return err
			}, nil)
		server.Close()
		if (reading{got: got}).isWhole(t, content); err != nil || seen != 3_000_000 {
			t.Errorf("%s: %d bytes, %v", form, seen, err)
		}
		if want := map[checks.Form]int32{checks.FormSdist: 2, checks.FormWheel: 3}[form]; asked.Load() != want || !strings.HasSuffix(w.story(), "recovered") {
			t.Errorf("%s: %d requests, told %s", form, asked.Load(), w.story())
		}
	}
	if _, err := New(Options{Clock: &clock{}}).Read(t.Context(), release.File{Name: "x", Form: checks.FormSdist, Address: "http://127.0.0.1:1/x", Size: -1}, nil, nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("nobody is there: %v", err)
	}
}
