package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twokey/release"
	"twokey/release/rehearsal"
	"twokey/ui/cli"
)

// ghWorld is a world that the real gh can visit, beside twokey.
type ghWorld struct {
	t     *testing.T
	world *rehearsal.World
	addr  string // for twokey's --connect
	repo  string
	env   []string // of gh

	// What is measured begins after so many requests, then.
	set   int
	began time.Time

	// pause is how much time passes in the world between two rounds of questions of
	// `gh run watch`, which is told to wait for nothing itself: so no test sleeps, and
	// what gh sees does not depend on how fast the machine is. looks counts how often it
	// asked for the run.
	pause atomic.Int64
	looks atomic.Int64
	// asked is called with each request of gh's before it is answered.
	asked atomic.Pointer[func(*http.Request)]
}

// openGH serves a world at a socket. The test is skipped where there is no gh.
func openGH(t *testing.T, o rehearsal.Options) *ghWorld {
	t.Helper()
	if _, err := exec.LookPath("gh"); err != nil {
		t.Skip("there is no gh here to try the world with: it is the Debian package gh")
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	world, err := rehearsal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "gh") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g := &ghWorld{t: t, world: world, repo: world.Repo().String()}
	g.serve(filepath.Join(dir, "world"))
	return g
}

// serve answers at a socket until the test ends.
func (g *ghWorld) serve(socket string) {
	l, err := new(net.ListenConfig).Listen(g.t.Context(), "unix", socket)
	if err != nil {
		g.t.Fatal(err)
	}
	inner := contract.Handler(g.t, g.world.Handler(), "api.github.com")
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if isGH(req.UserAgent()) {
			g.before(req)
		}
		inner.ServeHTTP(rw, req)
	})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	g.t.Cleanup(func() {
		_ = s.Close() // Serve tells what matters
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			g.t.Error(err)
		}
	})
	dir := filepath.Dir(socket)
	if err := os.WriteFile(filepath.Join(dir, "config.yml"), []byte("http_unix_socket: "+socket+"\n"), 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.addr = "unix:" + socket
	g.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GH_CONFIG_DIR=" + dir, "XDG_CACHE_HOME=" + dir,
		"XDG_STATE_HOME=" + dir, "GH_TOKEN=" + g.world.Token(), "GH_REPO=" + g.repo, "GH_NO_UPDATE_NOTIFIER=1",
		"GH_PROMPT_DISABLED=1", "NO_COLOR=1"}
}

// isGH tells the requests of gh from those of twokey.
func isGH(agent string) bool { return strings.HasPrefix(agent, "GitHub CLI") }

// aRun is what `gh run watch` asks first in each round, and once before the first.
var aRun = regexp.MustCompile(`^/repos/[^/]+/[^/]+/actions/runs/\d+$`)

// before lets the time pass that `gh run watch` would wait.
func (g *ghWorld) before(req *http.Request) {
	if asked := g.asked.Load(); asked != nil {
		(*asked)(req)
	}
	d := time.Duration(g.pause.Load())
	if d == 0 || req.Method != http.MethodGet || !aRun.MatchString(req.URL.Path) {
		return
	}
	if g.looks.Add(1) > 2 {
		_ = g.world.Clock().Sleep(req.Context(), d) // it ends early when gh has gone
	}
}

// command is gh, ready to be run.
func (g *ghWorld) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(g.t.Context(), "gh", args...)
	c.Env, c.Dir = g.env, g.t.TempDir() // in no clone
	return c
}

// gh runs gh, and gives what it printed and its exit code.
func (g *ghWorld) gh(args ...string) (stdout, stderr string, code int) {
	g.t.Helper()
	var out, errs bytes.Buffer
	c := g.command(args...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		g.t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// want runs gh, which has to end well, and gives what it printed.
func (g *ghWorld) want(args ...string) string {
	g.t.Helper()
	out, errs, code := g.gh(args...)
	if code != 0 {
		g.t.Fatalf("gh %q ends with %d: %s%s", args, code, out, errs)
	}
	return out
}

// watch follows a run with gh to its end, while five seconds pass between its looks.
func (g *ghWorld) watch(run string) (stdout string, code int) {
	g.t.Helper()
	g.pause.Store(int64(5 * time.Second))
	g.looks.Store(0)
	defer g.pause.Store(0)
	out, errs, code := g.gh("run", "watch", run, "--interval", "0", "--exit-status")
	if errs != "" {
		g.t.Errorf("gh run watch says %s", errs)
	}
	return out, code
}

// twokey runs a command in the world, whose time passes only while it waits. It
// leaves once its output holds what until is, if that is not empty. Its events are
// folded into what it knows of the release.
func (g *ghWorld) twokey(until string, args ...string) (release.State, error) {
	g.t.Helper()
	ctx, leave := context.WithCancel(g.t.Context())
	defer leave()
	out := &leaving{until: until, leave: leave}
	err := g.run(ctx, out, args...)
	var s release.State
	for line := range strings.Lines(out.String()) {
		var e release.Stamped
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			g.t.Fatalf("%q prints %q: %v", args, line, err)
		}
		s.Apply(e)
	}
	return s, err
}

// run runs a command of twokey's in the world, in this process.
func (g *ghWorld) run(ctx context.Context, out io.Writer, args ...string) error {
	return cli.Run(ctx, cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: out, Err: io.Discard},
		Open: open, Listen: listen, Console: console}, append([]string{"rehearse", "--connect", g.addr}, args...))
}

// leaving is an output that ends the command once it holds a text.
type leaving struct {
	bytes.Buffer
	until string
	leave func()
}

// Write takes what the command prints, which is a line at a time.
func (l *leaving) Write(p []byte) (int, error) {
	if l.until != "" && bytes.Contains(p, []byte(l.until)) {
		l.leave()
	}
	return l.Buffer.Write(p)
}
