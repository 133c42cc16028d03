package rehearsal

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twokey/release"
)

// serve serves a world until the test or the returned function ends it.
func serve(t *testing.T, addr string, w *World) (at string, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Listen(ctx, addr, w)
	check(t, err)
	ended := false
	end = func() {
		if !ended {
			ended = true
			cancel()
			if err := s.Wait(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(end)
	return s.Addr(), end
}

func TestServedWorldIsTheSame(t *testing.T) {
	for _, addr := range []string{"unix:" + filepath.Join(t.TempDir(), "w.sock"), "127.0.0.1:0"} {
		w, err := New(Options{Speed: -1})
		check(t, err)
		at, _ := serve(t, addr, w)
		r, err := Dial(at)
		check(t, err)
		if r.Repo() != w.Repo() || r.Token() != w.Token() || r.Viewer() != w.Viewer() || r.Scenario() != "clean" {
			t.Errorf("%s: the world says of itself %s, %s, %s", addr, r.Repo(), r.Viewer(), r.Scenario())
		}
		near := client{t, w}
		near.release("harbour-2.11.6", "dev-v2.11")
		ask := &http.Client{Transport: r.Transport()}
		resp, err := ask.Get("https://api.github.com/repos/harbour/harbour/git/ref/tags/harbour-2.11.6")
		check(t, err)
		body, err := io.ReadAll(resp.Body)
		check(t, err)
		check(t, resp.Body.Close())
		if want := near.get(near.repo() + "/git/ref/tags/harbour-2.11.6").text; resp.StatusCode != 200 || string(body) != want {
			t.Errorf("%s: HTTP %d %s, want %s", addr, resp.StatusCode, body, want)
		}
		if resp.Request.URL.Scheme != "https" {
			t.Errorf("%s: to the caller the answer came by %s", addr, resp.Request.URL.Scheme)
		}
		resp, err = ask.Get("https://example.org/")
		check(t, err)
		check(t, resp.Body.Close())
		if resp.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: a host that the world does not have answers HTTP %d", addr, resp.StatusCode)
		}
	}
}

func TestRemoteClockIsTheWorlds(t *testing.T) {
	w, err := New(Options{Start: dawn(), Speed: -1})
	check(t, err)
	at, end := serve(t, "127.0.0.1:0", w)
	r, err := Dial(at)
	check(t, err)
	check(t, r.Clock().Sleep(t.Context(), time.Hour))
	check(t, w.Clock().Sleep(t.Context(), time.Minute))
	want := dawn().Add(61 * time.Minute)
	if near, far := w.Clock().Now(), r.Clock().Now(); !near.Equal(want) || !far.Equal(want) {
		t.Errorf("it is %v here and %v there, want %v", near, far, want)
	}
	end()
	if got := r.Clock().Now(); !got.Equal(want) {
		t.Errorf("when the world is gone it is %v, want the last time that it told", got)
	}
	if err := r.Clock().Sleep(t.Context(), time.Second); err == nil {
		t.Error("sleeping works in a world that is gone")
	}
}

func TestRemoteClockOfFlowingTime(t *testing.T) {
	w, err := New(Options{Start: dawn(), Speed: 1000})
	check(t, err)
	at, _ := serve(t, "127.0.0.1:0", w)
	r, err := Dial(at)
	check(t, err)
	before := w.Clock().Now()
	check(t, r.Clock().Sleep(t.Context(), 5*time.Second))
	if passed := w.Clock().Now().Sub(before); passed < 5*time.Second {
		t.Errorf("after a sleep of 5 s, %v passed in the world", passed)
	}
	if apart := w.Clock().Now().Sub(r.Clock().Now()).Abs(); apart > 30*time.Minute {
		t.Errorf("the clocks are %v apart", apart)
	}
}

func TestSocketIsPrivateAndRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.sock")
	c := sample(t, "clean")
	_, end := serve(t, "unix:"+path, c.world)
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %v, want 0600", info.Mode().Perm())
	}
	if _, err := Listen(t.Context(), "unix:"+path, c.world); err == nil {
		t.Error("a second world takes the same socket")
	}
	end()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("in the end the socket is still there: %v", err)
	}
}

// A socket that a killed server left behind is taken over, and nothing else is.
func TestTakenAddresses(t *testing.T) {
	c := sample(t, "clean")
	dir := t.TempDir()
	stale, live, file := filepath.Join(dir, "stale"), filepath.Join(dir, "live"), filepath.Join(dir, "file")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", stale)
	check(t, err)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	check(t, l.Close())
	check(t, os.WriteFile(file, []byte("mine"), 0o600))
	serve(t, "unix:"+live, c.world)
	port, _ := serve(t, "127.0.0.1:0", c.world)

	at, _ := serve(t, "unix:"+stale, c.world)
	_, err = Dial(at)
	check(t, err)
	for _, addr := range []string{"unix:" + live, "unix:" + file, port} {
		_, err := Listen(t.Context(), addr, c.world)
		if err == nil || release.KindOf(err) != release.KindUsage || !strings.HasSuffix(err.Error(), ": the address is taken") ||
			!strings.Contains(release.HintOf(err), "--connect "+addr) {
			t.Errorf("%s: %v, hint %q", addr, err, release.HintOf(err))
		}
	}
	_, err = Listen(t.Context(), "unix:"+filepath.Join(dir, "none", "w"), c.world)
	if err == nil || release.KindOf(err) != release.KindUsage || !strings.HasSuffix(err.Error(), ": no such file or directory") {
		t.Errorf("in no directory: %v", err)
	}
	if _, err := Dial("unix:" + live); err != nil {
		t.Errorf("the socket that was served before: %v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "mine" {
		t.Errorf("the file is %q, %v", got, err)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	c := sample(t, "clean")
	for _, addr := range []string{"", "unix:", "0.0.0.0:0", ":8080", "192.0.2.1:80", "example.org:80", "127.0.0.1", "/tmp/x"} {
		if _, err := Listen(t.Context(), addr, c.world); release.KindOf(err) != release.KindUsage {
			t.Errorf("serving at %q: %v, want a usage error", addr, err)
		}
		if _, err := Dial(addr); release.KindOf(err) != release.KindUsage {
			t.Errorf("connecting to %q: %v, want a usage error", addr, err)
		}
	}
	if _, err := Dial("unix:" + filepath.Join(t.TempDir(), "none")); release.HintOf(err) == "" {
		t.Errorf("connecting to nothing: %v without a hint", err)
	}
}

// TestAbsoluteRequests speaks as a client does that takes the world for a proxy.
func TestAbsoluteRequests(t *testing.T) {
	c := sample(t, "clean")
	at, _ := serve(t, "127.0.0.1:0", c.world)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", at)
	check(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET http://api.github.com/repos/harbour/harbour HTTP/1.1\r\nHost: localhost\r\n\r\n")
	check(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	check(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("an absolute URL: HTTP %d", resp.StatusCode)
	}
}

func TestFaultsOverASocket(t *testing.T) {
	c := sample(t, "flaky")
	c.world.faults.share = 1
	at, _ := serve(t, "127.0.0.1:0", c.world)
	r, err := Dial(at)
	check(t, err)
	for i := range 40 {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.github.com/repos/harbour/harbour?x="+strings.Repeat("y", i), nil)
		check(t, err)
		req.Close = true // a connection that is used again hides faults: the request is sent again
		resp, err := r.Transport().RoundTrip(req)
		if err != nil {
			continue // no answer
		}
		_, err = io.ReadAll(resp.Body)
		check(t, resp.Body.Close())
		if err == nil && resp.StatusCode < 500 {
			t.Fatalf("request %d met no fault", i)
		}
	}
}

// A world that is served no longer is what is said to be missing, and not a file of
// GitHub's. That nothing was sent to it stays certain.
func TestAWorldThatIsGone(t *testing.T) {
	c := sample(t, "clean")
	at, end := serve(t, "unix:"+filepath.Join(t.TempDir(), "w"), c.world)
	r, err := Dial(at)
	check(t, err)
	end()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.github.com/user", nil)
	check(t, err)
	resp, err := r.Transport().RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("it answers")
	}
	if got, want := release.RootCause(err).String(), "nobody serves the rehearsal at "+at+" any more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" {
		t.Errorf("%v does not tell that nothing was sent", err)
	}
}
