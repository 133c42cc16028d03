package cli

import (
	"fmt"
	"io"
	"slices"
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
	// sent are the requests since the last part, without their texts.
	sent []release.Request
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
	if len(l.sent) < maxHeld {
		l.sent = append(l.sent, release.Request{Began: r.Began, Took: r.Took})
	}
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

// part writes how many requests a part of the work took, and the longest chain of them:
// what it costs, and how often it waits for an answer.
func (l *requestLog) part(name string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.sent); n < maxHeld { // of more than that nobody asks
		chain := fmt.Sprintf("longest chain %d", release.Rounds(l.sent))
		if !slices.ContainsFunc(l.sent, func(r release.Request) bool { return r.Took > 0 }) {
			chain = "no chain is known, since no answer took any time" // as in a rehearsal that is not slow
		}
		fmt.Fprintf(l.out, "twokey: %s: requests %d, %s\n", name, n, chain)
	}
	l.sent = nil
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
