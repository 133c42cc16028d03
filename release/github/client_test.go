package github

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without a transport of its own a client goes where gh goes: here, to the socket
// that gh's configuration names.
func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "s") // short: a socket's path has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	withConfig(t, "http_unix_socket: "+path+"\n")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host+r.URL.Path+" "+r.Header.Get("Authorization"))
		if strings.HasSuffix(r.URL.Path, "/logs") {
			http.Redirect(w, r, "https://logs.example.com/1", http.StatusFound)
			return
		}
		io.WriteString(w, "a line\n")
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	c, err := New(Options{Token: testToken, Clock: newClock(), UserAgent: "twokey/1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Log(t.Context(), testRepo(), 1, 5)
	if err != nil || got.Total != 1 {
		t.Fatal(got, err)
	}
	want := []string{"api.github.com/repos/o/r/actions/jobs/1/logs token " + testToken, "logs.example.com/1 "}
	if fmt.Sprint(hosts) != fmt.Sprint(want) {
		t.Errorf("the socket saw %q", hosts)
	}
}
