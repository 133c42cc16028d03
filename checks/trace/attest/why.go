package attest

import (
	"errors"
	"fmt"
	"strings"

	"twokey/checks"
	"twokey/checks/text"
)

// githubOrg is whom the certificates of GitHub's own CA are from.
const githubOrg = "GitHub, Inc."

// issuer is who issued the bundle's certificate, by its own word.
func (b opened) issuer() string {
	if b.cert == nil {
		return ""
	}
	return b.cert.Issuer.String()
}

// why tells in words why a bundle does not verify, and whether that speaks against it.
// What can be told from the bundle itself is told; the rest is the verifier's.
func (b opened) why(err error, a *checks.Attestation, r *Root) (checks.AttestationStanding, text.Safe) {
	refused := func(format string, args ...any) (checks.AttestationStanding, text.Safe) {
		return checks.AttestationRefused, text.Cleanf(format, args...)
	}
	by := r.issuing(b.issuer())
	switch {
	case b.cert == nil:
		return refused("it is signed with a bare key, without a certificate that says whose it is")
	case len(a.About()) == 0:
		return refused("it is about %s, not about this file", files(a.Subjects))
	case by == nil && strings.Join(b.cert.Issuer.Organization, "") == githubOrg:
		what := "its certificate is from GitHub's own authority"
		if a.Release {
			what = "it is GitHub's own attestation of an immutable release"
		}
		return checks.AttestationForeign, text.Cleanf("%s, which the trusted root of %s does not have", what, r.day())
	case by == nil:
		return refused("its certificate is from %s, which the trusted root of %s does not know", text.Clean(b.issuer()).Clip(80), r.day())
	case by.keepsLogs() && len(b.entries) == 0:
		return refused("it is in no transparency log")
	case by.keepsLogs() && !by.knowsLog(b.entries):
		return refused("it is in a transparency log that the trusted root of %s does not know", r.day())
	}
	return refused("%s: %s", stage(err), text.Clean(err.Error()).Clip(300))
}

// stage is what the verifier was looking at, by the way in which its errors begin.
func stage(err error) string {
	for _, s := range []struct{ begins, words string }{
		{"failed to verify log inclusion", "its entry in the transparency log does not hold"},
		{"failed to verify timestamps", "nobody vouches for the time of its signature"},
		{"failed to verify leaf certificate", "its certificate does not hold for the time of its signature"},
		{"failed to verify signed certificate timestamp", "its certificate is in no log of certificates"},
		{"failed to verify signature", "its signature does not hold"},
	} {
		if strings.HasPrefix(err.Error(), s.begins) {
			return s.words
		}
	}
	return "the verifier refuses it"
}

// files names what a statement is about, the first few of it.
func files(all []checks.AttestedFile) string {
	const most = 3
	if len(all) == 0 {
		return "no file"
	}
	var names []string
	for _, f := range all[:min(most, len(all))] {
		names = append(names, f.Name.Clip(80).String())
	}
	if more := len(all) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// day is the root's date, for people.
func (r *Root) day() string { return r.dated.Format("2006-01-02") }

// plain makes the text of somebody else's error safe: it may quote what it read.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(text.Clean(err.Error()).Clip(300).String())
}
