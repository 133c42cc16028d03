package release

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"twokey/checks/trace/apt"
)

// KindApt is a package in an apt repository, whose indexes are signed.
const KindApt ArtifactKind = "apt"

// AptSuite says where in an apt repository a package stands, and who may sign for it. The
// repository's root is the artifact's name.
type AptSuite struct {
	// Suite is the directory below dists, Component one of its parts.
	Suite     string `json:"suite"`
	Component string `json:"component"`
	Package   string `json:"package"` // the binary package
	// Architecture is the only one to look at; empty for all that the suite has.
	Architecture string `json:"architecture,omitempty"`
	// Key is the path of the OpenPGP public keys that may sign the suite, at the commit
	// Commit of the repository Artifact.Repo.
	Key    string `json:"key"`
	Commit string `json:"commit,omitempty"`
}

// mainComponent is the component that is meant where none is named.
const mainComponent = "main"

// String names the place of a package for people, as in "stable/main for arm64".
func (s AptSuite) String() string {
	out := s.Suite + "/" + s.Component
	if s.Architecture != "" {
		out += " for " + s.Architecture
	}
	return out
}

// problem says what is wrong with a suite; empty when nothing is.
func (s AptSuite) problem() string {
	switch {
	case strings.HasSuffix(s.Suite, "/"):
		return fmt.Sprintf("the suite %q is a flat repository, which signs no place for a package: one with dists is wanted", s.Suite)
	case !apt.ValidPlace(s.Suite):
		return fmt.Sprintf("suite %q: want the name of a directory below dists, such as stable", s.Suite)
	case !apt.ValidPlace(cmp.Or(s.Component, mainComponent)):
		return fmt.Sprintf("component %q: want one such as main", s.Component)
	case !apt.ValidName(s.Package):
		return fmt.Sprintf("package %q: want the name of a binary package", s.Package)
	case s.Architecture != "" && !apt.ValidArchitecture(s.Architecture):
		return fmt.Sprintf("architecture %q: want one such as amd64", s.Architecture)
	}
	if problem := pathProblem(s.Key); problem != "" {
		return fmt.Sprintf("key %q: %s", s.Key, problem)
	}
	return ""
}

// aptRoot tells whether s is an apt repository's root, its placeholders aside: what
// stands behind "deb" in sources.list.
func aptRoot(s string) bool {
	u, err := url.Parse(field.ReplaceAllString(s, "0"))
	return webURL(s) && err == nil && u.Scheme == "https" && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// templates are the suite's parts that may hold placeholders, with their names in a plan.
func (s *AptSuite) templates() []struct {
	Key  string
	Part *string
} {
	return []struct {
		Key  string
		Part *string
	}{{"suite", &s.Suite}, {"component", &s.Component}, {"package", &s.Package}, {"architecture", &s.Architecture}, {"key", &s.Key}}
}
