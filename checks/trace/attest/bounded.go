package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
)

// The bounds of JSON that goes on to parsers that make much of little: a megabyte of
// empty objects is a hundred of memory. A real bundle has about 150 tokens; the statement of a
// list of components has some for each of them.
const (
	maxTokens        = 10_000
	maxPayloadTokens = 1_000_000
	maxDepth         = 64

	// The bounds of what is in another encoding, in bytes: a certificate has 2 KB, a stamp
	// 2 KB, and what a log has of an attestation 4 to 8 KB.
	maxCertificate = 64 << 10
	maxStamp       = 64 << 10
	maxRecord      = 256 << 10
)

// bounded wants something to be JSON with so many tokens at most, and not too deep. It takes
// no more memory than the longest string.
func bounded(raw []byte, tokens int) error {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	depth := 0
	for n := 1; ; n++ {
		t, err := in.Token()
		switch {
		case errors.Is(err, io.EOF) && depth == 0 && n > 1:
			return nil
		case err != nil:
			return fmt.Errorf("no JSON: %w", err)
		case n > tokens:
			return fmt.Errorf("more than %d values in it", tokens)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("more than %d values within each other", maxDepth)
		}
	}
}

// small wants the parts that a bundle is verified with to be of a size that they have.
func small(m *protobundle.VerificationMaterial) error {
	certs := m.GetX509CertificateChain().GetCertificates()
	if c := m.GetCertificate(); c != nil {
		certs = append(certs, c)
	}
	for _, c := range certs {
		if n := len(c.GetRawBytes()); n > maxCertificate {
			return fmt.Errorf("a certificate of %d bytes is more than is read (%d)", n, maxCertificate)
		}
	}
	for _, s := range m.GetTimestampVerificationData().GetRfc3161Timestamps() {
		if n := len(s.GetSignedTimestamp()); n > maxStamp {
			return fmt.Errorf("a timestamp of %d bytes is more than is read (%d)", n, maxStamp)
		}
	}
	for _, e := range m.GetTlogEntries() {
		if n := len(e.GetCanonicalizedBody()); n > maxRecord {
			return fmt.Errorf("a log's record of %d bytes is more than is read (%d)", n, maxRecord)
		}
		if err := bounded(e.GetCanonicalizedBody(), maxTokens); err != nil {
			return fmt.Errorf("what the log has of it: %w", err)
		}
	}
	return nil
}

// guarded makes an error of a parser that gives up: many of them, of many authors, see
// what a stranger wrote, and one that gave up has verified nothing.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a parser gave up on it: %v", p)
		}
	}()
	return f()
}
