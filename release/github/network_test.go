package github

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"twokey/release"
)

// What the network says is told in few words, with what to look at.
func TestNetworkWords(t *testing.T) {
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	dial := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: refused}
	lookup := &net.DNSError{Err: "no such host", Name: "api.github.com", Server: "127.0.0.53:53", IsNotFound: true}
	const up = "; https://www.githubstatus.com tells whether GitHub is up"
	for _, tt := range []struct {
		name       string
		err        error
		says, hint string
	}{
		{"refused", dial, "api.github.com: connection refused", "check the connection to api.github.com" + up},
		{"no such host", &net.OpError{Op: "dial", Net: "tcp", Err: lookup},
			"api.github.com: no such host", "check the connection to api.github.com" + up},
		{"whole address", &url.Error{Op: "Get", URL: "https://api.github.com/user?x=secret", Err: dial},
			"api.github.com: connection refused", "check the connection to api.github.com" + up},
		{"time-out", &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded},
			"api.github.com: i/o timeout", "check the connection to api.github.com" + up},
		{"broken off", io.ErrUnexpectedEOF, "api.github.com: unexpected EOF", "check the connection to api.github.com" + up},
		{"proxy", &net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial},
			"the proxy 127.0.0.1:9: connection refused", "check HTTPS_PROXY, and whether that proxy is up" + up},
		{"proxy without an address", &net.OpError{Op: "proxyconnect", Net: "tcp", Err: refused},
			"the proxy: connection refused", "check HTTPS_PROXY, and whether that proxy is up" + up},
		{"certificate", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
			"api.github.com: certificate signed by unknown authority", "do not go on until you know who answers for api.github.com" + up},
		{"hostile", errors.New("\x1b[2Jno\u202e"), "api.github.com: no<U+202E>", "check the connection to api.github.com" + up},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			sent := maxTries
			if tt.name == "certificate" {
				sent = 1
			}
			for range sent {
				b.fake.on(userLine, 0, "").fail(tt.err)
			}
			err := viewer(b)
			if err == nil || err.Error() != "whose token this is: "+tt.says {
				t.Errorf("error %q, want %q", err, tt.says)
			}
			if got := release.HintOf(err); got != tt.hint {
				t.Errorf("hint %q, want %q", got, tt.hint)
			}
			if release.KindOf(err) != release.KindFailed || !errors.Is(err, tt.err) {
				t.Errorf("kind %d; the cause is kept: %v", release.KindOf(err), errors.Is(err, tt.err))
			}
			for _, e := range b.events.got {
				if cause := e.(release.Retrying).Cause.String(); cause != tt.says {
					t.Errorf("a retry says %q, want %q", cause, tt.says)
				}
			}
		})
	}
}

// A body that breaks off is the network's fault as well.
func TestBrokenBodyWords(t *testing.T) {
	b := newBench(t)
	for range maxTries {
		b.fake.on(userLine, 200, `{"login"`).breaks(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)})
	}
	err := viewer(b)
	wantErr(t, err, syscall.ECONNRESET, "whose token this is: api.github.com: connection reset by peer")
	if !strings.HasPrefix(release.HintOf(err), "check the connection") {
		t.Errorf("hint %q", release.HintOf(err))
	}
}

// An answer that GitHub would not give points to who else may have given it.
func TestHintsOfAnswersThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		name, host, body string
		status           int
		hint             string
		without          string
	}{
		{"a sign-in page", "github.com", "<html>Sign in</html>", 200, "a proxy or a sign-in page stands between here and api.github.com", "githubstatus"},
		{"not modified", "github.com", "", 304, "see whether a proxy stands between here and api.github.com", "githubstatus"},
		{"down", "github.com", "", 503, "try again later; https://www.githubstatus.com", "connection"},
		{"another code host", "gitlab.com", "<html>Sign in</html>", 200, "that it is a GitHub Enterprise Server: beside those only github.com is supported", "githubstatus"},
		{"a host of one's own is down", "ghe.example.com", "", 502, "try again later", "githubstatus"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Host = tt.host })
			line := userLine
			if tt.host != "github.com" {
				line = "GET " + b.api.String() + "user"
			}
			for range maxTries {
				b.fake.on(line, tt.status, tt.body)
			}
			err := viewer(b)
			if got := release.HintOf(err); !strings.Contains(got, tt.hint) || strings.Contains(got, tt.without) {
				t.Errorf("%v: hint %q", err, got)
			}
		})
	}
}
