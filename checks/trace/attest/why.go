package attest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"twokey/checks"
	"twokey/checks/text"
)

// githubOrg is whom the certificates of GitHub's own CA are from.
const githubOrg = "GitHub, Inc."

// why tells in words why a bundle does not verify, and whether that speaks against it:
// where those who vouch for it are not in the root, it does not. The root may be too old, or
// not meant for it. What can be told from the bundle itself is told; the rest is the
// verifier's.
func (b opened) why(errs []error, a *checks.Attestation, r *Root) (checks.AttestationStanding, text.Safe) {
	refused := func(format string, args ...any) (checks.AttestationStanding, text.Safe) {
		return checks.AttestationRefused, text.Cleanf(format, args...)
	}
	foreign := func(what string) (checks.AttestationStanding, text.Safe) {
		return checks.AttestationForeign, text.Cleanf("%s, which the trusted root of %s does not have", what, r.dated.Format(time.DateOnly))
	}
	switch {
	case b.cert == nil:
		return refused("it is signed with a bare key, without a certificate that says whose it is")
	case len(a.About()) == 0:
		return refused("it is about %s, not about this file", files(a.Subjects))
	}
	i, issuer := r.issuing(b.cert), text.Clean(b.cert.Issuer.String()).Clip(80)
	switch {
	case i < 0 && a.Release && b.github():
		return foreign("it is GitHub's own attestation of an immutable release, from GitHub's own authority")
	case i < 0 && b.github():
		return foreign("its certificate is from GitHub's own authority")
	case i < 0 && r.org(b.cert):
		return foreign("its certificate is from " + issuer.String())
	case i < 0:
		return refused("its certificate is from %s, whom nobody in the trusted root of %s knows", issuer, r.dated.Format(time.DateOnly))
	}
	by, err := r.authorities[i], errs[i]
	switch stage := stage(err); {
	case !by.issued(b.cert):
		return refused("its certificate says that it is from %s, and is not", issuer)
	case by.keepsLogs() && len(b.entries) == 0:
		return refused("it is in no transparency log")
	case by.keepsLogs() && !by.knowsLog(b.entries):
		return foreign("it is in a transparency log")
	case stage == unlisted && !by.knowsCertLog(b.cert):
		return foreign("its certificate is in a log of certificates")
	default:
		return refused("%s: %s", stage, text.Clean(err.Error()).Clip(300))
	}
}

// github tells whether the certificate says that it is from GitHub's own CA.
func (b opened) github() bool { return slices.Equal(b.cert.Issuer.Organization, []string{githubOrg}) }

// unlisted is said of a certificate that no log of certificates promised to list.
const unlisted = "its certificate is in no log of certificates"

// stage is what the verifier was looking at, by the way in which its errors begin.
func stage(err error) string {
	for _, s := range []struct{ begins, words string }{
		{"failed to verify log inclusion", "its entry in the transparency log does not hold"},
		{"failed to verify timestamps", "nobody vouches for the time of its signature"},
		{"failed to verify leaf certificate", "its certificate does not hold for the time of its signature"},
		{"failed to verify signed certificate timestamp", unlisted},
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

// plain makes the text of somebody else's error safe: it may quote what it read.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(text.Clean(err.Error()).Clip(300).String())
}
