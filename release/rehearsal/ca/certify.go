package ca

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net/url"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	"github.com/google/certificate-transparency-go/x509util"
)

// certify gives a job the certificate that it signs with, with what its token says in it.
func (c *CA) certify(cl Claim, holder key, at time.Time) (*x509.Certificate, error) {
	name, err := cl.identity()
	if err != nil {
		return nil, err
	}
	said, err := cl.extensions()
	if err != nil {
		return nil, err
	}
	id, err := holder.id()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: c.serial("job", string(id)), NotBefore: at, NotAfter: at.Add(lifetime), URIs: []*url.URL{name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		ExtraExtensions: said,
	}
	cert, err := issue(template, c.public.issuer, holder.Public(), c.public.key)
	if err != nil || cl.Faults&NoSCT != 0 {
		return cert, err
	}
	// The log signs the certificate without its signature, which then goes into it.
	receipt, err := c.sct(cert, at)
	if err != nil {
		return nil, err
	}
	template.ExtraExtensions = append(said, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: receipt}) // RFC 6962
	return issue(template, c.public.issuer, holder.Public(), c.public.key)
}

// sct is the promise of the log of certificates to list one: a list of it alone.
func (c *CA) sct(cert *x509.Certificate, at time.Time) ([]byte, error) {
	milli := uint64(at.UnixMilli())
	receipt := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, Timestamp: milli}
	copy(receipt.LogID.KeyID[:], c.ctID)
	input, err := ct.SerializeSCTSignatureInput(receipt, ct.LogEntry{Leaf: ct.MerkleTreeLeaf{
		Version: ct.V1, LeafType: ct.TimestampedEntryLeafType,
		TimestampedEntry: &ct.TimestampedEntry{Timestamp: milli, EntryType: ct.PrecertLogEntryType,
			PrecertEntry: &ct.PreCert{IssuerKeyHash: sha256.Sum256(c.public.issuer.RawSubjectPublicKeyInfo), TBSCertificate: cert.RawTBSCertificate}},
	}})
	if err != nil {
		return nil, fmt.Errorf("listing a certificate: %w", err)
	}
	sig, err := c.ct.message(input)
	if err != nil {
		return nil, fmt.Errorf("listing a certificate: %w", err)
	}
	receipt.Signature = ct.DigitallySigned{Algorithm: tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.ECDSA}, Signature: sig}
	list, err := x509util.MarshalSCTsIntoSCTList([]*ct.SignedCertificateTimestamp{&receipt})
	if err != nil {
		return nil, fmt.Errorf("listing a certificate: %w", err)
	}
	raw, err := tls.Marshal(*list)
	if err != nil {
		return nil, fmt.Errorf("listing a certificate: %w", err)
	}
	return asn1.Marshal(raw)
}
