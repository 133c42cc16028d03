package release_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"twokey/release"
)

func TestRootCause(t *testing.T) {
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&url.Error{Op: "Get", URL: "https://h/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: refused}}, "connection refused"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Net: "tcp", Err: refused}}, "connection refused"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h", Server: "127.0.0.53:53"}}, "no such host"},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "i/o timeout"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "certificate signed by unknown authority"},
		{errors.New("net/http: TLS handshake timeout"), "TLS handshake timeout"},
		{errors.New("Forbidden"), "forbidden"}, // what a proxy said
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), "unexpected EOF"},
		{context.DeadlineExceeded, "context deadline exceeded"},
		{errors.Join(errors.New("one: first"), errors.New("second")), "first"},
		{errors.New(`malformed HTTP response: "a: b"`), `malformed HTTP response: "a: b"`},
		{errors.New("\x1b]0;pwned\x07boom"), "boom"},
		{errors.New(""), ""},
		{errors.New("E"), "E"},
	} {
		if got := release.RootCause(tt.err).String(); got != tt.want {
			t.Errorf("%v comes of %q, want %q", tt.err, got, tt.want)
		}
	}
}
