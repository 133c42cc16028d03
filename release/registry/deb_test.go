package registry

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const debAt = "https://packaging.ckan.org/python-ckan_2.11-noble_amd64.deb"

func debArtifact(url string) release.Artifact {
	return release.Artifact{Kind: release.KindDeb, Name: url, Version: "2.11.6", Mutable: true}
}

func TestDeb(t *testing.T) {
	updated := time.Date(2026, 8, 14, 11, 30, 0, 0, time.UTC)
	there := map[string]string{
		"Content-Type": "application/vnd.debian.binary-package", "ETag": `"5d41402abc4b2a76"`,
		"Last-Modified": "Fri, 14 Aug 2026 11:30:00 GMT",
	}
	found := checks.Published{Exists: true, Digest: "etag:5d41402abc4b2a76", Updated: updated}
	tests := []struct {
		name    string
		answers map[string][]answer
		want    checks.Published
	}{
		{"there", map[string][]answer{"HEAD " + debAt: {{status: 200, header: there, length: 90 << 20}}}, found},
		{"not found", map[string][]answer{"HEAD " + debAt: {{status: 404}}}, checks.Published{}},
		{"gone", map[string][]answer{"HEAD " + debAt: {{status: 410}}}, checks.Published{}},
		{"empty", map[string][]answer{
			"HEAD " + debAt: {{status: 200, header: there}}, "GET " + debAt: {{status: 416}}}, checks.Published{}},
		{"empty, ranges unknown", map[string][]answer{
			"HEAD " + debAt: {{status: 200, header: there}}, "GET " + debAt: {{status: 200, header: there}}}, checks.Published{}},
		{"no HEAD", map[string][]answer{
			"HEAD " + debAt: {{status: 405}}, "GET " + debAt: {{status: 206, header: there, body: "!"}}}, found},
		{"HEAD not implemented, ranges unknown", map[string][]answer{
			"HEAD " + debAt: {{status: 501}},
			"GET " + debAt:  {{status: 200, header: there, body: strings.Repeat("!", 1<<20)}}}, found},
		{"HEAD forbidden, GET not", map[string][]answer{
			"HEAD " + debAt: {{status: 403}}, "GET " + debAt: {{status: 206, header: there, body: "!"}}}, found},
		{"HEAD forbidden, GET not found", map[string][]answer{
			"HEAD " + debAt: {{status: 403}}, "GET " + debAt: {{status: 404}}}, checks.Published{}},
		{"length not told", map[string][]answer{
			"HEAD " + debAt: {{status: 200, header: there, length: -1}},
			"GET " + debAt:  {{status: 206, header: there, body: "!"}}}, found},
		{"redirect", map[string][]answer{
			"HEAD " + debAt:                         {{status: 302, header: map[string]string{"Location": "https://cdn.example/x?sig=secret"}}},
			"HEAD https://cdn.example/x?sig=secret": {{status: 200, header: there, length: 9}}}, found},
		{"weak tag and no date", map[string][]answer{"HEAD " + debAt: {{status: 200, length: 9,
			header: map[string]string{"ETag": `W/"abc"`, "Last-Modified": "yesterday"}}}}, checks.Published{Exists: true}},
		{"hostile tag", map[string][]answer{"HEAD " + debAt: {{status: 200, length: 9,
			header: map[string]string{"ETag": "\"\x1b[31m\""}}}}, checks.Published{Exists: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			got, err := w.Look(context.Background(), debArtifact(debAt))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Artifact, tt.want.URL, tt.want.Mutable = text.Clean("deb "+debAt), text.Clean(debAt), true
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if w.story() != "" {
				t.Errorf("events: %s", w.story())
			}
		})
	}
}

func TestDebRefuses(t *testing.T) {
	redirect := func(to string) answer { return answer{status: 302, header: map[string]string{"Location": to}} }
	tests := []struct {
		name, url string
		answers   map[string][]answer
		want      string
	}{
		{"forbidden", debAt, map[string][]answer{"HEAD " + debAt: {{status: 403}}, "GET " + debAt: {{status: 403}}},
			"packaging.ckan.org answered 403 Forbidden"},
		{"unauthorized", debAt, map[string][]answer{"HEAD " + debAt: {{status: 401}}}, "packaging.ckan.org answered 401"},
		{"teapot", debAt, map[string][]answer{"HEAD " + debAt: {{status: 418}}}, "answered 418"},
		{"no content", debAt, map[string][]answer{"HEAD " + debAt: {{status: 204}}}, "answered 204"},
		{"a web page", debAt, map[string][]answer{"HEAD " + debAt: {{status: 200, length: 9,
			header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}}}, "a web page"},
		{"down to http", debAt, map[string][]answer{"HEAD " + debAt: {redirect("http://packaging.ckan.org/x.deb")}},
			"it redirects from https to http"},
		{"to another kind of URL", debAt, map[string][]answer{"HEAD " + debAt: {redirect("file:///etc/passwd")}},
			"it redirects from https to file"},
		{"http to https to http", "http://a.example/x.deb", map[string][]answer{
			"HEAD http://a.example/x.deb":  {redirect("https://a.example/x.deb")},
			"HEAD https://a.example/x.deb": {redirect("http://a.example/y.deb")}}, "it redirects from https to http"},
		{"in circles", debAt, map[string][]answer{"HEAD " + debAt: {redirect(debAt)}}, "more than 5 redirects"},
		{"no URL", "%zz", nil, `"%zz" is no URL`},
		{"a path", "python-ckan.deb", nil, "is no http or https URL"},
		{"a file", "file:///etc/passwd", nil, "is no http or https URL"},
		{"no host", "https:///x.deb", nil, "is no http or https URL"},
		{"a password", "https://mara:secret@packaging.ckan.org/x.deb", nil, "a user name or a password"},
		{"escapes", "ftp://\u202ex\x7f", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			p, err := w.Look(context.Background(), debArtifact(tt.url))
			isRefused(t, p, err, tt.want)
			if tt.answers == nil && (len(w.places.sent) > 0 || release.KindOf(err) != release.KindUsage) {
				t.Errorf("kind %v, sent %v", release.KindOf(err), w.places.requests())
			}
			if len(w.clock.slept) > 0 {
				t.Error("it was tried again")
			}
			if strings.Contains(tt.name, "forbidden") != errors.Is(err, release.ErrForbidden) && tt.name != "unauthorized" {
				t.Errorf("forbidden: %v", err)
			}
		})
	}
}

func TestDebSendsNoMoreThanItMust(t *testing.T) {
	w := newWorld(t, map[string][]answer{
		"HEAD " + debAt: {{status: 405}}, "GET " + debAt: {{status: 206, body: "!"}}})
	if _, err := w.Look(context.Background(), debArtifact(debAt+"#part")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"HEAD " + debAt, "GET " + debAt}; !slices.Equal(w.places.requests(), want) {
		t.Errorf("sent %q", w.places.requests())
	}
	for _, r := range w.places.sent {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("User-Agent") != "twokey/test" {
			t.Errorf("%s has the headers %v", r.Method, r.Header)
		}
	}
	if r := w.places.sent[1]; r.Header.Get("Range") != "bytes=0-0" {
		t.Errorf("range %q", r.Header.Get("Range"))
	}
}

func TestDebHidesWhatARedirectSigned(t *testing.T) {
	w := newWorld(t, map[string][]answer{
		"HEAD " + debAt:                         {{status: 302, header: map[string]string{"Location": "https://cdn.example/x?sig=secret"}}},
		"HEAD https://cdn.example/x?sig=secret": {{err: errors.New("connection reset by peer")}},
	})
	p, err := w.Look(context.Background(), debArtifact(debAt))
	isRefused(t, p, err, "cdn.example: connection reset by peer (5 tries)")
	if strings.Contains(err.Error()+w.story(), "secret") {
		t.Errorf("%v; %s", err, w.story())
	}
}

func FuzzDebURL(f *testing.F) {
	for _, s := range []string{debAt, "http://h/x", "file:///x", "https://u:p@h/", "", "https://h\x00/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := webURL(s)
		if err != nil {
			return
		}
		if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			t.Errorf("%q is taken for %v", s, u)
		}
		if _, err := http.NewRequest(http.MethodHead, u.String(), nil); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}
