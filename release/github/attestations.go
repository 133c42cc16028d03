package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/klauspost/compress/snappy"
	"golang.org/x/sync/errgroup"

	"twokey/checks/text"
	"twokey/release"
)

const (
	// maxAttestations bounds how many attestations one file may have.
	maxAttestations = 100
	// maxBundle bounds one attestation, and maxBundles all of a file together, in bytes.
	maxBundle  = 4 << 20
	maxBundles = 32 << 20
)

// attestationPage is one page of a list of attestations.
type attestationPage struct {
	Attestations []attestationAnswer `json:"attestations"`
}

// attestationAnswer is an attestation, or where it is: GitHub gives the one, the other, or
// both.
type attestationAnswer struct {
	Bundle json.RawMessage `json:"bundle"`
	URL    string          `json:"bundle_url"`
}

// Attestations reads what a repository attests of the file with a digest, of the form
// sha256:hex: Sigstore bundles, in JSON, as they are kept. Nothing of them was verified.
// Those that are there and can not be read are a [release.Unread], beside the others.
// Without any the list is empty; that GitHub says also of a repository that the token
// must not see, and a host that knows no attestations of every file.
func (c *Client) Attestations(ctx context.Context, repo release.Repo, digest string) ([][]byte, error) {
	q := c.ask("the attestations of "+clip(digest), repo, perPage(), "attestations", digest)
	if !sha256Digest(digest) {
		q.err = fmt.Errorf("%q is no SHA-256 digest", clip(digest))
	}
	var found []attestationAnswer
	answered := false
	err := pages(ctx, c, q, func(page attestationPage) error {
		answered = true
		if found = append(found, page.Attestations...); len(found) > maxAttestations {
			return fmt.Errorf("there are more than %d", maxAttestations)
		}
		return nil
	})
	if s, ok := errors.AsType[*StatusError](err); ok && !answered && s.Status == http.StatusNotFound && errors.Is(err, release.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &bundles{c: c, what: q.what, all: make([][]byte, len(found)), failed: make([]error, len(found)), room: maxBundles}
	if err := b.read(ctx, found); err != nil {
		return nil, err
	}
	return b.sorted()
}

// bundles is the reading of the attestations of one file.
type bundles struct {
	c    *Client
	what string
	// all are those that were read, and failed why the others were not, in the order of the
	// answer.
	all    [][]byte
	failed []error

	mu   sync.Mutex
	room int // in bytes, that is left
}

// read reads every attestation that the answers have or lead to. It only fails when ctx
// ends.
func (b *bundles) read(ctx context.Context, found []attestationAnswer) error {
	var g errgroup.Group
	g.SetLimit(maxInFlight)
	for i, a := range found {
		g.Go(func() error {
			bundle, err := []byte(nil), b.take(0)
			if err == nil {
				bundle, err = b.one(ctx, a)
			}
			if err == nil {
				err = b.take(len(bundle))
			}
			if err != nil {
				bundle, err = nil, b.c.explainOnce(b.what, err)
			}
			b.all[i], b.failed[i] = bundle, err
			return nil
		})
	}
	_ = g.Wait()
	return ctx.Err()
}

// take takes so much of the room that is left; where there is none, what follows is not
// asked for.
func (b *bundles) take(size int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.room -= size; b.room < 0 {
		return fmt.Errorf("%w: together they have more than %d MiB", errTooLarge, maxBundles>>20)
	}
	return nil
}

// sorted tells those that were read from the others.
func (b *bundles) sorted() ([][]byte, error) {
	var unread release.Unread
	var read [][]byte
	for i, err := range b.failed {
		if err != nil {
			unread = append(unread, err)
			continue
		}
		read = append(read, b.all[i])
	}
	return read, unread.Or()
}

// one is the attestation of an answer.
func (b *bundles) one(ctx context.Context, a attestationAnswer) ([]byte, error) {
	if len(a.Bundle) == 0 || string(a.Bundle) == "null" {
		return b.fetch(ctx, a.URL)
	}
	if len(a.Bundle) > maxBundle {
		return nil, bundleTooLarge()
	}
	return bundleOf(a.Bundle)
}

// fetch reads an attestation from where GitHub keeps them, which gets no token: the
// address is signed.
func (b *bundles) fetch(ctx context.Context, address string) (bundle []byte, err error) {
	if address == "" {
		return nil, fmt.Errorf("one without a bundle is %w", errStrange)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return nil, fmt.Errorf("the address of a bundle is %w", errStrange)
	}
	if !b.c.keepsBundles(u.Hostname()) {
		return nil, fmt.Errorf("%w: a bundle would be at %s, which is not where GitHub keeps them", errTarget, text.Clean(clip(u.Hostname())))
	}
	u.Fragment = ""
	err = b.c.read(ctx, query{what: b.what, url: u.String()}, func(resp *http.Response) error {
		raw, err := io.ReadAll(io.LimitReader(resp.Body, maxBundle+1))
		if err != nil {
			return &fault{err}
		}
		bundle, err = unpackBundle(raw)
		return err
	})
	return bundle, err
}

// keepsBundles tells whether a host is one where GitHub keeps attestations: a storage
// account at Azure, whose name has changed before, or a host of GitHub's own.
func (c *Client) keepsBundles(host string) bool {
	host = strings.ToLower(host)
	account, azure := strings.CutSuffix(host, ".blob.core.windows.net")
	return azure && account != "" && !strings.Contains(account, ".") ||
		strings.HasSuffix(host, ".githubusercontent.com") || strings.HasSuffix(host, "."+c.host) && host != c.api.Hostname()
}

// unpackBundle reads an attestation as it is kept: JSON in Snappy's block format, which
// tells first how long it is, or as it stands.
func unpackBundle(raw []byte) ([]byte, error) {
	if len(raw) > maxBundle {
		return nil, bundleTooLarge()
	}
	if json.Valid(raw) {
		return bundleOf(raw)
	}
	n, err := snappy.DecodedLen(raw)
	if err != nil {
		return nil, fmt.Errorf("a bundle is %w: it is neither JSON nor compressed with Snappy", errStrange)
	}
	if n > maxBundle {
		return nil, bundleTooLarge()
	}
	unpacked, err := snappy.Decode(make([]byte, n), raw)
	if err != nil {
		return nil, fmt.Errorf("a bundle is %w: it is neither JSON nor compressed with Snappy", errStrange)
	}
	return bundleOf(unpacked)
}

// bundleOf is raw where it is an object of JSON.
func bundleOf(raw []byte) ([]byte, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return nil, fmt.Errorf("a bundle is %w: it is no object of JSON", errStrange)
	}
	return raw, nil
}

func bundleTooLarge() error {
	return fmt.Errorf("%w: a bundle has more than %d MiB", errTooLarge, maxBundle>>20)
}
