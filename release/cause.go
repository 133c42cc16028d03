package release

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"twokey/checks/text"
)

// RootCause is what stands at the bottom of an error, in few words. What a network
// says is told by every layer that it passed, as in "proxyconnect tcp: dial tcp
// 127.0.0.1:9: connect: connection refused", and only the last words are news.
func RootCause(err error) text.Safe {
	for {
		next := below(err)
		if next == nil {
			break
		}
		err = next
	}
	said := strings.TrimSpace(err.Error())
	if i := strings.LastIndex(said, ": "); i >= 0 && !strings.ContainsRune(said[i:], '"') {
		said = said[i+2:]
	}
	first, n := utf8.DecodeRuneInString(said)
	if second, _ := utf8.DecodeRuneInString(said[n:]); unicode.IsLower(second) { // no abbreviation
		said = string(unicode.ToLower(first)) + said[n:]
	}
	return text.Clean(said).Clip(300)
}

// below is what an error wraps: of several, the first.
func below(err error) error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return e.Unwrap()
	case interface{ Unwrap() []error }:
		for _, next := range e.Unwrap() {
			if next != nil {
				return next
			}
		}
	}
	return nil
}
