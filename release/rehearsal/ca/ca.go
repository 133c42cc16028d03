// Package ca is a certificate authority of a rehearsal's own. It signs attestations in the
// form that GitHub Actions and PyPI publish, Sigstore bundles of version 0.3, and gives the
// trusted root to verify them against. A real verifier takes them for real ones, with this
// root and with no other.
//
// sigstore-go has a whole Sigstore for tests, pkg/testing/ca. Its keys, certificates and
// logs hold for hours around the machine's own time, and a rehearsal has a time and a
// seed of its own; so this package puts the same libraries together for itself.
package ca

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
)

// years is how long before and after its time a CA's own certificates hold: a rehearsal
// also has releases that came before.
const years = 10

// CA signs attestations, and keeps the logs that they are entered in. It may be used by
// several at once.
type CA struct {
	seed        int64
	from, until time.Time
	public      authority // like Sigstore's public good instance
	github      authority // like GitHub's own, which keeps no logs
	ct          key
	ctID        []byte

	mu   sync.Mutex // guards the logs
	logs map[Log]*ledger
}

// authority is who issues certificates, and who stamps time.
type authority struct {
	issuer   *x509.Certificate // signs the certificates
	key      key
	chain    *root.FulcioCertificateAuthority
	stamp    *root.SigstoreTimestampingAuthority
	stampKey key
}

// New makes a CA whose own certificates hold ten years before and after now. With the same
// seed and time it has the same keys; and what it signs in the same order, with no
// timestamp in it, is the same byte for byte.
func New(seed int64, now time.Time) (*CA, error) {
	now = now.UTC().Truncate(time.Second)
	c := &CA{seed: seed, from: now.AddDate(-years, 0, 0), until: now.AddDate(years, 0, 0)}
	var err error
	if c.public, err = c.authority("rehearsal.invalid", "rehearsal", "https://fulcio.rehearsal.invalid", "https://timestamp.rehearsal.invalid"); err != nil {
		return nil, err
	}
	if c.github, err = c.authority(githubOrg, "Internal Services Root", "fulcio.github.rehearsal.invalid", "timestamp.github.rehearsal.invalid"); err != nil {
		return nil, err
	}
	if c.ct, err = c.newKey("certificate transparency"); err != nil {
		return nil, err
	}
	if c.ctID, err = c.ct.id(); err != nil {
		return nil, err
	}
	c.logs = map[Log]*ledger{}
	for log, host := range map[Log]string{LogV1: "rekor.rehearsal.invalid", LogV2: "log2.rekor.rehearsal.invalid"} {
		if c.logs[log], err = c.ledger(host); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// TrustedRoot is the root to verify with what Sign made, as JSON of Sigstore's form
// application/vnd.dev.sigstore.trustedroot+json;version=0.1.
func (c *CA) TrustedRoot() ([]byte, error) {
	logs := map[string]*root.TransparencyLog{}
	for log, l := range c.logs {
		// Logs stand in the order in which they began, so each has a day of its own.
		logs[hex.EncodeToString(l.id)] = c.trusted("https://"+l.host, l.key, l.id, c.from.AddDate(0, 0, int(log)))
	}
	ct := map[string]*root.TransparencyLog{hex.EncodeToString(c.ctID): c.trusted("https://ctfe.rehearsal.invalid", c.ct, c.ctID, c.from)}
	return encodeRoot(c.public, ct, logs)
}

// GitHubRoot is the root to verify with what SignRelease made.
func (c *CA) GitHubRoot() ([]byte, error) { return encodeRoot(c.github, nil, nil) }

func encodeRoot(a authority, ct, logs map[string]*root.TransparencyLog) ([]byte, error) {
	r, err := root.NewTrustedRoot(root.TrustedRootMediaType01, []root.CertificateAuthority{a.chain}, ct,
		[]root.TimestampingAuthority{a.stamp}, logs)
	if err != nil {
		return nil, fmt.Errorf("making the trusted root: %w", err)
	}
	raw, err := r.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encoding the trusted root: %w", err)
	}
	return steady(raw)
}

// steady takes the spaces out of what protojson wrote: it puts them in at random, so that
// nobody relies on its bytes.
func steady(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// trusted is a log as a trusted root has it.
func (c *CA) trusted(url string, k key, id []byte, from time.Time) *root.TransparencyLog {
	return &root.TransparencyLog{BaseURL: url, ID: id, ValidityPeriodStart: from, ValidityPeriodEnd: c.until,
		HashFunc: crypto.SHA256, SignatureHashFunc: crypto.SHA256, PublicKey: k.Public()}
}

// authority makes the certificates of one authority: a root, who issues, and who stamps.
func (c *CA) authority(org, name, uri, stampURI string) (a authority, err error) {
	rootKey, err := c.newKey(name + " root")
	if err != nil {
		return a, err
	}
	if a.key, err = c.newKey(name + " intermediate"); err != nil {
		return a, err
	}
	if a.stampKey, err = c.newKey(name + " timestamping"); err != nil {
		return a, err
	}
	top := c.template(org, name)
	anchor, err := issue(top, top, rootKey.Public(), rootKey)
	if err != nil {
		return a, err
	}
	middle := c.template(org, name+"-intermediate")
	middle.ExtKeyUsage, middle.MaxPathLenZero = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}, true
	if a.issuer, err = issue(middle, anchor, a.key.Public(), rootKey); err != nil {
		return a, err
	}
	stamp, err := c.stampTemplate(org, name+"-tsa")
	if err != nil {
		return a, err
	}
	stamper, err := issue(stamp, anchor, a.stampKey.Public(), rootKey)
	if err != nil {
		return a, err
	}
	a.chain = &root.FulcioCertificateAuthority{Root: anchor, Intermediates: []*x509.Certificate{a.issuer},
		ValidityPeriodStart: c.from, ValidityPeriodEnd: c.until, URI: uri}
	a.stamp = &root.SigstoreTimestampingAuthority{Root: anchor, Leaf: stamper,
		ValidityPeriodStart: c.from, ValidityPeriodEnd: c.until, URI: stampURI}
	return a, nil
}

// template is that of a certificate that signs others.
func (c *CA) template(org, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: c.serial(org, name), Subject: pkix.Name{Organization: []string{org}, CommonName: name},
		NotBefore: c.from, NotAfter: c.until, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true,
	}
}

// stampTemplate is that of a certificate that stamps time: RFC 3161 wants its only
// purpose marked as critical, which crypto/x509 does not do by itself.
func (c *CA) stampTemplate(org, name string) (*x509.Certificate, error) {
	purpose, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: c.serial(org, name), Subject: pkix.Name{Organization: []string{org}, CommonName: name},
		NotBefore: c.from, NotAfter: c.until, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: purpose}},
	}, nil
}

// issue makes a certificate.
func issue(template, parent *x509.Certificate, holder crypto.PublicKey, by key) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(nil, template, parent, holder, by)
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	return x509.ParseCertificate(raw)
}

// serial is a certificate's number, which follows from what it is for.
func (c *CA) serial(of ...string) *big.Int {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", c.seed, of))
	sum[0] = sum[0]&0x7f | 0x40 // positive, and always 20 bytes long
	return new(big.Int).SetBytes(sum[:20])
}
