package version

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Bump is which number of a version goes up.
type Bump string

// The bumps.
const (
	Patch Bump = "patch"
	Minor Bump = "minor"
	Major Bump = "major"
	Pre   Bump = "pre"
)

// Bumps are all bumps, from the smallest step to the largest and then Pre.
func Bumps() []Bump { return []Bump{Patch, Minor, Major, Pre} }

// Next is the version that follows last after a bump; it always compares as
// higher than last.
//
//	bump    semver                          PEP 440
//	patch   1.2.3      → 1.2.4              1.2.3       → 1.2.4
//	        1.2.4-rc.1 → 1.2.4              1.2.4rc1    → 1.2.4
//	                                        1.2.3.post1 → 1.2.4
//	minor   1.2.3      → 1.3.0              1.2.3       → 1.3.0
//	        1.3.0-rc.1 → 1.3.0              1.3.0rc1    → 1.3.0
//	major   1.2.3      → 2.0.0              1.2.3       → 2.0.0
//	pre     1.2.3      → 1.2.4-rc.1         1.2.3       → 1.2.4rc1
//	        1.2.4-rc.1 → 1.2.4-rc.2         1.2.4b0     → 1.2.4b1
//	        1.2.4-beta → 1.2.4-beta.1       1.2.4.dev3  → 1.2.4.dev4
//
// A pre-release is finished by the smallest bump that its numbers allow, as npm
// does it. Numbers of PEP 440 keep their length where it is enough: the minor
// after 2.11 is 2.12. Build metadata and local versions are left out, as both
// name a build of a version and not the next one.
//
// It is an error when the bump is unknown, last is no version, a number would
// not fit, or a pre-release is written so that its successor sorts below it.
func Next(last Version, bump Bump) (Version, error) {
	if last.IsZero() {
		return Version{}, fmt.Errorf("no version to bump")
	}
	var (
		s   string
		err error
	)
	switch bump {
	case Patch, Minor, Major:
		s, err = last.bumpRelease(bump)
	case Pre:
		s, err = last.bumpPre()
	default:
		return Version{}, fmt.Errorf("bump %q: want patch, minor, major or pre", clip(string(bump)))
	}
	if err != nil {
		return Version{}, fmt.Errorf("the next %s after %s: %w", bump, last, err)
	}
	next, err := Parse(last.scheme, s)
	if err != nil {
		return Version{}, fmt.Errorf("the next %s after %s: %w", bump, last, err)
	}
	if next.Compare(last) <= 0 {
		return Version{}, fmt.Errorf("the next %s after %s would be %s, which sorts below it", bump, last, next)
	}
	return next, nil
}

// bumpRelease raises one number of the release, or drops the pre-release where
// the numbers stand already at what the bump would give.
func (v Version) bumpRelease(bump Bump) (string, error) {
	i := map[Bump]int{Major: 0, Minor: 1, Patch: 2}[bump]
	n := v.numbers()
	if v.Prerelease() && zeros(n, i+1) {
		final := v.epoch() + strings.Join(n, ".")
		if f, err := Parse(v.scheme, final); err == nil && f.Compare(v) > 0 {
			return final, nil // not so for 1.0.post1.dev2, which comes after 1.0
		}
	}
	n = n[:min(len(n), 3)]
	for len(n) <= i {
		n = append(n, "0")
	}
	up, err := increment(n[i])
	if err != nil {
		return "", err
	}
	n[i] = up
	for j := i + 1; j < len(n); j++ {
		n[j] = "0"
	}
	return v.epoch() + strings.Join(n, "."), nil
}

// zeros tells whether every number from the i-th on is 0.
func zeros(numbers []string, i int) bool {
	for ; i < len(numbers); i++ {
		if numbers[i] != "0" {
			return false
		}
	}
	return true
}

// epoch is PEP 440's, with its mark, or nothing.
func (v Version) epoch() string {
	if before, _, found := strings.Cut(v.text, "!"); found {
		return before + "!"
	}
	return ""
}

// bumpPre gives the next pre-release of the same release, or the first one of
// the next patch after a final version.
func (v Version) bumpPre() (string, error) {
	if !v.Prerelease() {
		s, err := v.bumpRelease(Patch)
		if v.scheme == SemVer {
			return s + "-rc.1", err
		}
		return s + "rc1", err
	}
	if v.scheme == SemVer {
		return v.bumpSemVerPre()
	}
	return v.bumpPEP440Pre()
}

// bumpSemVerPre raises the last number of a pre-release: rc.1, but also rc1,
// which many projects write.
func (v Version) bumpSemVerPre() (string, error) {
	sv := v.semver()
	base := strings.Join(v.numbers(), ".") + "-"
	m := semverPreTail.FindStringSubmatch(sv.Prerelease())
	if m == nil {
		return base + sv.Prerelease() + ".1", nil
	}
	up, err := increment(m[2])
	return base + m[1] + up, err
}

// semverPreTail is a pre-release that ends in a number without leading zeros.
var semverPreTail = regexp.MustCompile(`^(.*?)(0|[1-9][0-9]*)$`)

// bumpPEP440Pre raises the number of an alpha, beta or candidate, or of a
// development version that belongs to neither.
func (v Version) bumpPEP440Pre() (string, error) {
	m := pep440Tail.FindStringSubmatch(v.text)
	if m == nil {
		return "", fmt.Errorf("it has no pre-release number")
	}
	release, pre, preN, post, dev := m[1], m[2], m[3], m[4], m[5]
	switch {
	case pre != "" && dev != "" && post == "":
		return release + pre + preN, nil // b1.dev2 is on its way to b1
	case pre != "":
		up, err := increment(preN)
		return release + pre + up, err
	case post != "":
		return release + post, nil // post1.dev2 is on its way to post1
	}
	up, err := increment(dev)
	return release + ".dev" + up, err
}

// pep440Tail takes a canonical PEP 440 pre-release apart.
var pep440Tail = regexp.MustCompile(
	`^((?:[0-9]+!)?[0-9.]*[0-9])(?:(a|b|rc)([0-9]+))?(\.post[0-9]+)?(?:\.dev([0-9]+))?(?:\+.*)?$`)

// increment is the decimal number after s.
func increment(s string) (string, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n+1 == 0 {
		return "", fmt.Errorf("the number %s is too large", clip(s))
	}
	return strconv.FormatUint(n+1, 10), nil
}

// fits tells whether a decimal number fits into 64 bits.
func fits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// isNumber tells whether s is made of decimal digits.
func isNumber(s string) bool { return s != "" && !strings.ContainsFunc(s, notDigit) }

func notDigit(r rune) bool { return r < '0' || r > '9' }
