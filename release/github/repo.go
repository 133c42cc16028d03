package github

import (
	"github.com/cli/go-gh/v2/pkg/auth"

	"twokey/release"
)

// Repo is the repository that was named, on the host that gh would talk to where
// the name has none. Without a name it is that of GH_REPO or of this clone.
func Repo(named release.Repo) (release.Repo, error) {
	if named.IsZero() {
		return CurrentRepo()
	}
	return onHost(named), nil
}

// onHost gives a repository its host: no host in its name is the one that gh would
// talk to, and no host in what it returns is github.com.
func onHost(r release.Repo) release.Repo {
	if r.Host == "" {
		r.Host = Host()
	}
	if r.Host = auth.NormalizeHostname(r.Host); r.Host == "github.com" {
		r.Host = ""
	}
	return r
}
