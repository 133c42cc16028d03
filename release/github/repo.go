package github

import "twokey/release"

// Repo is the repository that was named, on the host that gh would talk to where
// the name has none. Without a name it is that of GH_REPO or of this clone.
func Repo(named release.Repo) (release.Repo, error) {
	if named.IsZero() {
		return CurrentRepo()
	}
	if host := Host(); named.Host == "" && host != "github.com" {
		named.Host = host
	}
	return named, nil
}
