package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBodyIsBounded(t *testing.T) {
	tests := []struct {
		name, in string
		fails    string
	}{
		{"shorter", "123456789", ""},
		{"as long as may be", "1234567890", ""},
		{"longer", "12345678901", "h.example answered more than twokey reads"},
		{"much longer", strings.Repeat("1234567890", 1000), "h.example answered more than twokey reads"},
	}
	for _, tt := range tests {
		for name, r := range map[string]io.Reader{
			"at once": strings.NewReader(tt.in), "by the byte": iotest.OneByteReader(strings.NewReader(tt.in)),
			"end with the data": iotest.DataErrReader(strings.NewReader(tt.in)),
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				got, err := io.ReadAll(&body{io.NopCloser(r), "h.example", 10})
				switch {
				case tt.fails == "" && (err != nil || string(got) != tt.in):
					t.Errorf("%q, %v", got, err)
				case tt.fails != "" && (err == nil || err.Error() != tt.fails || len(got) > 10):
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
	}
}

func TestBodyBreaks(t *testing.T) {
	_, err := io.ReadAll(&body{io.NopCloser(iotest.ErrReader(errors.New("reset"))), "h.example", 10})
	if _, ok := errors.AsType[*temporary](err); !ok || err.Error() != "h.example: reset" {
		t.Errorf("error %v", err)
	}
}

// TestWireSendsNothingUnasked holds that what must not be sent does not reach the
// transport.
func TestWireSendsNothingUnasked(t *testing.T) {
	tests := []struct {
		url   string
		plain bool
		sent  bool
	}{
		{"https://h.example/", false, true},
		{"https://h.example/", true, true},
		{"http://h.example/", false, false},
		{"http://h.example/", true, true},
		{"ftp://h.example/", true, false},
		{"file:///etc/passwd", true, false},
	}
	for _, tt := range tests {
		sent := 0
		w := &wire{plain: tt.plain, clock: &clock{}, limit: 10, next: asked(func(req *http.Request) (*http.Response, error) {
			sent++
			return answer{status: 200}.response(req), nil
		})}
		for range maxRequests + 5 {
			req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := w.RoundTrip(req); err == nil {
				resp.Body.Close()
			} else if !errors.Is(err, errRefused) {
				t.Errorf("%s: %v", tt.url, err)
			}
		}
		if want := map[bool]int{true: maxRequests}[tt.sent]; sent != want {
			t.Errorf("%s, plain %v: %d requests, want %d", tt.url, tt.plain, sent, want)
		}
	}
}

func TestWireLeavesTheCallersRequestAlone(t *testing.T) {
	w := &wire{agent: "twokey/test", clock: &clock{}, next: asked(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("User-Agent") != "twokey/test" {
			t.Errorf("sent by %q", req.Header.Get("User-Agent"))
		}
		return answer{status: 200}.response(req), nil
	})}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://h.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(req.Header) != 0 {
		t.Errorf("the caller's headers became %v", req.Header)
	}
}
