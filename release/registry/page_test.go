package registry

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"twokey/release"
)

const pageAt = "https://docs.ckan.org/en/2.11/changelog.html"

func TestPage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string][]answer
		want    string
		found   bool
	}{
		{"there", map[string][]answer{"GET " + pageAt: {{status: 200, body: "<h2>v.2.11.6</h2>"}}}, "<h2>v.2.11.6</h2>", true},
		{"empty", map[string][]answer{"GET " + pageAt: {{status: 200}}}, "", true},
		{"not found", map[string][]answer{"GET " + pageAt: {{status: 404, body: "v.2.11.6"}}}, "", false},
		{"gone", map[string][]answer{"GET " + pageAt: {{status: 410}}}, "", false},
		{"redirected", map[string][]answer{
			"GET " + pageAt:              {{status: 301, header: map[string]string{"Location": "https://docs.example/x"}}},
			"GET https://docs.example/x": {{status: 200, body: "v"}}}, "v", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			got, found, err := w.Page(context.Background(), pageAt)
			if err != nil || string(got) != tt.want || found != tt.found {
				t.Errorf("%q, %v, %v", got, found, err)
			}
		})
	}
}

func TestPageRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, url string
		answers   map[string][]answer
		want      string
	}{
		{"forbidden", pageAt, map[string][]answer{"GET " + pageAt: {{status: 403}}}, "docs.ckan.org answered 403 Forbidden"},
		{"half a page", pageAt, map[string][]answer{"GET " + pageAt: {{status: 206, body: "v"}}}, "answered 206"},
		{"too much", pageAt, map[string][]answer{"GET " + pageAt: {{status: 200, body: strings.Repeat("v", maxPage+1)}}}, "more than twokey reads"},
		{"down to http", pageAt, map[string][]answer{"GET " + pageAt: {{status: 302, header: map[string]string{"Location": "http://docs.ckan.org/"}}}}, "from https to http"},
		{"a file", "file:///etc/passwd", nil, "is no http or https URL"},
		{"a password", "https://mara:secret@docs.ckan.org/", nil, "a user name or a password"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.answers)
			got, found, err := w.Page(context.Background(), tt.url)
			if err == nil || found || got != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q, %v, %v", got, found, err)
			}
			if tt.answers == nil && (release.KindOf(err) != release.KindUsage || len(w.places.sent) > 0) {
				t.Errorf("kind %v, sent %v", release.KindOf(err), w.places.requests())
			}
		})
	}
}

// outside is a host that a rehearsal does not have.
type outside struct{}

func (outside) RoundTrip(*http.Request) (*http.Response, error) { return nil, gap{} }

type gap struct{}

func (gap) Error() string { return "the rehearsal has no host docs.ckan.org" }
func (gap) Gap() bool     { return true }

// What a rehearsal does not have is not asked for again, and nothing is to be mended.
func TestPageOutsideOfARehearsal(t *testing.T) {
	w := newWorld(t, nil)
	w.o.Transport = outside{}
	_, _, err := w.Page(context.Background(), pageAt)
	if err == nil || strings.Contains(err.Error(), "tries") || !strings.HasPrefix(release.HintOf(err), "nothing to mend: ") {
		t.Errorf("%v, hint %q", err, release.HintOf(err))
	}
}
