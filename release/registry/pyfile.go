package registry

import (
	"regexp"
	"strings"

	pep440 "github.com/aquasecurity/go-pep440-version"
)

var (
	// projectForm is the form of a project's name (PyPA, "Names and normalization").
	projectForm = regexp.MustCompile(`(?i)^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$`)
	// separators are what names are equal without.
	separators = regexp.MustCompile(`[-_.]+`)
	// buildForm is the form of a wheel's build tag.
	buildForm = regexp.MustCompile(`^[0-9]`)
)

// maxFileName bounds a file's name in bytes; file systems stop at 255.
const maxFileName = 512

// sdistEnds are the ends of source archives' names that PyPI takes or once took.
func sdistEnds() []string {
	return []string{".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tar.Z", ".tgz", ".tar"}
}

// normalise is a project's name as the index writes it.
func normalise(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

// fileVersion is the version that a file of the project says it is. Files of other
// projects and other kinds (eggs, installers, signatures) have none.
func fileVersion(project, file string) (pep440.Version, bool) {
	if len(file) > maxFileName {
		return pep440.Version{}, false
	}
	if stem, ok := strings.CutSuffix(file, ".whl"); ok {
		return wheelVersion(project, stem)
	}
	for _, end := range sdistEnds() {
		if stem, ok := strings.CutSuffix(file, end); ok {
			return sdistVersion(project, stem)
		}
	}
	return pep440.Version{}, false
}

// wheelVersion reads name-version[-build]-python-abi-platform, in which no part
// has a hyphen of its own (PyPA, "Binary distribution format").
func wheelVersion(project, stem string) (pep440.Version, bool) {
	parts := strings.Split(stem, "-")
	if len(parts) != 5 && len(parts) != 6 || len(parts) == 6 && !buildForm.MatchString(parts[2]) {
		return pep440.Version{}, false
	}
	for _, tag := range parts[len(parts)-3:] {
		if tag == "" {
			return pep440.Version{}, false
		}
	}
	if normalise(parts[0]) != project {
		return pep440.Version{}, false
	}
	return parseVersion(parts[1])
}

// sdistVersion reads name-version. Old names have hyphens on both sides, so the
// project says where the name ends.
func sdistVersion(project, stem string) (pep440.Version, bool) {
	for i := range len(stem) {
		if stem[i] == '-' && normalise(stem[:i]) == project {
			return parseVersion(stem[i+1:])
		}
	}
	return pep440.Version{}, false
}

// parseVersion reads a version with nothing around it: the library passes over
// spaces.
func parseVersion(s string) (pep440.Version, bool) {
	v, err := pep440.Parse(s)
	return v, err == nil && strings.TrimSpace(s) == s
}
