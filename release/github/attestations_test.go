package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"

	"twokey/release"
)

const (
	someDigest   = "sha256:" + someHex
	attestedLine = "GET /repos/o/r/attestations/" + someDigest + "?per_page=100"
	bundleHost   = "https://tmaproduction.blob.core.windows.net/attestations/1/2.json.sn?se=2026&sig=secret"
)

// bundleJSON is an attestation in short.
func bundleJSON(i int) string {
	return fmt.Sprintf(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{"n":%d,"pad":%q}}`, i, strings.Repeat("x", 200))
}

// attested is a page of attestations.
func attested(entries ...string) string {
	return `{"attestations":[` + strings.Join(entries, ",") + `]}`
}

func inline(i int) string { return `{"bundle":` + bundleJSON(i) + `,"repository_id":1}` }

func linked(address string) string { return fmt.Sprintf(`{"bundle":null,"bundle_url":%q}`, address) }

func snapped(s string) string { return string(snappy.Encode(nil, []byte(s))) }

// Attestations come within the answer, or from where GitHub keeps them: packed, and to
// whoever has the address, which is signed. In both cases they come as they are kept.
func TestAttestations(t *testing.T) {
	b := newBench(t)
	const second = "/repos/o/r/attestations/" + someDigest + "?after=Y3Vyc29y&per_page=100"
	b.fake.on(attestedLine, 200, attested(inline(1), linked(bundleHost), `{"bundle_url":"https://x.githubusercontent.com/3"}`)).
		with("Link", "<"+apiHost+second+`>; rel="next"`)
	b.fake.on("GET "+second, 200, attested(inline(4)))
	b.fake.on("GET "+bundleHost, 200, snapped(bundleJSON(2))).with("Content-Type", "application/x-snappy")
	b.fake.on("GET https://x.githubusercontent.com/3", 200, bundleJSON(3)+"\n")
	got, err := b.Attestations(t.Context(), testRepo(), someDigest)
	if err != nil || len(got) != 4 {
		t.Fatalf("%q, %v", got, err)
	}
	for i, bundle := range got {
		if string(bundle) != bundleJSON(i+1) {
			t.Errorf("attestation %d is %s", i+1, bundle)
		}
	}
	for _, r := range b.fake.sent {
		if token := r.header.Get("Authorization"); strings.Contains(r.line, "https://") != (token == "") || !strings.HasPrefix(r.line, "GET ") {
			t.Errorf("%s was sent %q", r.line, token)
		}
		if strings.Contains(r.line, "https://") && strings.Contains(fmt.Sprint(r.header), testToken) {
			t.Errorf("%s was sent %v", r.line, r.header)
		}
	}
}

// That there are none is an answer; that they can not be seen is an error.
func TestAttestationsOfNone(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		target error // nil where it is an answer
	}{
		"404":          {404, `{"message":"Not Found"}`, nil},
		"an empty one": {200, attested(), nil},
		"403":          {403, `{"message":"Resource not accessible by personal access token"}`, release.ErrForbidden},
		"401":          {401, `{"message":"Bad credentials"}`, release.ErrUnauthorized},
		"410":          {410, `{"message":"Gone"}`, release.ErrNotFound},
		"no list":      {200, `{}`, errStrange},
		"null":         {200, `{"attestations":null}`, errStrange},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, readOnly)
			r := b.fake.on(attestedLine, tt.status, tt.body)
			if name == "null" {
				r.odd("GitHub gives a list")
			}
			got, err := b.Attestations(t.Context(), testRepo(), someDigest)
			if len(got) != 0 {
				t.Errorf("there are %q", got)
			}
			if tt.target == nil && err != nil {
				t.Error(err)
			}
			if tt.target != nil {
				wantErr(t, err, tt.target, "the attestations of sha256:9f86d0", "of o/r")
			}
		})
	}
	t.Run("a page of a proxy", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(attestedLine, 404, "<html>Not here</html>")
		_, err := b.Attestations(t.Context(), testRepo(), someDigest)
		wantErr(t, err, nil, "404")
	})
	t.Run("what a rehearsal does not have", func(t *testing.T) {
		b := newBench(t)
		b.fake.on(attestedLine, 404, `{"message":"Not Found"}`).with(rehearsalGap, "yes")
		_, err := b.Attestations(t.Context(), testRepo(), someDigest)
		wantErr(t, err, nil, "404")
	})
	t.Run("the second page is not there", func(t *testing.T) {
		b := newBench(t)
		const second = "/repos/o/r/attestations/" + someDigest + "?after=x&per_page=100"
		b.fake.on(attestedLine, 200, attested(inline(1))).with("Link", "<"+apiHost+second+`>; rel="next"`)
		b.fake.on("GET "+second, 404, `{"message":"Not Found"}`)
		got, err := b.Attestations(t.Context(), testRepo(), someDigest)
		wantErr(t, err, release.ErrNotFound)
		if got != nil {
			t.Errorf("half of them are %q", got)
		}
	})
}

// An attestation that can not be read is told as that, and never one attestation less;
// the others are there.
func TestBundlesFailures(t *testing.T) {
	big := snapped(`{"x":"` + strings.Repeat("x", maxBundle) + `"}`)
	for _, tt := range []struct {
		name   string
		status int
		body   string
		target error
		words  string
	}{
		{"absent", 404, "<Error><Code>BlobNotFound</Code></Error>", release.ErrNotFound, "tmaproduction.blob.core.windows.net answered 404"},
		{"expired", 403, "<Error><Code>AuthenticationFailed</Code></Error>", nil, "answered 403"},
		{"sent on", 302, "", nil, "redirected to elsewhere.example"},
		{"empty", 200, "", errStrange, ""},
		{"a page", 200, "<!DOCTYPE html><html>\u202e</html>", errStrange, "neither JSON nor"},
		{"half of it", 200, snapped(bundleJSON(1))[:60], errStrange, ""},
		{"a list", 200, snapped("[" + bundleJSON(1) + "]"), errStrange, "no object"},
		{"a list as it stands", 200, "[]", errStrange, "no object"},
		{"no JSON within", 200, snapped(strings.Repeat("tide ", 99)), errStrange, "no object"},
		{"too large once unpacked", 200, big, errTooLarge, "more than 4 MiB"},
		{"too large packed", 200, strings.Repeat("\x00", maxBundle+1), errTooLarge, "more than 4 MiB"},
		{"a size that is a lie", 200, "\xff\xff\xff\xff\x0f", errTooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.fake.on(attestedLine, 200, attested(inline(1), linked(bundleHost)))
			b.fake.on("GET "+bundleHost, tt.status, tt.body).with("Location", "https://elsewhere.example/x?sig=secret")
			got, err := b.Attestations(t.Context(), testRepo(), someDigest)
			wantErr(t, err, tt.target, tt.words, "the attestations of sha256:9f86d0")
			unread, _ := errors.AsType[release.Unread](err)
			if len(unread) != 1 || len(got) != 1 || string(got[0]) != bundleJSON(1) {
				t.Errorf("%d are unread, and %q was read", len(unread), got)
			}
			if strings.Contains(err.Error(), "secret") || strings.ContainsRune(err.Error(), '\u202e') {
				t.Errorf("%q", err)
			}
		})
	}
}

// What breaks off is asked for again, and what the host of bundles says of limits is waited
// out, as of any other.
func TestBundlesAreRetried(t *testing.T) {
	b := newBench(t)
	whole := snapped(bundleJSON(1))
	b.fake.on(attestedLine, 429, `{"message":"slow down"}`).with("Retry-After", "7")
	b.fake.on(attestedLine, 200, attested(linked(bundleHost)))
	b.fake.on("GET "+bundleHost, 200, whole[:20]).breaks(io.ErrUnexpectedEOF)
	b.fake.on("GET "+bundleHost, 503, "")
	b.fake.on("GET "+bundleHost, 200, whole)
	got, err := b.Attestations(t.Context(), testRepo(), someDigest)
	if err != nil || len(got) != 1 || string(got[0]) != bundleJSON(1) || b.clock.total() < 7e9 {
		t.Errorf("%q, %v", got, err)
	}
}

// Whatever an answer names, nobody is asked who does not keep attestations for GitHub.
func TestBundlesElsewhere(t *testing.T) {
	for _, address := range []string{
		"https://evil.example/x?sig=secret", "https://169.254.169.254/latest/meta-data", "https://localhost/x", "https://tmaproduction.blob.core.windows.net.evil.example/x",
		"https://a.b.blob.core.windows.net/x", "https://.blob.core.windows.net/x", "https://blob.core.windows.net/x", "https://githubusercontent.com/x", "https://evilgithubusercontent.com/x",
		"https://github.com/x", "https://api.github.com/user", "https://API.github.com/user", "https://e\u202evil.example/x",
	} {
		b := newBench(t)
		b.fake.on(attestedLine, 200, attested(linked(address)))
		got, err := b.Attestations(t.Context(), testRepo(), someDigest)
		wantErr(t, err, errTarget)
		if got != nil || b.fake.count() != 1 || strings.Contains(err.Error(), "secret") || strings.ContainsRune(err.Error(), '\u202e') {
			t.Errorf("%s: %q, %q, %v", address, got, err, b.fake.lines())
		}
	}
	for _, address := range []string{
		"", "http://x.blob.core.windows.net/x", "file:///etc/passwd", "https://u:p@x.blob.core.windows.net/x",
		"https://x.blob.core.windows.net:8443/x", "x.blob.core.windows.net/x", "https://%zz/x",
	} {
		b := newBench(t)
		b.fake.on(attestedLine, 200, attested(linked(address)))
		_, err := b.Attestations(t.Context(), testRepo(), someDigest)
		wantErr(t, err, errStrange)
		if b.fake.count() != 1 {
			t.Errorf("%s: %v", address, b.fake.lines())
		}
	}
}

// A host of somebody's own keeps attestations at its own hosts, too.
func TestBundlesOfAnotherHost(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Host = "tenant.ghe.com" })
	for host, want := range map[string]bool{
		"store.blob.core.windows.net": true, "objects.tenant.ghe.com": true, "OBJECTS.tenant.ghe.com": true,
		"api.tenant.ghe.com": false, "objects.other.ghe.com": false, "tenant.ghe.com": false, "objects.github.com": false,
	} {
		if b.keepsBundles(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

func TestAttestationsAreBounded(t *testing.T) {
	b := newBench(t)
	var many []string
	for i := range maxAttestations + 1 {
		many = append(many, linked(fmt.Sprintf("https://x.blob.core.windows.net/%d", i)))
	}
	b.fake.on(attestedLine, 200, attested(many...))
	_, err := b.Attestations(t.Context(), testRepo(), someDigest)
	wantErr(t, err, nil, "more than 100")
	if b.fake.count() != 1 {
		t.Errorf("%d requests were sent", b.fake.count())
	}

	b = newBench(t)
	b.fake.on(attestedLine, 200, attested(`{"bundle":{"x":"`+strings.Repeat("x", maxBundle)+`"}}`)).odd("it is large")
	_, err = b.Attestations(t.Context(), testRepo(), someDigest)
	wantErr(t, err, errTooLarge, "more than 4 MiB")

	b = newBench(t)
	var entries []string
	for i := range maxBundles/(maxBundle-100) + 1 {
		address := fmt.Sprintf("https://x.blob.core.windows.net/%d", i)
		entries = append(entries, linked(address))
		b.fake.on("GET "+address, 200, "").stream = func(*http.Request) io.Reader {
			return bytes.NewReader(snappy.Encode(nil, []byte(`{"x":"`+strings.Repeat("x", maxBundle-100)+`"}`)))
		}
	}
	b.fake.on(attestedLine, 200, attested(entries...))
	_, err = b.Attestations(t.Context(), testRepo(), someDigest)
	wantErr(t, err, errTooLarge, "together")
	clear(b.fake.replies) // those that were not asked for any more
}

// What is asked for has to be a digest, and is sent as one.
func TestAttestationsOfNoDigest(t *testing.T) {
	for _, digest := range []string{"", "sha256:", someHex, "sha512:" + someHex, "sha256:" + strings.ToUpper(someHex), someDigest + "/../..", "sha256:../../../../user?" + someHex} {
		b := newBench(t)
		if got, err := b.Attestations(t.Context(), testRepo(), digest); err == nil || got != nil || b.fake.count() != 0 {
			t.Errorf("%q: %q, %v", digest, got, err)
		}
	}
}

// FuzzBundle holds that what comes of any bytes is an object of JSON of a bounded size.
func FuzzBundle(f *testing.F) {
	f.Add([]byte(bundleJSON(1)))
	f.Add([]byte(snapped(bundleJSON(2))))
	f.Add([]byte("\xff\xff\xff\xff\x0f"))
	f.Add([]byte(snapped("[]")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bundle, err := unpackBundle(raw)
		if (err == nil) == (bundle == nil) || len(bundle) > maxBundle || err == nil && bundle[0] != '{' {
			t.Errorf("%q, %v", bundle, err)
		}
	})
}
