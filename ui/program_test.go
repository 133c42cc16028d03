//go:build unix

package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"twokey/release"
	"twokey/release/recordtest"
)

// terminal is the far end of a pseudo-terminal: it types, and remembers what was
// drawn.
type terminal struct {
	t      *testing.T
	master *os.File
	mu     sync.Mutex
	cond   *sync.Cond
	drawn  bytes.Buffer
}

func openTerminal(t *testing.T, cols, rows uint16) (*terminal, *os.File) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: cols, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, master: master}
	term.cond = sync.NewCond(&term.mu)
	go term.read()
	// A program that is killed does not wait for the one who reads its input, so
	// only the far end is closed; the near one is closed once nobody has it.
	t.Cleanup(func() { master.Close() })
	return term, tty
}

func (term *terminal) read() {
	b := make([]byte, 4096)
	for {
		n, err := term.master.Read(b)
		term.mu.Lock()
		term.drawn.Write(b[:n])
		term.cond.Broadcast()
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until waits for text to be drawn since the last call; what was drawn before it
// is forgotten.
func (term *terminal) until(want string) {
	term.t.Helper()
	late := time.AfterFunc(20*time.Second, func() {
		term.mu.Lock()
		defer term.mu.Unlock()
		term.t.Errorf("%q was not drawn; drawn was:\n%s", want, ansi.Strip(term.drawn.String()))
		term.drawn.WriteString(want)
		term.cond.Broadcast()
	})
	defer late.Stop()
	term.mu.Lock()
	defer term.mu.Unlock()
	for !strings.Contains(ansi.Strip(term.drawn.String()), want) {
		term.cond.Wait()
	}
	term.drawn.Reset()
}

func (term *terminal) keys(s string) {
	term.t.Helper()
	if _, err := io.WriteString(term.master, s); err != nil {
		term.t.Error(err)
	}
}

// program runs a whole console on a pseudo-terminal.
func program(t *testing.T, opts Options, rec []release.Stamped, block string, allow ...string) (*terminal, *fakeEngine, <-chan error) {
	t.Helper()
	term, tty := openTerminal(t, 80, 24)
	opts.In, opts.Out, opts.NoColor = tty, tty, true
	opts.Repo = release.Repo{Owner: "ckan", Name: "ckan"}
	c := New(opts)
	e := &fakeEngine{t: t, rec: rec, allow: map[string]bool{}, errs: map[string]error{}, block: map[string]bool{block: true}}
	for _, a := range allow {
		e.allow[a] = true
	}
	e.emit = func(es ...release.Stamped) {
		for _, s := range es {
			c.Handle(s, nil)
		}
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(t.Context(), e) }()
	return term, e, done
}

func ended(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the console did not end")
		return nil
	}
}

func TestProgramReleases(t *testing.T) {
	term, e, done := program(t, byFlag(), recordtest.Clean(), "", "survey", "plan  2.11.6", "check", "release")
	term.until("! GO")
	term.keys("\r")
	term.until("Type the tag to release it")
	// The guard takes keys only after a while; typed too early they are dropped,
	// so the tag is typed until it stands there.
	typeUntil(term, "ckan-2.11.6", "ckan-2.11.6"+glyphCursor)
	term.keys("\r")
	term.until("is released")
	term.keys("q")
	if err := ended(t, done); err != nil {
		t.Errorf("a release that is done gave %v", err)
	}
	if n := e.count("release"); n != 1 {
		t.Errorf("released %d times", n)
	}
	term.until("https://pypi.org/project/ckan/2.11.6/") // stays behind on the terminal
}

// typeUntil types text again until want is drawn; each try first empties the line.
func typeUntil(term *terminal, text, want string) {
	tries := time.NewTicker(100 * time.Millisecond)
	defer tries.Stop()
	stop := make(chan struct{})
	var typing sync.WaitGroup
	typing.Go(func() {
		for {
			term.keys("\x15" + text)
			select {
			case <-stop:
				return
			case <-tries.C:
			}
		}
	})
	term.until(want)
	close(stop)
	typing.Wait()
}

func TestProgramLeavesARunningRelease(t *testing.T) {
	term, e, done := program(t, byFlag(), recordtest.Before(recordtest.Clean(), 300), "release",
		"survey", "plan  2.11.6", "check", "release")
	term.until("! GO")
	term.keys("\r")
	term.until("Type the tag to release it")
	typeUntil(term, "ckan-2.11.6", "ckan-2.11.6"+glyphCursor)
	term.keys("\r")
	term.until("5 of 9 jobs so far")
	if err := pty.Setsize(term.master, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	// The kernel tells only the foreground of a controlling terminal, so the test
	// does.
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	term.until("0 min") // the bars of a wide terminal
	term.keys("\x03")
	term.until("Leave the release?")
	term.keys("\x03")
	err := ended(t, done)
	if release.KindOf(err) != release.KindLeft || !strings.Contains(release.HintOf(err), "twokey attach 2.11.6") {
		t.Errorf("left with %v, hint %q", err, release.HintOf(err))
	}
	if !slices.Equal(e.calls, []string{"survey", "plan  2.11.6", "check", "release"}) {
		t.Errorf("asked %q", e.calls)
	}
}

func TestProgramLeftAtNoGo(t *testing.T) {
	term, e, done := program(t, byFlag(), recordtest.NoGo(), "", "survey", "plan  2.11.6", "check")
	term.until("NO-GO")
	term.keys("q")
	if err := ended(t, done); release.KindOf(err) != release.KindNoGo {
		t.Errorf("left with %v", err)
	}
	if len(e.ended) != 1 {
		t.Fatalf("emitted %v", e.ended)
	}
	f, ok := e.ended[0].(release.Finished)
	if !ok || f.Outcome != release.NoGo {
		t.Errorf("emitted %#v", e.ended[0])
	}
}

// The end of the caller's context ends the console, and what it asked for.
func TestProgramEndsWithItsContext(t *testing.T) {
	_, tty := openTerminal(t, 80, 24)
	ctx, cancel := context.WithCancel(t.Context())
	c := New(Options{In: tty, Out: tty, NoColor: true})
	e := &fakeEngine{t: t, allow: map[string]bool{"survey": true}, block: map[string]bool{"survey": true}, errs: map[string]error{},
		emit: func(...release.Stamped) {}}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, e) }()
	cancel()
	if err := ended(t, done); err == nil {
		t.Error("ended without an error")
	}
	for range 1000 { // nobody takes these, and nobody waits
		c.Handle(release.Stamped{Event: release.Noted{}}, nil)
	}
}

func TestQueueKeepsOrderAndNeverWaits(t *testing.T) {
	q := newQueue()
	for i := range 5000 {
		q.push(release.Stamped{Seq: uint64(i), Event: release.Noted{}})
	}
	q.push(checkedMsg{})
	q.push(release.Stamped{Seq: 5000, Event: release.Noted{}})
	q.push(nil)
	got := q.drain()
	if len(got) != 3 {
		t.Fatalf("%d messages, want events, an answer, events", len(got))
	}
	if es := got[0].(eventsMsg); len(es) != 5000 || es[4999].Seq != 4999 {
		t.Errorf("first message has %d events", len(es))
	}
	if _, ok := got[1].(checkedMsg); !ok {
		t.Errorf("the answer overtook an event: %T", got[1])
	}
	if again := q.drain(); len(again) != 0 {
		t.Errorf("drained twice: %v", again)
	}
}

func TestQueuePumpsUntilItsContextEnds(t *testing.T) {
	q := newQueue()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan tea.Msg)
	over := make(chan struct{})
	go func() { q.pump(ctx, func(m tea.Msg) { got <- m }); close(over) }()
	q.push(checkedMsg{})
	if _, ok := (<-got).(checkedMsg); !ok {
		t.Error("something else was sent")
	}
	cancel()
	<-over
}

func TestWorkThatIsClosedBeginsNothing(t *testing.T) {
	w := &work{ctx: t.Context(), push: func(tea.Msg) { t.Error("pushed") }}
	w.close()
	w.do(func(context.Context) tea.Msg { t.Error("began"); return nil })()
}

func TestWorkWaitsForWhatGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pushed := make(chan tea.Msg, 1)
	w := &work{ctx: ctx, push: func(m tea.Msg) { pushed <- m }}
	began := make(chan struct{})
	cmd := w.do(func(ctx context.Context) tea.Msg {
		close(began)
		<-ctx.Done()
		return releasedMsg{errors.New("left")}
	})
	go cmd()
	<-began
	cancel()
	w.close()
	select {
	case <-pushed:
	default:
		t.Error("closed before what went on had answered")
	}
}

// A console that panics gives the terminal back, and says how the release stands.
func TestProgramThatPanics(t *testing.T) {
	opts := byFlag()
	opts.OpenURL = func(string) error { panic("no such page") }
	term, e, done := program(t, opts, recordtest.Before(recordtest.Clean(), 300), "release",
		"survey", "plan  2.11.6", "check", "release")
	term.until("! GO")
	term.keys("\r")
	term.until("Type the tag to release it")
	typeUntil(term, "ckan-2.11.6", "ckan-2.11.6"+glyphCursor)
	term.keys("\r")
	term.until("5 of 9 jobs so far")
	term.keys("o")
	err := ended(t, done)
	if release.KindOf(err) != release.KindLeft || !strings.Contains(release.HintOf(err), "twokey attach 2.11.6") {
		t.Errorf("ended with %v, hint %q", err, release.HintOf(err))
	}
	if len(e.ended) != 1 || e.ended[0].(release.Finished).Outcome != release.Left {
		t.Errorf("emitted %v", e.ended)
	}
}
