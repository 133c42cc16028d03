package registry_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"twokey/checks/trace/archive"
)

// page is what a registry of few words has at a path.
type page struct{ kind, digest, content string }

// pages is a registry that answers as it is told: by the end of a path, for one method or
// for all.
type pages map[string]page

// RoundTrip implements http.RoundTripper.
func (p pages) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, Body: http.NoBody}
	if req.URL.Path == "/v2/" {
		return resp, nil
	}
	at := strings.TrimPrefix(req.URL.Path, "/v2/o/r/")
	got, ok := p[req.Method+" "+at]
	if !ok {
		got, ok = p[at]
	}
	if !ok {
		return nil, fmt.Errorf("nobody expected %s %s", req.Method, req.URL)
	}
	resp.Header.Set("Content-Type", got.kind)
	resp.Header.Set("Docker-Content-Digest", got.digest)
	resp.Header.Set("Content-Length", strconv.Itoa(len(got.content)))
	if resp.ContentLength = int64(len(got.content)); req.Method == http.MethodGet {
		resp.Body = io.NopCloser(strings.NewReader(got.content))
	}
	return resp, nil
}

// add has content under its digest, below a kind of path, and describes it.
func (p pages) add(below, kind, content string) string {
	digest := digestOf([]byte(content))
	p[below+digest] = page{kind, digest, content}
	return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d}`, kind, digest, len(content))
}

// TestImageHeld holds that an image is what its configuration and its registry say.
func TestImageHeld(t *testing.T) {
	layer := string(tarOf(t, member{path: "srv/app/a", content: "a"}))
	id, other := digestOf([]byte(layer)), digestOf([]byte("other"))
	for name, tt := range map[string]struct {
		ids, arch string
		tag       func(pages, page)
		want      string // of the error; empty for none
		refused   bool   // what is published is at fault, and not how it came
	}{
		"as it should be":     {fmt.Sprintf("[%q]", id), "amd64", nil, "", false},
		"another layer":       {fmt.Sprintf("[%q]", other), "amd64", nil, "unpacks to " + id + ", and its configuration names " + other, true},
		"a layer of SHA-512":  {fmt.Sprintf("[%q]", "sha512:"+strings.Repeat("0", 128)), "amd64", nil, "in its place", true},
		"no layer":            {"[]", "amd64", nil, "its manifest has 1 layers, and its configuration 0", true},
		"one layer more":      {fmt.Sprintf("[%q,%q]", id, id), "amd64", nil, "its manifest has 1 layers, and its configuration 2", true},
		"another platform":    {fmt.Sprintf("[%q]", id), "arm64", nil, "as linux/amd64, and its configuration says that it is for linux/arm64", false},
		"a hostile platform":  {fmt.Sprintf("[%q]", id), `\u001b[2J`, nil, "its index lists", false},
		"another HEAD":        {fmt.Sprintf("[%q]", id), "amd64", func(p pages, g page) { p["HEAD manifests/1.0"] = page{g.kind, other, g.content} }, "registry.example names " + other, false},
		"another digest":      {fmt.Sprintf("[%q]", id), "amd64", func(p pages, g page) { p["GET manifests/1.0"] = page{g.kind, other, g.content} }, "and calls it " + other, false},
		"a digest of nothing": {fmt.Sprintf("[%q]", id), "amd64", func(p pages, g page) { p["GET manifests/1.0"] = page{g.kind, "\x1b[2J", g.content} }, "and calls it", false},
		"no digest":           {fmt.Sprintf("[%q]", id), "amd64", func(p pages, g page) { p["manifests/1.0"] = page{g.kind, "", g.content} }, "", false},
		"a type with a word behind it": {fmt.Sprintf("[%q]", id), "amd64", func(p pages, g page) {
			p["manifests/1.0"] = page{g.kind + "; charset=utf-8", g.digest, g.content}
		}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := pages{}
			config := p.add("blobs/", configType, fmt.Sprintf(`{"os":"linux","architecture":"%s","rootfs":{"type":"layers","diff_ids":%s}}`, tt.arch, tt.ids))
			m := p.add("manifests/", manifestType, fmt.Sprintf(`{"schemaVersion":2,"config":%s,"layers":[%s]}`, config, p.add("blobs/", layerType, layer)))
			index := fmt.Sprintf(`{"schemaVersion":2,"manifests":[%s,"platform":{"os":"linux","architecture":"amd64"}}]}`, strings.TrimSuffix(m, "}"))
			top := page{indexType, digestOf([]byte(index)), index}
			if p["manifests/1.0"] = top; tt.tag != nil {
				tt.tag(p, top)
			}
			s := shelf(p)
			files, err := s.Files(t.Context(), image("registry.example/o/r:1.0"))
			if err == nil {
				_, err = s.Read(t.Context(), files[0], func(archive.Member, io.Reader) error { return nil }, nil)
			}
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if _, refused := errors.AsType[*archive.Refused](err); refused != tt.refused {
				t.Errorf("refused is %v: %v", refused, err)
			}
		})
	}
}
