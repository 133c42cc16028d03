package apt

import (
	"regexp"
	"slices"
	"strings"

	debian "pault.ag/go/debian/version"
)

var (
	// preForm finds where a version says that it comes before a release.
	preForm = regexp.MustCompile(`([0-9])[-_.~]?(alpha|beta|preview|pre|rc|dev|a|b|c)(?:[-_.~]?([0-9]+))?([^a-z0-9]|$)`)
	// preWords are the words of preForm.
	preWords = regexp.MustCompile(`^(alpha|beta|preview|pre|rc|dev|a|b|c)$`)
	// distForm is what packagers write behind the upstream version: that it was packed
	// anew, and for which distribution.
	distForm = regexp.MustCompile(`[-+~.](dfsg|ds|repack|debian|deb|bpo|ubuntu)[.]?[0-9]*([.u+][0-9]+)*$`)
)

// Stands tells whether the Debian version deb stands for the version of a project, in
// suites of the names dists.
//
//   - Epoch and revision do not count: 1:1.2.3-1~deb12 stands for 1.2.3. A revision begins
//     with a digit; 1.2.3-rc.1 is a version before 1.2.3.
//   - What says that it was packed anew or for whom does not count: +dfsg1, ~deb12u1,
//     ~bpo12+1, ~ubuntu24.04, ~noble in a suite of that name. 2.0+really1.9 is 1.9.
//   - Versions before a release are written in many ways: 1.2.3~rc1, 1.2.3-rc.1 and
//     1.2.3rc1 are one, as are alpha and a, beta and b, pre, preview, c and rc.
//   - The rest is compared as dpkg compares: 2026.08 is 2026.8, and 1.2 is not 1.2.0.
func Stands(deb, version string, dists ...string) bool {
	v, err := parseVersion(deb)
	if err != nil || version == "" {
		return false
	}
	up := v.Version
	if r := v.Revision; r != "" && (r[0] < '0' || r[0] > '9') {
		up += "-" + r
	}
	return equal(plain(up, dists), strings.TrimPrefix(fold(version), "v"))
}

// parseVersion reads a Debian version with nothing around it: the library passes over
// spaces.
func parseVersion(s string) (debian.Version, error) {
	if len(s) > 256 || strings.TrimSpace(s) != s {
		return debian.Version{}, errForm
	}
	return debian.Parse(s)
}

// equal compares upstream versions as dpkg does.
func equal(a, b string) bool {
	return debian.Compare(debian.Version{Version: a}, debian.Version{Version: b}) == 0
}

// plain is an upstream version without what packagers add.
func plain(up string, dists []string) string {
	up = strings.ToLower(up)
	if _, really, ok := strings.Cut(up, "+really"); ok {
		up = really
	}
	for {
		was := up
		if at := distForm.FindStringIndex(up); at != nil {
			up = up[:at[0]]
		}
		for _, d := range dists {
			up = withoutDist(up, strings.ToLower(d))
		}
		if up == was {
			return fold(up)
		}
	}
}

// withoutDist takes ~noble or ~noble1 away, unless it is a word such as beta.
func withoutDist(up, dist string) string {
	if dist == "" || preWords.MatchString(dist) {
		return up
	}
	bare := strings.TrimRight(up, "0123456789.")
	rest, ok := strings.CutSuffix(bare, dist)
	if !ok || rest == "" || !strings.ContainsRune("-+~.", rune(rest[len(rest)-1])) {
		return up
	}
	return rest[:len(rest)-1]
}

// fold writes what comes before a release in one way.
func fold(s string) string {
	s = strings.ToLower(s)
	m := preForm.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	word, number := s[m[4]:m[5]], "0"
	switch word {
	case "alpha":
		word = "a"
	case "beta":
		word = "b"
	case "c", "pre", "preview":
		word = "rc"
	}
	if m[6] >= 0 {
		number = s[m[6]:m[7]]
	}
	return s[:m[3]] + "~" + word + number + s[m[8]:]
}

// compareEntries puts the entries of one architecture together, the newest first.
func compareEntries(a, b Entry) int {
	if c := strings.Compare(a.Architecture, b.Architecture); c != 0 {
		return c
	}
	return -debian.Compare(a.version, b.version)
}

// sorted is a sorted copy.
func sorted(list []Entry) []Entry {
	list = slices.Clone(list)
	slices.SortStableFunc(list, compareEntries)
	return list
}
