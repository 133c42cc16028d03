package registry

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"twokey/checks"
	"twokey/checks/trace/archive"
	"twokey/release"
)

const depotAt = "https://files.example/ckan-2.11.6"

// depot is a place that has one file and knows ranges. Only GETs of it are expected.
type depot struct {
	t       *testing.T
	content []byte
	header  map[string]string // of each answer; a strong tag where it is nil
	// spoil makes something else of the answer to the nth request, from 1 on.
	spoil func(n int, resp *http.Response)

	sent []*http.Request
}

// RoundTrip implements http.RoundTripper.
func (d *depot) RoundTrip(req *http.Request) (*http.Response, error) {
	d.sent = append(d.sent, req)
	n := len(d.sent)
	if req.Method != http.MethodGet || req.URL.String() != depotAt || req.Body != nil {
		d.t.Errorf("nobody expected %s %s", req.Method, req.URL)
	}
	if req.Header.Get("Authorization") != "" || req.Header.Get("Cookie") != "" || req.Header.Get("Accept-Encoding") != "identity" {
		d.t.Errorf("sent with %v", req.Header)
	}
	header := d.header
	if header == nil {
		header = map[string]string{"ETag": `"one"`}
	}
	resp := answer{status: 200, header: header}.response(req)
	resp.Request = req
	part := d.content
	var from, last int
	if asked := req.Header.Get("Range"); asked != "" {
		if same := req.Header.Get("If-Range"); same == "" || same == header["ETag"] || same == header["Last-Modified"] {
			last = len(part) - 1
			if _, err := fmt.Sscanf(asked, "bytes=%d-%d", &from, &last); err != nil && !strings.HasSuffix(asked, "-") {
				d.t.Errorf("range %q", asked)
			}
			part, resp.StatusCode = part[from:last+1], http.StatusPartialContent
			resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, last, len(d.content)))
		}
	}
	resp.ContentLength, resp.Body = int64(len(part)), io.NopCloser(bytes.NewReader(part))
	if d.spoil != nil {
		d.spoil(n, resp)
	}
	return resp, nil
}

// ranges are the ranges that were asked for, one for each request.
func (d *depot) ranges() []string {
	var out []string
	for _, r := range d.sent {
		out = append(out, r.Header.Get("Range"))
	}
	return out
}

// cut lets an answer break off after n bytes.
func cut(resp *http.Response, n int64) {
	resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, n), failing{io.ErrUnexpectedEOF}))
}

// depotWorld is a Shelf over a depot.
func depotWorld(t *testing.T, d *depot) *world {
	d.t = t
	w := &world{clock: &clock{}}
	w.Shelf = New(Options{Transport: d, Clock: w.clock, Seed: 1, Emit: func(e release.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}})
	return w
}

// noise is what does not compress.
func noise(n int) []byte {
	b, r := make([]byte, n), rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// sdistOf is a source distribution with one file of n bytes.
func sdistOf(t *testing.T, n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "ckan-2.11.6/data", Mode: 0o644, Size: int64(n), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(noise(n))
	_ = w.Close()
	_ = z.Close()
	return b.Bytes()
}

// wheelOf is a wheel of files, each with n bytes.
func wheelOf(t *testing.T, files, n int) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	body := noise(n)
	for i := range files {
		f, err := w.Create(fmt.Sprintf("ckan/%0100d.py", i))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write(body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reading is what came of a Read.
type reading struct {
	got   release.Received
	err   error
	bytes int64 // of files, that visit saw
	files int
}

// read reads what stands at depotAt.
func (w *world) read(t *testing.T, f release.File) reading {
	t.Helper()
	var r reading
	var last int64
	f.Address = depotAt
	if f.Name == "" {
		f.Name = "ckan-2.11.6.tar.gz"
	}
	r.got, r.err = w.Read(t.Context(), f, func(m archive.Member, content io.Reader) error {
		n, err := io.Copy(io.Discard, content)
		r.bytes += n
		r.files++
		return err
	}, func(received int64) {
		if received <= last {
			t.Errorf("it had received %d bytes, and then %d", last, received)
		}
		last = received
	})
	if last != r.got.Size {
		t.Errorf("told of %d bytes, received %d", last, r.got.Size)
	}
	return r
}

// isWhole fails the test unless the whole of a file came, as it is.
func (r reading) isWhole(t *testing.T, content []byte) {
	t.Helper()
	sum := sha256.Sum256(content)
	if r.got.Size != int64(len(content)) || len(r.got.Digests) == 0 || r.got.Digests[0] != (checks.Said{By: checks.Downloaded(), Digest: "sha256:" + hex.EncodeToString(sum[:])}) {
		t.Errorf("received %+v of %d bytes", r.got, len(content))
	}
}

// md5Of is the MD5 of content as a digest.
func md5Of(content []byte) string {
	sum := md5.Sum(content)
	return "md5:" + hex.EncodeToString(sum[:])
}
