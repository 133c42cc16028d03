package attest

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/x509util"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// publicGood is the trusted root of Sigstore's public good instance; roots/README.md tells
// where it is from.
//
//go:embed roots/public-good.json
var publicGood []byte

// publicGoodDate is the day on which its publishers last said that it holds.
const publicGoodDate = "2026-11-05"

// MaxRoot bounds a trusted root's JSON, in bytes. The public one has 7 KB.
const MaxRoot = 1 << 20

// maxAuthorities bounds the trusted roots in one file. gh prints two.
const maxAuthorities = 16

// Root is whom to trust: those who issue certificates, keep logs and stamp time. It
// holds for attestations of its time, so it has a date, and somebody may have to be told
// how old it is.
type Root struct {
	dated       time.Time
	authorities []authority
}

// authority is one of them with the verifier that asks of an attestation what this one
// gives.
type authority struct {
	trusted  *root.TrustedRoot
	verifier *verify.Verifier
}

// Embedded is the trusted root that twokey comes with: that of Sigstore's public good
// instance, which signs for public repositories.
func Embedded() (*Root, error) {
	dated, err := time.Parse(time.DateOnly, publicGoodDate)
	if err != nil {
		return nil, err
	}
	return RootFromJSON(publicGood, dated)
}

// RootFromJSON reads a trusted root of Sigstore's form
// application/vnd.dev.sigstore.trustedroot+json;version=0.1, or several one after the other, as
// gh attestation trusted-root prints them. The date is that on which it was known to hold.
func RootFromJSON(raw []byte, dated time.Time) (*Root, error) {
	if len(raw) > MaxRoot {
		return nil, fmt.Errorf("a trusted root of %d bytes is more than is read (%d)", len(raw), MaxRoot)
	}
	r := &Root{dated: dated}
	for in := json.NewDecoder(bytes.NewReader(raw)); ; {
		var one json.RawMessage
		err := in.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the trusted root: %w", plain(err))
		}
		if len(r.authorities) == maxAuthorities {
			return nil, fmt.Errorf("reading the trusted root: there are more than %d in one", maxAuthorities)
		}
		a, err := newAuthority(one)
		if err != nil {
			return nil, fmt.Errorf("reading the trusted root: %w", plain(err))
		}
		r.authorities = append(r.authorities, a)
	}
	if len(r.authorities) == 0 {
		return nil, errors.New("reading the trusted root: there is none in it")
	}
	return r, nil
}

// newAuthority reads one trusted root. One that keeps logs is asked for a log entry, for a
// certificate that is in a log, and for a time that the log or an authority vouches for. GitHub's
// own keeps none: of it a stamped time is asked for.
func newAuthority(raw []byte) (authority, error) {
	t, err := root.NewTrustedRootFromJSON(raw)
	if err != nil {
		return authority{}, err
	}
	if len(t.FulcioCertificateAuthorities()) == 0 {
		return authority{}, errors.New("nobody in it issues certificates")
	}
	options := []verify.VerifierOption{verify.WithoutStatementPredicate()}
	switch logs, certs := len(t.RekorLogs()), len(t.CTLogs()); {
	case logs > 0 && certs > 0:
		options = append(options, verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	case logs == 0 && certs == 0 && len(t.TimestampingAuthorities()) > 0:
		options = append(options, verify.WithSignedTimestamps(1))
	default:
		return authority{}, errors.New("it has some of the logs only, or nobody who stamps time")
	}
	v, err := verify.NewVerifier(t, options...)
	return authority{t, v}, err
}

// Date is the day on which the root was known to hold.
func (r *Root) Date() time.Time { return r.dated }

// issuing is the place of the authority that issued a certificate, or else of the first that
// is named as its issuer; -1 where none is.
func (r *Root) issuing(cert *x509.Certificate) int {
	if i := slices.IndexFunc(r.authorities, func(a authority) bool { return a.issued(cert) }); i >= 0 {
		return i
	}
	name := cert.Issuer.String()
	return slices.IndexFunc(r.authorities, func(a authority) bool {
		return slices.ContainsFunc(a.issuers(), func(c *x509.Certificate) bool { return c.Subject.String() == name })
	})
}

// issued tells whether an authority issued a certificate, whenever it was signed with.
func (a authority) issued(cert *x509.Certificate) bool {
	return slices.ContainsFunc(a.trusted.FulcioCertificateAuthorities(), func(ca root.CertificateAuthority) bool {
		_, err := ca.Verify(cert, cert.NotBefore)
		return err == nil
	})
}

// issuers are the certificates that an authority issues with.
func (a authority) issuers() []*x509.Certificate {
	var out []*x509.Certificate
	for _, ca := range a.trusted.FulcioCertificateAuthorities() {
		if f, ok := ca.(*root.FulcioCertificateAuthority); ok {
			out = append(append(out, f.Root), f.Intermediates...)
		}
	}
	return out
}

// org tells whether one of the root's authorities is of the organization that is named as
// the issuer of a certificate.
func (r *Root) org(cert *x509.Certificate) bool {
	return len(cert.Issuer.Organization) > 0 && slices.ContainsFunc(r.authorities, func(a authority) bool {
		return slices.ContainsFunc(a.issuers(), func(c *x509.Certificate) bool {
			return slices.Equal(c.Subject.Organization, cert.Issuer.Organization)
		})
	})
}

// keepsLogs tells whether a log entry is asked for.
func (a authority) keepsLogs() bool { return len(a.trusted.RekorLogs()) > 0 }

// knowsLog tells whether an authority has the key of one of these logs.
func (a authority) knowsLog(ids []string) bool {
	logs := a.trusted.RekorLogs()
	return slices.ContainsFunc(ids, func(id string) bool { return logs[id] != nil })
}

// knowsCertLog tells the same of the logs that promised to list a certificate; it holds
// where none did.
func (a authority) knowsCertLog(cert *x509.Certificate) bool {
	promises, err := x509util.ParseSCTsFromCertificate(cert.Raw)
	if err != nil || len(promises) == 0 {
		return true
	}
	logs := a.trusted.CTLogs()
	return slices.ContainsFunc(promises, func(p *ct.SignedCertificateTimestamp) bool { return logs[hex.EncodeToString(p.LogID.KeyID[:])] != nil })
}
