package contracttest

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// Main runs the tests of a package, all of whose exchanges go into the ledgers, and
// gives the exit code. When all of them ran, an excuse that nothing needed fails the
// package: what it excuses does not happen, or no longer.
func Main(m *testing.M, ledgers ...*Ledger) int {
	// The description is a large heap that stays; walking it again and again takes longer
	// than the tests.
	debug.SetGCPercent(400)
	code := m.Run()
	for _, l := range ledgers {
		if l.Exchanges() == 0 {
			continue // there is no description
		}
		if testing.Verbose() {
			fmt.Println(l.Summary())
			for _, line := range l.Listing() {
				fmt.Println(line)
			}
		}
		if code != 0 || !whole() {
			continue
		}
		for _, line := range l.Unused() {
			fmt.Fprintln(os.Stderr, line)
			code = 1
		}
	}
	return code
}

// whole tells whether every test of the package was to run.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// Undescribed excuses a status that GitHub answers on any operation, though the
// description names it for some only.
func Undescribed(status int) Excuse {
	reason := map[int]string{
		http.StatusNotModified:         "a conditional GET of anything may be answered so; GitHub documents it in its best practices",
		http.StatusBadRequest:          "a body that is no JSON is refused everywhere; documented under troubleshooting",
		http.StatusUnauthorized:        "a token that is missing or wrong is refused everywhere; documented under authentication",
		http.StatusForbidden:           "a missing permission and a spent rate limit are refused so everywhere; documented under rate limits",
		http.StatusNotFound:            "what is not there or may not be seen is refused so everywhere; documented under troubleshooting",
		http.StatusTooManyRequests:     "a spent secondary limit is refused so everywhere; documented under rate limits",
		http.StatusInternalServerError: "a server that fails does so on every operation",
		http.StatusBadGateway:          "a gateway in between answers for every operation",
		http.StatusServiceUnavailable:  "a gateway in between answers for every operation",
	}[status]
	if reason == "" {
		panic("contracttest: no reason for status " + strconv.Itoa(status) + " everywhere")
	}
	return Excuse{Kind: BadStatus, Status: status, At: "undescribed", Reason: reason}
}

// FromGateway excuses the page that a gateway sends instead of an answer.
func FromGateway(status int) Excuse {
	return Excuse{Kind: BadMedia, Status: status, At: "text/html", Reason: "a gateway in between sends a page, whoever asked"}
}

// StatusInErrors excuses the status code in a body of 422.
func StatusInErrors() Excuse {
	return Excuse{Kind: BadAnswer, Status: http.StatusUnprocessableEntity, At: "status",
		Reason: "GitHub says the status in the body of every error; the description has it for the others only"}
}

// AdminsBypass excuses a property of environments that GitHub gives.
func AdminsBypass(operation, at string) Excuse {
	return Excuse{Operation: operation, Kind: BadAnswer, Status: http.StatusOK, At: at,
		Reason: "GitHub gives it, and every client of it reads it; the description does not have it"}
}
