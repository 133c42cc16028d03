package registry_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twokey/release"
	"twokey/release/registry"
)

// dockerRegistry is the registry of the Debian package docker-registry, on loopback: the
// program that Docker and many hosts serve images with. Anybody may read and write it.
type dockerRegistry struct {
	t    *testing.T
	addr string // 127.0.0.1:PORT
}

// listening is how docker-registry says that it answers from now on.
var listening = regexp.MustCompile(`listening on (127\.0\.0\.1:[0-9]+)`)

// newDockerRegistry starts an empty registry, which ends with the test.
func newDockerRegistry(t *testing.T) *dockerRegistry {
	t.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		t.Skip("needs the Debian package docker-registry")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yml")
	// The system chooses the port, and relative addresses lead back the way one came.
	err = os.WriteFile(config, []byte(`version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: `+filepath.Join(dir, "images")+`}}
http: {addr: "127.0.0.1:0", relativeurls: true}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "serve", config)
	cmd.Env = []string{"HOME=" + dir} // nothing of ours configures it
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	addr, lines := "", bufio.NewScanner(said)
	var told []string
	for addr == "" && lines.Scan() {
		told = append(told, lines.Text())
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			addr = m[1]
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, said)
	}()
	t.Cleanup(func() { // by now the context of the test has ended the program
		<-drained
		_ = cmd.Wait()
	})
	if addr == "" {
		t.Fatalf("docker-registry does not listen:\n%s", strings.Join(told, "\n"))
	}
	return &dockerRegistry{t: t, addr: addr}
}

// send sends a request to the registry and wants one status in the answer.
func (d *dockerRegistry) send(method, at, kind string, content []byte, want int) *http.Response {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, at, bytes.NewReader(content))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != want {
		d.t.Fatalf("%s %s: %s\n%s", method, at, resp.Status, body)
	}
	return resp
}

// blob pushes a blob, as the OCI distribution specification has it, and describes it.
func (d *dockerRegistry) blob(repo, kind string, content []byte) map[string]any {
	d.t.Helper()
	base, err := url.Parse("http://" + d.addr + "/v2/" + repo + "/blobs/uploads/")
	if err != nil {
		d.t.Fatal(err)
	}
	begun := d.send(http.MethodPost, base.String(), "application/octet-stream", nil, http.StatusAccepted)
	at, err := base.Parse(begun.Header.Get("Location"))
	if err != nil {
		d.t.Fatal(err)
	}
	q := at.Query()
	q.Set("digest", digestOf(content))
	at.RawQuery = q.Encode()
	d.send(http.MethodPut, at.String(), "application/octet-stream", content, http.StatusCreated)
	return part(kind, content)
}

// manifest pushes a manifest under a tag, or under its digest where there is none, and
// describes it.
func (d *dockerRegistry) manifest(repo, tag string, m map[string]any) map[string]any {
	d.t.Helper()
	content, err := json.Marshal(m)
	if err != nil {
		d.t.Fatal(err)
	}
	kind := m["mediaType"].(string)
	if tag == "" {
		tag = digestOf(content)
	}
	resp := d.send(http.MethodPut, "http://"+d.addr+"/v2/"+repo+"/manifests/"+tag, kind, content, http.StatusCreated)
	if got := resp.Header.Get("Docker-Content-Digest"); got != digestOf(content) {
		d.t.Errorf("%s:%s is %s there, and %s here", repo, tag, got, digestOf(content))
	}
	return part(kind, content)
}

// part describes what a manifest names.
func part(kind string, content []byte) map[string]any {
	return map[string]any{"mediaType": kind, "digest": digestOf(content), "size": len(content)}
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// road leads what is asked of some hosts to the registry, and everything else elsewhere.
// To the caller it was answered at the address that it asked.
type road struct {
	to    string // the registry's address
	hosts []string
	rest  http.RoundTripper
	asked atomic.Int32 // of the registry
}

// RoundTrip implements http.RoundTripper.
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	if !slices.Contains(r.hosts, req.URL.Host) {
		if r.rest == nil {
			return nil, fmt.Errorf("nobody expected %s", req.URL)
		}
		return r.rest.RoundTrip(req)
	}
	r.asked.Add(1)
	out := req.Clone(req.Context())
	out.URL.Scheme, out.URL.Host, out.Host = "http", r.to, r.to
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	resp.Request = req
	return resp, nil
}

// still is a clock that stands, and lets everybody on at once.
type still struct{}

func (still) Now() time.Time                                   { return time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC) }
func (still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// shelf reads what is behind a transport, as the product does.
func shelf(via http.RoundTripper) *registry.Shelf {
	return registry.New(registry.Options{Transport: via, Clock: still{}, UserAgent: "twokey/test", Seed: 1})
}

func image(name string) release.Artifact {
	return release.Artifact{Kind: release.KindImage, Name: name, Version: "2.11.6", Source: "srv/app"}
}
