package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

func logged(l *requestLog, n int) {
	for i := range n {
		l.tracer()(release.Request{Method: "GET", Path: text.Cleanf("/%d", i), Status: 200, Remaining: -1})
	}
}

// Each request is a line at once, and what they come to is the last.
func TestRequestLog(t *testing.T) {
	var out bytes.Buffer
	a := &app{cfg: Config{IO: IO{Err: &out}}, verbose: true}
	l := a.requestLog(true) // the console, and standard error goes to a file
	logged(l, 2)
	if got := out.String(); got != "twokey: GET /0 200 0ms\ntwokey: GET /1 200 0ms\n" {
		t.Errorf("written as\n%s", got)
	}
	out.Reset()
	l.close(release.Budget{Requests: 2, Charged: 2, Remaining: -1, Limit: -1})
	if got := out.String(); got != "twokey: 2 requests, 2 charged, 0 not modified\n" {
		t.Errorf("ends with\n%s", got)
	}
	a.verbose = false
	if l := a.requestLog(false); l.tracer() != nil {
		t.Error("without --verbose there is somebody to tell")
	}
}

// In a terminal that the console has, nothing is written before it is given back.
func TestRequestLogBehindTheConsole(t *testing.T) {
	var out bytes.Buffer
	a := &app{cfg: Config{IO: IO{Err: &out, ErrTerminal: true}}, verbose: true}
	l := a.requestLog(true)
	logged(l, maxHeld+5)
	if out.Len() > 0 {
		t.Errorf("written over the console:\n%s", out.String())
	}
	l.close(release.Budget{})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != maxHeld+2 || lines[0] != "twokey: 5 requests before these" || lines[1] != "twokey: GET /5 200 0ms" ||
		lines[maxHeld] != fmt.Sprintf("twokey: GET /%d 200 0ms", maxHeld+4) {
		t.Errorf("%d lines, from %q to %q", len(lines), lines[:2], lines[len(lines)-2:])
	}
}

// A part of the work is told with what it took, and the next begins anew.
func TestRequestLogParts(t *testing.T) {
	var out bytes.Buffer
	a := &app{cfg: Config{IO: IO{Err: &out}}, verbose: true}
	l := a.requestLog(false)
	logged(l, 3)
	out.Reset()
	l.part("plan")
	l.sent = append(l.sent, release.Request{Method: "GET", Took: time.Second})
	l.part("checks")
	want := "twokey: plan: requests 3, no chain is known, since no answer took any time\ntwokey: checks: requests 1, longest chain 1\n"
	if got := out.String(); got != want {
		t.Errorf("written as\n%s", got)
	}
	var none *requestLog
	none.part("plan") // without --verbose nobody is told
}
