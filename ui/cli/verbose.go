package cli

import (
	"fmt"
	"io"
	"sync"

	"twokey/release"
)

// maxHeld bounds the lines that are held back while the console is shown: the last
// ones matter.
const maxHeld = 1000

// requestLog writes a line for each request.
type requestLog struct {
	out  io.Writer
	hold bool // until close: the console has the terminal

	mu   sync.Mutex
	held []string
	left int // lines that were dropped
}

// requestLog makes the log of a session; nil without --verbose.
func (a *app) requestLog(console bool) *requestLog {
	if !a.verbose {
		return nil
	}
	return &requestLog{out: a.cfg.IO.Err, hold: console && a.cfg.IO.ErrTerminal}
}

// tracer is who takes the requests; nil when nobody does.
func (l *requestLog) tracer() func(release.Request) {
	if l == nil {
		return nil
	}
	return l.add
}

// add writes a request.
func (l *requestLog) add(r release.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := fmt.Sprintf("twokey: %s\n", r)
	if !l.hold {
		_, _ = io.WriteString(l.out, line) // who can not be told is not told
		return
	}
	if len(l.held) == maxHeld {
		l.held = l.held[1:]
		l.left++
	}
	l.held = append(l.held, line)
}

// close writes what was held back, and what it all came to.
func (l *requestLog) close(b release.Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left > 0 {
		fmt.Fprintf(l.out, "twokey: %d requests before these\n", l.left)
	}
	for _, line := range l.held {
		_, _ = io.WriteString(l.out, line)
	}
	l.held, l.left = nil, 0
	fmt.Fprintf(l.out, "twokey: %s\n", b)
}
