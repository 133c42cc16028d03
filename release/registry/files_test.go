package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const sumB = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// isUnlisted fails the test unless err says want, has a hint where one is due, is safe to
// show, and comes with no files.
func isUnlisted(t *testing.T, files []release.File, err error, want string) {
	t.Helper()
	if err == nil || files != nil {
		t.Fatalf("%d files, %v; want %q", len(files), err, want)
	}
	if said := err.Error(); !strings.Contains(said, want) || text.Clean(said).String() != said {
		t.Errorf("error %q, want %q", said, want)
	}
}

func TestPyPIFiles(t *testing.T) {
	at := time.Date(2026, 8, 14, 10, 0, 0, 123456000, time.UTC)
	a := pypiArtifact("CKAN", "2.11.6")
	w := newWorld(t, map[string][]answer{ckanIndex: {simple(indexOf([]string{"2.11.5", "2.11.6"},
		pyFile("ckan-2.11.5.tar.gz"),
		pyFile("ckan-2.11.6.tar.gz", "provenance", "https://pypi.org/integrity/ckan/2.11.6/ckan-2.11.6.tar.gz/provenance"),
		pyFile("ckan-2.11.6-py3-none-any.whl", "yanked", "broken \x1b[31mon Windows", "url", "../../files/ckan.whl", "size", nil, "provenance", nil),
		pyFile("ckan-2.11.6-py2-none-any.whl", "yanked", true, "hashes", map[string]any{"md5": "x"}, "upload-time", ""),
		pyFile("ckan-2.11.6.zip"),
		pyFile("ckan-2.11.6.exe"), pyFile("other-2.11.6.tar.gz")))}})
	got, err := w.Files(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	page, said := text.Clean("https://pypi.org/project/ckan/2.11.6/"), []checks.Said{{By: text.Clean("PyPI's index"), Digest: "sha256:" + sumA}}
	want := []release.File{
		{Artifact: a, Name: "ckan-2.11.6.tar.gz", Form: checks.FormSdist, Address: "https://files.example/ckan-2.11.6.tar.gz", Size: 9, Digests: said,
			Uploaded: at, Provenance: "https://pypi.org/integrity/ckan/2.11.6/ckan-2.11.6.tar.gz/provenance", Page: page},
		{Artifact: a, Name: "ckan-2.11.6-py3-none-any.whl", Form: checks.FormWheel, Address: "https://pypi.org/files/ckan.whl", Size: -1, Digests: said,
			Uploaded: at, Yanked: true, YankedWhy: text.Clean("broken \x1b[31mon Windows"), Page: page},
		{Artifact: a, Name: "ckan-2.11.6-py2-none-any.whl", Form: checks.FormWheel, Address: "https://files.example/ckan-2.11.6-py2-none-any.whl", Size: 9, Yanked: true, Page: page},
		{Artifact: a, Name: "ckan-2.11.6.zip", Form: checks.FormOther, Address: "https://files.example/ckan-2.11.6.zip", Size: 9, Digests: said, Uploaded: at, Page: page},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(w.places.sent) != 1 || w.story() != "" {
		t.Errorf("sent %q, told %s", w.places.requests(), w.story())
	}
}

func TestPyPIFilesNone(t *testing.T) {
	for name, a := range map[string]answer{
		"unknown project": {status: 404}, "another version": simple(indexOf([]string{"2.11.5"}, pyFile("ckan-2.11.5.tar.gz"))),
	} {
		got, err := newWorld(t, map[string][]answer{ckanIndex: {a}}).Files(t.Context(), pypiArtifact("ckan", "2.11.6"))
		if err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestPyPIFilesRefuses(t *testing.T) {
	quarantined := strings.Replace(indexOf(nil), `"active"`, `"quarantined"`, 1)
	tests := []struct{ name, index, want string }{
		{"quarantined, and so empty", quarantined, "quarantine"},
		{"listed, without files", indexOf([]string{"2.11.6"}), "PyPI lists 2.11.6, but no file of it"},
		{"no address", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "url", "")), "does not say where ckan-2.11.6.tar.gz is"},
		{"a broken address", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "url", "https://%zz/\x1b")), "does not say where"},
		{"an address without encryption", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "url", "http://files.example/x")), "no https address of ckan-2.11.6.tar.gz"},
		{"a file of this machine", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "url", "file:///etc/passwd")), "no https address"},
		{"a hostile name", indexOf(nil, pyFile("ckan-2.11.6-py3-none-\x1b]0;x\x07.whl", "url", "")), "does not say where"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, map[string][]answer{ckanIndex: {simple(tt.index)}})
			got, err := w.Files(t.Context(), pypiArtifact("ckan", "2.11.6"))
			isUnlisted(t, got, err, tt.want)
			if len(w.places.sent) != 1 {
				t.Errorf("sent %q", w.places.requests())
			}
		})
	}
}

func TestPyPIFilesMany(t *testing.T) {
	var files []map[string]any
	for i := range 2000 {
		files = append(files, pyFile(fmt.Sprintf("ckan-2.11.6-%d-py3-none-any.whl", i)))
	}
	got, err := newWorld(t, map[string][]answer{ckanIndex: {simple(indexOf([]string{"2.11.6"}, files...))}}).Files(t.Context(), pypiArtifact("ckan", "2.11.6"))
	if err != nil || len(got) != 2000 || got[1999].Name != "ckan-2.11.6-1999-py3-none-any.whl" {
		t.Errorf("%d files, %v", len(got), err)
	}
}

// debSums are the answers of a host that has a .deb, and nothing beside it but what is
// told.
func debSums(beside map[string]answer) map[string][]answer {
	out := map[string][]answer{"HEAD " + debAt: {{status: 200, length: 9, header: map[string]string{"Last-Modified": "Fri, 14 Aug 2026 11:30:00 GMT"}}}}
	const dir, name = "https://packaging.ckan.org/", "python-ckan_2.11-noble_amd64.deb"
	for _, sums := range sumFiles(name) {
		out["GET "+dir+sums] = []answer{{status: 404}}
	}
	for file, a := range beside {
		out["GET "+dir+file] = []answer{a}
	}
	return out
}

func TestDebFiles(t *testing.T) {
	const name, md5 = "python-ckan_2.11-noble_amd64.deb", "5d41402abc4b2a76b9719d911017c592"
	listing := func(lines ...string) answer { return answer{status: 200, body: strings.Join(lines, "\n")} }
	tests := []struct {
		name   string
		beside map[string]answer
		want   []string // by digest
	}{
		{"no sums", nil, nil},
		{"sums of all", map[string]answer{"md5sum": listing(md5+"  other.deb", strings.ToUpper(md5)+"  "+name), "SHA256SUMS": listing(sumA + " *./" + name)},
			[]string{"SHA256SUMS sha256:" + sumA, "md5sum md5:" + md5}},
		{"a sum of its own", map[string]answer{name + ".sha256": listing(sumB)}, []string{name + ".sha256 sha256:" + sumB}},
		{"sums of others", map[string]answer{"SHA256SUMS": listing(sumA + "  other.deb")}, nil},
		{"a web page in their place", map[string]answer{"MD5SUMS": listing("<html>", "not here")}, nil},
		{"a host that hides what is not there", map[string]answer{"MD5SUMS": {status: 403}, "md5sum": {status: 410}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, debSums(tt.beside))
			got, err := w.Files(t.Context(), debArtifact(debAt))
			if err != nil || len(got) != 1 {
				t.Fatalf("%+v, %v", got, err)
			}
			var said []string
			for _, d := range got[0].Digests {
				said = append(said, d.By.String()+" "+d.Digest)
			}
			f := got[0]
			if f.Digests = nil; !slices.Equal(said, tt.want) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
			want := release.File{Artifact: debArtifact(debAt), Name: name, Form: checks.FormDeb, Address: debAt, Size: -1,
				Uploaded: time.Date(2026, 8, 14, 11, 30, 0, 0, time.UTC), Page: text.Clean(debAt)}
			if !reflect.DeepEqual(f, want) {
				t.Errorf("got  %+v\nwant %+v", f, want)
			}
			if n := len(w.places.sent); n != 1+len(sumFiles(name)) {
				t.Errorf("%d requests: %q", n, w.places.requests())
			}
		})
	}
}

func TestDebFilesRefuses(t *testing.T) {
	tests := []struct {
		name    string
		answers map[string][]answer
		want    string
	}{
		{"sums that can not be seen", debSums(map[string]answer{"SHA256SUMS": {status: 401}}), "SHA256SUMS: packaging.ckan.org answered 401"},
		{"sums that are down", debSums(map[string]answer{"md5sum": {status: 500}}), "md5sum: packaging.ckan.org answered 500"},
		{"sums without end", debSums(map[string]answer{"SHA256SUMS": {status: 200, body: strings.Repeat("x", maxSums+1)}}), "more than twokey reads"},
		{"sums without encryption", debSums(map[string]answer{"SHA256SUMS": {status: 302, header: map[string]string{"Location": "http://x.example/"}}}), "from https to http"},
		{"the .deb", map[string][]answer{"HEAD " + debAt: {{status: 418}}}, "answered 418"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newWorld(t, tt.answers).Files(t.Context(), debArtifact(debAt))
			isUnlisted(t, got, err, tt.want)
		})
	}
	w := newWorld(t, map[string][]answer{"HEAD " + debAt: {{status: 404}}})
	if got, err := w.Files(t.Context(), debArtifact(debAt)); err != nil || len(got) != 0 || len(w.places.sent) != 1 {
		t.Errorf("of none: %+v, %v, %q", got, err, w.places.requests())
	}
}

func TestReleaseFiles(t *testing.T) {
	a := release.Artifact{Kind: release.KindGitHubRelease, Name: "v1", Repo: release.Repo{Owner: "ckan", Name: "ckan"}}
	s := New(Options{Assets: func(_ context.Context, r release.Repo, tag string) ([]release.File, error) {
		if r.String() != "ckan/ckan" || tag != "v1" {
			return nil, &release.Error{Kind: release.KindAuth, Err: release.ErrUnauthorized, Hint: "log in"}
		}
		return []release.File{{Name: "x.tar.gz"}}, nil
	}})
	got, err := s.Files(t.Context(), a)
	if err != nil || len(got) != 1 || got[0].Name != "x.tar.gz" || !reflect.DeepEqual(got[0].Artifact, a) {
		t.Errorf("%+v, %v", got, err)
	}
	a.Name = "v2"
	got, err = s.Files(t.Context(), a)
	isUnlisted(t, got, err, "unauthorized")
	if !errors.Is(err, release.ErrUnauthorized) || release.KindOf(err) != release.KindAuth {
		t.Errorf("%v of kind %v", err, release.KindOf(err))
	}
	for _, kind := range []release.ArtifactKind{release.KindGitHubRelease, "npm", ""} {
		got, err = New(Options{}).Files(t.Context(), release.Artifact{Kind: kind, Name: "x"})
		isUnlisted(t, got, err, "can")
	}
}

func TestSumsOf(t *testing.T) {
	const name, md5 = "a.deb", "5d41402abc4b2a76b9719d911017c592"
	tests := []struct {
		file, content string
		want          []string
	}{
		{"SHA256SUMS", sumA + "  a.deb\n", []string{"sha256:" + sumA}},
		{"SHA256SUMS", sumA + " *a.deb\r\n", []string{"sha256:" + sumA}},
		{"SHA256SUMS", "SHA256 (a.deb) = " + sumA, []string{"sha256:" + sumA}},
		{"md5sum", "MD5 (a.deb) = " + md5, []string{"md5:" + md5}},
		{"md5sum", md5 + "  ./a.deb", []string{"md5:" + md5}},
		{"SHA256SUMS", sumA + "  a.deb\n" + sumB + "  a.deb\n", []string{"sha256:" + sumA, "sha256:" + sumB}}, // whoever compares has to know
		{"SHA256SUMS", strings.Repeat(sumA+"  a.deb\n", 100), []string{"sha256:" + sumA}},
		{"a.deb.sha256", sumA, []string{"sha256:" + sumA}},
		{"a.deb.sha256", sumA + "  build/a.deb\n", []string{"sha256:" + sumA}},
		{"a.deb.sha256", sumA + "  b.deb\n", nil},
		{"SHA256SUMS", sumA, nil}, // of what?
		{"SHA256SUMS", sumA + "  build/a.deb", nil},
		{"SHA256SUMS", sumA + "  xa.deb\n" + sumA + "  a.deb.sig\n" + sumA + " a.deb\n" + sumA + "   a.deb", nil},
		{"SHA256SUMS", sumA[1:] + "  a.deb\n" + sumA + "0  a.deb\nx" + sumA[1:] + "  a.deb", nil},
		{"SHA256SUMS", "# " + sumA + "  a.deb\n\n\x00", nil},
		{"SHA256SUMS", "", nil},
	}
	for _, tt := range tests {
		var got []string
		for _, d := range sumsOf(tt.content, tt.file, name) {
			got = append(got, d.Digest)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s %q: %q, want %q", tt.file, tt.content, got, tt.want)
		}
	}
}

func FuzzSumsOf(f *testing.F) {
	f.Add(sumA+"  a.deb\n", "SHA256SUMS")
	f.Add("MD5 (a.deb) = 5d41402abc4b2a76b9719d911017c592", "md5sum")
	f.Add(sumA, "a.deb.sha256")
	f.Fuzz(func(t *testing.T, content, file string) {
		got := sumsOf(content, file, "a.deb")
		if len(got) > maxSaid {
			t.Errorf("%d sums", len(got))
		}
		for _, d := range got {
			kind, sum, _ := strings.Cut(d.Digest, ":")
			if n := map[string]int{"md5": 32, "sha256": 64}[kind]; len(sum) != n || strings.Trim(sum, "0123456789abcdef") != "" {
				t.Errorf("%q is no digest", d.Digest)
			}
			if !strings.Contains(strings.ToLower(content), sum) {
				t.Errorf("%q does not say %s", content, sum)
			}
		}
	})
}

func TestProvenance(t *testing.T) {
	const at = "https://pypi.org/integrity/ckan/2.11.6/ckan-2.11.6.tar.gz/provenance"
	f := release.File{Artifact: pypiArtifact("CKAN", "2.11.6"), Name: "ckan-2.11.6.tar.gz"}
	tests := []struct {
		name, told string // by the index
		answers    []answer
		want       string
		fails      string
	}{
		{"where the index says", "https://pypi.org/elsewhere", []answer{{status: 200, body: "{}"}}, "{}", ""},
		{"where they are by rule", "", []answer{{status: 200, body: `{"version":1}`}}, `{"version":1}`, ""},
		{"none", "", []answer{{status: 404}}, "", ""},
		{"broken off", "", []answer{{status: 200, body: "{", broken: errors.New("reset")}, {status: 200, body: "{}"}}, "{}", ""},
		{"broken off, then none", "", []answer{{status: 200, body: "{", broken: errors.New("reset")}, {status: 404}}, "", ""},
		{"forbidden", "", []answer{{status: 403}}, "", "pypi.org answered 403"},
		{"down", "", []answer{{status: 502}}, "", "(5 tries)"},
		{"without end", "", []answer{{status: 200, body: strings.Repeat(" ", maxProvenance+1)}}, "", "more than twokey reads"},
		{"to another host", "", []answer{{status: 302, header: map[string]string{"Location": "https://x.example/"}}}, "", "it redirects to x.example"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, from := f, at
			if f.Provenance = tt.told; tt.told != "" {
				from = tt.told
			}
			w := newWorld(t, map[string][]answer{"GET " + from: tt.answers})
			got, err := w.provenance(t.Context(), f)
			if tt.fails != "" {
				if err == nil || got != nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("%q, %v; want %q", got, err, tt.fails)
				}
				return
			}
			if err != nil || string(got) != tt.want || (got == nil) != (tt.want == "") {
				t.Errorf("%q, %v", got, err)
			}
			if accept := w.places.sent[0].Header.Get("Accept"); accept != "application/vnd.pypi.integrity.v1+json" {
				t.Errorf("asked for %q", accept)
			}
		})
	}
}

// TestProvenanceOfOthers holds that nobody is asked for what only PyPI has, or where an
// index must not lead.
func TestProvenanceOfOthers(t *testing.T) {
	s := New(Options{Transport: asked(func(req *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", req.URL)
		return nil, errors.New("no")
	})})
	if got, err := s.provenance(t.Context(), release.File{Artifact: debArtifact(debAt), Name: "x.deb", Provenance: debAt}); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, at := range []string{"http://pypi.org/x", "file:///etc/passwd", "\x1b"} {
		got, err := s.provenance(t.Context(), release.File{Artifact: pypiArtifact("ckan", "2.11.6"), Name: "x", Provenance: at})
		if err == nil || got != nil || text.Clean(err.Error()).String() != err.Error() {
			t.Errorf("%q: %q, %v", at, got, err)
		}
	}
}
