package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"twokey/release"
	"twokey/release/rehearsal"
	"twokey/ui/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(held{m}, map[string]func(){"twokey": main})
}

// TestScript runs the program as people do. The scripts stand beside the commands.
func TestScript(t *testing.T) {
	dir := filepath.Join("ui", "cli", "testdata", "script")
	var files []string
	if testing.Short() { // one release that fails, and one that is refused
		for _, name := range []string{"failed-job", "moved"} {
			files = append(files, filepath.Join(dir, name+".txtar"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, Files: files,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("GH_CONFIG_DIR", filepath.Join(e.WorkDir, "gh"))
			e.Setenv("GH_PATH", filepath.Join(e.WorkDir, "no-gh")) // no token from a gh of this machine
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "jsonlines": jsonLines,
		},
	})
}

// needsTime skips a test that takes long, and has nothing to tell in a short run.
func needsTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long: left out with -short")
	}
}

// exits runs a command and wants an exit code: exits CODE COMMAND [ARG…].
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// jsonLines wants the last output to be events and nothing else, numbered without a
// gap, the first and the last of the given types: jsonlines FIRST LAST.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonlines FIRST LAST")
	}
	var types []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var e release.Stamped
		ts.Check(json.Unmarshal([]byte(line), &e))
		types = append(types, e.Event.Type())
		if e.Seq != uint64(len(types)) {
			ts.Fatalf("event %d is the %dth", e.Seq, len(types))
		}
	}
	if len(types) == 0 || types[0] != args[0] || types[len(types)-1] != args[1] {
		ts.Fatalf("the events are %v, want them from %s to %s", types, args[0], args[1])
	}
}

// world serves a stepping world that tests can look into.
func world(t *testing.T, o rehearsal.Options) (w *rehearsal.World, addr string) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	o.Stepping = true
	w, err := rehearsal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := rehearsal.Listen(ctx, "127.0.0.1:0", w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := s.Wait(); err != nil {
			t.Error(err)
		}
	})
	return w, s.Addr()
}

// twokey runs the commands in this process, over everything that main wires.
func twokey(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = cli.Run(t.Context(), cli.Config{IO: cli.IO{In: strings.NewReader(""), Out: &out, Err: &out},
		Open: open, Listen: listen, Console: console}, args)
	return out.String(), err
}

// child starts the program as a process of its own, and reads its output up to a line
// that holds until.
func child(t *testing.T, until string, args ...string) process {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Args = append([]string{"twokey"}, args...)
	p := process{Cmd: c, errs: new(bytes.Buffer)}
	c.Stderr = p.errs
	var err error
	if p.out, err = c.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(p.out); lines.Scan(); {
		if strings.Contains(lines.Text(), until) {
			return p
		}
	}
	t.Fatalf("%q ended before %q", args, until)
	return p
}

// process is a running program; errs may be read when it has ended.
type process struct {
	*exec.Cmd
	out  io.ReadCloser
	errs *bytes.Buffer
}

// Whoever stops the program, or stops reading it, stops no release: it says how to
// come back, and what it has not started yet it does not start.
func TestLeft(t *testing.T) {
	for name, leave := range map[string]func(process) error{
		"interrupt":   func(p process) error { return p.Process.Signal(os.Interrupt) },
		"terminate":   func(p process) error { return p.Process.Signal(syscall.SIGTERM) },
		"broken pipe": func(p process) error { return p.out.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			w, addr := world(t, rehearsal.Options{Speed: 200})
			c := child(t, "run found", "rehearse", "--connect", addr, "release", "2.11.6", "--yes")
			sent := len(acts(w, 0))
			if err := leave(c); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, c.out)
			_ = c.Wait()
			if code := c.ProcessState.ExitCode(); code != 5 || !strings.Contains(c.errs.String(), " attach 2.11.6`") {
				t.Errorf("it ends with %d and says\n%s", code, c.errs)
			}
			if got := acts(w, 0); len(got) != sent || sent == 0 {
				t.Errorf("it sent %q, %d of them before", got, sent)
			}
		})
	}
}

// A release that stopped half way is verified as far as it was started, and that is no
// pass; what somebody acknowledged is shown.
func TestVerifyHalfWay(t *testing.T) {
	needsTime(t)
	_, addr := world(t, rehearsal.Options{Scenario: "xz", Speed: 5000})
	in := func(args ...string) (string, error) {
		return twokey(t, append([]string{"rehearse", "--connect", addr}, args...)...)
	}
	if _, err := in("release", "2.11.6", "--yes"); release.KindOf(err) != release.KindFailed {
		t.Fatalf("the release ends with %v", err)
	}
	out, err := in("verify", "2.11.6", "--stage", "package")
	if hint := release.HintOf(err); release.KindOf(err) != release.KindFailed || !strings.Contains(out, "✗ NOT VERIFIED: ") ||
		!strings.Contains(hint, " verify 2.11.6 --stage package --acknowledge '") || !strings.Contains(hint, "yank it") {
		t.Errorf("it ends with %v (hint: %s)\n%s", err, hint, out)
	}
	acks := []string{"--acknowledge", "m4/build-to-host.m4@3fd127466555e0d9bc057b1722e183765cf5c96c=gettext's", "--acknowledge", "tests/data/tides.dat@427e2d7b9e1a7c542cbe447f04ded0d3908ed3e2=newer"}
	out, err = in(append([]string{"verify"}, acks...)...)
	if release.KindOf(err) != release.KindLeft || !strings.Contains(release.HintOf(err), " release 2.11.6 --resume --acknowledge ") {
		t.Errorf("it ends with %v (hint: %s)", err, release.HintOf(err))
	}
	for _, want := range []string{"! VERIFIED SO FAR: ", "not started: deb, docker", "\n  ◌ not started\n", "  accepted: art.extras: m4/build-to-host.m4@3fd1", ": gettext's\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "no file stands under its name") {
		t.Errorf("what was not started is judged:\n%s", out)
	}
	if out, err = in("verify", "2.11.6", "--stage", "deb"); release.KindOf(err) != release.KindLeft || !strings.Contains(out, "NOTHING TO VERIFY YET") {
		t.Errorf("the stage alone ends with %v:\n%s", err, out)
	}
	if out, err = in("verify", "2.11.6", "--explain", "tests/data/tides.dat"); err != nil || !strings.Contains(out, "pypi harbour 2.11.6: modified") ||
		strings.Contains(out, "_amd64.deb") || strings.Contains(out, "image ") {
		t.Errorf("explaining a file ends with %v, and tells of what another release left there:\n%s", err, out)
	}
	if _, err = in(append([]string{"release", "2.11.6", "--resume", "--yes"}, acks...)...); err != nil {
		t.Fatal(err)
	}
	if out, err = in(append([]string{"verify", "2.11.6"}, acks...)...); err != nil || !strings.Contains(out, "! VERIFIED: ") {
		t.Errorf("it ends with %v:\n%s", err, out)
	}
}

// What is verified while CI goes on may only be not there yet, and whoever asks is told.
func TestVerifyInFlight(t *testing.T) {
	_, addr := world(t, rehearsal.Options{Speed: 200})
	c := child(t, "run found", "rehearse", "--connect", addr, "release", "2.11.6", "--yes")
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, c.out)
	_ = c.Wait()
	out, err := twokey(t, "rehearse", "--connect", addr, "verify", "2.11.6", "--stage", "package")
	if hint := release.HintOf(err); release.KindOf(err) != release.KindFailed || !strings.Contains(out, "NOT VERIFIED") ||
		!strings.Contains(hint, "if CI still goes on, watch it first") || !strings.Contains(hint, " attach 2.11.6`") || strings.Contains(hint, "yank") {
		t.Errorf("it ends with %v (hint: %s)\n%s", err, hint, out)
	}
	if _, err := twokey(t, "rehearse", "--connect", addr, "verify", "2.11.5"); err != nil {
		t.Errorf("the one before ends with %v (hint: %s)", err, release.HintOf(err))
	}
}

// Whoever has read enough is not told that they left, where nothing is left behind.
func TestUnread(t *testing.T) {
	needsTime(t)
	for _, args := range [][]string{{"verify"}, {"verify", "--json"}, {"verify", "--explain", "setup.cfg"}, {"status"}, {"status", "--json"},
		{"check"}, {"check", "--json"}, {"--list"}, {"release", "--bump", "patch", "--yes", "--speed", "5000"}} {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Args, c.Env = append([]string{"twokey", "rehearse"}, args...), append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		c.Stdout, c.Stderr = w, &errs
		if err := errors.Join(r.Close(), c.Start(), w.Close()); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != 141 || errs.Len() > 0 {
			t.Errorf("%q ends with %d and says\n%s", args, code, &errs)
		}
	}
}

// terminal starts the program in a terminal of a size.
func terminal(t *testing.T, cols, rows uint16, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Args = append([]string{"twokey"}, args...)
	// Not xterm: Bubble Tea asks such a terminal for its colours as soon as the
	// process starts, and waits five seconds for an answer that nobody here gives.
	c.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir(), "TERM=screen")
	tty, err := pty.StartWithSize(c, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		t.Skipf("no terminal here: %v", err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return c, tty
}

func TestTooSmallATerminal(t *testing.T) {
	c, tty := terminal(t, 20, 5, "rehearse")
	out, _ := io.ReadAll(tty) // a terminal whose program ended gives an error
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 2 || !bytes.Contains(out, []byte("a terminal of 20×5 is too small")) {
		t.Errorf("it ends with %d and says\n%s", code, out)
	}
	if bytes.Contains(out, []byte("\x1b")) {
		t.Errorf("it drew something: %q", out)
	}
}

// In a terminal --plain asks on a line, for screen readers among others.
func TestPlainAsks(t *testing.T) {
	for _, tt := range []struct {
		typed string
		code  int
		want  string
	}{
		{"harbour-2.11.6\n", 0, "release  DONE  harbour-2.11.6"},
		{"yes\n", 2, "twokey: not confirmed"},
	} {
		c, tty := terminal(t, 80, 24, "rehearse", "release", "--plain")
		var out bytes.Buffer
		for lines := bufio.NewReader(tty); ; {
			b, err := lines.ReadByte()
			if err != nil {
				break
			}
			out.WriteByte(b)
			if strings.HasSuffix(out.String(), "anything else to leave: ") {
				if _, err := tty.WriteString(tt.typed); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != tt.code || !strings.Contains(out.String(), tt.want) {
			t.Errorf("typing %q ends with %d:\n%s", tt.typed, code, &out)
		}
		if sent := strings.Contains(out.String(), "sending"); sent != (tt.code == 0) {
			t.Errorf("typing %q: sent is %v", tt.typed, sent)
		}
	}
}

// A plan to try is not ignored for a repository that it is not for.
func TestPlanToTryElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.yml")
	plan := "version: 1\nproject: x\nlines: main\ntag: x-{version}\nstages:\n  - {name: package, trigger: tag, workflows: [publish.yml]}\n"
	if err := os.WriteFile(file, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-R", "harbour/harbour-images", "status"}, {"status", "-R", "harbour/harbour-images"}} {
		out, err := twokey(t, append([]string{"rehearse", "--plan", file}, args...)...)
		if release.KindOf(err) != release.KindUsage || !strings.Contains(release.HintOf(err), "leave -R out") || out != "" {
			t.Errorf("%q ends with %v and prints\n%s", args, err, out)
		}
	}
}

// A served world is there for everybody until it is interrupted, which is how
// serving is meant to end.
func TestListen(t *testing.T) {
	needsTime(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	socket := filepath.Join(t.TempDir(), "world.sock")
	addr := "unix:" + socket
	server := child(t, "listening on "+addr, "rehearse", "--listen", addr, "--speed", "2000")
	for _, tt := range []struct {
		args, want string
		kind       release.Kind
		fails      bool
	}{
		{args: "status", want: "dev-v2.11"},
		{args: "release 2.11.6 --yes", want: "release  DONE  harbour-2.11.6"},
		{args: "release 2.11.6 --yes", want: "block    tag.free", fails: true, kind: release.KindNoGo},
		{args: "release --bump patch --yes", fails: true, kind: release.KindUsage},
		{args: "status", want: "dev-v2.11 has no commit since 2.11.6"},
		{args: "attach", fails: true, kind: release.KindUsage},
		{args: "attach 2.11.6", want: "release  DONE  harbour-2.11.6"},
	} {
		out, err := twokey(t, append([]string{"rehearse", "--connect", addr}, strings.Fields(tt.args)...)...)
		if (err != nil) != tt.fails || tt.fails && release.KindOf(err) != tt.kind || !strings.Contains(out, tt.want) {
			t.Errorf("%q ends with %v and prints\n%s", tt.args, err, out)
		}
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("an interrupted server ends with %v", err)
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its socket is left behind: %v", err)
	}
}

// A release whose watcher is killed goes on: whoever attaches sees the same, and
// whoever resumes starts what was not started, and nothing twice.
func TestKilledInTheMiddle(t *testing.T) {
	w, addr := world(t, rehearsal.Options{Speed: 200})
	c := child(t, `"type":"run.found"`, "rehearse", "--connect", addr, "release", "2.11.6", "--yes", "--json")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	before := acts(w, 0)
	if len(before) == 0 {
		t.Fatal("it was killed before it did anything")
	}
	got, err := twokey(t, "rehearse", "--connect", addr, "attach", "--json")
	if release.KindOf(err) != release.KindLeft {
		t.Errorf("attach ends with %v, want: nobody started the rest", err)
	}
	if !strings.Contains(got, `"type":"stage.done","data":{"stage":"package","outcome":"done"`) {
		t.Errorf("attach did not see the first stage end:\n%s", got)
	}
	if sent := acts(w, 0); !slices.Equal(sent, before) {
		t.Errorf("attach sent %q", sent[len(before):])
	}
	if _, err := twokey(t, "rehearse", "--connect", addr, "release", "2.11.6", "--yes", "--resume"); err != nil {
		t.Errorf("the resumed release ends with %v", err)
	}
	refs, releases := 0, 0
	for _, r := range acts(w, 0) {
		if strings.HasSuffix(r, "/git/refs 201") {
			refs++
		}
		if strings.HasSuffix(r, "/releases 201") {
			releases++
		}
	}
	if refs != 3 || releases != 1 {
		t.Errorf("%d refs and %d releases were created, want 3 and 1: %q", refs, releases, acts(w, 0))
	}
}
