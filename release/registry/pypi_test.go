package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	pep440 "github.com/aquasecurity/go-pep440-version"

	"twokey/checks"
	"twokey/checks/text"
	"twokey/release"
)

const (
	ckanIndex = "GET https://pypi.org/simple/ckan/"
	sumA      = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func pypiArtifact(project, version string) release.Artifact {
	return release.Artifact{Kind: release.KindPyPI, Name: project, Version: version}
}

// simple is an answer with an index.
func simple(body string) answer {
	return answer{status: 200, body: body, header: map[string]string{"Content-Type": simpleJSON + "; charset=utf-8"}}
}

// indexOf is an index of ckan that lists versions and files.
func indexOf(versions []string, files ...map[string]any) string {
	b, _ := json.Marshal(map[string]any{
		"meta": map[string]any{"api-version": "1.4", "_last-serial": 42}, "name": "ckan", "alternate-locations": []string{},
		"project-status": map[string]any{"status": "active"}, "versions": append([]string{}, versions...), "files": append([]map[string]any{}, files...),
	})
	return string(b)
}

// pyFile is a file in an index.
func pyFile(name string, more ...any) map[string]any {
	f := map[string]any{"filename": name, "url": "https://files.example/" + name, "yanked": false, "size": 9,
		"hashes": map[string]any{"sha256": sumA}, "upload-time": "2026-08-14T10:00:00.123456Z"}
	for i := 0; i+1 < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

func TestPyPI(t *testing.T) {
	at := time.Date(2026, 8, 14, 10, 0, 0, 123456000, time.UTC)
	one := checks.Published{Exists: true, Updated: at, Digest: "sha256:" + sumA}
	two := checks.Published{Exists: true, Updated: at.Add(time.Hour)}
	later := []any{"upload-time", "2026-08-14T11:00:00.123456Z"}
	tests := []struct {
		name    string
		version string
		index   string
		want    checks.Published
	}{
		{"one file", "2.11.6", indexOf([]string{"2.11.6"}, pyFile("ckan-2.11.6.tar.gz")), one},
		{"two files, the newest counts", "2.11.6",
			indexOf(nil, pyFile("ckan-2.11.6-py3-none-any.whl", later...), pyFile("ckan-2.11.6.tar.gz")), two},
		{"written in another way", "2.11", indexOf(nil, pyFile("ckan-2.11.0.tar.gz")), one},
		{"written as people do", "2.12.0-rc.1", indexOf(nil, pyFile("ckan-2.12.0rc1.tar.gz")), one},
		{"versions that look alike", "2.11.6", indexOf([]string{"2.11.60", "2.11.6rc1", "2.11.6.post1", "2.11.6.dev1", "1!2.11.6", "2.11.6+local"},
			pyFile("ckan-2.11.60.tar.gz"), pyFile("ckan-2.11.6rc1.tar.gz"), pyFile("ckan-2.11.6.post1.tar.gz"), pyFile("ckan-2.11.6-1.tar.gz"),
			pyFile("ckan-2.11.6.dev1-py3-none-any.whl"), pyFile("ckan-1!2.11.6.tar.gz"), pyFile("ckan-2.11.6+local.tar.gz"),
			pyFile("ckan-12.11.6.tar.gz")), checks.Published{}},
		{"names that look alike", "2.11.6", indexOf(nil, pyFile("ckan-ext-2.11.6.tar.gz"), pyFile("ckanext-2.11.6.tar.gz"),
			pyFile("xckan-2.11.6.tar.gz"), pyFile("ckan_ext-2.11.6-py3-none-any.whl"), pyFile("2.11.6.tar.gz")), checks.Published{}},
		{"files of other kinds", "2.11.6", indexOf(nil, pyFile("ckan-2.11.6.tar.gz.asc"), pyFile("ckan-2.11.6-py3.12.egg"),
			pyFile("ckan-2.11.6.win32.exe")), checks.Published{}},
		{"a yanked file among others", "2.11.6",
			indexOf(nil, pyFile("ckan-2.11.6.tar.gz"), pyFile("ckan-2.11.6-py3-none-any.whl", append(later, "yanked", "broken")...)), one},
		{"an empty reason is none", "2.11.6", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "yanked", "")), one},
		{"another version is yanked", "2.11.6", indexOf([]string{"2.11.5"}, pyFile("ckan-2.11.5.tar.gz", "yanked", true)), checks.Published{}},
		{"no time, odd sum", "2.11.6", indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "upload-time", "", "hashes", map[string]any{"sha256": "\x1b[31m"})),
			checks.Published{Exists: true}},
		{"no files", "2.11.6", indexOf(nil), checks.Published{}},
		{"the oldest form", "2.11.6", `{"files":[{"filename":"ckan-2.11.6.zip","hashes":{}}],"meta":{"api-version":"1.0"},"name":"CKAN"}`,
			checks.Published{Exists: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, map[string][]answer{ckanIndex: {simple(tt.index)}})
			got, err := w.Look(context.Background(), pypiArtifact("ckan", tt.version))
			if err != nil {
				t.Fatal(err)
			}
			v, err := pep440.Parse(tt.version)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Artifact = text.Clean("pypi ckan " + tt.version)
			tt.want.URL = text.Clean("https://pypi.org/project/ckan/" + v.String() + "/")
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if r := w.places.sent[0]; r.Header.Get("Accept") != simpleJSON || r.Header.Get("Authorization") != "" || len(w.places.sent) != 1 {
				t.Errorf("sent %q with %v", w.places.requests(), r.Header)
			}
		})
	}
}

func TestPyPIUnknownProject(t *testing.T) {
	w := newWorld(t, map[string][]answer{"GET https://pypi.org/simple/no-such-one/": {{status: 404}}})
	p, err := w.Look(context.Background(), pypiArtifact("No_such.-_ONE", "1.0"))
	if err != nil || p.Exists || p.URL.String() != "https://pypi.org/project/no-such-one/1.0/" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPyPIRefuses(t *testing.T) {
	good := indexOf(nil, pyFile("ckan-2.11.6.tar.gz"))
	with := func(old, new string) []answer { return []answer{simple(strings.Replace(good, old, new, 1))} }
	redirect := func(to string) []answer {
		return []answer{{status: 301, header: map[string]string{"Location": to}}}
	}
	tests := []struct {
		name    string
		answers []answer
		want    string
	}{
		{"every file yanked", []answer{simple(indexOf(nil, pyFile("ckan-2.11.6.tar.gz", "yanked", true),
			pyFile("ckan-2.11.6-py3-none-any.whl", "yanked", "bad")))}, "all 2 files of 2.11.6 are yanked"},
		{"listed without a file", []answer{simple(indexOf([]string{"2.11.6.0"}))}, "PyPI lists 2.11.6, but no file of it"},
		{"in quarantine", with(`"active"`, `"quarantined"`), "quarantine"},
		{"forbidden", []answer{{status: 403}}, "pypi.org answered 403"},
		{"teapot", []answer{{status: 418}}, "pypi.org answered 418"},
		{"not found in another place", redirect("https://mirror.example/ckan/"), "it redirects to mirror.example"},
		{"down to http", redirect("http://pypi.org/simple/ckan/"), "it redirects from https to http"},
		{"a web page", []answer{{status: 200, body: "<html>", header: map[string]string{"Content-Type": "text/html"}}}, `answered with "text/html"`},
		{"the HTML index", []answer{{status: 200, header: map[string]string{"Content-Type": "application/vnd.pypi.simple.v1+html"}}}, "not with its index"},
		{"no type", []answer{{status: 200, body: good}}, `answered with ""`},
		{"another project", with(`"name":"ckan"`, `"name":"\u001b[31mnakc"`), "it is the index of"},
		{"no name", with(`"name"`, `"nam"`), `it has no "name"`},
		{"no files", with(`"files"`, `"fils"`), `it has no "files"`},
		{"no meta", with(`"meta"`, `"mete"`), `it has no "meta"`},
		{"version 2 of the form", with(`"1.4"`, `"2.0"`), `version "2.0" of the form`},
		{"files twice", with(`"name"`, `"files":[],"name"`), `it has "files" twice`},
		{"files are no list", []answer{simple(`{"meta":{"api-version":"1.0"},"name":"ckan","files":{}}`)}, "no [ where one has to be"},
		{"no object", []answer{simple(`[]`)}, "no { where one has to be"},
		{"nothing", []answer{simple(``)}, "unexpected EOF"},
		{"cut off", []answer{simple(good[:len(good)-20])}, "unexpected EOF"},
		{"two objects", []answer{simple(good + good)}, "it goes on after its end"},
		{"no JSON", []answer{simple(`{"meta":nonsense}`)}, "invalid character"},
		{"yanked is a number", with(`"yanked":false`, `"yanked":1`), "whether it is yanked can not be read"},
		{"the time is none", with("2026-08-14T", "14.8.2026 "), "is no time"},
		{"a name that is a number", with(`"ckan-2.11.6.tar.gz"`, `7`), "cannot unmarshal number"},
		{"endless depth", []answer{simple(`{"x":` + strings.Repeat("[", 20000))}, "exceeded max depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, map[string][]answer{ckanIndex: tt.answers})
			p, err := w.Look(context.Background(), pypiArtifact("ckan", "2.11.6"))
			isRefused(t, p, err, tt.want)
			if len(w.clock.slept) > 0 {
				t.Errorf("it was tried again: %s", w.story())
			}
		})
	}
}

func TestPyPINames(t *testing.T) {
	for _, a := range []release.Artifact{
		pypiArtifact("", "1.0"), pypiArtifact("../ckan", "1.0"), pypiArtifact("ckan/..", "1.0"), pypiArtifact("-ckan", "1.0"),
		pypiArtifact("ck\x00an", "1.0"), pypiArtifact("ckan", ""), pypiArtifact("ckan", "latest"), pypiArtifact("ckan", "1.0/.."),
	} {
		w := newWorld(t, nil)
		p, err := w.Look(context.Background(), a)
		isRefused(t, p, err, "is no ")
		if release.KindOf(err) != release.KindUsage {
			t.Errorf("%v: kind %v", a, release.KindOf(err))
		}
	}
}

func TestPyPIBrokenBodyIsTriedAgain(t *testing.T) {
	good := indexOf(nil, pyFile("ckan-2.11.6.tar.gz"))
	torn := simple(good[:40])
	torn.broken = io.ErrUnexpectedEOF
	w := newWorld(t, map[string][]answer{ckanIndex: {torn, simple(good)}})
	p, err := w.Look(context.Background(), pypiArtifact("ckan", "2.11.6"))
	if err != nil || !p.Exists || w.story() != "retry 2: pypi.org: unexpected EOF; recovered" {
		t.Errorf("%+v, %v, %s", p, err, w.story())
	}
}

// long is an index that is made while it is read.
type long struct {
	head, tail string
	piece      string
	times      int
}

func (l *long) Read(p []byte) (int, error) {
	if l.head == "" && l.times > 0 {
		l.head, l.times = l.piece, l.times-1
	}
	if l.head == "" {
		l.head, l.tail = l.tail, ""
	}
	if l.head == "" {
		return 0, io.EOF
	}
	n := copy(p, l.head)
	l.head = l.head[n:]
	return n, nil
}

func longIndex(files int) *long {
	return &long{
		head:  `{"meta":{"api-version":"1.0"},"name":"ckan","files":[`,
		piece: `{"filename":"ckan-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl","hashes":{"sha256":"` + sumA + `"}},`,
		times: files, tail: `{"filename":"ckan-2.11.6.tar.gz","hashes":{}}]}`,
	}
}

func TestPyPIHugeIndex(t *testing.T) {
	version, _ := pep440.Parse("2.11.6")
	x, err := readIndex(longIndex(20_000), "ckan", version) // about 3 MB
	if err != nil || len(x.Files) != 1 {
		t.Errorf("%+v, %v", x, err)
	}
}

// asked is a function as a transport.
type asked func(*http.Request) (*http.Response, error)

func (f asked) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func FuzzReadIndex(f *testing.F) {
	f.Add([]byte(indexOf([]string{"2.11.6"}, pyFile("ckan-2.11.6.tar.gz"), pyFile("ckan-2.11.6-py3-none-any.whl", "yanked", "no"))))
	f.Add([]byte(`{"meta":{"api-version":"1.0"},"name":"ckan","files":[{"filename":"ckan-2.11.6.zip"}]}`))
	f.Add([]byte(`{"files":[`))
	version, _ := pep440.Parse("2.11.6")
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := readIndex(bytes.NewReader(b), "ckan", version)
		if err != nil {
			if len(x.Files) > 0 {
				t.Error("an error comes with files")
			}
			return
		}
		if !json.Valid(b) {
			t.Error("it is no JSON")
		}
		var p checks.Published
		if err := x.judge(version, &p); err != nil && p.Exists {
			t.Error("an error comes with an answer")
		}
		for _, file := range x.Files {
			if v, ok := fileVersion("ckan", file.Name); !ok || !v.Equal(version) {
				t.Errorf("%q is taken for a file of the version", file.Name)
			}
		}
	})
}

func TestGitHubRelease(t *testing.T) {
	a := release.Artifact{Kind: release.KindGitHubRelease, Name: "ckan-2.11.6", Version: "2.11.6",
		Repo: release.Repo{Owner: "ckan", Name: "ckan"}}
	var seen string
	s := New(Options{Releases: func(_ context.Context, r release.Repo, tag string) (checks.Published, error) {
		seen += r.String() + "@" + tag
		if tag == "no" {
			return checks.Published{Exists: true}, &release.Error{Kind: release.KindAuth, Err: release.ErrUnauthorized, Hint: "log in"}
		}
		return checks.Published{Exists: true, Digest: "d"}, nil
	}})
	p, err := s.Look(context.Background(), a)
	if err != nil || !p.Exists || p.Digest != "d" || p.Artifact.String() != a.String() || seen != "ckan/ckan@ckan-2.11.6" {
		t.Errorf("%+v, %v, asked %s", p, err, seen)
	}
	a.Name = "no"
	p, err = s.Look(context.Background(), a)
	isRefused(t, p, err, "unauthorized")
	if release.KindOf(err) != release.KindAuth || !errors.Is(err, release.ErrUnauthorized) {
		t.Errorf("%v of kind %v", err, release.KindOf(err))
	}
}

func TestLookAtNothing(t *testing.T) {
	for _, kind := range []release.ArtifactKind{"", "npm", release.KindGitHubRelease} {
		p, err := New(Options{}).Look(context.Background(), release.Artifact{Kind: kind, Name: "x"})
		if err == nil || p != (checks.Published{}) {
			t.Errorf("%q: %+v, %v", kind, p, err)
		}
	}
}

func ExampleShelf_Look() {
	shelf := New(Options{Transport: asked(func(req *http.Request) (*http.Response, error) {
		return simple(indexOf(nil, pyFile("ckan-2.11.6.tar.gz"))).response(req), nil
	})})
	p, err := shelf.Look(context.Background(), release.Artifact{Kind: release.KindPyPI, Name: "ckan", Version: "2.11.6"})
	fmt.Println(p.Exists, p.URL, err)
	// Output: true https://pypi.org/project/ckan/2.11.6/ <nil>
}
