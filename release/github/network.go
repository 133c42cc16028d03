package github

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"twokey/checks/text"
	"twokey/release"
)

// network tells what the network says in few words. The errors of net tell every
// step on the way, and some the whole address.
type network struct{ next http.RoundTripper }

func (n network) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(req)
	if err != nil {
		return nil, &unreachable{req.URL.Hostname(), err}
	}
	resp.Body = &networkBody{resp.Body, req.URL.Hostname()}
	return resp, nil
}

// networkBody is a body whose reading can break as a request can.
type networkBody struct {
	io.ReadCloser
	host string
}

func (b *networkBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &unreachable{b.host, err}
	}
	return n, err
}

// unreachable is a request that the network did not carry to its end.
type unreachable struct {
	host string
	err  error
}

func (u *unreachable) Error() string {
	who := text.Clean(u.host).String()
	if op, ok := u.proxy(); ok {
		who = "the proxy"
		if op.Addr != nil {
			who += " " + text.Clean(op.Addr.String()).String()
		}
	}
	return fmt.Sprintf("%s: %s", who, release.RootCause(u.err))
}

func (u *unreachable) Unwrap() error { return u.err }

// proxy is the step at which a proxy could not be reached.
func (u *unreachable) proxy() (*net.OpError, bool) {
	op, ok := errors.AsType[*net.OpError](u.err)
	if !ok || op.Op != "proxyconnect" {
		return nil, false
	}
	if inner, ok := errors.AsType[*net.OpError](op.Err); ok { // who was dialled
		return inner, true
	}
	return op, true
}

// hint is the next step.
func (u *unreachable) hint() string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](u.err); ok {
		return "do not go on until you know who answers for " + text.Clean(u.host).String()
	}
	if _, ok := u.proxy(); ok {
		return "check HTTPS_PROXY, and whether that proxy is up"
	}
	return "check the connection to " + text.Clean(u.host).String()
}
