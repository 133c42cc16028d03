// Package version reads, compares and suggests version numbers, in the two
// schemes that projects on GitHub release under: semantic versions and PEP 440.
package version

import (
	"errors"
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"
	pep440 "github.com/aquasecurity/go-pep440-version"
)

// Scheme is a way of numbering versions.
type Scheme string

// The schemes.
const (
	SemVer Scheme = "semver"
	PEP440 Scheme = "pep440"
)

// MaxLen is the longest version that Parse reads, in bytes. No project numbers
// its releases with more, and what reads longer ones would read anything.
const MaxLen = 128

// Version is a version under its scheme. The zero Version is none.
//
// Two Versions are == when they are written alike in canonical form; PEP 440
// numbers such as 1.0 and 1.0.0 compare as equal without being ==.
type Version struct {
	scheme Scheme
	text   string
}

// Parse reads a version strictly: no leading v, nothing around it. A semantic
// version has to be written as semver.org says, all three numbers included. A
// PEP 440 version may use any spelling that PEP 440 allows (1.0-beta.1) and is
// held in canonical form (1.0b1).
func Parse(scheme Scheme, s string) (Version, error) {
	canonical, err := parse(scheme, s)
	if err != nil {
		return Version{}, fmt.Errorf("version %q: %w", clip(s), err)
	}
	return Version{scheme, canonical}, nil
}

func parse(scheme Scheme, s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("it is empty")
	case len(s) > MaxLen:
		return "", fmt.Errorf("it is longer than %d bytes", MaxLen)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		// The expressions of both libraries allow spaces around a version, and
		// fold runes such as ſ into letters of a version.
		return "", errors.New("it holds something other than ASCII letters, digits and marks")
	case s[0] == 'v' || s[0] == 'V':
		return "", errors.New("it has a leading v: leave it out")
	}
	switch scheme {
	case SemVer:
		return parseSemVer(s)
	case PEP440:
		return parsePEP440(s)
	}
	return "", fmt.Errorf("the scheme %q is neither %s nor %s", clip(string(scheme)), SemVer, PEP440)
}

func parseSemVer(s string) (string, error) {
	v, err := semver.StrictNewVersion(s)
	if err != nil {
		return "", errors.New("not a semantic version such as 1.2.3 or 1.2.3-rc.1")
	}
	// The library compares a number that does not fit as if it were a word.
	for _, id := range strings.Split(v.Prerelease(), ".") {
		if isNumber(id) && !fits(id) {
			return "", fmt.Errorf("the number %s is too large", clip(id))
		}
	}
	return v.String(), nil
}

func parsePEP440(s string) (string, error) {
	// The library keeps the separators of a local version as they are written
	// and compares by dots alone.
	public, local, found := strings.Cut(s, "+")
	if found {
		public += "+" + strings.NewReplacer("-", ".", "_", ".").Replace(local)
	}
	v, err := pep440.Parse(public)
	if err != nil {
		return "", errors.New("not a PEP 440 version such as 1.2.3, 1.2.3b0 or 1.2.3.post1")
	}
	return v.String(), nil
}

// String is the version in its scheme's canonical form.
func (v Version) String() string { return v.text }

// Scheme is the scheme that the version was read under; empty for no version.
func (v Version) Scheme() Scheme { return v.scheme }

// IsZero tells whether there is no version.
func (v Version) IsZero() bool { return v.text == "" }

// Part is the i-th number of the release: 0 major, 1 minor, 2 patch; "0" where
// the version is shorter. PEP 440's epoch is no part.
func (v Version) Part(i int) string {
	n := v.numbers()
	if i < 0 || i >= len(n) {
		return "0"
	}
	return n[i]
}

// numbers are the numbers of the release, as many as are written.
func (v Version) numbers() []string {
	s := v.text
	if _, after, found := strings.Cut(s, "!"); found {
		s = after
	}
	var out []string
	for s != "" {
		end := strings.IndexFunc(s, notDigit)
		if end < 0 {
			return append(out, s)
		}
		if end == 0 { // what follows is a word, such as .post1
			return out
		}
		out = append(out, s[:end])
		if s[end] != '.' {
			return out
		}
		s = s[end+1:]
	}
	return out
}

// Prerelease tells whether the version comes before a release: alpha, beta,
// candidate or development version.
func (v Version) Prerelease() bool {
	switch v.scheme {
	case SemVer:
		return v.semver().Prerelease() != ""
	case PEP440:
		return v.pep440().IsPreRelease()
	}
	return false
}

// Compare is negative when v comes before w, positive when it comes after, and 0
// when neither does. The zero Version comes before any other. Versions of two
// schemes do not compare: semantic versions come first, so that a list of both
// still has one order.
func (v Version) Compare(w Version) int {
	if v.scheme != w.scheme {
		return order(v.scheme) - order(w.scheme)
	}
	switch v.scheme {
	case SemVer:
		return v.semver().Compare(w.semver())
	case PEP440:
		return v.pep440().Compare(w.pep440())
	}
	return 0
}

// order is where versions of a scheme stand among those of others.
func order(s Scheme) int {
	switch s {
	case SemVer:
		return 1
	case PEP440:
		return 2
	}
	return 0
}

// Max is the highest of versions, and the zero Version of none.
func Max(versions []Version) Version {
	var top Version
	for _, v := range versions {
		if top.IsZero() || v.Compare(top) > 0 {
			top = v
		}
	}
	return top
}

// semver is the library's form; Parse made sure that there is one.
func (v Version) semver() *semver.Version {
	s, err := semver.StrictNewVersion(v.text)
	if err != nil {
		return &semver.Version{}
	}
	return s
}

// pep440 is the library's form; Parse made sure that there is one.
func (v Version) pep440() pep440.Version {
	p, err := pep440.Parse(v.text)
	if err != nil {
		return pep440.Version{}
	}
	return p
}

// clip shortens what an error quotes.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
