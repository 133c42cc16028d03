package github

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/checks/trace/archive"
	"twokey/release"
)

const (
	runArtifactsLine = "GET /repos/o/r/actions/runs/3/artifacts?per_page=100"
	artifactLine     = "GET /repos/o/r/actions/artifacts/5/zip"
	artifactHost     = "https://productionresultssa1.blob.core.windows.net/actions-results/5?sig=secret"
)

// runArtifactJSON is an artifact as GitHub gives it; more is added at its end.
func runArtifactJSON(id int, name, more string) string {
	return fmt.Sprintf(`{"id":%d,"name":%q,"size_in_bytes":%d,"expired":false,"created_at":"2026-08-14T09:00:00Z"%s}`, id, name, 100+id, more)
}

func runArtifactsJSON(entries ...string) string {
	return fmt.Sprintf(`{"total_count":%d,"artifacts":[%s]}`, len(entries), strings.Join(entries, ","))
}

func TestRunArtifacts(t *testing.T) {
	b := newBench(t)
	const second = "/repos/o/r/actions/runs/3/artifacts?page=2&per_page=100"
	b.fake.on(runArtifactsLine, 200, runArtifactsJSON(runArtifactJSON(1, "dist\u202e", `,"digest":"`+someDigest+`","workflow_run":{"id":3}`),
		runArtifactJSON(2, "old", `,"digest":null,"workflow_run":null`))).with("Link", "<"+apiHost+second+`>; rel="next"`)
	b.fake.on("GET "+second, 200, runArtifactsJSON(runArtifactJSON(2, "old", ""), strings.Replace(runArtifactJSON(4, "gone", ""), "false", "true", 1)))
	got, err := b.RunArtifacts(t.Context(), testRepo(), 3)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := release.RunArtifact{ID: 1, Name: text.Clean("dist\u202e"), Size: 101, Digest: someDigest, Created: time.Date(2026, 8, 14, 9, 0, 0, 0, time.UTC)}
	if got[0] != want {
		t.Errorf("it is %+v", got[0])
	}
	if got[1].ID != 2 || got[1].Digest != "" || got[1].Expired || got[2].ID != 4 || !got[2].Expired {
		t.Errorf("they are %+v", got)
	}
	b.fake.on(runArtifactsLine, 200, runArtifactsJSON())
	if got, err := b.RunArtifacts(t.Context(), testRepo(), 3); err != nil || got == nil || len(got) != 0 {
		t.Errorf("none: %+v, %v", got, err)
	}
}

func TestRunArtifactsFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		target error
	}{
		{"absent", 404, `{"message":"Not Found"}`, release.ErrNotFound},
		{"refused", 403, `{"message":"no"}`, release.ErrForbidden},
		{"no list", 200, `{"total_count":0}`, errStrange},
		{"no ID", 200, runArtifactsJSON(runArtifactJSON(0, "x", "")), errStrange},
		{"no name", 200, runArtifactsJSON(runArtifactJSON(1, "", "")), errStrange},
		{"a size that is none", 200, runArtifactsJSON(runArtifactJSON(-200, "x", "")), errStrange},
		{"a digest that is none", 200, runArtifactsJSON(runArtifactJSON(1, "x", `,"digest":"sha256:\u202e"`)), errStrange},
		{"of another run", 200, runArtifactsJSON(runArtifactJSON(1, "x", `,"workflow_run":{"id":4}`)), errStrange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(runArtifactsLine, tt.status, tt.body)
			got, err := b.RunArtifacts(t.Context(), testRepo(), 3)
			wantErr(t, err, tt.target, "the artifacts of run 3 of o/r")
			if got != nil {
				t.Errorf("%+v", got)
			}
		})
	}
	b := newBench(t)
	if _, err := b.RunArtifacts(t.Context(), testRepo(), 0); err == nil || b.fake.count() != 0 {
		t.Error(err)
	}
}

// zipped is a zip of files, by names and contents, written as it is streamed.
func zipped(files ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		f, _ := w.Create(files[i])
		_, _ = f.Write([]byte(files[i+1]))
	}
	_ = w.Close()
	return b.String()
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// artifactOf is an artifact with a content.
func artifactOf(content string) release.RunArtifact {
	return release.RunArtifact{ID: 5, Name: text.Clean("dist"), Size: int64(len(content)), Digest: digestOf(content)}
}

// collected is what a visit was told of, in short.
type collected struct{ files []string }

func (c *collected) visit(m archive.Member, content io.Reader) error {
	raw, err := io.ReadAll(content)
	c.files = append(c.files, fmt.Sprintf("%s=%s", m.Path, raw))
	return err
}

// A run's artifact comes from another host, which gets no token, and its files are shown.
func TestReadRunArtifact(t *testing.T) {
	content := zipped("r-1.0.tar.gz", "sources", "sub/r-1.0.whl", strings.Repeat("wheel ", 100))
	for _, kind := range []string{"application/zip", "zip", "", "application/octet-stream"} {
		b := newBench(t, readOnly)
		b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
		r := b.fake.on("GET "+artifactHost, 200, content).with("Content-Type", kind)
		if kind == "application/octet-stream" {
			r.with("Content-Disposition", `attachment; filename="dist.zip"`)
		}
		var seen collected
		got, err := b.ReadRunArtifact(t.Context(), testRepo(), artifactOf(content), seen.visit)
		if want := "r-1.0.tar.gz=sources sub/r-1.0.whl=" + strings.Repeat("wheel ", 100); err != nil || strings.Join(seen.files, " ") != want {
			t.Errorf("as %q: %q, %v", kind, seen.files, err)
		}
		if got.Size != int64(len(content)) || len(got.Digests) != 1 || got.Digests[0].Digest != digestOf(content) || got.Digests[0].By.IsZero() {
			t.Errorf("received %+v", got)
		}
		for _, r := range b.fake.sent {
			if there := strings.Contains(r.line, "https://"); there == strings.Contains(fmt.Sprint(r.header), testToken) {
				t.Errorf("%s was sent %v", r.line, r.header)
			}
		}
	}
}

// A file that was kept as it is comes as it is, also where it is a zip in itself.
func TestReadRunArtifactThatIsAFile(t *testing.T) {
	content := zipped("r/__init__.py", "")
	read := func(name string) ([]string, error) {
		b := newBench(t)
		b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
		b.fake.on("GET "+artifactHost, 200, content).with("Content-Type", "application/octet-stream").with("Content-Disposition", `attachment; filename="`+name+`"`)
		a := artifactOf(content)
		a.Name = text.Clean(name)
		var seen collected
		_, err := b.ReadRunArtifact(t.Context(), testRepo(), a, seen.visit)
		return seen.files, err
	}
	if files, err := read("r-1.0.whl"); err != nil || len(files) != 1 || files[0] != "r-1.0.whl="+content {
		t.Errorf("%q, %v", files, err)
	}
	for _, name := range []string{"..", "a/b", "/etc/passwd", "."} {
		if files, err := read(name); err == nil || len(files) != 0 {
			t.Errorf("%s: %q, %v", name, files, err)
		}
	}
}

// What is not what GitHub says it is, or no zip, is looked into by nobody.
func TestReadRunArtifactFailures(t *testing.T) {
	content := zipped("a", "b")
	hostile := zipped("../../etc/cron.d/x\u202e", "b")
	there := func(status int, body string) func(*fake) {
		return func(f *fake) {
			f.on(artifactLine, 302, "").with("Location", artifactHost)
			f.on("GET "+artifactHost, status, body).with("Location", "https://elsewhere.example/?sig=secret")
		}
	}
	for _, tt := range []struct {
		name   string
		a      release.RunArtifact
		expect func(*fake)
		target error
		words  string
	}{
		{"absent", artifactOf(content), func(f *fake) { f.on(artifactLine, 404, `{"message":"Not Found"}`) }, release.ErrNotFound, ""},
		{"expired", artifactOf(content), func(f *fake) { f.on(artifactLine, 410, `{"message":"Artifact has expired"}`) }, release.ErrNotFound, "expired"},
		{"known to have expired", release.RunArtifact{ID: 5, Expired: true}, nil, release.ErrNotFound, "expired"},
		{"without a token", artifactOf(content), func(f *fake) { f.on(artifactLine, 401, `{"message":"Requires authentication"}`) }, release.ErrUnauthorized, ""},
		{"refused", artifactOf(content), func(f *fake) { f.on(artifactLine, 403, `{"message":"no"}`) }, release.ErrForbidden, ""},
		{"refused there", artifactOf(content), there(403, ""), nil, "productionresultssa1.blob.core.windows.net answered 403"},
		{"sent on", artifactOf(content), there(302, ""), errTarget, "from there to elsewhere.example"},
		{"sent to where nothing is encrypted", artifactOf(content), func(f *fake) {
			f.on(artifactLine, 302, "").with("Location", "http://productionresultssa1.blob.core.windows.net/x")
		}, errTarget, ""},
		{"another content", artifactOf(content), there(200, zipped("a", "c")), errStrange, "what came has the digest"},
		{"no zip", artifactOf("no zip"), there(200, "no zip"), nil, ""},
		{"an empty answer", artifactOf(""), there(200, ""), nil, ""},
		{"a path that leads out", artifactOf(hostile), there(200, hostile), nil, ""},
		{"no ID", release.RunArtifact{}, nil, errStrange, ""},
		{"known to be too large", release.RunArtifact{ID: 5, Size: maxRunArtifact + 1, Digest: someDigest}, nil, errTooLarge, "can not be looked into"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			if tt.expect != nil {
				tt.expect(b.fake)
			}
			var seen collected
			_, err := b.ReadRunArtifact(t.Context(), testRepo(), tt.a, seen.visit)
			wantErr(t, err, tt.target, tt.words, "the artifact ", " of o/r")
			if len(seen.files) != 0 || strings.Contains(err.Error(), "secret") || strings.ContainsRune(err.Error(), '\u202e') {
				t.Errorf("%q, %q", seen.files, err)
			}
		})
	}
}

// The error of whoever looks is theirs, and nothing is asked for again because of it.
func TestReadRunArtifactStops(t *testing.T) {
	content := zipped("a", "1", "b", "2")
	b := newBench(t)
	b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
	b.fake.on("GET "+artifactHost, 200, content)
	enough, calls := errors.New("enough"), 0
	_, err := b.ReadRunArtifact(t.Context(), testRepo(), artifactOf(content), func(archive.Member, io.Reader) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%v after %d", err, calls)
	}
}

// What breaks off is read anew, and shown once.
func TestReadRunArtifactAgain(t *testing.T) {
	content := zipped("a", "1")
	b := newBench(t)
	b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
	b.fake.on("GET "+artifactHost, 200, content[:30]).breaks(io.ErrUnexpectedEOF)
	b.fake.on("GET "+artifactHost, 200, content)
	var seen collected
	if _, err := b.ReadRunArtifact(t.Context(), testRepo(), artifactOf(content), seen.visit); err != nil || strings.Join(seen.files, " ") != "a=1" {
		t.Errorf("%q, %v", seen.files, err)
	}
}

// An artifact is not read beyond what is held, whatever its size is said to be; an old
// host tells the size of what is in it, so that this alone is no reason.
func TestReadRunArtifactIsBounded(t *testing.T) {
	b := newBench(t)
	read := &counted{r: repeating("A")}
	b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
	b.fake.on("GET "+artifactHost, 200, "").stream = func(*http.Request) io.Reader { return read }
	_, err := b.ReadRunArtifact(t.Context(), testRepo(), release.RunArtifact{ID: 5, Size: 1}, nil)
	wantErr(t, err, errTooLarge, "more than 64 MiB", "can not be looked into")
	if read.n > maxRunArtifact+1<<20 || b.fake.count() != 2 {
		t.Errorf("%d bytes were read", read.n)
	}
	content := zipped("a", "1")
	b.fake.on(artifactLine, 302, "").with("Location", artifactHost)
	b.fake.on("GET "+artifactHost, 200, content)
	var seen collected
	if _, err := b.ReadRunArtifact(t.Context(), testRepo(), release.RunArtifact{ID: 5, Size: maxRunArtifact + 1}, seen.visit); err != nil || len(seen.files) != 1 {
		t.Errorf("%q, %v", seen.files, err)
	}
}
